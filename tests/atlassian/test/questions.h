// The questions of a diagnosis, as docs/crowd-and-confluence.md names them, and short texts of the
// answers, without secrets.
#pragma once

#include <string>

#include "causes.h"
#include "client.h"

namespace atlassian {

struct Questions {
  Simulator& simulator;
  const CauseSetUp& made;
  Scene scene = {};

  /// Confluence's probe, from httpd.
  Answer probe(bool with_token = true) const;
  std::string a() const;
  /// Crowd's REST API, from httpd, as the application of the set-up.
  Answer ask_crowd(const std::string& method, const std::string& resource,
                   const std::string& body = {}, const HeaderLines& more = {}) const;
  std::string b() const;
  std::string c() const;
  std::string d(const std::string& remote_address, const std::string& forwarded_for = {}) const;
  /// "A …, B …, C …, D1 …, D2 …"
  std::string all() const;

 private:
  std::string told(const Answer& answer) const;
  std::string session(const std::string& method, const std::string& body = {}) const;
};

}  // namespace atlassian
