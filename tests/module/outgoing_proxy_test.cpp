// A proxy on the way to Confluence.

#include <boost/test/unit_test.hpp>
#include <mutex>

#include "stage.h"
#include "support/raw_server.h"

using namespace module_tests;

namespace {

/// Answers as Confluence would, and remembers the request lines.
class ProxyServer {
 public:
  explicit ProxyServer(std::string answer)
      : answer_(std::move(answer)), server_([this](auto& connection) { serve(connection); }) {}

  [[nodiscard]] std::string url() const { return server_.url(); }
  [[nodiscard]] std::vector<std::string> request_lines() const {
    const std::lock_guard lock(mutex_);
    return request_lines_;
  }

 private:
  void serve(test_support::RawConnection& connection) {
    while (const auto request = connection.read_request()) {
      {
        const std::lock_guard lock(mutex_);
        request_lines_.push_back(request->substr(0, request->find('\r')));
      }
      if (!connection.write(answer_)) return;
    }
  }

  const std::string answer_;
  mutable std::mutex mutex_;
  std::vector<std::string> request_lines_;
  test_support::RawServer server_;
};

const std::string kKnown = R"({"type":"known","username":"alice"})";
const std::string kAnswer =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
    std::to_string(kKnown.size()) + "\r\nSet-Cookie: JSESSIONID=through-the-proxy; Path=/\r\n\r\n" +
    kKnown;

HttpdOptions with_proxy(const std::string& url, const std::string& variable = {}) {
  HttpdOptions options;
  options.defines["PROXY"] = url;
  if (!variable.empty()) options.environment[variable] = url;
  return options;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(outgoing_proxy)

BOOST_AUTO_TEST_CASE(a_proxy_is_used_where_it_is_named) {
  ProxyServer proxy(kAnswer);
  Stage stage(with_proxy(proxy.url()));
  stage.start("CrowdConfluenceURL ${CONFLUENCE}\n" + location("/direct/") +
              location("/proxied/", "CrowdConfluenceOutgoingProxy ${PROXY}"));

  BOOST_TEST(stage.get("/direct/", {stage.cookie_line("alice")}).user() == "alice");
  BOOST_TEST(proxy.request_lines().empty());
  BOOST_TEST(stage.exchanges() == 1U);
  stage.app.forget();

  BOOST_TEST(stage.get("/proxied/", {stage.cookie_line("alice")}).user() == "alice");
  BOOST_TEST(stage.exchanges() == 0U);
  BOOST_TEST(
      proxy.request_lines() == std::vector<std::string>{"GET " + stage.simulator.confluence_url() +
                                                        "/rest/api/user/current HTTP/1.1"},
      boost::test_tools::per_element());
  BOOST_TEST(
      stage.seen_by_app().cookie("JSESSIONID") == std::vector<std::string>{"through-the-proxy"},
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_proxy_that_refuses_says_nothing_about_the_user) {
  ProxyServer proxy(
      "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
      "Content-Length: 0\r\n\r\n");
  Stage stage(with_proxy(proxy.url()));
  stage.start("CrowdConfluenceOutgoingProxy ${PROXY}\nCrowdConfluenceURL ${CONFLUENCE}\n" +
              location("/plain/") + location("/tls/", "CrowdConfluenceURL https://127.0.0.1:9"));
  stage.httpd.log().expect("CCF0010: ");
  for (const std::string path : {"/plain/", "/tls/"}) {
    const Response response = stage.get(path, {stage.cookie_line("alice")});
    BOOST_TEST(response.result() == "unavailable");
    BOOST_TEST(response.reason() == "proxy");
  }
  BOOST_TEST(proxy.request_lines().size() == 2U);
  BOOST_TEST(proxy.request_lines().back() == "CONNECT 127.0.0.1:9 HTTP/1.1");
}

BOOST_AUTO_TEST_CASE(a_proxy_that_is_not_there_is_the_proxys_fault) {
  const test_support::RefusingPort nobody;
  Stage stage(with_proxy("http://127.0.0.1:" + std::to_string(nobody.port())));
  stage.start_with("CrowdConfluenceOutgoingProxy ${PROXY}");
  stage.httpd.log().expect("CCF0010: ");
  const Response response = stage.get("/", {stage.cookie_line("alice")});
  BOOST_TEST(response.result() == "unavailable");
  BOOST_TEST((response.reason() == "proxy" || response.reason() == "refused"), response.reason());
  BOOST_TEST(stage.exchanges() == 0U);
}

BOOST_AUTO_TEST_CASE(the_environment_has_no_say) {
  ProxyServer proxy(kAnswer);
  for (const std::string variable : {"http_proxy", "ALL_PROXY"}) {
    Stage stage(with_proxy(proxy.url(), variable));
    stage.start_with();
    BOOST_TEST(stage.get("/", {stage.cookie_line("alice")}).user() == "alice");
    BOOST_TEST(stage.exchanges() == 1U);
  }
  BOOST_TEST(proxy.request_lines().empty());
}

BOOST_AUTO_TEST_SUITE_END()
