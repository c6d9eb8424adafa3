// Certificate authorities and certificates for tests of TLS, made in memory.
//
//   TemporaryDirectory directory;
//   CertificateAuthority authority;
//   const Certificate server = authority.issue({.names = {"127.0.0.1"}});
//   directory.write("ca.pem", authority.certificate());
//   directory.write("server.pem", server.certificate);
//   directory.write("server.key", server.private_key);
//
// The functions throw std::runtime_error when libcrypto fails.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace test_support {

struct Certificate {
  std::string certificate;        // PEM
  std::string private_key;        // PEM, without a password
  std::string pinned_public_key;  // "sha256//…", as curl takes it
};

struct CertificateOptions {
  std::string common_name = "test";
  /// Host names and IP addresses (IPv6 without brackets) that the certificate is for. Empty for a
  /// client's certificate.
  std::vector<std::string> names = {};
  /// Both counted from now.
  std::chrono::seconds valid_from = -std::chrono::hours(1);
  std::chrono::seconds valid_until = std::chrono::hours(24);
};

/// For a certificate that was valid until an hour ago.
inline CertificateOptions expired(CertificateOptions options) {
  options.valid_from = -std::chrono::hours(48);
  options.valid_until = -std::chrono::hours(1);
  return options;
}

/// For a certificate that is going to be valid in an hour.
inline CertificateOptions not_yet_valid(CertificateOptions options) {
  options.valid_from = std::chrono::hours(1);
  options.valid_until = std::chrono::hours(24);
  return options;
}

class CertificateAuthority {
 public:
  explicit CertificateAuthority(std::string_view common_name = "Test authority");
  ~CertificateAuthority();
  CertificateAuthority(const CertificateAuthority&) = delete;
  CertificateAuthority& operator=(const CertificateAuthority&) = delete;

  /// The authority's own certificate, PEM.
  const std::string& certificate() const;

  /// A certificate for servers and clients alike, with a new key.
  Certificate issue(const CertificateOptions& options) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Under which OpenSSL looks for a certificate (PEM) in a directory.
std::string hashed_name(std::string_view certificate);

/// The same private key (PEM), encrypted with the password.
std::string encrypted_private_key(std::string_view private_key, std::string_view password);

}  // namespace test_support
