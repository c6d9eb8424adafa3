#include "cookie/balancer_names.h"

#include <algorithm>
#include <cstddef>

#include "base/ascii.h"

namespace crowd_confluence {
namespace {

/// Other products' names, without regard to case.
constexpr auto kFurtherNames = std::to_array<std::string_view>({
    "__cflb",     // Cloudflare
    "akaalb_*",   // Akamai
    "BNI_*",      // Barracuda
    "FGTServer",  // Fortinet
    "nlbi_*",     // Imperva
    "NODEID",
    "NSC_*",     // Citrix NetScaler
    "SRV",       // HAProxy
    "SRVID",     //
    "SRVNAME",   //
    "sto-id-*",  // A10
});

/// Words by which a name tells that it is a balancer's.
constexpr auto kTellingWords = std::to_array<std::string_view>(
    {"affinity", "balancer", "haproxy", "ingress", "jvmroute", "loadbalanc", "routeid", "serverid",
     "server-id", "server_id", "sticky", "traefik", "upstream"});

/// Words that tell it only where they stand alone, as `lb` in `wiki_lb`.
constexpr auto kTellingAlone = std::to_array<std::string_view>(
    {"alb", "backend", "elb", "lb", "lbs", "nlb", "node", "route", "slb"});

bool matches(std::string_view pattern, std::string_view name) {
  if (!pattern.ends_with('*')) return ascii::equal_ignoring_case(pattern, name);
  return ascii::starts_with_ignoring_case(name, pattern.substr(0, pattern.size() - 1));
}

bool contains_ignoring_case(std::string_view text, std::string_view word) {
  return std::search(text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) {
           return ascii::lower(a) == ascii::lower(b);
         }) != text.end();
}

constexpr bool is_letter_or_digit(char c) {
  return (ascii::lower(c) >= 'a' && ascii::lower(c) <= 'z') || (c >= '0' && c <= '9');
}

bool has_word_that_tells(std::string_view name) {
  while (!name.empty()) {
    const auto word_end = std::find_if_not(name.begin(), name.end(), is_letter_or_digit);
    const auto size = static_cast<std::size_t>(word_end - name.begin());
    if (std::any_of(kTellingAlone.begin(), kTellingAlone.end(), [&](std::string_view word) {
          return ascii::equal_ignoring_case(word, name.substr(0, size));
        }))
      return true;
    name.remove_prefix(std::min(size + 1, name.size()));
  }
  return false;
}

/// Traefik's and OpenShift's routers call their cookie by a piece of a hash: `_1f3a9`, or 32
/// digits.
bool is_piece_of_a_hash(std::string_view name) {
  if (name.size() == 6 && name.front() == '_') {
    name.remove_prefix(1);
  } else if (name.size() != 32) {
    return false;
  }
  return name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

bool looks_like_a_balancers(std::string_view name) {
  const auto is_pattern_of_it = [&](std::string_view pattern) { return matches(pattern, name); };
  return std::any_of(kUsualBalancerCookies.begin(), kUsualBalancerCookies.end(),
                     is_pattern_of_it) ||
         std::any_of(kFurtherNames.begin(), kFurtherNames.end(), is_pattern_of_it) ||
         std::any_of(kTellingWords.begin(), kTellingWords.end(),
                     [&](std::string_view word) { return contains_ignoring_case(name, word); }) ||
         has_word_that_tells(name) || is_piece_of_a_hash(name);
}

}  // namespace crowd_confluence
