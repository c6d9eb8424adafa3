// No cache keeps one user's page for another: neither mod_cache, in this httpd, nor those outside,
// which Cache-Control tells.

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "read_file.h"
#include "stage.h"

using namespace module_tests;

namespace {

HttpdOptions with_mod_cache() {
  HttpdOptions options;
  options.modules = {"cache", "cache_disk", "cache_socache", "socache_shmcb", "expires"};
  return options;
}

struct Caching {
  std::string name;
  std::string directives;
  bool is_quick;
};

std::vector<Caching> all_caches() {
  const std::vector<std::pair<std::string, std::string>> stores = {
      {"disk", "CacheRoot \"${ROOT}/cache\"\nCacheEnable disk /\n"},
      {"socache", "CacheSocache shmcb\nCacheEnable socache /\n"}};
  std::vector<Caching> all;
  for (const auto& [name, directives] : stores)
    for (const std::string quick : {"On", "Off"})
      all.push_back({name + ", quick handler " + quick,
                     directives + "CacheQuickHandler " + quick + "\n", quick == "On"});
  return all;
}

void make_cache_folder(const Stage& stage) {
  const std::filesystem::path folder = stage.httpd.root() / "cache";
  std::filesystem::create_directory(folder);
  std::filesystem::permissions(folder, std::filesystem::perms(0777));
}

bool is_cached_on_disk(const Stage& stage, const std::string& text) {
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(stage.httpd.root() / "cache"))
    if (entry.is_regular_file() && read_file(entry.path()).find(text) != std::string::npos)
      return true;
  return false;
}

const std::string kLongAgo = "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT";
const std::string kFarOff = "Expires: Fri, 01 Jan 2100 00:00:00 GMT";

/// What an app that knows nothing of caches may send, by path.
const std::vector<std::pair<std::string, std::vector<std::string>>> kPages = {
    {"max-age", {"Cache-Control: max-age=600"}},
    {"last-modified", {kLongAgo}},
    {"expires", {kFarOff}},
    {"etag", {"ETag: \"1\""}},
    {"no-cache", {"Cache-Control: no-cache, max-age=600", kLongAgo}},
    {"must-revalidate", {"Cache-Control: max-age=600, must-revalidate"}},
    {"private-header", {"Cache-Control: private=\"Set-Cookie\", max-age=600"}},
    {"quoted", {"Cache-Control: max-age=600, note=\"public, s-maxage=60\""}},
    {"open-quote", {"Cache-Control: max-age=600, note=\"public"}},
    {"malformed", {"Cache-Control: max-age=600, public=1, s-maxage=soon, publicity"}},
    {"private", {"Cache-Control: private, max-age=600"}},
    {"no-store", {"Cache-Control: no-store, max-age=600"}},
    {"both", {"Cache-Control: public, max-age=600", "Cache-Control: private"}},
};

const std::vector<std::pair<std::string, std::vector<std::string>>> kPublicPages = {
    {"public", {"Cache-Control: public, max-age=600"}},
    {"s-maxage", {"Cache-Control: s-maxage=600"}},
    {"second-line", {"Cache-Control: max-age=600", "Cache-Control: note=\"a, b\", Public"}},
    {"quoted-seconds", {"Cache-Control: max-age=600, S-MAXAGE=\"600\", public"}},
};

const std::vector<std::string>* headers_of(const std::string& page) {
  for (const auto* pages : {&kPages, &kPublicPages})
    for (const auto& [name, headers] : *pages)
      if (name == page) return &headers;
  return nullptr;
}

/// Pages that differ by session, with the headers that the last part of the path names.
AppResponse page_of_user(const Stage& stage, const AppRequest& request) {
  std::string user = "nobody";
  for (const std::string& session : request.cookie("JSESSIONID")) user = stage.owner_of(session);
  AppResponse response{200, {}, "page of " + user};
  if (const auto* headers = headers_of(request.target.substr(request.target.rfind('/') + 1)))
    response.headers = *headers;
  return response;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines) all += (all.empty() ? "" : ", ") + line;
  return all;
}

std::string cache_control(const Response& response) {
  return joined(response.headers.values("Cache-Control"));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(caches)

// The last two sections have mod_cache store what it otherwise would not, or before this module is
// asked.
BOOST_AUTO_TEST_CASE(nobody_gets_anothers_page) {
  for (const auto& [name, directives, is_quick] : all_caches()) {
    Stage stage(with_mod_cache());
    make_cache_folder(stage);
    stage.app.respond_with([&](const AppRequest& request) { return page_of_user(stage, request); });
    stage.start(
        directives + "CacheIgnoreCacheControl On\nCacheIgnoreNoLastMod On\n" +
        "CrowdConfluenceURL ${CONFLUENCE}\n" + location("/app/") +
        location("/marked/", "SetOutputFilter CACHE\nCacheStorePrivate On") +
        location("/header/", "CrowdConfluencePassAs header\nHeader set Cache-Control max-age=600") +
        location("/stubborn/", "CacheStorePrivate On\nCacheStoreNoStore On\nCacheStoreExpired On"));
    const std::string alice = stage.cookie_line("alice");
    const std::string bob = stage.cookie_line("bob");
    std::vector<std::string> paths = {"/header/any"};
    for (const std::string place : {"/app/", "/marked/", "/stubborn/"})
      // mod_cache knows the mark without the quick handler only.
      if (place != "/marked/" || !is_quick)
        for (const auto& page : kPages) paths.push_back(place + page.first);
    for (const std::string& path : paths) {
      BOOST_TEST_CONTEXT(name << ", " << path) {
        const std::size_t asked = stage.app.requests().size();
        const Response first = stage.get(path, {alice});
        const Response second = stage.get(path, {bob});
        const Response third = stage.get(path);
        if (path != "/header/any") {
          BOOST_TEST(first.body == "page of alice");
          BOOST_TEST(second.body == "page of bob");
          BOOST_TEST(third.body == "page of nobody");
        }
        BOOST_TEST(stage.app.requests().size() == asked + 3);
        if (path.find("no-store") == std::string::npos)
          BOOST_TEST(cache_control(first).find("private") != std::string::npos);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(what_is_said_to_be_for_all_is_kept_for_all_and_no_secret_with_it) {
  for (const auto& [name, directives, is_quick] : all_caches()) {
    Stage stage(with_mod_cache());
    make_cache_folder(stage);
    stage.app.respond_with([](const AppRequest& request) {
      const auto* headers = headers_of(request.target.substr(request.target.rfind('/') + 1));
      return AppResponse{200, headers != nullptr ? *headers : std::vector<std::string>{},
                         "for all"};
    });
    stage.start(directives + "CrowdConfluenceURL ${CONFLUENCE}\n" + location("/app/") +
                location("/header/", "CrowdConfluencePassAs header") +
                location("/admin/", "Header set Cache-Control \"public, max-age=600\""));
    const std::string alice = stage.cookie_line("alice");
    const std::string bob = stage.cookie_line("bob");
    std::vector<std::string> paths = {"/header/public", "/admin/max-age"};
    for (const auto& page : kPublicPages) paths.push_back("/app/" + page.first);
    for (const std::string& path : paths) {
      BOOST_TEST_CONTEXT(name << ", " << path) {
        stage.app.forget();
        const Response first = stage.get(path, {alice});
        BOOST_TEST(first.body == "for all");
        BOOST_TEST(cache_control(first).find("private") == std::string::npos);
        const AppRequest request = stage.seen_by_app();
        BOOST_TEST(stage.get(path, {bob}).body == "for all");
        BOOST_TEST(stage.get(path).body == "for all");
        BOOST_TEST(stage.app.requests().empty());
        BOOST_CHECK(!is_cached_on_disk(stage, alice.substr(alice.find('=') + 1)));
        const std::string session =
            path.starts_with("/header/") ? request.headers.value("X-Confluence-Cookie").value_or("")
            : request.cookie("JSESSIONID").empty() ? ""
                                                   : request.cookie("JSESSIONID").front();
        BOOST_TEST_REQUIRE(!session.empty());
        BOOST_CHECK(!is_cached_on_disk(stage, session));
      }
    }
  }
}

// Then mod_cache has a copy of the request's headers from before, which it stores.
BOOST_AUTO_TEST_CASE(nor_is_there_a_secret_with_what_takes_the_place_of_a_stale_page) {
  for (const std::string quick : {"On", "Off"}) {
    Stage stage(with_mod_cache());
    make_cache_folder(stage);
    stage.start("CacheRoot \"${ROOT}/cache\"\nCacheEnable disk /\nCacheQuickHandler " + quick +
                "\nCrowdConfluenceURL ${CONFLUENCE}\n" + location("/app/"));
    const std::string alice = stage.cookie_line("alice");
    BOOST_TEST_CONTEXT("quick handler " << quick) {
      const auto answer_with = [&](const std::string& body, unsigned status) {
        stage.app.respond_with(
            AppResponse{status,
                        {"Cache-Control: public, max-age=0, s-maxage=0", "ETag: \"" + body + "\""},
                        status == 200 ? body : ""});
      };
      answer_with("first", 200);
      BOOST_TEST(stage.get("/app/page").body == "first");
      stage.app.forget();
      answer_with("second", 200);
      BOOST_TEST(stage.get("/app/page", {alice}).body == "second");
      const AppRequest replacing = stage.seen_by_app();
      // Otherwise this test tests nothing.
      BOOST_TEST(replacing.headers.value("If-None-Match").value_or("") == "\"first\"");
      BOOST_TEST_REQUIRE(replacing.cookie("JSESSIONID").size() == 1U);
      BOOST_CHECK(is_cached_on_disk(stage, "second"));
      BOOST_CHECK(!is_cached_on_disk(stage, replacing.cookie("JSESSIONID").front()));
      answer_with("second", 304);
      const Response confirmed = stage.get("/app/page", {alice});
      BOOST_TEST(confirmed.status == 200);
      BOOST_TEST(confirmed.body == "second");
      // The app got the session nevertheless.
      BOOST_TEST(stage.seen_by_app().cookie("JSESSIONID").size() == 1U);
      BOOST_CHECK(!is_cached_on_disk(stage, replacing.cookie("JSESSIONID").front()));
    }
  }
}

// A page of nobody's that became stale: the app says that alice's is the same, or another one.
BOOST_AUTO_TEST_CASE(a_stale_page_of_nobody_is_not_mixed_with_a_users) {
  for (const auto& [name, directives, is_quick] : all_caches()) {
    Stage stage(with_mod_cache());
    make_cache_folder(stage);
    stage.start(directives + "CrowdConfluenceURL ${CONFLUENCE}\n" +
                location("/app/", "CacheStorePrivate On"));
    const std::string alice = stage.cookie_line("alice");
    stage.app.respond_with([&](const AppRequest& request) {
      AppResponse response = page_of_user(stage, request);
      response.headers = {"Cache-Control: max-age=0", "ETag: \"1\""};
      if (request.headers.value("If-None-Match")) response.status = 304, response.body = "";
      return response;
    });
    BOOST_TEST_CONTEXT(name) {
      BOOST_TEST(stage.get("/app/page").body == "page of nobody");
      const Response response = stage.get("/app/page", {alice});
      BOOST_TEST(response.status == 200);
      BOOST_TEST(response.body == "page of alice");
      BOOST_TEST(stage.get("/app/page").body == "page of nobody");
    }
  }
}

BOOST_AUTO_TEST_CASE(what_differs_by_cookie_or_sets_one_is_not_kept) {
  for (const auto& [name, directives, is_quick] : all_caches()) {
    Stage stage(with_mod_cache());
    make_cache_folder(stage);
    stage.start(directives + "CrowdConfluenceURL ${CONFLUENCE}\n" + location("/app/") +
                location("/header/", "CrowdConfluencePassAs header"));
    const std::string alice = stage.cookie_line("alice");
    const std::string bob = stage.cookie_line("bob");
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"/app/1", "Vary: Accept, Cookie"},
        {"/app/2", "Vary: accept,COOKIE"},
        {"/app/3", "Set-Cookie: crowd.token_key=of-one-user; Path=/"},
        {"/header/1", "Vary: X-Confluence-Cookie"}};
    for (const auto& [path, header] : cases) {
      BOOST_TEST_CONTEXT(name << ", " << header) {
        stage.app.respond_with(
            AppResponse{200, {"Cache-Control: public, max-age=600", header}, "for some"});
        const std::size_t asked = stage.app.requests().size();
        for (const std::string& user : {alice, bob, alice})
          BOOST_TEST(stage.get(path, {user}).status == 200);
        BOOST_TEST(stage.app.requests().size() == asked + 3);
      }
    }
  }
}

// A page of httpd's own that includes two of the app's: mod_cache stores all of them.
BOOST_AUTO_TEST_CASE(an_included_page_is_not_kept) {
  for (const auto& [name, directives, is_quick] : all_caches()) {
    Stage stage(with_mod_cache());
    make_cache_folder(stage);
    stage.httpd.write("htdocs/on/page.shtml", "<!--#include virtual=\"/app/expires\" -->" +
                                                  std::string(20'000, ' ') +
                                                  "<!--#include virtual=\"/app/max-age\" -->");
    stage.app.respond_with([&](const AppRequest& request) { return page_of_user(stage, request); });
    stage.start(directives + "CacheDisable /on\nCrowdConfluenceURL ${CONFLUENCE}\n" +
                location("/app/") +
                "<Location /on/>\nCrowdConfluence On\n</Location>\n"
                "<Directory \"${ROOT}/htdocs/on\">\nOptions +Includes\n"
                "AddOutputFilter INCLUDES .shtml\nAddType text/html .shtml\n"
                "Header set Cache-Control public\n</Directory>\n");
    const std::string alice = stage.cookie_line("alice");
    const std::string bob = stage.cookie_line("bob");
    BOOST_TEST_CONTEXT(name) {
      // httpd forgets the port that the browser named when it includes, and mod_cache has another
      // key for each port: whoever asks for the included page must do so in the same way.
      for (const auto& [user, cookie] : {std::pair{"alice", alice}, std::pair{"bob", bob}}) {
        const std::string body = stage.get("/on/page.shtml", {cookie}).body;
        const std::string expected = std::string("page of ") + user;
        BOOST_TEST(body.starts_with(expected));
        BOOST_TEST(body.ends_with(expected));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(caches_outside_are_told) {
  Stage stage;
  stage.httpd.write("htdocs/error/404.html", "Not here.");
  stage.app.respond_with([](const AppRequest& request) {
    const std::string page = request.target.substr(request.target.rfind('/') + 1);
    const auto* headers = headers_of(page);
    const unsigned status = page.size() == 3 ? static_cast<unsigned>(std::stoi(page)) : 200U;
    return AppResponse{status, headers != nullptr ? *headers : std::vector<std::string>{},
                       status == 304 ? "" : "body"};
  });
  stage.start("CrowdConfluenceURL ${CONFLUENCE}\nErrorDocument 404 /error/404.html\n" +
              location("/app/") + location("/pages/", "ProxyErrorOverride On") +
              "<Location /files/>\nCrowdConfluence On\n</Location>\n");
  const std::string alice = stage.cookie_line("alice");

  const std::vector<std::pair<std::string, std::string>> expected = {
      {"/app/", "private"},
      {"/app/302", "private"},
      {"/app/304", "private"},
      {"/app/404", "private"},
      {"/app/500", "private"},
      {"/pages/404", "private"},
      {"/files/none", "private"},
      {"/app/max-age", "private, max-age=600"},
      {"/app/private-header", "private, private=\"Set-Cookie\", max-age=600"},
      {"/app/open-quote", "private, max-age=600, note=\"public"},
      {"/app/private", "private, max-age=600"},
      {"/app/no-store", "no-store, max-age=600"},
      {"/app/both", "public, max-age=600, private"},
      {"/app/public", "public, max-age=600"},
      {"/app/s-maxage", "s-maxage=600"},
      {"/app/second-line", "max-age=600, note=\"a, b\", Public"}};
  for (const auto& [path, value] : expected) {
    BOOST_TEST(cache_control(stage.get(path, {alice})) == value, path);
    BOOST_TEST(cache_control(stage.client().send({"HEAD", path, {alice}, {}})) == value, path);
  }
}

BOOST_AUTO_TEST_CASE(without_a_session_the_apps_headers_stay) {
  Stage stage;
  stage.app.respond_with([](const AppRequest& request) {
    const auto* headers = headers_of(request.target.substr(1));
    return AppResponse{200, headers != nullptr ? *headers : std::vector<std::string>{}, "body"};
  });
  stage.start_with();
  const std::string nobody = "Cookie: crowd.token_key=nobodys-token-000000000000";
  for (const std::vector<std::string>& headers :
       {std::vector<std::string>{}, std::vector<std::string>{nobody}}) {
    BOOST_TEST(cache_control(stage.get("/max-age", headers)) == "max-age=600");
    BOOST_TEST(cache_control(stage.get("/last-modified", headers)) == "");
    BOOST_TEST(cache_control(stage.get("/public", headers)) == "public, max-age=600");
  }
}

BOOST_AUTO_TEST_SUITE_END()
