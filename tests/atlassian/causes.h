// Why single sign-on fails: sets the simulated servers up so that they show one cause.
//
// The words are those by which a diagnosis names the causes. Not all lie in Crowd and Confluence:
// where the browser, httpd or the network has a part in it, Cause::environment says what has to be
// done there. README.md has the same as a table, with the options that make the difference.
//
//   const Cause* cause = find_cause("untrusted-proxy");
//   const CauseSetUp case_of = set_up(simulator, cause->word);
//   … a request with Cookie: case_of.cookies, from Scene().client …
//   mend(simulator);
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace atlassian {

class Simulator;

struct Cause {
  std::string_view word;
  /// False: the servers have no part in it, so that set_up() makes a good session only.
  bool simulated;
  /// What else must be done, in the browser, in httpd or between them; empty: nothing.
  std::string_view environment;
};

/// All, in the order in which a diagnosis lists them.
const std::vector<Cause>& causes();
/// nullptr when there is none of this word.
const Cause* find_cause(std::string_view word);

/// Who asks from where. Any addresses may be given; those here are on this machine.
struct Scene {
  std::string user = "alice";
  /// The visitor's address, as httpd tells it.
  std::string client = "127.0.0.2";
  /// httpd's own, as Confluence sees it.
  std::string httpd = "127.0.0.1";
  /// Of a proxy before Crowd's log-in page that Crowd does not trust.
  std::string front_proxy = "127.0.0.9";
};

/// Carries secrets: do not print it.
struct CauseSetUp {
  /// Cookie header as the visitor's browser sends it; empty: it has no cookie.
  std::string cookies;
  /// The token among these cookies, or that of a cookie which the browser does not send.
  std::string token;
  /// mixed-binding: a token of the same user that was made at Confluence's own log-in page.
  std::string token_made_at_confluence;
  /// As which application a diagnosis is to ask Crowd.
  std::string application;
  std::string application_password;
};

/// Sets `word` up, on top of the options of now, and logs the visitor in. Crowd trusts `httpd`
/// afterwards, unless that is the point. Throws std::invalid_argument for a word or a user that
/// does not exist.
CauseSetUp set_up(Simulator& simulator, std::string_view word, const Scene& scene = {});

/// Undoes every set_up(): the options with which the simulator was made, no faults, all servers
/// listening. Tokens and sessions stay.
void mend(Simulator& simulator);

}  // namespace atlassian
