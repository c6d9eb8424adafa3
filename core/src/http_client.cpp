#include "crowd_confluence/http_client.h"

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

#include "ascii.h"

namespace crowd_confluence {
namespace {

using namespace std::chrono_literals;

struct CurlDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Handle = std::unique_ptr<CURL, CurlDeleter>;
using HeaderList = std::unique_ptr<curl_slist, CurlDeleter>;

/// One response while it is received. No exception may leave the callbacks, which libcurl calls.
struct Receiver {
  HttpResponse response;
  std::size_t header_bytes = 0;
  bool headers_are_complete = false;
  bool in_body = false;
  bool too_large = false;
  bool out_of_memory = false;

  bool take_header(std::string_view line) {
    header_bytes += line.size();
    too_large = header_bytes > HttpClient::kMaxHeaderBytes;
    if (too_large) return false;
    if (in_body) return true;  // a trailer
    if (line.starts_with("HTTP/")) {
      response.headers.clear();  // what came before was of an interim response or of a proxy
      headers_are_complete = false;
      return true;
    }
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    headers_are_complete = headers_are_complete || line.empty();
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return true;
    response.headers.push_back({std::string(ascii::trimmed(line.substr(0, colon))),
                                std::string(ascii::trimmed(line.substr(colon + 1)))});
    return true;
  }

  bool take_body(std::string_view piece) {
    in_body = true;
    too_large = response.body.size() + piece.size() > HttpClient::kMaxBodyBytes;
    if (too_large) return false;
    response.body.append(piece);
    return true;
  }
};

template <bool (Receiver::*kTake)(std::string_view)>
std::size_t receive(char* data, std::size_t size, std::size_t count, void* receiver) noexcept {
  auto& self = *static_cast<Receiver*>(receiver);
  try {
    return (self.*kTake)({data, size * count}) ? size * count : 0;
  } catch (const std::bad_alloc&) {
    self.out_of_memory = true;
    return 0;
  }
}

Reason reason_of(CURLcode code) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return Reason::timeout;
    case CURLE_COULDNT_CONNECT:
      return Reason::refused;
    case CURLE_COULDNT_RESOLVE_HOST:
      return Reason::name_lookup;
    case CURLE_COULDNT_RESOLVE_PROXY:
#if LIBCURL_VERSION_NUM >= 0x074900
    case CURLE_PROXY:
#endif
      return Reason::proxy;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_USE_SSL_FAILED:
      return Reason::tls;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return Reason::protocol;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
      return Reason::internal;
    default:
      return Reason::network;
  }
}

/// Whether libcurl gave up on a line or on headers longer than it takes. It has an own code for
/// that only since 8.6.
bool is_too_large(CURLcode code, const Receiver& receiver) {
#if LIBCURL_VERSION_NUM >= 0x080600
  if (code == CURLE_TOO_LARGE) return true;
#endif
  return code == CURLE_OUT_OF_MEMORY && !receiver.headers_are_complete;
}

/// With TLS 1.3 a server refuses the client's certificate only after the handshake, when libcurl
/// takes it for an error of reading or writing.
bool is_tls_alert(CURLcode code, std::string_view error_text) {
  return (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR) &&
         error_text.find("SSL") != std::string_view::npos &&
         error_text.find(" alert ") != std::string_view::npos;
}

bool is_one_line(std::string_view header) {
  return std::none_of(header.begin(), header.end(),
                      [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

void set(CURL* handle, CURLoption option, const std::string& text) {
  if (!text.empty()) curl_easy_setopt(handle, option, text.c_str());
}

void set_blob(CURL* handle, CURLoption option, const std::string& text) {
  if (text.empty()) return;
  std::string copy = text;  // libcurl takes a pointer to what it may change, and copies it
  curl_blob blob{copy.data(), copy.size(), CURL_BLOB_COPY};
  curl_easy_setopt(handle, option, &blob);
}

void only_http(CURL* handle) {
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS, static_cast<long>(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

void limit_time(CURL* handle, std::chrono::milliseconds limit) {
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(limit.count()));
}

Handle make_handle(const HttpSettings& settings) {
  Handle made(curl_easy_init());
  CURL* handle = made.get();
  if (handle == nullptr) return made;
  only_http(handle);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);  // signals belong to the host program
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  // One connection a handle: when it turns out dead, libcurl's retry can only be on a fresh one.
  curl_easy_setopt(handle, CURLOPT_MAXCONNECTS, 1L);
  curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(settings.connect_timeout.count()));
  limit_time(handle, settings.timeout);
  // An empty string, unlike none, keeps the environment's proxy out.
  curl_easy_setopt(handle, CURLOPT_PROXY, settings.outgoing_proxy.c_str());
  curl_easy_setopt(handle, CURLOPT_NOPROXY, "");
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, settings.verify_peer ? 1L : 0L);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, settings.verify_peer ? 2L : 0L);
  set(handle, CURLOPT_CAINFO, settings.ca_certificate_file);
  set_blob(handle, CURLOPT_SSLCERT_BLOB, settings.client_certificate_pem);
  set_blob(handle, CURLOPT_SSLKEY_BLOB, settings.client_key_pem);
  set(handle, CURLOPT_PINNEDPUBLICKEY, settings.pinned_public_key);
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, (receive<&Receiver::take_header>));
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, (receive<&Receiver::take_body>));
  return made;
}

HeaderList make_header_list(const std::vector<std::string>& headers) {
  HeaderList list;
  for (const std::string& header : headers) {
    curl_slist* longer = curl_slist_append(list.get(), header.c_str());
    if (longer == nullptr) return nullptr;
    (void)list.release();
    list.reset(longer);
  }
  return list;
}

/// A request and what came back.
struct Transfer {
  CURLcode code = CURLE_OK;
  Receiver receiver = {};
  std::string error_text = {};
  long status = 0;
  long connect_status = 0;
  long connections_made = 0;

  /// libcurl itself tries again on a fresh connection, but only five times in a handle's life.
  [[nodiscard]] bool met_a_dead_connection() const {
    return (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING) &&
           connections_made == 0 && receiver.header_bytes == 0;
  }
};

Transfer perform(CURL* handle, const std::string& url, curl_slist* headers) {
  Transfer transfer;
  char error_text[CURL_ERROR_SIZE] = "";
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, &transfer.receiver);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &transfer.receiver);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, error_text);
  transfer.code = curl_easy_perform(handle);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, nullptr);
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, nullptr);
  if (transfer.code != CURLE_OK)
    transfer.error_text = error_text[0] != '\0' ? error_text : curl_easy_strerror(transfer.code);
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &transfer.status);
  curl_easy_getinfo(handle, CURLINFO_HTTP_CONNECTCODE, &transfer.connect_status);
  curl_easy_getinfo(handle, CURLINFO_NUM_CONNECTS, &transfer.connections_made);
  return transfer;
}

Reason reason_of(const Transfer& transfer) {
  if (transfer.code == CURLE_RECV_ERROR && transfer.connect_status >= 300) return Reason::proxy;
  if (is_tls_alert(transfer.code, transfer.error_text)) return Reason::tls;
  return reason_of(transfer.code);
}

HttpError out_of_memory() {
  return {Reason::internal, "out of memory"};
}

Expected<HttpResponse, HttpError> result_of(Transfer transfer) {
  Receiver& receiver = transfer.receiver;
  if (receiver.too_large || is_too_large(transfer.code, receiver))
    return HttpError{Reason::too_large, "the answer exceeds what is accepted"};
  if (receiver.out_of_memory) return out_of_memory();
  if (transfer.code != CURLE_OK) return HttpError{reason_of(transfer), transfer.error_text};
  if (!receiver.headers_are_complete)
    return HttpError{Reason::network, "the answer broke off in its headers"};
  receiver.response.status = static_cast<int>(transfer.status);
  return std::move(receiver.response);
}

}  // namespace

std::optional<std::string_view> HttpResponse::header(std::string_view name) const {
  const auto found = std::find_if(headers.rbegin(), headers.rend(), [&](const HttpHeader& header) {
    return ascii::equal_ignoring_case(header.name, name);
  });
  if (found == headers.rend()) return std::nullopt;
  return found->value;
}

/// A stack of idle handles, each with a connection that is kept. A call takes one, uses it alone,
/// and puts it back, so that there are as many connections as there were calls at once.
class HttpClient::Impl {
 public:
  explicit Impl(HttpSettings settings) : settings_(std::move(settings)) {}

  Expected<HttpResponse, HttpError> get(const std::string& url,
                                        const std::vector<std::string>& headers) {
    if (!std::all_of(headers.begin(), headers.end(), is_one_line))
      return HttpError{Reason::internal, "a header of the request is not one line"};
    const HeaderList list = make_header_list(headers);
    if (!list && !headers.empty()) return out_of_memory();

    const auto start = std::chrono::steady_clock::now();
    Handle handle = take_handle();
    if (!handle) return out_of_memory();
    Transfer transfer = perform(handle.get(), url, list.get());
    if (transfer.met_a_dead_connection()) {
      handle = make_handle(settings_);
      if (!handle) return out_of_memory();
      limit_time(handle.get(), time_left_since(start));
      transfer = perform(handle.get(), url, list.get());
      limit_time(handle.get(), settings_.timeout);
    }
    // A handle that failed once may fail again: libcurl counts some errors over its life.
    if (transfer.code == CURLE_OK) put_back(std::move(handle));
    return result_of(std::move(transfer));
  }

 private:
  Handle take_handle() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!idle_.empty()) {
        Handle handle = std::move(idle_.back());
        idle_.pop_back();
        return handle;
      }
    }
    return make_handle(settings_);
  }

  std::chrono::milliseconds time_left_since(std::chrono::steady_clock::time_point start) const {
    const auto left = settings_.timeout - (std::chrono::steady_clock::now() - start);
    return std::max(std::chrono::duration_cast<std::chrono::milliseconds>(left), 1ms);
  }

  void put_back(Handle handle) {
    const std::lock_guard<std::mutex> lock(mutex_);
    idle_.push_back(std::move(handle));
  }

  const HttpSettings settings_;
  std::mutex mutex_;
  std::vector<Handle> idle_;
};

HttpClient::HttpClient(HttpSettings settings)
    : impl_(std::make_unique<Impl>(std::move(settings))) {}
HttpClient::~HttpClient() = default;

Expected<HttpResponse, HttpError> HttpClient::get(const std::string& url,
                                                  const std::vector<std::string>& headers) {
  return impl_->get(url, headers);
}

HttpLibrary::HttpLibrary() : usable_(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {}
HttpLibrary::~HttpLibrary() {
  if (usable_) curl_global_cleanup();
}

}  // namespace crowd_confluence
