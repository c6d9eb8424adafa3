#include "fault.h"

namespace atlassian {
namespace {

Fault of_kind(Fault::Kind kind) {
  Fault fault;
  fault.kind = kind;
  return fault;
}

Fault break_off(bool in_body, std::size_t bytes) {
  Fault fault = of_kind(Fault::Kind::kBreakOff);
  fault.in_body = in_body;
  fault.bytes = bytes;
  return fault;
}

}  // namespace

Fault Fault::late(std::chrono::milliseconds delay) {
  Fault fault = of_kind(Kind::kDelay);
  fault.pause = delay;
  return fault;
}

Fault Fault::hang() {
  return of_kind(Kind::kHang);
}
Fault Fault::close() {
  return of_kind(Kind::kClose);
}
Fault Fault::reset() {
  return of_kind(Kind::kReset);
}
Fault Fault::break_off_in_headers(std::size_t bytes) {
  return break_off(false, bytes);
}
Fault Fault::break_off_in_body(std::size_t bytes) {
  return break_off(true, bytes);
}

Fault Fault::respond_with(std::string raw, bool keep_open) {
  Fault fault = of_kind(Kind::kRespondWith);
  fault.raw = std::move(raw);
  fault.keep_open = keep_open;
  return fault;
}

Fault Fault::rewrite(std::function<std::string(std::string)> change) {
  Fault fault = of_kind(Kind::kRewrite);
  fault.change = std::move(change);
  return fault;
}

Fault Fault::huge_headers(std::size_t bytes) {
  Fault fault = of_kind(Kind::kHugeHeaders);
  fault.bytes = bytes;
  return fault;
}

Fault Fault::huge_body(std::size_t bytes) {
  Fault fault = of_kind(Kind::kHugeBody);
  fault.bytes = bytes;
  return fault;
}

Fault Fault::trickle(std::chrono::milliseconds pause) {
  Fault fault = of_kind(Kind::kTrickle);
  fault.pause = pause;
  return fault;
}

Fault Fault::close_after_response() {
  return of_kind(Kind::kCloseAfterResponse);
}
Fault Fault::hang_on_connect() {
  return of_kind(Kind::kHangOnConnect);
}

}  // namespace atlassian
