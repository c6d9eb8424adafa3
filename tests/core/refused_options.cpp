#include "refused_options.h"

#include <dlfcn.h>

#include <atomic>
#include <cstdarg>

#undef curl_easy_setopt

namespace {

std::atomic<CURLoption> refused{CURLOPT_LASTENTRY};
std::atomic<CURLcode> reason{CURLE_OK};

}  // namespace

RefusedOption::RefusedOption(CURLoption option, CURLcode why) {
  reason = why;
  refused = option;
}

RefusedOption::~RefusedOption() {
  refused = CURLOPT_LASTENTRY;
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
  return libcurls_function(handle, option, value);
}
