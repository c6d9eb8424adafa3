// What the connections of one client have in common inside libcurl: TLS sessions and the addresses
// of names.

#ifndef CROWD_CONFLUENCE_SRC_HTTP_CURL_SHARE_H_
#define CROWD_CONFLUENCE_SRC_HTTP_CURL_SHARE_H_

#include <curl/curl.h>

#include <array>
#include <memory>
#include <mutex>

namespace crowd_confluence {

/// A TLS session proves that the server was trusted when it began, so it must only be resumed by
/// those who trust alike: one share for each client with settings of its own. Thread-safe. Outlives
/// all handles that use it.
class CurlShare {
 public:
  CurlShare();
  CurlShare(const CurlShare&) = delete;
  CurlShare& operator=(const CurlShare&) = delete;

  /// Null when libcurl could not make one; then nothing is shared, and nothing else is lost.
  [[nodiscard]] CURLSH* get() const { return share_.get(); }

 private:
  struct Deleter {
    void operator()(CURLSH* share) const { curl_share_cleanup(share); }
  };

  std::array<std::mutex, CURL_LOCK_DATA_LAST> locks_;  // one for each kind of what is shared
  std::unique_ptr<CURLSH, Deleter> share_;             // ends before its locks
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_HTTP_CURL_SHARE_H_
