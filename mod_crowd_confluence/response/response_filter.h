// What goes back to the browser.

#ifndef MOD_CROWD_CONFLUENCE_RESPONSE_RESPONSE_FILTER_H_
#define MOD_CROWD_CONFLUENCE_RESPONSE_RESPONSE_FILTER_H_

#include <httpd.h>

namespace crowd_confluence::httpd {

void register_response_filter();

/// insert_filter.
void insert_response_filter(request_rec* request) noexcept;

/// insert_error_filter.
void insert_error_response_filter(request_rec* request) noexcept;

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_RESPONSE_RESPONSE_FILTER_H_
