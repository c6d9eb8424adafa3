#include "crowd_confluence/broker/bounded_store.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <string>

#include "harness/processes.h"

using namespace crowd_confluence;
using namespace std::chrono_literals;

namespace {

constexpr VisitorKey kKey = {1, 2};

/// A store in memory that can fail, hang and throw.
class Fickle final : public BlockingStore {
 public:
  Answer get(const VisitorKey& key, std::string& data) override {
    ++calls;
    misbehave();
    const std::lock_guard<std::mutex> lock(mutex);
    const auto found = kept.find(key);
    if (fails) return Answer::failed;
    if (found == kept.end()) return Answer::absent;
    data = found->second;
    return Answer::done;
  }
  Answer put(const VisitorKey& key, std::string_view data, std::chrono::milliseconds ttl) override {
    ++calls;
    misbehave();
    const std::lock_guard<std::mutex> lock(mutex);
    if (fails) return Answer::failed;
    kept[key] = data;
    last_ttl = ttl;
    return Answer::done;
  }
  Answer remove(const VisitorKey& key) override {
    ++calls;
    misbehave();
    const std::lock_guard<std::mutex> lock(mutex);
    removed = true;
    if (fails) return Answer::failed;
    return kept.erase(key) != 0 ? Answer::done : Answer::absent;
  }
  void begins_to_fail(bool has_timed_out) noexcept override {
    ++failures;
    timed_out = has_timed_out;
  }
  void works_again() noexcept override { ++recoveries; }

  std::atomic<bool> fails{false};
  std::atomic<bool> throws{false};
  std::atomic<bool> hangs{false};
  std::promise<void> may_go_on;
  std::shared_future<void> goes_on = may_go_on.get_future().share();
  std::atomic<bool> removed{false};
  std::atomic<bool> timed_out{false};
  std::atomic<int> calls{0};
  std::atomic<int> failures{0};
  std::atomic<int> recoveries{0};
  std::mutex mutex;
  std::map<VisitorKey, std::string> kept;
  std::chrono::milliseconds last_ttl{};

 private:
  void misbehave() {
    if (throws) throw std::bad_alloc();
    if (hangs) goes_on.wait_for(processes::kPatience);
  }
};

struct Stage {
  std::shared_ptr<Fickle> fickle = std::make_shared<Fickle>();
  BoundedStore store{fickle};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(bounded_store)

BOOST_FIXTURE_TEST_CASE(calls_reach_the_store_and_answers_come_back, Stage) {
  BOOST_TEST(!store.get(kKey).has_value());
  store.put(kKey, "sealed", 5s);
  BOOST_TEST(store.get(kKey).value_or("") == "sealed");
  BOOST_TEST((fickle->last_ttl == 5s));
  store.remove(kKey);
  BOOST_TEST(!store.get(kKey).has_value());
  BOOST_TEST(fickle->failures == 0);
}

BOOST_FIXTURE_TEST_CASE(what_is_absent_is_no_failure, Stage) {
  store.remove(kKey);
  BOOST_TEST(!store.get(kKey).has_value());
  BOOST_TEST(fickle->failures == 0);
}

BOOST_FIXTURE_TEST_CASE(a_store_that_failed_is_left_alone_and_its_failure_told_once, Stage) {
  fickle->fails = true;
  BOOST_TEST(!store.get(kKey).has_value());
  const int calls = fickle->calls;
  for (int i = 0; i < 5; ++i) BOOST_TEST(!store.get(kKey).has_value());
  store.put(kKey, "sealed", 5s);
  BOOST_TEST(fickle->calls == calls);
  BOOST_TEST(fickle->failures == 1);
  BOOST_TEST(!fickle->timed_out);
  BOOST_TEST(fickle->recoveries == 0);
}

BOOST_FIXTURE_TEST_CASE(a_failing_put_and_a_failing_remove_count_too, Stage) {
  fickle->fails = true;
  store.put(kKey, "sealed", 5s);
  BOOST_TEST(fickle->failures == 1);
  Stage other;
  other.fickle->fails = true;
  other.store.remove(kKey);
  BOOST_TEST(other.fickle->failures == 1);
}

BOOST_FIXTURE_TEST_CASE(a_store_that_fails_is_told_of_a_removal_all_the_same, Stage) {
  fickle->fails = true;
  store.get(kKey);
  store.remove(kKey);
  BOOST_TEST(processes::eventually([&] { return fickle->removed.load(); }));
}

BOOST_FIXTURE_TEST_CASE(nobody_waits_for_a_store_that_hangs_longer_than_promised, Stage) {
  fickle->hangs = true;
  const auto began = std::chrono::steady_clock::now();
  BOOST_TEST(!store.get(kKey).has_value());
  const auto took = std::chrono::steady_clock::now() - began;
  BOOST_TEST((took >= SessionStore::kMaxWait));
  BOOST_TEST((took < SessionStore::kMaxWait + 10s));
  BOOST_TEST(fickle->failures == 1);
  BOOST_TEST(fickle->timed_out);
  const int calls = fickle->calls;
  BOOST_TEST(!store.get(kKey).has_value());
  BOOST_TEST(fickle->calls == calls);
  fickle->may_go_on.set_value();
}

BOOST_AUTO_TEST_CASE(the_end_does_not_wait_for_a_call_that_hangs) {
  const auto fickle = std::make_shared<Fickle>();
  fickle->hangs = true;
  {
    BoundedStore store(fickle);
    store.get(kKey);
    BOOST_TEST(fickle->calls == 1);
  }
  fickle->may_go_on.set_value();
  // The thread that hung lets go of the store, which then is nobody's but the test's.
  BOOST_TEST(processes::eventually([&] { return fickle.use_count() == 1; }));
}

BOOST_FIXTURE_TEST_CASE(a_store_that_throws_has_failed, Stage) {
  fickle->throws = true;
  BOOST_TEST(!store.get(kKey).has_value());
  BOOST_TEST(fickle->failures == 1);
  fickle->throws = false;
  store.remove(kKey);
  BOOST_TEST(processes::eventually([&] { return fickle->removed.load(); }));
}

BOOST_AUTO_TEST_SUITE_END()
