#include "net/exchange.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

#include "daaa/secret.hpp"
#include "net/socket_options.hpp"

namespace daaa::net {
namespace {

// Of the two kinds that wait for an answer, 16 KiB are enough; a log is what can be large.
constexpr long kBuffer = 16L << 10;
constexpr long kLogBuffer = 64L << 10;

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; }

bool is_token(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.';
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// "HTTP/1.1 200 OK" or "HTTP/2 200"; 0 where it is neither.
int status_of(std::string_view line) {
  const auto space = line.find(' ');
  if (space == std::string_view::npos || line.size() < space + 4) return 0;
  int status = 0;
  for (const char c : line.substr(space + 1, 3)) {
    if (c < '0' || c > '9') return 0;
    status = status * 10 + (c - '0');
  }
  return status;
}

}  // namespace

Exchange::Exchange(ExchangeId exchange_id, HttpRequest request, ResponseHandler& handler, TimePoint at)
    : id(exchange_id),
      started(at),
      kind(request.kind),
      method(request.method),
      path(request.path),
      asked_timeout(request.timeout),
      handler_(&handler),
      request_(std::move(request)) {}

Exchange::~Exchange() {
  for (auto& [name, value] : request_.headers) wipe(value);
}

Result<void> Exchange::check() const {
  const auto bad = [](char c) { return is_control(c) || c == ' ' || c == '#'; };
  if (path.empty() || path.front() != '/' || std::any_of(path.begin(), path.end(), bad)) {
    return Error(ErrorKind::invalid_argument,
                 "the request's path does not begin with / or is not percent-encoded");
  }
  for (const auto& [name, value] : request_.headers) {
    if (name.empty() || !std::all_of(name.begin(), name.end(), is_token)) {
      return Error(ErrorKind::invalid_argument, "the request has a header whose name is not one");
    }
    if (std::any_of(value.begin(), value.end(), is_control)) {
      return Error(ErrorKind::invalid_argument, "the value of the header \"" + name +
                                                    "\" holds a line break or another control character");
    }
  }
  return {};
}

Result<void> Exchange::prepare(EasyPtr easy, std::shared_ptr<const Route> route, Duration connect_timeout,
                               bool http2) {
  easy_ = std::move(easy);
  route_ = std::move(route);
  connect_timeout_ = connect_timeout;
  if (!add_request_headers()) throw std::bad_alloc();
  Options options(easy_.get());
  route_->apply(options);
  set_method(options);
  set_kind(options, http2);
  options.set(CURLOPT_URL, route_->url_base + path)
      .set(CURLOPT_PRIVATE, this)
      .set(CURLOPT_ERRORBUFFER, detail_.data())
      .set(CURLOPT_HTTPHEADER, request_headers_.get())
      .set(CURLOPT_CONNECTTIMEOUT_MS,
           static_cast<long>(std::chrono::duration_cast<std::chrono::milliseconds>(connect_timeout).count()))
      .set(CURLOPT_HEADERFUNCTION, &on_header)
      .set(CURLOPT_HEADERDATA, this)
      .set(CURLOPT_WRITEFUNCTION, &on_body)
      .set(CURLOPT_WRITEDATA, this);
  set_socket_options(options);
  return options.result();
}

bool Exchange::add_request_headers() {
  bool added = request_headers_.add("Expect:");
  if (!route_->host_header.empty()) added = added && request_headers_.add(route_->host_header.c_str());
  bool has_type = false;
  for (auto& [name, value] : request_.headers) {
    has_type = has_type || lower(name) == "content-type";
    std::string line = value.empty() ? name + ";" : name + ": " + value;
    added = added && request_headers_.add(line.c_str());
    wipe(line);
    wipe(value);
  }
  if (!has_type) added = added && request_headers_.add("Content-Type:");
  return added;
}

// POST and PATCH bodies are given by a callback that cannot be rewound: libcurl would else send them again
// by itself when a connection breaks, and a create must not happen twice unseen.
void Exchange::set_method(Options& options) {
  const auto size = static_cast<curl_off_t>(request_.body.size());
  if (method == Method::get) {
    options.set(CURLOPT_HTTPGET, 1L);
    return;
  }
  if (method == Method::del && size == 0) {
    options.set(CURLOPT_HTTPGET, 1L).set(CURLOPT_CUSTOMREQUEST, "DELETE");
    return;
  }
  options.set(CURLOPT_POST, 1L).set(CURLOPT_POSTFIELDSIZE_LARGE, size);
  if (method != Method::post) options.set(CURLOPT_CUSTOMREQUEST, to_string(method));
  if (method == Method::post || method == Method::patch) {
    options.set(CURLOPT_READFUNCTION, &on_upload).set(CURLOPT_READDATA, this);
  } else {
    options.set(CURLOPT_POSTFIELDS, request_.body.data());
  }
}

void Exchange::set_kind(Options& options, bool http2) const {
  const bool log = kind == ExchangeKind::log;
  // A log over HTTP/2 could not be held back: libcurl opens a window of 32 MB for each stream.
  options
      .set(CURLOPT_HTTP_VERSION,
           static_cast<long>(http2 && !log ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1))
      .set(CURLOPT_BUFFERSIZE, log ? kLogBuffer : kBuffer)
      .set(CURLOPT_UPLOAD_BUFFERSIZE, kBuffer);  // 64 KiB else, for objects of one or two
  if (!log) options.set(CURLOPT_PIPEWAIT, 1L);
  // Not on streams: a compressor would hold lines back, and a watch would be many members in one.
  if (kind == ExchangeKind::unary && route_->compression && libcurl_has(CURL_VERSION_LIBZ)) {
    options.set(CURLOPT_ACCEPT_ENCODING, "gzip");
  }
}

bool Exchange::resume() {
  paused_ = false;
  last_data_ = std::chrono::steady_clock::now();  // the silence so far was asked for
  return std::exchange(holding_, false);
}

// Callbacks ---------------------------------------------------------------------------------------

template <class Work>
std::size_t Exchange::guarded(Work work) noexcept try {
  return handler_ == nullptr ? 0 : work();
} catch (const std::exception& problem) {
  thrown_ = problem.what();
  return 0;
} catch (...) {
  thrown_ = "an exception";
  return 0;
}

std::size_t Exchange::on_header(char* data, std::size_t size, std::size_t count, void* self) noexcept {
  auto* exchange = static_cast<Exchange*>(self);
  return exchange->guarded([&] { return exchange->take_header({data, size * count}); });
}

std::size_t Exchange::on_body(char* data, std::size_t size, std::size_t count, void* self) noexcept {
  auto* exchange = static_cast<Exchange*>(self);
  return exchange->guarded([&] { return exchange->take_body({data, size * count}); });
}

std::size_t Exchange::on_upload(char* data, std::size_t size, std::size_t count, void* self) noexcept {
  return static_cast<Exchange*>(self)->give_upload(data, size * count);
}

std::size_t Exchange::take_header(std::string_view line) {
  header_bytes_ += line.size();
  headers_too_large_ = header_bytes_ > kMaxHeaderBytes;
  if (headers_too_large_) return 0;
  if (headers_seen_) return line.size();  // trailers
  const std::string_view text = trim(line);
  if (line.substr(0, 5) == "HTTP/") {
    status_ = status_of(text);
    headers_.clear();
  } else if (!text.empty()) {
    add_header(line);
  } else if (status_ >= 200) {
    headers_seen_ = true;
    last_data_ = std::chrono::steady_clock::now();
    const Headers headers = std::move(headers_);  // the handler may end us
    handler_->on_headers(status_, headers);
  }
  return handler_ == nullptr ? 0 : line.size();
}

void Exchange::add_header(std::string_view line) {
  const bool folded = line.front() == ' ' || line.front() == '\t';
  const auto colon = line.find(':');
  if (folded && !headers_.empty()) {
    headers_.back().second.append(" ").append(trim(line));
  } else if (!folded && colon != std::string_view::npos) {
    headers_.emplace_back(lower(trim(line.substr(0, colon))), trim(line.substr(colon + 1)));
  }
}

std::size_t Exchange::take_body(std::string_view data) {
  if (paused_) {
    holding_ = true;
    return CURL_WRITEFUNC_PAUSE;  // libcurl keeps this piece and reads no further
  }
  body_bytes_ += data.size();
  last_data_ = std::chrono::steady_clock::now();
  const Flow flow = handler_->on_data(data);
  paused_ = flow == Flow::pause;
  return handler_ == nullptr ? 0 : data.size();
}

std::size_t Exchange::give_upload(char* data, std::size_t room) {
  const std::size_t size = std::min(room, request_.body.size() - uploaded_);
  std::memcpy(data, request_.body.data() + uploaded_, size);
  uploaded_ += size;
  return size;
}

// Outcome -----------------------------------------------------------------------------------------

bool Exchange::connected() const {
  return easy() != nullptr && info<double>(easy(), CURLINFO_PRETRANSFER_TIME) > 0;
}

// The size alone would count the CONNECT that a proxy gets.
bool Exchange::sent() const { return connected() && info<long>(easy(), CURLINFO_REQUEST_SIZE) > 0; }

Peer Exchange::peer(std::int64_t unix_seconds) const {
  return {route_->server, route_->verify_name, route_->proxy.shown, route_->tls.own_authorities(),
          unix_seconds,   connect_timeout_};
}

Failure Exchange::failure(CURLcode code) const {
  Failure failure;
  failure.code = code;
  failure.detail = detail_.data();
  failure.verify_result = info<long>(easy(), CURLINFO_SSL_VERIFYRESULT);
  failure.proxy_verify_result = info<long>(easy(), CURLINFO_PROXY_SSL_VERIFYRESULT);
  failure.connect_status = info<long>(easy(), CURLINFO_HTTP_CONNECTCODE);
  failure.system_error = info<long>(easy(), CURLINFO_OS_ERRNO);
  failure.resolved = info<double>(easy(), CURLINFO_NAMELOOKUP_TIME) > 0;
  failure.connected = info<double>(easy(), CURLINFO_CONNECT_TIME) > 0;
  failure.sent = sent();
  failure.headers_seen = headers_seen_;
  return failure;
}

Result<void> Exchange::outcome(CURLcode code, const Peer& peer) const {
  if (code == CURLE_OK && headers_seen_) return {};
  if (!thrown_.empty()) {
    Error error(ErrorKind::internal, "the receiver of the answer threw: " + thrown_);
    error.outcome_unknown = true;
    return error;
  }
  // libcurl has a bound of its own for one line, and reports it as being out of memory.
  const bool line_too_long = code == CURLE_OUT_OF_MEMORY && sent() && !headers_seen_;
  if (headers_too_large_ || line_too_long) return headers_too_large(peer, kMaxHeaderBytes);
  if (code != CURLE_OK) return describe(failure(code), peer);
  Error error(ErrorKind::protocol, "the answer of " + peer.server + " is not HTTP");
  error.outcome_unknown = true;
  return error;
}

}  // namespace daaa::net
