#include "config/place.h"

#include <apr_strings.h>

#include <string>
#include <string_view>

namespace crowd_confluence::httpd {
namespace {

/// Longer ones are expressions, of which the beginning says which one it is.
constexpr std::size_t kMaxArguments = 100;

/// httpd keeps `<Location` and `/app/>`.
std::string section_name(const ap_directive_t* section) {
  if (section == nullptr) return "the server";
  std::string_view arguments = section->args != nullptr ? section->args : "";
  while (arguments.ends_with('>') || arguments.ends_with(' ')) arguments.remove_suffix(1);
  std::string name = std::string(section->directive) + " ";
  name += arguments.substr(0, kMaxArguments);
  if (arguments.size() > kMaxArguments) name += "...";
  return name + ">";
}

}  // namespace

const char* place_of(apr_pool_t* pool, const ap_directive_t& directive) {
  return apr_psprintf(pool, "%s (%s:%d)", section_name(directive.parent).c_str(),
                      directive.filename != nullptr ? directive.filename : "", directive.line_num);
}

}  // namespace crowd_confluence::httpd
