#include "base/json.h"

// Compiled in here and nowhere else, and not exported: linking the distribution's libboost_json
// would keep a replaced module mapped, as it exports unique symbols.
#include <boost/json/src.hpp>

namespace crowd_confluence {
namespace {

constexpr std::size_t kMaxDepth = 32;
// RFC 8259 §8.1 lets a reader pass over it.
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

struct JsonObject::Parsed {
  boost::json::object object;
};

JsonObject::JsonObject(std::unique_ptr<Parsed> parsed) : parsed_(std::move(parsed)) {}
JsonObject::JsonObject(JsonObject&&) noexcept = default;
JsonObject& JsonObject::operator=(JsonObject&&) noexcept = default;
JsonObject::~JsonObject() = default;

std::optional<JsonObject> JsonObject::parse(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  boost::json::parse_options options;
  options.max_depth = kMaxDepth;
  boost::json::error_code error;
  boost::json::value value = boost::json::parse(
      {text.data(), text.size()}, error,
      boost::json::make_shared_resource<boost::json::monotonic_resource>(), options);
  if (error || !value.is_object()) return std::nullopt;
  return JsonObject(std::make_unique<Parsed>(Parsed{std::move(value.as_object())}));
}

bool JsonObject::has(std::string_view member) const {
  return parsed_->object.contains({member.data(), member.size()});
}

std::optional<std::string> JsonObject::string_of(std::string_view member) const {
  const boost::json::value* value = parsed_->object.if_contains({member.data(), member.size()});
  const auto* string = value == nullptr ? nullptr : value->if_string();
  if (string == nullptr) return std::nullopt;
  return std::string(string->data(), string->size());
}

std::optional<std::string> JsonObject::text_of(std::string_view member) const {
  const boost::json::value* value = parsed_->object.if_contains({member.data(), member.size()});
  if (value == nullptr) return std::nullopt;
  if (const auto* string = value->if_string()) return std::string(string->data(), string->size());
  if (value->is_bool() || value->is_int64() || value->is_uint64())
    return boost::json::serialize(*value);
  return std::nullopt;
}

std::optional<std::int64_t> JsonObject::integer_of(std::string_view member) const {
  const boost::json::value* value = parsed_->object.if_contains({member.data(), member.size()});
  const std::int64_t* integer = value == nullptr ? nullptr : value->if_int64();
  if (integer == nullptr) return std::nullopt;
  return *integer;
}

std::optional<JsonObject> JsonObject::object_of(std::string_view member) const {
  const boost::json::value* value = parsed_->object.if_contains({member.data(), member.size()});
  const auto* object = value == nullptr ? nullptr : value->if_object();
  if (object == nullptr) return std::nullopt;
  return JsonObject(std::make_unique<Parsed>(Parsed{*object}));
}

}  // namespace crowd_confluence
