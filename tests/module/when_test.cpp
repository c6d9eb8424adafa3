// CrowdConfluenceWhen: what happens to a request without a session.

#include <boost/test/unit_test.hpp>

#include "stage.h"

using namespace module_tests;

namespace {

const std::vector<std::string> kNavigation = {
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Fetch-Site: none"};

// A browser that knows no Sec-Fetch headers (they are only sent over https, too).
const std::vector<std::string> kPlainNavigation = {
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"};

const std::vector<std::string> kFetch = {"Accept: */*", "Sec-Fetch-Mode: cors",
                                         "Sec-Fetch-Dest: empty"};

const std::vector<std::string> kXmlHttpRequest = {"Accept: application/json, text/html, */*",
                                                  "X-Requested-With: XMLHttpRequest"};

const std::vector<std::string> kImage = {"Accept: image/avif,image/webp,*/*",
                                         "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"};

std::vector<std::string> with(std::vector<std::string> headers,
                              const std::vector<std::string>& more) {
  headers.insert(headers.end(), more.begin(), more.end());
  return headers;
}

/// The header lines that lead to the result. Of `alice`, for whom Confluence may be made to fail.
std::vector<std::string> leading_to(const std::string& result, const std::string& alice) {
  if (result == "missing") return {"Cookie: theme=dark"};
  if (result == "rejected") return {"Cookie: crowd.token_key=nobodys-token-000000000000"};
  return {alice};
}

const std::vector<std::string> kResults = {"missing", "rejected", "unavailable"};

}  // namespace

BOOST_AUTO_TEST_SUITE(when)

BOOST_AUTO_TEST_CASE(each_result_has_its_action) {
  for (const std::string& result : kResults) {
    Stage stage;
    stage.httpd.log().allow("CCF001[04]: ");
    std::string configuration = "CrowdConfluenceURL ${CONFLUENCE}\n" + location("/default/");
    configuration +=
        location("/pass/", "CrowdConfluenceWhen " + result + " pass") +
        location("/status/", "CrowdConfluenceWhen " + result + " 451") +
        location("/url/", "CrowdConfluenceWhen " + result +
                              " \"https://login.example.com/?to=%{escape:%{REQUEST_URI}}\"");
    stage.start(configuration);
    const std::string alice = stage.cookie_line("alice");
    const std::vector<std::string> headers = leading_to(result, alice);
    if (result == "unavailable")
      stage.simulator.misbehave(atlassian::Server::kConfluence, atlassian::Fault::close());

    BOOST_TEST_CONTEXT(result) {
      for (const std::string path : {"/default/", "/pass/"}) {
        const Response response = stage.get(path, with(headers, kNavigation));
        BOOST_TEST(response.status == 200);
        BOOST_TEST(response.result() == result);
        BOOST_TEST(stage.seen_by_app().target == path);
      }

      for (const auto& kind : {kNavigation, kFetch}) {
        const Response response = stage.get("/status/", with(headers, kind));
        BOOST_TEST(response.status == 451);
        BOOST_TEST(response.result() == result);
      }

      for (const auto& kind : {kNavigation, kPlainNavigation}) {
        const Response response = stage.get("/url/my%20page", with(headers, kind));
        BOOST_TEST(response.status == 302);
        BOOST_TEST(response.header("Location") == "https://login.example.com/?to=/url/my%20page");
        BOOST_TEST(response.result() == result);
      }
      for (const auto& kind : {kFetch, kXmlHttpRequest, kImage})
        BOOST_TEST(stage.get("/url/page", with(headers, kind)).status == 401);
      for (const std::string method : {"POST", "PUT", "DELETE"})
        BOOST_TEST(
            stage.client().send({method, "/url/page", with(headers, kNavigation), {}}).status ==
            401);
      BOOST_TEST(stage.app.requests().empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_session_passes_all_of_them) {
  Stage stage;
  stage.start_with(
      "CrowdConfluenceWhen missing 401\nCrowdConfluenceWhen rejected 403\n"
      "CrowdConfluenceWhen unavailable 503");
  BOOST_TEST(stage.get("/", {stage.cookie_line("alice")}).status == 200);
  BOOST_TEST(stage.get("/").status == 401);
  BOOST_TEST(stage.get("/", leading_to("rejected", "")).status == 403);
  stage.simulator.misbehave(atlassian::Server::kConfluence, atlassian::Fault::close());
  stage.httpd.log().expect("CCF0010: ");
  BOOST_TEST(stage.get("/", {stage.cookie_line("alice")}).status == 503);
  BOOST_TEST(stage.app.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_redirect_stays_on_the_server_when_the_url_does) {
  Stage stage;
  stage.start_with("CrowdConfluenceWhen missing /login");
  const Response response = stage.get("/page", kNavigation);
  BOOST_TEST(response.status == 302);
  const std::string location_header = response.header("Location");
  BOOST_TEST(location_header.substr(location_header.size() - 6) == "/login");
}

BOOST_AUTO_TEST_CASE(the_query_cannot_break_out_of_the_redirect) {
  Stage stage;
  stage.start_with("CrowdConfluenceWhen missing \"https://login.example.com/?to=%{QUERY_STRING}\"");
  const Response response = stage.get("/page?a%0d%0aSet-Cookie:%20evil=1", kNavigation);
  BOOST_TEST(response.status == 302);
  BOOST_TEST(response.headers.values("Set-Cookie").empty());
  BOOST_TEST(response.header("Location").find("https://login.example.com/?to=") == 0U);
}

BOOST_AUTO_TEST_CASE(a_redirect_leads_to_no_other_server_by_a_path) {
  Stage stage;
  stage.start("CrowdConfluenceURL ${CONFLUENCE}\n" +
              location("/path/", "CrowdConfluenceWhen missing \"/%{QUERY_STRING}\"") +
              location("/url/", "CrowdConfluenceWhen missing \"%{QUERY_STRING}\""));
  for (const std::string query :
       {"/evil.example.com", "\\evil.example.com", "%09/evil.example.com", "%2fevil.example.com",
        "%5Cevil.example.com", "%0a/evil.example.com", "%0D%0A/evil.example.com",
        "%20/evil.example.com", "x\\..\\/evil.example.com"}) {
    stage.httpd.log().expect("CCF0012: ");
    const Response response = stage.get("/path/?" + query, kNavigation);
    BOOST_TEST(response.status == 500, query);
    BOOST_TEST(response.headers.values("Location").empty());
  }
  for (const std::string query : {"//evil.example.com", "javascript:alert(1)", "ftp://example.com/",
                                  "http:///evil.example.com", "https:/evil.example.com", "http://",
                                  "data:text/html,x", "evil.example.com", "https://a\\b/"}) {
    stage.httpd.log().expect("CCF0012: ");
    BOOST_TEST(stage.get("/url/?" + query, kNavigation).status == 500, query);
  }
  for (const std::string query : {"", "login", "login?to=//x", "login?to=\\", "a//b", "%41"})
    BOOST_TEST(stage.get("/path/?" + query, kNavigation).status == 302, query);
  for (const std::string query : {"/", "/login", "https://login.example.com/a?b=c", "http://h?//x"})
    BOOST_TEST(stage.get("/url/?" + query, kNavigation).status == 302, query);
}

BOOST_AUTO_TEST_CASE(another_server_by_a_path_is_refused_at_the_start) {
  for (const std::string url : {"//login.example.com/", "/\\login.example.com/"}) {
    HttpdServer httpd;
    const auto said = httpd.start_refused("<Location />\nCrowdConfluenceWhen missing '" + url +
                                          "'\n</Location>\n");
    BOOST_TEST_REQUIRE(said.has_value());
    BOOST_TEST(said->find("CrowdConfluenceWhen: '/") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_redirect_to_itself_ends) {
  Stage stage;
  stage.httpd.write("htdocs/app/login.html", "log in");
  stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\n"
      "<Location /app/>\nCrowdConfluence On\nCrowdConfluenceWhen missing /app/login.html?to=x\n"
      "</Location>\n"
      "<Location /here/>\nCrowdConfluence On\n"
      "CrowdConfluenceWhen missing \"http://%{HTTP_HOST}%{REQUEST_URI}\"\n</Location>\n"
      "<Location /grows/>\nCrowdConfluence On\n"
      "CrowdConfluenceWhen missing \"/grows%{REQUEST_URI}\"\n</Location>\n"
      "<Location /apart/>\nCrowdConfluence On\nCrowdConfluenceWhen missing /apart/login/page\n"
      "</Location>\n"
      "<Location /apart/login/>\nCrowdConfluence Off\n</Location>\n"
      "<Location /other/>\nCrowdConfluence On\n"
      "CrowdConfluenceWhen missing \"https://login.example.com%{REQUEST_URI}\"\n</Location>\n");
  stage.httpd.log().expect("error.*CCF0012: .*again");
  BOOST_TEST(stage.get("/app/page", kNavigation).status == 302);
  for (int i = 0; i < 3; ++i)
    for (const std::string path :
         {"/app/login.html", "/app/login%2ehtml?to=y", "/here/page", "/grows/page"})
      BOOST_TEST(stage.get(path, kNavigation).status == 500, path);
  // Of each line, once.
  BOOST_TEST(stage.httpd.log().wait_for("error.*CCF0012: ", 3));
  BOOST_TEST(stage.httpd.log().count("error.*CCF0012: ") == 3U);
  for (const std::string path : {"/apart/page", "/other/page"})
    BOOST_TEST(stage.get(path, kNavigation).status == 302, path);
}

BOOST_AUTO_TEST_CASE(no_cache_keeps_a_refusal) {
  Stage stage;
  stage.httpd.write("htdocs/denied.html", "Please log in first.");
  stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\nErrorDocument 403 /denied.html\n"
      "ErrorDocument 402 https://example.com/pay\nErrorDocument 404 \"Not for you.\"\n" +
      location("/402/", "CrowdConfluenceWhen missing 402") +
      location("/403/", "CrowdConfluenceWhen missing 403") +
      location("/404/", "CrowdConfluenceWhen missing 404") +
      location("/503/", "CrowdConfluenceWhen missing 503") +
      location("/url/", "CrowdConfluenceWhen missing https://login.example.com/") +
      location("/pass/"));
  const std::vector<std::pair<std::string, std::vector<std::string>>> refused = {
      {"/402/", kNavigation}, {"/403/", kNavigation}, {"/404/", kNavigation},
      {"/503/", kFetch},      {"/url/", kNavigation}, {"/url/", kFetch}};
  for (const auto& [path, headers] : refused) {
    const Response response = stage.get(path, headers);
    BOOST_TEST(response.status >= 300, path);
    BOOST_TEST(response.headers.values("Cache-Control") == std::vector<std::string>{"no-store"},
               boost::test_tools::per_element());
    // Nobody knows when the user will have logged in.
    BOOST_TEST(response.headers.values("Retry-After").empty(), path);
  }
  const Response passed = stage.get("/pass/", kNavigation);
  BOOST_TEST(passed.headers.values("Cache-Control").empty());
}

BOOST_AUTO_TEST_CASE(who_is_refused_as_unavailable_is_told_when_to_come_back) {
  Stage stage;
  stage.httpd.log().allow("CCF001[04]: ");
  stage.httpd.write("htdocs/later.html", "Please come back later.");
  const std::string whens =
      "CrowdConfluenceWhen unavailable 503\nCrowdConfluenceWhen rejected 403\n";
  stage.start("CrowdConfluenceURL ${CONFLUENCE} retry=7\nErrorDocument 503 /later.html\n" +
              location("/503/", whens) + location("/pass/") +
              location("/url/", "CrowdConfluenceWhen unavailable https://status.example.com/") +
              "<Location /milliseconds/>\nCrowdConfluenceURL ${CONFLUENCE} retry=1500ms\n"
              "</Location>\n" +
              location("/milliseconds/", whens));
  BOOST_TEST(stage.get("/503/", leading_to("rejected", "")).headers.values("Retry-After").empty());
  // As Confluence says, within what it is left alone for at most.
  const std::vector<std::pair<std::string, std::string>> said = {
      {"20", "20"}, {"3600", "70"}, {"0", "7"}, {"9223372036854775807", "7"}, {"soon", "7"}};
  for (const auto& [from, to] : said) {
    stage.simulator.clear_faults();
    BOOST_TEST_CONTEXT("Retry-After: " << from) {
      stage.simulator.misbehave(
          atlassian::Server::kConfluence,
          atlassian::Fault::respond_with("HTTP/1.1 503 Unavailable\r\nRetry-After: " + from +
                                         "\r\nContent-Length: 0\r\n\r\n"));
      const std::string fresh = stage.cookie_line("alice");
      BOOST_TEST(stage.get("/503/", {fresh}).header("Retry-After") == to);
      stage.simulator.clear_faults();
      BOOST_TEST(stage.get("/503/", {stage.cookie_line("bob")}).status == 200);
    }
  }

  stage.simulator.misbehave(atlassian::Server::kConfluence, atlassian::Fault::close());
  const std::string fresh = stage.cookie_line("alice");
  for (int i = 0; i < 5; ++i) {
    const Response response = stage.get("/503/", {fresh});
    BOOST_TEST(response.status == 503);
    BOOST_TEST(response.body == "Please come back later.");
    BOOST_TEST(response.header("Retry-After") == "7");
    BOOST_TEST(response.header("Cache-Control") == "no-store");
  }
  BOOST_TEST(stage.get("/url/", with(kFetch, {fresh})).header("Retry-After") == "7");
  BOOST_TEST(stage.get("/milliseconds/", {fresh}).header("Retry-After") == "2");
  BOOST_TEST(stage.get("/pass/", {fresh}).headers.values("Retry-After").empty());
}

// Documented: who gets the log-in page, and who 401.
BOOST_AUTO_TEST_CASE(a_page_for_a_person_is_redirected_and_nothing_else) {
  Stage stage;
  stage.start_with("CrowdConfluenceWhen missing https://login.example.com/");
  const std::vector<std::pair<std::string, std::vector<std::string>>> redirected = {
      {"a browser's tab", kNavigation},
      {"an old browser's", kPlainNavigation},
      {"a frame", {"Accept: */*", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"}},
      {"a download by a link", {"Accept: */*", "Sec-Fetch-Mode: navigate"}}};
  for (const auto& [who, headers] : redirected)
    BOOST_TEST(stage.get("/", headers).status == 302, who);
  const std::vector<std::pair<std::string, std::vector<std::string>>> refused = {
      {"curl and Office", {"Accept: */*"}},
      {"a program", {"Accept;"}},
      {"a REST client", {"Accept: application/json"}},
      {"fetch()", kFetch},
      {"fetch() of HTML", {"Accept: text/html", "Sec-Fetch-Mode: same-origin"}},
      {"XMLHttpRequest", kXmlHttpRequest},
      {"an image", kImage},
      {"an event stream", {"Accept: text/event-stream", "Sec-Fetch-Mode: cors"}}};
  for (const auto& [who, headers] : refused) BOOST_TEST(stage.get("/", headers).status == 401, who);
}

BOOST_AUTO_TEST_CASE(an_error_document_explains) {
  Stage stage;
  stage.httpd.write("htdocs/denied.html", "Please log in first.");
  stage.start("CrowdConfluenceURL ${CONFLUENCE}\nErrorDocument 403 /denied.html\n" +
              location("/app/", "CrowdConfluenceWhen missing 403"));
  const Response response = stage.get("/app/");
  BOOST_TEST(response.status == 403);
  BOOST_TEST(response.body == "Please log in first.");
}

BOOST_AUTO_TEST_CASE(the_line_that_refused_does_not_refuse_the_error_document) {
  Stage stage;
  stage.start(
      "CrowdConfluenceURL ${CONFLUENCE}\nCrowdConfluence On\nCrowdConfluenceWhen missing 403\n"
      "ErrorDocument 403 /app/denied\nProxyPass /app/ ${APP}/app/\n");
  stage.app.respond_with(AppResponse{404, {}, "Please log in first."});
  const Response response = stage.get("/app/page", {"Cookie: JSESSIONID=spoofed-by-the-browser"});
  BOOST_TEST(response.body == "Please log in first.");
  // The page comes from a server with a status of its own.
  BOOST_TEST(response.status == 404);
  const AppRequest request = stage.seen_by_app();
  BOOST_TEST(request.target == "/app/denied");
  BOOST_TEST(request.cookies().empty());
}

BOOST_AUTO_TEST_CASE(another_line_does) {
  Stage stage;
  stage.start("CrowdConfluenceURL ${CONFLUENCE}\nErrorDocument 403 /closed/page\n" +
              location("/app/", "CrowdConfluenceWhen missing 403") +
              location("/closed/", "CrowdConfluenceWhen missing 401"));
  const Response response = stage.get("/app/page");
  BOOST_TEST(response.status == 403);
  BOOST_TEST(stage.app.requests().empty());
}

BOOST_AUTO_TEST_SUITE_END()
