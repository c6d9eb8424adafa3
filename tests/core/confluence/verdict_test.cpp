// What proves a login, what refuses it, and what says nothing. Cookies, recordings
// and junk have files of their own.

#include "crowd_confluence/confluence/verdict.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>
#include <vector>

#include "harness/answers.h"
#include "harness/printing.h"

using namespace crowd_confluence;
using namespace answers;

namespace {

const std::string kForbiddenToAnonymous =
    R"({"statusCode":403,"message":"Not permitted to use confluence : null","reason":"Forbidden"})";

}  // namespace

BOOST_AUTO_TEST_SUITE(verdict)

BOOST_AUTO_TEST_SUITE(proofs)

BOOST_AUTO_TEST_CASE(type_known_is_a_proof) {
  const Verdict verdict = judged(200, {kSessionCookie}, kKnown);
  check_session(verdict, Reason::known, "alice");
  BOOST_TEST(verdict.session.cookies() == "JSESSIONID=A1");
}

BOOST_AUTO_TEST_CASE(a_session_cookie_proves_nothing) {
  check_no_session(judged(200, {kSessionCookie}));
  check_no_session(judged(200, {kSessionCookie}, "{}"));
  check_no_session(judged(204, {kSessionCookie}));
}

BOOST_AUTO_TEST_CASE(type_anonymous_is_nobody) {
  check_refusal(judged(200, {kSessionCookie}, kAnonymous), Result::rejected, Reason::anonymous);
  check_refusal(judged(200, {}, kAnonymous), Result::rejected, Reason::anonymous);
}

BOOST_AUTO_TEST_CASE(the_body_is_the_stronger_proof) {
  check_refusal(
      judged(200, {kSessionCookie, {"X-Seraph-LoginReason", "OK"}, {"X-AUSERNAME", "alice"}},
             kAnonymous),
      Result::rejected, Reason::anonymous);
  check_session(judged(200,
                       {kSessionCookie,
                        {"X-Seraph-LoginReason", "AUTHENTICATED_FAILED"},
                        {"X-AUSERNAME", "anonymous"}},
                       kKnown),
                Reason::known, "alice");
}

BOOST_AUTO_TEST_CASE(a_localised_display_name_plays_no_part) {
  check_refusal(judged(200, {kSessionCookie}, R"({"type":"anonymous","displayName":"known"})"),
                Result::rejected, Reason::anonymous);
  check_session(judged(200, {kSessionCookie},
                       R"({"displayName":"anonymous","username":"bob","type":"known"})"),
                Reason::known, "bob");
}

BOOST_AUTO_TEST_CASE(a_known_user_may_have_no_name) {
  const Verdict verdict = judged(200, {kSessionCookie}, R"({"type":"known"})");
  check_session(verdict, Reason::known, "");
}

BOOST_AUTO_TEST_CASE(names_are_kept_as_utf8) {
  check_session(judged(200, {kSessionCookie}, R"({"type":"known","username":"j\u00fcrgen"})"),
                Reason::known, "j\xc3\xbcrgen");
  check_session(
      judged(200, {kSessionCookie}, "{\"type\":\"\\u006bnown\",\"username\":\"\xe7\x8e\x8b\"}"),
      Reason::known, "\xe7\x8e\x8b");
}

BOOST_AUTO_TEST_CASE(seraphs_headers_are_a_proof) {
  for (const int status : {200, 204, 404}) {
    BOOST_TEST_CONTEXT("status " << status) {
      const Verdict verdict = judged(
          status, {kSessionCookie, {"X-Seraph-LoginReason", "OK"}, {"X-AUSERNAME", "alice"}});
      check_session(verdict, Reason::seraph, "alice");
      BOOST_TEST(verdict.session.cookies() == "JSESSIONID=A1");
    }
  }
}

BOOST_AUTO_TEST_CASE(header_names_have_no_case) {
  check_session(judged(200, {{"set-cookie", "JSESSIONID=A1"},
                             {"x-seraph-loginreason", "OK"},
                             {"x-ausername", "alice"}}),
                Reason::seraph, "alice");
}

BOOST_AUTO_TEST_CASE(the_last_login_reason_counts) {
  const std::vector<Headers> logged_in{
      {{"X-Seraph-LoginReason", "OUT, OK"}},
      {{"X-Seraph-LoginReason", "OUT,OK"}},
      {{"X-Seraph-LoginReason", "OUT , OK "}},
      {{"X-Seraph-LoginReason", "OUT"}, {"X-Seraph-LoginReason", "OK"}},
      {{"X-Seraph-LoginReason", "AUTHENTICATED_FAILED"}, {"x-seraph-loginreason", "OUT, OK"}},
  };
  for (Headers headers : logged_in) {
    headers.insert(headers.end(), {kSessionCookie, {"X-AUSERNAME", "alice"}});
    check_session(judged(200, headers), Reason::seraph, "alice");
  }
  const std::vector<Headers> not_logged_in{
      {{"X-Seraph-LoginReason", "OK, OUT"}},
      {{"X-Seraph-LoginReason", "OK"}, {"X-Seraph-LoginReason", "OUT"}},
      {{"X-Seraph-LoginReason", "OK"}, {"X-Seraph-LoginReason", "AUTHENTICATION_DENIED"}},
      {{"X-Seraph-LoginReason", "NOT_OK"}},
      {{"X-Seraph-LoginReason", "OK OUT"}},
      {{"X-Seraph-LoginReason", "OKAY"}},
      {{"X-Seraph-LoginReason", ""}},
  };
  for (Headers headers : not_logged_in) {
    headers.insert(headers.end(), {kSessionCookie, {"X-AUSERNAME", "alice"}});
    check_no_session(judged(200, headers));
  }
}

BOOST_AUTO_TEST_CASE(the_last_user_counts) {
  const std::pair<Headers, const char*> users[] = {
      {{{"X-AUSERNAME", "alice, alice"}}, "alice"},
      {{{"X-AUSERNAME", "anonymous,alice"}}, "alice"},
      {{{"X-AUSERNAME", "anonymous"}, {"x-ausername", "alice"}}, "alice"},
      {{{"X-AUSERNAME", "Example%2C%20Alice, Example%2C%20Alice"}}, "Example, Alice"},
  };
  for (auto [headers, user] : users) {
    headers.insert(headers.end(), {kSessionCookie, {"X-Seraph-LoginReason", "OK"}});
    check_session(judged(200, headers), Reason::seraph, user);
  }
  for (const char* user : {"anonymous, anonymous", "alice, anonymous", "anonymous,anonymous"}) {
    for (const int status : {200, 404}) {
      check_refusal(
          judged(status, {kSessionCookie, {"X-Seraph-LoginReason", "OK"}, {"X-AUSERNAME", user}}),
          Result::rejected, Reason::anonymous);
    }
  }
}

BOOST_AUTO_TEST_CASE(ok_without_a_user_is_no_proof) {
  check_no_session(judged(200, {kSessionCookie, {"X-Seraph-LoginReason", "OK"}}));
  check_no_session(
      judged(200, {kSessionCookie, {"X-Seraph-LoginReason", "OK"}, {"X-AUSERNAME", "anonymous"}}));
  check_no_session(
      judged(200, {kSessionCookie, {"X-Seraph-LoginReason", "OK"}, {"X-AUSERNAME", ""}}));
}

BOOST_AUTO_TEST_CASE(a_user_without_ok_is_no_proof) {
  check_no_session(judged(200, {kSessionCookie, {"X-AUSERNAME", "alice"}}));
  for (const char* reason :
       {"OUT", "AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED", "AUTHORISATION_FAILED"}) {
    check_no_session(
        judged(200, {kSessionCookie, {"X-Seraph-LoginReason", reason}, {"X-AUSERNAME", "alice"}}));
  }
}

BOOST_AUTO_TEST_CASE(the_repeated_sso_cookie_is_no_proof) {
  const std::string repeated = "crowd.token_key=" + std::string(kToken) + "; Path=/; HttpOnly";
  check_no_session(judged(200, {kSessionCookie, {"Set-Cookie", repeated}}));
  check_no_session(judged(404, {kSessionCookie, {"Set-Cookie", repeated}}));
}

BOOST_AUTO_TEST_CASE(a_known_user_without_a_session_cookie_has_no_session) {
  check_refusal(judged(200, {}, kKnown), Result::unavailable, Reason::no_session_cookie);
  check_refusal(judged(200, {{"Set-Cookie", "ROUTEID=.n1; Path=/"}}, kKnown), Result::unavailable,
                Reason::no_session_cookie);
  check_refusal(judged(200, {{"X-Seraph-LoginReason", "OK"}, {"X-AUSERNAME", "alice"}}),
                Result::unavailable, Reason::no_session_cookie);
}

BOOST_AUTO_TEST_CASE(only_a_success_carries_a_proof) {
  for (const int status : {301, 302, 400, 401, 403, 407, 429, 500, 502, 503}) {
    check_no_session(judged(status, {kSessionCookie}, kKnown));
  }
  for (const int status : {429, 500, 502, 503, 504}) {
    check_no_session(
        judged(status, {kSessionCookie, {"X-Seraph-LoginReason", "OK"}, {"X-AUSERNAME", "alice"}}));
  }
}

BOOST_AUTO_TEST_CASE(jiras_name_is_a_proof) {
  const auto jira_says = [](int status, const std::string& body) {
    return judge(response(status, {kSessionCookie}, body), jira(), kToken, {});
  };
  check_session(jira_says(200, R"({"self":"x","name":"alice","active":true})"), Reason::known,
                "alice");
  check_refusal(jira_says(401, R"({"errorMessages":["You are not authenticated."],"errors":{}})"),
                Result::rejected, Reason::unauthorized);
  for (const char* body :
       {"", "{}", R"({"name":""})", R"({"name":null})", R"({"name":1})", R"({"name":["alice"]})",
        R"({"Name":"alice"})", R"(["name","alice"])", R"({"user":{"name":"alice"}})"}) {
    check_no_session(jira_says(200, body));
  }
}

BOOST_AUTO_TEST_CASE(a_probe_of_ones_own_is_followed) {
  ConfluenceSettings settings = confluence();
  settings.probe = {.path = "/x", .field = "state", .value = "in", .user_field = "who"};
  const auto says = [&](const std::string& body) {
    return judge(response(200, {kSessionCookie}, body), settings, kToken, {});
  };
  check_session(says(R"({"state":"in","who":"bob","username":"alice"})"), Reason::known, "bob");
  check_no_session(says(R"({"state":"out","who":"bob"})"));
  check_no_session(says(kKnown));
  settings.probe.user_field = "";
  check_session(says(R"({"state":"in","username":"alice"})"), Reason::known, "");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(rejections)

BOOST_AUTO_TEST_CASE(crowd_knows_and_confluence_does_not_permit) {
  const std::string repeated = "crowd.token_key=" + std::string(kToken) + "; Path=/";
  const std::string quoted = "crowd.token_key=\"" + std::string(kToken) + "\"; Version=1";
  for (const std::string& line : {repeated, quoted}) {
    check_refusal(judged(200, {kSessionCookie, {"Set-Cookie", line}}, kAnonymous), Result::rejected,
                  Reason::not_permitted);
    check_refusal(judged(403, {kSessionCookie, {"Set-Cookie", line}}, kForbiddenToAnonymous),
                  Result::rejected, Reason::not_permitted);
  }
}

BOOST_AUTO_TEST_CASE(a_403_to_somebody_whom_crowd_knows_does_not_permit) {
  const std::string repeated = "crowd.token_key=" + std::string(kToken) + "; Path=/";
  for (const char* body : {"", "<html><h1>Forbidden</h1></html>", "{}"}) {
    check_refusal(judged(403, {kSessionCookie, {"Set-Cookie", repeated}}, body), Result::rejected,
                  Reason::not_permitted);
  }
  // A user whom Confluence names is another matter, and so is a page that is not there.
  check_session(judged(403, {kSessionCookie,
                             {"Set-Cookie", repeated},
                             {"X-Seraph-LoginReason", "OK"},
                             {"X-AUSERNAME", "alice"}}),
                Reason::seraph, "alice");
  check_refusal(judged(404, {kSessionCookie, {"Set-Cookie", repeated}}), Result::unavailable,
                Reason::unexpected_answer);
}

BOOST_AUTO_TEST_CASE(a_removal_of_another_sso_cookie_is_no_removal) {
  // As when a cookie of the host alone is cleared away, and the domain's is set.
  const std::string repeated =
      "crowd.token_key=" + std::string(kToken) + "; Domain=.example.com; Path=/";
  check_refusal(judged(200,
                       {kSessionCookie,
                        {"Set-Cookie", repeated},
                        {"Set-Cookie", "crowd.token_key=\"\"; Max-Age=0; Path=/"}},
                       kAnonymous),
                Result::rejected, Reason::not_permitted);
}

BOOST_AUTO_TEST_CASE(a_removed_sso_cookie_is_not_crowds_consent) {
  const std::string token(kToken);
  for (const std::string& line :
       {std::string("crowd.token_key=other; Max-Age=0; Path=/"),
        std::string("crowd.token_key=\"\"; Path=/"), "crowd.token_key=" + token + "; Max-Age=0",
        "Crowd.Token_Key=" + token, "x=" + token}) {
    check_refusal(judged(200, {kSessionCookie, {"Set-Cookie", line}}, kAnonymous), Result::rejected,
                  Reason::anonymous);
  }
}

BOOST_AUTO_TEST_CASE(not_permitted_to_nobody_is_anonymous) {
  const Verdict verdict =
      judged(403, {kSessionCookie, {"Content-Type", "application/json"}}, kForbiddenToAnonymous);
  check_refusal(verdict, Result::rejected, Reason::anonymous);
}

BOOST_AUTO_TEST_CASE(not_permitted_may_be_an_exceptions_message) {
  for (const char* message :
       {"com.atlassian.confluence.api.service.exceptions.PermissionException: Not permitted to use "
        "confluence : null",
        "Current user not permitted to use Confluence"}) {
    const std::string body = R"({"statusCode":403,"message":")" + std::string(message) + R"("})";
    check_refusal(judged(403, {kSessionCookie}, body), Result::rejected, Reason::anonymous);
  }
}

BOOST_AUTO_TEST_CASE(confluences_own_401_is_nobody) {
  check_refusal(judged(401, {kSessionCookie}), Result::rejected, Reason::unauthorized);
  const std::string oauth = "OAuth realm=\"wiki\"";
  const std::vector<Headers> answers{
      {{"WWW-Authenticate", oauth}, {"WWW-Authenticate", "Basic realm=\"wiki\""}},
      {{"WWW-Authenticate", "Basic realm=\"wiki\""}, {"www-authenticate", oauth}},
      {{"WWW-Authenticate", "Basic realm=\"wiki\", " + oauth}},
      {{"WWW-Authenticate", oauth + ",Negotiate"}},
      {{"WWW-Authenticate", "oauth"}},
      {{"WWW-Authenticate", ""}},
      {{"WWW-Authenticate", "Basic realm=\"wiki\""}, {"X-Confluence-Request-Time", "1"}},
      {{"WWW-Authenticate", "Bearer"}, {"X-Confluence-Cluster-Node", "n1"}},
      {{"WWW-Authenticate", "Basic realm=\"jira\""}, {"X-ASESSIONID", "x"}},
  };
  for (const Headers& headers : answers) {
    BOOST_TEST_CONTEXT(headers.front().second) {
      check_refusal(judged(401, headers), Result::rejected, Reason::unauthorized);
    }
  }
  check_refusal(judged(401, {kSessionCookie, {"WWW-Authenticate", "OAuth realm=\"wiki\""}}),
                Result::rejected, Reason::unauthorized);
  check_refusal(judged(401, {kSessionCookie, {"X-AUSERNAME", "anonymous"}}), Result::rejected,
                Reason::unauthorized);
}

BOOST_AUTO_TEST_CASE(seraph_says_why) {
  const std::pair<const char*, Reason> reasons[] = {
      {"AUTHENTICATION_DENIED", Reason::login_denied},
      {"AUTHENTICATED_FAILED", Reason::login_failed},
      {"OUT", Reason::logged_out},
      {"OK, OUT", Reason::logged_out},
      {"OUT, AUTHENTICATED_FAILED", Reason::login_failed},
  };
  for (const auto& [word, reason] : reasons) {
    for (const int status : {401, 403}) {
      BOOST_TEST_CONTEXT(word << " with " << status) {
        check_refusal(judged(status, {kSessionCookie, {"X-Seraph-LoginReason", word}}),
                      Result::rejected, reason);
        check_refusal(judged(status, {{"X-Seraph-LoginReason", word}, {"X-AUSERNAME", "alice"}}),
                      Result::rejected, reason);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_failed_authorisation_is_no_session) {
  for (const int status : {200, 401, 403}) {
    check_no_session(judged(
        status,
        {kSessionCookie, {"X-Seraph-LoginReason", "AUTHORISATION_FAILED"}, {"X-AUSERNAME", "x"}}));
  }
}

BOOST_AUTO_TEST_CASE(confluence_sends_nobody_to_its_log_in_page) {
  for (const char* location :
       {"/login.action", "/confluence/login.action", "/login.action?os_destination=%2Findex.action",
        "/confluence/login.action?os_destination=x&permissionViolation=true",
        "https://wiki.example.com/confluence/login.action",
        "https://wiki.example.com/confluence/login.action?os_destination=/x",
        "http://localhost:8090/login.action?permissionViolation=true", "login.action",
        "login.action?os_destination=%2F", "./login.action", "../login.action#x", "login.jsp",
        "login.jsp?os_destination=x:/y", "/jira/login.jsp;jsessionid=A1?x=/y",
        "//wiki.example.com/login.action", "HTTPS://wiki.example.com//login.action"}) {
    for (const int status : {301, 302, 303, 307, 308}) {
      BOOST_TEST_CONTEXT(status << " to " << location) {
        check_refusal(judged(status, {kSessionCookie, {"Location", location}}), Result::rejected,
                      Reason::login_page);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(nothing_said)

BOOST_AUTO_TEST_CASE(a_missing_resource_is_not_anonymous) {
  check_refusal(judged(404, {kSessionCookie}, "<html>Page not found</html>"), Result::unavailable,
                Reason::unexpected_answer);
}

BOOST_AUTO_TEST_CASE(limits_and_failures_say_nothing_of_the_token) {
  for (const std::string& body : {std::string(), kKnown, kAnonymous, std::string("<html>")}) {
    check_refusal(judged(429, {kSessionCookie}, body), Result::unavailable, Reason::rate_limited);
    for (const int status : {500, 501, 502, 503, 504, 520, 599}) {
      check_refusal(judged(status, {kSessionCookie}, body), Result::unavailable,
                    Reason::server_error);
    }
  }
  check_refusal(judged(503, {{"X-Seraph-LoginReason", "OUT"}}), Result::unavailable,
                Reason::server_error);
  check_refusal(judged(429, {{"X-Seraph-LoginReason", "AUTHENTICATED_FAILED"}}),
                Result::unavailable, Reason::rate_limited);
}

BOOST_AUTO_TEST_CASE(other_redirects_say_nothing_of_the_token) {
  for (const char* location :
       {"/johnson/errors.action",
        "/confluence/johnson/errors.action",
        "/errors.jsp",
        "/maintenance.html",
        "https://wiki.example.com/confluence/rest/api/user/current",
        "http://captive.example.net/?url=http://wiki.example.com/login.action",
        "https://idp.example.com/saml?next=/login.action",
        "/x?/login.action",
        "/x#/login.action",
        "/login.action.html",
        "/xlogin.action",
        "/login.action/x",
        "/",
        "",
        "?login.action",
        "http://login.action",
        "http://login.jsp?x",
        "//login.action",
        "https://login.action:443",
        "mailto:login.action",
        "javascript://x/login.action",
        "http:login.action",
        "http:",
        "xlogin.action",
        "login.action/",
        "login"}) {
    for (const int status : {301, 302, 303, 307, 308}) {
      BOOST_TEST_CONTEXT(status << " to " << location) {
        check_refusal(judged(status, {kSessionCookie, {"Location", location}}), Result::unavailable,
                      Reason::redirect);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_redirect_without_a_destination_says_nothing) {
  BOOST_TEST(judged(302, {kSessionCookie}).result == Result::unavailable);
}

BOOST_AUTO_TEST_CASE(a_captive_portal_says_nothing) {
  check_refusal(
      judged(200, {{"Content-Type", "text/html"}, {"Set-Cookie", "portal=1"}},
             "<html><form action=\"/login.action\">Log in to the guest network</form></html>"),
      Result::unavailable, Reason::unexpected_answer);
  check_refusal(judged(200, {kSessionCookie, {"Content-Type", "text/html"}}, "<html>Log in</html>"),
                Result::unavailable, Reason::unexpected_answer);
}

BOOST_AUTO_TEST_CASE(a_proxys_challenge_says_nothing) {
  for (const char* challenge :
       {"Basic realm=\"proxy\"", "basic realm=x", "Negotiate", "NTLM",
        "Digest realm=\"proxy\", nonce=\"1\"", "Bearer", "Bearer realm=\"x\", error=\"no\"",
        "Negotiate, Basic realm=\"OAuth\"", "OAuth2 realm=\"x\"", "Cookie"}) {
    BOOST_TEST_CONTEXT(challenge) {
      check_refusal(judged(401, {{"WWW-Authenticate", challenge}}, "<html>"), Result::unavailable,
                    Reason::forbidden);
    }
  }
  check_refusal(judged(401, {{"WWW-Authenticate", "Bearer"}, {"WWW-Authenticate", ""}}),
                Result::unavailable, Reason::forbidden);
  BOOST_TEST(judged(407, {{"Proxy-Authenticate", "Basic realm=\"proxy\""}}).result ==
             Result::unavailable);
}

BOOST_AUTO_TEST_CASE(a_403_of_somebody_else_says_nothing) {
  for (const char* body :
       {"", "<html><h1>Forbidden</h1></html>", "{}", R"({"message":"XSRF check failed"})",
        "Client with address \"127.0.0.1\" is forbidden from making requests",
        R"({"message":{"text":"Not permitted to use confluence : null"}})"}) {
    BOOST_TEST_CONTEXT(body) {
      check_refusal(judged(403, {kSessionCookie}, body), Result::unavailable, Reason::forbidden);
    }
  }
}

BOOST_AUTO_TEST_CASE(odd_statuses_say_nothing) {
  for (const int status :
       {0, 100, 101, 199, 205, 206, 226, 304, 400, 405, 406, 408, 410, 418, 451, 600, 999}) {
    BOOST_TEST_CONTEXT("status " << status) {
      BOOST_TEST(judged(status, {}).result == Result::unavailable);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
