// Sessions that are in use are proven again in the background before they expire.

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <functional>

#include "children.h"
#include "stage.h"
#include "wait.h"

using namespace module_tests;
using atlassian::Fault;
using atlassian::Server;

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Its last quarter is long enough for a machine that is busy with other tests.
constexpr milliseconds kTtl{3000};

/// A visitor whose session was proven a moment ago.
class Visit {
 public:
  explicit Visit(Stage& stage) : stage_(stage) {
    stage_.start("CrowdConfluenceURL ${CONFLUENCE} timeout=10\nCrowdConfluenceSessionTTL " +
                 std::to_string(kTtl.count()) + "ms\n" + location("/") + children_configuration());
    connections_ = connect_to_children(stage_);
    const std::string token = stage_.simulator.log_in("alice", "127.0.0.1");
    stage_.keep_secret(token);
    token_ = token;
    began_ = steady_clock::now();
    BOOST_TEST(get().source() == "exchange");
    session_ = seen_session();
  }

  /// One request, of one connection after the other.
  Response get() {
    Connection& connection = connections_[turn_++ % connections_.size()];
    return connection.client.get("/", {"Cookie: crowd.token_key=" + token_});
  }

  /// The session that came with the last request, if one did.
  std::string seen_session() {
    const std::vector<std::string> sessions = stage_.seen_by_app().cookie("JSESSIONID");
    return sessions.empty() ? "" : sessions.front();
  }

  /// Sends requests until `done`; all but the last must be answered from the table, and with the
  /// first session.
  void use_until(const std::function<bool(const Response&, const std::string& session)>& done) {
    bool other_source = false;
    bool other_session = false;
    BOOST_TEST(wait_until([&] {
      const Response response = get();
      const std::string session = seen_session();
      if (done(response, session)) return true;
      other_source = other_source || response.source() != "table";
      other_session = other_session || session != session_;
      return other_source || other_session;
    }));
    BOOST_TEST(!other_source, "a request was not answered from the table");
    BOOST_TEST(!other_session, "a request had another session");
  }

  void use_until(const std::function<bool()>& done) {
    use_until([&](const Response&, const std::string&) { return done(); });
  }

  [[nodiscard]] steady_clock::duration age() const { return steady_clock::now() - began_; }
  [[nodiscard]] const std::string& token() const { return token_; }
  [[nodiscard]] const std::string& session() const { return session_; }

 private:
  Stage& stage_;
  std::vector<Connection> connections_;
  std::size_t turn_ = 0;
  std::string token_;
  std::string session_;
  steady_clock::time_point began_;
};

std::uint64_t requests_of(const Stage& stage) {
  return stage.simulator.counters().confluence_requests;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(renewal)

BOOST_AUTO_TEST_CASE(one_renewal_in_the_last_quarter_for_which_nobody_waits) {
  Stage stage(several_children(Mpm::event, 2));
  Visit visit(stage);
  stage.simulator.misbehave(Server::kConfluence, Fault::hang().once());
  visit.use_until([&] { return requests_of(stage) > 1; });
  BOOST_TEST((visit.age() >= kTtl * 3 / 4));
  // While it is under way, users are served, and nobody starts another one.
  int served = 0;
  visit.use_until([&] { return ++served == 20; });
  BOOST_TEST(requests_of(stage) == 2U);

  stage.simulator.release();
  visit.use_until([&] { return visit.age() > kTtl + milliseconds(300); });
  BOOST_TEST(requests_of(stage) == 2U);
  BOOST_TEST(stage.simulator.counters().sessions_created == 1U);

  const auto requests = stage.simulator.requests(Server::kConfluence);
  BOOST_REQUIRE(requests.size() == 2U);
  BOOST_TEST((!requests[0].cookie("JSESSIONID").has_value()));
  BOOST_TEST((requests[1].cookie("JSESSIONID").value_or("") == visit.session()));
  BOOST_TEST((requests[1].cookie("crowd.token_key").value_or("") == visit.token()));
  BOOST_TEST(requests[1].header("X-Forwarded-For") == std::vector<std::string>{"127.0.0.1"},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_renewal_that_fails_leaves_the_session_until_its_end) {
  Stage stage(several_children(Mpm::prefork, 3));
  Visit visit(stage);
  stage.simulator.misbehave(
      Server::kConfluence,
      Fault::respond_with("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n").once());
  visit.use_until([&] { return requests_of(stage) > 1; });
  BOOST_TEST((visit.age() < kTtl));
  visit.use_until(
      [&](const Response& response, const std::string&) { return response.source() != "table"; });
  BOOST_TEST((visit.age() >= kTtl));
  BOOST_TEST(requests_of(stage) == 3U);
  BOOST_TEST(visit.get().user() == "alice");
}

BOOST_AUTO_TEST_CASE(who_has_logged_out_elsewhere_is_forgotten_by_the_renewal) {
  Stage stage(several_children(Mpm::event, 2));
  stage.simulator.configure_confluence(
      [](auto& it) { it.validation_interval = std::chrono::seconds(0); });
  Visit visit(stage);
  BOOST_TEST(stage.simulator.log_out(visit.token()));
  Response last;
  visit.use_until([&](const Response& response, const std::string& session) {
    last = response;
    return session.empty();
  });
  BOOST_TEST((visit.age() < kTtl + kTtl / 4));
  BOOST_TEST(last.result() == "rejected");
  // The renewal has learnt it: nobody waits for a second answer.
  BOOST_TEST(last.source() == "table");
  BOOST_TEST(requests_of(stage) == 2U);
}

BOOST_AUTO_TEST_CASE(a_session_that_died_is_replaced_before_anybody_notices) {
  Stage stage(several_children(Mpm::event, 2));
  stage.simulator.configure_confluence(
      [](auto& it) { it.foreign_session = atlassian::ForeignSession::kUnauthorized; });
  Visit visit(stage);
  stage.simulator.restart_confluence();
  std::string fresh;
  visit.use_until([&](const Response& response, const std::string& session) {
    fresh = session;
    return response.source() == "table" && session != visit.session();
  });
  BOOST_TEST(stage.owner_of(fresh) == "alice");
  BOOST_TEST(requests_of(stage) == 3U);
}

BOOST_AUTO_TEST_SUITE_END()
