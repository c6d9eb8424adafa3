// Random values in the forms that Crowd, Tomcat and Jira give them.
#pragma once

#include <string>

#include "options.h"

namespace atlassian {

/// A Crowd token: 24 characters ending in "00", or a long base64url text with the user's name in
/// it.
std::string make_token(TokenStyle style, const std::string& user);
/// 32 upper-case hexadecimal digits, as Tomcat's session ids.
std::string make_session_id();
/// "B0Q8-ZMV7-4JWN-VC5R|<40 hex>|lin"; `separator` is '|' or '_'.
std::string make_xsrf_token(char separator, bool logged_in);
/// `length` random lower-case letters and digits.
std::string make_word(std::size_t length);

}  // namespace atlassian
