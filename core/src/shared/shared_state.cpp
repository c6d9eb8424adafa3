#include "crowd_confluence/shared/shared_state.h"

#include <cassert>
#include <cstdint>

#include "shared/shared_parts.h"

namespace crowd_confluence {
namespace {

/// Written last by `create`.
constexpr std::uint64_t kLayout = 0x4343'4600'0000'0004;  // "CCF", then the layout's number

struct alignas(64) Head {
  std::uint64_t layout;
  std::uint64_t visitors;
  Secret secret;
};

/// The parts follow the head one after the other, each aligned to a page.
constexpr std::size_t rounded(std::size_t bytes) {
  return (bytes + SharedState::kAlignment - 1) / SharedState::kAlignment * SharedState::kAlignment;
}

[[maybe_unused]] bool is_aligned(const void* memory) {
  return memory != nullptr &&
         reinterpret_cast<std::uintptr_t>(memory) % SharedState::kAlignment == 0;
}

Head* head_of(void* memory) {
  return static_cast<Head*>(memory);
}

/// Where each part lies. The head has a cache line of its own, in a page with the flights.
struct Places {
  char* flights;
  char* table;

  explicit Places(void* memory)
      : flights(static_cast<char*>(memory) + sizeof(Head)),
        table(static_cast<char*>(memory) + rounded(sizeof(Head) + SingleFlight::bytes())) {}
};
static_assert(sizeof(Head) % 64 == 0);

}  // namespace

SharedParts::SharedParts(const SharedState& state)
    : table(SessionTable::attach(Places(state.memory_).table, state.visitors_)),
      flights(SingleFlight::attach(Places(state.memory_).flights)),
      upstreams(UpstreamStates::attach(state.upstreams_)) {
  assert(state.upstreams_ != nullptr);
}

std::size_t SharedState::bytes_for(std::size_t visitors) {
  return rounded(sizeof(Head) + SingleFlight::bytes()) + rounded(SessionTable::bytes_for(visitors));
}

SharedState SharedState::create(void* memory, std::size_t visitors, const Secret& secret) {
  assert(is_aligned(memory));
  const Places places(memory);
  SessionTable::create(places.table, visitors);
  SingleFlight::create(places.flights);
  *head_of(memory) = {kLayout, visitors, secret};
  return {memory, visitors};
}

std::optional<SharedState> SharedState::attach(void* memory, std::size_t visitors) {
  assert(is_aligned(memory));
  const Head& head = *head_of(memory);
  if (head.layout != kLayout || head.visitors != visitors) return std::nullopt;
  return SharedState(memory, visitors);
}

std::size_t SharedState::upstream_bytes_for(std::size_t upstreams) {
  return UpstreamStates::bytes(upstreams);
}

void SharedState::begin_upstreams(void* memory, std::size_t upstreams) {
  assert(is_aligned(memory));
  UpstreamStates::create(memory, upstreams);
  upstreams_ = memory;
}

const Secret& SharedState::secret() const {
  return head_of(memory_)->secret;
}

void SharedState::process_ended(pid_t process) {
  SharedParts parts(*this);
  parts.flights.process_ended(process);
  parts.upstreams.process_ended(process);
}

}  // namespace crowd_confluence
