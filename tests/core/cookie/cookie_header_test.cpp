#include "crowd_confluence/cookie/cookie_header.h"

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "harness/printing.h"

using namespace crowd_confluence;

namespace {

struct Piece {
  char separator;
  std::string text;
  std::string name;
  std::string value;

  friend bool operator==(const Piece&, const Piece&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Piece& piece) {
    return out << (piece.separator == '\0' ? '^' : piece.separator) << '{' << piece.text << "}["
               << piece.name << "]=[" << piece.value << ']';
  }
};

std::vector<Piece> scan(std::string_view header) {
  std::vector<Piece> pieces;
  CookieScanner scanner(header);
  while (scanner.next()) {
    pieces.push_back({scanner.separator(), std::string(scanner.piece()),
                      std::string(scanner.cookie().name), std::string(scanner.cookie().value)});
  }
  return pieces;
}

std::vector<Cookie> cookies(std::string_view header) {
  std::vector<Cookie> result;
  for (CookieScanner scanner(header); scanner.next();) result.push_back(scanner.cookie());
  return result;
}

void check_cookies(std::string_view header, const std::vector<Cookie>& expected) {
  BOOST_TEST_CONTEXT("header: " << header) {
    BOOST_TEST(cookies(header) == expected, boost::test_tools::per_element());
  }
}

/// A buffer that tells when somebody wrote behind the end of what was asked for.
class GuardedBuffer {
 public:
  explicit GuardedBuffer(std::size_t size) : bytes_(size + kGuard, kMark) {}
  char* data() { return bytes_.data(); }
  std::size_t size() const { return bytes_.size() - kGuard; }
  bool is_intact() const {
    return bytes_.compare(bytes_.size() - kGuard, kGuard, std::string(kGuard, kMark)) == 0;
  }

 private:
  static constexpr std::size_t kGuard = 64;
  static constexpr char kMark = '\x5a';
  std::string bytes_;
};

std::string random_text(std::mt19937& random, std::string_view alphabet, std::size_t longest) {
  std::string text(random() % (longest + 1), ' ');
  for (char& c : text) c = alphabet[random() % alphabet.size()];
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cookie)

BOOST_AUTO_TEST_CASE(a_name_is_a_token) {
  const std::string_view allowed =
      "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (int byte = 0; byte < 256; ++byte) {
    const std::string name(1, static_cast<char>(byte));
    const bool expected = allowed.find(name) != std::string_view::npos;
    BOOST_TEST(is_cookie_name(name) == expected, "byte " << byte);
    BOOST_TEST(is_cookie_name("a" + name + "b") == expected, "byte " << byte << " inside");
    BOOST_TEST(is_cookie_name("a" + name) == expected, "byte " << byte << " at the end");
  }
  BOOST_TEST(!is_cookie_name(""));
  BOOST_TEST(is_cookie_name("crowd.token_key"));
  BOOST_TEST(is_cookie_name("$Version"));
}

BOOST_AUTO_TEST_CASE(a_value_is_made_of_cookie_octets) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string value(1, static_cast<char>(byte));
    const bool expected = byte == 0x21 || (byte >= 0x23 && byte <= 0x2b) ||
                          (byte >= 0x2d && byte <= 0x3a) || (byte >= 0x3c && byte <= 0x5b) ||
                          (byte >= 0x5d && byte <= 0x7e);
    BOOST_TEST(is_cookie_value(value) == expected, "byte " << byte);
    BOOST_TEST(is_cookie_value("a" + value + "b") == expected, "byte " << byte << " inside");
    BOOST_TEST(is_cookie_value("\"a" + value + "\"") == expected, "byte " << byte << " quoted");
  }
  BOOST_TEST(is_cookie_value(""));
  BOOST_TEST(is_cookie_value("B0Q8-ZMV7-4JWN-VC5R|36c7309174cb|lin"));
  BOOST_TEST(is_cookie_value("a=b=="));
}

BOOST_AUTO_TEST_CASE(quotes_of_a_value_come_as_a_pair_around_it) {
  BOOST_TEST(is_cookie_value("\"\""));
  BOOST_TEST(is_cookie_value("\"abc\""));
  for (const char* value : {"\"", "\"abc", "abc\"", "a\"b", "\"\"\"", "\"a\"b\"", "\"\"a", "a\"\"",
                            "\"a b\"", "\"a;b\"", "\"a,b\"", "\"a\\\"b\""}) {
    BOOST_TEST(!is_cookie_value(value), value);
  }
}

BOOST_AUTO_TEST_CASE(unquotes_only_a_pair) {
  BOOST_TEST(unquoted("\"abc\"") == "abc");
  BOOST_TEST(unquoted("\"\"") == "");
  BOOST_TEST(unquoted("") == "");
  BOOST_TEST(unquoted("abc") == "abc");
  BOOST_TEST(unquoted("\"") == "\"");
  BOOST_TEST(unquoted("\"abc") == "\"abc");
  BOOST_TEST(unquoted("abc\"") == "abc\"");
  BOOST_TEST(unquoted("\"\"abc\"\"") == "\"abc\"");
}

BOOST_AUTO_TEST_CASE(scans_usual_headers) {
  check_cookies("a=b", {{"a", "b"}});
  check_cookies("a=b; c=d", {{"a", "b"}, {"c", "d"}});
  check_cookies("a=b;c=d;", {{"a", "b"}, {"c", "d"}});
  check_cookies("crowd.token_key=abc00; JSESSIONID=1.node1",
                {{"crowd.token_key", "abc00"}, {"JSESSIONID", "1.node1"}});
}

BOOST_AUTO_TEST_CASE(passes_over_empty_pieces) {
  for (const char* header : {"", " ", "\t", ";", ",", ";;;", " ; , ;\t", ",,,;"}) {
    check_cookies(header, {});
  }
  check_cookies(";;a=b;; ,;c=d;,", {{"a", "b"}, {"c", "d"}});
}

BOOST_AUTO_TEST_CASE(a_comma_ends_a_cookie_as_lines_may_have_been_folded) {
  const std::vector<Piece> expected{{'\0', "a=b", "a", "b"},
                                    {';', "c=d", "c", "d"},
                                    {',', "crowd.token_key=x", "crowd.token_key", "x"},
                                    {',', "e=f", "e", "f"}};
  BOOST_TEST(scan("a=b; c=d, crowd.token_key=x,e=f") == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_first_piece_has_no_separator) {
  const std::vector<Piece> pieces = scan(" a=b");
  BOOST_TEST_REQUIRE(pieces.size() == 1U);
  BOOST_TEST(pieces[0].separator == '\0');
}

BOOST_AUTO_TEST_CASE(a_separator_is_the_one_right_before_the_piece) {
  const std::vector<Piece> pieces = scan("a=b;,c=d,;e=f");
  BOOST_TEST_REQUIRE(pieces.size() == 3U);
  BOOST_TEST(pieces[1].separator == ',');
  BOOST_TEST(pieces[2].separator == ';');
}

BOOST_AUTO_TEST_CASE(separators_end_a_cookie_inside_quotes_too) {
  check_cookies("a=\"b;c=d\"", {{"a", "\"b"}, {"c", "d\""}});
  check_cookies("a=\"b, JSESSIONID=x\"", {{"a", "\"b"}, {"JSESSIONID", "x\""}});
  check_cookies("a=\"\\\";JSESSIONID=x\"", {{"a", "\"\\\""}, {"JSESSIONID", "x\""}});
}

BOOST_AUTO_TEST_CASE(quotes_belong_to_the_value) {
  check_cookies("a=\"b\"; c=\"\"", {{"a", "\"b\""}, {"c", "\"\""}});
}

BOOST_AUTO_TEST_CASE(gives_duplicates_in_order) {
  check_cookies("t=; t=1; T=2; t=3", {{"t", ""}, {"t", "1"}, {"T", "2"}, {"t", "3"}});
}

BOOST_AUTO_TEST_CASE(removes_blanks_around_names_and_values) {
  check_cookies("  a\t =\t b  ;\tc= d e \t", {{"a", "b"}, {"c", "d e"}});
  BOOST_TEST(scan("  a\t =\t b  ;c=d")[0].text == "a\t =\t b");
}

BOOST_AUTO_TEST_CASE(sees_odd_pieces) {
  check_cookies("junk", {{"", "junk"}});
  check_cookies("=b", {{"", "b"}});
  check_cookies(" = ", {{"", ""}});
  check_cookies("a=", {{"a", ""}});
  check_cookies("a==b=c", {{"a", "=b=c"}});
  check_cookies("a b=c", {{"a b", "c"}});
  check_cookies("\"a\"=b", {{"\"a\"", "b"}});
  check_cookies("$Version=1; a=b; $Path=/", {{"$Version", "1"}, {"a", "b"}, {"$Path", "/"}});
  check_cookies(std::string_view("a=\0b; \0", 7), {{"a", {"\0b", 2}}, {"", {"\0", 1}}});
  check_cookies("\xc3\xa4=\xff\x01", {{"\xc3\xa4", "\xff\x01"}});
}

BOOST_AUTO_TEST_CASE(views_point_into_the_header) {
  const std::string header = " a = b ; junk , =c";
  for (CookieScanner scanner(header); scanner.next();) {
    const auto lies_within = [&](std::string_view part) {
      return part.empty() || (part.data() >= header.data() &&
                              part.data() + part.size() <= header.data() + header.size());
    };
    BOOST_TEST(lies_within(scanner.piece()));
    BOOST_TEST(lies_within(scanner.cookie().name));
    BOOST_TEST(lies_within(scanner.cookie().value));
  }
}

BOOST_AUTO_TEST_CASE(stays_at_the_end) {
  CookieScanner scanner("a=b");
  BOOST_TEST(scanner.next());
  BOOST_TEST(!scanner.next());
  BOOST_TEST(!scanner.next());
}

BOOST_AUTO_TEST_CASE(reads_no_further_than_the_view) {
  const std::string longer = "a=b; c=d";
  check_cookies(std::string_view(longer).substr(0, 6), {{"a", "b"}, {"", "c"}});
}

BOOST_AUTO_TEST_CASE(scans_large_headers) {
  std::string many;
  for (int i = 0; i < 2048; ++i) many += "a=1;";
  BOOST_TEST(many.size() == 8192U);
  BOOST_TEST(scan(many).size() == 2048U);

  const std::string value(8190, 'x');
  const std::vector<Piece> one = scan("a=" + value);
  BOOST_TEST_REQUIRE(one.size() == 1U);
  BOOST_TEST(one[0].value == value);

  BOOST_TEST(scan(std::string(1U << 20U, ';')).empty());
  BOOST_TEST(scan(std::string(1U << 20U, ',')).empty());
}

BOOST_AUTO_TEST_CASE(agrees_with_a_plain_split) {
  std::mt19937 random(6265);
  for (int round = 0; round < 20'000; ++round) {
    const std::string header = random_text(random, "ab=;, \t\"", 30);
    std::vector<std::string> expected;
    for (std::size_t begin = 0; begin <= header.size();) {
      const std::size_t end = std::min(header.find_first_of(";,", begin), header.size());
      const std::string part = header.substr(begin, end - begin);
      const std::size_t first = part.find_first_not_of(" \t");
      if (first != std::string::npos) {
        expected.push_back(part.substr(first, part.find_last_not_of(" \t") - first + 1));
      }
      begin = end + 1;
    }
    std::vector<std::string> pieces;
    for (const Piece& piece : scan(header)) pieces.push_back(piece.text);
    BOOST_TEST_REQUIRE(pieces == expected, "header: " << header);
  }
}

BOOST_AUTO_TEST_CASE(writes_cookies) {
  GuardedBuffer buffer(CookieWriter::needed(100, 3));
  CookieWriter writer(buffer.data(), buffer.size());
  BOOST_TEST(writer.written() == "");
  writer.add("", "a", "b");
  BOOST_TEST(writer.written() == "a=b");
  writer.add("CONF_", "JSESSIONID", "1");
  BOOST_TEST(writer.written() == "a=b; CONF_JSESSIONID=1");
  writer.add("", "empty", "");
  BOOST_TEST(writer.written() == "a=b; CONF_JSESSIONID=1; empty=");
}

BOOST_AUTO_TEST_CASE(keeps_what_stands_in_another_header_as_it_is) {
  GuardedBuffer buffer(CookieWriter::needed(100, 2));
  CookieWriter writer(buffer.data(), buffer.size());
  writer.add("a = \"b");
  BOOST_TEST(writer.written() == "a = \"b");
  writer.append(",c\" ;; junk");
  BOOST_TEST(writer.written() == "a = \"b,c\" ;; junk");
  writer.add("d=e; f=g");
  BOOST_TEST(writer.written() == "a = \"b,c\" ;; junk; d=e; f=g");
}

BOOST_AUTO_TEST_CASE(needs_no_more_than_it_says) {
  BOOST_TEST(CookieWriter::needed(0, 0) == 0U);
  for (std::size_t count = 1; count <= 200; ++count) {
    const std::size_t needed = CookieWriter::needed(3 * count, count);
    GuardedBuffer buffer(needed);
    CookieWriter writer(buffer.data(), buffer.size());
    for (std::size_t i = 0; i < count; ++i) writer.add("p", "n", "v");
    BOOST_TEST_REQUIRE(writer.written().size() <= needed);
    BOOST_TEST_REQUIRE(buffer.is_intact());
    BOOST_TEST_REQUIRE(cookies(writer.written()).size() == count);
  }
  const std::size_t nothing = CookieWriter::needed(0, 3);
  GuardedBuffer buffer(nothing);
  CookieWriter writer(buffer.data(), buffer.size());
  for (int i = 0; i < 3; ++i) writer.add("", "", "");
  BOOST_TEST(writer.written().size() <= nothing);
  BOOST_TEST(buffer.is_intact());
}

BOOST_AUTO_TEST_SUITE_END()
