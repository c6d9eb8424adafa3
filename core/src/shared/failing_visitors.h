// Visitors for whom Confluence fails, perhaps for them alone.

#ifndef CROWD_CONFLUENCE_SRC_SHARED_FAILING_VISITORS_H_
#define CROWD_CONFLUENCE_SRC_SHARED_FAILING_VISITORS_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "crowd_confluence/clock.h"

namespace crowd_confluence {

/// A broken account may make Confluence answer 500 whenever its user comes, and only then. However
/// often he comes, that is one sign of an ailing Confluence, not many; and from the
/// kFailuresToBar-th time in a row on he is kept from asking for `retry`, himself alone.
///
/// The last kPlaces visitors are known: with more of them at a time, it is Confluence that ails.
/// A plain value without a lock or a clock of its own; zeroed memory knows nobody.
class FailingVisitors {
 public:
  static constexpr std::size_t kPlaces = 4;
  static constexpr std::uint32_t kFailuresToBar = 3;

  /// Whether this visitor is not to ask now. `visitor` is never 0.
  [[nodiscard]] bool is_barred(std::uint64_t visitor, Moment now) const;

  /// True if it is the visitor's first failure since anybody had success.
  bool failed(std::uint64_t visitor, Moment now, Duration retry);

  void succeeded(std::uint64_t visitor);

 private:
  struct Place {
    std::uint64_t visitor;  // 0: nobody
    Moment last_failure;
    Moment barred_until;
    std::uint32_t failures;       // in a row
    std::uint32_t has_been_told;  // since anybody had success
  };

  [[nodiscard]] Place& place_of(std::uint64_t visitor);

  std::array<Place, kPlaces> places_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_SHARED_FAILING_VISITORS_H_
