// A password and the like, kept so that it gets nowhere by accident.

#ifndef CROWD_CONFLUENCE_SECRET_TEXT_H_
#define CROWD_CONFLUENCE_SECRET_TEXT_H_

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <string_view>

#include "crowd_confluence/export.h"

namespace crowd_confluence {

/// A text that cannot be written to a stream, and whose memory is wiped when it goes. Whoever needs
/// it says `reveal()`, and answers for every copy.
class CROWD_CONFLUENCE_EXPORT SecretText {
 public:
  SecretText() = default;
  explicit SecretText(std::string_view text);
  SecretText(const SecretText& other) : SecretText(other.reveal()) {}
  SecretText(SecretText&& other) noexcept;
  SecretText& operator=(SecretText other) noexcept;
  ~SecretText();

  /// Valid as long as this object is neither changed nor gone.
  [[nodiscard]] std::string_view reveal() const { return {text_.get(), size_}; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  friend bool operator==(const SecretText& a, const SecretText& b) {
    return a.reveal() == b.reveal();
  }
  friend std::ostream& operator<<(std::ostream&, const SecretText&) = delete;

 private:
  std::unique_ptr<char[]> text_;
  std::size_t size_ = 0;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SECRET_TEXT_H_
