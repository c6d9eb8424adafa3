#include "crowd_confluence/cookie/browser_cookies.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstring>

#include "base/ascii.h"
#include "cookie/octets.h"

namespace crowd_confluence {
namespace {

/// What an octet means to somebody who looks for names.
enum class Meaning : unsigned char {
  word,       // it belongs to a name
  encoded,    // likewise, and some decode it
  odd,        // no name may hold it, so a name may end before it and begin behind it
  equals,     // it ends a name
  separator,  // or the header's end: it ends a cookie
};

constexpr std::array<Meaning, 256> kMeanings = [] {
  std::array<Meaning, 256> meanings = {};
  for (std::size_t c = 0; c < meanings.size(); ++c)
    meanings[c] = kNotInCookieNames.has(static_cast<char>(c)) ? Meaning::odd : Meaning::word;
  for (const char c : {'%', '+'}) meanings[static_cast<unsigned char>(c)] = Meaning::encoded;
  for (const char c : {';', ',', '\0'})
    meanings[static_cast<unsigned char>(c)] = Meaning::separator;
  meanings['='] = Meaning::equals;
  return meanings;
}();

Meaning meaning_of(char c) {
  return kMeanings[static_cast<unsigned char>(c)];
}

constexpr std::array<bool, 256> kIsInWord = [] {
  std::array<bool, 256> is_in_word = {};
  for (std::size_t c = 0; c < is_in_word.size(); ++c) is_in_word[c] = kMeanings[c] == Meaning::word;
  return is_in_word;
}();

bool is_in_word(char c) {
  return kIsInWord[static_cast<unsigned char>(c)];
}

/// Passes over what belongs to a word.
inline const char* behind_word(const char* at) {
  for (;; at += 4) {
    if (!is_in_word(at[0])) return at;
    if (!is_in_word(at[1])) return at + 1;
    if (!is_in_word(at[2])) return at + 2;
    if (!is_in_word(at[3])) return at + 3;
  }
}

/// The end if it is not there.
const char* find(char octet, const char* begin, const char* end) {
  const void* const found = std::memchr(begin, octet, static_cast<std::size_t>(end - begin));
  return found != nullptr ? static_cast<const char*>(found) : end;
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

/// Where pieces end.
class BrowserCookies::Separators {
 public:
  explicit Separators(const char* header)
      : begin_(header),
        end_(header + std::strlen(header)),
        semicolon_(find(';', header, end_)),
        comma_(find(',', header, end_)) {}

  [[nodiscard]] std::size_t header_size() const { return static_cast<std::size_t>(end_ - begin_); }

  /// The first one from there on, or the header's end. Each call begins behind the last one.
  const char* first_from(const char* at) {
    if (semicolon_ < at) semicolon_ = find(';', at, end_);
    if (comma_ < at) comma_ = find(',', at, end_);
    return std::min(semicolon_, comma_);
  }

 private:
  const char* begin_;
  const char* end_;
  const char* semicolon_;
  const char* comma_;
};

/// What stands between two separators.
struct BrowserCookies::Piece {
  const char* begin;             // behind the blanks before it
  const char* equals = nullptr;  // the first one, if there is any
  const char* end = nullptr;     // the separator behind it
  bool is_token = false;
  bool is_reserved = false;  // it holds a name that a browser must not set

  [[nodiscard]] std::string_view name() const {
    return equals == nullptr ? std::string_view() : ascii::trimmed_right(between(begin, equals));
  }
};

/// Reads a piece as nearly all are: its name is one word right before the equals sign, and nothing
/// odd stands before another one in its value. False for all else.
[[gnu::always_inline]] inline bool BrowserCookies::read_plain_cookie(Piece& piece,
                                                                     Separators& separators) const {
  const char* const equals = behind_word(piece.begin);
  if (*equals != '=' || equals == piece.begin) return false;
  piece.equals = equals;
  piece.end = separators.first_from(equals);
  const std::string_view name = between(piece.begin, equals);
  if (reserved_.has(name)) {
    piece.is_token = name == reserved_.token();
    piece.is_reserved = !piece.is_token;
  }
  // Where a value holds an equals sign, the word before it is a name for some.
  for (const char* at = equals + 1; (at = find('=', at, piece.end)) != piece.end; ++at) {
    const char* word = at;
    while (is_in_word(word[-1])) --word;
    if (word == at && at[-1] != '=') return false;
    if (word != at && reserved_.has(between(word, at))) piece.is_reserved = true;
  }
  return true;
}

inline bool BrowserCookies::may_pass(const Piece& piece, char separator) {
  // A piece behind a comma that has no name of its own is the rest of a value.
  if (separator != ',' || !piece.name().empty()) last_passed_ = true;
  if (piece.is_reserved) last_passed_ = false;
  if (piece.is_token) {
    // The app must see the token that was asked about; Confluence takes the first of several.
    if (token_) {
      last_passed_ = false;
    } else {
      token_ = ascii::trimmed(between(piece.equals + 1, piece.end));
    }
  }
  return last_passed_;
}

std::string_view BrowserCookies::let_pass(const char* header) {
  assert(header != nullptr);
  const char* run = nullptr;      // where the pieces begin that pass and are not copied yet
  const char* run_end = header;   // where they end
  const char* dropped = nullptr;  // where the last piece ends that does not pass
  bool owes_semicolon = false;    // one stood before what was dropped
  char* buffer = nullptr;
  char* out = nullptr;
  Separators separators(header);
  const auto copy_run = [&] {
    if (buffer == nullptr) out = buffer = allocate_(pool_, separators.header_size());
    if (run == nullptr) return;
    if (out != buffer) {
      // With all that stands between it and the piece before, so that values stay as they are; but
      // no comma makes it a part of the last value that passed.
      char* const gap = out;
      out = std::copy(dropped, run, out);
      if (owes_semicolon && std::find(gap, out, ';') == out) std::replace(gap, out, ',', ';');
    }
    const std::string_view text = ascii::trimmed_right(between(run, run_end));
    out = std::copy(text.begin(), text.end(), out);
    run = nullptr;
    owes_semicolon = false;
  };

  char separator = '\0';
  for (const char* at = header;;) {
    while (is_blank(*at)) ++at;
    Piece piece{at};
    if (!read_plain_cookie(piece, separators)) piece = read_piece(at);
    const char* const end = piece.end;
    if (end == at) {
      // Nothing stands between two separators.
    } else if (may_pass(piece, separator)) {
      if (run == nullptr) run = at;
      run_end = end;
    } else {
      copy_run();
      const std::string_view text = ascii::trimmed_right(between(at, end));
      dropped = text.data() + text.size();
      owes_semicolon = owes_semicolon || separator == ';';
    }
    if (*end == '\0') {
      if (dropped == nullptr) return between(header, end);
      copy_run();
      return between(buffer, out);
    }
    separator = *end;
    at = end + 1;
  }
}

/// Reads any piece.
BrowserCookies::Piece BrowserCookies::read_piece(const char* at) const {
  Piece piece{at};
  std::string_view word;   // the last one, until an equals sign has ended it
  const char* begin = at;  // of the next word
  bool is_plain = true;    // the name is one word, in which nothing has to be decoded
  for (;; begin = ++at) {
    for (at = behind_word(at); meaning_of(*at) == Meaning::encoded; at = behind_word(at + 1))
      is_plain = false;
    if (at != begin) {
      if (!word.empty()) is_plain = false;
      word = between(begin, at);
    }
    const Meaning meaning = meaning_of(*at);
    if (meaning == Meaning::odd) continue;

    const bool is_named = meaning == Meaning::equals;
    if (is_named && !word.empty() && reserved_.has(word)) piece.is_reserved = true;
    if (piece.equals == nullptr) {
      // Something odd between name and equals sign may count as a part of the name.
      const bool is_word = is_plain && word.data() + word.size() == at;
      if (is_word ? !is_named && reserved_.has(word) : reserved_.may_have(between(piece.begin, at)))
        piece.is_reserved = true;
      if (is_named) piece.equals = at;
      if (piece.is_reserved && piece.name() == reserved_.token()) {
        piece.is_token = true;
        piece.is_reserved = false;
      }
    }
    if (!is_named) {
      piece.end = at;
      return piece;
    }
    word = {};
  }
}

}  // namespace crowd_confluence
