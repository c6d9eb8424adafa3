#include "crowd_confluence/visitor.h"

#include <algorithm>
#include <array>

namespace crowd_confluence {
namespace {

constexpr std::array<bool, 256> kTokenCharacters = [] {
  std::array<bool, 256> result = {};
  for (unsigned char c = '0'; c <= '9'; ++c) result[c] = true;
  for (unsigned char c = 'A'; c <= 'Z'; ++c) result[c] = true;
  for (unsigned char c = 'a'; c <= 'z'; ++c) result[c] = true;
  for (const char c : std::string_view("-_=.+/~")) result[static_cast<unsigned char>(c)] = true;
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
