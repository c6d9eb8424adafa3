#include "crowd_confluence/cookie/cookie_names.h"

#include <algorithm>

#include "base/ascii.h"
#include "cookie/balancer_names.h"
#include "crowd_confluence/cookie/cookie_header.h"

namespace crowd_confluence {
namespace {

bool matches(std::string_view pattern, std::string_view name) {
  if (!pattern.ends_with('*')) return pattern == name;
  return name.starts_with(pattern.substr(0, pattern.size() - 1));
}

bool matches_ignoring_case(std::string_view pattern, std::string_view name) {
  if (!pattern.ends_with('*')) return ascii::equal_ignoring_case(pattern, name);
  return ascii::starts_with_ignoring_case(name, pattern.substr(0, pattern.size() - 1));
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
  starts_.add(name);
  return boost::outcome_v2::success();
}

bool CookieNames::contains(std::string_view name) const {
  return std::any_of(patterns_.begin(), patterns_.end(),
                     [&](const std::string& pattern) { return matches(pattern, name); });
}

bool CookieNames::may_be_taken_for(std::string_view prefix, std::string_view name) const {
  if (!prefix.empty()) {
    if (!ascii::starts_with_ignoring_case(name, prefix)) return false;
    name.remove_prefix(prefix.size());
  }
  // Most of what browsers send is sorted out here.
  if (name.empty() || !starts_.may_be_in(name)) return false;
  const char first = ascii::lower(name.front());
  return std::any_of(patterns_.begin(), patterns_.end(), [&](const std::string& pattern) {
    return ascii::lower(pattern.front()) == first && matches_ignoring_case(pattern, name);
  });
}

NameStarts CookieNames::starts(std::string_view prefix) const {
  if (prefix.empty()) return starts_;
  NameStarts starts;
  starts.add(prefix);
  return starts;
}

bool CookieNames::is_required(std::string_view name) const {
  return !patterns_.empty() && matches(patterns_.front(), name);
}

bool CookieNames::is_balancer(std::string_view name) const {
  return !is_required(name) && looks_like_a_balancers(name);
}

}  // namespace crowd_confluence
