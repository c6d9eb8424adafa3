// Two servers that share their sessions through redis or memcached, as machines behind a load
// balancer do; and what a lost, lying or hanging store may cost: an exchange, and nothing else.

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <thread>

#include "stage.h"
#include "store_server.h"
#include "wait.h"

using namespace module_tests;
namespace data = boost::unit_test::data;

namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using Kind = StoreServer::Kind;

const std::vector<Kind> kKinds = {Kind::redis, Kind::memcached};
const std::string kSecret = "correct horse battery staple";

/// What httpd's providers say of a store that does not do what it should, and what we do.
const std::string kComplaint = "AH03478|AH03479|AH00790|AH00791";
const std::string kFails = "the store of CrowdConfluenceSOCache fails";
const std::string kWorks = "the store of CrowdConfluenceSOCache works again";

struct MachinesOptions {
  std::string second_secret = kSecret;
  bool store_runs = true;
  std::string directives = {};
};

/// The first machine, with Confluence and the app, and the second one.
class Machines {
 public:
  explicit Machines(Kind kind, const MachinesOptions& options = {})
      : store(kind), stage(httpd_options()), second(second_options()), options_(options) {
    if (!options.store_runs) store.stop();
    stage.keep_secret(kSecret);
    stage.start(configuration(kSecret, options.directives));
    start_second();
  }
  ~Machines() {
    stop_second();
    const std::string logs = second.logs();
    for (const std::string& token : tokens_)
      BOOST_TEST((logs.find(token) == std::string::npos), "a token is in the second one's logs");
  }
  Machines(const Machines&) = delete;
  Machines& operator=(const Machines&) = delete;

  std::string cookie(const std::string& user) {
    const std::string line = stage.cookie_line(user);
    tokens_.push_back(line.substr(line.find('=') + 1));
    return line;
  }

  Response ask_first(const std::string& cookie) { return stage.get("/", {cookie}); }
  Response ask_second(const std::string& cookie) {
    return Client(second.port()).get("/", {cookie});
  }
  std::string session_seen() { return stage.seen_by_app().cookie("JSESSIONID").at(0); }

  /// Of the visitor who is the first to be put into the store.
  std::string only_key() {
    const std::vector<std::string> keys = store.keys();
    BOOST_REQUIRE(keys.size() == 1U);
    return keys.front();
  }

  /// With nothing in its table.
  void start_second_anew() {
    stop_second();
    start_second();
  }

  void allow(const std::string& pattern) {
    for (ErrorLog* log : {&stage.httpd.log(), &second.log()}) log->allow(pattern);
  }

  /// New visitors come to both until they share a session again.
  [[nodiscard]] bool share_again() {
    const auto deadline = steady_clock::now() + seconds(30);
    while (steady_clock::now() < deadline) {
      const std::string visitor = cookie("carol");
      BOOST_TEST(ask_first(visitor).user() == "carol");
      const Response response = ask_second(visitor);
      BOOST_TEST(response.user() == "carol");
      if (response.source() == "store") return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));  // how often they come
    }
    return false;
  }

  StoreServer store;
  Stage stage;
  HttpdServer second;

 private:
  HttpdOptions httpd_options() const {
    HttpdOptions options;
    options.modules = {store.httpd_module()};
    return options;
  }
  HttpdOptions second_options() {
    HttpdOptions options = httpd_options();
    options.defines = stage.httpd.options().defines;
    return options;
  }
  std::string configuration(const std::string& secret, const std::string& directives) const {
    return "CrowdConfluenceSOCache " + store.provider() + "\nCrowdConfluenceSecret \"" + secret +
           "\"\nCrowdConfluenceURL ${CONFLUENCE} timeout=10\n" + directives + "\n" + location("/");
  }

  void start_second() { second.start(configuration(options_.second_secret, options_.directives)); }
  void stop_second() {
    for (const std::string& complaint : second.stop()) BOOST_ERROR(complaint);
  }

  const MachinesOptions options_;
  std::vector<std::string> tokens_;
};

/// As many visitors who are not known yet, at the first machine.
std::vector<Response> visit_at_once(Machines& machines, int n) {
  std::vector<std::future<Response>> visits;
  for (int i = 0; i < n; ++i)
    visits.push_back(std::async(
        std::launch::async,
        [&machines](const std::string& cookie) { return machines.ask_first(cookie); },
        machines.cookie("bob")));
  std::vector<Response> responses;
  for (std::future<Response>& visit : visits) responses.push_back(visit.get());
  return responses;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string hex(const std::string& text) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string result;
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    result += kDigits[byte >> 4];
    result += kDigits[byte & 15];
  }
  return result;
}

std::string lower(std::string text) {
  for (char& character : text)
    if (character >= 'A' && character <= 'Z') character = static_cast<char>(character - 'A' + 'a');
  return text;
}

struct Damage {
  std::string name;
  std::function<std::string(std::string)> change;
};

const std::vector<Damage> kDamages = {
    {"nothing left", [](const std::string&) { return ""; }},
    {"one byte left", [](const std::string& value) { return value.substr(0, 1); }},
    {"half of it left", [](const std::string& value) { return value.substr(0, value.size() / 2); }},
    {"the last byte lost", [](std::string value) { return value.substr(0, value.size() - 1); }},
    {"a byte more", [](const std::string& value) { return value + "x"; }},
    {"another format",
     [](std::string value) {
       value.front() = static_cast<char>(value.front() + 1);
       return value;
     }},
    {"a bit flipped in the nonce",
     [](std::string value) {
       value.at(5) = static_cast<char>(value.at(5) ^ 1);
       return value;
     }},
    {"a bit flipped in the middle",
     [](std::string value) {
       value.at(value.size() / 2) = static_cast<char>(value.at(value.size() / 2) ^ 16);
       return value;
     }},
    {"a bit flipped at the end",
     [](std::string value) {
       value.back() = static_cast<char>(value.back() ^ 128);
       return value;
     }},
    {"some text",
     [](const std::string&) { return std::string("alice JSESSIONID=forged-session"); }},
    {"zeros", [](const std::string& value) { return std::string(value.size(), '\0'); }},
    {"far too much", [](const std::string&) { return std::string(200'000, 'a'); }},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(several_machines)

BOOST_DATA_TEST_CASE(one_exchange_serves_both, data::make(kKinds), kind) {
  Machines machines(kind);
  const std::string alice = machines.cookie("alice");
  BOOST_TEST(machines.ask_first(alice).source() == "exchange");
  const std::string session = machines.session_seen();
  const Response second = machines.ask_second(alice);
  BOOST_TEST(second.source() == "store");
  BOOST_TEST(second.user() == "alice");
  BOOST_TEST(second.reason() == "known");
  BOOST_TEST((machines.session_seen() == session));
  BOOST_TEST(machines.ask_second(alice).source() == "table");
  BOOST_TEST(machines.ask_first(alice).source() == "table");
  BOOST_TEST(machines.stage.exchanges() == 1U);
  // And the other way round.
  const std::string bob = machines.cookie("bob");
  BOOST_TEST(machines.ask_second(bob).source() == "exchange");
  BOOST_TEST(machines.ask_first(bob).source() == "store");
}

BOOST_DATA_TEST_CASE(hits_never_look_at_the_store, data::make(kKinds), kind) {
  Machines machines(kind);
  const std::string alice = machines.cookie("alice");
  const std::string nobody = "Cookie: crowd.token_key=nobody-has-this-token";
  BOOST_TEST(machines.ask_first(alice).source() == "exchange");
  BOOST_TEST(machines.ask_second(alice).source() == "store");
  BOOST_TEST(machines.ask_first(nobody).source() == "exchange");
  const StoreServer::Commands before = machines.store.commands();
  BOOST_TEST(before.gets == 3U);
  BOOST_TEST(before.sets == 1U);
  for (int i = 0; i < 20; ++i) {
    BOOST_TEST(machines.ask_first(alice).source() == "table");
    BOOST_TEST(machines.ask_second(alice).source() == "table");
    BOOST_TEST(machines.ask_first(nobody).source() == "table");
    BOOST_TEST(machines.ask_first("Cookie: theme=dark").result() == "missing");
  }
  const StoreServer::Commands after = machines.store.commands();
  BOOST_TEST(after.gets == before.gets);
  BOOST_TEST(after.sets == before.sets);
  BOOST_TEST(after.removals == before.removals);
}

BOOST_DATA_TEST_CASE(refusals_are_each_machines_own, data::make(kKinds), kind) {
  Machines machines(kind);
  const std::string nobody = "Cookie: crowd.token_key=nobody-has-this-token";
  for (const Response& response : {machines.ask_first(nobody), machines.ask_second(nobody)}) {
    BOOST_TEST(response.result() == "rejected");
    BOOST_TEST(response.source() == "exchange");
  }
  BOOST_TEST(machines.store.keys().empty());
}

BOOST_DATA_TEST_CASE(a_token_from_elsewhere_finds_nothing_in_the_store, data::make(kKinds), kind) {
  Machines machines(kind);
  const std::string alice = machines.cookie("alice");
  BOOST_TEST(machines.ask_first(alice).source() == "exchange");
  const Response stolen = Client(machines.second.port(), "127.0.0.3").get("/", {alice});
  BOOST_TEST(stolen.result() == "rejected");
  BOOST_TEST(stolen.source() == "exchange");
  BOOST_TEST(machines.store.keys().size() == 1U);
}

BOOST_DATA_TEST_CASE(whoever_reads_the_store_learns_nothing, data::make(kKinds), kind) {
  Machines machines(kind);
  const std::string alice = machines.cookie("alice");
  BOOST_TEST(machines.ask_first(alice).source() == "exchange");
  const std::string session = machines.session_seen();
  const std::string key = machines.only_key();
  const std::string value = machines.store.value(key).value();
  BOOST_TEST(value.size() > session.size());
  for (const std::string& known :
       {alice.substr(alice.find('=') + 1), session, std::string("alice"), std::string("127.0.0.1"),
        std::string("JSESSIONID"), machines.stage.simulator.confluence_url(), kSecret}) {
    for (const std::string& stored : {key, value}) {
      BOOST_TEST(!contains(stored, known));
      BOOST_TEST(!contains(lower(stored), hex(known)));
    }
  }
  // Another session of the same user has nothing in common with it.
  machines.store.clear();
  BOOST_TEST(machines.ask_first(machines.cookie("alice")).source() == "exchange");
  const std::string other_key = machines.only_key();
  BOOST_TEST((other_key != key));
  BOOST_TEST((machines.store.value(other_key).value().substr(1, 12) != value.substr(1, 12)));
}

BOOST_DATA_TEST_CASE(damaged_values_cost_an_exchange, data::make(kKinds), kind) {
  Machines machines(kind);
  for (const Damage& damage : kDamages) {
    BOOST_TEST_CONTEXT(damage.name) {
      machines.store.clear();
      const std::string alice = machines.cookie("alice");
      BOOST_TEST(machines.ask_first(alice).source() == "exchange");
      const std::string key = machines.only_key();
      const std::string bad = damage.change(machines.store.value(key).value());
      machines.store.set_value(key, bad);
      machines.stage.simulator.reset_counters();
      const Response response = machines.ask_second(alice);
      BOOST_TEST(response.user() == "alice");
      BOOST_TEST(response.source() == "exchange");
      BOOST_TEST(machines.stage.exchanges() == 1U);
      BOOST_TEST(machines.ask_second(alice).source() == "table");
      BOOST_TEST(machines.ask_first(alice).source() == "table");
      // What is good takes the place of what was not.
      BOOST_TEST((machines.store.value(key).value_or(bad) != bad));
    }
  }
  // Only what is too large is worth a line, of the provider; all else is no reason to complain.
  machines.allow("AH03480|AH00792");
  BOOST_TEST(machines.second.log().count("AH03480|AH00792") == 1U);
  BOOST_TEST(machines.second.log().count(kFails) == 0U);
}

BOOST_DATA_TEST_CASE(a_session_moved_to_another_visitors_key_is_not_used, data::make(kKinds),
                     kind) {
  Machines machines(kind);
  BOOST_TEST(machines.ask_first(machines.cookie("alice")).source() == "exchange");
  const std::string session_of_alice = machines.store.value(machines.only_key()).value();
  machines.store.clear();
  const std::string bob = machines.cookie("bob");
  BOOST_TEST(machines.ask_first(bob).source() == "exchange");
  machines.store.set_value(machines.only_key(), session_of_alice);
  const Response response = machines.ask_second(bob);
  BOOST_TEST(response.source() == "exchange");
  BOOST_TEST(response.user() == "bob");
}

BOOST_DATA_TEST_CASE(with_another_secret_nothing_is_shared, data::make(kKinds), kind) {
  MachinesOptions options;
  options.second_secret = "another horse battery staple";
  Machines machines(kind, options);
  const std::string alice = machines.cookie("alice");
  BOOST_TEST(machines.ask_first(alice).source() == "exchange");
  const std::string key = machines.only_key();
  const std::string value = machines.store.value(key).value();
  BOOST_TEST(machines.ask_second(alice).source() == "exchange");
  BOOST_TEST(machines.store.keys().size() == 2U);
  BOOST_TEST((machines.store.value(key).value_or("") == value));

  // Nor does it help the second one to find the first one's session where it looks.
  machines.store.clear();
  const std::string bob = machines.cookie("bob");
  BOOST_TEST(machines.ask_second(bob).source() == "exchange");
  const std::string key_of_bob = machines.only_key();
  machines.start_second_anew();
  machines.store.set_value(key_of_bob, value);
  const std::uint64_t gets = machines.store.commands().gets;
  const Response response = machines.ask_second(bob);
  BOOST_TEST(machines.store.commands().gets == gets + 1);
  BOOST_TEST(response.source() == "exchange");
  BOOST_TEST(response.user() == "bob");
}

BOOST_DATA_TEST_CASE(what_is_dropped_is_dropped_from_the_store, data::make(kKinds), kind) {
  Machines machines(kind);
  for (const std::string header :
       {"X-Crowd-Confluence: expired", "Set-Cookie: crowd.token_key=; Path=/; Max-Age=0"}) {
    const std::string alice = machines.cookie("alice");
    BOOST_TEST(machines.ask_first(alice).source() == "exchange");
    BOOST_TEST(machines.store.keys().size() == 1U);
    AppResponse ends;
    ends.headers = {header};
    machines.stage.app.respond_with(ends);
    BOOST_TEST(machines.ask_first(alice).source() == "table");
    BOOST_TEST(machines.store.keys().empty());
    machines.stage.app.respond_with(AppResponse{});
    BOOST_TEST(machines.ask_second(alice).source() == "exchange");
    machines.store.clear();
    // Whoever had it from the store drops it as well.
    const std::string bob = machines.cookie("bob");
    BOOST_TEST(machines.ask_second(bob).source() == "exchange");
    BOOST_TEST(machines.ask_first(bob).source() == "store");
    machines.stage.app.respond_with(ends);
    BOOST_TEST(machines.ask_first(bob).source() == "table");
    BOOST_TEST(machines.store.keys().empty());
    machines.stage.app.respond_with(AppResponse{});
  }
}

BOOST_DATA_TEST_CASE(what_is_dropped_while_the_store_fails_does_not_come_back_with_it,
                     data::make(kKinds), kind) {
  Machines machines(kind);
  machines.allow(kComplaint);
  const std::string alice = machines.cookie("alice");
  BOOST_TEST(machines.ask_first(alice).source() == "exchange");
  const std::string session = machines.session_seen();
  const std::string key = machines.only_key();
  const std::string value = machines.store.value(key).value();
  machines.store.suspend();
  AppResponse logs_out;
  logs_out.headers = {"Set-Cookie: crowd.token_key=; Path=/; Max-Age=0"};
  machines.stage.app.respond_with(logs_out);
  BOOST_TEST(machines.ask_first(alice).source() == "table");
  machines.stage.app.respond_with(AppResponse{});
  machines.store.resume();
  BOOST_TEST(machines.share_again());
  machines.store.set_value(key, value);
  machines.stage.app.forget();
  BOOST_TEST(machines.ask_first(alice).source() == "exchange");
  BOOST_TEST((machines.session_seen() != session));
}

BOOST_DATA_TEST_CASE(a_short_life_is_no_reason_not_to_share, data::make(kKinds), kind) {
  MachinesOptions options;
  options.directives = "CrowdConfluenceSessionTTL 1s";
  Machines machines(kind, options);
  BOOST_TEST(machines.ask_first(machines.cookie("alice")).source() == "exchange");
  BOOST_TEST(machines.store.commands().sets == 1U);
}

BOOST_DATA_TEST_CASE(a_store_that_stops_is_done_without, data::make(kKinds), kind) {
  Machines machines(kind);
  machines.allow(kComplaint);
  const std::string alice = machines.cookie("alice");
  BOOST_TEST(machines.ask_first(alice).source() == "exchange");
  machines.store.stop();
  machines.stage.simulator.reset_counters();
  const auto began = steady_clock::now();
  BOOST_TEST(machines.ask_first(alice).source() == "table");
  BOOST_TEST(machines.ask_second(alice).source() == "exchange");
  BOOST_TEST(machines.ask_second(alice).source() == "table");
  for (int i = 0; i < 10; ++i) {
    const std::string bob = machines.cookie("bob");
    BOOST_TEST(machines.ask_first(bob).source() == "exchange");
    BOOST_TEST(machines.ask_second(bob).source() == "exchange");
  }
  BOOST_TEST(machines.stage.exchanges() == 21U);
  const auto took = steady_clock::now() - began;
  BOOST_TEST((took < seconds(5)));
  // One line of the provider for each time that the store is tried, not for each visitor.
  const auto tries = static_cast<std::size_t>(took / seconds(10)) + 1;
  for (ErrorLog* log : {&machines.stage.httpd.log(), &machines.second.log()}) {
    BOOST_TEST(log->count(kFails) == 1U);
    BOOST_TEST(log->count(kComplaint) <= tries);
  }
}

BOOST_DATA_TEST_CASE(a_store_that_starts_late_is_used_then, data::make(kKinds), kind) {
  MachinesOptions options;
  options.store_runs = false;
  Machines machines(kind, options);
  machines.allow(kComplaint);
  const std::string alice = machines.cookie("alice");
  BOOST_TEST(machines.ask_first(alice).source() == "exchange");
  BOOST_TEST(machines.ask_second(alice).source() == "exchange");
  BOOST_TEST(machines.ask_first(alice).source() == "table");
  machines.store.start();
  BOOST_TEST(machines.share_again());
  for (ErrorLog* log : {&machines.stage.httpd.log(), &machines.second.log()}) {
    BOOST_TEST(log->count(kFails) == 1U);
    BOOST_TEST(log->count(kWorks) == 1U);
  }
}

BOOST_DATA_TEST_CASE(a_store_that_hangs_delays_for_a_bounded_time, data::make(kKinds), kind) {
  Machines machines(kind);
  machines.allow(kComplaint);
  const std::string alice = machines.cookie("alice");
  BOOST_TEST(machines.ask_first(alice).source() == "exchange");
  machines.stage.simulator.reset_counters();
  machines.store.suspend();

  const auto began = steady_clock::now();
  for (const Response& response : visit_at_once(machines, 6)) {
    BOOST_TEST(response.user() == "bob");
    BOOST_TEST(response.source() == "exchange");
  }
  BOOST_TEST((steady_clock::now() - began < seconds(5)));
  BOOST_TEST(machines.stage.exchanges() == 6U);
  // From now on nobody waits.
  BOOST_TEST(machines.ask_first(alice).source() == "table");
  const auto alone = steady_clock::now();
  BOOST_TEST(machines.ask_first(machines.cookie("bob")).source() == "exchange");
  BOOST_TEST((steady_clock::now() - alone < std::chrono::milliseconds(900)));
  BOOST_TEST(machines.stage.httpd.log().count(kFails) == 1U);

  machines.store.resume();
  BOOST_TEST(machines.share_again());
}

BOOST_DATA_TEST_CASE(a_store_that_hangs_does_not_keep_httpd_from_ending, data::make(kKinds), kind) {
  Machines machines(kind);
  machines.allow(kComplaint);
  machines.store.suspend();
  BOOST_TEST(machines.ask_second(machines.cookie("alice")).source() == "exchange");
  const auto began = steady_clock::now();
  for (const std::string& complaint : machines.second.stop()) BOOST_ERROR(complaint);
  BOOST_TEST((steady_clock::now() - began < seconds(10)));
}

BOOST_AUTO_TEST_SUITE_END()
