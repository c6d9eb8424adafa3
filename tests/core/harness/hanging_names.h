// A name server that does not answer.
#pragma once

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
