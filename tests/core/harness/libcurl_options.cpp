#include "harness/libcurl_options.h"

#include <dlfcn.h>

#include <atomic>
#include <cstdarg>
#include <utility>

#undef curl_easy_setopt

namespace {

std::atomic<CURLoption> refused{CURLOPT_LASTENTRY};
std::atomic<CURLcode> reason{CURLE_OK};

// Changed while no other thread uses libcurl.
std::string ca_directory;

}  // namespace

RefusedOption::RefusedOption(CURLoption option, CURLcode why) {
  reason = why;
  refused = option;
}

RefusedOption::~RefusedOption() {
  refused = CURLOPT_LASTENTRY;
}

BuiltInCaDirectory::BuiltInCaDirectory(std::string path) {
  ca_directory = std::move(path);
}

BuiltInCaDirectory::~BuiltInCaDirectory() {
  ca_directory.clear();
}

/// Stands before libcurl's, for all libraries of this program.
extern "C" __attribute__((visibility("default"))) CURLcode curl_easy_setopt(CURL* handle,
                                                                            CURLoption option,
                                                                            ...) {
  std::va_list values;
#pragma GCC diagnostic push
  // Clang fears that the enumeration is promoted to another type, but it already has an int's size.
#pragma GCC diagnostic ignored "-Wvarargs"
  va_start(values, option);
#pragma GCC diagnostic pop
  void* const value = va_arg(values, void*);  // or a number of the same size
  va_end(values);
  if (option == refused) return reason;
  static const auto libcurls_function =
      reinterpret_cast<decltype(&curl_easy_setopt)>(dlsym(RTLD_NEXT, "curl_easy_setopt"));
  return libcurls_function(handle, option, value);
}

extern "C" __attribute__((visibility("default"))) curl_version_info_data* curl_version_info(
    CURLversion age) {
  static const auto libcurls_function =
      reinterpret_cast<decltype(&curl_version_info)>(dlsym(RTLD_NEXT, "curl_version_info"));
  if (ca_directory.empty()) return libcurls_function(age);
  static curl_version_info_data changed;
  changed = *libcurls_function(age);
  changed.capath = ca_directory.c_str();
  return &changed;
}
