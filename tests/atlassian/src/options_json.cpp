#include "options_json.h"

#include <limits>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "options_members.h"

namespace atlassian {
namespace {

struct Writer {
  json::object object = {};

  template <typename Member>
  void operator()(const char* name, Member& member) {
    object[name] = value_of(member);
  }

  static json::value value_of(bool value) { return value; }
  static json::value value_of(unsigned value) { return value; }
  static json::value value_of(std::uint64_t value) { return value; }
  static json::value value_of(std::chrono::seconds value) { return value.count(); }
  static json::value value_of(std::string& value) { return json_text(value); }
  template <typename Element>
  static json::value value_of(std::vector<Element>& list) {
    json::array array;
    for (Element& element : list) array.push_back(value_of(element));
    return array;
  }
  template <typename Structure>
  static json::value value_of(std::optional<Structure>& structure) {
    return structure ? value_of(*structure) : json::value(nullptr);
  }
  template <typename Other>
  static json::value value_of(Other& other) {
    if constexpr (std::is_enum_v<Other>) {
      for (const auto& [choice, name] : names(other)) {
        if (choice == other) return json::value(name);
      }
      return nullptr;
    } else {
      Writer writer;
      visit_members(other, writer);
      return std::move(writer.object);
    }
  }
};

[[noreturn]] void unusable(const std::string& wanted) {
  throw std::invalid_argument(wanted);
}

struct Reader {
  const json::object& changes;
  std::size_t used = 0;

  template <typename Member>
  void operator()(const char* name, Member& member) {
    const json::value* value = changes.if_contains(name);
    if (value == nullptr) return;
    ++used;
    try {
      read(*value, member);
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(std::string(name) + ": " + error.what());
    }
  }

  static std::uint64_t number(const json::value& value) {
    if (value.is_uint64()) return value.get_uint64();
    if (!value.is_int64() || value.get_int64() < 0) unusable("a whole number is wanted");
    return static_cast<std::uint64_t>(value.get_int64());
  }
  static void read(const json::value& value, bool& member) {
    if (!value.is_bool()) unusable("true or false is wanted");
    member = value.get_bool();
  }
  static void read(const json::value& value, unsigned& member) {
    const std::uint64_t read_number = number(value);
    if (read_number > std::numeric_limits<unsigned>::max()) unusable("the number is too large");
    member = static_cast<unsigned>(read_number);
  }
  static void read(const json::value& value, std::uint64_t& member) { member = number(value); }
  static void read(const json::value& value, std::chrono::seconds& member) {
    constexpr std::uint64_t kMostSeconds = 1'000'000'000;
    const std::uint64_t seconds = number(value);
    if (seconds > kMostSeconds) unusable("the number of seconds is too large");
    member = std::chrono::seconds(seconds);
  }
  static void read(const json::value& value, std::string& member) {
    if (!value.is_string()) unusable("a text is wanted");
    member = standard_text(value.get_string());
  }
  template <typename Element>
  static void read(const json::value& value, std::vector<Element>& member) {
    if (!value.is_array()) unusable("a list is wanted");
    std::vector<Element> list;
    for (const json::value& element : value.get_array()) read(element, list.emplace_back());
    member = std::move(list);
  }
  template <typename Structure>
  static void read(const json::value& value, std::optional<Structure>& member) {
    if (value.is_null()) {
      member.reset();
    } else {
      if (!member) member.emplace();
      read(value, *member);
    }
  }
  template <typename Other>
  static void read(const json::value& value, Other& member) {
    if constexpr (std::is_enum_v<Other>) {
      std::string all;
      for (const auto& [choice, name] : names(member)) {
        if (value.is_string() && standard_text(value.get_string()) == name) {
          member = choice;
          return;
        }
        all += (all.empty() ? "" : ", ") + std::string(name);
      }
      unusable("one of these is wanted: " + all);
    } else {
      if (!value.is_object()) unusable("an object is wanted");
      apply_to(member, value.get_object());
    }
  }

  template <typename Structure>
  static void apply_to(Structure& structure, const json::object& changes) {
    Reader reader{changes};
    visit_members(structure, reader);
    if (reader.used == changes.size()) return;
    Writer known;
    visit_members(structure, known);
    for (const auto& change : changes) {
      if (!known.object.contains(change.key())) {
        throw std::invalid_argument("unknown option: " +
                                    std::string(change.key().data(), change.key().size()));
      }
    }
  }
};

template <typename Options>
json::object written(Options options) {
  Writer writer;
  visit_members(options, writer);
  return std::move(writer.object);
}

}  // namespace

json::object to_json(const CrowdOptions& options) {
  return written(options);
}
json::object to_json(const ConfluenceOptions& options) {
  return written(options);
}
void apply(CrowdOptions& options, const json::object& changes) {
  Reader::apply_to(options, changes);
}
void apply(ConfluenceOptions& options, const json::object& changes) {
  Reader::apply_to(options, changes);
}

}  // namespace atlassian
