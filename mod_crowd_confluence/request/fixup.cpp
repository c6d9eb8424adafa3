#include "request/fixup.h"

#include <httpd.h>

#include <apr_strings.h>
#include <http_config.h>
#include <http_protocol.h>
#include <http_request.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <optional>

#include "config/own_pages.h"
#include "crowd_confluence/address.h"
#include "crowd_confluence/cookie/cookie_header.h"
#include "crowd_confluence/visitor.h"
#include "process/child.h"
#include "process/guarded.h"
#include "process/token_cookie_name.h"
#include "request/decision_log.h"
#include "request/forwarded_for_by_proxy.h"
#include "request/httpd_cache.h"
#include "request/reaction.h"
#include "request/return_url.h"
#include "request/state.h"
#include "request/troubles.h"
#include "request/variables.h"

namespace crowd_confluence::httpd {
namespace {

/// More than Crowd's longest tokens, and what fits into a header besides other cookies.
constexpr std::size_t kMaxTokenBytes = 4096;

int fix_up(request_rec* request);

// Its steps, in their order.
void keep_token_cookie_told(const request_rec& request, const DirectoryConfig& config);
RequestState* make_state(request_rec* request, const DirectoryConfig& config);
bool is_same_question(const RequestState& state, const RequestState& earlier,
                      const request_rec& request);
void take_over(request_rec* request, RequestState& state, const RequestState& earlier);
void answer(request_rec* request, RequestState& state, const RequestState* answered);
std::string_view client_address(request_rec* request);
std::optional<Reason> what_is_missing(const request_rec& request,
                                      const std::optional<std::string_view>& token);
bool reuse(RequestState& state, const RequestState* earlier);
void ask(request_rec* request, RequestState& state);
void tell_of(request_rec& request, const RequestState& state, const Outcome& outcome);
void keep(const Session& session, apr_pool_t* pool, RequestState& state);
Duration retry_after(const RequestState& state);

}  // namespace

int fix_up_request(request_rec* request) {
  return guarded(*request, [&] { return fix_up(request); });
}

namespace {

int fix_up(request_rec* request) {
  // A sub-request shares the headers of its main request, which has been here.
  if (request->main != nullptr) {
    forbid_storing_subrequest(*request);
    return DECLINED;
  }

  RequestState* const earlier = nearest_state_of(request);
  const RequestState* const answered = state_of(request);
  const DirectoryConfig& config = directory_config(request);
  if (config.asks_for_token_cookie()) keep_token_cookie_told(*request, config);
  const DecisionLog decision(*request);
  // What stands there after an internal redirect is this module's own.
  const ForwardedFor forwarded_for = config.is_on() && earlier == nullptr
                                         ? unexplained_forwarded_for(*request, config)
                                         : ForwardedFor::nothing;
  RequestState* const state = make_state(request, config);
  if (state != nullptr && earlier != nullptr && is_same_question(*state, *earlier, *request)) {
    take_over(request, *state, *earlier);
  } else {
    if (earlier != nullptr) earlier->headers.restore(*request);
    if (state != nullptr) answer(request, *state, answered);
    unset_claims_of(answered, state, *request);
  }
  if (state == nullptr || !state->is_on()) return DECLINED;
  if (state->return_url.empty()) state->return_url = encoded_url(*request);
  set_variables(*request, *state);
  log_address_of_proxy(*request, forwarded_for, *state);
  decision.write(*state);

  if (state->result == Result::session) {
    forbid_storing(*request);
    return OK;
  }
  const Reaction* const reaction = config.reaction_to(state->result);
  // Or the error page would be refused as well. Where another line holds, it is no exception.
  if (answered != nullptr) state->refused_by = answered->refused_by;
  if (reaction != nullptr && reaction == state->refused_by) return OK;
  const int status = react(*request, reaction, retry_after(*state));
  if (status != OK) state->refused_by = reaction;
  return status;
}

void keep_token_cookie_told(const request_rec& request, const DirectoryConfig& config) {
  if (BackgroundRefresh* const work = background())
    ask_when_due(config, request.server, *work, request.request_time);
}

/// Null where the module has nothing to do; its own pages are about the request as it came. It
/// takes the place of one that was made for this request when another section held.
RequestState* make_state(request_rec* request, const DirectoryConfig& config) {
  RequestState* const state = config.cleans_requests() && !is_own_page(*request)
                                  ? new (apr_palloc(request->pool, sizeof(RequestState)))
                                        RequestState(config)
                                  : nullptr;
  ap_set_module_config(request->request_config, &crowd_confluence_module, state);
  if (state == nullptr) return nullptr;
  state->filename = request->filename;
  state->handler = request->handler;
  return state;
}

/// Whether all that was done for the request from which an internal redirect led here holds here.
bool is_same_question(const RequestState& state, const RequestState& earlier,
                      const request_rec& request) {
  return !earlier.address.empty() && earlier.address.data() == request.useragent_ip &&
         (state.config == earlier.config || *state.config == *earlier.config);
}

void take_over(request_rec* request, RequestState& state, const RequestState& earlier) {
  const DirectoryConfig* const config = state.config;
  state = earlier;
  state.config = config;
  state.filename = request->filename;
  state.handler = request->handler;
  if (state.config->sends_address()) state.headers.put_address(*request, state.address);
}

void answer(request_rec* request, RequestState& state, const RequestState* answered) {
  const DirectoryConfig& config = *state.config;
  state.address = client_address(request);
  const std::optional<std::string_view> token =
      state.headers.take_apart(*request, config, state.address);
  if (!config.is_on()) {
    // Cleaned it is.
  } else if (const std::optional<Reason> reason = what_is_missing(*request, token)) {
    state.reason = *reason;
  } else {
    state.token = *token;
    if (!reuse(state, answered)) ask(request, state);
  }
  state.headers.put_together(*request, config, state.token, state.cookies, state.address);
}

/// The user's address as mod_remoteip and the like established it, in one form. httpd's own idea of
/// it is brought into that form too, as mod_proxy sends it to the app: both must send the same.
std::string_view client_address(request_rec* request) {
  // What httpd wrote itself for an IPv4 connection is in that form.
  if (request->useragent_ip == request->connection->client_ip &&
      request->useragent_addr->family == APR_INET)
    return request->useragent_ip;
  AddressBuffer buffer;
  const std::string_view given = request->useragent_ip != nullptr ? request->useragent_ip : "";
  const std::string_view address = canonical_address(given, buffer);
  if (!address.empty() && address != given)
    request->useragent_ip = apr_pstrmemdup(request->pool, address.data(), address.size());
  return address.empty() ? address : std::string_view(request->useragent_ip);
}

/// Why a request cannot be asked about, or nothing.
std::optional<Reason> what_is_missing(const request_rec& request,
                                      const std::optional<std::string_view>& token) {
  // A TRACE is answered with the headers that arrive: no session may be among them.
  if (!token || request.method_number == M_TRACE) return Reason::no_cookie;
  if (token->empty() || *token == R"("")") return Reason::empty_cookie;
  if (token->size() > kMaxTokenBytes || !may_be_token(*token)) return Reason::malformed_cookie;
  return std::nullopt;
}

/// After an internal redirect the answer is known, if the question is the same.
bool reuse(RequestState& state, const RequestState* earlier) {
  if (earlier == nullptr || earlier->broker == nullptr || state.config->upstream == nullptr ||
      brokers() == nullptr || earlier->broker != &brokers()->broker_for(*state.config) ||
      earlier->token != state.token || earlier->address != state.address)
    return false;
  state.broker = earlier->broker;
  state.result = earlier->result;
  state.source = earlier->source;
  state.reason = earlier->reason;
  state.answered = earlier->answered;
  state.retry_after = earlier->retry_after;
  state.user = earlier->user;
  state.cookies = earlier->cookies;
  return true;
}

void ask(request_rec* request, RequestState& state) {
  Outcome outcome;
  Brokers* const all = brokers();
  if (all == nullptr || state.config->upstream == nullptr) {
    outcome = {Result::unavailable, Source::none, Reason::internal, {}, {}};
    if (state.config->upstream == nullptr) log_missing_url(*request, *state.config);
  } else {
    SessionBroker& broker = all->broker_for(*state.config);
    state.broker = &broker;
    broker.find({state.token, state.address}, outcome);
    if (outcome.source == Source::exchange || outcome.result == Result::unavailable)
      tell_of(*request, state, outcome);
  }
  state.result = outcome.result;
  state.source = outcome.source;
  state.reason = outcome.reason;
  state.answered = outcome.status;
  state.retry_after = outcome.retry_after;
  if (state.result == Result::session) keep(outcome.session, request->pool, state);
}

/// In the log.
void tell_of(request_rec& request, const RequestState& state, const Outcome& outcome) {
  const DirectoryConfig& config = *state.config;
  if (outcome.result == Result::unavailable) log_unavailable(request, config, state, outcome);
  if (outcome.result == Result::rejected) log_rejected(request, config, state, outcome);
  notice_if_mostly_rejected(request, config, state, outcome);
}

/// For as long as the request lasts.
void keep(const Session& session, apr_pool_t* pool, RequestState& state) {
  const std::string_view user = session.user();
  const std::string_view cookies = session.cookies();
  auto* to = static_cast<char*>(apr_palloc(pool, user.size() + cookies.size() + 2));
  const auto copy = [&to](std::string_view text) {
    std::memcpy(to, text.data(), text.size());
    const std::string_view copied(to, text.size());
    to += text.size();
    *to++ = '\0';
    return copied;
  };
  state.user = copy(user);
  state.cookies = copy(cookies);
}

/// When it makes sense to ask again; zero unless Result::unavailable.
Duration retry_after(const RequestState& state) {
  if (state.result != Result::unavailable) return Duration::zero();
  if (state.retry_after > Duration::zero()) return state.retry_after;
  // Places to wait get free, and other failures of this server's own pass, from moment to moment.
  const bool is_of_confluence = meaning_of(state.reason).is_failure ||
                                state.reason == Reason::breaker_open ||
                                state.reason == Reason::rate_limited;
  return is_of_confluence && state.config->upstream != nullptr ? state.config->upstream->retry
                                                               : std::chrono::seconds(1);
}

}  // namespace

bool needs_another_fixup(const request_rec& request) {
  if (request.main != nullptr) return false;
  const RequestState* const state = own_state_of(&request);
  // They are compared as pointers: each is replaced as a whole.
  if (state != nullptr && state->filename == request.filename && state->handler == request.handler)
    return false;
  const DirectoryConfig& config = directory_config(&request);
  if (state == nullptr) return config.cleans_requests() && !is_own_page(request);
  if (state->config != &config && *state->config != config) return true;
  // The one address is there already, and now mod_proxy would add another.
  return config.sends_address() && proxy_adds_forwarded_for(&request) &&
         apr_table_get(request.headers_in, "X-Forwarded-For") != nullptr;
}

int fix_up_again(request_rec& request) {
  const RequestState* const first = own_state_of(&request);
  if (first != nullptr && *first->config == directory_config(&request)) {
    // All else is as it should be, and other modules may have changed it on purpose.
    apr_table_unset(request.headers_in, "X-Forwarded-For");
    return OK;
  }
  return fix_up_request(&request);
}

}  // namespace crowd_confluence::httpd
