// A request's way through the module, from the top downwards.

#ifndef MOD_CROWD_CONFLUENCE_REQUEST_FIXUP_H_
#define MOD_CROWD_CONFLUENCE_REQUEST_FIXUP_H_

#include <httpd.h>

namespace crowd_confluence::httpd {

/// fixups.
int fix_up_request(request_rec* request);

/// Whether the fixup must be done again before the request is answered. mod_dir (DirectoryIndex,
/// FallbackResource) puts what a sub-request found into the place of a request that has passed the
/// fixup, and other settings may hold for it; mod_rewrite's flag H may hand it to mod_proxy. True
/// for a main request only.
bool needs_another_fixup(const request_rec& request);

/// Does so: OK or DECLINED when the request goes on, otherwise the status to end it with.
int fix_up_again(request_rec& request);

}  // namespace crowd_confluence::httpd

#endif  // MOD_CROWD_CONFLUENCE_REQUEST_FIXUP_H_
