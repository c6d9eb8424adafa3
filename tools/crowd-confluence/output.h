// What the command prints.

#ifndef TOOLS_CROWD_CONFLUENCE_OUTPUT_H_
#define TOOLS_CROWD_CONFLUENCE_OUTPUT_H_

#include <iosfwd>
#include <string_view>

#include "crowd_confluence/diagnosis/diagnosis.h"

namespace crowd_confluence::tool {

/// For people: cause and remedy first, then the steps.
void print_finding(std::ostream& out, const Finding& finding);

/// One line that changes while something is asked, if the standard error is a terminal.
class Progress {
 public:
  Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

  void show(std::string_view asked) const;

 private:
  bool is_terminal_;
};

}  // namespace crowd_confluence::tool

#endif  // TOOLS_CROWD_CONFLUENCE_OUTPUT_H_
