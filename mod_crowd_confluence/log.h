// The numbers of the messages that an administrator may look up in docs/messages.md. A number is
// never given to another message.

#ifndef MOD_CROWD_CONFLUENCE_LOG_H_
#define MOD_CROWD_CONFLUENCE_LOG_H_

#include <httpd.h>

#include <http_log.h>

#include "module_functions.h"

APLOG_USE_MODULE(crowd_confluence);

#define CCF_STARTED "CCF0001: "
#define CCF_NO_URL "CCF0002: "
#define CCF_READABLE_URL "CCF0003: "
#define CCF_UNVERIFIED_PEER "CCF0004: "
#define CCF_CHILD_UNUSABLE "CCF0005: "
#define CCF_NO_MEMORY "CCF0006: "
#define CCF_NO_SECRET "CCF0007: "
#define CCF_STORE_UNUSABLE "CCF0008: "
#define CCF_NO_CROWD "CCF0009: "
#define CCF_UNAVAILABLE "CCF0010: "
#define CCF_URL_UNSET_HERE "CCF0011: "
#define CCF_BAD_REDIRECT "CCF0012: "
#define CCF_INTERNAL "CCF0013: "
#define CCF_BREAKER_OPENED "CCF0014: "
#define CCF_BREAKER_CLOSED "CCF0015: "
// CCF0016 was that a session is too large to be remembered: none is.
#define CCF_COOKIE_CLASH "CCF0020: "
#define CCF_HEADER_TOO_LONG "CCF0021: "
#define CCF_BALANCER_COOKIE_LEFT_OUT "CCF0022: "
#define CCF_ON_FOR_FILES "CCF0030: "
#define CCF_NEVER_ON "CCF0031: "
#define CCF_ADDRESS_CHANGED "CCF0032: "
#define CCF_ADDRESS_OF_PROXY "CCF0033: "
#define CCF_UNREADABLE_FILE "CCF0034: "
#define CCF_REJECTED "CCF0035: "
#define CCF_MOSTLY_REJECTED "CCF0036: "
#define CCF_TOKEN_COOKIE_UNTOLD "CCF0037: "
#define CCF_TOKEN_COOKIE_TOLD "CCF0038: "
#define CCF_SESSION_CHANGED "CCF0039: "

#endif  // MOD_CROWD_CONFLUENCE_LOG_H_
