#include "crowd_confluence/cookie/cookie_names.h"

#include <algorithm>
#include <utility>

#include "cookie/balancer_names.h"
#include "crowd_confluence/cookie/cookie_header.h"

namespace crowd_confluence {
namespace {

bool matches(std::string_view pattern, std::string_view name) {
  if (!pattern.ends_with('*')) return pattern == name;
  return name.starts_with(pattern.substr(0, pattern.size() - 1));
}

}  // namespace

const CookieNames& CookieNames::defaults() {
  static const CookieNames names = [] {
    CookieNames made;
    for (const char* pattern : {"JSESSIONID", "atlassian.xsrf.token"}) (void)made.add(pattern);
    for (const std::string_view pattern : kUsualBalancerCookies) (void)made.add(pattern);
    return made;
  }();
  return names;
}

Expected<void, Problem> CookieNames::add(std::string_view pattern) {
  const std::string_view name =
      pattern.ends_with('*') ? pattern.substr(0, pattern.size() - 1) : pattern;
  if (!is_cookie_name(name) || name.find('*') != std::string_view::npos)
    return Problem{
        "'" + std::string(pattern) +
        "' is no cookie name; letters, digits and !#$%&'+-.^_`|~ are allowed, and a * at "
        "the end to match all that begin alike"};
  patterns_.emplace_back(pattern);
  std::string folded(name);
  std::transform(folded.begin(), folded.end(), folded.begin(), folded_in_cookie_name);
  const bool is_open = pattern.ends_with('*');
  is_open ? sieve_.add_beginning(name) : sieve_.add(name);
  folded_[NameSieve::place_of(name)].push_back({std::move(folded), is_open});
  return boost::outcome_v2::success();
}

bool CookieNames::contains(std::string_view name) const {
  return std::any_of(patterns_.begin(), patterns_.end(),
                     [&](const std::string& pattern) { return matches(pattern, name); });
}

bool CookieNames::may_be_taken_for(std::string_view name) const {
  if (name.empty()) return false;
  const auto& alike = folded_[NameSieve::place_of(name)];
  return std::any_of(alike.begin(), alike.end(), [&](const FoldedPattern& pattern) {
    const std::string& text = pattern.text;
    if (pattern.is_open ? name.size() < text.size() : name.size() != text.size()) return false;
    return std::equal(text.begin(), text.end(), name.begin(),
                      [](char a, char b) { return a == folded_in_cookie_name(b); });
  });
}

bool CookieNames::is_required(std::string_view name) const {
  return !patterns_.empty() && matches(patterns_.front(), name);
}

bool CookieNames::is_balancer(std::string_view name) const {
  return !is_required(name) && looks_like_a_balancers(name);
}

}  // namespace crowd_confluence
