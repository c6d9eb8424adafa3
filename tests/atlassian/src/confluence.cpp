#include "confluence.h"

#include <iterator>
#include <stdexcept>

#include "addresses.h"
#include "gateway.h"
#include "secrets.h"
#include "text.h"

namespace atlassian {
namespace {

constexpr std::string_view kAlreadyExpired = "Thu, 01 Jan 1970 00:00:00 GMT";

std::string node_name(unsigned node) {
  return "node" + std::to_string(node + 1);
}

constexpr std::size_t kRandomLength = 40;
constexpr unsigned kMostNodes = 1000;
constexpr std::size_t kNodeDigits = 3;

/// Apache's ROUTEID names the node, others look random; here their last digits tell the node.
std::string make_sticky_value(const std::string& cookie_name, unsigned node) {
  if (cookie_name == "ROUTEID") return '.' + node_name(node);
  const std::string digits = std::to_string(kMostNodes + node);
  return make_word(kRandomLength) + digits.substr(1);
}

std::optional<unsigned> node_of_sticky_value(const std::string& value, unsigned nodes) {
  for (unsigned node = 0; node < nodes; ++node) {
    if (value == '.' + node_name(node)) return node;
  }
  if (value.size() != kRandomLength + kNodeDigits) return std::nullopt;
  const auto node = parse_number(std::string_view(value).substr(kRandomLength));
  if (!node || *node >= nodes) return std::nullopt;
  return static_cast<unsigned>(*node);
}

std::string_view maintenance_message() {
  return "The system is starting or being maintained.";
}

}  // namespace

Confluence::Confluence(ConfluenceOptions options, Crowd& crowd, Counters& counters,
                       const Clock& clock, std::string origin)
    : crowd_(crowd), counters_(counters), clock_(clock), origin_(std::move(origin)) {
  set_options(std::move(options));
}

void Confluence::set_options(ConfluenceOptions options) {
  if (options.nodes == 0 || options.nodes > kMostNodes) {
    throw std::invalid_argument("nodes must be between 1 and 1000");
  }
  if (!options.context_path.empty() &&
      (options.context_path.front() != '/' || options.context_path.back() == '/')) {
    throw std::invalid_argument("context_path must be empty or look like /confluence");
  }
  if (options.session_cookie_name.empty()) {
    throw std::invalid_argument("session_cookie_name must not be empty");
  }
  if (options.header_too_large_status != 400 && options.header_too_large_status != 431) {
    throw std::invalid_argument("header_too_large_status must be 400 or 431");
  }
  check_networks(options.valve.internal_proxies);
  check_networks(options.valve.trusted_proxies);
  for (const std::string& key : options.missing_properties) {
    if (key != "session.lastvalidation" && key != "session.tokenkey" &&
        key != "session.isauthenticated") {
      throw std::invalid_argument("crowd.properties has no key that is missed as " + key);
    }
  }
  if (options.cache != options_.cache) cache_.clear();
  options_ = std::move(options);
}

std::string Confluence::sso_cookie_name() const {
  return options_.cookie_tokenkey.empty() ? crowd_.options().cookie_name : options_.cookie_tokenkey;
}

SetCookie Confluence::sso_cookie(const std::string& token) const {
  SetCookie cookie = crowd_.sso_cookie(token);
  cookie.name = sso_cookie_name();
  if (!options_.cookie_domain.empty()) cookie.domain = options_.cookie_domain;
  return cookie;
}

std::string Confluence::base_url() const {
  return options_.base_url.empty() ? origin_ + options_.context_path : options_.base_url;
}

std::string_view Confluence::probe_path() const {
  return jira() ? "/rest/api/2/myself" : "/rest/api/user/current";
}

const HttpSession* Confluence::find_session(const std::string& id) const {
  const auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : &found->second;
}

void Confluence::end_session(const HttpSession* session) {
  std::erase_if(sessions_, [session](const auto& entry) { return &entry.second == session; });
}

unsigned Confluence::choose_node(const Request& request, std::vector<SetCookie>& cookies) {
  const std::string& name = options_.sticky_cookie;
  const auto known = name.empty() ? std::nullopt
                                  : node_of_sticky_value(request_cookie(request, name).value_or(""),
                                                         options_.nodes);
  const unsigned node = known ? *known : next_node_++ % options_.nodes;
  // An AWS load balancer renews its cookies in each response, others set theirs once.
  const bool aws = name.rfind("AWSALB", 0) == 0;
  if (name.empty() || (known && !aws)) return node;
  SetCookie cookie{name, make_sticky_value(name, node)};
  cookie.http_only = name == "__VCAP_ID__" || name.rfind("BIGipServer", 0) == 0;
  cookies.push_back(cookie);
  if (name == "AWSALB") {
    cookie.name = "AWSALBCORS";
    cookie.secure = cookie.same_site_none = true;
    cookies.push_back(cookie);
  }
  return node;
}

bool Confluence::find_or_make_session(Visit& visit, unsigned node) {
  const Time now = clock_.now();
  const auto sent = request_cookie(visit.request, options_.session_cookie_name);
  if (sent) {
    const auto found = sessions_.find(*sent);
    if (found != sessions_.end() &&
        now - found->second.last_used >= options_.session_idle_timeout) {
      sessions_.erase(found);
    } else if (found != sessions_.end() && found->second.node == node) {
      found->second.last_used = now;
      visit.session = &found->second;
      return true;
    }
    if (options_.foreign_session == ForeignSession::kUnauthorized && visit.rest()) return false;
  }
  const std::string id = make_session_id() + options_.session_id_suffix;
  HttpSession& session = sessions_[id];
  session.node = node;
  session.last_used = now;
  visit.session = &session;
  ++counters_.sessions_created;
  SetCookie cookie{options_.session_cookie_name, id};
  cookie.path = cookie_path();
  cookie.secure = options_.session_cookie_secure || visit.request.tls;
  visit.cookies.push_back(cookie);
  return true;
}

Response Confluence::respond(Visit& visit) {
  const bool page_for_everybody = visit.path == "/login.action" ||
                                  visit.path == "/dologin.action" || visit.path == "/logout.action";
  if (auto refusal = authenticate(*this, visit)) return std::move(*refusal);

  std::optional<RateLimiter::Decision> decision;
  if (options_.rate_limit && visit.rest()) {
    decision =
        rate_limiter_.take(*options_.rate_limit,
                           visit.user != nullptr ? visit.user->name : std::string(), clock_.now());
  }
  Response response;
  if (decision && !decision->allowed) {
    response.status = 429;
  } else if (auto forgery = refuse_forgery(*this, visit); forgery && !page_for_everybody) {
    response = std::move(*forgery);
  } else if (visit.rest()) {
    response = confluence_rest(*this, visit);
  } else if (visit.user == nullptr && !options_.anonymous_access && !page_for_everybody) {
    response = redirect_to_login(*this, visit);
  } else {
    response = confluence_page(*this, visit);
  }
  // Anonymous visitors are limited, too, but are not told.
  if (decision && visit.user != nullptr) {
    Response limited{response.status};
    add_rate_limit_headers(limited, *options_.rate_limit, *decision);
    response.headers.insert(response.headers.begin(), limited.headers.begin(),
                            limited.headers.end());
  }
  return response;
}

void Confluence::decorate(Response& response, const Visit& visit, unsigned node) {
  Response front;
  const std::string number = std::to_string(++request_number_);
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now().time_since_epoch());
  if (jira()) {
    front.add("X-AREQUESTID", number + "x" + number + "x1");
  } else {
    if (!visit.rest()) {
      front.add("Cache-Control", "no-store").add("Expires", std::string(kAlreadyExpired));
    }
    front.add("X-Confluence-Request-Time", std::to_string(milliseconds.count()));
  }
  add_set_cookies(front, visit.cookies, options_.set_cookie_style);
  if (!options_.strip_seraph_headers) {
    for (const std::string& reason : visit.login_reasons) {
      front.add("X-Seraph-LoginReason", reason);
    }
    if (!visit.named_user.empty()) front.add("X-AUSERNAME", url_encode(visit.named_user));
  }
  if (options_.nodes > 1) front.add("X-Confluence-Cluster-Node", node_name(node));
  if (jira()) {
    front.add("X-ASESSIONID", make_word(7));
    front.add("Cache-Control", "no-cache, no-store, no-transform");
  } else if (visit.rest()) {
    front.add("Cache-Control", "no-store").add("Expires", std::string(kAlreadyExpired));
  }
  const bool guarded = !visit.rest() || jira();
  if (guarded) front.add("X-XSS-Protection", "1; mode=block");
  front.add("X-Content-Type-Options", "nosniff");
  if (guarded) {
    front.add("X-Frame-Options", "SAMEORIGIN");
    front.add("Content-Security-Policy", "frame-ancestors 'self'");
  }
  response.headers.insert(response.headers.begin(), front.headers.begin(), front.headers.end());
}

Response Confluence::handle(const Request& request) {
  if (auto answer = answer_before_confluence(options_, request)) return std::move(*answer);
  if (auto kept = cache_.find(options_.cache, request, now())) return std::move(*kept);
  Response response = serve(request);
  cache_.keep(options_.cache, request, response, now());
  return response;
}

Response Confluence::serve(const Request& request) {
  if (options_.max_header_bytes > 0 && request.header_bytes() > options_.max_header_bytes) {
    return tomcat_error(options_.header_too_large_status, "Request header is too large");
  }
  const std::string& context = options_.context_path;
  if (request.path.compare(0, context.size(), context) != 0 ||
      (!context.empty() && request.path.size() > context.size() &&
       request.path[context.size()] != '/')) {
    return tomcat_error(404, "The requested resource [" + request.path + "] is not available");
  }
  if (options_.maintenance == Maintenance::kUnavailable) {
    Response response = tomcat_error(503, maintenance_message());
    if (!options_.maintenance_retry_after.empty()) {
      response.add("Retry-After", options_.maintenance_retry_after);
    }
    return response;
  }
  Visit visit{request, request.path.substr(context.size()),
              ValidationFactors{tomcat_form(request.peer_address)}};
  if (options_.maintenance == Maintenance::kErrorPage) {
    if (visit.path != "/errors.action") {
      return redirect_to(location_of(*this, context + "/errors.action"));
    }
    return html_response(503, "<!doctype html><title>Confluence</title><p>" +
                                  std::string(maintenance_message()) + "</p>\n");
  }
  const auto forwarded = request.header("X-Forwarded-For");
  if (!forwarded.empty()) visit.factors.x_forwarded_for = forwarded.front();
  if (options_.remote_ip_valve) visit.factors = behind_valve(options_.valve, visit.factors);
  if (visit.factors.x_forwarded_for == visit.factors.remote_address) {
    visit.factors.x_forwarded_for.reset();
  }

  std::vector<SetCookie> sticky;
  const unsigned node = choose_node(request, sticky);
  Response response;
  if (find_or_make_session(visit, node)) {
    response = respond(visit);
  } else {
    response = tomcat_error(401, "os_authType was 'any' and an invalid cookie was sent.");
  }
  if (visit.ends_session && visit.session != nullptr) end_session(visit.session);
  visit.cookies.insert(visit.cookies.end(), sticky.begin(), sticky.end());
  decorate(response, visit, node);
  return response;
}

}  // namespace atlassian
