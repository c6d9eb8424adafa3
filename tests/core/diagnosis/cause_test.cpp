#include "crowd_confluence/diagnosis/cause.h"

#include <boost/test/unit_test.hpp>
#include <set>
#include <string>
#include <string_view>

#include "diagnosis/texts.h"

using namespace crowd_confluence;

BOOST_AUTO_TEST_SUITE(cause)

BOOST_AUTO_TEST_CASE(has_a_meaning_for_each) {
  BOOST_TEST(all_causes().size() == 41U);
  std::set<std::string_view> words;
  for (const CauseMeaning& meaning : all_causes()) {
    BOOST_TEST(words.insert(meaning.word).second, meaning.word);
    BOOST_TEST(!meaning.sentence.empty());
    BOOST_TEST(!meaning.sentence.ends_with('.'), meaning.word);
    BOOST_TEST(meaning.remedy.ends_with('.'), meaning.word);
    BOOST_TEST(!meaning.decided_by.empty());
    BOOST_TEST(meaning.anchor == meaning.word);
    BOOST_TEST((cause_of(meaning.word) == meaning.cause));
  }
  BOOST_TEST(!cause_of("no-such-cause").has_value());
}

/// A text with a name that nobody knows would lose a word.
BOOST_AUTO_TEST_CASE(knows_each_name_in_its_texts) {
  const Evidence nothing;
  for (const CauseMeaning& meaning : all_causes()) {
    Conclusion conclusion = proven(meaning.cause);
    conclusion.proxy = "10.0.0.1";
    for (const std::string_view text : {meaning.sentence, meaning.remedy}) {
      for (std::size_t at = text.find('{'); at != text.npos; at = text.find('{', at + 1)) {
        const std::size_t end = text.find('}', at);
        BOOST_TEST_REQUIRE(end != text.npos);
        const std::string_view name = text.substr(at + 1, end - at - 1);
        BOOST_TEST(!value_of(name, nothing, conclusion).empty(), meaning.word << ": " << name);
      }
      const std::string filled = filled_in(text, nothing, conclusion);
      BOOST_TEST(filled.find_first_of("{}") == std::string::npos, filled);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
