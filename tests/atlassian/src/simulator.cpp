#include "simulator.h"

#include <utility>

#include "simulator_impl.h"

namespace atlassian {

Simulator::Simulator(SimulatorOptions options) {
  const std::optional<Listener> control = options.control;
  impl_ = std::make_unique<Impl>(*this, std::move(options));
  // Its threads call this object's functions, so everything else must be there before.
  if (control) impl_->control_server_ = std::make_unique<HttpServer>(*control, impl_->control_);
}

Simulator::~Simulator() {
  {
    const Impl::Change guard(*impl_);
    impl_->stopping_ = true;
  }
  impl_->control_server_.reset();
}

std::string Simulator::crowd_url() const {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->crowd_->base_url();
}
std::string Simulator::confluence_url() const {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->confluence_server_->origin() + impl_->confluence_->options().context_path;
}
std::string Simulator::control_url() const {
  return impl_->control_server_ ? impl_->control_server_->origin() : std::string();
}
std::string Simulator::second_crowd_url() const {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->second_crowd_ ? impl_->second_crowd_->base_url() : std::string();
}
std::uint16_t Simulator::crowd_port() const {
  return impl_->crowd_server_->port();
}
std::uint16_t Simulator::confluence_port() const {
  return impl_->confluence_server_->port();
}

CrowdOptions Simulator::crowd_options() const {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->crowd_->options();
}
ConfluenceOptions Simulator::confluence_options() const {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->confluence_->options();
}
void Simulator::configure_crowd(const std::function<void(CrowdOptions&)>& change) {
  const Impl::Change guard(*impl_);
  CrowdOptions options = impl_->crowd_->options();
  change(options);
  impl_->crowd_->set_options(std::move(options));
}
void Simulator::configure_confluence(const std::function<void(ConfluenceOptions&)>& change) {
  const Impl::Change guard(*impl_);
  ConfluenceOptions options = impl_->confluence_->options();
  change(options);
  impl_->confluence_->set_options(std::move(options));
}

std::optional<CrowdOptions> Simulator::second_crowd_options() const {
  const std::lock_guard lock(impl_->mutex_);
  if (!impl_->second_crowd_) return std::nullopt;
  return impl_->second_crowd_->options();
}
void Simulator::configure_second_crowd(const std::function<void(CrowdOptions&)>& change) {
  const Impl::Change guard(*impl_);
  Crowd& second = impl_->crowd(Server::kSecondCrowd);
  CrowdOptions options = second.options();
  change(options);
  second.set_options(std::move(options));
}
void Simulator::restore_options() {
  const Impl::Change guard(*impl_);
  impl_->crowd_->set_options(impl_->first_options_.crowd);
  impl_->confluence_->set_options(impl_->first_options_.confluence);
  if (impl_->second_crowd_) impl_->second_crowd_->set_options(*impl_->first_options_.second_crowd);
}

std::string Simulator::log_in(std::string_view user, std::string_view address) {
  const Impl::Change guard(*impl_);
  return impl_->crowd_->log_in(impl_->user(user), std::string(address));
}
std::string Simulator::log_in(std::string_view user, const ValidationFactors& factors) {
  const Impl::Change guard(*impl_);
  return impl_->crowd_->log_in(impl_->user(user), impl_->crowd_->client_address(factors));
}
std::string Simulator::log_in_at_second_crowd(std::string_view user, std::string_view address) {
  const Impl::Change guard(*impl_);
  Crowd& second = impl_->crowd(Server::kSecondCrowd);
  return second.log_in(impl_->user(user, Server::kSecondCrowd), std::string(address));
}
void Simulator::log_in_as(std::string_view user, std::string_view address, std::string token) {
  const Impl::Change guard(*impl_);
  impl_->crowd_->log_in_as(impl_->user(user), std::string(address), token);
}
bool Simulator::log_out(std::string_view token) {
  const Impl::Change guard(*impl_);
  return impl_->crowd_->log_out(std::string(token));
}
bool Simulator::expire_token(std::string_view token) {
  const Impl::Change guard(*impl_);
  return impl_->crowd_->expire(std::string(token));
}
bool Simulator::token_valid(std::string_view token) const {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->crowd_->find(std::string(token)) != nullptr;
}
std::string Simulator::remember_me_cookie(std::string_view user) {
  const Impl::Change guard(*impl_);
  return impl_->crowd_->make_remember_me(impl_->user(user));
}

void Simulator::probe_as(std::string_view user, std::string_view address) {
  const Impl::Change guard(*impl_);
  Crowd& crowd = *impl_->crowd_;
  const ConfluenceOptions& options = impl_->confluence_->options();
  Request request;
  request.method = "GET";
  request.path = options.context_path + std::string(impl_->confluence_->probe_path());
  request.target = request.path;
  request.peer_address = address;
  const std::string token = crowd.log_in(impl_->user(user), std::string(address));
  request.headers = {{"Cookie", impl_->confluence_->sso_cookie_name() + '=' + token}};
  impl_->confluence_->handle(request);
}

void Simulator::restart_confluence() {
  const Impl::Change guard(*impl_);
  impl_->confluence_->forget_sessions();
}
std::optional<std::string> Simulator::session_user(std::string_view session_id) const {
  const std::lock_guard lock(impl_->mutex_);
  const HttpSession* session = impl_->confluence_->find_session(std::string(session_id));
  if (session == nullptr) return std::nullopt;
  return session->user;
}
void Simulator::advance_clock(std::chrono::seconds by) {
  const Impl::Change guard(*impl_);
  impl_->clock_.advance(by);
}

void Simulator::misbehave(Server server, Fault fault) {
  const Impl::Change guard(*impl_);
  impl_->faults_.add(server, std::move(fault));
}
void Simulator::clear_faults() {
  {
    const Impl::Change guard(*impl_);
    impl_->faults_.clear();
  }
  release();
}
void Simulator::release() {
  impl_->crowd_server_->release();
  impl_->confluence_server_->release();
  if (impl_->second_crowd_server_) impl_->second_crowd_server_->release();
}
void Simulator::stop_listening(Server server) {
  impl_->server(server).stop_listening();
}
void Simulator::start_listening(Server server) {
  impl_->server(server).start_listening();
}
void Simulator::close_idle_connections(Server server) {
  impl_->server(server).close_idle_connections();
}

Counters Simulator::counters() const {
  const std::lock_guard lock(impl_->mutex_);
  return impl_->current_counters();
}
void Simulator::reset_counters() {
  const Impl::Change guard(*impl_);
  Counters fresh;
  fresh.open_connections = impl_->counters_.open_connections;
  fresh.hanging = impl_->counters_.hanging;
  impl_->counters_ = fresh;
}
std::vector<ReceivedRequest> Simulator::requests(Server server) const {
  const std::lock_guard lock(impl_->mutex_);
  std::vector<ReceivedRequest> result;
  for (const ReceivedRequest& request : impl_->requests_) {
    if (request.server == server) result.push_back(request);
  }
  return result;
}
void Simulator::forget_requests() {
  const Impl::Change guard(*impl_);
  impl_->requests_.clear();
}

bool Simulator::wait_until(const std::function<bool(const Counters&)>& done,
                           std::chrono::milliseconds limit) const {
  std::unique_lock lock(impl_->mutex_);
  ++impl_->waiting_;
  bool reached = false;
  impl_->changed_.wait_for(lock, limit, [&] {
    reached = done(impl_->current_counters());
    return reached || impl_->stopping_;
  });
  --impl_->waiting_;
  return reached;
}
bool Simulator::wait_for_requests(Server server, std::uint64_t n,
                                  std::chrono::milliseconds limit) const {
  const auto counter = server == Server::kCrowd         ? &Counters::crowd_requests
                       : server == Server::kSecondCrowd ? &Counters::second_crowd_requests
                                                        : &Counters::confluence_requests;
  return wait_until([=](const Counters& counters) { return counters.*counter >= n; }, limit);
}
bool Simulator::wait_for_hanging(std::uint64_t n, std::chrono::milliseconds limit) const {
  return wait_until([=](const Counters& counters) { return counters.hanging >= n; }, limit);
}

}  // namespace atlassian
