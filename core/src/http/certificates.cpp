#include "crowd_confluence/http/certificates.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>

namespace crowd_confluence {
namespace {

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using File = std::unique_ptr<std::FILE, Closer>;
using Certificate = std::unique_ptr<X509, Closer>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Closer>;

Problem unreadable(const std::string& path) {
  return {"'" + path + "' cannot be read: " + std::strerror(errno)};
}

/// A key with a pass phrase cannot be used by a server that starts by itself.
int no_pass_phrase(char*, int, int, void*) {
  return -1;
}

Expected<Certificate, Problem> read_certificate(const std::string& path) {
  const File file(std::fopen(path.c_str(), "re"));
  if (!file) return unreadable(path);
  Certificate certificate(PEM_read_X509(file.get(), nullptr, no_pass_phrase, nullptr));
  if (!certificate) return Problem{"'" + path + "' holds no certificate in PEM form"};
  return certificate;
}

Expected<PrivateKey, Problem> read_key(const std::string& path) {
  const File file(std::fopen(path.c_str(), "re"));
  if (!file) return unreadable(path);
  PrivateKey key(PEM_read_PrivateKey(file.get(), nullptr, no_pass_phrase, nullptr));
  if (!key) return Problem{"'" + path + "' holds no private key in PEM form without a pass phrase"};
  return key;
}

Expected<std::string, Problem> read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!(text << file.rdbuf())) return unreadable(path);
  return std::move(text).str();
}

bool is_sha256_pin(std::string_view pin) {
  constexpr std::string_view kPrefix = "sha256//";
  constexpr std::size_t kBase64OfSha256 = 44;
  if (!pin.starts_with(kPrefix) || pin.size() != kPrefix.size() + kBase64OfSha256) return false;
  pin.remove_prefix(kPrefix.size());
  return pin.ends_with('=') && std::all_of(pin.begin(), pin.end() - 1, [](unsigned char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '+' || c == '/';
         });
}

}  // namespace

Expected<std::string, Problem> parse_pinned_public_key(std::string_view text) {
  std::string_view rest = text;
  for (bool more = true; more;) {
    const std::size_t end = rest.find(';');
    if (!is_sha256_pin(rest.substr(0, end)))
      return Problem{"'" + std::string(text) +
                     "' is no pin; allowed is sha256// and 44 characters of base64, several pins "
                     "with ; between them"};
    more = end != std::string_view::npos;
    if (more) rest.remove_prefix(end + 1);
  }
  return std::string(text);
}

Expected<void, Problem> check_certificate_file(const std::string& path) {
  const auto certificate = read_certificate(path);
  if (!certificate) return certificate.error();
  return boost::outcome_v2::success();
}

Expected<ClientCertificate, Problem> read_client_certificate(const std::string& certificate_path,
                                                             const std::string& key_path) {
  const auto certificate = read_certificate(certificate_path);
  if (!certificate) return certificate.error();
  const auto key = read_key(key_path);
  if (!key) return key.error();
  if (X509_check_private_key(certificate.value().get(), key.value().get()) != 1)
    return Problem{"'" + key_path + "' is not the private key of the certificate in '" +
                   certificate_path + "'"};
  const auto certificate_text = read_text(certificate_path);
  if (!certificate_text) return certificate_text.error();
  const auto key_text = read_text(key_path);
  if (!key_text) return key_text.error();
  return ClientCertificate{certificate_path, certificate_text.value(), key_text.value()};
}

}  // namespace crowd_confluence
