#include "sanitizer.h"

#include <cstdlib>

#include "read_file.h"

namespace module_tests {

namespace fs = std::filesystem;

Sanitizer::Sanitizer(const fs::path& server_root) {
  if (const char* libraries = std::getenv("SANITIZER_LIBRARIES")) libraries_ = libraries;
  if (libraries_.empty()) return;
  directory_ = server_root / "sanitizer";
  fs::create_directory(directory_);
  // As root, httpd's children are another user.
  fs::permissions(directory_, fs::perms(0777));
}

std::map<std::string, std::string> Sanitizer::environment() const {
  if (libraries_.empty()) return {};
  const std::string common = "log_path=" + (directory_ / "report").string();
  return {{"LD_PRELOAD", libraries_},
          {"ASAN_OPTIONS", common + ":detect_stack_use_after_return=1:fast_unwind_on_malloc=0"},
          {"LSAN_OPTIONS", "print_suppressions=0:suppressions=" SUPPRESSIONS_DIR "/leaks.txt"},
          // How httpd's own code keeps its threads apart cannot be seen. At its end a process need
          // not wait for races that may still come.
          {"TSAN_OPTIONS", common + ":ignore_noninstrumented_modules=1:atexit_sleep_ms=0"
                                    ":suppressions=" SUPPRESSIONS_DIR "/threads.txt"}};
}

bool Sanitizer::delays_signals() const {
  // ThreadSanitizer calls a handler with the next call into the C library.
  return libraries_.find("libtsan") != std::string::npos;
}

std::vector<std::string> Sanitizer::reports() const {
  std::vector<std::string> result;
  if (directory_.empty()) return result;
  for (const auto& entry : fs::directory_iterator(directory_))
    result.push_back("The sanitizer reports:\n" + read_file(entry.path()));
  return result;
}

}  // namespace module_tests
