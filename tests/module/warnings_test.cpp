// What httpd accepts and what does not do what it seems to do: one warning, with file and line.

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "read_file.h"
#include "stage.h"
#include "support/certificates.h"
#include "wait.h"

using namespace module_tests;

namespace {

const std::string kUrl = "CrowdConfluenceURL https://wiki.example.com\n";
const std::string kOn = "CrowdConfluence On\n";
const std::string kPass = "ProxyPass /app/ http://127.0.0.1:9/\n";
const std::string kAnyWarning = "CCF00[3-9]\\d: ";

std::string section(const std::string& name, const std::string& content) {
  return "<" + name + ">\n" + content + "</" + name.substr(0, name.find(' ')) + ">\n";
}

std::string host(const std::string& name, const std::string& content) {
  return section("VirtualHost *:${PORT}", "ServerName " + name + "\n" + content);
}

/// The lines of the log with this number.
std::vector<std::string> lines_with(const HttpdServer& httpd, const std::string& number) {
  std::vector<std::string> found;
  for (const std::string& line : const_cast<HttpdServer&>(httpd).log().lines())
    if (line.find(number) != std::string::npos) found.push_back(line);
  return found;
}

/// Where in httpd.conf a text begins, as the module writes it.
std::string line_of(const HttpdServer& httpd, const std::string& text) {
  const std::string all = read_file(httpd.root() / "httpd.conf");
  const std::size_t at = all.find(text);
  BOOST_TEST_REQUIRE(at != std::string::npos, text);
  const auto line =
      1 + std::count(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  return "httpd.conf:" + std::to_string(line) + ")";
}

/// Starts, finds exactly these warnings of the configuration, and ends.
void check_warnings(const std::string& configuration, const std::string& number,
                    std::size_t expected, const std::string& cause = {}) {
  HttpdServer httpd;
  BOOST_TEST_CONTEXT(configuration) {
    httpd.start(configuration);
    const std::vector<std::string> lines = lines_with(httpd, number);
    BOOST_TEST(lines.size() == expected);
    BOOST_TEST(httpd.log().count(kAnyWarning) == expected);
    if (!cause.empty() && !lines.empty()) {
      BOOST_TEST(lines[0].find(line_of(httpd, cause)) != std::string::npos, lines[0]);
      BOOST_TEST(lines[0].find("Remedy: ") != std::string::npos, lines[0]);
    }
    httpd.log().allow(number);
    for (const std::string& complaint : httpd.stop()) BOOST_ERROR(complaint);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(warnings)

BOOST_AUTO_TEST_CASE(on_for_files_does_not_hold_for_what_is_proxied) {
  const std::string marked = "CrowdConfluence  On\n";  // to be found by its two blanks
  for (const std::string name :
       {"Directory \"${ROOT}/htdocs\"", "DirectoryMatch ^/srv/", "Directory ~ ^/srv/",
        "Files index.html", "FilesMatch \\.html$", "Directory /"})
    check_warnings(kUrl + kPass + section(name, marked), "CCF0030: ", 1, marked);
  const std::string in_directory = section("Directory \"${ROOT}/htdocs\"", marked);
  // Whatever passes requests on, and wherever it stands.
  for (const std::string& proxying :
       {std::string("ProxyPassMatch ^/app/(.*)$ http://127.0.0.1:9/$1\n"),
        section("Location /app/", "ProxyPass http://127.0.0.1:9/\n"),
        section("LocationMatch ^/app", "ProxyPassMatch http://127.0.0.1:9\n"),
        std::string("RewriteEngine On\nRewriteRule ^/app/(.*) http://127.0.0.1:9/$1 [P,L]\n"),
        std::string("proxypass /app/ http://127.0.0.1:9/\n"),
        section("IfModule mod_proxy.c", kPass), host("one.test", kPass)})
    check_warnings(kUrl + proxying + in_directory, "CCF0030: ", 1, marked);
  check_warnings(kUrl + kPass + host("one.test", in_directory), "CCF0030: ", 1, marked);
  check_warnings(kUrl + host("one.test", kPass + in_directory), "CCF0030: ", 1, marked);
  check_warnings(kUrl + kPass + section("Directory /srv", section("Files x", marked)),
                 "CCF0030: ", 1, marked);
  check_warnings(kUrl + kPass + section("Directory /srv", section("If true", marked)),
                 "CCF0030: ", 1, marked);
  // Another path is On.
  check_warnings(kUrl + kPass + in_directory + section("Location /other", kOn), "CCF0030: ", 1,
                 marked);
}

BOOST_AUTO_TEST_CASE(on_for_files_is_fine_where_it_holds) {
  const std::string in_directory = section("Directory \"${ROOT}/htdocs\"", kOn);
  for (const std::string& configuration :
       {in_directory, in_directory + "ProxyPass /app/ !\n",
        host("one.test", kPass + section("Location /", kOn)) + host("two.test", in_directory),
        // What is proxied is On as well.
        in_directory + kPass + section("Location /app", kOn), in_directory + kPass + kOn,
        in_directory + section("Location /app", kOn + "ProxyPass http://127.0.0.1:9/\n"),
        in_directory + kPass + section("Proxy *", kOn),
        // mod_rewrite passes it on after httpd has looked for the file.
        section("Directory \"${ROOT}/htdocs\"",
                kOn + "RewriteEngine On\nRewriteRule ^app/(.*) http://127.0.0.1:9/$1 [P]\n"),
        section("Directory \"${ROOT}/htdocs\"", kOn + "SetHandler \"proxy:http://127.0.0.1:9\"\n"),
        section("Directory \"${ROOT}/htdocs\"", "CrowdConfluence Off\n") + kPass +
            section("Location /", kOn)})
    check_warnings(kUrl + configuration, "CCF0030: ", 0);
}

BOOST_AUTO_TEST_CASE(settings_without_on_have_no_effect) {
  check_warnings(kUrl, "CCF0031: ", 1, kUrl);
  check_warnings("CrowdConfluenceTableSize 100\n" + kUrl, "CCF0031: ", 1,
                 "CrowdConfluenceTableSize");
  check_warnings(section("Location /app", kUrl), "CCF0031: ", 1, kUrl);
  check_warnings(section("Location /app", "CrowdConfluencePassAs header\n"), "CCF0031: ", 1,
                 "CrowdConfluencePassAs");
  check_warnings(host("one.test", kUrl), "CCF0031: ", 1, kUrl);
  // In this virtual host nothing is On.
  check_warnings(host("one.test", kUrl + section("Location /", kOn)) +
                     host("two.test", "CrowdConfluencePassAs header\n"),
                 "CCF0031: ", 1, "CrowdConfluencePassAs");

  for (const std::string& configuration :
       {std::string(), kUrl + kOn, kUrl + section("Location /app", kOn),
        kUrl + host("one.test", section("Location /app", "crowdconfluence on\n")),
        kUrl + kOn + host("one.test", "CrowdConfluencePassAs header\n"),
        // It is meant so.
        kUrl + "CrowdConfluence Off\n", kUrl + section("Location /app", "CrowdConfluence Off\n")})
    check_warnings(configuration, "CCF0031: ", 0);
}

BOOST_AUTO_TEST_CASE(a_request_header_that_changes_the_address_is_told) {
  const std::string app = kUrl + section("Location /app", kOn);
  for (const std::string change :
       {"set X-Forwarded-For \"10.1.2.3\"", "set x-forwarded-for \"expr=%{REMOTE_ADDR}\"",
        "append X-Forwarded-For 10.1.2.3", "add X_Forwarded_For 10.1.2.3",
        "merge X-Forwarded-For: 10.1.2.3", "setifempty X-Forwarded-For 10.1.2.3",
        "edit X-Forwarded-For a b", "edit* \"X-Forwarded-For\" a b",
        "set X-Forwarded-For 10.1.2.3 env=SOMETHING", "set X-Forwarded-For 10.1.2.3 early",
        "unset X-Forwarded-For"}) {
    const std::string line = "RequestHeader " + std::string(change) + "\n";
    check_warnings(app + line, "CCF0032: ", 1, line);
  }
  const std::string line = "RequestHeader set X-Forwarded-For 10.1.2.3\n";
  for (const std::string& configuration :
       {section("Location /app/inner", line), section("Location /", line),
        section("Directory /srv", line), section("LocationMatch .", line), section("If true", line),
        host("one.test", line), kPass + section("Location /app", line)})
    check_warnings(app + configuration, "CCF0032: ", 1, line);
  HttpdServer httpd;
  const std::filesystem::path file = httpd.write("address.conf", "\n\n" + line);
  httpd.start(app + "Include address.conf\n");
  httpd.log().expect("warn.*CCF0032: .*address.conf:3\\)");
  for (const std::string& complaint : httpd.stop()) BOOST_ERROR(complaint);
}

BOOST_AUTO_TEST_CASE(a_request_header_elsewhere_is_fine) {
  const std::string line = "RequestHeader set X-Forwarded-For 10.1.2.3\n";
  const std::string app = kUrl + section("Location /app", kOn);
  for (const std::string& configuration :
       {line, app + section("Location /other", line), app + section("Location /application", line),
        app + "RequestHeader set X-Forwarded-Proto https\n",
        app + "RequestHeader set X-Remote-User \"X-Forwarded-For\"\n",
        app + "Header set X-Forwarded-For 10.1.2.3\n",
        host("one.test", app) + host("two.test", line),
        app + "CrowdConfluenceForwardedFor Off\n" + line,
        kUrl + section("Location /app", kOn + "CrowdConfluenceForwardedFor Off\n" + line),
        // mod_proxy adds the address afterwards.
        app + kPass + section("Location /app", "RequestHeader unset X-Forwarded-For\n"),
        // Nothing is left of what came from outside.
        app + "RequestHeader unset X-Forwarded-For early\n",
        // mod_remoteip reads it.
        app + "RemoteIPHeader X-Forwarded-For\n"
              "RequestHeader set X-Forwarded-For 10.1.2.3 early\n"})
    check_warnings(configuration, "CCF0032: ", 0);
  check_warnings(app + "CrowdConfluenceForwardedFor Off\n" +
                     section("Location /app/in", kOn + "CrowdConfluenceForwardedFor On\n") + line,
                 "CCF0032: ", 1, line);
}

BOOST_AUTO_TEST_CASE(a_test_of_the_configuration_warns_as_the_start_does) {
  HttpdServer httpd;
  httpd.start("");
  httpd.reconfigure(kUrl + kPass + section("Directory /srv", kOn) +
                    "RequestHeader set X-Forwarded-For 10.1.2.3\n"
                    "CrowdConfluenceVerifyPeer Off\n");
  const std::string said = httpd.test_configuration();
  for (const std::string number : {"CCF0030: ", "CCF0032: ", "CCF0004: "})
    BOOST_TEST(said.find(number) != std::string::npos, said);
  BOOST_TEST(said.find("Syntax OK") != std::string::npos, said);
  for (const std::string& complaint : httpd.stop()) BOOST_ERROR(complaint);
}

BOOST_AUTO_TEST_CASE(each_start_warns_once) {
  HttpdServer httpd;
  httpd.start(kUrl);
  httpd.log().expect("CCF0031: ");
  BOOST_TEST(httpd.log().count("CCF0031: ") == 1U);
  httpd.restart_gracefully();
  BOOST_TEST(httpd.log().count("CCF0031: ") == 2U);
  httpd.reconfigure("");
  httpd.restart_gracefully();
  BOOST_TEST(httpd.log().count("CCF0031: ") == 2U);
  for (const std::string& complaint : httpd.stop()) BOOST_ERROR(complaint);
}

BOOST_AUTO_TEST_CASE(a_chain_that_nobody_believes_is_told_once) {
  Stage stage;
  stage.start_with();
  const std::string alice = stage.cookie_line("alice");
  stage.get("/", {alice});
  stage.get("/", {alice, "X-Forwarded-For: 203.0.113.7"});  // it does no harm here
  stage.get("/", {alice, "X-Forwarded-For: 127.0.0.1"});
  BOOST_TEST(stage.httpd.log().count("CCF0033: ") == 0U);
  stage.httpd.log().expect("warn.*CCF0033: 127.0.0.1 .*RemoteIPInternalProxy 127.0.0.1");
  for (int i = 0; i < 3; ++i) stage.get("/", {alice, "X-Forwarded-For: 203.0.113.7, 198.51.100.1"});
  BOOST_TEST(stage.httpd.log().count("CCF0033: ") == 1U);
}

BOOST_AUTO_TEST_CASE(so_are_several_lines_and_an_address_that_is_refused) {
  {
    Stage stage;
    stage.start_with();
    stage.httpd.log().expect("CCF0033: ");
    stage.get("/", {"X-Forwarded-For: 203.0.113.7", "X-Forwarded-For: 198.51.100.1"});
  }
  Stage stage;
  stage.start_with();
  stage.httpd.log().expect("CCF0033: ");
  const auto ask = [&](const std::string& from) {
    return stage.get("/", {stage.cookie_line("alice", from), "X-Forwarded-For: 203.0.113.7"})
        .result();
  };
  // One that is refused may be an old token.
  for (int i = 0; i < 2; ++i) BOOST_TEST(ask("203.0.113.7") == "rejected");
  BOOST_TEST(ask("127.0.0.1") == "session");
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(stage.httpd.log().count("CCF0033: ") == 0U);
    BOOST_TEST(ask("203.0.113.7") == "rejected");
  }
}

BOOST_AUTO_TEST_CASE(a_chain_that_mod_remoteip_reads_or_nobody_needs_is_fine) {
  const std::string believing = "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1\n";
  for (const std::string& configuration :
       {believing + location("/"), location("/", "CrowdConfluenceForwardedFor Off"),
        location("/other/") + section("Location /", "ProxyPass ${APP}/\n")}) {
    Stage stage;
    stage.start("CrowdConfluenceURL ${CONFLUENCE}\n" + configuration);
    for (const std::string address : {"127.0.0.1", "127.0.0.2"})
      stage.client(address).get("/", {"X-Forwarded-For: 203.0.113.7, 198.51.100.1"});
    stage.app.forget();
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_the_children_cannot_read_is_told) {
  if (geteuid() != 0) return;  // they are who the start is
  namespace fs = std::filesystem;
  HttpdServer httpd;
  const std::string certificate = test_support::CertificateAuthority().certificate();
  httpd.write("open.pem", certificate);
  httpd.write("closed.pem", certificate);
  httpd.write("folder/below.pem", certificate);
  fs::permissions(httpd.root() / "open.pem", fs::perms(0644));
  fs::permissions(httpd.root() / "closed.pem", fs::perms(0600));
  fs::permissions(httpd.root() / "folder/below.pem", fs::perms(0644));
  fs::permissions(httpd.root() / "folder", fs::perms(0700));
  httpd.start(kUrl + kOn + section("Location /a", "CrowdConfluenceCACertificateFile open.pem\n") +
              section("Location /b", "CrowdConfluenceCACertificateFile closed.pem\n") +
              host("one.test", "CrowdConfluenceCACertificateFile folder/below.pem\n"));
  httpd.log().expect("CCF0034: <Location /b> .*closed.pem");
  httpd.log().expect("CCF0034: <VirtualHost .*below.pem");
  BOOST_TEST(httpd.log().count("CCF0034: .*Remedy: ") == 2U);
  const std::string said = httpd.test_configuration();
  BOOST_TEST(said.find("CCF0034: ") != std::string::npos, said);
  for (const std::string& complaint : httpd.stop()) BOOST_ERROR(complaint);
}

BOOST_AUTO_TEST_CASE(the_session_is_not_changed_behind_the_module) {
  const auto app = [](const std::string& content) {
    return kUrl + section("Location /app/", kOn + "ProxyPass http://127.0.0.1:9/\n" + content);
  };
  for (const std::string change : {"set Cookie a=b", "unset cookie", "append Cookie: a=b",
                                   "add COOKIE a=b", "merge Cookie a"}) {
    const std::string line = "RequestHeader " + change + "\n";
    check_warnings(app(line), "CCF0039: ", 1, line);
    check_warnings(app("") + line, "CCF0039: ", 1, line);
    // It is no header of the session's there.
    check_warnings(app("CrowdConfluencePassAs header\n" + line), "CCF0039: ", 0);
    check_warnings(app("") + section("Location /other/", line), "CCF0039: ", 0);
  }
  for (const std::string name : {"X-Confluence-Cookie", "x_confluence_cookie"}) {
    const std::string line = "RequestHeader set " + name + " x\n";
    check_warnings(app("CrowdConfluencePassAs header\n" + line), "CCF0039: ", 1, line);
    check_warnings(app(line), "CCF0039: ", 0);
  }
  const std::string own = "RequestHeader unset Session\n";
  check_warnings("CrowdConfluencePassAs header Session\n" + app(own), "CCF0039: ", 1, own);
  for (const std::string harmless :
       {"RequestHeader edit Cookie a b\n", "RequestHeader set Cookie a=b early\n",
        "RequestHeader setifempty Cookie a=b\n", "RequestHeader set Cookies a\n",
        "Header set Cookie a\n"})
    check_warnings(app(harmless), "CCF0039: ", 0);
}

BOOST_AUTO_TEST_SUITE_END()
