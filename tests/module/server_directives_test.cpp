// The directives of the table, the store and the limits: what is accepted, where, and what is said
// about what is not.

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <regex>

#include "stage.h"

using namespace module_tests;

namespace {

struct BadDirective {
  std::string line;
  std::string value;    // named in the message
  std::string allowed;  // a regular expression: what the message says is allowed
};

const std::string kUrl = "CrowdConfluenceURL http://127.0.0.1/ ";

const std::vector<BadDirective> kBadInLocations = {
    {kUrl + "retry=0", "retry=0", "1ms to 1h"},
    {kUrl + "retry=", "retry=", "1ms to 1h"},
    {kUrl + "retry", "retry", "1ms to 1h"},
    {kUrl + "retry=-30", "retry=-30", "1ms to 1h"},
    {kUrl + "retry=2h", "retry=2h", "1ms to 1h"},
    {kUrl + "retry=soon", "retry=soon", "1ms to 1h"},
    {kUrl + "max=0", "max=0", "1 to 100000"},
    {kUrl + "max=", "max=", "1 to 100000"},
    {kUrl + "max", "max", "1 to 100000"},
    {kUrl + "max=-1", "max=-1", "1 to 100000"},
    {kUrl + "max=+5", "max=\\+5", "1 to 100000"},
    {kUrl + "max=5s", "max=5s", "1 to 100000"},
    {kUrl + "max=100001", "max=100001", "1 to 100000"},
    {kUrl + "max=99999999999999999999", "max=99999999999999999999", "1 to 100000"},
    {"CrowdConfluenceSessionTTL", "", "1s to 24h"},
    {"CrowdConfluenceSessionTTL 0", "'0'", "1s to 24h"},
    {"CrowdConfluenceSessionTTL 999ms", "999ms", "1s to 24h"},
    {"CrowdConfluenceSessionTTL -1", "-1", "1s to 24h"},
    {"CrowdConfluenceSessionTTL 25h", "25h", "1s to 24h"},
    {"CrowdConfluenceSessionTTL 5x", "5x", "1s to 24h"},
    {"CrowdConfluenceSessionTTL forever", "forever", "1s to 24h"},
    {"CrowdConfluenceSessionTTL 99999999999999999999", "99999999999999999999", "1s to 24h"},
    {"CrowdConfluenceSessionTTL 1 min", "", "1s to 24h"},
    {"CrowdConfluenceRejectionTTL", "", "0 to 24h"},
    {"CrowdConfluenceRejectionTTL -1", "-1", "0 to 24h"},
    {"CrowdConfluenceRejectionTTL 25h", "25h", "0 to 24h"},
    {"CrowdConfluenceRejectionTTL never", "never", "0 to 24h"},
};

const std::vector<BadDirective> kBadInServer = {
    {"CrowdConfluenceTableSize", "", "one argument"},
    {"CrowdConfluenceTableSize 15", "15", "16 to 10000000"},
    {"CrowdConfluenceTableSize 0", "'0'", "16 to 10000000"},
    {"CrowdConfluenceTableSize -100", "-100", "16 to 10000000"},
    {"CrowdConfluenceTableSize 10000001", "10000001", "16 to 10000000"},
    {"CrowdConfluenceTableSize 8k", "8k", "16 to 10000000"},
    {"CrowdConfluenceTableSize \"\"", "", "one argument"},
    {"CrowdConfluenceTableSize 99999999999999999999", "99999999999999999999", "16 to 10000000"},
    {"CrowdConfluenceTableSize 100 200", "", "one argument"},
    {"CrowdConfluenceSOCache", "", "one argument"},
    {"CrowdConfluenceSOCache cloud", "cloud", "redis and memcache"},
    {"CrowdConfluenceSOCache cloud:127.0.0.1:1234", "'cloud'", "redis and memcache"},
    {"CrowdConfluenceSOCache \"\"", "", "one argument"},
    {"CrowdConfluenceSOCache :6379", "''", "redis and memcache"},
    {"CrowdConfluenceSOCache shmcb", "shmcb", "redis and memcache"},
    {"CrowdConfluenceSOCache shmcb:sessions(512000)", "shmcb", "redis and memcache"},
    {"CrowdConfluenceSOCache redis", "'redis'", "server"},
    {"CrowdConfluenceSOCache redis:", "'redis:'", "server"},
    {"CrowdConfluenceSOCache memcache", "'memcache'", "server"},
    {"CrowdConfluenceSOCache memcache:", "'memcache:'", "server"},
    {"CrowdConfluenceSOCache redis::6379", "':6379'", "HOST:PORT"},
    {"CrowdConfluenceSOCache redis:127.0.0.1:", "'127.0.0.1:'", "1 to 65535"},
    {"CrowdConfluenceSOCache redis:127.0.0.1:0", "'127.0.0.1:0'", "1 to 65535"},
    {"CrowdConfluenceSOCache redis:127.0.0.1:65536", "'127.0.0.1:65536'", "1 to 65535"},
    {"CrowdConfluenceSOCache redis:127.0.0.1:99999", "'127.0.0.1:99999'", "1 to 65535"},
    {"CrowdConfluenceSOCache memcache:127.0.0.1:99999999999", "'127.0.0.1:99999999999'",
     "1 to 65535"},
    {"CrowdConfluenceSOCache redis:127.0.0.1:-1", "'127.0.0.1:-1'", "1 to 65535"},
    {"CrowdConfluenceSOCache redis:127.0.0.1:63x", "'127.0.0.1:63x'", "1 to 65535"},
    {"CrowdConfluenceSOCache redis:127.0.0.1:redis", "'127.0.0.1:redis'", "1 to 65535"},
    {"CrowdConfluenceSOCache \"redis:127.0.0.1 6379\"", "'127.0.0.1 6379'", "HOST:PORT"},
    {"CrowdConfluenceSOCache \"redis:127.0.0.1: 6379\"", "'127.0.0.1: 6379'", "1 to 65535"},
    {"CrowdConfluenceSOCache \"redis: \"", "''", "HOST:PORT"},
    {"CrowdConfluenceSOCache redis:256.1.1.1:6379", "'256.1.1.1:6379'", "IPv4"},
    {"CrowdConfluenceSOCache redis:6379", "'6379'", "HOST:PORT"},
    {"CrowdConfluenceSOCache redis:::1:6379", "'::1:6379'", "IPv6 address"},
    {"CrowdConfluenceSOCache redis:[::1:6379", "'\\[::1:6379'", "IPv6 address"},
    {"CrowdConfluenceSOCache redis:[::1]6379", "'\\[::1\\]6379'", "HOST:PORT"},
    {"CrowdConfluenceSOCache redis:[store]:6379", "'\\[store\\]:6379'", "IPv6 address"},
    {"CrowdConfluenceSOCache redis://store:6379", "'//store:6379'", "HOST:PORT"},
    {"CrowdConfluenceSOCache redis:store:6379/0", "'store:6379/0'", "1 to 65535"},
    {"CrowdConfluenceSOCache redis:store:6379?timeout=1", "'store:6379\\?timeout=1'", "1 to 65535"},
    {"CrowdConfluenceSOCache redis:store..example:6379", "'store..example:6379'", "HOST:PORT"},
    {"CrowdConfluenceSOCache redis:store:1,,store:2", "''", "HOST:PORT"},
    {"CrowdConfluenceSOCache memcache:store:1,", "''", "HOST:PORT"},
    {"CrowdConfluenceSOCache redis:store:1,store:0", "'store:0'", "1 to 65535"},
    {"CrowdConfluenceSOCache redis:127.0.0.1:6379 timeout=5", "", "one argument"},
};

/// A good secret that must appear nowhere.
const std::string kGoodSecret = "correct horse battery staple";
/// One that is too short, and must appear nowhere either.
const std::string kShortSecret = "hunter2-hunter2";

struct BadSecret {
  std::string argument;
  std::string says;  // a regular expression
};

const std::vector<BadSecret> kBadSecrets = {
    {kShortSecret, "16 characters"},
    {"\"\"", "one argument"},
    {"file:${ROOT}/short", "16 characters"},
    {"file:short", "16 characters"},
    {"file:${ROOT}/none", "/none' cannot be read"},
    {"file:none", "file:none' cannot be read"},
    {"file:${ROOT}", "cannot be read"},
    {"file:", "cannot be read"},
    {"file:" + std::string(5000, 'x'), "x' cannot be read"},  // longer than any path
    {"file:${ROOT}/empty", "cannot be read|16 characters"},
    {"file:${ROOT}/empty-line", "16 characters"},
    {"file:${ROOT}/locked", "cannot be read"},
    {"File:${ROOT}/none", "/none' cannot be read"},
    {"FILE:${ROOT}/short", "16 characters"},
    {"Exec:${ROOT}/none", "no output"},
    {"\"exec:/bin/echo " + kShortSecret + "\"", "16 characters"},
    {"exec:${ROOT}/none", "no output"},
    {"exec:", "no output"},
    {kGoodSecret, "one argument"},  // without quotation marks
};

void write_secrets(const HttpdServer& httpd) {
  httpd.write("good", kGoodSecret + "\nanother line\n");
  httpd.write("windows", kGoodSecret + "\r\n");
  httpd.write("short", kShortSecret + "\n");
  httpd.write("empty", "");
  httpd.write("empty-line", "\n" + kGoodSecret + "\n");
  chmod(httpd.write("locked", kGoodSecret).c_str(), 0);
}

HttpdOptions with_providers() {
  HttpdOptions options;
  options.modules = {"socache_redis", "socache_memcache", "socache_shmcb"};
  return options;
}

std::string name_of(const std::string& line) {
  return line.substr(0, line.find(' '));
}

void check_refusal(HttpdServer& httpd, const BadDirective& bad, const std::string& configuration) {
  BOOST_TEST_CONTEXT(bad.line) {
    const std::optional<std::string> message = httpd.start_refused(configuration);
    BOOST_TEST(message.has_value(), "httpd starts");
    if (!message) return;
    BOOST_TEST_CONTEXT(*message) {
      BOOST_TEST(message->find(name_of(bad.line)) != std::string::npos);
      BOOST_TEST(std::regex_search(*message, std::regex(bad.value)));
      BOOST_TEST(std::regex_search(*message, std::regex(bad.allowed)));
    }
  }
}

/// Starts and stops without a complaint.
void check_start(const std::string& configuration) {
  BOOST_TEST_CONTEXT(configuration) {
    HttpdServer httpd(with_providers());
    write_secrets(httpd);
    httpd.log().allow("CCF0031: ");  // nothing is On
    BOOST_CHECK_NO_THROW(httpd.start(configuration));
    for (const std::string& complaint : httpd.stop()) BOOST_ERROR(complaint);
    BOOST_TEST(httpd.logs().find(kGoodSecret) == std::string::npos);
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(server_directives)

BOOST_AUTO_TEST_CASE(a_bad_value_stops_the_start_and_says_why) {
  HttpdServer httpd(with_providers());
  for (const BadDirective& bad : kBadInLocations)
    check_refusal(httpd, bad, "<Location />\n" + bad.line + "\n</Location>");
  for (const BadDirective& bad : kBadInServer) check_refusal(httpd, bad, bad.line);
}

BOOST_AUTO_TEST_CASE(a_test_of_the_configuration_finds_an_impossible_store) {
  HttpdServer httpd(with_providers());
  write_secrets(httpd);
  httpd.start("");
  httpd.reconfigure(
      "CrowdConfluenceSecret file:good\nCrowdConfluenceSOCache redis:127.0.0.1:99999");
  const std::string said = httpd.test_configuration();
  BOOST_TEST(said.find("99999") != std::string::npos, said);
  BOOST_TEST(said.find("Syntax OK") == std::string::npos, said);
  for (const std::string& complaint : httpd.stop()) BOOST_ERROR(complaint);
}

BOOST_AUTO_TEST_CASE(a_password_in_a_stores_address_is_not_repeated) {
  HttpdServer httpd(with_providers());
  for (const std::string argument :
       {"redis:user:correct-horse@127.0.0.1:6379", "redis://:correct-horse@127.0.0.1",
        "memcache:127.0.0.1,correct-horse@127.0.0.1"}) {
    const auto message = httpd.start_refused("CrowdConfluenceSOCache " + argument);
    BOOST_REQUIRE(message.has_value());
    BOOST_TEST(message->find("HOST:PORT") != std::string::npos, *message);
    BOOST_TEST(message->find("correct-horse") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_provider_must_be_loaded) {
  HttpdServer httpd;
  check_refusal(httpd,
                {"CrowdConfluenceSOCache redis:127.0.0.1:6379", "redis", "mod_socache_redis"},
                "CrowdConfluenceSOCache redis:127.0.0.1:6379");
}

BOOST_AUTO_TEST_CASE(a_bad_secret_stops_the_start_and_stays_secret) {
  HttpdServer httpd;
  write_secrets(httpd);
  const bool may_read_everything = access((httpd.root() / "locked").c_str(), R_OK) == 0;
  for (const BadSecret& bad : kBadSecrets) {
    BOOST_TEST_CONTEXT(bad.argument) {
      if (may_read_everything && bad.argument.find("locked") != std::string::npos) continue;
      const auto message = httpd.start_refused("CrowdConfluenceSecret " + bad.argument);
      BOOST_TEST(message.has_value(), "httpd starts");
      if (!message) continue;
      BOOST_TEST(message->find("CrowdConfluenceSecret") != std::string::npos);
      BOOST_TEST(std::regex_search(*message, std::regex(bad.says)), *message);
      for (const std::string& secret : {kGoodSecret, kShortSecret})
        BOOST_TEST(message->find(secret) == std::string::npos);
      BOOST_TEST(message->find("horse") == std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_secret_comes_from_wherever_it_is_kept) {
  for (const std::string& argument :
       {"\"" + kGoodSecret + "\"", std::string("file:${ROOT}/good"), std::string("file:good"),
        std::string("file:windows"), std::string("File:good"),
        "\"exec:/bin/echo '" + kGoodSecret + "'\""})
    check_start("CrowdConfluenceSecret " + argument);
}

BOOST_AUTO_TEST_CASE(a_store_needs_a_secret) {
  HttpdServer httpd(with_providers());
  for (const std::string provider : {"redis:127.0.0.1:6379", "memcache:127.0.0.1:11211"}) {
    const auto message = httpd.start_refused("CrowdConfluenceSOCache " + provider);
    BOOST_REQUIRE(message.has_value());
    BOOST_TEST(message->find("CCF0007: ") != std::string::npos);
    BOOST_TEST(message->find("CrowdConfluenceSecret") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(good_values_are_accepted) {
  check_start(
      "CrowdConfluenceTableSize 16\n"
      "CrowdConfluenceSecret file:good\n"
      "CrowdConfluenceSOCache redis:127.0.0.1:${PORT2}\n"
      "CrowdConfluenceSessionTTL 1\n<Location /a>\nCrowdConfluenceSessionTTL 24h\n"
      "CrowdConfluenceRejectionTTL 0\n</Location>\n"
      "<VirtualHost *:${PORT}>\nCrowdConfluenceRejectionTTL 500ms\n"
      "CrowdConfluenceSessionTTL 90min\nCrowdConfluenceURL http://127.0.0.1 retry=1ms max=1\n"
      "</VirtualHost>\n<Directory \"${ROOT}/htdocs\">\nCrowdConfluenceRejectionTTL 24h\n"
      "CrowdConfluenceURL http://127.0.0.1 max=100000 retry=1h\n</Directory>\n");
  check_start(
      "CrowdConfluenceTableSize 100000\n"
      "CrowdConfluenceSecret file:good\n"
      "CrowdConfluenceSOCache \"memcache:127.0.0.1:${PORT2}, 127.0.0.2:${PORT2}\"\n");
  for (const std::string store : {"redis:localhost", "redis:[::1]:${PORT2}", "memcache:127.0.0.1",
                                  "memcache:localhost:1,127.0.0.1:65535"})
    check_start("CrowdConfluenceSecret file:good\nCrowdConfluenceSOCache " + store + "\n");
}

BOOST_AUTO_TEST_CASE(what_holds_for_the_server_stands_in_no_section) {
  HttpdServer httpd(with_providers());
  write_secrets(httpd);
  for (const std::string line : {"CrowdConfluenceTableSize 100", "CrowdConfluenceSecret file:good",
                                 "CrowdConfluenceSOCache redis:127.0.0.1:6379"}) {
    for (const std::string section :
         {"VirtualHost *:${PORT}", "Location /a", "Directory \"${ROOT}/htdocs\"", "Files x"}) {
      BOOST_TEST_CONTEXT(section << ": " << line) {
        const std::string kind = section.substr(0, section.find(' '));
        const auto message =
            httpd.start_refused("<" + section + ">\n" + line + "\n</" + kind + ">");
        BOOST_TEST(message.has_value(), "httpd starts");
        if (!message) continue;
        BOOST_TEST(message->find(name_of(line)) != std::string::npos);
        BOOST_TEST(std::regex_search(*message, std::regex("cannot occur within|not allowed")),
                   *message);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(htaccess_has_no_say) {
  HttpdServer httpd(with_providers());
  httpd.start("<Directory \"${ROOT}/htdocs\">\nAllowOverride All\n</Directory>\n");
  int number = 0;
  for (const std::string line :
       {"CrowdConfluenceTableSize 100", "CrowdConfluenceSecret a-secret-of-some-length",
        "CrowdConfluenceSOCache redis:127.0.0.1:6379", "CrowdConfluenceSessionTTL 5",
        "CrowdConfluenceRejectionTTL 5"}) {
    const std::string directory = std::to_string(++number);
    httpd.write("htdocs/" + directory + "/.htaccess", line + "\n");
    httpd.write("htdocs/" + directory + "/index.html", "");
    httpd.log().expect(name_of(line) + " not allowed here");
    BOOST_TEST(Client(httpd.port()).get("/" + directory + "/index.html").status == 500, line);
  }
  for (const std::string& complaint : httpd.stop()) BOOST_ERROR(complaint);
}

BOOST_AUTO_TEST_CASE(times_to_live_are_inherited_one_by_one) {
  Stage stage;
  stage.start("CrowdConfluenceURL ${CONFLUENCE}\nCrowdConfluenceRejectionTTL 0\n" + location("/") +
              location("/inner/") + location("/own/", "CrowdConfluenceRejectionTTL 60") +
              location("/other/", "CrowdConfluenceSessionTTL 60"));
  int number = 0;
  const auto is_remembered_by = [&](const std::string& path) {
    const std::string nobody = "Cookie: crowd.token_key=nobody-has-it-" + std::to_string(++number);
    BOOST_TEST(stage.get(path, {nobody}).source() == "exchange");
    return stage.get(path, {nobody}).source() == "table";
  };
  BOOST_TEST(!is_remembered_by("/"));
  BOOST_TEST(!is_remembered_by("/inner/"));
  BOOST_TEST(is_remembered_by("/own/"));
  BOOST_TEST(!is_remembered_by("/other/"));
}

BOOST_AUTO_TEST_SUITE_END()
