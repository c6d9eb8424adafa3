// Every recorded response, judged.

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <set>
#include <string>

#include "crowd_confluence/confluence/verdict.h"
#include "harness/answers.h"
#include "harness/printing.h"
#include "harness/recording.h"

using namespace crowd_confluence;
using namespace answers;

namespace {

struct Expectation {
  const char* recording;
  Result result;
  Reason reason;
  const char* user = "";
  std::multiset<std::string> cookies = {};
};

// X-AUSERNAME: anonymous alone is all that jira-200-soap-xsrf-lout-anonymous tells; see below.
const Expectation kExpectations[] = {
    {"confluence-302-anonymous-denied-chunked-head", Result::rejected, Reason::login_page},
    {"confluence-302-anonymous-denied-nmap-1", Result::rejected, Reason::login_page},
    {"confluence-302-anonymous-denied-relative-location", Result::rejected, Reason::login_page},
    {"confluence-302-anonymous-denied-x-asen-1", Result::rejected, Reason::login_page},
    {"confluence-429-zero-quota-headers", Result::unavailable, Reason::rate_limited},
    {"confluence-rest-200-authenticated-pat",
     Result::session,
     Reason::seraph,
     "admin",
     {"JSESSIONID=916B87FE907B2D7A47BF88AEC027A0D4"}},
    {"confluence-rest-401-authentication-denied", Result::rejected, Reason::login_denied},
    {"confluence-rest-401-basic-auth-failed-body", Result::rejected, Reason::unauthorized},
    {"confluence-rest-user-current-anonymous-body-handwritten", Result::rejected,
     Reason::anonymous},
    {"confluence-rest-user-current-known-body", Result::unavailable, Reason::no_session_cookie},
    {"crowd-400-user-not-found-json", Result::unavailable, Reason::unexpected_answer},
    {"crowd-403-client-forbidden-tomcat7-html", Result::unavailable, Reason::forbidden},
    {"crowd-config-cookie-json", Result::unavailable, Reason::unexpected_answer},
    {"crowd-session-404-invalid-sso-token-stub", Result::unavailable, Reason::unexpected_answer},
    {"crowd-session-validate-200-json", Result::unavailable, Reason::unexpected_answer},
    {"jira-200-xsrf-underscore-form",
     Result::session,
     Reason::seraph,
     "alice",
     {"JSESSIONID=8BFFE0E4EC506F0DE2EFE4EECA5FA375",
      "atlassian.xsrf.token=BGY6-VHH5-ENZN-7HYQ_d362b2ffecd6de3a0c622284554bbecba13db523_lin"}},
    {"jira-403-captcha-challenge", Result::rejected, Reason::login_denied},
    {"jira-crowdsso-204-transitionjiraissue",
     Result::session,
     Reason::seraph,
     "alice",
     {"JSESSIONID=DDCC9AB36ACC07A027FF64DB3F55AACB"}},
};

Verdict judge_recording(const std::string& name, std::string_view previous = {}) {
  return judge(parse_response(read_recording(name)), confluence(), kToken, previous);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(verdict_recorded)

BOOST_AUTO_TEST_CASE(each_is_judged_right) {
  for (const Expectation& expected : kExpectations) {
    BOOST_TEST_CONTEXT(expected.recording) {
      const Verdict verdict = judge_recording(expected.recording);
      BOOST_TEST(verdict.result == expected.result);
      BOOST_TEST(verdict.reason == expected.reason);
      BOOST_TEST(verdict.session.user() == expected.user);
      BOOST_TEST((cookies_of(verdict.session) == expected.cookies));
      BOOST_TEST(!verdict.retry_after.has_value());
    }
  }
}

BOOST_AUTO_TEST_CASE(none_is_forgotten) {
  std::set<std::string> expected{"jira-200-soap-xsrf-lout-anonymous"};
  for (const Expectation& expectation : kExpectations) expected.insert(expectation.recording);
  std::set<std::string> recorded;
  for (const auto& entry : std::filesystem::directory_iterator(RECORDED_DIR)) {
    if (entry.path().extension() == ".http") recorded.insert(entry.path().stem());
  }
  BOOST_TEST(recorded == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(jiras_anonymous_soap_answer_is_no_session) {
  const Verdict verdict = judge_recording("jira-200-soap-xsrf-lout-anonymous");
  BOOST_TEST(verdict.result != Result::session);
  BOOST_TEST(verdict.session.empty());
}

BOOST_AUTO_TEST_CASE(a_known_body_renews_the_session_that_was_sent) {
  const Verdict verdict =
      judge_recording("confluence-rest-user-current-known-body", "JSESSIONID=A0; ROUTEID=.n1");
  BOOST_TEST(verdict.result == Result::session);
  BOOST_TEST(verdict.reason == Reason::known);
  BOOST_TEST(verdict.session.user() == "alice@example.net");
  BOOST_TEST(
      (cookies_of(verdict.session) == std::multiset<std::string>{"JSESSIONID=A0", "ROUTEID=.n1"}));
}

BOOST_AUTO_TEST_SUITE_END()
