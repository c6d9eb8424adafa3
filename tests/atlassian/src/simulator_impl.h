// What a Simulator consists of: the servers, their lock, and what they remember.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

#include "clock.h"
#include "confluence.h"
#include "control.h"
#include "crowd.h"
#include "fault_book.h"
#include "http_server.h"
#include "service.h"
#include "simulator.h"

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
      if (server_ == Server::kCrowd) ++counters.crowd_connections;
      if (server_ == Server::kConfluence) ++counters.confluence_connections;
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
      return server_ == Server::kConfluence ? simulator_.confluence_->handle(request)
                                            : simulator_.crowd(server_).handle(request);
    }

   private:
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
        first_options_(options),
        crowd_front_(*this, Server::kCrowd),
        confluence_front_(*this, Server::kConfluence),
        second_crowd_front_(*this, Server::kSecondCrowd),
        control_(simulator) {
    // No request may meet a server that is not there yet.
    const std::lock_guard lock(mutex_);
    crowd_server_ = std::make_unique<HttpServer>(options.crowd.listener, crowd_front_);
    confluence_server_ =
        std::make_unique<HttpServer>(options.confluence.listener, confluence_front_);
    crowd_ = std::make_unique<Crowd>(std::move(options.crowd), clock_, crowd_server_->origin());
    confluence_ = std::make_unique<Confluence>(std::move(options.confluence), *crowd_, counters_,
                                               clock_, confluence_server_->origin());
    if (options.second_crowd) {
      second_crowd_server_ =
          std::make_unique<HttpServer>(options.second_crowd->listener, second_crowd_front_);
      second_crowd_ = std::make_unique<Crowd>(std::move(*options.second_crowd), clock_,
                                              second_crowd_server_->origin());
    }
  }

  /// Throws std::logic_error if this server is not there.
  HttpServer& server(Server which) {
    if (which == Server::kConfluence) return *confluence_server_;
    if (which == Server::kCrowd) return *crowd_server_;
    if (!second_crowd_server_) throw std::logic_error("there is no second Crowd");
    return *second_crowd_server_;
  }
  Crowd& crowd(Server which) const {
    if (which != Server::kSecondCrowd) return *crowd_;
    if (!second_crowd_) throw std::logic_error("there is no second Crowd");
    return *second_crowd_;
  }

  void remember(Server server, const Request& request) {
    if (server == Server::kCrowd) {
      ++counters_.crowd_requests;
    } else if (server == Server::kSecondCrowd) {
      ++counters_.second_crowd_requests;
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

  const User& user(std::string_view name, Server where = Server::kCrowd) const {
    const User* found = crowd(where).find_user(name);
    if (found == nullptr) throw std::invalid_argument("unknown user: " + std::string(name));
    return *found;
  }

  Counters current_counters() const {
    Counters counters = counters_;
    counters.live_sessions = confluence_->session_count();
    return counters;
  }

  const std::size_t remembered_requests_;
  const SimulatorOptions first_options_;
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
  std::unique_ptr<Crowd> second_crowd_;
  Front crowd_front_;
  Front confluence_front_;
  Front second_crowd_front_;
  Control control_;
  // Last, so that they are gone first: their threads use all of the above.
  std::unique_ptr<HttpServer> crowd_server_;
  std::unique_ptr<HttpServer> confluence_server_;
  std::unique_ptr<HttpServer> second_crowd_server_;
  std::unique_ptr<HttpServer> control_server_;
};

}  // namespace atlassian
