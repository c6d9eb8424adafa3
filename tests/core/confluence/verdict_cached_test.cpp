// Answers that a cache between this program and Confluence gave.

#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>
#include <vector>

#include "crowd_confluence/confluence/verdict.h"
#include "harness/answers.h"
#include "harness/printing.h"

using namespace crowd_confluence;
using namespace answers;

namespace {

using Header = std::pair<std::string, std::string>;

std::string sso_cookie(std::string_view value) {
  return "crowd.token_key=" + std::string(value) + "; Path=/; HttpOnly";
}

Verdict known_with(const Header& header) {
  return judged(200, {kSessionCookie, header}, kKnown);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(verdict_cached)

BOOST_AUTO_TEST_CASE(another_token_makes_it_somebody_elses) {
  const std::string token(kToken);
  for (const std::string& line :
       {sso_cookie("B0bsB0bsB0bsB0bsB0bsB000"), sso_cookie("\"B0bsB0bsB0bsB0bsB0bsB000\""),
        sso_cookie(token + "x"), sso_cookie(token.substr(1)),
        sso_cookie("t0KENt0KENt0KENt0KENt000"), "a=b, " + sso_cookie("other"),
        sso_cookie(token) + ", " + sso_cookie("other"),
        std::string("crowd.token_key=other; Max-Age=3600")}) {
    BOOST_TEST_CONTEXT(line) {
      const Verdict verdict = known_with({"Set-Cookie", line});
      check_refusal(verdict, Result::unavailable, Reason::cached_answer);
      BOOST_TEST(verdict.detail.find("B0bs") == std::string::npos);
      BOOST_TEST(verdict.detail.find(token) == std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_same_token_or_none_is_no_sign) {
  const std::string token(kToken);
  for (const std::string& line :
       {sso_cookie(token), sso_cookie('"' + token + '"'), sso_cookie("other") + "; Max-Age=0",
        std::string("crowd.token_key=\"\"; Path=/"),
        std::string("crowd.token_key=deleted; Expires=Thu, 01-Jan-1970 00:00:10 GMT"),
        std::string("Crowd.Token_Key=other"), std::string("crowd.token_key2=other")}) {
    BOOST_TEST_CONTEXT(line) {
      check_session(known_with({"Set-Cookie", line}), Reason::known, "alice");
    }
  }
  // A quoted token that was sent is the same without quotes.
  const std::string quoted = '"' + token + '"';
  check_session(judge(response(200, {kSessionCookie, {"Set-Cookie", sso_cookie(token)}}, kKnown),
                      confluence(), quoted, {}),
                Reason::known, "alice");
}

BOOST_AUTO_TEST_CASE(the_cookies_name_is_the_configured_one) {
  ConfluenceSettings settings = confluence();
  settings.token_cookie = "studio.crowd.tokenkey";
  const auto says = [&](const char* line) {
    return judge(response(200, {kSessionCookie, {"Set-Cookie", line}}, kKnown), settings, kToken,
                 {});
  };
  check_refusal(says("studio.crowd.tokenkey=other"), Result::unavailable, Reason::cached_answer);
  check_session(says("crowd.token_key=other"), Reason::known, "alice");
}

BOOST_AUTO_TEST_CASE(caches_tell_it_themselves) {
  const Header headers[] = {
      {"Age", "37"},
      {"age", " 1 "},
      {"Age", "99999999999999999999999999"},
      {"Age", "0, 37"},
      {"X-Cache", "HIT"},
      {"x-cache", "hit"},
      {"X-Cache", "HIT from proxy.example.com"},
      {"X-Cache", "Hit from cloudfront"},
      {"X-Cache", "RefreshHit from cloudfront"},
      {"X-Cache", "TCP_HIT from a1.example.net"},
      {"X-Cache", "TCP_MEM_HIT"},
      {"X-Cache", "TCP_REFRESH_HIT:4"},
      {"X-Cache", "MISS, HIT"},
      {"X-Cache", "MISS from miss.example.com, HIT from b"},
      {"X-Cache", "cdn-7 HIT"},
      {"X-Cache-Status", "HIT"},
      {"X-Cache-Status", "STALE"},
      {"X-Cache-Status", "UPDATING"},
      {"X-Cache-Status", "REVALIDATED"},
      {"CF-Cache-Status", "HIT"},
      {"X-Proxy-Cache", "HIT"},
      {"X-Nginx-Cache-Status", "HIT"},
      {"X-Cached", "HIT"},
      {"X-From-Cache", "1"},
      {"X-Cache-Hit", "true"},
      {"X-Cache-Hits", "1"},
      {"X-Cache-Hits", "0, 12"},
      {"X-Varnish", "32770 3"},
      {"X-Varnish", "1, 32770 3"},
      {"Cache-Status", "ExampleCache; hit"},
      {"Cache-Status", "OriginCache; hit; ttl=1100, \"CDN Company\"; fwd=uri-miss"},
      {"Cache-Status", "a; fwd=miss; collapsed"},
      {"Cache-Status", "a; hit=?1"},
      {"Cache-Status", "a; fwd=stale; fwd-status=304"},
      {"Cache-Status", "HIT"},
      {"Warning", "110 - \"Response is Stale\""},
      {"Warning", "113 proxy \"Heuristic Expiration\""},
  };
  for (const Header& header : headers) {
    BOOST_TEST_CONTEXT(header.first << ": " << header.second) {
      check_refusal(known_with(header), Result::unavailable, Reason::cached_answer);
      check_refusal(judged(200, {header}, kAnonymous), Result::unavailable, Reason::cached_answer);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_cache_that_asked_is_no_obstacle) {
  const Header headers[] = {
      {"Age", "0"},
      {"Age", ""},
      {"Age", "-1"},
      {"Age", "young"},
      {"X-Cache", "MISS"},
      {"X-Cache", "MISS from hit.example.com"},
      {"X-Cache", "Miss from cloudfront"},
      {"X-Cache", "TCP_MISS"},
      {"X-Cache", "TCP_REFRESH_MODIFIED"},
      {"X-Cache", "CONFIG_NOCACHE"},
      {"X-Cache", "HIT-FOR-PASS"},
      {"X-Cache", "hit for miss"},
      {"X-Cache", "white"},
      {"X-Cache", ""},
      {"X-Cache", "MISS, MISS"},
      {"X-Cache-Lookup", "HIT from proxy:3128"},
      {"X-Cache-Status", "BYPASS"},
      {"X-Cache-Status", "EXPIRED"},
      {"CF-Cache-Status", "DYNAMIC"},
      {"X-Cache-Hits", "0, 0"},
      {"X-Cache-Enabled", "true"},
      {"X-Some-Cache", "true"},
      {"X-Confluence-Cache", "HIT"},
      {"X-Varnish", "32770"},
      {"X-Varnish", "1, 2"},
      {"Cache-Status", "ExampleCache; fwd=uri-miss; stored"},
      {"Cache-Status", "ExampleCache; hit=?0"},
      {"Cache-Control", "max-age=37"},
      {"Warning", "199 - \"Miscellaneous\""},
      {"Via", "1.1 varnish"},
      {"X-Hit", "HIT"},
  };
  for (const Header& header : headers) {
    BOOST_TEST_CONTEXT(header.first << ": " << header.second) {
      check_session(known_with(header), Reason::known, "alice");
    }
  }
}

BOOST_AUTO_TEST_CASE(nothing_else_in_it_counts) {
  const Header age{"Age", "37"};
  const Header other{"Set-Cookie", sso_cookie("other")};
  for (const Header& sign : {age, other}) {
    const Verdict verdicts[] = {
        judged(200, {sign, kSessionCookie, {"X-Seraph-LoginReason", "OK"}, {"X-AUSERNAME", "bob"}}),
        judged(200, {sign, {"X-Seraph-LoginReason", "OUT"}}, kAnonymous),
        judged(401, {sign, {"X-Seraph-LoginReason", "AUTHENTICATION_DENIED"}}),
        judged(403, {sign, {"X-AUSERNAME", "anonymous"}}),
        judged(302, {sign, kSessionCookie, {"Location", "/login.action"}}),
        judged(404, {sign, kSessionCookie, {"X-AUSERNAME", "anonymous"}}),
        judge(response(200, {sign}, kKnown), confluence(), kToken, "JSESSIONID=A0"),
    };
    for (const Verdict& verdict : verdicts)
      check_refusal(verdict, Result::unavailable, Reason::cached_answer);
  }
  // How long somebody else is to wait does not concern this visitor.
  const Verdict limited = judged(429, {age, {"Retry-After", "600"}});
  check_refusal(limited, Result::unavailable, Reason::cached_answer);
  BOOST_TEST(!limited.retry_after.has_value());
  check_refusal(judged(503, {age}), Result::unavailable, Reason::server_error);
}

BOOST_AUTO_TEST_CASE(the_detail_names_the_header) {
  BOOST_TEST(known_with({"X-Proxy-Cache", "HIT"}).detail ==
             "HTTP status 200, told by X-Proxy-Cache");
  BOOST_TEST(known_with({"Set-Cookie", sso_cookie("other")}).detail ==
             "HTTP status 200, told by Set-Cookie");
}

BOOST_AUTO_TEST_SUITE_END()
