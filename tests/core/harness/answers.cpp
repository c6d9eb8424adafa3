#include "harness/answers.h"

#include <boost/test/unit_test.hpp>

#include "crowd_confluence/cookie/cookie_header.h"
#include "harness/printing.h"

namespace answers {

using namespace crowd_confluence;

HttpResponse response(int status, const Headers& headers, std::string body) {
  HttpResponse result{.status = status, .headers = {}, .body = std::move(body)};
  for (const auto& [name, value] : headers) result.headers.push_back({name, value});
  return result;
}

ConfluenceSettings confluence() {
  ConfluenceSettings settings;
  settings.base_url = parse_base_url("https://wiki.example.com/confluence").value();
  return settings;
}

ConfluenceSettings jira() {
  ConfluenceSettings settings;
  settings.base_url = parse_base_url("https://jira.example.com/jira").value();
  settings.probe = {.path = "/rest/api/2/myself", .field = "", .value = "", .user_field = "name"};
  return settings;
}

Verdict judged(int status, const Headers& headers, std::string body) {
  return judge(response(status, headers, std::move(body)), confluence(), kToken, {});
}

std::multiset<std::string> cookies_of(const Session& session) {
  std::multiset<std::string> result;
  for (CookieScanner scanner(session.cookies()); scanner.next();) {
    result.emplace(scanner.piece());
  }
  return result;
}

void check_session(const Verdict& verdict, Reason reason, std::string_view user) {
  BOOST_TEST(verdict.result == Result::session);
  BOOST_TEST(verdict.reason == reason);
  BOOST_TEST(verdict.session.user() == user);
  BOOST_TEST(!verdict.session.empty());
}

void check_no_session(const Verdict& verdict) {
  BOOST_TEST(verdict.result != Result::session);
  BOOST_TEST(verdict.session.empty());
}

void check_refusal(const Verdict& verdict, Result result, Reason reason) {
  BOOST_TEST(verdict.result == result);
  BOOST_TEST(verdict.reason == reason);
  BOOST_TEST(verdict.session.empty());
  BOOST_TEST(verdict.session.user() == "");
}

}  // namespace answers
