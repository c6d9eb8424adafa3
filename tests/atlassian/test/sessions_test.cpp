// Confluence's sessions: who is logged in, how long, and what ends it.
#include <boost/test/unit_test.hpp>

#include "client.h"
#include "text.h"

namespace atlassian {
namespace {

bool known(const Answer& answer, const std::string& user) {
  return answer.status == 200 &&
         answer.body.find("\"type\":\"known\",\"username\":\"" + user + '"') != std::string::npos;
}

bool anonymous(const Answer& answer) {
  return answer.status == 200 && answer.body.find("\"type\":\"anonymous\"") != std::string::npos;
}

std::string session_of(const Answer& answer) {
  return answer.set_cookie("JSESSIONID").value_or("");
}

struct Fixture {
  Simulator simulator{trusting()};
  std::string token = simulator.log_in("alice", "10.1.1.1");

  Answer probe(const HeaderLines& headers, const std::string& path = kProbe) {
    return Client(simulator.confluence_port()).get(path, headers);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sessions, Fixture)

BOOST_AUTO_TEST_CASE(token_and_address_make_a_session) {
  const Answer answer = probe(visitor(token, "10.1.1.1"));
  BOOST_TEST(known(answer, "alice"));
  BOOST_TEST(answer.header("X-Seraph-LoginReason") == "OK");
  BOOST_TEST(answer.header("X-AUSERNAME") == "alice");
  BOOST_TEST((answer.set_cookie("crowd.token_key") == token));
  BOOST_TEST((simulator.session_user(session_of(answer)) == "alice"));
  const Counters counters = simulator.counters();
  BOOST_TEST(counters.exchanges == 1U);
  BOOST_TEST(counters.sessions_created == 1U);
  BOOST_TEST(counters.crowd_validations == 1U);
  BOOST_TEST(counters.live_sessions == 1U);
}

BOOST_AUTO_TEST_CASE(anonymous_visitors_get_a_session_too) {
  for (const HeaderLines& headers :
       {HeaderLines(), visitor("unknown", "10.1.1.1"), visitor(token, "10.1.1.2"),
        visitor(token, "9.9.9.9, 10.1.1.1"), HeaderLines{{"Cookie", "crowd.token_key=" + token}}}) {
    const Answer answer = probe(headers);
    BOOST_TEST(anonymous(answer));
    BOOST_TEST(answer.header("X-AUSERNAME") == "anonymous");
    BOOST_TEST(answer.header("X-Seraph-LoginReason") == "");
    BOOST_TEST(!answer.set_cookie("crowd.token_key").has_value());
    BOOST_TEST((simulator.session_user(session_of(answer)) == ""));
  }
}

BOOST_AUTO_TEST_CASE(only_the_first_forwarded_line_is_read) {
  HeaderLines headers = visitor(token, "10.1.1.1");
  headers.emplace_back("X-Forwarded-For", "9.9.9.9");
  BOOST_TEST(known(probe(headers), "alice"));
}

BOOST_AUTO_TEST_CASE(session_goes_on_without_a_new_cookie) {
  const std::string session = session_of(probe(visitor(token, "10.1.1.1")));
  const Answer again = probe(visitor(token, "10.1.1.1", session));
  BOOST_TEST(known(again, "alice"));
  BOOST_TEST((session_of(again) == ""));
  BOOST_TEST(simulator.counters().sessions_created == 1U);
}

BOOST_AUTO_TEST_CASE(within_the_validation_interval_nobody_is_asked) {
  const std::string session = session_of(probe(visitor(token, "10.1.1.1")));
  // Neither the address nor Crowd is asked, which is how a stolen token rides on a session.
  BOOST_TEST(known(probe(visitor(token, "10.6.6.6", session)), "alice"));
  simulator.log_out(token);
  BOOST_TEST(known(probe(visitor(token, "10.1.1.1", session)), "alice"));
  BOOST_TEST(simulator.counters().crowd_validations == 1U);
}

BOOST_AUTO_TEST_CASE(after_the_interval_wrong_factors_log_the_session_out) {
  const std::string session = session_of(probe(visitor(token, "10.1.1.1")));
  simulator.advance_clock(std::chrono::minutes(2));
  const Answer out = probe(visitor(token, "10.6.6.6", session));
  BOOST_TEST(anonymous(out));
  BOOST_TEST(out.header("X-Seraph-LoginReason") == "OUT");
  BOOST_TEST((simulator.session_user(session) == ""));
  // The owner's next request logs in again, in the same session.
  const Answer again = probe(visitor(token, "10.1.1.1", session));
  BOOST_TEST(known(again, "alice"));
  BOOST_TEST((session_of(again) == ""));
}

BOOST_AUTO_TEST_CASE(interval_of_nothing_asks_each_time) {
  simulator.configure_confluence(
      [](ConfluenceOptions& options) { options.validation_interval = std::chrono::seconds(0); });
  const std::string session = session_of(probe(visitor(token, "10.1.1.1")));
  probe(visitor(token, "10.1.1.1", session));
  probe(visitor(token, "10.1.1.1", session));
  BOOST_TEST(simulator.counters().crowd_validations == 3U);
  BOOST_TEST(anonymous(probe(visitor(token, "10.6.6.6", session))));
}

BOOST_AUTO_TEST_CASE(session_id_alone_is_nobody) {
  const std::string session = session_of(probe(visitor(token, "10.1.1.1")));
  const Answer answer = probe({{"Cookie", "JSESSIONID=" + session}});
  BOOST_TEST(anonymous(answer));
}

BOOST_AUTO_TEST_CASE(another_users_token_switches_the_session) {
  const std::string session = session_of(probe(visitor(token, "10.1.1.1")));
  const std::string bobs = simulator.log_in("bob", "10.2.2.2");
  const Answer answer = probe(visitor(bobs, "10.2.2.2", session));
  BOOST_TEST(known(answer, "bob"));
  BOOST_TEST((session_of(answer) == ""));
  BOOST_TEST((simulator.session_user(session) == "bob"));
}

BOOST_AUTO_TEST_CASE(dead_or_foreign_session) {
  const std::string session = session_of(probe(visitor(token, "10.1.1.1")));
  simulator.restart_confluence();
  const Answer renewed = probe(visitor(token, "10.1.1.1", session));
  BOOST_TEST(known(renewed, "alice"));
  BOOST_TEST((session_of(renewed) != ""));
  BOOST_TEST((session_of(renewed) != session));

  simulator.configure_confluence(
      [](ConfluenceOptions& options) { options.foreign_session = ForeignSession::kUnauthorized; });
  const Answer refused = probe(visitor(token, "10.1.1.1", session));
  BOOST_TEST(refused.status == 401U);
  BOOST_TEST(refused.body.find("os_authType was &#39;any&#39; and an invalid cookie was sent.") !=
             std::string::npos);
  BOOST_TEST((session_of(refused) == ""));
}

BOOST_AUTO_TEST_CASE(idle_sessions_end) {
  const std::string session = session_of(probe(visitor(token, "10.1.1.1")));
  simulator.configure_crowd(
      [](CrowdOptions& crowd) { crowd.session_lifetime = std::chrono::hours(9); });
  const std::string lasting = simulator.log_in("alice", "10.1.1.1");
  simulator.advance_clock(std::chrono::minutes(59));
  BOOST_TEST((session_of(probe(visitor(lasting, "10.1.1.1", session))) == ""));
  simulator.advance_clock(std::chrono::minutes(60));
  BOOST_TEST((session_of(probe(visitor(lasting, "10.1.1.1", session))) != ""));
}

BOOST_AUTO_TEST_CASE(first_cookie_counts_even_if_empty) {
  const std::string good = "crowd.token_key=" + token;
  const HeaderLines from = {{"X-Forwarded-For", "10.1.1.1"}};
  const auto with = [&](const HeaderLines& cookies) {
    HeaderLines headers = from;
    headers.insert(headers.end(), cookies.begin(), cookies.end());
    return probe(headers);
  };
  BOOST_TEST(known(with({{"Cookie", good + "; crowd.token_key=other"}}), "alice"));
  BOOST_TEST(anonymous(with({{"Cookie", "crowd.token_key=; " + good}})));
  BOOST_TEST(anonymous(with({{"Cookie", "crowd.token_key="}, {"Cookie", good}})));
  BOOST_TEST(known(with({{"Cookie", "a=b"}, {"Cookie", good}}), "alice"));
  BOOST_TEST(anonymous(with({{"Cookie", "Crowd.Token_Key=" + token}})));
  BOOST_TEST(known(with({{"Cookie", "crowd.token_key=\"" + token + "\""}}), "alice"));
}

BOOST_AUTO_TEST_CASE(without_sso_every_token_is_nobody) {
  simulator.configure_confluence([](ConfluenceOptions& options) { options.sso_enabled = false; });
  const Answer answer = probe(visitor(token, "10.1.1.1"));
  BOOST_TEST(anonymous(answer));
  BOOST_TEST(!answer.set_cookie("crowd.token_key").has_value());
  simulator.configure_confluence([](ConfluenceOptions& options) {
    options.sso_enabled = true;
    options.crowd_reachable = false;
  });
  BOOST_TEST(anonymous(probe(visitor(token, "10.1.1.1"))));
  BOOST_TEST(simulator.counters().crowd_validations == 0U);
}

BOOST_AUTO_TEST_CASE(user_without_permission) {
  const std::string daves = simulator.log_in("dave", "10.1.1.1");
  const Answer forbidden = probe(visitor(daves, "10.1.1.1"));
  BOOST_TEST(forbidden.status == 403U);
  BOOST_TEST(forbidden.body.find("Not permitted to use confluence : null") != std::string::npos);
  BOOST_TEST((forbidden.set_cookie("crowd.token_key") == daves));
  BOOST_TEST(forbidden.header("X-Seraph-LoginReason") == "AUTHORISATION_FAILED");
  simulator.configure_confluence(
      [](ConfluenceOptions& options) { options.forbid_users_without_permission = false; });
  BOOST_TEST(anonymous(probe(visitor(daves, "10.1.1.1"))));
}

BOOST_AUTO_TEST_CASE(failing_password_costs_the_crowd_session) {
  HeaderLines headers = visitor(token, "10.1.1.1");
  headers.emplace_back("Authorization", "Basic YWxpY2U6d3Jvbmc=");  // alice:wrong
  const Answer answer = probe(headers);
  BOOST_TEST(answer.status == 401U);
  BOOST_TEST(answer.header("X-Seraph-LoginReason") == "AUTHENTICATED_FAILED");
  BOOST_TEST(!simulator.token_valid(token));

  const std::string other = simulator.log_in("alice", "10.1.1.1");
  HeaderLines right = visitor(other, "10.6.6.6");  // the token fails here, the password does not
  right.emplace_back("Authorization", "Basic YWxpY2U6YWxpY2U=");
  BOOST_TEST(known(probe(right), "alice"));
  BOOST_TEST(!simulator.token_valid(other));
}

BOOST_AUTO_TEST_CASE(remember_me_mints_a_token) {
  const std::string remembered = "; seraph.confluence=" + simulator.remember_me_cookie("bob");
  HeaderLines headers = visitor("unknown" + remembered, "10.1.1.1");
  const Answer answer = probe(headers);
  BOOST_TEST(known(answer, "bob"));
  const std::string minted = answer.set_cookie("crowd.token_key").value_or("");
  BOOST_TEST(minted != "unknown");
  BOOST_TEST(known(probe(visitor(minted, "10.1.1.1")), "bob"));
  // A good token is not replaced.
  const Answer good = probe(visitor(token + remembered, "10.1.1.1"));
  BOOST_TEST(known(good, "alice"));
}

BOOST_AUTO_TEST_CASE(logout_ends_the_crowd_session) {
  const std::string session = session_of(probe(visitor(token, "10.1.1.1")));
  const Answer out = probe(visitor(token, "10.1.1.1", session), "/logout.action");
  BOOST_TEST(out.status == 302U);
  BOOST_TEST(out.header("X-Seraph-LoginReason") == "OUT");
  BOOST_TEST((out.set_cookie("crowd.token_key") == "\"\""));
  BOOST_TEST(!simulator.token_valid(token));
  BOOST_TEST(!simulator.session_user(session).has_value());
}

BOOST_AUTO_TEST_CASE(remote_ip_valve_takes_the_address_from_the_header) {
  simulator.configure_crowd([](CrowdOptions& crowd) { crowd.trusted_proxies.clear(); });
  const std::string outside = simulator.log_in("alice", "203.0.113.7");
  BOOST_TEST(anonymous(probe(visitor(outside, "203.0.113.7"))));
  simulator.configure_confluence(
      [](ConfluenceOptions& options) { options.remote_ip_valve = true; });
  BOOST_TEST(known(probe(visitor(outside, "203.0.113.7")), "alice"));
  // An internal client behind an internal proxy: the valve takes the leftmost.
  BOOST_TEST(anonymous(probe(visitor(token, "10.6.6.6, 10.1.1.1"))));
  BOOST_TEST(known(probe(visitor(outside, "6.6.6.6, 203.0.113.7, 10.0.0.1")), "alice"));
}

BOOST_AUTO_TEST_CASE(login_reason_styles_and_stripping) {
  const auto style = [&](LoginReasonStyle chosen) {
    simulator.configure_confluence(
        [=](ConfluenceOptions& options) { options.login_reason_style = chosen; });
    return probe(visitor(token, "10.1.1.1")).all("X-Seraph-LoginReason");
  };
  BOOST_TEST((style(LoginReasonStyle::kOnce) == std::vector<std::string>{"OK"}));
  BOOST_TEST((style(LoginReasonStyle::kFolded) == std::vector<std::string>{"OUT, OK"}));
  BOOST_TEST((style(LoginReasonStyle::kTwoLines) == std::vector<std::string>{"OUT", "OK"}));
  simulator.configure_confluence(
      [](ConfluenceOptions& options) { options.strip_seraph_headers = true; });
  const Answer stripped = probe(visitor(token, "10.1.1.1"));
  BOOST_TEST(known(stripped, "alice"));
  BOOST_TEST(stripped.all("X-Seraph-LoginReason").empty());
  BOOST_TEST(stripped.all("X-AUSERNAME").empty());
}

BOOST_AUTO_TEST_CASE(set_cookie_styles) {
  const auto lines = [&](SetCookieStyle chosen) {
    simulator.configure_confluence(
        [=](ConfluenceOptions& options) { options.set_cookie_style = chosen; });
    return probe({}).all("Set-Cookie");
  };
  const auto id = [](const std::string& line) {
    return line.substr(line.find_first_of("0123456789ABCDEF", line.find('=')), 32);
  };
  auto got = lines(SetCookieStyle::kLowerCaseAttributes);
  BOOST_TEST(got.at(0) == "JSESSIONID=" + id(got.at(0)) + ";path=/;httponly");
  got = lines(SetCookieStyle::kQuotedVersion1);
  BOOST_TEST(got.at(0) == "JSESSIONID=\"" + id(got.at(0)) + "\"; Version=1; Path=\"/\"; HttpOnly");
  got = lines(SetCookieStyle::kRemovedThenSet);
  BOOST_TEST(got.at(0) ==
             "JSESSIONID=\"\"; Expires=Thu, 01-Jan-1970 00:00:10 GMT; Path=/; HttpOnly");
  BOOST_TEST(got.at(1) == "JSESSIONID=" + id(got.at(1)) + "; Path=/; HttpOnly");
  got = lines(SetCookieStyle::kSetThenRemoved);
  BOOST_TEST(got.at(1).rfind("JSESSIONID=\"\";", 0) == 0U);
  got = lines(SetCookieStyle::kSameSiteNone);
  BOOST_TEST(got.at(0) ==
             "JSESSIONID=" + id(got.at(0)) + "; Path=/; Secure; HttpOnly; SameSite=None");
  simulator.configure_confluence(
      [](ConfluenceOptions& options) { options.set_cookie_style = SetCookieStyle::kFolded; });
  const auto folded = probe(visitor(token, "10.1.1.1")).all("Set-Cookie");
  BOOST_TEST_REQUIRE(folded.size() == 1U);
  BOOST_TEST(folded[0].find("; HttpOnly, JSESSIONID=") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(session_cookie_of_another_name_path_and_form) {
  simulator.configure_confluence([](ConfluenceOptions& options) {
    options.context_path = "/confluence";
    options.session_cookie_name = "WIKISESSION";
    options.session_id_suffix = ".node1";
  });
  const Answer answer = probe(visitor(token, "10.1.1.1"), std::string("/confluence") + kProbe);
  BOOST_TEST(known(answer, "alice"));
  const std::string session = answer.set_cookie("WIKISESSION").value_or("");
  BOOST_TEST(session.size() == 38U);
  BOOST_TEST((simulator.session_user(session) == "alice"));
  BOOST_TEST(answer.all("Set-Cookie").back() ==
             "WIKISESSION=" + session + "; Path=/confluence; HttpOnly");
  BOOST_TEST(probe({}).status == 404U);
  BOOST_TEST(simulator.counters().exchanges == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace atlassian
