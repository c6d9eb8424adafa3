// A response that shows that the session is over makes all children forget it.

#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>

#include "children.h"
#include "stage.h"
#include "wait.h"

using namespace module_tests;
using atlassian::Fault;
using atlassian::Server;

namespace {

/// The connection's end is announced: mod_proxy would take it for one that can be used again.
const std::string kEnd = "Connection: close\r\nContent-Length: 0\r\n\r\n";

AppResponse with_header(const std::string& header, unsigned status = 200) {
  AppResponse response;
  response.status = status;
  response.headers = {header};
  return response;
}

/// One request that the app, or Confluence, answers as `prepare` says. Does the next one ask again?
bool drops(Stage& stage, const std::function<void()>& prepare, const std::string& path = "/") {
  const std::string alice = stage.cookie_line("alice");
  BOOST_TEST(stage.get("/", {alice}).source() == "exchange");
  prepare();
  BOOST_TEST(stage.get(path, {alice}).source() == "table");
  stage.app.respond_with(AppResponse{});
  stage.simulator.clear_faults();
  const Response next = stage.get("/", {alice});
  BOOST_TEST(next.user() == "alice");
  return next.source() == "exchange";
}

bool app_drops(Stage& stage, const AppResponse& response) {
  return drops(stage, [&] { stage.app.respond_with(response); });
}

std::string session_seen_by(Stage& stage) {
  return stage.seen_by_app().cookie("JSESSIONID").at(0);
}

/// An app that says of each request that the session has expired, if it is to /expired; to /late it
/// says so when it is told to, and logs the user out then if it is to /late/logout.
class ForgetfulApp {
 public:
  explicit ForgetfulApp(Stage& stage) {
    stage.app.respond_with([this](const AppRequest& request) {
      if (request.target.starts_with("/late")) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, kPatience, [this] { return may_answer_; });
      } else if (request.target != "/expired") {
        return AppResponse{};
      }
      if (request.target == "/late/logout")
        return with_header("Set-Cookie: crowd.token_key=; Path=/; Max-Age=0");
      return with_header("X-Crowd-Confluence: expired");
    });
  }

  void answer() {
    const std::lock_guard lock(mutex_);
    may_answer_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool may_answer_ = false;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(dropping)

BOOST_AUTO_TEST_CASE(the_app_logs_the_user_out) {
  Stage stage;
  stage.start_with();
  const std::vector<std::string> removals = {
      "Set-Cookie: crowd.token_key=; Path=/; Max-Age=0",
      "Set-Cookie: crowd.token_key=\"\"; Domain=example.com; Expires=Thu, 01-Jan-1970 00:00:10 "
      "GMT; Path=/",
      "set-cookie: theme=dark, crowd.token_key=deleted;max-age=0"};
  for (const std::string& line : removals) BOOST_TEST(app_drops(stage, with_header(line)), line);
  BOOST_TEST(app_drops(stage, with_header(removals.front(), 500)));
  BOOST_TEST(app_drops(stage, with_header(removals.front(), 302)));
}

BOOST_AUTO_TEST_CASE(other_cookies_do_not_matter) {
  Stage stage;
  stage.start_with();
  for (const std::string line :
       {"Set-Cookie: theme=; Max-Age=0", "Set-Cookie: Crowd.Token_Key=; Max-Age=0",
        "Set-Cookie: crowd.token_key=another-token-of-the-user; Path=/",
        "Set-Cookie: x=crowd.token_key=; Max-Age=0"})
    BOOST_TEST(!app_drops(stage, with_header(line)), line);
}

BOOST_AUTO_TEST_CASE(the_app_says_that_the_session_has_expired) {
  Stage stage;
  stage.start_with();
  for (const std::string header : {"X-Crowd-Confluence: expired", "x-crowd-confluence: Expired",
                                   "X_Crowd_Confluence: expired"}) {
    BOOST_TEST(app_drops(stage, with_header(header)), header);
    BOOST_TEST(app_drops(stage, with_header(header, 401)), header);
    BOOST_TEST(app_drops(stage, with_header(header, 502)), header);
  }
  for (const std::string header :
       {"X-Crowd-Confluence: fine", "X-Crowd-Confluence:", "X-Confluence: expired"})
    BOOST_TEST(!app_drops(stage, with_header(header)), header);
}

BOOST_AUTO_TEST_CASE(the_browser_never_sees_the_header) {
  Stage stage;
  stage.start_with();
  for (const unsigned status : {200U, 204U, 304U, 404U, 500U}) {
    for (const std::string value : {"expired", "fine"}) {
      stage.app.respond_with(with_header("X-Crowd-Confluence: " + value, status));
      for (const std::string& cookie : {stage.cookie_line("alice"), std::string("Cookie: a=b"),
                                        std::string("Cookie: crowd.token_key=nobody-has-this")}) {
        const Response response = stage.get("/", {cookie});
        BOOST_TEST(response.status == static_cast<long>(status));
        BOOST_TEST(response.headers.values("X-Crowd-Confluence").empty());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_location_that_leads_to_confluence_itself) {
  Stage stage;
  stage.start("CrowdConfluenceURL ${CONFLUENCE}\n" + location("/") +
              "<Location /wiki/>\nProxyPass ${CONFLUENCE}/\n</Location>\n");
  const auto confluence_drops = [&](const std::string& head) {
    return drops(
        stage,
        [&] {
          stage.simulator.misbehave(Server::kConfluence,
                                    Fault::respond_with(head + kEnd).on("/display"));
        },
        "/wiki/display/DOC");
  };
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  BOOST_TEST(confluence_drops("HTTP/1.1 401 Unauthorized\r\n"));
  BOOST_TEST(confluence_drops(ok + "X-Seraph-LoginReason: OUT\r\n"));
  BOOST_TEST(confluence_drops(ok + "x-seraph-loginreason: OK, OUT\r\n"));
  BOOST_TEST(confluence_drops(ok + "X-Seraph-LoginReason: OK\r\nX-Seraph-LoginReason: OUT\r\n"));
  BOOST_TEST(confluence_drops(ok + "X-Seraph-LoginReason: OK, out \r\n"));
  BOOST_TEST(
      confluence_drops("HTTP/1.1 302 Found\r\nLocation: /login.action\r\n"
                       "X-Seraph-LoginReason: OUT\r\n"));
  // It does not know the session any more.
  BOOST_TEST(confluence_drops(ok + "Set-Cookie: JSESSIONID=another-one-00000; Path=/\r\n"));
  BOOST_TEST(confluence_drops(ok + "Set-Cookie: JSESSIONID=\"\"; Max-Age=0\r\n"));
  BOOST_TEST(!confluence_drops(ok));
  BOOST_TEST(!confluence_drops(ok + "Set-Cookie: AWSALB=another-one-00000; Path=/\r\n"));
  BOOST_TEST(!confluence_drops("HTTP/1.1 403 Forbidden\r\n"));
  BOOST_TEST(!confluence_drops(ok + "X-Seraph-LoginReason: OK\r\n"));
  BOOST_TEST(!confluence_drops(ok + "X-Seraph-LoginReason: OUT, OK\r\n"));
  BOOST_TEST(!confluence_drops(ok + "X-Seraph-LoginReason: OUT\r\nX-Seraph-LoginReason: OK\r\n"));
}

BOOST_AUTO_TEST_CASE(however_the_urls_of_confluence_are_typed) {
  Stage stage;
  const std::string url = stage.simulator.confluence_url();
  const std::string port = url.substr(url.rfind(':'));
  const std::string to_confluence[] = {
      "ProxyPass http://localhost" + port + "/", "ProxyPass HTTP://LOCALHOST" + port + "/",
      "ProxyPass !\nSetHandler proxy:http://LocalHost" + port + "/"};
  std::string configuration;
  int number = 0;
  for (const std::string& directive : to_confluence)
    configuration +=
        "<Location /wiki" + std::to_string(++number) + "/>\n" + directive + "\n</Location>\n";
  stage.start("CrowdConfluenceURL HTTP://LocalHost" + port + "/./\n" + location("/") +
              configuration);
  for (; number > 0; --number) {
    BOOST_TEST(
        drops(
            stage,
            [&] {
              stage.simulator.misbehave(
                  Server::kConfluence,
                  Fault::respond_with("HTTP/1.1 200 OK\r\nX-Seraph-LoginReason: OUT\r\n" + kEnd));
            },
            "/wiki" + std::to_string(number) + "/display/DOC"),
        number);
  }
}

BOOST_AUTO_TEST_CASE(confluence_may_repeat_the_session) {
  Stage stage;
  stage.start("CrowdConfluenceURL ${CONFLUENCE}\n" + location("/") +
              "<Location /wiki/>\nProxyPass ${CONFLUENCE}/\n</Location>\n");
  const std::string alice = stage.cookie_line("alice");
  stage.get("/", {alice});
  const std::string session = stage.seen_by_app().cookie("JSESSIONID").at(0);
  stage.simulator.misbehave(Server::kConfluence,
                            Fault::respond_with("HTTP/1.1 200 OK\r\nSet-Cookie: JSESSIONID=" +
                                                session + "; Path=/\r\n" + kEnd)
                                .on("/display"));
  BOOST_TEST(stage.get("/wiki/display/DOC", {alice}).header("Set-Cookie") == "");
  BOOST_TEST(stage.get("/", {alice}).source() == "table");
}

BOOST_AUTO_TEST_CASE(an_app_means_its_own_log_in) {
  Stage stage;
  stage.start_with();
  stage.httpd.log().expect("CCF0020: ");
  BOOST_TEST(!app_drops(stage, with_header("Set-Cookie: JSESSIONID=the-apps-own-000; Path=/")));
  BOOST_TEST(!app_drops(stage, with_header("X-Seraph-LoginReason: OUT")));
  BOOST_TEST(!app_drops(stage, with_header("WWW-Authenticate: Basic", 401)));
}

BOOST_AUTO_TEST_CASE(an_error_page_of_httpds_own_hides_nothing) {
  const std::string removal = "Set-Cookie: crowd.token_key=; Path=/; Max-Age=0";
  const std::string expired = "X-Crowd-Confluence: expired";
  for (const std::string page : {"", "\"sorry", "/sorry.html", "/not-there.html", "/other/sorry"}) {
    Stage stage;
    stage.httpd.write("htdocs/sorry.html", "sorry");
    std::string documents;
    for (const std::string status : {"401", "403", "500"})
      if (!page.empty()) documents += "ErrorDocument " + status + " " + page + "\n";
    stage.start("CrowdConfluenceURL ${CONFLUENCE}\nProxyErrorOverride On\n" + documents +
                location("/app/") + location("/other/", "CrowdConfluencePassAs header") +
                "<Location /wiki/>\nCrowdConfluence On\nProxyPass ${CONFLUENCE}/\n</Location>\n");
    const std::string alice = stage.cookie_line("alice");
    const auto drops_after = [&](const std::string& path, unsigned status) {
      BOOST_TEST(stage.get("/app/", {alice}).source() != "");
      const Response error = stage.get(path, {alice});
      BOOST_TEST(error.status == static_cast<long>(status));
      BOOST_TEST(error.headers.values("X-Crowd-Confluence").empty());
      BOOST_TEST(error.headers.values("X-Seraph-LoginReason").empty());
      stage.simulator.clear_faults();
      const Response next = stage.get("/app/", {alice});
      BOOST_TEST(next.user() == "alice");
      return next.source() == "exchange";
    };
    const auto app_drops = [&](const std::string& header, unsigned status) {
      stage.app.respond_with([=](const AppRequest& request) {
        return request.target == "/app/error" ? with_header(header, status) : AppResponse{};
      });
      return drops_after("/app/error", status);
    };
    const auto confluence_drops = [&](const std::string& header, unsigned status) {
      stage.simulator.misbehave(
          Server::kConfluence,
          Fault::respond_with("HTTP/1.1 " + std::to_string(status) + " No\r\n" + header + kEnd)
              .on("/display"));
      return drops_after("/wiki/display/DOC", status);
    };
    BOOST_TEST_CONTEXT("error page: " << page) {
      for (const unsigned status : {401U, 403U, 500U, 502U}) {
        BOOST_TEST(app_drops(expired, status), status);
        BOOST_TEST(app_drops(removal, status), status);
        BOOST_TEST(!app_drops("X-Crowd-Confluence: fine", status), status);
      }
      BOOST_TEST(confluence_drops("", 401));
      BOOST_TEST(confluence_drops("X-Seraph-LoginReason: OUT\r\n", 403));
      BOOST_TEST(!confluence_drops("", 403));
      BOOST_TEST(!confluence_drops("X-Seraph-LoginReason: OK\r\n", 500));
    }
  }
}

BOOST_AUTO_TEST_CASE(all_children_forget_at_once) {
  for (const Mpm mpm : {Mpm::event, Mpm::prefork}) {
    Stage stage(several_children(mpm, 3));
    stage.start("CrowdConfluenceURL ${CONFLUENCE}\n" + location("/") + children_configuration());
    std::vector<Connection> connections = connect_to_children(stage);
    const std::string alice = stage.cookie_line("alice");
    const std::string bob = stage.cookie_line("bob");
    BOOST_TEST(stage.get("/", {alice}).source() == "exchange");
    BOOST_TEST(stage.get("/", {bob}).source() == "exchange");
    for (Connection& dropping : connections) {
      stage.app.respond_with(with_header("X-Crowd-Confluence: expired"));
      BOOST_TEST(dropping.client.get("/", {alice}).source() == "table");
      stage.app.respond_with(AppResponse{});
      Connection& next = &dropping == &connections.back() ? connections.front() : *(&dropping + 1);
      BOOST_TEST(next.client.get("/", {alice}).source() == "exchange");
      BOOST_TEST(dropping.client.get("/", {alice}).source() == "table");
      BOOST_TEST(dropping.client.get("/", {bob}).source() == "table");
    }
  }
}

BOOST_AUTO_TEST_CASE(a_late_answer_does_not_end_a_newer_session) {
  Stage stage;
  ForgetfulApp app(stage);
  stage.start_with();
  const std::string alice = stage.cookie_line("alice");
  BOOST_TEST(stage.get("/", {alice}).source() == "exchange");
  const std::string old_session = session_seen_by(stage);
  std::future<Response> late =
      std::async(std::launch::async, [&] { return stage.get("/late", {alice}); });
  BOOST_TEST(wait_until([&] { return !stage.app.requests().empty(); }));
  BOOST_TEST(session_seen_by(stage) == old_session);

  // Meanwhile another answer ends the session, and there is a new one.
  BOOST_TEST(stage.get("/expired", {alice}).source() == "table");
  stage.app.forget();
  BOOST_TEST(stage.get("/", {alice}).source() == "exchange");
  const std::string new_session = session_seen_by(stage);
  BOOST_TEST((new_session != old_session));

  app.answer();
  BOOST_TEST(late.get().user() == "alice");
  BOOST_TEST(stage.get("/", {alice}).source() == "table");
  BOOST_TEST(session_seen_by(stage) == new_session);
  // Its own end is noticed all the same.
  BOOST_TEST(stage.get("/expired", {alice}).source() == "table");
  stage.app.forget();
  BOOST_TEST(stage.get("/", {alice}).source() == "exchange");
}

BOOST_AUTO_TEST_CASE(but_a_late_log_out_does) {
  Stage stage;
  ForgetfulApp app(stage);
  stage.start_with();
  const std::string alice = stage.cookie_line("alice");
  BOOST_TEST(stage.get("/", {alice}).source() == "exchange");
  stage.app.forget();
  std::future<Response> late =
      std::async(std::launch::async, [&] { return stage.get("/late/logout", {alice}); });
  BOOST_TEST(wait_until([&] { return !stage.app.requests().empty(); }));
  BOOST_TEST(stage.get("/expired", {alice}).source() == "table");
  BOOST_TEST(stage.get("/", {alice}).source() == "exchange");
  app.answer();
  BOOST_TEST(late.get().user() == "alice");
  BOOST_TEST(stage.get("/", {alice}).source() == "exchange");
}

BOOST_AUTO_TEST_SUITE_END()
