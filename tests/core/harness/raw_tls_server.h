// A server of TLS on loopback that says what a test tells it, record by record.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "support/certificates.h"
#include "support/raw_server.h"
#include "support/temporary_directory.h"

/// One accepted connection after the handshake, in the thread that serves it.
class RawTlsConnection {
 public:
  RawTlsConnection(SSL* ssl, test_support::RawConnection& raw) : ssl_(ssl), raw_(raw) {}

  /// Counted from 1 in the order of acceptance, handshakes that failed included.
  int number() const { return raw_.number(); }

  /// False when the client has closed. Requests have no body here, and come one at a time.
  bool read_request();

  /// One record.
  void write(std::string_view bytes);

  /// A session ticket, as Java's TLS sends it behind an answer.
  bool write_ticket();

  /// The beginning of one record.
  void write_part_of_record(std::string_view bytes, std::size_t part);

  /// Makes TLS with the client once more, inside this connection, as a server behind a tunnel does.
  void serve_inside(const std::function<void(RawTlsConnection&)>& handler);

  test_support::RawConnection& raw() { return raw_; }

  /// While it exists, what is written goes into one segment if it can.
  class InOneSegment {
   public:
    explicit InOneSegment(RawTlsConnection& connection) : connection_(connection) { cork(1); }
    InOneSegment(const InOneSegment&) = delete;
    InOneSegment& operator=(const InOneSegment&) = delete;
    ~InOneSegment() { cork(0); }

   private:
    void cork(int on);
    RawTlsConnection& connection_;
  };

 private:
  SSL* ssl_;
  test_support::RawConnection& raw_;
};

/// Serves each connection in a thread of its own, until the handler returns.
class RawTlsServer {
 public:
  using Handler = std::function<void(RawTlsConnection&)>;

  /// `version`: TLS1_2_VERSION or TLS1_3_VERSION, and no other is spoken.
  explicit RawTlsServer(Handler handler, int version = TLS1_3_VERSION,
                        const test_support::CertificateOptions& options = {.names = {"127.0.0.1"}});

  std::string url() const { return "https://127.0.0.1:" + std::to_string(server_.port()) + "/"; }
  const std::string& ca_file() const { return ca_file_; }
  const test_support::CertificateAuthority& authority() const { return authority_; }
  const test_support::Certificate& certificate() const { return certificate_; }
  int connections() const { return server_.connections(); }
  /// Of these handshakes, how many resumed a session.
  int resumed() const { return resumed_; }

  /// Another server takes this one's place: with this certificate, and no memory of sessions.
  void become(const test_support::Certificate& certificate);

 private:
  using Context = std::shared_ptr<SSL_CTX>;

  Context make_context(const test_support::Certificate& certificate) const;
  void serve(test_support::RawConnection& raw);

  const Handler handler_;
  const int version_;
  test_support::TemporaryDirectory directory_;
  test_support::CertificateAuthority authority_;
  test_support::Certificate certificate_;
  std::string ca_file_;
  std::mutex mutex_;
  Context context_;
  std::atomic<int> resumed_{0};
  test_support::RawServer server_;
};
