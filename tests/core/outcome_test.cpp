#include "crowd_confluence/outcome.h"

#include <boost/test/unit_test.hpp>
#include <set>
#include <string>
#include <utility>

#include "harness/printing.h"

using namespace crowd_confluence;

namespace {

/// The words that logs, variables and documents rely on. None of them may change.
const std::pair<Reason, std::string_view> kWords[] = {
    {Reason::known, "known"},
    {Reason::seraph, "seraph"},
    {Reason::no_cookie, "no-cookie"},
    {Reason::empty_cookie, "empty-cookie"},
    {Reason::malformed_cookie, "malformed-cookie"},
    {Reason::anonymous, "anonymous"},
    {Reason::unauthorized, "unauthorized"},
    {Reason::login_denied, "login-denied"},
    {Reason::login_failed, "login-failed"},
    {Reason::logged_out, "logged-out"},
    {Reason::login_page, "login-page"},
    {Reason::not_permitted, "not-permitted"},
    {Reason::timeout, "timeout"},
    {Reason::refused, "refused"},
    {Reason::name_lookup, "name-lookup"},
    {Reason::tls, "tls"},
    {Reason::proxy, "proxy"},
    {Reason::network, "network"},
    {Reason::protocol, "protocol"},
    {Reason::too_large, "too-large"},
    {Reason::rate_limited, "rate-limited"},
    {Reason::server_error, "server-error"},
    {Reason::redirect, "redirect"},
    {Reason::forbidden, "forbidden"},
    {Reason::unexpected_answer, "unexpected-answer"},
    {Reason::no_session_cookie, "no-session-cookie"},
    {Reason::bad_address, "bad-address"},
    {Reason::breaker_open, "breaker-open"},
    {Reason::too_many_waiting, "too-many-waiting"},
    {Reason::leader_lost, "leader-lost"},
    {Reason::internal, "internal"},
    {Reason::cached_answer, "cached-answer"},
    {Reason::gateway, "gateway"},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(outcome)

BOOST_AUTO_TEST_CASE(every_reason_has_its_word) {
  std::set<Reason> listed;
  for (const auto& [reason, word] : kWords) {
    BOOST_TEST(to_string(reason) == word);
    listed.insert(reason);
  }
  // A new reason needs a line above.
  for (int i = 0; i <= static_cast<int>(kLastReason); ++i) {
    BOOST_TEST(listed.contains(static_cast<Reason>(i)), "reason number " << i);
  }
}

BOOST_AUTO_TEST_CASE(every_word_is_one_of_a_kind_and_one_word) {
  std::set<std::string_view> words;
  for (int i = 0; i <= static_cast<int>(kLastReason); ++i) {
    const std::string_view word = to_string(static_cast<Reason>(i));
    BOOST_TEST(words.insert(word).second, word);
    BOOST_TEST(!word.empty());
    BOOST_TEST(word.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos,
               word);
  }
}

BOOST_AUTO_TEST_CASE(every_reason_is_explained) {
  std::set<std::string_view> sentences;
  for (int i = 0; i <= static_cast<int>(kLastReason); ++i) {
    const auto reason = static_cast<Reason>(i);
    const std::string_view sentence = explanation(reason);
    BOOST_TEST(sentences.insert(sentence).second, to_string(reason) << ": " << sentence);
    BOOST_TEST(sentence.find(' ') != std::string_view::npos, to_string(reason));
    BOOST_TEST(!sentence.ends_with('.'), to_string(reason));
    BOOST_TEST(sentence != to_string(reason));
  }
}

BOOST_AUTO_TEST_CASE(results_have_the_words_of_the_documents) {
  BOOST_TEST(to_string(Result::session) == "session");
  BOOST_TEST(to_string(Result::missing) == "missing");
  BOOST_TEST(to_string(Result::rejected) == "rejected");
  BOOST_TEST(to_string(Result::unavailable) == "unavailable");
}

BOOST_AUTO_TEST_CASE(sources_have_the_words_of_the_documents) {
  BOOST_TEST(to_string(Source::table) == "table");
  BOOST_TEST(to_string(Source::store) == "store");
  BOOST_TEST(to_string(Source::exchange) == "exchange");
  BOOST_TEST(to_string(Source::follower) == "follower");
  for (const Source source : {Source::table, Source::store, Source::exchange, Source::follower}) {
    BOOST_TEST(to_string(Source::none) != to_string(source));
  }
}

BOOST_AUTO_TEST_CASE(a_number_that_is_no_reason_does_no_harm) {
  BOOST_TEST(to_string(static_cast<Reason>(250)).size() < 100U);
  BOOST_TEST(explanation(static_cast<Reason>(250)).size() < 1000U);
  BOOST_TEST(to_string(static_cast<Result>(250)).size() < 100U);
  BOOST_TEST(to_string(static_cast<Source>(250)).size() < 100U);
}

BOOST_AUTO_TEST_CASE(the_cookie_is_missing_until_it_is_found) {
  Outcome outcome;
  BOOST_TEST(outcome.result == Result::missing);
  BOOST_TEST(outcome.source == Source::none);
  BOOST_TEST(outcome.reason == Reason::no_cookie);
  BOOST_TEST(outcome.session.empty());
}

BOOST_AUTO_TEST_SUITE_END()
