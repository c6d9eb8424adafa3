// The few things that are read from a JSON answer.

#ifndef CROWD_CONFLUENCE_SRC_BASE_JSON_H_
#define CROWD_CONFLUENCE_SRC_BASE_JSON_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace crowd_confluence {

/// A JSON object that came from outside: its nesting is limited, its size must be by the caller.
class JsonObject {
 public:
  /// nullopt when `text` is not one valid JSON object, perhaps behind a byte order mark.
  static std::optional<JsonObject> parse(std::string_view text);

  JsonObject(JsonObject&&) noexcept;
  JsonObject& operator=(JsonObject&&) noexcept;
  ~JsonObject();

  [[nodiscard]] bool has(std::string_view member) const;

  /// A member that is a string.
  [[nodiscard]] std::optional<std::string> string_of(std::string_view member) const;

  /// A member that is a string, as it is, or that is a boolean or an integer, as JSON writes it.
  [[nodiscard]] std::optional<std::string> text_of(std::string_view member) const;

  /// A member that is an integer.
  [[nodiscard]] std::optional<std::int64_t> integer_of(std::string_view member) const;

  /// A copy of a member that is an object itself.
  [[nodiscard]] std::optional<JsonObject> object_of(std::string_view member) const;

 private:
  struct Parsed;
  explicit JsonObject(std::unique_ptr<Parsed> parsed);

  std::unique_ptr<Parsed> parsed_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_BASE_JSON_H_
