// The harness itself, with nothing but httpd's own modules.

#include <signal.h>

#include <boost/test/unit_test.hpp>
#include <future>

#include "app.h"
#include "client.h"
#include "httpd_server.h"
#include "wait.h"

using namespace module_tests;

namespace {

HttpdOptions without_the_module(Mpm mpm = Mpm::event) {
  HttpdOptions options;
  options.mpm = mpm;
  options.module.clear();
  return options;
}

std::string proxy_to(const App& app) {
  return "<Location />\nProxyPass " + app.url() + "/\n</Location>\n";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(harness)

BOOST_AUTO_TEST_CASE(the_app_shows_what_it_received_and_answers_what_the_test_wants) {
  App app;
  app.respond_with(AppResponse{201, {"X-One: 1", "x-one: 2"}, "made"});
  HttpdServer httpd(without_the_module());
  httpd.start(proxy_to(app));

  Client client(httpd.port(), "127.0.0.5");
  const Response response =
      client.send({"POST", "/a?b=c", {"X-Order: first", "x_order: second", "Expect:"}, "body"});

  BOOST_TEST(response.status == 201);
  BOOST_TEST(response.body == "made");
  BOOST_TEST(response.headers.values("X-One") == (std::vector<std::string>{"1", "2"}),
             boost::test_tools::per_element());
  BOOST_REQUIRE_EQUAL(app.requests().size(), 1U);
  const AppRequest request = app.requests().front();
  BOOST_TEST(request.method == "POST");
  BOOST_TEST(request.target == "/a?b=c");
  BOOST_TEST(request.body == "body");
  BOOST_TEST(request.headers.value("X-Order").value() == "first");
  BOOST_TEST(request.headers.value("x_order").value() == "second");
  BOOST_TEST(request.headers.value("X-Forwarded-For").value() == "127.0.0.5");
  BOOST_TEST(httpd.stop().empty());
}

BOOST_AUTO_TEST_CASE(it_starts_and_stops_with_each_mpm_and_leaves_no_process) {
  for (const Mpm mpm : {Mpm::prefork, Mpm::worker, Mpm::event}) {
    App app;
    HttpdServer httpd(without_the_module(mpm));
    httpd.start(proxy_to(app));
    BOOST_TEST(Client(httpd.port()).get("/").status == 200);
    const pid_t parent = httpd.process_id();
    BOOST_TEST(!httpd.child_process_ids().empty());
    for (const std::string& complaint : httpd.stop()) BOOST_ERROR(complaint);
    BOOST_TEST(kill(-parent, 0) == -1);
  }
}

BOOST_AUTO_TEST_CASE(it_is_gone_with_the_object_even_when_children_hang) {
  App app;
  std::promise<void> arrived;
  std::promise<void> leave;
  app.respond_with([&](const AppRequest&) {
    arrived.set_value();
    leave.get_future().wait();
    return AppResponse{};
  });
  std::future<void> request;
  pid_t parent = 0;
  {
    HttpdServer httpd(without_the_module());
    httpd.start(proxy_to(app));
    parent = httpd.process_id();
    request = std::async(std::launch::async, [port = httpd.port()] {
      BOOST_CHECK_THROW(Client(port).get("/"), std::runtime_error);
    });
    arrived.get_future().wait();
  }
  BOOST_TEST(kill(-parent, 0) == -1);
  leave.set_value();
  request.get();
}

BOOST_AUTO_TEST_CASE(a_graceful_restart_takes_the_new_configuration) {
  HttpdServer httpd(without_the_module());
  httpd.start("Redirect 410 /old");
  BOOST_TEST(Client(httpd.port()).get("/old").status == 410);
  httpd.reconfigure("Redirect 410 /new");
  httpd.restart_gracefully();
  BOOST_TEST(wait_until([&] { return Client(httpd.port()).get("/new").status == 410; }));
  BOOST_TEST(httpd.stop().empty());
}

BOOST_AUTO_TEST_CASE(a_refused_configuration_says_why) {
  HttpdServer httpd(without_the_module());
  const std::optional<std::string> message = httpd.start_refused("NoSuchDirective On");
  BOOST_REQUIRE(message.has_value());
  BOOST_TEST(message->find("NoSuchDirective") != std::string::npos);
  BOOST_TEST(!httpd.start_refused("# nothing wrong here").has_value());
  BOOST_CHECK_THROW(httpd.start("NoSuchDirective On"), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(lines_of_the_error_log_must_be_announced) {
  App app;
  const std::uint16_t nobody = free_port();
  const std::string configuration =
      "ProxyPass /dead http://127.0.0.1:" + std::to_string(nobody) + "/\n";
  {
    HttpdServer httpd(without_the_module());
    httpd.start(configuration);
    BOOST_TEST(Client(httpd.port()).get("/dead").status == 503);
    BOOST_TEST(!httpd.stop().empty());
  }
  {
    HttpdServer httpd(without_the_module());
    httpd.start(configuration);
    httpd.log().expect("AH00957|AH01114");
    BOOST_TEST(Client(httpd.port()).get("/dead").status == 503);
    BOOST_TEST(httpd.stop().empty());
  }
  {
    HttpdServer httpd(without_the_module());
    httpd.start(configuration);
    httpd.log().expect("this never comes");
    BOOST_TEST(httpd.stop().size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(a_crash_of_a_child_is_noticed) {
  HttpdServer httpd(without_the_module());
  httpd.start("");
  BOOST_REQUIRE(wait_until([&] { return !httpd.child_process_ids().empty(); }));
  kill(httpd.child_process_ids().front(), SIGSEGV);
  BOOST_REQUIRE(httpd.log().wait_for("exit signal"));
  BOOST_TEST(!httpd.stop().empty());
}

BOOST_AUTO_TEST_CASE(web_sockets_and_http2_get_through) {
  App app;
  HttpdOptions options = without_the_module();
  options.modules = {"http2"};
  HttpdServer httpd(options);
  httpd.start("Protocols h2c http/1.1\nProxyPass /ws " + app.url() + "/ws upgrade=websocket\n" +
              proxy_to(app));
  BOOST_TEST(exchange_web_socket_message(httpd.port(), "/ws", {"X-Test: 1"}, "hello") == "hello");
  BOOST_TEST(app.requests().back().headers.value("X-Test").value_or("") == "1");
  const Response response = Client(httpd.port(), "127.0.0.1", Client::Protocol::http2).get("/");
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.version == "2");
  BOOST_TEST(exchange_bytes(httpd.port(), "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                 .find("The app says hello.") != std::string::npos);
  BOOST_TEST(httpd.stop().empty());
}

BOOST_AUTO_TEST_SUITE_END()
