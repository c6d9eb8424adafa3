// Options of a libcurl that was built in another way.
#pragma once

#include <curl/curl.h>

#include <string>

/// While it exists, an option of libcurl is not taken, and libcurl says why.
class RefusedOption {
 public:
  RefusedOption(CURLoption option, CURLcode why);
  RefusedOption(const RefusedOption&) = delete;
  RefusedOption& operator=(const RefusedOption&) = delete;
  ~RefusedOption();
};

/// While it exists, libcurl knows a directory of authorities to trust, as Debian's does.
class BuiltInCaDirectory {
 public:
  explicit BuiltInCaDirectory(std::string path);
  BuiltInCaDirectory(const BuiltInCaDirectory&) = delete;
  BuiltInCaDirectory& operator=(const BuiltInCaDirectory&) = delete;
  ~BuiltInCaDirectory();
};
