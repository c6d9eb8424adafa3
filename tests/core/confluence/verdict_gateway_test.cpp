// Telling Confluence's refusals from those of something before it.

#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>

#include "crowd_confluence/confluence/verdict.h"
#include "harness/answers.h"
#include "harness/printing.h"

using namespace crowd_confluence;
using namespace answers;

namespace {

const std::string kNginxPage =
    "<html>\r\n<head><title>401 Authorization Required</title></head>\r\n<body>\r\n<center><h1>401 "
    "Authorization Required</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n"
    "</html>\r\n";
const std::string kTomcatPage =
    "<!doctype html><html lang=\"en\"><head><title>HTTP Status 401 – Unauthorized</title></head>"
    "<body><h1>HTTP Status 401 – Unauthorized</h1></body></html>";

const char* const kForeignBodies[] = {
    "{}",
    "Unauthorized",
    "unauthorized\n",
    "[]",
    "null",
    "401",
    "<html><body>Please log in</body></html>",
    R"({"message":"Unauthorized"})",
    R"({"message":"No API key found in request"})",
    R"({"error":"invalid_token","error_description":"x"})",
    R"({"statusCode":401,"error":"Unauthorized","message":"x"})",
    R"({"statusCode":401,"message":"Unauthorized"})",
    R"({"timestamp":"2026-01-01","status":401,"error":"Unauthorized","path":"/x"})",
    R"({"type":"anonymous"})",
    R"({"type":"known","username":"alice"})",
    R"({"message":"x","status-code":200})",
    "{\"message\":\"x\",\"status-code\":401",
};

}  // namespace

BOOST_AUTO_TEST_SUITE(verdict_gateway)

BOOST_AUTO_TEST_CASE(a_401_of_a_gateway_says_nothing) {
  const Headers headers[] = {
      {},
      {{"Content-Type", "application/json"}, {"Server", "nginx"}},
      {{"Content-Type", "text/html"}, {"Set-Cookie", "_oauth2_proxy=x"}},
      {kSessionCookie},
  };
  for (const Headers& some : headers) {
    check_refusal(judged(401, some, kNginxPage), Result::unavailable, Reason::gateway);
    for (const char* body : kForeignBodies) {
      BOOST_TEST_CONTEXT(body) {
        check_refusal(judged(401, some, body), Result::unavailable, Reason::gateway);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_401_with_atlassians_headers_is_confluences) {
  const std::string kRepeated = "crowd.token_key=" + std::string(kToken) + "; Path=/";
  const std::pair<std::string, std::string> headers[] = {
      {"X-ASEN", "SEN-1"},
      {"X-AUSERNAME", "anonymous"},
      {"X-AREQUESTID", "1x2x3"},
      {"X-Confluence-Request-Time", "1"},
      {"x-confluence-cluster-node", "n1"},
  };
  for (const auto& header : headers) {
    for (const char* challenge : {"", "Negotiate", "Negotiate, NTLM", "Basic realm=\"x\""}) {
      for (const std::string& body : {std::string(), kNginxPage, std::string("{}")}) {
        BOOST_TEST_CONTEXT(header.first << ", " << challenge << ", " << body) {
          check_refusal(judged(401, {header, {"WWW-Authenticate", challenge}}, body),
                        Result::rejected, Reason::unauthorized);
        }
      }
    }
  }
  check_refusal(judged(401, {{"WWW-Authenticate", "OAuth realm=\"wiki\""}}, kNginxPage),
                Result::rejected, Reason::unauthorized);
  check_refusal(judged(401, {{"Set-Cookie", kRepeated}, {"WWW-Authenticate", "Negotiate"}}, "{}"),
                Result::rejected, Reason::not_permitted);
}

BOOST_AUTO_TEST_CASE(a_401_in_atlassians_words_is_confluences) {
  for (const std::string& body :
       {std::string(), std::string(" \r\n"), kTomcatPage,
        std::string(R"({"message":"Client must be authenticated.","status-code":401})"),
        std::string(R"({"statusCode":401,"data":{},"message":"x","reason":"Unauthorized"})"),
        std::string(R"({"errorMessages":["You are not authenticated."],"errors":{}})"),
        std::string(
            R"({"errors":[{"exceptionName":"com.atlassian.bitbucket.AuthorisationException"}]})"),
        std::string("\xef\xbb\xbf{\"message\":\"x\",\"status-code\":401}")}) {
    BOOST_TEST_CONTEXT(body) {
      check_refusal(judged(401, {}, body), Result::rejected, Reason::unauthorized);
      check_refusal(judged(401, {{"WWW-Authenticate", "Negotiate"}}, body), Result::unavailable,
                    Reason::forbidden);
    }
  }
}

BOOST_AUTO_TEST_CASE(another_hosts_log_in_page_says_nothing) {
  for (const char* location :
       {"https://sso.example.com/login.jsp", "https://sso.example.com/login.action",
        "http://SSO.example.com:8080/x/login.jsp?target=https://wiki.example.com/login.action",
        "//sso.example.com/login.jsp", "https://wiki.example.com.evil.net/login.action",
        "https://example.com/login.action", "https://xwiki.example.com/login.action",
        "https://wiki.example.com@sso.example.net/login.jsp",
        "https://wiki.example.com:secret@sso.example.net/login.jsp", "https://192.0.2.1/login.jsp",
        "https://[2001:db8::1]/login.jsp", "https://sso.example.com/login.jsp;x=/y"}) {
    for (const int status : {301, 302, 303, 307, 308}) {
      BOOST_TEST_CONTEXT(status << " to " << location) {
        check_refusal(judged(status, {{"Location", location}}), Result::unavailable,
                      Reason::gateway);
        // Whatever runs there may be written in Java.
        check_refusal(judged(status, {kSessionCookie, {"Location", location}}), Result::unavailable,
                      Reason::gateway);
      }
    }
  }
  check_refusal(judged(302, {{"Location", "http://localhost:8080/login.jsp"}}), Result::unavailable,
                Reason::gateway);
}

BOOST_AUTO_TEST_CASE(confluence_may_know_itself_by_another_host) {
  for (const char* location :
       {"https://intranet.example.com/login.action", "http://localhost:8090/login.action"}) {
    for (const char* header : {"X-Confluence-Request-Time", "X-ASEN", "X-AUSERNAME"}) {
      check_refusal(judged(302, {{"Location", location}, {header, "x"}}), Result::rejected,
                    Reason::login_page);
    }
  }
  check_refusal(judged(302, {kSessionCookie, {"Location", "http://127.0.0.1:8090/login.action"}}),
                Result::rejected, Reason::login_page);
}

BOOST_AUTO_TEST_CASE(ones_own_host_may_be_written_in_other_ways) {
  for (const char* location :
       {"https://wiki.example.com/confluence/login.action",
        "http://wiki.example.com:8090/confluence/login.action", "//WIKI.Example.com/login.action",
        "https://wiki.example.com./confluence/login.action",
        "https://bob@wiki.example.com/login.action", "/confluence/login.action",
        " /confluence/login.action "}) {
    BOOST_TEST_CONTEXT(location) {
      check_refusal(judged(302, {{"Location", location}}), Result::rejected, Reason::login_page);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_browsers_read_in_another_way_is_no_log_in_page) {
  for (const char* location :
       {"/\\sso.example.com/login.jsp", "\\\\sso.example.com/login.jsp",
        "https:\\\\sso.example.com\\login.jsp", "https://wiki.example.com\\@x/login.jsp",
        "https:sso.example.com/login.jsp", "https:/sso.example.com/login.jsp", "/login.jsp\x01",
        "/ login.jsp", "ftp://wiki.example.com/login.jsp"}) {
    BOOST_TEST_CONTEXT(location) {
      check_refusal(judged(302, {kSessionCookie, {"Location", location}}), Result::unavailable,
                    Reason::redirect);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
