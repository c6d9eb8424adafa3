// Against the simulated Crowd and Confluence.

#include "crowd_confluence/confluence/client.h"

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "crowd_confluence/cookie/cookie_header.h"
#include "harness/printing.h"
#include "simulator.h"
#include "support/raw_server.h"

using namespace crowd_confluence;
using namespace std::chrono_literals;
using atlassian::ConfluenceOptions;
using atlassian::CrowdOptions;
using atlassian::Fault;
using atlassian::Server;

namespace {

constexpr std::string_view kAddress = "127.0.0.2";

/// A Crowd that trusts this host, a Confluence below /confluence, and alice, who is logged in.
struct Stage {
  Stage() : simulator(options()) {}

  static atlassian::SimulatorOptions options() {
    atlassian::SimulatorOptions result;
    result.crowd.trusted_proxies = {"127.0.0.1"};
    result.confluence.context_path = "/confluence";
    return result;
  }

  ConfluenceSettings settings() const {
    ConfluenceSettings result;
    result.base_url = parse_base_url(simulator.confluence_url()).value();
    return result;
  }

  Visitor alice() const { return {.token = token, .address = kAddress}; }

  Verdict exchange(const Visitor& visitor, std::string_view session_cookies = {}) const {
    return ConfluenceClient(settings()).exchange(visitor, session_cookies);
  }

  void configure(const std::function<void(ConfluenceOptions&)>& change) {
    simulator.configure_confluence(change);
  }

  std::vector<atlassian::ReceivedRequest> requests() const {
    return simulator.requests(Server::kConfluence);
  }

  atlassian::Simulator simulator;
  std::string token = simulator.log_in("alice", kAddress);
};

std::optional<std::string> cookie_of(std::string_view cookies, std::string_view name) {
  for (CookieScanner scanner(cookies); scanner.next();) {
    if (scanner.cookie().name == name) return std::string(scanner.cookie().value);
  }
  return std::nullopt;
}

std::string session_id_of(const Session& session) {
  return cookie_of(session.cookies(), "JSESSIONID").value_or("");
}

void check_alice(const Verdict& verdict, Reason reason = Reason::known) {
  BOOST_TEST(verdict.result == Result::session);
  BOOST_TEST(verdict.reason == reason);
  BOOST_TEST(verdict.session.user() == "alice");
  BOOST_TEST(!session_id_of(verdict.session).empty());
}

void check(const Verdict& verdict, Result result, Reason reason) {
  BOOST_TEST(verdict.result == result);
  BOOST_TEST(verdict.reason == reason);
  BOOST_TEST(verdict.session.empty());
}

std::multiset<std::string> header_names(const atlassian::ReceivedRequest& request) {
  std::multiset<std::string> names;
  for (const auto& [name, value] : request.headers) names.insert(name);
  return names;
}

std::multiset<std::string> names_of(const std::vector<std::string>& headers) {
  std::multiset<std::string> names;
  for (const std::string& header : headers) names.insert(header.substr(0, header.find(':')));
  return names;
}

/// And those that are the same in each exchange.
std::multiset<std::string> with_own_headers(std::multiset<std::string> names) {
  names.insert({"Accept", "Cache-Control", "Pragma", "User-Agent"});
  return names;
}

std::string value_of(const std::vector<std::string>& headers, const std::string& name) {
  for (const std::string& header : headers) {
    if (header.starts_with(name + ": ")) return header.substr(name.size() + 2);
  }
  return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(confluence_client)

BOOST_AUTO_TEST_SUITE(headers)

BOOST_AUTO_TEST_CASE(of_a_first_exchange) {
  const auto headers = exchange_headers({}, {.token = "abc00", .address = "192.0.2.1"}, {});
  BOOST_TEST((names_of(headers) == with_own_headers({"Cookie", "X-Forwarded-For"})));
  BOOST_TEST(value_of(headers, "Cookie") == "crowd.token_key=abc00");
  BOOST_TEST(value_of(headers, "X-Forwarded-For") == "192.0.2.1");
  BOOST_TEST(value_of(headers, "Accept") == "application/json");
  BOOST_TEST(value_of(headers, "Cache-Control") == "no-cache, no-store");
  BOOST_TEST(value_of(headers, "Pragma") == "no-cache");
  const std::string agent = value_of(headers, "User-Agent");
  BOOST_TEST(!agent.empty());
  BOOST_TEST(agent.find("Mozilla") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(of_a_renewal_carry_the_session) {
  const auto headers = exchange_headers({}, {.token = "abc00", .address = "2001:db8::1"},
                                        "JSESSIONID=1; ROUTEID=.n1");
  BOOST_TEST((names_of(headers) == with_own_headers({"Cookie", "X-Forwarded-For"})));
  const std::string cookies = value_of(headers, "Cookie");
  BOOST_TEST(cookie_of(cookies, "crowd.token_key").value_or("") == "abc00");
  BOOST_TEST(cookie_of(cookies, "JSESSIONID").value_or("") == "1");
  BOOST_TEST(cookie_of(cookies, "ROUTEID").value_or("") == ".n1");
  BOOST_TEST(std::count(cookies.begin(), cookies.end(), ';') == 2);
  BOOST_TEST(value_of(headers, "X-Forwarded-For") == "2001:db8::1");
}

BOOST_AUTO_TEST_CASE(without_forwarding_tell_no_address) {
  ConfluenceSettings settings;
  settings.forwarded_for = false;
  const auto headers = exchange_headers(settings, {.token = "abc00", .address = "192.0.2.1"}, {});
  BOOST_TEST((names_of(headers) == with_own_headers({"Cookie"})));
  for (const std::string& header : headers) {
    BOOST_TEST(header.find("192.0.2.1") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(use_the_sso_cookies_name_and_the_value_as_it_came) {
  ConfluenceSettings settings;
  settings.token_cookie = "studio.crowd.tokenkey";
  const auto headers =
      exchange_headers(settings, {.token = "\"abc-_=\"", .address = "192.0.2.1"}, {});
  BOOST_TEST(value_of(headers, "Cookie") == "studio.crowd.tokenkey=\"abc-_=\"");
}

BOOST_FIXTURE_TEST_CASE(arrive_as_they_are_and_alone, Stage) {
  check_alice(exchange(alice()));
  BOOST_TEST_REQUIRE(requests().size() == 1U);
  const atlassian::ReceivedRequest request = requests()[0];
  BOOST_TEST(request.method == "GET");
  BOOST_TEST(request.target == "/confluence/rest/api/user/current");
  BOOST_TEST(request.body == "");
  BOOST_TEST((header_names(request) == with_own_headers({"Cookie", "Host", "X-Forwarded-For"})));
  BOOST_TEST(request.header("X-Forwarded-For") == std::vector<std::string>{std::string(kAddress)},
             boost::test_tools::per_element());
  BOOST_TEST(request.cookie("crowd.token_key").value_or("") == token);
}

BOOST_FIXTURE_TEST_CASE(cannot_be_smuggled_in, Stage) {
  const std::string evil = "\r\nAuthorization: Basic YTpi\r\nX-Evil: 1";
  const std::string bad_token = token + evil;
  const std::string bad_address = std::string(kAddress) + evil;
  const Verdict by_token = exchange({.token = bad_token, .address = kAddress});
  const Verdict by_address = exchange({.token = token, .address = bad_address});
  const Verdict by_session = exchange(alice(), "JSESSIONID=1" + evil);
  for (const atlassian::ReceivedRequest& request : requests()) {
    BOOST_TEST(request.header("X-Evil").empty());
    BOOST_TEST(request.header("Authorization").empty());
  }
  for (const Verdict* verdict : {&by_token, &by_address, &by_session}) {
    BOOST_TEST(verdict->result != Result::rejected);
    BOOST_TEST(verdict->detail.find(token) == std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(exchanges)

BOOST_FIXTURE_TEST_CASE(give_a_session_that_is_the_users, Stage) {
  const Verdict verdict = exchange(alice());
  check_alice(verdict);
  BOOST_TEST(simulator.session_user(session_id_of(verdict.session)).value_or("?") == "alice");
  BOOST_TEST(!cookie_of(verdict.session.cookies(), "crowd.token_key").has_value());
}

BOOST_FIXTURE_TEST_CASE(keep_the_connection, Stage) {
  ConfluenceClient client(settings());
  for (int i = 0; i < 5; ++i) check_alice(client.exchange(alice(), {}));
  BOOST_TEST(simulator.counters().confluence_connections == 1U);
  BOOST_TEST(simulator.counters().exchanges == 5U);
}

BOOST_FIXTURE_TEST_CASE(are_bound_to_the_users_address, Stage) {
  check_alice(exchange(alice()));
  check(exchange({.token = token, .address = "127.0.0.3"}), Result::rejected, Reason::anonymous);
  check(exchange({.token = token, .address = "127.0.0.1"}), Result::rejected, Reason::anonymous);
}

BOOST_FIXTURE_TEST_CASE(work_for_users_with_ipv6, Stage) {
  const std::string other = simulator.log_in("bob", "2001:db8::7");
  const Verdict verdict = exchange({.token = other, .address = "2001:db8::7"});
  BOOST_TEST(verdict.result == Result::session);
  BOOST_TEST(verdict.session.user() == "bob");
  check(exchange({.token = other, .address = "2001:db8::8"}), Result::rejected, Reason::anonymous);
}

BOOST_FIXTURE_TEST_CASE(work_without_addresses_where_crowd_wants_none, Stage) {
  simulator.configure_crowd([](CrowdOptions& crowd) {
    crowd.consistent_ip = false;
    crowd.trusted_proxies.clear();
  });
  token = simulator.log_in("alice", kAddress);
  ConfluenceSettings without = settings();
  without.forwarded_for = false;
  check_alice(ConfluenceClient(without).exchange({.token = token, .address = {}}, {}));
  BOOST_TEST(requests().back().header("X-Forwarded-For").empty());
}

BOOST_FIXTURE_TEST_CASE(refuse_tokens_that_are_nobodys, Stage) {
  check(exchange({.token = "n0b0dyn0b0dyn0b0dyn0b000", .address = kAddress}), Result::rejected,
        Reason::anonymous);
  simulator.expire_token(token);
  check(exchange(alice()), Result::rejected, Reason::anonymous);
  token = simulator.log_in("alice", kAddress);
  simulator.log_out(token);
  check(exchange(alice()), Result::rejected, Reason::anonymous);
}

BOOST_FIXTURE_TEST_CASE(refuse_tokens_of_a_host_that_crowd_does_not_trust, Stage) {
  simulator.configure_crowd([](CrowdOptions& crowd) { crowd.trusted_proxies.clear(); });
  check(exchange(alice()), Result::rejected, Reason::anonymous);
}

BOOST_FIXTURE_TEST_CASE(tell_who_may_not_use_confluence, Stage) {
  const std::string dave = simulator.log_in("dave", kAddress);
  for (const bool forbid : {true, false}) {
    configure([&](ConfluenceOptions& confluence) {
      confluence.forbid_users_without_permission = forbid;
    });
    check(exchange({.token = dave, .address = kAddress}), Result::rejected, Reason::not_permitted);
  }
}

BOOST_FIXTURE_TEST_CASE(see_nobody_where_sso_is_off_or_broken, Stage) {
  configure([](ConfluenceOptions& confluence) { confluence.sso_enabled = false; });
  check(exchange(alice()), Result::rejected, Reason::anonymous);
  configure([](ConfluenceOptions& confluence) {
    confluence.sso_enabled = true;
    confluence.crowd_reachable = false;
  });
  check(exchange(alice()), Result::rejected, Reason::anonymous);
}

BOOST_FIXTURE_TEST_CASE(see_nobody_in_a_403_to_nobody, Stage) {
  configure([](ConfluenceOptions& confluence) {
    confluence.anonymous_probe = atlassian::AnonymousProbe::kForbidden;
  });
  check(exchange({.token = "n0b0dy", .address = kAddress}), Result::rejected, Reason::anonymous);
  check_alice(exchange(alice()));
}

BOOST_FIXTURE_TEST_CASE(work_with_every_way_to_set_cookies, Stage) {
  using Style = atlassian::SetCookieStyle;
  for (const Style style : {Style::kPlain, Style::kLowerCaseAttributes, Style::kFolded,
                            Style::kQuotedVersion1, Style::kRemovedThenSet, Style::kSameSiteNone}) {
    BOOST_TEST_CONTEXT("style " << static_cast<int>(style)) {
      configure([&](ConfluenceOptions& confluence) {
        confluence.set_cookie_style = style;
        confluence.sticky_cookie = "ROUTEID";
        confluence.session_id_suffix = ".node1";
      });
      const Verdict verdict = exchange(alice());
      check_alice(verdict);
      BOOST_TEST(cookie_of(verdict.session.cookies(), "ROUTEID").has_value());
      const std::string id = session_id_of(verdict.session);
      BOOST_TEST(simulator.session_user(std::string(unquoted(id))).value_or("?") == "alice");
    }
  }
}

BOOST_FIXTURE_TEST_CASE(have_no_session_when_its_cookie_is_removed, Stage) {
  configure([](ConfluenceOptions& confluence) {
    confluence.set_cookie_style = atlassian::SetCookieStyle::kSetThenRemoved;
  });
  check(exchange(alice()), Result::unavailable, Reason::no_session_cookie);
}

BOOST_FIXTURE_TEST_CASE(trust_seraph_where_the_probe_is_unknown, Stage) {
  using Style = atlassian::LoginReasonStyle;
  for (const Style style : {Style::kOnce, Style::kFolded, Style::kTwoLines}) {
    configure([&](ConfluenceOptions& confluence) {
      confluence.flavour = atlassian::Flavour::kConfluence5;
      confluence.login_reason_style = style;
    });
    check_alice(exchange(alice()), Reason::seraph);
    BOOST_TEST(exchange({.token = "n0b0dy", .address = kAddress}).session.empty());
  }
}

BOOST_FIXTURE_TEST_CASE(need_no_seraph_headers, Stage) {
  configure([](ConfluenceOptions& confluence) { confluence.strip_seraph_headers = true; });
  check_alice(exchange(alice()));
  check(exchange({.token = "n0b0dy", .address = kAddress}), Result::rejected, Reason::anonymous);
}

BOOST_FIXTURE_TEST_CASE(work_with_jira, Stage) {
  configure([](ConfluenceOptions& confluence) { confluence.flavour = atlassian::Flavour::kJira; });
  ConfluenceSettings jira = settings();
  jira.probe = {.path = "/rest/api/2/myself", .field = "", .value = "", .user_field = "name"};
  const Verdict verdict = ConfluenceClient(jira).exchange(alice(), {});
  check_alice(verdict);
  BOOST_TEST(cookie_of(verdict.session.cookies(), "atlassian.xsrf.token").has_value());
  BOOST_TEST(ConfluenceClient(jira).exchange({.token = "n0b0dy", .address = kAddress}, {}).result ==
             Result::rejected);
}

BOOST_FIXTURE_TEST_CASE(work_with_another_name_of_the_sso_cookie, Stage) {
  simulator.configure_crowd([](CrowdOptions& crowd) { crowd.cookie_name = "crowd.p.token_key"; });
  check(exchange(alice()), Result::rejected, Reason::anonymous);
  ConfluenceSettings renamed = settings();
  renamed.token_cookie = "crowd.p.token_key";
  check_alice(ConfluenceClient(renamed).exchange(alice(), {}));
}

BOOST_FIXTURE_TEST_CASE(work_with_long_tokens, Stage) {
  simulator.configure_crowd(
      [](CrowdOptions& crowd) { crowd.token_style = atlassian::TokenStyle::kLong; });
  token = simulator.log_in("alice", kAddress);
  check_alice(exchange(alice()));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(background_refresh)

BOOST_FIXTURE_TEST_CASE(stay_the_same_session, Stage) {
  const Verdict first = exchange(alice());
  check_alice(first);
  simulator.advance_clock(10min);
  const Verdict second = exchange(alice(), first.session.cookies());
  check_alice(second);
  BOOST_TEST(session_id_of(second.session) == session_id_of(first.session));
  BOOST_TEST(simulator.counters().sessions_created == 1U);
  BOOST_TEST(requests().back().cookie("JSESSIONID").value_or("") == session_id_of(first.session));
  BOOST_TEST(requests().back().header("Cookie").size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(stay_on_the_same_node, Stage) {
  configure([](ConfluenceOptions& confluence) {
    confluence.nodes = 3;
    confluence.sticky_cookie = "AWSALB";
  });
  const Verdict first = exchange(alice());
  check_alice(first);
  BOOST_TEST(cookie_of(first.session.cookies(), "AWSALB").has_value());
  Session session = first.session;
  for (int i = 0; i < 6; ++i) {
    const Verdict again = exchange(alice(), session.cookies());
    check_alice(again);
    BOOST_TEST(session_id_of(again.session) == session_id_of(first.session));
    session = again.session;
  }
  BOOST_TEST(simulator.counters().sessions_created == 1U);
}

BOOST_FIXTURE_TEST_CASE(get_a_new_session_when_the_old_one_is_gone, Stage) {
  const Verdict first = exchange(alice());
  simulator.restart_confluence();
  const Verdict second = exchange(alice(), first.session.cookies());
  check_alice(second);
  BOOST_TEST(session_id_of(second.session) != session_id_of(first.session));
}

BOOST_FIXTURE_TEST_CASE(ask_without_the_old_session_when_confluence_minds_it, Stage) {
  // Such a Confluence answers 401, and says nothing of the token, which is as good as before.
  configure([](ConfluenceOptions& confluence) {
    confluence.foreign_session = atlassian::ForeignSession::kUnauthorized;
  });
  const Verdict first = exchange(alice());
  check_alice(first);
  simulator.restart_confluence();
  const Verdict second = exchange(alice(), first.session.cookies());
  check_alice(second);
  BOOST_TEST(session_id_of(second.session) != session_id_of(first.session));
  BOOST_TEST(requests().size() == 3U);
  BOOST_TEST(!requests().back().cookie("JSESSIONID").has_value());
}

BOOST_AUTO_TEST_CASE(ask_without_the_old_session_where_it_may_be_the_matter) {
  const std::string kNothing = "Content-Length: 0\r\n\r\n";
  for (const std::string& answer :
       {"HTTP/1.1 401 Unauthorized\r\n" + kNothing, "HTTP/1.1 404 Not Found\r\n" + kNothing,
        "HTTP/1.1 200 OK\r\n" + kNothing}) {
    std::atomic<int> asked{0};
    test_support::RawServer server([&](test_support::RawConnection& connection) {
      while (const auto request = connection.read_request()) {
        ++asked;
        connection.write(request->find("JSESSIONID=A1") != std::string::npos
                             ? answer
                             : "HTTP/1.1 200 OK\r\nSet-Cookie: JSESSIONID=B2\r\n"
                               "Content-Length: 35\r\n\r\n"
                               "{\"type\":\"known\",\"username\":\"alice\"}");
      }
    });
    ConfluenceSettings settings;
    settings.base_url = parse_base_url(server.url()).value();
    const Verdict verdict = ConfluenceClient(settings).exchange(
        {.token = "T0kenT0kenT0kenT0kenT000", .address = kAddress}, "JSESSIONID=A1; ROUTEID=.n1");
    BOOST_TEST_CONTEXT(answer) {
      check_alice(verdict);
      BOOST_TEST(verdict.session.cookies() == "JSESSIONID=B2");
      BOOST_TEST(asked == 2);
    }
  }
}

BOOST_FIXTURE_TEST_CASE(ask_once_where_it_is_not_about_the_session, Stage) {
  const Verdict first = exchange(alice());
  const auto check_asked_once = [&](Fault&& fault, Reason reason) {
    const std::size_t before = requests().size();
    simulator.clear_faults();
    simulator.misbehave(Server::kConfluence, std::move(fault));
    check(exchange(alice(), first.session.cookies()), Result::unavailable, reason);
    BOOST_TEST(requests().size() == before + 1);
  };
  const auto answer = [](const std::string& status) {
    return Fault::respond_with("HTTP/1.1 " + status + " No\r\nContent-Length: 0\r\n\r\n");
  };
  check_asked_once(answer("302"), Reason::redirect);
  check_asked_once(answer("429"), Reason::rate_limited);
  check_asked_once(answer("500"), Reason::server_error);
  check_asked_once(answer("503"), Reason::server_error);
  check_asked_once(Fault::close(), Reason::network);
}

BOOST_AUTO_TEST_CASE(ask_twice_in_no_more_time_than_once) {
  test_support::RawServer server([](test_support::RawConnection& connection) {
    if (!connection.read_request()) return;
    std::this_thread::sleep_for(2s);  // how slow it is
    connection.write("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    connection.wait_for_close();
  });
  ConfluenceSettings settings;
  settings.base_url = parse_base_url(server.url()).value();
  settings.http.timeout = 3s;
  const auto began = std::chrono::steady_clock::now();
  const Verdict verdict = ConfluenceClient(settings).exchange(
      {.token = "T0kenT0kenT0kenT0kenT000", .address = kAddress}, "JSESSIONID=A1");
  // That the token is refused is not certain, and that Confluence answers is.
  check(verdict, Result::unavailable, Reason::unexpected_answer);
  BOOST_TEST((std::chrono::steady_clock::now() - began < 2s + settings.http.timeout));
}

BOOST_FIXTURE_TEST_CASE(are_refused_after_logging_out, Stage) {
  const Verdict first = exchange(alice());
  check_alice(first);
  simulator.log_out(token);
  simulator.advance_clock(3min);
  const Verdict second = exchange(alice(), first.session.cookies());
  BOOST_TEST(second.result == Result::rejected);
  BOOST_TEST(second.session.empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(troubles)

BOOST_FIXTURE_TEST_CASE(of_an_ailing_confluence_are_no_refusal, Stage) {
  configure([](ConfluenceOptions& confluence) {
    confluence.maintenance = atlassian::Maintenance::kUnavailable;
  });
  const Verdict maintenance = exchange(alice());
  check(maintenance, Result::unavailable, Reason::server_error);
  BOOST_TEST((maintenance.retry_after == std::chrono::seconds(30)));

  configure([](ConfluenceOptions& confluence) {
    confluence.maintenance = atlassian::Maintenance::kErrorPage;
  });
  check(exchange(alice()), Result::unavailable, Reason::redirect);
}

BOOST_FIXTURE_TEST_CASE(with_limits_are_no_refusal, Stage) {
  configure([](ConfluenceOptions& confluence) {
    confluence.rate_limit =
        atlassian::RateLimit{.limit = 1, .fill_rate = 1, .interval = 60s, .retry_after = {}};
  });
  check_alice(exchange(alice()));
  const Verdict limited = exchange(alice());
  check(limited, Result::unavailable, Reason::rate_limited);
  BOOST_TEST_REQUIRE(limited.retry_after.has_value());
  BOOST_TEST((*limited.retry_after > 0s && *limited.retry_after <= 60s));
}

BOOST_FIXTURE_TEST_CASE(of_connections_are_told_apart, Stage) {
  ConfluenceSettings impatient = settings();
  impatient.http.timeout = 300ms;
  ConfluenceClient client(impatient);

  simulator.misbehave(Server::kConfluence, Fault::hang());
  check(client.exchange(alice(), {}), Result::unavailable, Reason::timeout);
  simulator.clear_faults();

  simulator.misbehave(Server::kConfluence, Fault::close());
  check(client.exchange(alice(), {}), Result::unavailable, Reason::network);
  simulator.clear_faults();

  simulator.misbehave(Server::kConfluence, Fault::huge_body(HttpClient::kMaxBodyBytes + 1));
  check(client.exchange(alice(), {}), Result::unavailable, Reason::too_large);
  simulator.clear_faults();

  simulator.misbehave(Server::kConfluence, Fault::respond_with("nonsense\r\n\r\n"));
  BOOST_TEST(client.exchange(alice(), {}).result == Result::unavailable);
  simulator.clear_faults();

  // One answer's fault, which opens no breaker.
  simulator.misbehave(Server::kConfluence,
                      Fault::respond_with("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
                                          "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
  check(client.exchange(alice(), {}), Result::unavailable, Reason::unexpected_answer);
  BOOST_TEST(!meaning_of(Reason::unexpected_answer).is_failure);
  simulator.clear_faults();

  check_alice(exchange(alice()));

  simulator.stop_listening(Server::kConfluence);
  check(client.exchange(alice(), {}), Result::unavailable, Reason::refused);
}

BOOST_FIXTURE_TEST_CASE(of_a_connection_closed_while_idle_are_not_seen, Stage) {
  ConfluenceClient client(settings());
  simulator.misbehave(Server::kConfluence, Fault::close_after_response().times(3));
  for (int i = 0; i < 4; ++i) check_alice(client.exchange(alice(), {}));
}

BOOST_FIXTURE_TEST_CASE(are_told_without_secrets, Stage) {
  ConfluenceSettings impatient = settings();
  impatient.http.timeout = 300ms;
  for (Fault fault : {Fault::hang(), Fault::close(), Fault::respond_with("x " + token + "\r\n\r\n"),
                      Fault::respond_with("HTTP/1.1 500 " + token + "\r\n\r\n" + token)}) {
    simulator.misbehave(Server::kConfluence, std::move(fault));
    const Verdict verdict = ConfluenceClient(impatient).exchange(alice(), "JSESSIONID=s3cret");
    BOOST_TEST(verdict.result == Result::unavailable);
    BOOST_TEST(verdict.detail.find(token) == std::string::npos);
    BOOST_TEST(verdict.detail.find("s3cret") == std::string::npos);
    simulator.clear_faults();
  }
}

BOOST_FIXTURE_TEST_CASE(with_the_address_are_told_before_confluence_is_asked, Stage) {
  check(exchange({.token = token, .address = {}}), Result::unavailable, Reason::bad_address);
  BOOST_TEST(requests().empty());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE_END()
