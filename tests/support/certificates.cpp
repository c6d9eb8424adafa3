#include "support/certificates.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstddef>
#include <ctime>
#include <iomanip>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace test_support {
namespace {

template <auto function>
struct Free {
  template <typename T>
  void operator()(T* handle) const {
    function(handle);
  }
};

using Bio = std::unique_ptr<BIO, Free<BIO_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using X509Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;

void check(bool succeeded, const char* what) {
  if (!succeeded) throw std::runtime_error(std::string("libcrypto failed: ") + what);
}

std::string text_of(const Bio& bio) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

Bio memory_bio() {
  Bio bio(BIO_new(BIO_s_mem()));
  check(bio != nullptr, "BIO_new");
  return bio;
}

std::string pem(X509* certificate) {
  const Bio bio = memory_bio();
  check(PEM_write_bio_X509(bio.get(), certificate) == 1, "PEM_write_bio_X509");
  return text_of(bio);
}

std::string pem(EVP_PKEY* key) {
  const Bio bio = memory_bio();
  check(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
        "PEM_write_bio_PrivateKey");
  return text_of(bio);
}

std::string pinned(EVP_PKEY* key) {
  unsigned char* der = nullptr;
  const int length = i2d_PUBKEY(key, &der);
  check(length > 0, "i2d_PUBKEY");
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(der, static_cast<std::size_t>(length), digest.data());
  OPENSSL_free(der);
  std::array<unsigned char, 4 * ((SHA256_DIGEST_LENGTH + 2) / 3) + 1> base64;
  EVP_EncodeBlock(base64.data(), digest.data(), static_cast<int>(digest.size()));
  return std::string("sha256//") + reinterpret_cast<const char*>(base64.data());
}

Key new_key() {
  Key key(EVP_EC_gen("P-256"));
  check(key != nullptr, "EVP_EC_gen");
  return key;
}

void set_random_serial(X509* certificate) {
  std::array<unsigned char, 8> bytes{};
  check(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1, "RAND_bytes");
  std::uint64_t serial = 1;
  for (const unsigned char byte : bytes) serial = serial << 7U ^ byte;
  check(ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial) == 1, "serial");
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  check(extension != nullptr, value.c_str());
  check(X509_add_ext(certificate, extension.get(), -1) == 1, "X509_add_ext");
}

bool is_address(const std::string& name) {
  std::array<unsigned char, 16> ignored;
  return inet_pton(AF_INET, name.c_str(), ignored.data()) == 1 ||
         inet_pton(AF_INET6, name.c_str(), ignored.data()) == 1;
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ',';
    text += (is_address(name) ? "IP:" : "DNS:") + name;
  }
  return text;
}

/// A certificate with all but its extensions and its signature.
X509Certificate unsigned_certificate(EVP_PKEY* key, const std::string& common_name,
                                     const X509* issuer, std::chrono::seconds valid_from,
                                     std::chrono::seconds valid_until) {
  X509Certificate certificate(X509_new());
  check(certificate != nullptr, "X509_new");
  check(X509_set_version(certificate.get(), X509_VERSION_3) == 1, "X509_set_version");
  set_random_serial(certificate.get());

  std::time_t now = std::time(nullptr);
  X509_time_adj_ex(X509_getm_notBefore(certificate.get()), 0, valid_from.count(), &now);
  X509_time_adj_ex(X509_getm_notAfter(certificate.get()), 0, valid_until.count(), &now);

  X509_NAME* subject = X509_get_subject_name(certificate.get());
  check(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(common_name.data()),
                                   static_cast<int>(common_name.size()), -1, 0) == 1,
        "subject");
  const X509_NAME* issuer_name = issuer == nullptr ? subject : X509_get_subject_name(issuer);
  check(X509_set_issuer_name(certificate.get(), issuer_name) == 1, "issuer");
  check(X509_set_pubkey(certificate.get(), key) == 1, "X509_set_pubkey");
  return certificate;
}

}  // namespace

class CertificateAuthority::Impl {
 public:
  explicit Impl(const std::string& common_name)
      : key_(new_key()),
        certificate_(unsigned_certificate(key_.get(), common_name, nullptr, -std::chrono::hours(72),
                                          std::chrono::hours(72))) {
    X509* self = certificate_.get();
    add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(self, self, NID_key_usage, "critical,keyCertSign,cRLSign");
    add_extension(self, self, NID_subject_key_identifier, "hash");
    sign(self);
    pem_ = pem(self);
  }

  const std::string& certificate() const { return pem_; }

  Certificate issue(const CertificateOptions& options) const {
    const Key key = new_key();
    const X509Certificate certificate =
        unsigned_certificate(key.get(), options.common_name, certificate_.get(), options.valid_from,
                             options.valid_until);
    X509* subject = certificate.get();
    add_extension(subject, certificate_.get(), NID_basic_constraints, "critical,CA:FALSE");
    add_extension(subject, certificate_.get(), NID_ext_key_usage, "serverAuth,clientAuth");
    add_extension(subject, certificate_.get(), NID_authority_key_identifier, "keyid");
    if (!options.names.empty()) {
      add_extension(subject, certificate_.get(), NID_subject_alt_name,
                    alternative_names(options.names));
    }
    sign(subject);
    return {.certificate = pem(subject),
            .private_key = pem(key.get()),
            .pinned_public_key = pinned(key.get())};
  }

 private:
  void sign(X509* certificate) const {
    check(X509_sign(certificate, key_.get(), EVP_sha256()) > 0, "X509_sign");
  }

  Key key_;
  X509Certificate certificate_;
  std::string pem_;
};

CertificateAuthority::CertificateAuthority(std::string_view common_name)
    : impl_(std::make_unique<Impl>(std::string(common_name))) {}

CertificateAuthority::~CertificateAuthority() = default;

const std::string& CertificateAuthority::certificate() const {
  return impl_->certificate();
}

Certificate CertificateAuthority::issue(const CertificateOptions& options) const {
  return impl_->issue(options);
}

std::string hashed_name(std::string_view certificate) {
  const Bio text(BIO_new_mem_buf(certificate.data(), static_cast<int>(certificate.size())));
  check(text != nullptr, "BIO_new_mem_buf");
  const std::unique_ptr<X509, Free<X509_free>> parsed(
      PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
  check(parsed != nullptr, "PEM_read_bio_X509");
  std::ostringstream name;
  name << std::hex << std::setw(8) << std::setfill('0') << X509_subject_name_hash(parsed.get())
       << ".0";
  return name.str();
}

std::string encrypted_private_key(std::string_view private_key, std::string_view password) {
  const Bio in(BIO_new_mem_buf(private_key.data(), static_cast<int>(private_key.size())));
  check(in != nullptr, "BIO_new_mem_buf");
  const Key key(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  check(key != nullptr, "PEM_read_bio_PrivateKey");
  const Bio out = memory_bio();
  check(PEM_write_bio_PKCS8PrivateKey(out.get(), key.get(), EVP_aes_256_cbc(), password.data(),
                                      static_cast<int>(password.size()), nullptr, nullptr) == 1,
        "PEM_write_bio_PKCS8PrivateKey");
  return text_of(out);
}

}  // namespace test_support
