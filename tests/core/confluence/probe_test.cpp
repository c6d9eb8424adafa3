#include "crowd_confluence/confluence/probe.h"

#include <boost/test/unit_test.hpp>
#include <initializer_list>
#include <string>

using namespace crowd_confluence;

namespace {

Expected<Probe, Problem> probe(std::string_view path,
                               std::initializer_list<std::string_view> words) {
  ProbeParser parser(path);
  for (const std::string_view word : words) parser.add(word);
  return parser.finish();
}

void check_problem(const Problem& problem) {
  BOOST_TEST(problem.text.size() > 10U);
  BOOST_TEST(!problem.text.ends_with('.'), problem.text);
}

void check_refused(std::string_view path, std::initializer_list<std::string_view> words) {
  const auto result = probe(path, words);
  std::string text(path);
  for (const std::string_view word : words) text.append(" ").append(word);
  BOOST_TEST(!result.has_value(), "accepted: " << text);
  if (!result.has_value()) check_problem(result.error());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(probes)

BOOST_AUTO_TEST_CASE(parses_confluences_probe) {
  const auto parsed = probe("/rest/api/user/current", {"type=known", "user=username"});
  BOOST_TEST_REQUIRE(parsed.has_value());
  BOOST_TEST((parsed.value() == Probe{}));
  const auto other_order = probe("/rest/api/user/current", {"user=username", "type=known"});
  BOOST_TEST_REQUIRE(other_order.has_value());
  BOOST_TEST((other_order.value() == Probe{}));
}

BOOST_AUTO_TEST_CASE(parses_jiras_probe) {
  const auto parsed = probe("/rest/api/2/myself", {"user=name"});
  BOOST_TEST_REQUIRE(parsed.has_value());
  BOOST_TEST(parsed.value().path == "/rest/api/2/myself");
  BOOST_TEST(parsed.value().field == "");
  BOOST_TEST(parsed.value().value == "");
  BOOST_TEST(parsed.value().user_field == "name");
}

BOOST_AUTO_TEST_CASE(a_probe_may_ask_for_a_field_alone) {
  const auto parsed = probe("/rest/x", {"state=logged-in"});
  BOOST_TEST_REQUIRE(parsed.has_value());
  BOOST_TEST(parsed.value().field == "state");
  BOOST_TEST(parsed.value().value == "logged-in");
  BOOST_TEST(parsed.value().user_field == "");
}

BOOST_AUTO_TEST_CASE(the_first_equals_sign_divides) {
  const auto parsed = probe("/rest/x", {"state=a=b"});
  BOOST_TEST_REQUIRE(parsed.has_value());
  BOOST_TEST(parsed.value().field == "state");
  BOOST_TEST(parsed.value().value == "a=b");
}

BOOST_AUTO_TEST_CASE(a_probe_needs_something_that_proves) {
  check_refused("/rest/x", {});
}

BOOST_AUTO_TEST_CASE(refuses_paths_that_are_none) {
  for (const std::string_view path :
       {"", "rest/x", "http://evil.example/rest/x", "type=known", "/rest/x y", " /rest/x",
        "/rest/x\r\nX-Evil: 1", "/rest/x#top", "/rest/\x7f", "/rest/\xc3\xa4"}) {
    check_refused(path, {"user=name"});
  }
  check_refused({"/rest\0/x", 8}, {"user=name"});
}

BOOST_AUTO_TEST_CASE(refuses_words_that_are_none) {
  check_refused("/rest/x", {"type"});
  check_refused("/rest/x", {""});
  check_refused("/rest/x", {"="});
  check_refused("/rest/x", {"=known"});
  check_refused("/rest/x", {"type="});
  check_refused("/rest/x", {"user="});
  check_refused("/rest/x", {"user"});
  check_refused("/rest/x", {"user=name", "junk"});
  check_refused("/rest/x", {"junk", "user=name"});
  check_refused("/rest/x", {"type=known", "type=known"});
  check_refused("/rest/x", {"type=known", "state=in", "user=name"});
  check_refused("/rest/x", {"user=name", "user=username"});
}

BOOST_AUTO_TEST_CASE(a_problem_names_the_word) {
  const auto parsed = probe("/rest/x", {"user=name", "frobnicate"});
  BOOST_TEST_REQUIRE(!parsed.has_value());
  BOOST_TEST(parsed.error().text.find("frobnicate") != std::string::npos, parsed.error().text);
}

BOOST_AUTO_TEST_SUITE_END()
