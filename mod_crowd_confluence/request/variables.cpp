#include "request/variables.h"

#include <apr_tables.h>

#include <algorithm>
#include <string_view>

#include "apr/headers.h"
#include "crowd_confluence/outcome.h"

namespace crowd_confluence::httpd {
namespace {

// How names begin, folded.
constexpr std::string_view kOurs = "crowd-confluence-";
constexpr std::string_view kRedirected = "redirect-";

}  // namespace

void set_variables(request_rec& request, const RequestState& state) {
  apr_table_t* const environment = request.subprocess_env;
  // All names begin alike, so that the table would compare each with those before it. Mostly there
  // is none.
  const auto entries = entries_of(environment);
  const bool may_be_set = std::any_of(entries.begin(), entries.end(), [](const auto& entry) {
    return begins_like_header(entry.key, kOurs);
  });
  const auto set = [&](const char* name, std::string_view value) {
    if (may_be_set) apr_table_unset(environment, name);
    if (!value.empty()) apr_table_addn(environment, name, value.data());
  };
  set("CROWD_CONFLUENCE_RESULT", to_string(state.result));
  set("CROWD_CONFLUENCE_SOURCE", state.source == Source::none ? "" : to_string(state.source));
  set("CROWD_CONFLUENCE_REASON", to_string(state.reason));
  set("CROWD_CONFLUENCE_USER", state.user);
  set("CROWD_CONFLUENCE_RETURN_URL", state.return_url);
}

void unset_claims_of(const RequestState* answered, const RequestState* state,
                     request_rec& request) {
  if (answered == nullptr || answered->result != Result::session) return;
  if (state != nullptr && state->cookies.data() == answered->cookies.data()) return;
  const auto is_claim = [&](const apr_table_entry_t& entry) {
    const char* name = entry.key;
    while (begins_like_header(name, kRedirected)) name += kRedirected.size();
    return begins_like_header(name, kOurs);
  };
  for (;;) {
    const auto entries = entries_of(request.subprocess_env);
    const auto claim = std::find_if(entries.begin(), entries.end(), is_claim);
    if (claim == entries.end()) return;
    apr_table_unset(request.subprocess_env, claim->key);
  }
}

}  // namespace crowd_confluence::httpd
