#include "http/certificate_store.h"

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <utility>

#include "http/curl_tls.h"

namespace crowd_confluence {
namespace {

/// A file and a directory; each may be null.
struct Authorities {
  const char* file = nullptr;
  const char* directory = nullptr;
};

/// Those that libcurl was built to trust. The environment has no say.
Authorities system_authorities() {
  const curl_version_info_data* const curl = curl_version_info(CURLVERSION_NOW);
  return {curl->cainfo, curl->capath};
}

}  // namespace

void CertificateStore::Deleter::operator()(X509_STORE* store) const {
  X509_STORE_free(store);
}

CertificateStore::CertificateStore(std::string ca_certificate_file)
    : ca_certificate_file_(std::move(ca_certificate_file)) {}
CertificateStore::~CertificateStore() = default;

X509_STORE* CertificateStore::get() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (store_ == nullptr && libcurl_has_our_openssl()) store_ = read();
  return store_.get();
}

CertificateStore::Store CertificateStore::read() const {
  Store store(X509_STORE_new());
  if (store == nullptr) return nullptr;
  // As libcurl has it: an intermediate authority may be trusted without its root.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
  const Authorities trusted = ca_certificate_file_.empty()
                                  ? system_authorities()
                                  : Authorities{ca_certificate_file_.c_str(), nullptr};
  if (X509_STORE_load_locations(store.get(), trusted.file, trusted.directory) == 1) return store;
  ERR_clear_error();
  return nullptr;
}

}  // namespace crowd_confluence
