#include "harness/raw_tls_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <utility>

#include "base/sigpipe_blocked.h"

using test_support::Certificate;
using test_support::RawConnection;

bool RawTlsConnection::read_request() {
  std::array<char, 4096> request;
  return SSL_read(ssl_, request.data(), static_cast<int>(request.size())) > 0;
}

void RawTlsConnection::write(std::string_view bytes) {
  SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
}

bool RawTlsConnection::write_ticket() {
  return SSL_new_session_ticket(ssl_) == 1 && SSL_do_handshake(ssl_) == 1;
}

void RawTlsConnection::write_part_of_record(std::string_view bytes, std::size_t part) {
  BIO* const network = SSL_get_wbio(ssl_);
  BIO_up_ref(network);
  SSL_set0_wbio(ssl_, BIO_new(BIO_s_mem()));
  write(bytes);
  char* record = nullptr;
  BIO_get_mem_data(SSL_get_wbio(ssl_), &record);
  BIO_write(network, record, static_cast<int>(part));
  SSL_set0_wbio(ssl_, network);
}

void RawTlsConnection::serve_inside(const std::function<void(RawTlsConnection&)>& handler) {
  const std::unique_ptr<SSL, decltype(&SSL_free)> inner(SSL_new(SSL_get_SSL_CTX(ssl_)), &SSL_free);
  BIO* const tunnel = BIO_new(BIO_f_ssl());
  BIO_set_ssl(tunnel, ssl_, BIO_NOCLOSE);
  SSL_set_bio(inner.get(), tunnel, tunnel);
  if (SSL_accept(inner.get()) != 1) return;
  RawTlsConnection connection(inner.get(), raw_);
  handler(connection);
}

void RawTlsConnection::InOneSegment::cork(int on) {
  setsockopt(connection_.raw().descriptor(), IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}

RawTlsServer::RawTlsServer(Handler handler, int version,
                           const test_support::CertificateOptions& options)
    : handler_(std::move(handler)),
      version_(version),
      certificate_(authority_.issue(options)),
      ca_file_(directory_.write("ca.pem", authority_.certificate())),
      context_(make_context(certificate_)),
      server_([this](RawConnection& raw) { serve(raw); }) {}

void RawTlsServer::become(const Certificate& certificate) {
  Context context = make_context(certificate);
  const std::lock_guard lock(mutex_);
  context_ = std::move(context);
}

RawTlsServer::Context RawTlsServer::make_context(const Certificate& certificate) const {
  Context context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  const std::string chain = directory_.write("server.pem", certificate.certificate);
  const std::string key = directory_.write("server.key", certificate.private_key);
  SSL_CTX_use_certificate_chain_file(context.get(), chain.c_str());
  SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM);
  SSL_CTX_set_min_proto_version(context.get(), version_);
  SSL_CTX_set_max_proto_version(context.get(), version_);
  return context;
}

void RawTlsServer::serve(RawConnection& raw) {
  const crowd_confluence::SigpipeBlocked blocked;  // OpenSSL writes without MSG_NOSIGNAL
  Context context;
  {
    const std::lock_guard lock(mutex_);
    context = context_;
  }
  // What is written is on its way when the function returns, even if the client has not confirmed
  // what came before.
  const int on = 1;
  setsockopt(raw.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), &SSL_free);
  SSL_set_fd(ssl.get(), raw.descriptor());
  if (SSL_accept(ssl.get()) != 1) return;
  if (SSL_session_reused(ssl.get()) == 1) ++resumed_;
  RawTlsConnection connection(ssl.get(), raw);
  handler_(connection);
}
