// What Confluence is asked, to see who is logged in.

#ifndef CROWD_CONFLUENCE_CONFLUENCE_PROBE_H_
#define CROWD_CONFLUENCE_CONFLUENCE_PROBE_H_

#include <string>
#include <string_view>

#include "crowd_confluence/expected.h"
#include "crowd_confluence/export.h"

namespace crowd_confluence {

/// What is asked of Confluence, and what in its answer proves that somebody is logged in.
struct Probe {
  std::string path = "/rest/api/user/current";  // below the base URL
  std::string field = "type";                   // empty: the user's name is proof enough
  std::string value = "known";
  std::string user_field = "username";  // empty: the name is not read from the body

  friend bool operator==(const Probe&, const Probe&) = default;
};

/// Checks `PATH [FIELD=VALUE] [user=FIELD]`, each word one argument, and makes a probe of it.
/// Without FIELD=VALUE a name in the user's field proves the login. One of the two is needed.
class CROWD_CONFLUENCE_EXPORT ProbeParser {
 public:
  explicit ProbeParser(std::string_view path);
  void add(std::string_view word);
  [[nodiscard]] Expected<Probe, Problem> finish() const;

 private:
  Probe probe_;
  std::string problem_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_CONFLUENCE_PROBE_H_
