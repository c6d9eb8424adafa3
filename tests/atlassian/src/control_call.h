// A request to the control API.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "http_message.h"
#include "json_text.h"
#include "simulator.h"
#include "text.h"

namespace atlassian {

/// What a resource gets: the body's JSON (empty for GET and DELETE) and the request.
struct Call {
  Simulator& simulator;
  const Request& request;
  const json::object& body;

  std::string text(std::string_view name) const {
    const std::string value = text_member(body, name);
    if (value.empty()) throw std::invalid_argument(std::string(name) + " is missing");
    return value;
  }
  std::string parameter(const std::string& name) const {
    const auto found = request.query.find(name);
    return found == request.query.end() ? std::string() : found->second;
  }
  std::uint64_t number_parameter(const std::string& name, std::uint64_t other) const {
    const std::string value = parameter(name);
    if (value.empty()) return other;
    const auto number = parse_number(value);
    if (!number) throw std::invalid_argument(name + ": a whole number is wanted");
    return *number;
  }
};

}  // namespace atlassian
