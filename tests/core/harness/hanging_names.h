// Name servers that do not answer, or answer as a test wants.
#pragma once

#include <cstdint>
#include <string_view>

/// While it exists, the addresses of kHost are not found, and whoever looks for them waits.
class HangingNames {
 public:
  static constexpr std::string_view kHost = "hanging.invalid";

  HangingNames();
  HangingNames(const HangingNames&) = delete;
  HangingNames& operator=(const HangingNames&) = delete;
  /// Lets those go who wait.
  ~HangingNames();
};

/// While it exists, kHost is at 127.0.0.1, and everything at it at one port, whatever port the URL
/// names.
class MovingName {
 public:
  static constexpr std::string_view kHost = "moving.invalid";

  explicit MovingName(std::uint16_t port) { move_to(port); }
  MovingName(const MovingName&) = delete;
  MovingName& operator=(const MovingName&) = delete;
  ~MovingName() { move_to(0); }

  void move_to(std::uint16_t port);
  /// How often the name was looked up since the process began.
  static int lookups();
};
