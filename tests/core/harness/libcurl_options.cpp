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
  va_start(values, option);
  void* const value = va_arg(values, void*);  // or a number of the same size
  va_end(values);
  if (option == refused) return reason;
  static const auto libcurls_function =
      reinterpret_cast<decltype(&curl_easy_setopt)>(dlsym(RTLD_NEXT, "curl_easy_setopt"));
  // Before the first option that matters, as if it had been there from the beginning.
  if (option == CURLOPT_URL && !ca_directory.empty())
    libcurls_function(handle, CURLOPT_CAPATH, ca_directory.c_str());
  return libcurls_function(handle, option, value);
}
