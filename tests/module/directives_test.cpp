// Directives: what is accepted, where, and what is said about what is not.

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <regex>

#include "read_file.h"
#include "stage.h"
#include "support/certificates.h"
#include "wait.h"

using namespace module_tests;

namespace {

struct BadDirective {
  std::string line;
  std::string value;    // named in the message
  std::string allowed;  // a regular expression: what the message says is allowed
};

const std::vector<BadDirective> kBadDirectives = {
    {"CrowdConfluence Maybe", "", "On or Off"},
    {"CrowdConfluenceURL", "", "URL"},
    {"CrowdConfluenceURL wiki.example.com", "wiki.example.com", "https?://"},
    {"CrowdConfluenceURL ftp://wiki.example.com", "ftp://wiki.example.com", "https?://"},
    {"CrowdConfluenceURL file:///etc/passwd", "file:///etc/passwd", "https?://"},
    {"CrowdConfluenceURL http://", "http://", "https?://"},
    {"CrowdConfluenceURL \"http://wiki example\"", "http://wiki example", "https?://"},
    {"CrowdConfluenceURL http://127.0.0.1/?a=b", "http://127.0.0.1/?a=b", "query"},
    {"CrowdConfluenceURL http://127.0.0.1/#top", "http://127.0.0.1/#top", "fragment"},
    {"CrowdConfluenceURL http://127.0.0.1:99999/", "http://127.0.0.1:99999/", "https?://"},
    {"CrowdConfluenceURL http://127.0.0.1/ timeout=soon", "timeout=soon", "ms"},
    {"CrowdConfluenceURL http://127.0.0.1/ timeout=0", "timeout=0", "ms"},
    {"CrowdConfluenceURL http://127.0.0.1/ timeout=-1", "timeout=-1", "ms"},
    {"CrowdConfluenceURL http://127.0.0.1/ timeout=", "timeout=", "ms"},
    {"CrowdConfluenceURL http://127.0.0.1/ timeout=5x", "timeout=5x", "ms"},
    {"CrowdConfluenceURL http://127.0.0.1/ timeout=99999999999999999999",
     "timeout=99999999999999999999", "ms"},
    {"CrowdConfluenceURL http://127.0.0.1/ connectiontimeout=never", "connectiontimeout=never",
     "ms"},
    {"CrowdConfluenceURL http://127.0.0.1/ patience=5", "patience=5", "connectiontimeout"},
    {"CrowdConfluenceURL http://127.0.0.1/ 5", "5", "connectiontimeout"},
    {"CrowdConfluenceProbe", "", "path"},
    {"CrowdConfluenceProbe rest/api type=known", "rest/api", "slash"},
    {"CrowdConfluenceProbe http://evil.example.com/ type=known", "http://evil.example.com/",
     "slash"},
    {"CrowdConfluenceProbe //evil.example.com/ type=known", "//evil.example.com/", "slash"},
    {"CrowdConfluenceProbe /rest", "/rest", "FIELD=VALUE"},
    {"CrowdConfluenceProbe /rest type", "type", "FIELD=VALUE"},
    {"CrowdConfluenceProbe /rest =known", "=known", "FIELD=VALUE"},
    {"CrowdConfluenceProbe /rest type=", "type=", "FIELD=VALUE"},
    {"CrowdConfluenceProbe /rest type=known kind=known", "kind=known", "once"},
    {"CrowdConfluenceProbe /rest user=a user=b", "user=b", "once"},
    {"CrowdConfluenceTokenCookie", "", "name"},
    {"CrowdConfluenceTokenCookie \"crowd token\"", "crowd token", "name"},
    {"CrowdConfluenceTokenCookie crowd=token", "crowd=token", "name"},
    {"CrowdConfluenceTokenCookie \"\"", "''", "name"},
    {"CrowdConfluenceTokenCookie JSESSIONID", "JSESSIONID", "other names"},
    {"CrowdConfluenceSessionCookies JSESSIONID crowd.*", "crowd.token_key", "other names"},
    {"CrowdConfluenceTokenCookie sso\nCrowdConfluenceSessionCookies JSESSIONID SSO", "sso",
     "other names"},
    {"CrowdConfluenceSessionCookies JSESSIONID sso\nCrowdConfluenceTokenCookie sso", "sso",
     "other names"},
    {"CrowdConfluenceSessionCookies", "", "name"},
    {"CrowdConfluenceSessionCookies JSESSIONID *", "*", "letters"},
    {"CrowdConfluenceSessionCookies *SESSION", "*SESSION", "letters"},
    {"CrowdConfluenceSessionCookies JSESSIONID;x", "JSESSIONID;x", "letters"},
    {"CrowdConfluencePassAs", "", "cookie.*header"},
    {"CrowdConfluencePassAs body", "body", "cookie.*header"},
    {"CrowdConfluencePassAs cookie a b", "", "cookie.*header"},
    {"CrowdConfluencePassAs cookie \"a b\"", "a b", "cookie"},
    {"CrowdConfluencePassAs header \"a b\"", "a b", "header"},
    {"CrowdConfluencePassAs header a:b", "a:b", "header"},
    {"CrowdConfluencePassAs header Cookie", "Cookie", "another name"},
    {"CrowdConfluencePassAs header x-forwarded-FOR", "x-forwarded-FOR", "another name"},
    {"CrowdConfluencePassAs header Host", "Host", "another name"},
    {"CrowdConfluencePassAs header x_forwarded_for", "x_forwarded_for", "another name"},
    {"CrowdConfluencePassAs header Set-Cookie", "Set-Cookie", "another name"},
    {"CrowdConfluencePassAs header Location", "Location", "another name"},
    {"CrowdConfluencePassAs header accept", "accept", "another name"},
    {"CrowdConfluencePassAs header Accept-Encoding", "Accept-Encoding", "another name"},
    {"CrowdConfluencePassAs header Range", "Range", "another name"},
    {"CrowdConfluencePassAs header If-None-Match", "If-None-Match", "another name"},
    {"CrowdConfluencePassAs header User_Agent", "User_Agent", "another name"},
    {"CrowdConfluencePassAs header Via", "Via", "another name"},
    {"CrowdConfluencePassAs header Forwarded", "Forwarded", "another name"},
    {"CrowdConfluencePassAs header Max-Forwards", "Max-Forwards", "another name"},
    {"CrowdConfluencePassAs header X-Forwarded-Proto", "X-Forwarded-Proto", "another name"},
    {"CrowdConfluencePassAs header X-Crowd-Confluence", "X-Crowd-Confluence", "another name"},
    {"CrowdConfluenceForwardedFor Perhaps", "", "On or Off"},
    {"CrowdConfluenceWhen", "", "missing.*rejected.*unavailable"},
    {"CrowdConfluenceWhen absent pass", "absent", "missing.*rejected.*unavailable"},
    {"CrowdConfluenceWhen session pass", "session", "missing.*rejected.*unavailable"},
    {"CrowdConfluenceWhen missing", "missing", "pass.*status.*URL"},
    {"CrowdConfluenceWhen missing 200", "200", "400"},
    {"CrowdConfluenceWhen missing 399", "399", "400"},
    {"CrowdConfluenceWhen missing 600", "600", "400"},
    {"CrowdConfluenceWhen missing 4000", "4000", "400"},
    {"CrowdConfluenceWhen missing 418", "418", "httpd knows no status"},
    {"CrowdConfluenceWhen missing 599", "599", "httpd knows no status"},
    {"CrowdConfluenceWhen missing block", "block", "pass"},
    {"CrowdConfluenceWhen missing javascript:alert(1)", "javascript:alert(1)", "pass"},
    {"CrowdConfluenceWhen missing \"https://a/%{nosuchfunction:x}\"",
     "https://a/%{nosuchfunction:x}", "expression"},
    {"CrowdConfluenceWhen missing \"/a b\"", "/a b", "blanks"},
    {"CrowdConfluenceWhen missing \"https://a/b c?%{QUERY_STRING}\"", "b c", "blanks"},
    {"CrowdConfluenceWhen missing /\xc3\xa4", "CrowdConfluenceWhen", "ASCII"},
    {"CrowdConfluenceWhen missing 401 403", "missing", "one word"},
    {"CrowdConfluenceCACertificateFile", "", "file"},
    {"CrowdConfluenceCACertificateFile /no/such/file.pem", "/no/such/file.pem", "cannot be read"},
    {"CrowdConfluenceCACertificateFile junk.pem", "junk.pem", "PEM"},
    {"CrowdConfluenceClientCertificateFile", "", "certificate"},
    {"CrowdConfluenceClientCertificateFile /no/such/file.pem", "/no/such/file.pem",
     "cannot be read"},
    {"CrowdConfluenceClientCertificateFile client.pem /no/such/key.pem", "/no/such/key.pem",
     "cannot be read"},
    {"CrowdConfluenceClientCertificateFile client.pem other.key", "other.key", "private key"},
    {"CrowdConfluenceClientCertificateFile client.pem locked.key", "locked.key", "pass phrase"},
    {"CrowdConfluencePinnedPublicKey", "", "sha256//"},
    {"CrowdConfluencePinnedPublicKey secret", "secret", "sha256//"},
    {"CrowdConfluencePinnedPublicKey sha256//short=", "sha256//short=", "sha256//"},
    {"CrowdConfluenceVerifyPeer Sometimes", "", "On or Off"},
    {"CrowdConfluenceOutgoingProxy", "", "URL"},
    {"CrowdConfluenceOutgoingProxy gopher://proxy:3128", "gopher://proxy:3128", "http://host:port"},
    {"CrowdConfluenceOutgoingProxy http://proxy:3128/path", "http://proxy:3128/path",
     "http://host:port"},
    {"CrowdConfluenceProtectCookie Rarely", "", "On or Off"},
    {"CrowdConfluenceCrowdURL", "", "URL"},
    {"CrowdConfluenceCrowdURL crowd.example.com", "crowd.example.com", "https?://"},
    {"CrowdConfluenceCrowdURL http://127.0.0.1/crowd timeout=never", "timeout=never", "ms"},
    {"CrowdConfluenceCrowdURL http://127.0.0.1/crowd retry=0", "retry=0", "ms"},
    {"CrowdConfluenceCrowdURL http://127.0.0.1/crowd max=0", "max=0", "1 to 100000"},
    {"CrowdConfluenceCrowdURL http://127.0.0.1/crowd patience=5", "patience=5",
     "connectiontimeout"},
    {"CrowdConfluenceCrowdApplication", "", "name.*password"},
    {"CrowdConfluenceCrowdApplication confluence", "", "name.*password"},
    {"CrowdConfluenceCrowdApplication confluence file:/no/such/file", "file:/no/such/file",
     "cannot be read"},
    {"CrowdConfluenceCrowdApplication a:b file:junk.pem", "a:b", "no name"},
    {"CrowdConfluenceCrowdApplication confluence exec:/no/such/command", "", "cannot be run"},
};

const std::vector<std::string> kGoodDirectives = {
    "CrowdConfluence On",
    "CrowdConfluenceURL http://127.0.0.1:8090/confluence/ connectiontimeout=500ms timeout=2min",
    "CrowdConfluenceURL https://wiki.example.com timeout=10",
    "CrowdConfluenceURL https://[2001:db8::1]:8443/wiki",
    "CrowdConfluenceProbe /rest/api/2/myself user=name",
    "CrowdConfluenceProbe /rest/api/user/current type=known",
    "CrowdConfluenceTokenCookie studio.crowd.tokenkey",
    "CrowdConfluenceSessionCookies JSESSIONID atlassian.xsrf.token LB-*",
    "CrowdConfluencePassAs cookie",
    "CrowdConfluencePassAs cookie wiki_",
    "CrowdConfluencePassAs header",
    "CrowdConfluencePassAs header Wiki-Session",
    "CrowdConfluenceForwardedFor Off",
    "CrowdConfluenceWhen missing \"https://login.example.com/?to=%{escape:%{REQUEST_URI}}\"",
    "CrowdConfluenceWhen missing \"/login?%{escape:a b}\"",
    "CrowdConfluenceWhen rejected 400",
    "CrowdConfluenceWhen unavailable 500",
    "CrowdConfluenceCACertificateFile client.pem",
    "CrowdConfluenceClientCertificateFile both.pem",
    "CrowdConfluenceClientCertificateFile client.pem client.key",
    "CrowdConfluencePinnedPublicKey sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "CrowdConfluenceVerifyPeer On",
    "CrowdConfluenceOutgoingProxy http://proxy.example.com:3128",
    "CrowdConfluenceProtectCookie Off",
};

std::string name_of(const std::string& line) {
  return line.substr(0, line.find(' '));
}

void write_files(const HttpdServer& httpd) {
  const test_support::CertificateAuthority authority;
  const test_support::Certificate client = authority.issue({"client", {}});
  const test_support::Certificate other = authority.issue({"other", {}});
  httpd.write("client.pem", client.certificate);
  httpd.write("client.key", client.private_key);
  httpd.write("both.pem", client.certificate + client.private_key);
  httpd.write("other.key", other.private_key);
  httpd.write("locked.key", test_support::encrypted_private_key(client.private_key, "password"));
  httpd.write("junk.pem", "junk");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(directives)

BOOST_AUTO_TEST_CASE(a_bad_value_stops_the_start_and_says_why) {
  HttpdServer httpd;
  write_files(httpd);
  for (const BadDirective& bad : kBadDirectives) {
    BOOST_TEST_CONTEXT(bad.line) {
      const std::optional<std::string> message =
          httpd.start_refused("<Location />\n" + bad.line + "\n</Location>");
      BOOST_TEST(message.has_value(), "httpd starts");
      if (!message) continue;
      BOOST_TEST_CONTEXT(*message) {
        BOOST_TEST(message->find(name_of(bad.line)) != std::string::npos);
        BOOST_TEST(message->find(bad.value) != std::string::npos);
        BOOST_TEST(std::regex_search(*message, std::regex(bad.allowed)));
        // httpd writes other letters as \xe2 and so on; a value's own cannot be helped.
        const bool has_ascii_value =
            std::all_of(bad.line.begin(), bad.line.end(), [](char c) { return c >= 0; });
        if (has_ascii_value) BOOST_TEST(message->find("\\x") == std::string::npos);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_password_in_a_url_is_not_repeated) {
  HttpdServer httpd;
  for (const std::string name : {"CrowdConfluenceURL", "CrowdConfluenceOutgoingProxy"}) {
    const auto message = httpd.start_refused(name + " http://user:correct-horse@127.0.0.1/path");
    BOOST_REQUIRE(message.has_value());
    BOOST_TEST(message->find(name) != std::string::npos);
    BOOST_TEST(message->find("correct-horse") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(good_values_are_accepted_everywhere_but_in_htaccess) {
  HttpdServer httpd;
  write_files(httpd);
  std::string all = "CrowdConfluenceURL http://127.0.0.1:8090\n";
  for (const std::string& line : kGoodDirectives)
    all += line + "\n<VirtualHost *:${PORT}>\n" + line + "\n</VirtualHost>\n<Location /a>\n" +
           line + "\n</Location>\n<Directory \"${ROOT}/htdocs\">\n" + line + "\n</Directory>\n";
  httpd.start(all);
  for (const std::string& complaint : httpd.stop()) BOOST_ERROR(complaint);
}

BOOST_AUTO_TEST_CASE(htaccess_has_no_say) {
  HttpdServer httpd;
  write_files(httpd);
  httpd.start("<Directory \"${ROOT}/htdocs\">\nAllowOverride All\n</Directory>\n");
  for (std::size_t i = 0; i < kGoodDirectives.size(); ++i) {
    const std::string directory = std::to_string(i);
    httpd.write("htdocs/" + directory + "/.htaccess", kGoodDirectives[i] + "\n");
    httpd.write("htdocs/" + directory + "/index.html", "");
    httpd.log().expect(name_of(kGoodDirectives[i]) + " not allowed here");
    BOOST_TEST(Client(httpd.port()).get("/" + directory + "/index.html").status == 500,
               kGoodDirectives[i]);
  }
  for (const std::string& complaint : httpd.stop()) BOOST_ERROR(complaint);
}

// httpd would let them hold for all methods.
BOOST_AUTO_TEST_CASE(no_directive_stands_in_limit) {
  HttpdServer httpd;
  write_files(httpd);
  for (const std::string& line : kGoodDirectives) {
    for (const std::string section : {"Limit", "LimitExcept"}) {
      BOOST_TEST_CONTEXT(section << ": " << line) {
        const auto message = httpd.start_refused("<Location /a>\n<" + section + " POST>\n" + line +
                                                 "\n</" + section + ">\n</Location>");
        BOOST_TEST(message.has_value(), "httpd starts");
        if (!message) continue;
        BOOST_TEST(message->find(name_of(line) + " cannot occur within") != std::string::npos,
                   *message);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(on_without_a_url_stops_the_start) {
  HttpdServer httpd;
  const auto message = httpd.start_refused("<Location /app>\nCrowdConfluence On\n</Location>");
  BOOST_REQUIRE(message.has_value());
  BOOST_TEST(message->find("CCF0002: ") != std::string::npos);
  BOOST_TEST(message->find("/app") != std::string::npos);
  BOOST_TEST(message->find("CrowdConfluenceURL") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_test_of_the_configuration_finds_what_its_directives_lack) {
  HttpdOptions options;
  options.modules = {"socache_redis"};
  HttpdServer httpd(options);
  httpd.start("");
  for (const auto& [configuration, number] :
       {std::pair("<Location /app>\nCrowdConfluence On\n</Location>", "CCF0002: "),
        std::pair("CrowdConfluenceSOCache redis:127.0.0.1:6379", "CCF0007: ")}) {
    httpd.reconfigure(configuration);
    const std::string said = httpd.test_configuration();
    BOOST_TEST(said.find(number) != std::string::npos, said);
    BOOST_TEST(said.find("Syntax OK") == std::string::npos, said);
  }
  for (const std::string& complaint : httpd.stop()) BOOST_ERROR(complaint);
}

BOOST_AUTO_TEST_CASE(a_url_that_holds_elsewhere_only_is_told_by_the_request) {
  Stage stage;
  stage.start("<Location /with>\nCrowdConfluenceURL ${CONFLUENCE}\n</Location>\n" +
              location("/without/"));
  stage.httpd.log().expect("CCF0011: ");
  const Response response = stage.get("/without/", {stage.cookie_line("alice")});
  BOOST_TEST(response.status == 200);
  BOOST_TEST(response.result() == "unavailable");
}

BOOST_AUTO_TEST_CASE(what_is_dangerous_is_warned_of_once) {
  HttpdServer httpd;
  httpd.start(
      "CrowdConfluence On\nCrowdConfluenceURL http://wiki.example.com\n"
      "<Location /a>\nCrowdConfluenceVerifyPeer Off\n</Location>\n"
      "<VirtualHost *:${PORT}>\n</VirtualHost>\n");
  httpd.log().expect("warn.*CCF0003: the server .*httpd.conf:\\d+\\): .*http://wiki.example.com");
  httpd.log().expect("warn.*CCF0004: <Location /a> .*httpd.conf:\\d+\\): .*VerifyPeer");
  BOOST_TEST(httpd.log().count("CCF0003: ") == 1U);
  BOOST_TEST(httpd.log().count("CCF0004: ") == 1U);
  for (const std::string& complaint : httpd.stop()) BOOST_ERROR(complaint);
}

BOOST_AUTO_TEST_CASE(loopback_is_not_warned_of) {
  HttpdServer httpd;
  httpd.start(
      "CrowdConfluence On\nCrowdConfluenceURL http://localhost:8090\n"
      "<Location /a>\nCrowdConfluenceURL http://127.0.0.9:8090/wiki\n</Location>\n"
      "<Location /b>\nCrowdConfluenceURL http://[::1]:8090\n</Location>\n"
      "<Location /c>\nCrowdConfluenceURL https://wiki.example.com\n</Location>\n");
  for (const std::string& complaint : httpd.stop()) BOOST_ERROR(complaint);
}

BOOST_AUTO_TEST_CASE(the_version_is_told_at_the_start) {
  HttpdServer httpd;
  httpd.start("");
  BOOST_TEST(httpd.log().count("notice.*CCF0001: mod_crowd_confluence \\d+\\.\\d+") == 1U);
  BOOST_TEST(httpd.stop().empty());
}

BOOST_AUTO_TEST_SUITE_END()
