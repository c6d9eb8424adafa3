// The authorities that a client trusts, read once for all of its connections. libcurl reads and
// parses them for each new handle, which takes 60 ms of CPU for the bundle of a usual system.

#ifndef CROWD_CONFLUENCE_SRC_HTTP_CERTIFICATE_STORE_H_
#define CROWD_CONFLUENCE_SRC_HTTP_CERTIFICATE_STORE_H_

#include <openssl/types.h>

#include <memory>
#include <mutex>
#include <string>

namespace crowd_confluence {

/// Thread-safe.
class CertificateStore {
 public:
  /// `ca_certificate_file`: as in HttpSettings.
  explicit CertificateStore(std::string ca_certificate_file);
  CertificateStore(const CertificateStore&) = delete;
  CertificateStore& operator=(const CertificateStore&) = delete;
  ~CertificateStore();

  /// Reads the authorities at the first call. Null when libcurl must read them itself, as it has
  /// another library for TLS, or as they cannot be read: it tells why, and the next call tries
  /// again.
  [[nodiscard]] X509_STORE* get();

 private:
  struct Deleter {
    void operator()(X509_STORE* store) const;
  };
  using Store = std::unique_ptr<X509_STORE, Deleter>;

  [[nodiscard]] Store read() const;

  const std::string ca_certificate_file_;
  std::mutex mutex_;
  Store store_;
};

}  // namespace crowd_confluence

#endif  // CROWD_CONFLUENCE_SRC_HTTP_CERTIFICATE_STORE_H_
