#include "crowd_confluence/shared/shared_state.h"

#include <cstdint>

#include "crowd_confluence/outcome.h"

namespace crowd_confluence {
namespace {

/// Written last by `create`.
constexpr std::uint64_t kLayout = 0x4343'4600'0000'0003;  // "CCF", then the layout's number

// Table and leases hold reasons by number. When the last one has moved, so have others perhaps, and
// the layout is another one: raise its number, then correct this.
static_assert(static_cast<int>(Reason::internal) == 30);

struct alignas(64) Head {
  std::uint64_t layout;
  std::uint64_t visitors;
  Secret secret;
};

/// The parts follow the head one after the other, each aligned to a cache line.
constexpr std::size_t rounded(std::size_t bytes) {
  return (bytes + 63) / 64 * 64;
}

struct Parts {
  Head* head;
  char* leases;
  char* upstreams;
  char* table;

  explicit Parts(void* memory)
      : head(static_cast<Head*>(memory)),
        leases(static_cast<char*>(memory) + rounded(sizeof(Head))),
        upstreams(leases + rounded(ExchangeLeases::bytes())),
        table(upstreams + rounded(SharedUpstreams::bytes())) {}
};

}  // namespace

std::size_t SharedState::bytes_for(std::size_t visitors) {
  return rounded(sizeof(Head)) + rounded(ExchangeLeases::bytes()) +
         rounded(SharedUpstreams::bytes()) + rounded(SessionTable::bytes_for(visitors));
}

SharedState SharedState::create(void* memory, std::size_t visitors, const Secret& secret) {
  const Parts parts(memory);
  SharedState state(&parts.head->secret, SessionTable::create(parts.table, visitors),
                    ExchangeLeases::create(parts.leases), SharedUpstreams::create(parts.upstreams));
  *parts.head = {kLayout, visitors, secret};
  return state;
}

std::optional<SharedState> SharedState::attach(void* memory, std::size_t visitors) {
  const Parts parts(memory);
  if (parts.head->layout != kLayout || parts.head->visitors != visitors) return std::nullopt;
  return SharedState(&parts.head->secret, SessionTable::attach(parts.table, visitors),
                     ExchangeLeases::attach(parts.leases),
                     SharedUpstreams::attach(parts.upstreams));
}

void SharedState::process_ended(pid_t process) {
  leases_.process_ended(process);
  upstreams_.process_ended(process);
}

}  // namespace crowd_confluence
