// How fast the table of sessions is read and written by several processes at once, and how much
// memory it takes. Prints a line of JSON for each measurement.
//
//   bench_table [SECONDS]     how long each measurement takes (default 0.7)
//   bench_table memory        how much memory the table takes when so many visitors are known
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "broker/visitor_hash.h"
#include "crowd_confluence/outcome.h"
#include "crowd_confluence/session.h"
#include "shared/session_table.h"

namespace {

using crowd_confluence::Duration;
using crowd_confluence::Moment;
using crowd_confluence::Outcome;
using crowd_confluence::Reason;
using crowd_confluence::Session;
using crowd_confluence::SessionTable;
using crowd_confluence::VisitorKey;

constexpr Moment kNow{std::chrono::hours(1)};
constexpr Duration kLife = std::chrono::hours(1);
constexpr Duration kRenewalLease = std::chrono::seconds(6);
constexpr int kRounds = 3;
/// Puts into the mean bucket twice what it has room for: hardly one is not full then.
constexpr std::uint64_t kToTheBrim = 4;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

/// Memory that child processes share.
class SharedMemory {
 public:
  explicit SharedMemory(std::size_t bytes)
      : bytes_(bytes),
        memory_(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
    if (memory_ == MAP_FAILED) fail("mmap");
  }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  ~SharedMemory() { munmap(memory_, bytes_); }

  [[nodiscard]] void* get() const { return memory_; }

  /// Of the pages that were ever touched.
  [[nodiscard]] std::size_t resident_bytes() const {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    std::vector<unsigned char> pages((bytes_ + page - 1) / page);
    if (mincore(memory_, bytes_, pages.data()) != 0) fail("mincore");
    return page *
           static_cast<std::size_t>(std::count_if(
               pages.begin(), pages.end(), [](unsigned char state) { return (state & 1) != 0; }));
  }

  /// Maps every page into this process now, not one by one while it is measured.
  void populate() const {
    if (madvise(memory_, bytes_, MADV_POPULATE_WRITE) != 0) fail("madvise");
  }

 private:
  std::size_t bytes_;
  void* memory_;
};

/// SplitMix64: numbers as evenly spread as those of the keyed hash.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() { return mixed(state_ += 0x9e3779b97f4a7c15); }

  static std::uint64_t mixed(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

VisitorKey key_of(std::uint64_t visitor) {
  return {Random::mixed(2 * visitor + 1), Random::mixed(2 * visitor + 2)};
}

Session a_session() {
  Session session;
  session.assign("alice",
                 "JSESSIONID=0123456789ABCDEF0123456789ABCDEF; AWSALB=" + std::string(100, 'x'));
  return session;
}

void fill(SessionTable& table, std::uint64_t visitors) {
  const Session session = a_session();
  for (std::uint64_t visitor = 0; visitor < visitors; ++visitor)
    table.put_session(key_of(visitor), kNow, kLife, Reason::known, session);
}

struct Workload {
  const char* name;
  std::uint64_t visitors;  // of whom one is picked each time
  unsigned writes_percent;
  bool is_full;  // and whoever is written is new, and so pushes another one out
};

/// What one process does until it is told to stop; the number of operations.
std::uint64_t work(SessionTable table, const Workload& workload, std::uint64_t seed,
                   const std::atomic<bool>& stops, std::uint64_t& found) {
  Random random(seed);
  const Session session = a_session();
  Outcome outcome;
  std::uint64_t operations = 0;
  std::uint64_t newcomer = seed << 40;
  while (!stops.load(std::memory_order_relaxed)) {
    for (int i = 0; i < 64; ++i, ++operations) {
      const std::uint64_t number = random.next();
      if (number % 100 >= workload.writes_percent) {
        const VisitorKey key = key_of((number >> 8) % workload.visitors);
        found += table.find(key, kNow, kRenewalLease, outcome).is_found ? 1 : 0;
      } else {
        const std::uint64_t visitor =
            workload.is_full ? ++newcomer : (number >> 8) % workload.visitors;
        table.put_session(key_of(visitor), kNow, kLife, Reason::known, session);
      }
    }
  }
  return operations;
}

struct Shared {
  std::atomic<int> ready;
  std::atomic<bool> starts;
  std::atomic<bool> stops;
  std::atomic<std::uint64_t> operations;
  std::atomic<std::uint64_t> found;
};

/// Operations per second of all processes together.
double measure(const SharedMemory& table_memory, SessionTable table, const Workload& workload,
               int processes, double seconds) {
  const SharedMemory memory(sizeof(Shared));
  auto* shared = new (memory.get()) Shared{};
  for (int i = 0; i < processes; ++i) {
    const pid_t child = fork();
    if (child < 0) fail("fork");
    if (child != 0) continue;
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // nobody else would stop it
    table_memory.populate();
    shared->ready.fetch_add(1);
    while (!shared->starts.load()) usleep(100);
    std::uint64_t found = 0;
    shared->operations.fetch_add(
        work(table, workload, static_cast<std::uint64_t>(i + 1), shared->stops, found));
    shared->found.fetch_add(found);
    _exit(0);
  }
  while (shared->ready.load() < processes) usleep(100);
  const auto began = std::chrono::steady_clock::now();
  shared->starts.store(true);
  usleep(static_cast<useconds_t>(seconds * 1e6));
  shared->stops.store(true);
  for (int i = 0; i < processes; ++i) {
    int status = 0;
    if (wait(&status) < 0 || status != 0) fail("a process failed");
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  if (workload.writes_percent < 100 && !workload.is_full && shared->found.load() == 0)
    fail("nothing was found");
  return static_cast<double>(shared->operations.load()) / took.count();
}

std::size_t available_memory() {
  return static_cast<std::size_t>(sysconf(_SC_AVPHYS_PAGES)) *
         static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

/// False, and said, when the memory would take more than half of what is free.
bool has_room_for(std::size_t bytes, std::uint64_t visitors) {
  if (bytes <= available_memory() / 2) return true;
  std::printf("{\"skipped\":\"%llu visitors take %zu MiB, more than half of what is free\"}\n",
              static_cast<unsigned long long>(visitors), bytes >> 20);
  return false;
}

void measure_memory(std::uint64_t visitors, const std::vector<std::uint64_t>& known) {
  const std::size_t bytes = SessionTable::bytes_for(visitors);
  if (!has_room_for(bytes, visitors)) return;
  const SharedMemory memory(bytes);
  SessionTable table = SessionTable::create(memory.get(), visitors);
  for (const std::uint64_t count : known) {
    fill(table, count);
    std::printf("{\"visitors\":%llu,\"known\":%llu,\"bytes\":%zu,\"reserved\":%zu}\n",
                static_cast<unsigned long long>(visitors), static_cast<unsigned long long>(count),
                memory.resident_bytes(), bytes);
  }
}

void run(const std::vector<Workload>& workloads, std::uint64_t visitors, double seconds) {
  const std::size_t bytes = SessionTable::bytes_for(visitors);
  if (!has_room_for(bytes, visitors)) return;
  const SharedMemory memory(bytes);
  SessionTable table = SessionTable::create(memory.get(), visitors);
  fill(table, visitors);
  bool is_full = false;
  for (const Workload& workload : workloads) {
    if (workload.is_full && !is_full) {
      fill(table, visitors * kToTheBrim);
      is_full = true;
    }
    for (const int processes : {1, 2, 4}) {
      std::vector<double> rates;
      for (int round = 0; round < kRounds; ++round)
        rates.push_back(measure(memory, table, workload, processes, seconds));
      std::sort(rates.begin(), rates.end());
      std::printf(
          "{\"workload\":\"%s\",\"visitors\":%llu,\"processes\":%d,\"low\":%.0f,\"median\":%.0f,"
          "\"high\":%.0f}\n",
          workload.name, static_cast<unsigned long long>(visitors), processes, rates.front(),
          rates[kRounds / 2], rates.back());
      std::fflush(stdout);
    }
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count > 1 && std::string_view(arguments[1]) == "memory") {
    measure_memory(1'000'000, {1'000, 32'000, 145'000, 1'000'000});
    return 0;
  }
  const double seconds = count > 1 ? std::strtod(arguments[1], nullptr) : 0.7;
  for (const std::uint64_t visitors : {std::uint64_t{8192}, std::uint64_t{1'000'000}}) {
    run({{"reads of one visitor", 1, 0, false},
         {"reads", visitors, 0, false},
         {"writes", visitors, 100, false},
         {"99 reads to 1 write", visitors, 1, false},
         {"writes, table full", visitors, 100, true}},
        visitors, seconds);
  }
}
