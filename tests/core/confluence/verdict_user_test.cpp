// Which names are taken for a user's, in the answer's body and in its headers.

#include <boost/test/unit_test.hpp>
#include <cctype>
#include <string>
#include <utility>

#include "crowd_confluence/confluence/verdict.h"
#include "harness/answers.h"
#include "harness/printing.h"

using namespace crowd_confluence;
using namespace answers;

namespace {

Verdict named_in_header(const std::string& value) {
  return judged(200, {kSessionCookie, {"X-Seraph-LoginReason", "OK"}, {"X-AUSERNAME", value}});
}

Verdict named_in_body(const std::string& name) {
  return judged(200, {kSessionCookie}, R"({"type":"known","username":")" + name + R"("})");
}

/// In UTF-8.
const char* const kRefused[] = {
    " alice",
    "alice ",
    " ",
    "\xc2\xa0"
    "alice",
    "alice\xe3\x80\x80",
    "alice\xe2\x80\x8b",
    "ali\xc2\x80"
    "ce",
    "alice\xc2\x9f",
    "ali\xc2\x85"
    "ce",
    "\xe2\x80\xae"
    "ecila",
    "ali\xe2\x80\xad"
    "ce",
    "alice\xe2\x81\xa6x\xe2\x81\xa9",
    "ali\xe2\x80\x8e"
    "ce",
    "ali\xe2\x80\x8f"
    "ce",
    "ali\xd8\x9c"
    "ce",
    "ali\xe2\x80\xa8"
    "ce",
    "ali\xe2\x80\xa9"
    "ce",
    "\xef\xbb\xbf"
    "alice",
    "(null)",
    "(NULL)",
};

const char* const kTaken[] = {
    "alice",
    "Alice Example",
    "alice@example.net",
    "j\xc3\xbcrgen",
    "\xe7\x8e\x8b\xe5\xb0\x8f\xe6\x98\x8e",
    "null",
    "a(null)",
    "o'hara",
    "a&b",
    "DOMAIN/alice",
    "\xd8\xb9\xd9\x84\xdb\x8c\xe2\x80\x8c\xd8\xb1\xd8\xb6\xd8\xa7",  // a joiner within, in Persian
    "\xf0\x9f\x98\x80",
};

std::string percent_encoded(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.') {
      result += c;
    } else {
      (result += '%') += kDigits[byte >> 4];
      result += kDigits[byte & 15];
    }
  }
  return result;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(verdict_user)

BOOST_AUTO_TEST_CASE(names_that_look_like_others_are_refused) {
  for (const char* name : kRefused) {
    BOOST_TEST_CONTEXT(name) {
      check_refusal(named_in_body(name), Result::unavailable, Reason::unexpected_answer);
      check_refusal(named_in_header(percent_encoded(name)), Result::unavailable,
                    Reason::unexpected_answer);
      // Blanks at the ends of a header's value are none of it.
      if (std::string_view(name).find(' ') == std::string_view::npos)
        check_refusal(named_in_header(name), Result::unavailable, Reason::unexpected_answer);
    }
  }
}

BOOST_AUTO_TEST_CASE(other_names_are_taken_as_they_are) {
  for (const char* name : kTaken) {
    BOOST_TEST_CONTEXT(name) {
      check_session(named_in_body(name), Reason::known, name);
      check_session(named_in_header(name), Reason::seraph, name);
      check_session(named_in_header(percent_encoded(name)), Reason::seraph, name);
    }
  }
}

BOOST_AUTO_TEST_CASE(invalid_utf8_is_no_name) {
  for (const std::string& name :
       {std::string("alice\xff"), std::string("\xc3"), std::string("\xc0\xaf"),
        std::string("\xed\xa0\x80"), std::string("\xf5\x80\x80\x80"), std::string("j\xfcrgen"),
        std::string("ali\x80"
                    "ce")}) {
    check_refusal(named_in_header(name), Result::unavailable, Reason::unexpected_answer);
    check_refusal(named_in_header(percent_encoded(name)), Result::unavailable,
                  Reason::unexpected_answer);
  }
}

BOOST_AUTO_TEST_CASE(only_what_an_encoder_writes_is_decoded) {
  const std::pair<const char*, const char*> names[] = {
      {"Example%2C%20Alice", "Example, Alice"},
      {"Example%2C+Alice", "Example, Alice"},
      {"alice%40example.net", "alice@example.net"},
      {"j%C3%BCrgen", "j\xc3\xbcrgen"},
      {"50%25", "50%"},
      {"a%2Bb", "a+b"},
      // Nobody writes these so: they are names with a percent sign.
      {"100%41x", "100%41x"},
      {"%61nonymous", "%61nonymous"},
      {"100%2dx", "100%2dx"},
      {"100%2Dx", "100%2Dx"},
      {"a%5Fb", "a%5Fb"},
      {"100%", "100%"},
      {"100%4", "100%4"},
      {"100%zz", "100%zz"},
      {"%%41", "%%41"},
      {"50% of%2C", "50% of%2C"},
      {"alice@example%2Ecom", "alice@example%2Ecom"},
      {"j\xc3\xbcrgen%2Cx", "j\xc3\xbcrgen%2Cx"},
      {"a+b%20c", "a+b%20c"},
      // Without a percent sign it may just as well be the name.
      {"a+b", "a+b"},
  };
  for (const auto& [text, name] : names) {
    BOOST_TEST_CONTEXT(text) {
      check_session(named_in_header(text), Reason::seraph, name);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_name_with_a_comma_is_not_what_stands_behind_it) {
  for (const char* value : {"doe, john", "doe,john", "john, doe, john", "alice, Alice", "doe,",
                            ",john", "anonymous, doe, john"}) {
    BOOST_TEST_CONTEXT(value) {
      check_refusal(named_in_header(value), Result::unavailable, Reason::unexpected_answer);
      const Verdict known = judged(
          200, {kSessionCookie, {"X-Seraph-LoginReason", "OK"}, {"X-AUSERNAME", value}}, kKnown);
      check_session(known, Reason::known, "alice");
    }
  }
  check_refusal(judged(200, {kSessionCookie,
                             {"X-Seraph-LoginReason", "OK"},
                             {"X-AUSERNAME", "doe"},
                             {"X-AUSERNAME", "john"}}),
                Result::unavailable, Reason::unexpected_answer);
  check_session(named_in_header("doe%2C%20john, doe%2C%20john"), Reason::seraph, "doe, john");
}

BOOST_AUTO_TEST_CASE(a_byte_order_mark_before_the_body_is_none_of_it) {
  const std::string mark = "\xef\xbb\xbf";
  check_session(judged(200, {kSessionCookie}, mark + kKnown), Reason::known, "alice");
  check_session(judged(200, {kSessionCookie}, mark + "\r\n " + kKnown), Reason::known, "alice");
  check_refusal(judged(200, {}, mark + kAnonymous), Result::rejected, Reason::anonymous);
  for (const std::string& body : {mark + mark + kKnown, mark, kKnown + mark, "\xef\xbb" + kKnown,
                                  " " + mark + kKnown, "\xff\xfe" + kKnown})
    check_refusal(judged(200, {kSessionCookie}, body), Result::unavailable,
                  Reason::unexpected_answer);
}

BOOST_AUTO_TEST_SUITE_END()
