#include "confluence/cached_answer.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace crowd_confluence {
namespace {

/// What caches call an answer of their own: nginx's `$upstream_cache_status`, Squid's TCP_HIT,
/// CloudFront's RefreshHit, Cloudflare's REVALIDATED.
constexpr auto kWordsOfAHit =
    std::to_array<std::string_view>({"hit", "refreshhit", "stale", "updating", "revalidated"});

/// Where a header asks whether it was one.
constexpr auto kYes = std::to_array<std::string_view>({"1", "true", "yes"});

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter_or_digit(char c) {
  return (ascii::lower(c) >= 'a' && ascii::lower(c) <= 'z') || is_digit(c);
}

/// Whether `is` holds for one of the parts of the text between separators, without blanks around.
template <typename Is>
bool any_part(std::string_view text, char separator, Is is) {
  for (;;) {
    const std::size_t end = text.find(separator);
    if (is(ascii::trimmed(text.substr(0, end)))) return true;
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end + 1);
  }
}

template <std::size_t kCount>
bool is_one_of(const std::array<std::string_view, kCount>& words, std::string_view word) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view known) {
    return ascii::equal_ignoring_case(known, word);
  });
}

bool is_number_above_zero(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_digit) &&
         text.find_first_not_of('0') != std::string_view::npos;
}

/// The first word of letters and digits, taken from the front; empty at the end.
std::string_view take_word(std::string_view& text) {
  const auto begin = std::find_if(text.begin(), text.end(), is_letter_or_digit);
  const auto end = std::find_if_not(begin, text.end(), is_letter_or_digit);
  const std::string_view word(begin, end);
  text = std::string_view(end, text.end());
  return word;
}

/// `HIT from proxy`, `TCP_MEM_HIT:4`, `cdn-7 HIT`. The name behind `from` is a cache's, which may
/// be anything, and a "hit for pass" is an entry by which a cache knows that it must ask.
bool tells_of_a_hit(std::string_view text) {
  for (std::string_view word = take_word(text); !word.empty();) {
    if (ascii::equal_ignoring_case(word, "from")) return false;
    const std::string_view next = take_word(text);
    if (is_one_of(kWordsOfAHit, word) && !ascii::equal_ignoring_case(next, "for")) return true;
    word = next;
  }
  return false;
}

/// One cache's part of Cache-Status: its name, and parameters. A request that was collapsed with
/// another one has the other one's answer, and what was found to be fresh is the old answer, too.
bool is_hit_in_cache_status(std::string_view item) {
  const bool tells_by_parameters = item.find(';') != std::string_view::npos;
  if (!tells_by_parameters) return tells_of_a_hit(item);
  return any_part(item, ';', [](std::string_view parameter) {
    return ascii::equal_ignoring_case(parameter, "hit") || parameter == "hit=?1" ||
           ascii::equal_ignoring_case(parameter, "collapsed") || parameter == "collapsed=?1" ||
           parameter == "fwd-status=304";
  });
}

/// Varnish writes the number of its own transaction, and behind it that of the one which fetched
/// what it had kept.
bool has_two_numbers(std::string_view text) {
  return !take_word(text).empty() && !take_word(text).empty();
}

/// X-Cache, and what people call it: X-Proxy-Cache, X-Cache-Status, CF-Cache-Status, X-Cached.
/// (X-Cache-Lookup tells what was found, and not whether it was used.)
bool tells_of_caching(std::string_view name) {
  if (ascii::starts_with_ignoring_case(name, "X-Confluence-") ||
      ascii::starts_with_ignoring_case(name, "X-Atlassian-"))
    return false;  // of caches within the application
  constexpr auto kEnds = std::to_array<std::string_view>(
      {"-Cache", "-Cache-Status", "-Cache-Result", "-Cache-Remote", "-Cache-Hit", "-Cached"});
  return std::any_of(kEnds.begin(), kEnds.end(), [&](std::string_view end) {
    return ascii::ends_with_ignoring_case(name, end);
  });
}

/// X-From-Cache, X-Cache-Hit and X-Cached, which some answer with yes or no.
bool asks_whether_cached(std::string_view name) {
  return ascii::ends_with_ignoring_case(name, "-From-Cache") ||
         ascii::ends_with_ignoring_case(name, "-Cache-Hit") ||
         ascii::ends_with_ignoring_case(name, "-Cached");
}

bool says_from_a_cache(const HttpHeader& header) {
  const auto is = [&](std::string_view name) {
    return ascii::equal_ignoring_case(header.name, name);
  };
  if (is("Age") || is("X-Cache-Hits")) return any_part(header.value, ',', is_number_above_zero);
  if (is("Cache-Status")) return any_part(header.value, ',', is_hit_in_cache_status);
  if (is("X-Varnish")) return any_part(header.value, ',', has_two_numbers);
  if (is("Warning"))
    return any_part(header.value, ',', [](std::string_view warning) {
      return warning.starts_with("110 ") || warning.starts_with("111 ") ||
             warning.starts_with("112 ") || warning.starts_with("113 ");
    });
  if (!tells_of_caching(header.name)) return false;
  return any_part(header.value, ',', [&](std::string_view value) {
    return tells_of_a_hit(value) || (asks_whether_cached(header.name) && is_one_of(kYes, value));
  });
}

}  // namespace

std::optional<std::string_view> header_of_a_cache(const HttpResponse& response) {
  const auto found =
      std::find_if(response.headers.begin(), response.headers.end(), says_from_a_cache);
  if (found == response.headers.end()) return std::nullopt;
  return found->name;
}

}  // namespace crowd_confluence
