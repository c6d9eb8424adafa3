#include "crowd_confluence/visitor.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace crowd_confluence {
namespace {

constexpr std::array<bool, 256> kTokenCharacters = [] {
  std::array<bool, 256> result = {};
  for (char c = '0'; c <= '9'; ++c) result[static_cast<std::size_t>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) result[static_cast<std::size_t>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) result[static_cast<std::size_t>(c)] = true;
  for (const char c : std::string_view("-_=.+/~")) result[static_cast<std::size_t>(c)] = true;
  return result;
}();

}  // namespace

bool may_be_token(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
    value = value.substr(1, value.size() - 2);
  return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return kTokenCharacters[static_cast<unsigned char>(c)];
  });
}

}  // namespace crowd_confluence
