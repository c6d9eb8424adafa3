// Two machines with a store between them that may do anything.

#include <atomic>
#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "crowd_confluence/broker/session_broker.h"
#include "harness/broker_stage.h"
#include "harness/printing.h"

using namespace crowd_confluence;
using namespace std::chrono_literals;
using atlassian::Fault;
using atlassian::Server;
using broker_stage::find;
using broker_stage::kAddress;
using broker_stage::Machine;
using broker_stage::MemoryStore;

namespace {

struct Stage : broker_stage::Stage {
  Stage() { store = &memory_store; }

  /// A broker of another machine.
  std::unique_ptr<SessionBroker> elsewhere() {
    return std::make_unique<SessionBroker>(settings(), policy, context(other_machine));
  }
  VisitorKey key() const { return VisitorHash(machine.state.secret(), settings()).key_of(alice()); }
  std::string& sealed() { return memory_store.data.at(key()); }

  MemoryStore memory_store;
  Machine other_machine;
  std::unique_ptr<SessionBroker> here = make_broker_with_store();

 private:
  std::unique_ptr<SessionBroker> make_broker_with_store() {
    store = &memory_store;
    return make_broker();
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(session_broker_store)

BOOST_FIXTURE_TEST_CASE(another_machine_finds_the_session_without_an_exchange, Stage) {
  const Outcome first = find(*here, alice());
  BOOST_TEST(first.source == Source::exchange);
  BOOST_TEST((memory_store.last_ttl == policy.session_ttl));
  const auto there = elsewhere();
  const Outcome second = find(*there, alice());
  BOOST_TEST(second.result == Result::session);
  BOOST_TEST(second.source == Source::store);
  BOOST_TEST(second.session.user() == "alice");
  BOOST_TEST((second.session.cookies() == first.session.cookies()));
  BOOST_TEST(exchanges() == 1u);
  // From now on it is in the table there, too, and hits do not look into the store.
  const int gets = memory_store.gets;
  BOOST_TEST(find(*there, alice()).source == Source::table);
  BOOST_TEST(find(*here, alice()).source == Source::table);
  BOOST_TEST(memory_store.gets == gets);
}

BOOST_FIXTURE_TEST_CASE(a_session_lives_no_longer_than_this_machine_allows, Stage) {
  find(*here, alice());
  policy.session_ttl = 10s;
  const auto there = elsewhere();
  BOOST_TEST(find(*there, alice()).source == Source::store);
  clock.advance(10s - 1ms);
  BOOST_TEST(find(*there, alice()).source == Source::table);
  memory_store.data.clear();
  clock.advance(1ms);
  BOOST_TEST(find(*there, alice()).source == Source::exchange);
}

BOOST_FIXTURE_TEST_CASE(refusals_stay_on_their_machine, Stage) {
  BOOST_TEST(find(*here, {.token = "n0b0dy", .address = kAddress}).result == Result::rejected);
  BOOST_TEST(memory_store.data.empty());
}

BOOST_FIXTURE_TEST_CASE(a_store_that_lost_everything_costs_an_exchange, Stage) {
  find(*here, alice());
  memory_store.data.clear();
  BOOST_TEST(find(*elsewhere(), alice()).source == Source::exchange);
  BOOST_TEST(memory_store.data.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(so_does_one_that_lies, Stage) {
  find(*here, alice());
  const std::string good = sealed();
  const std::string bobs = simulator.log_in("bob", kAddress);
  const Visitor bob{.token = bobs, .address = kAddress};
  find(*here, bob);
  const std::string of_bob =
      memory_store.data.at(VisitorHash(machine.state.secret(), settings()).key_of(bob));
  const StoredSession expired{find(*here, alice()).session, std::chrono::seconds(1)};
  std::string flipped = good;
  flipped[good.size() / 2] = static_cast<char>(flipped[good.size() / 2] ^ 1);

  std::uint64_t expected = exchanges();
  for (const std::string& lie : {std::string(), std::string("junk"), std::string(100'000, '\1'),
                                 of_bob, flipped, good.substr(1), good.substr(0, good.size() - 1),
                                 seal_session(Secret::derived_from("other"), key(), expired),
                                 seal_session(machine.state.secret(), key(), expired)}) {
    Machine fresh;
    sealed() = lie;
    SessionBroker broker(settings(), policy, context(fresh));
    const Outcome outcome = find(broker, alice());
    BOOST_TEST(outcome.result == Result::session);
    BOOST_TEST(outcome.source == Source::exchange);
    BOOST_TEST(outcome.session.user() == "alice");
    BOOST_TEST(exchanges() == ++expected);
  }
}

BOOST_FIXTURE_TEST_CASE(machines_with_different_secrets_share_nothing, Stage) {
  find(*here, alice());
  Machine stranger(Secret::derived_from("other words"));
  SessionBroker broker(settings(), policy, context(stranger));
  BOOST_TEST(find(broker, alice()).source == Source::exchange);
  BOOST_TEST(memory_store.data.size() == 2u);
}

BOOST_FIXTURE_TEST_CASE(dropping_takes_it_out_of_the_store, Stage) {
  const std::string cookies(find(*here, alice()).session.cookies());
  here->drop(alice(), cookies + "x");
  BOOST_TEST(memory_store.data.size() == 1u);
  here->drop(alice(), cookies);
  BOOST_TEST(memory_store.data.empty());
  BOOST_TEST(find(*elsewhere(), alice()).source == Source::exchange);
}

BOOST_FIXTURE_TEST_CASE(also_a_session_that_was_displaced_from_the_table, Stage) {
  const std::string cookies(find(*here, alice()).session.cookies());
  machine.parts().table.drop_session(
      key(), [](std::string_view) { return true; }, clock.now(), 0ms);
  here->drop(alice(), cookies + "x");
  BOOST_TEST(memory_store.data.size() == 1u);
  here->drop(alice(), cookies);
  BOOST_TEST(memory_store.data.empty());
}

// A session that is over must not come back.

BOOST_FIXTURE_TEST_CASE(not_to_who_asks_while_it_is_being_dropped, Stage) {
  for (const bool logs_out : {true, false}) {
    token = simulator.log_in("alice", kAddress);
    const std::string cookies(find(*here, alice()).session.cookies());
    Outcome meanwhile;
    memory_store.before_remove = [&] { meanwhile = find(*here, alice()); };
    if (logs_out) {
      here->log_out(alice());
    } else {
      here->drop(alice(), cookies);
    }
    BOOST_TEST(meanwhile.source == Source::exchange);
    BOOST_TEST((meanwhile.session.cookies() != cookies));
    BOOST_TEST((find(*here, alice()).session.cookies() == meanwhile.session.cookies()));
  }
}

BOOST_FIXTURE_TEST_CASE(nor_to_who_was_just_looking_into_the_store, Stage) {
  for (const bool logs_out : {true, false}) {
    token = simulator.log_in("alice", kAddress);
    const std::string cookies(find(*here, alice()).session.cookies());
    const auto there = elsewhere();
    memory_store.after_get = [&] {
      if (logs_out) {
        there->log_out(alice());
      } else {
        there->drop(alice(), cookies);
      }
    };
    const Outcome outcome = find(*there, alice());
    BOOST_TEST(outcome.source == Source::exchange);
    BOOST_TEST((outcome.session.cookies() != cookies));
  }
}

BOOST_FIXTURE_TEST_CASE(nor_when_it_was_dropped_before_it_got_there, Stage) {
  memory_store.before_put = [&] {
    BOOST_TEST(find(*here, alice()).source == Source::table);
    here->log_out(alice());
  };
  find(*here, alice());
  BOOST_TEST(memory_store.data.empty());
  BOOST_TEST(find(*here, alice()).source == Source::exchange);
  // Nor when there is a new one by then, which another machine may do without.
  clock.advance(policy.session_ttl);
  memory_store.data.clear();
  memory_store.before_put = [&] {
    here->log_out(alice());
    BOOST_TEST(find(*here, alice()).source == Source::exchange);
  };
  find(*here, alice());
  BOOST_TEST(memory_store.data.empty());
  BOOST_TEST(find(*here, alice()).source == Source::table);
}

BOOST_FIXTURE_TEST_CASE(nor_when_it_was_dropped_while_it_was_renewed, Stage) {
  refresh = std::make_unique<BackgroundRefresh>();
  const auto broker = make_broker();
  for (const bool during_the_exchange : {true, false}) {
    const std::string cookies(find(*broker, alice()).session.cookies());
    clock.advance(policy.session_ttl * 3 / 4);
    if (during_the_exchange) {
      simulator.misbehave(Server::kConfluence, Fault::hang().once());
    } else {
      memory_store.before_put = [&] { broker->drop(alice(), cookies); };
    }
    BOOST_TEST(find(*broker, alice()).source == Source::table);
    if (during_the_exchange) {
      BOOST_TEST(simulator.wait_for_hanging(1));
      broker->log_out(alice());
      simulator.clear_faults();
    }
    BOOST_TEST(renewals_are_done());
    BOOST_TEST(memory_store.data.empty());
    BOOST_TEST(find(*broker, alice()).source == Source::exchange);
  }
  refresh.reset();
}

BOOST_FIXTURE_TEST_CASE(nor_from_a_store_that_could_not_be_told, Stage) {
  find(*here, alice());
  memory_store.is_away = true;
  here->log_out(alice());
  simulator.log_out(token);
  memory_store.is_away = false;
  BOOST_TEST(memory_store.data.size() == 1u);
  const int gets = memory_store.gets;
  memory_store.before_remove = [&] { memory_store.is_away = true; };  // not this time either
  BOOST_TEST(find(*here, alice()).result == Result::rejected);
  memory_store.is_away = false;
  clock.advance(policy.rejection_ttl);
  BOOST_TEST(memory_store.data.size() == 1u);
  const Outcome later = find(*here, alice());
  BOOST_TEST(later.result == Result::rejected);
  BOOST_TEST(later.source == Source::exchange);
  BOOST_TEST(memory_store.gets == gets);
}

BOOST_FIXTURE_TEST_CASE(once_proven_again_the_store_is_asked_again, Stage) {
  find(*here, alice());
  here->log_out(alice());
  BOOST_TEST(find(*here, alice()).source == Source::exchange);
  clock.advance(policy.session_ttl);
  BOOST_TEST(find(*here, alice()).source == Source::store);
}

BOOST_FIXTURE_TEST_CASE(a_refused_visitor_is_forgotten_by_the_store, Stage) {
  policy.rejection_ttl = 0ms;
  const auto there = elsewhere();
  for (const bool can_be_told : {true, false}) {
    token = simulator.log_in("alice", kAddress);
    find(*here, alice());
    simulator.log_out(token);
    simulator.restart_confluence();
    memory_store.is_away = true;
    memory_store.after_get = [&] { memory_store.is_away = !can_be_told; };
    BOOST_TEST(find(*there, alice()).result == Result::rejected);
    memory_store.is_away = false;
    BOOST_TEST(memory_store.data.size() == (can_be_told ? 0u : 1u));
    BOOST_TEST(find(*there, alice()).result == Result::rejected);
  }
}

BOOST_FIXTURE_TEST_CASE(followers_do_not_wait_for_the_store, Stage) {
  simulator.misbehave(Server::kConfluence, Fault::hang());
  std::promise<void> follower_is_done;
  bool was_done = false;
  memory_store.before_put = [&] {
    was_done =
        follower_is_done.get_future().wait_for(processes::kPatience) == std::future_status::ready;
  };
  std::thread leader([&] { BOOST_TEST(find(*here, alice()).source == Source::exchange); });
  BOOST_TEST(simulator.wait_for_hanging(1));
  Outcome outcome;
  std::thread follower([&] {
    here->find(alice(), outcome);
    follower_is_done.set_value();
  });
  BOOST_TEST(processes::eventually([&] { return upstream().waiting() == 2; }));
  simulator.clear_faults();
  follower.join();
  leader.join();
  BOOST_TEST(was_done);
  BOOST_TEST(outcome.result == Result::session);
  BOOST_TEST(exchanges() == 1u);
}

BOOST_FIXTURE_TEST_CASE(the_lease_covers_what_the_store_may_take, Stage) {
  memory_store.after_get = [&] { clock.advance(SessionStore::kMaxWait); };
  simulator.misbehave(Server::kConfluence, Fault::hang());
  std::thread leader([&] { BOOST_TEST(find(*here, alice()).source == Source::exchange); });
  BOOST_TEST(simulator.wait_for_hanging(1));
  clock.advance(settings().http.timeout);
  const int looks = clock.looks();
  Outcome outcome;
  std::thread follower([&] { here->find(alice(), outcome); });
  BOOST_TEST(processes::eventually([&] { return clock.looks() - looks >= 4; }));
  simulator.clear_faults();
  leader.join();
  follower.join();
  BOOST_TEST(outcome.result == Result::session);
  BOOST_TEST(exchanges() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_renewed_session_is_stored_again, Stage) {
  refresh = std::make_unique<BackgroundRefresh>();
  const auto broker = make_broker();
  find(*broker, alice());
  const std::string before = sealed();
  clock.advance(policy.session_ttl * 3 / 4);
  BOOST_TEST(find(*broker, alice()).source == Source::table);
  BOOST_TEST(renewals_are_done());
  BOOST_TEST((sealed() != before));
  refresh.reset();
}

BOOST_AUTO_TEST_SUITE_END()
