// What libcurl's errors mean.

#ifndef CROWD_CONFLUENCE_SRC_HTTP_CURL_FAILURE_H_
#define CROWD_CONFLUENCE_SRC_HTTP_CURL_FAILURE_H_

#include <curl/curl.h>

#include <string_view>

#include "crowd_confluence/http/error.h"

namespace crowd_confluence {

/// Whether errno says that this process, or this machine, has no more of something. The server has
/// no part in that.
[[nodiscard]] bool is_shortage(int error_number);

/// What it means that a function of libcurl returned `code`, and wrote `error_text`. The code alone
/// does not always tell.
[[nodiscard]] HttpFailure failure_of(CURL* handle, CURLcode code, std::string_view error_text);

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_HTTP_CURL_FAILURE_H_
