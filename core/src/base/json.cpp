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

/// A resource that is not shared need not free what it gave piece by piece.
struct JsonObject::Parsed {
  Parsed(std::string_view text, boost::json::error_code& error,
         const boost::json::parse_options& options)
      : value(boost::json::parse({text.data(), text.size()}, error, &resource, options)),
        object(value.if_object()) {}
  explicit Parsed(const boost::json::object& member)
      : value(member, &resource), object(value.if_object()) {}

  boost::json::monotonic_resource resource;
  boost::json::value value;
  const boost::json::object* object;  // within `value`; null if that is none
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
  auto parsed = std::make_unique<Parsed>(text, error, options);
  if (error || parsed->object == nullptr) return std::nullopt;
  return JsonObject(std::move(parsed));
}

bool JsonObject::has(std::string_view member) const {
  return parsed_->object->contains({member.data(), member.size()});
}

std::optional<std::string> JsonObject::string_of(std::string_view member) const {
  const boost::json::value* value = parsed_->object->if_contains({member.data(), member.size()});
  const auto* string = value == nullptr ? nullptr : value->if_string();
  if (string == nullptr) return std::nullopt;
  return std::string(string->data(), string->size());
}

std::optional<std::string> JsonObject::text_of(std::string_view member) const {
  const boost::json::value* value = parsed_->object->if_contains({member.data(), member.size()});
  if (value == nullptr) return std::nullopt;
  if (const auto* string = value->if_string()) return std::string(string->data(), string->size());
  if (value->is_bool() || value->is_int64() || value->is_uint64())
    return boost::json::serialize(*value);
  return std::nullopt;
}

std::optional<std::int64_t> JsonObject::integer_of(std::string_view member) const {
  const boost::json::value* value = parsed_->object->if_contains({member.data(), member.size()});
  const std::int64_t* integer = value == nullptr ? nullptr : value->if_int64();
  if (integer == nullptr) return std::nullopt;
  return *integer;
}

std::optional<JsonObject> JsonObject::object_of(std::string_view member) const {
  const boost::json::value* value = parsed_->object->if_contains({member.data(), member.size()});
  const auto* object = value == nullptr ? nullptr : value->if_object();
  if (object == nullptr) return std::nullopt;
  return JsonObject(std::make_unique<Parsed>(*object));
}

}  // namespace crowd_confluence
