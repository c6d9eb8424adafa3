#include "simulator.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>

#include "clock.h"
#include "confluence.h"
#include "control.h"
#include "crowd.h"
#include "fault_book.h"
#include "http_server.h"
#include "service.h"

namespace atlassian {

class Simulator::Impl {
 public:
  /// One of the two servers, as the HTTP server sees it.
  class Front : public Service {
   public:
    Front(Impl& simulator, Server server) : simulator_(simulator), server_(server) {}

    Accepted connection_opened() override {
      const Change change(simulator_);
      Counters& counters = simulator_.counters_;
      ++(crowd() ? counters.crowd_connections : counters.confluence_connections);
      ++counters.open_connections;
      const bool hangs = simulator_.faults_.take_for_connection(server_).has_value();
      if (hangs) {
        ++counters.faults_applied;
        ++counters.hanging;
      }
      return {++accepted_, hangs};
    }

    void connection_closed() override {
      const Change change(simulator_);
      --simulator_.counters_.open_connections;
    }

    std::optional<Fault> request_received(const Request& request) override {
      const Change change(simulator_);
      simulator_.remember(server_, request);
      auto fault = simulator_.faults_.take_for_request(server_, request.method, request.target);
      if (fault) ++simulator_.counters_.faults_applied;
      if (fault && fault->kind == Fault::Kind::kHang) ++simulator_.counters_.hanging;
      return fault;
    }

    void hanging_ended() override {
      const Change change(simulator_);
      --simulator_.counters_.hanging;
    }

    Response handle(const Request& request) override {
      const Change change(simulator_);
      return crowd() ? simulator_.crowd_->handle(request) : simulator_.confluence_->handle(request);
    }

   private:
    bool crowd() const { return server_ == Server::kCrowd; }

    Impl& simulator_;
    const Server server_;
    std::uint64_t accepted_ = 0;
  };

  /// Holds the lock, and tells those who wait that something may have changed.
  class Change {
   public:
    explicit Change(Impl& simulator) : simulator_(simulator), lock_(simulator.mutex_) {}
    ~Change() {
      if (simulator_.waiting_ > 0) simulator_.changed_.notify_all();
    }
    Change(const Change&) = delete;
    Change& operator=(const Change&) = delete;

   private:
    Impl& simulator_;
    const std::lock_guard<std::mutex> lock_;
  };

  Impl(Simulator& simulator, SimulatorOptions options)
      : remembered_requests_(options.remembered_requests),
        crowd_front_(*this, Server::kCrowd),
        confluence_front_(*this, Server::kConfluence),
        control_(simulator) {
    // No request may meet a server that is not there yet.
    const std::lock_guard lock(mutex_);
    crowd_server_ = std::make_unique<HttpServer>(options.crowd.listener, crowd_front_);
    confluence_server_ =
        std::make_unique<HttpServer>(options.confluence.listener, confluence_front_);
    crowd_ = std::make_unique<Crowd>(std::move(options.crowd), clock_, crowd_server_->origin());
    confluence_ = std::make_unique<Confluence>(std::move(options.confluence), *crowd_, counters_,
                                               clock_, confluence_server_->origin());
  }

  HttpServer& server(Server which) {
    return which == Server::kCrowd ? *crowd_server_ : *confluence_server_;
  }

  void remember(Server server, const Request& request) {
    if (server == Server::kCrowd) {
      ++counters_.crowd_requests;
    } else {
      ++counters_.confluence_requests;
      if (request.path ==
          confluence_->options().context_path + std::string(confluence_->probe_path())) {
        ++counters_.exchanges;
      }
    }
    if (remembered_requests_ == 0) return;
    if (requests_.size() >= remembered_requests_) requests_.pop_front();
    requests_.push_back(request);
    requests_.back().server = server;
  }

  const User& user(std::string_view name) const {
    const User* found = crowd_->find_user(name);
    if (found == nullptr) throw std::invalid_argument("unknown user: " + std::string(name));
    return *found;
  }

  Counters current_counters() const {
    Counters counters = counters_;
    counters.live_sessions = confluence_->session_count();
    return counters;
  }

  const std::size_t remembered_requests_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  mutable unsigned waiting_ = 0;
  /// Nobody waits any more.
  bool stopping_ = false;
  Clock clock_;
  Counters counters_;
  FaultBook faults_;
  std::deque<ReceivedRequest> requests_;
  std::unique_ptr<Crowd> crowd_;
  std::unique_ptr<Confluence> confluence_;
  Front crowd_front_;
  Front confluence_front_;
  Control control_;
  // Last, so that they are gone first: their threads use all of the above.
  std::unique_ptr<HttpServer> crowd_server_;
  std::unique_ptr<HttpServer> confluence_server_;
  std::unique_ptr<HttpServer> control_server_;
};

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

std::string Simulator::log_in(std::string_view user, std::string_view address) {
  const Impl::Change guard(*impl_);
  return impl_->crowd_->log_in(impl_->user(user), std::string(address));
}
std::string Simulator::log_in(std::string_view user, const ValidationFactors& factors) {
  const Impl::Change guard(*impl_);
  return impl_->crowd_->log_in(impl_->user(user), impl_->crowd_->client_address(factors));
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
  return wait_until(
      [=](const Counters& counters) {
        return (server == Server::kCrowd ? counters.crowd_requests
                                         : counters.confluence_requests) >= n;
      },
      limit);
}
bool Simulator::wait_for_hanging(std::uint64_t n, std::chrono::milliseconds limit) const {
  return wait_until([=](const Counters& counters) { return counters.hanging >= n; }, limit);
}

}  // namespace atlassian
