#include "config/written_directives.h"

#include <apr_cstr.h>

#include <algorithm>
#include <utility>

namespace crowd_confluence::httpd {
namespace {

constexpr std::string_view kOwn = "CrowdConfluence";

bool is_same(const char* a, std::string_view b) {
  return apr_cstr_casecmp(a, std::string(b).c_str()) == 0;
}

bool is_section(const ap_directive_t& node, std::string_view name) {
  return node.directive[0] == '<' && is_same(node.directive + 1, name);
}

std::vector<std::string> words_of(const ap_directive_t& node, apr_pool_t* pool) {
  std::vector<std::string> words;
  for (const char* rest = node.args != nullptr ? node.args : ""; *rest != '\0';)
    words.emplace_back(ap_getword_conf(pool, &rest));
  return words;
}

/// What a section says of the requests for which its content holds.
void narrow(WrittenDirective& place, const ap_directive_t& section, apr_pool_t* pool) {
  if (is_section(section, "VirtualHost")) {
    place.host = &section;
  } else if (is_section(section, "Directory") || is_section(section, "DirectoryMatch") ||
             is_section(section, "Files") || is_section(section, "FilesMatch")) {
    place.scope = WrittenDirective::files;
  } else if (is_section(section, "Location")) {
    std::vector<std::string> words = words_of(section, pool);
    // The last one still has the section's bracket.
    if (!words.empty() && words.back().ends_with('>')) words.back().pop_back();
    const bool is_path = !words.empty() && words[0].starts_with('/') &&
                         words[0].find_first_of("*?[") == std::string::npos;
    place.scope = is_path ? WrittenDirective::below_path : WrittenDirective::some_urls;
    if (is_path) place.path = words[0];
  } else if (place.scope == WrittenDirective::all_urls) {
    place.scope = WrittenDirective::some_urls;  // <LocationMatch>, <If>, <Proxy>, ...
  }
}

class Reader {
 public:
  Reader(const std::vector<std::string_view>& others, apr_pool_t* pool)
      : others_(others), pool_(pool) {}

  void read(const ap_directive_t* node, const WrittenDirective& place) {
    for (; node != nullptr; node = node->next) {
      if (node->directive == nullptr) continue;
      if (node->first_child != nullptr) {
        WrittenDirective inner = place;
        narrow(inner, *node, pool_);
        read(node->first_child, inner);
      } else if (is_wanted(node->directive)) {
        WrittenDirective& found = found_.emplace_back(place);
        found.node = node;
        found.words = words_of(*node, pool_);
      }
    }
  }

  std::vector<WrittenDirective>& found() { return found_; }

 private:
  [[nodiscard]] bool is_wanted(const char* name) const {
    return apr_cstr_casecmpn(name, kOwn.data(), kOwn.size()) == 0 ||
           std::any_of(others_.begin(), others_.end(),
                       [&](std::string_view other) { return is_same(name, other); });
  }

  const std::vector<std::string_view>& others_;
  apr_pool_t* pool_;
  std::vector<WrittenDirective> found_;
};

/// As <Location> and ProxyPass compare paths.
bool is_below(std::string_view path, std::string_view outer) {
  return path.starts_with(outer) &&
         (path.size() == outer.size() || outer.ends_with('/') || path[outer.size()] == '/');
}

}  // namespace

bool WrittenDirective::is(const char* name) const {
  return is_same(node->directive, name);
}

std::vector<WrittenDirective> read_written_directives(const ap_directive_t* tree,
                                                      const std::vector<std::string_view>& others,
                                                      apr_pool_t* temporary_pool) {
  Reader reader(others, temporary_pool);
  reader.read(tree, {});
  return std::move(reader.found());
}

bool share_a_host(const WrittenDirective& a, const WrittenDirective& b) {
  return a.host == b.host || a.host == nullptr || b.host == nullptr;
}

bool may_enclose(const WrittenDirective& outer, const WrittenDirective& inner) {
  if (outer.scope != WrittenDirective::below_path) return true;
  return inner.scope == WrittenDirective::some_urls ||
         (inner.scope == WrittenDirective::below_path && is_below(inner.path, outer.path));
}

bool may_meet(const WrittenDirective& a, const WrittenDirective& b) {
  return a.scope != WrittenDirective::below_path || b.scope != WrittenDirective::below_path ||
         is_below(a.path, b.path) || is_below(b.path, a.path);
}

}  // namespace crowd_confluence::httpd
