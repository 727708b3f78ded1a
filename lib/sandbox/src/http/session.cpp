#include "http/session.hpp"

#include <algorithm>
#include <boost/asio/write.hpp>
#include <cctype>

#include "model/status.hpp"
#include "model/time_format.hpp"

namespace daaa::sandbox {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::size_t kBodyLimit = 3u << 20;  // as the API server's
constexpr std::uint32_t kHeaderLimit = 1u << 20;
constexpr std::size_t kChunk = 64u << 10;     // what a stream holds at most beside the socket's buffers
constexpr std::chrono::seconds kHandshake{10};
constexpr std::chrono::seconds kIdle{90};

Request to_model(const http::request<http::string_body>& from) {
  Request request;
  request.method = std::string(from.method_string());
  request.target = std::string(from.target());
  for (const auto& field : from) {
    std::string name(field.name_string());
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    request.headers.emplace_back(std::move(name), std::string(field.value()));
  }
  request.body = from.body();
  return request;
}

}  // namespace

Session::Session(asio::ip::tcp::socket socket, asio::ssl::context& tls, ClusterHost& host)
    : stream_(std::move(socket), tls), host_(host) {}

Session::~Session() {
  if (stream_id_ != 0) host_.close(stream_id_);
}

void Session::start() {
  Error ignored;
  beast::get_lowest_layer(stream_).socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  beast::get_lowest_layer(stream_).expires_after(kHandshake);
  stream_.async_handshake(asio::ssl::stream_base::server, [self = shared_from_this()](Error error) {
    if (!error) self->read_head();
  });
}

void Session::cut() {
  dead_ = true;
  beast::get_lowest_layer(stream_).cancel();
  Error ignored;
  auto& socket = beast::get_lowest_layer(stream_).socket();
  socket.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
  socket.close(ignored);
}

void Session::read_head() {
  parser_.emplace();
  parser_->body_limit(kBodyLimit);
  parser_->header_limit(kHeaderLimit);
  beast::get_lowest_layer(stream_).expires_after(kIdle);
  http::async_read_header(stream_, buffer_, *parser_, [self = shared_from_this()](Error error, std::size_t) {
    if (error) return self->cut();
    const bool expects = beast::iequals(self->parser_->get()[http::field::expect], "100-continue");
    if (!expects) return self->read_body();
    self->head_.emplace(http::status::continue_, 11);
    http::async_write(self->stream_, *self->head_, [self](Error failed, std::size_t) {
      if (failed) return self->cut();
      self->read_body();
    });
  });
}

void Session::read_body() {
  http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](Error error, std::size_t) {
    if (error == http::error::body_limit) return self->refuse_too_large();
    if (error) return self->cut();
    self->handle();
  });
}

void Session::refuse_too_large() {
  keep_alive_ = false;
  send(fail(413, "RequestEntityTooLarge", "Request entity too large: limit is " + std::to_string(kBodyLimit),
            Json::object()));
}

void Session::handle() {
  const auto& message = parser_->get();
  keep_alive_ = message.keep_alive();
  request_ = to_model(message);
  Response response = host_.handle(request_);
  if (response.stream == 0) return send(std::move(response));
  send_stream(std::move(response));
}

template <class Message>
void Session::fill_head(Message& message, const Response& response) const {
  message.version(11);
  message.result(static_cast<unsigned>(response.status));
  message.set(http::field::date, http_date(host_.now()));
  message.set(http::field::cache_control, "no-cache, private");
  // Recorded: an answer that no flow schema was found for has no such header.
  if (response.status != 401)
    message.set("x-kubernetes-pf-flowschema-uid", "5a9db0c0-0000-4000-8000-000000000001");
  for (const auto& [name, value] : response.headers) message.insert(name, value);
  message.keep_alive(keep_alive_);
}

void Session::send(Response response) {
  answer_.emplace();
  fill_head(*answer_, response);
  const bool head_only = request_.method == "HEAD";
  answer_->body() = std::move(response.body);
  if (response.status == 204) {
    answer_->body().clear();
  } else {
    answer_->prepare_payload();
  }
  if (head_only) answer_->body().clear();
  beast::get_lowest_layer(stream_).expires_after(kIdle);
  http::async_write(stream_, *answer_, [self = shared_from_this()](Error error, std::size_t) {
    if (error || !self->keep_alive_) return self->cut();
    self->next_request();
  });
}

void Session::next_request() {
  if (reading_) {
    want_request_ = true;
  } else {
    read_head();
  }
}

void Session::send_stream(Response response) {
  stream_id_ = response.stream;
  streaming_ = true;
  stream_over_ = false;
  chunk_ = std::move(response.body);
  head_.emplace();
  fill_head(*head_, response);
  head_->chunked(true);
  head_writer_.emplace(*head_);
  // No time limit: a stream lasts as long as it has to.
  beast::get_lowest_layer(stream_).expires_never();
  writing_ = true;
  http::async_write_header(stream_, *head_writer_, [self = shared_from_this()](Error error, std::size_t) {
    self->writing_ = false;
    if (error) return self->cut();
    self->watch_for_end();
    if (self->chunk_.empty()) return self->pump();
    self->write_chunk();
  });
}

// Pulls what there is, one bounded chunk at a time; a reader that is slow only delays itself.
void Session::pump() {
  if (writing_ || dead_ || !streaming_) return;
  if (stream_over_) return end_stream();
  chunk_.clear();
  const Pull result = host_.pull(stream_id_, chunk_, kChunk);
  if (result == Pull::cut) {
    stream_id_ = 0;
    return cut();
  }
  if (result == Pull::ended) {
    stream_id_ = 0;
    stream_over_ = true;
  } else if (result == Pull::idle) {
    host_.on_ready(stream_id_, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->pump();
    });
  }
  if (!chunk_.empty()) return write_chunk();
  if (stream_over_) return end_stream();
  if (result == Pull::more) pump();
}

void Session::write_chunk() {
  writing_ = true;
  asio::async_write(stream_, http::make_chunk(asio::buffer(chunk_)),
                    [self = shared_from_this()](Error error, std::size_t) {
                      self->writing_ = false;
                      if (error) return self->cut();
                      self->pump();
                    });
}

void Session::end_stream() {
  streaming_ = false;
  writing_ = true;
  asio::async_write(stream_, http::make_chunk_last(), [self = shared_from_this()](Error error, std::size_t) {
    self->writing_ = false;
    if (error || !self->keep_alive_) return self->cut();
    self->next_request();
  });
}

// What arrives belongs to the next request; an end means that nobody listens any more.
void Session::watch_for_end() {
  reading_ = true;
  stream_.async_read_some(buffer_.prepare(4096), [self = shared_from_this()](Error error, std::size_t size) {
    self->reading_ = false;
    if (error) {
      if (self->stream_id_ != 0) self->host_.close(std::exchange(self->stream_id_, 0));
      return self->cut();
    }
    self->buffer_.commit(size);
    if (self->want_request_) {
      self->want_request_ = false;
      self->read_head();
    }
  });
}

}  // namespace daaa::sandbox
