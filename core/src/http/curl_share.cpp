#include "http/curl_share.h"

namespace crowd_confluence {
namespace {

using Locks = std::array<std::mutex, CURL_LOCK_DATA_LAST>;

void lock(CURL*, curl_lock_data what, curl_lock_access, void* locks) {
  (*static_cast<Locks*>(locks))[what].lock();
}

void unlock(CURL*, curl_lock_data what, void* locks) {
  (*static_cast<Locks*>(locks))[what].unlock();
}

bool is_set(CURLSHcode code) {
  return code == CURLSHE_OK;
}

}  // namespace

CurlShare::CurlShare() : share_(curl_share_init()) {
  CURLSH* const share = share_.get();
  if (share == nullptr) return;
  const bool is_complete =
      is_set(curl_share_setopt(share, CURLSHOPT_LOCKFUNC, lock)) &&
      is_set(curl_share_setopt(share, CURLSHOPT_UNLOCKFUNC, unlock)) &&
      is_set(curl_share_setopt(share, CURLSHOPT_USERDATA, &locks_)) &&
      is_set(curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION)) &&
      is_set(curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS));
  if (!is_complete) share_.reset();
}

}  // namespace crowd_confluence
