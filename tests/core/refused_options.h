// A libcurl that does not take an option.
#pragma once

#include <curl/curl.h>

/// While it exists, an option of libcurl is not taken, and libcurl says why.
class RefusedOption {
 public:
  RefusedOption(CURLoption option, CURLcode why);
  RefusedOption(const RefusedOption&) = delete;
  RefusedOption& operator=(const RefusedOption&) = delete;
  ~RefusedOption();
};
