#include "control.h"

#include <functional>
#include <map>
#include <stdexcept>

#include "causes.h"
#include "control_call.h"
#include "control_causes.h"
#include "fault_json.h"
#include "options_json.h"

namespace atlassian {
namespace {

constexpr std::pair<const char*, std::uint64_t Counters::*> kCounters[] = {
    {"crowd_requests", &Counters::crowd_requests},
    {"crowd_connections", &Counters::crowd_connections},
    {"second_crowd_requests", &Counters::second_crowd_requests},
    {"confluence_requests", &Counters::confluence_requests},
    {"confluence_connections", &Counters::confluence_connections},
    {"exchanges", &Counters::exchanges},
    {"sessions_created", &Counters::sessions_created},
    {"crowd_validations", &Counters::crowd_validations},
    {"faults_applied", &Counters::faults_applied},
    {"live_sessions", &Counters::live_sessions},
    {"open_connections", &Counters::open_connections},
    {"hanging", &Counters::hanging},
};

json::object counters_json(const Counters& counters) {
  json::object result;
  for (const auto& [name, member] : kCounters) result[name] = counters.*member;
  return result;
}

using Resource = std::function<json::value(const Call&)>;

json::object done() {
  return {{"done", true}};
}

json::value overview(const Call& call) {
  json::object result{{"crowd_url", json_text(call.simulator.crowd_url())},
                      {"confluence_url", json_text(call.simulator.confluence_url())},
                      {"crowd", to_json(call.simulator.crowd_options())},
                      {"confluence", to_json(call.simulator.confluence_options())},
                      {"counters", counters_json(call.simulator.counters())}};
  if (const auto second = call.simulator.second_crowd_options()) {
    result["second_crowd_url"] = json_text(call.simulator.second_crowd_url());
    result["second_crowd"] = to_json(*second);
  }
  return result;
}

json::value second_crowd(const Call& call) {
  const auto options = call.simulator.second_crowd_options();
  if (!options) throw std::invalid_argument("there is no second Crowd");
  return to_json(*options);
}

json::value change_second_crowd(const Call& call) {
  call.simulator.configure_second_crowd([&](CrowdOptions& options) { apply(options, call.body); });
  return second_crowd(call);
}

json::value change_crowd(const Call& call) {
  call.simulator.configure_crowd([&](CrowdOptions& options) { apply(options, call.body); });
  return to_json(call.simulator.crowd_options());
}

json::value change_confluence(const Call& call) {
  call.simulator.configure_confluence(
      [&](ConfluenceOptions& options) { apply(options, call.body); });
  return to_json(call.simulator.confluence_options());
}

json::value log_in(const Call& call) {
  std::string token = text_member(call.body, "token");
  if (call.body.contains("server") && read_server(call.body) == Server::kSecondCrowd) {
    token = call.simulator.log_in_at_second_crowd(call.text("user"), call.text("address"));
    return {{"token", json_text(token)}};
  }
  if (!token.empty()) {
    call.simulator.log_in_as(call.text("user"), call.text("address"), token);
  } else if (call.body.contains("address")) {
    token = call.simulator.log_in(call.text("user"), call.text("address"));
  } else {
    ValidationFactors factors{call.text("remote_address")};
    if (call.body.contains("x_forwarded_for")) {
      factors.x_forwarded_for = call.text("x_forwarded_for");
    }
    token = call.simulator.log_in(call.text("user"), factors);
  }
  return {{"token", json_text(token)}};
}

json::value session(const Call& call) {
  const auto user = call.simulator.session_user(call.text("id"));
  return {{"known", user.has_value()}, {"user", json_text(user.value_or(""))}};
}

json::value advance_clock(const Call& call) {
  const json::value* seconds = call.body.if_contains("seconds");
  if (seconds == nullptr || !seconds->is_int64()) {
    throw std::invalid_argument("seconds: a whole number is wanted");
  }
  call.simulator.advance_clock(std::chrono::seconds(seconds->get_int64()));
  return done();
}

json::value requests(const Call& call) {
  json::object server;
  server["server"] = json_text(call.parameter("server"));
  json::array list;
  for (const ReceivedRequest& received : call.simulator.requests(read_server(server))) {
    json::array headers;
    for (const auto& [name, value] : received.headers) {
      headers.push_back(json::array{json_text(name), json_text(value)});
    }
    list.push_back({{"method", json_text(received.method)},
                    {"target", json_text(received.target)},
                    {"version", json_text(received.version)},
                    {"headers", std::move(headers)},
                    {"body", json_text(received.body)},
                    {"peer_address", json_text(received.peer_address)},
                    {"connection", received.connection},
                    {"client_certificate", json_text(received.client_certificate)}});
  }
  return {{"requests", std::move(list)}};
}

json::value wait(const Call& call) {
  constexpr std::uint64_t kMostMilliseconds = 600'000;
  const std::string name = call.parameter("counter");
  std::uint64_t Counters::*member = nullptr;
  for (const auto& [known, its_member] : kCounters) {
    if (name == known) member = its_member;
  }
  if (member == nullptr) throw std::invalid_argument("counter: there is none of this name");
  const std::uint64_t at_least = call.number_parameter("at_least", 1);
  const std::uint64_t limit = call.number_parameter("limit_ms", 10'000);
  if (limit > kMostMilliseconds) throw std::invalid_argument("limit_ms is too large");
  const bool reached = call.simulator.wait_until(
      [=](const Counters& counters) { return counters.*member >= at_least; },
      std::chrono::milliseconds(limit));
  return {{"reached", reached}, {"counters", counters_json(call.simulator.counters())}};
}

/// A resource that does one thing and has nothing to tell.
template <typename Action>
Resource doing(Action action) {
  return [action](const Call& call) -> json::value {
    action(call);
    return done();
  };
}

/// Path below /__control → method → what it does.
const std::map<std::string, std::map<std::string, Resource>>& resources() {
  static const std::map<std::string, std::map<std::string, Resource>> kResources = {
      {"", {{"GET", overview}}},
      {"/crowd",
       {{"GET", [](const Call& call) { return to_json(call.simulator.crowd_options()); }},
        {"PATCH", change_crowd}}},
      {"/confluence",
       {{"GET", [](const Call& call) { return to_json(call.simulator.confluence_options()); }},
        {"PATCH", change_confluence}}},
      {"/second-crowd", {{"GET", second_crowd}, {"PATCH", change_second_crowd}}},
      {"/causes", {{"GET", list_causes}, {"POST", set_cause_up}}},
      {"/mend", {{"POST", doing([](const Call& call) { mend(call.simulator); })}}},
      {"/probe-as", {{"POST", doing([](const Call& call) {
                        call.simulator.probe_as(call.text("user"), call.text("address"));
                      })}}},
      {"/log-in", {{"POST", log_in}}},
      {"/log-out",
       {{"POST",
         [](const Call& call) {
           return json::object{{"known", call.simulator.log_out(call.text("token"))}};
         }}}},
      {"/expire",
       {{"POST",
         [](const Call& call) {
           return json::object{{"known", call.simulator.expire_token(call.text("token"))}};
         }}}},
      {"/remember-me",
       {{"POST",
         [](const Call& call) {
           return json::object{
               {"value", json_text(call.simulator.remember_me_cookie(call.text("user")))}};
         }}}},
      {"/session", {{"POST", session}}},
      {"/restart",
       {{"POST", doing([](const Call& call) { call.simulator.restart_confluence(); })}}},
      {"/clock", {{"POST", advance_clock}}},
      {"/faults",
       {{"POST", doing([](const Call& call) {
           call.simulator.misbehave(read_server(call.body), read_fault(call.body));
         })},
        {"DELETE", doing([](const Call& call) { call.simulator.clear_faults(); })}}},
      {"/release", {{"POST", doing([](const Call& call) { call.simulator.release(); })}}},
      {"/stop-listening", {{"POST", doing([](const Call& call) {
                              call.simulator.stop_listening(read_server(call.body));
                            })}}},
      {"/start-listening", {{"POST", doing([](const Call& call) {
                               call.simulator.start_listening(read_server(call.body));
                             })}}},
      {"/close-idle", {{"POST", doing([](const Call& call) {
                          call.simulator.close_idle_connections(read_server(call.body));
                        })}}},
      {"/counters",
       {{"GET", [](const Call& call) { return counters_json(call.simulator.counters()); }},
        {"DELETE", doing([](const Call& call) { call.simulator.reset_counters(); })}}},
      {"/requests", {{"GET", requests}, {"DELETE", doing([](const Call& call) {
                                           call.simulator.forget_requests();
                                         })}}},
      {"/wait", {{"GET", wait}}},
  };
  return kResources;
}

Response error(unsigned status, std::string_view message) {
  return json_response(status, json::serialize(json::object{{"error", json_text(message)}}));
}

}  // namespace

Response Control::handle(const Request& request) {
  constexpr std::string_view kBase = "/__control";
  // A page in somebody's browser must not be able to switch anything.
  if (!request.first_header("Origin").empty()) return error(403, "not for browsers");
  if (request.path.compare(0, kBase.size(), kBase) != 0) return error(404, "no such resource");
  std::string path = request.path.substr(kBase.size());
  if (path == "/") path.clear();
  const auto resource = resources().find(path);
  if (resource == resources().end()) return error(404, "no such resource");
  const auto method = resource->second.find(request.method);
  if (method == resource->second.end()) return error(405, "no such method here");

  json::object body;
  if (!request.body.empty()) {
    const std::string type = request.first_header("Content-Type");
    if (trim(split(type, ';').front()) != "application/json") {
      return error(415, "the body must be application/json");
    }
    auto parsed = parse_json_object(request.body);
    if (!parsed) return error(400, "the body must be a JSON object");
    body = std::move(*parsed);
  }
  try {
    return json_response(200, json::serialize(method->second(Call{simulator_, request, body})));
  } catch (const std::exception& failure) {
    return error(400, failure.what());
  }
}

}  // namespace atlassian
