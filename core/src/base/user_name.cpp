#include "base/user_name.h"

#include <algorithm>
#include <boost/locale/utf.hpp>
#include <cstdint>

#include "base/ascii.h"

namespace crowd_confluence {
namespace {

constexpr std::size_t kMaxUserBytes = 255;

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

/// What cannot be seen, or makes other text be seen elsewhere.
constexpr Range kForbidden[] = {
    {0x00, 0x1f},        // controls
    {0x7f, 0x9f},        // DEL and the C1 controls
    {0x61c, 0x61c},      // Arabic letter mark
    {0x180e, 0x180e},    // Mongolian vowel separator
    {0x200b, 0x200b},    // zero-width space
    {0x200e, 0x200f},    // left-to-right and right-to-left marks
    {0x2028, 0x202e},    // line and paragraph separators, embeddings and overrides
    {0x2060, 0x206f},    // word joiner, invisible operators, isolates, deprecated controls
    {0xfdd0, 0xfdef},    // no characters
    {0xfeff, 0xfeff},    // byte order mark
    {0xfff9, 0xfffb},    // interlinear annotations
    {0xfffe, 0xffff},    // no characters
    {0xe0000, 0xe007f},  // tags
};

constexpr Range kBlanks[] = {
    {0x20, 0x20},     {0xa0, 0xa0},     {0xad, 0xad},     {0x1680, 0x1680},
    {0x2000, 0x200d}, {0x202f, 0x202f}, {0x205f, 0x205f}, {0x3000, 0x3000},
};

template <std::size_t kCount>
bool is_in(const Range (&ranges)[kCount], std::uint32_t code_point) {
  return std::any_of(std::begin(ranges), std::end(ranges), [&](const Range& range) {
    return range.first <= code_point && code_point <= range.last;
  });
}

}  // namespace

bool is_user_name(std::string_view name) {
  namespace utf = boost::locale::utf;
  if (name.empty() || name.size() > kMaxUserBytes || ascii::equal_ignoring_case(name, "(null)"))
    return false;
  const char* at = name.data();
  const char* const end = at + name.size();
  bool is_at_blank = true;  // as if one stood before the beginning
  for (bool is_first = true; at != end; is_first = false) {
    const utf::code_point code_point = utf::utf_traits<char>::decode(at, end);
    if (!utf::is_valid_codepoint(code_point) || is_in(kForbidden, code_point)) return false;
    is_at_blank = is_in(kBlanks, code_point);
    if (is_first && is_at_blank) return false;
  }
  return !is_at_blank;
}

}  // namespace crowd_confluence
