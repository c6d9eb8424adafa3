// A Confluence that fails in whatever way: the request goes on without a session, says why, and the
// next one is fine.

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <functional>
#include <future>

#include "stage.h"
#include "support/raw_server.h"

using namespace module_tests;
using atlassian::Fault;
using atlassian::Server;

namespace {

using Words = std::vector<std::string>;

struct Failure {
  std::string name;
  std::function<void(Stage&)> begin;
  Words reasons;  // one of these
};

std::function<void(Stage&)> fault(const std::function<Fault()>& make) {
  return [make](Stage& stage) { stage.simulator.misbehave(Server::kConfluence, make()); };
}

std::function<void(Stage&)> answer(const std::string& raw) {
  return fault([raw] { return Fault::respond_with(raw); });
}

std::string with_body(const std::string& head, const std::string& body) {
  return head + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::function<void(Stage&)> option(
    const std::function<void(atlassian::ConfluenceOptions&)>& change) {
  return [change](Stage& stage) { stage.simulator.configure_confluence(change); };
}

/// Closing takes its time; a connection must not be taken for a living one meanwhile.
void close_kept_connections(atlassian::Simulator& simulator) {
  simulator.close_idle_connections(Server::kConfluence);
  BOOST_TEST(
      simulator.wait_until([](const auto& counters) { return counters.open_connections == 0; }));
}

const std::string kKnown = R"({"type":"known","username":"alice"})";

const std::vector<Failure> kFailures = {
    {"hangs", fault([] { return Fault::hang(); }), {"timeout"}},
    {"trickles", fault([] { return Fault::trickle(std::chrono::milliseconds(100)); }), {"timeout"}},
    {"accepts and says nothing", fault([] { return Fault::hang_on_connect(); }), {"timeout"}},
    {"closes", fault([] { return Fault::close(); }), {"network", "protocol"}},
    {"resets", fault([] { return Fault::reset(); }), {"network"}},
    {"breaks off in the headers",
     fault([] { return Fault::break_off_in_headers(); }),
     {"network", "protocol", "unexpected-answer"}},
    {"breaks off in the body", fault([] { return Fault::break_off_in_body(); }), {"network"}},
    {"is down",
     [](Stage& stage) { stage.simulator.stop_listening(Server::kConfluence); },
     {"refused"}},
    {"sends junk", answer("this is no HTTP\r\n\r\n"), {"protocol"}},
    {"speaks HTTP/0.9", answer("<html>hello</html>"), {"protocol"}},
    {"sends nothing but a line break", answer("\r\n"), {"protocol", "network"}},
    {"sends a NUL in a header",
     answer(std::string("HTTP/1.1 200 OK\r\nX-A: \0\r\n", 26) + with_body("", kKnown)),
     {"protocol", "no-session-cookie"}},
    {"sends huge headers", fault([] { return Fault::huge_headers(200 * 1024); }), {"too-large"}},
    {"sends a huge body", fault([] { return Fault::huge_body(2 * 1024 * 1024); }), {"too-large"}},
    {"sends a huge cookie",
     answer(with_body(
         "HTTP/1.1 200 OK\r\nSet-Cookie: JSESSIONID=" + std::string(9000, 'a') + "\r\n", kKnown)),
     {"too-large"}},
    {"sends a cookie that breaks headers",
     answer(with_body("HTTP/1.1 200 OK\r\nSet-Cookie: JSESSIONID=a\"b\\c d\r\n", kKnown)),
     {"no-session-cookie"}},
    {"knows the user and gives no session",
     answer(with_body("HTTP/1.1 200 OK\r\n", kKnown)),
     {"no-session-cookie"}},
    {"sends broken JSON",
     answer(with_body("HTTP/1.1 200 OK\r\n", R"({"type":"kno)")),
     {"unexpected-answer"}},
    {"sends deep JSON",
     answer(with_body("HTTP/1.1 200 OK\r\n", std::string(10000, '['))),
     {"unexpected-answer"}},
    {"sends a page",
     answer(with_body("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n", "<h1>Hi</h1>")),
     {"unexpected-answer"}},
    {"names a user with a line break",
     answer(with_body("HTTP/1.1 200 OK\r\nSet-Cookie: JSESSIONID=session-of-a-liar\r\n",
                      R"({"type":"known","username":"alice\r\nX-Evil: 1"})")),
     {"unexpected-answer"}},
    {"has no such page",
     answer(with_body("HTTP/1.1 404 Not Found\r\n", "")),
     {"unexpected-answer"}},
    {"fails", answer(with_body("HTTP/1.1 500 Oops\r\n", "")), {"server-error"}},
    {"is behind a proxy that fails",
     answer(with_body("HTTP/1.1 502 Bad Gateway\r\n", "")),
     {"server-error"}},
    {"is behind a proxy that forbids",
     answer(with_body("HTTP/1.1 403 Forbidden\r\n", "no")),
     {"forbidden"}},
    {"starts",
     option([](auto& it) { it.maintenance = atlassian::Maintenance::kUnavailable; }),
     {"server-error"}},
    {"is being maintained",
     option([](auto& it) { it.maintenance = atlassian::Maintenance::kErrorPage; }),
     {"redirect"}},
    {"limits the rate",
     option([](auto& it) {
       it.rate_limit = atlassian::RateLimit{0, 0, std::chrono::seconds(1), ""};
     }),
     {"rate-limited"}},
    {"redirects to itself",
     answer(with_body("HTTP/1.1 302 Found\r\nLocation: /rest/api/user/current\r\n", "")),
     {"redirect"}},
};

struct Refusal {
  std::string name;
  std::string raw;
  std::string reason;
};

const std::vector<Refusal> kRefusals = {
    {"anonymous",
     with_body("HTTP/1.1 200 OK\r\nSet-Cookie: JSESSIONID=for-nobody-in-particular\r\n",
               R"({"type":"anonymous"})"),
     "anonymous"},
    {"401", with_body("HTTP/1.1 401 Unauthorized\r\n", ""), "unauthorized"},
    {"log-in page",
     with_body("HTTP/1.1 302 Found\r\nSet-Cookie: JSESSIONID=for-nobody-in-particular\r\n"
               "Location: /login.action?os_destination=%2F\r\n",
               ""),
     "login-page"},
    {"CAPTCHA",
     with_body("HTTP/1.1 401 Unauthorized\r\nX-Seraph-LoginReason: AUTHENTICATION_DENIED\r\n", ""),
     "login-denied"},
    {"logged out",
     with_body(
         "HTTP/1.1 401 Unauthorized\r\nX-Seraph-LoginReason: OK\r\nX-Seraph-LoginReason: OUT\r\n",
         ""),
     "logged-out"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(faults)

BOOST_AUTO_TEST_CASE(each_has_its_word_and_none_does_lasting_harm) {
  Stage stage;
  stage.start("CrowdConfluenceURL ${CONFLUENCE} connectiontimeout=400ms timeout=500ms\n" +
              location("/"));
  stage.httpd.log().expect("CCF0010: ");
  for (const Failure& failure : kFailures) {
    BOOST_TEST_CONTEXT("a Confluence that " << failure.name) {
      close_kept_connections(stage.simulator);
      failure.begin(stage);
      const auto begin = std::chrono::steady_clock::now();
      const Response response = stage.get("/", {stage.cookie_line("alice")});
      const auto took = std::chrono::steady_clock::now() - begin;
      BOOST_TEST(response.status == 200);
      BOOST_TEST(response.body == "The app says hello.\n");
      BOOST_TEST(response.result() == "unavailable");
      BOOST_TEST(
          (std::count(failure.reasons.begin(), failure.reasons.end(), response.reason()) == 1),
          response.reason());
      BOOST_TEST((took < std::chrono::seconds(4)));
      const AppRequest request = stage.seen_by_app();
      BOOST_TEST(request.cookie("JSESSIONID").empty());
      BOOST_TEST(!request.headers.value("X-Evil").has_value());

      stage.simulator.clear_faults();
      stage.simulator.start_listening(Server::kConfluence);
      stage.simulator.configure_confluence([](auto& confluence) {
        confluence.maintenance = atlassian::Maintenance::kNone;
        confluence.rate_limit.reset();
      });
      BOOST_TEST(stage.get("/", {stage.cookie_line("alice")}).user() == "alice");
      stage.app.forget();
    }
  }
}

BOOST_AUTO_TEST_CASE(a_refusal_is_no_failure) {
  Stage stage;
  stage.start_with();
  for (const Refusal& refusal : kRefusals) {
    BOOST_TEST_CONTEXT(refusal.name) {
      stage.simulator.misbehave(Server::kConfluence, Fault::respond_with(refusal.raw));
      const Response response = stage.get("/", {stage.cookie_line("alice")});
      BOOST_TEST(response.result() == "rejected");
      BOOST_TEST(response.reason() == refusal.reason);
      BOOST_TEST(stage.seen_by_app().cookie("JSESSIONID").empty());
      stage.simulator.clear_faults();
    }
  }
}

BOOST_AUTO_TEST_CASE(a_user_without_permission_is_refused) {
  Stage stage;
  stage.start_with();
  const Response response = stage.get("/", {stage.cookie_line("dave")});
  BOOST_TEST(response.result() == "rejected");
  BOOST_TEST(response.reason() == "not-permitted");
  BOOST_TEST(response.user() == "(null)");
}

BOOST_AUTO_TEST_CASE(an_error_says_what_happened_and_not_with_which_token) {
  Stage stage;
  stage.start_with();
  stage.simulator.misbehave(Server::kConfluence, Fault::reset());
  stage.httpd.log().expect("warn.*CCF0010: .*network");
  BOOST_TEST(stage.get("/", {stage.cookie_line("alice")}).result() == "unavailable");
}

BOOST_AUTO_TEST_CASE(a_kept_connection_that_died_is_no_failure) {
  Stage stage;
  stage.start_with();
  Client client = stage.client();
  for (int i = 0; i < 5; ++i) {
    BOOST_TEST(client.get("/", {stage.cookie_line("alice")}).user() == "alice");
    close_kept_connections(stage.simulator);
  }
  stage.simulator.misbehave(Server::kConfluence, Fault::close_after_response());
  for (int i = 0; i < 5; ++i)
    BOOST_TEST(client.get("/", {stage.cookie_line("alice")}).user() == "alice");
}

BOOST_AUTO_TEST_CASE(the_time_outs_are_those_of_the_url) {
  const test_support::SilentPort silent;
  HttpdOptions options;
  options.defines["SILENT"] = "http://127.0.0.1:" + std::to_string(silent.port());
  Stage stage(options);
  stage.start(
      location("/connect/", "CrowdConfluenceURL ${SILENT} connectiontimeout=300ms timeout=20") +
      location("/short/", "CrowdConfluenceURL ${CONFLUENCE} timeout=300ms") +
      location("/long/", "CrowdConfluenceURL ${CONFLUENCE} timeout=20s"));
  stage.httpd.log().expect("CCF0010: ");
  stage.simulator.misbehave(Server::kConfluence, Fault::late(std::chrono::milliseconds(1200)));
  for (const std::string path : {"/connect/", "/short/"}) {
    const auto begin = std::chrono::steady_clock::now();
    const Response response = stage.get(path, {stage.cookie_line("alice")});
    const auto took = std::chrono::steady_clock::now() - begin;
    BOOST_TEST(response.reason() == "timeout");
    BOOST_TEST((took >= std::chrono::milliseconds(250)));
    BOOST_TEST((took < std::chrono::seconds(10)));
  }
  BOOST_TEST(stage.get("/long/", {stage.cookie_line("alice")}).user() == "alice");
}

BOOST_AUTO_TEST_CASE(requests_that_need_no_confluence_go_on_while_it_hangs) {
  Stage stage;
  stage.httpd.write("htdocs/file.txt", "file");
  stage.start("CrowdConfluenceURL ${CONFLUENCE} timeout=20\n" + location("/app/"));
  stage.simulator.misbehave(Server::kConfluence, Fault::hang());
  std::vector<std::future<Response>> waiting;
  for (int i = 0; i < 4; ++i)
    waiting.push_back(std::async(std::launch::async, [&, cookie = stage.cookie_line("alice")] {
      return stage.get("/app/", {cookie});
    }));
  BOOST_TEST(stage.simulator.wait_for_hanging(4));
  BOOST_TEST(stage.get("/file.txt").body == "file");
  BOOST_TEST(stage.get("/app/").result() == "missing");
  stage.simulator.clear_faults();
  for (auto& response : waiting) BOOST_TEST(response.get().user() == "alice");
}

BOOST_AUTO_TEST_SUITE_END()
