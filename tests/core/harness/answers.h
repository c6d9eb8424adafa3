// Short ways to write a response of Confluence and to judge it.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crowd_confluence/confluence/verdict.h"

namespace answers {

inline constexpr std::string_view kToken = "T0kenT0kenT0kenT0kenT000";
inline const std::string kKnown = R"({"type":"known","username":"alice","displayName":"Alice"})";
inline const std::string kAnonymous = R"({"type":"anonymous","displayName":"Anonymous"})";
inline const std::pair<std::string, std::string> kSessionCookie{"Set-Cookie",
                                                                "JSESSIONID=A1; Path=/; HttpOnly"};

using Headers = std::vector<std::pair<std::string, std::string>>;

crowd_confluence::HttpResponse response(int status, const Headers& headers,
                                        std::string body = std::string());

/// Of a Confluence at https://wiki.example.com/confluence, everything else as by default.
crowd_confluence::ConfluenceSettings confluence();
crowd_confluence::ConfluenceSettings jira();

/// Judged as the answer of confluence() to a first exchange with kToken.
crowd_confluence::Verdict judged(int status, const Headers& headers,
                                 std::string body = std::string());

/// The session's cookies without their order; each at most once.
std::multiset<std::string> cookies_of(const crowd_confluence::Session& session);

void check_session(const crowd_confluence::Verdict& verdict, crowd_confluence::Reason reason,
                   std::string_view user);
void check_no_session(const crowd_confluence::Verdict& verdict);
/// That there is no session, and why.
void check_refusal(const crowd_confluence::Verdict& verdict, crowd_confluence::Result result,
                   crowd_confluence::Reason reason);

}  // namespace answers
