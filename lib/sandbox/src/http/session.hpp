// One client's connection: TLS, then HTTP/1.1 requests one after the other.
#pragma once

#include <utility>  // before Asio: Boost 1.74 forgets it in C++20

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <memory>
#include <optional>
#include <string>

#include "http/cluster_host.hpp"

namespace daaa::sandbox {

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(boost::asio::ip::tcp::socket socket, boost::asio::ssl::context& tls, ClusterHost& host);
  ~Session();
  void start();
  // Ends the connection now.
  void cut();

 private:
  using Fields = boost::beast::http::fields;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using Answer = boost::beast::http::response<boost::beast::http::string_body>;
  using Head = boost::beast::http::response<boost::beast::http::empty_body>;
  using Error = boost::beast::error_code;

  void read_head();
  void read_body();
  void refuse_too_large();
  void handle();
  void send(Response response);
  template <class Message>
  void fill_head(Message& message, const Response& response) const;

  // While a stream goes out, the connection is read as well: that is how its end is noticed.
  void send_stream(Response response);
  void pump();
  void write_chunk();
  void end_stream();
  void watch_for_end();
  void next_request();

  boost::beast::ssl_stream<boost::beast::tcp_stream> stream_;
  ClusterHost& host_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::optional<Answer> answer_;
  std::optional<Head> head_;
  std::optional<boost::beast::http::response_serializer<boost::beast::http::empty_body>> head_writer_;
  Request request_;
  StreamId stream_id_ = 0;
  std::string chunk_;
  bool keep_alive_ = true;
  bool streaming_ = false;
  bool writing_ = false;
  bool stream_over_ = false;   // nothing more will come, the last chunk may go out
  bool reading_ = false;       // watch_for_end is under way
  bool want_request_ = false;  // a request is read once it has come back
  bool dead_ = false;
};

}  // namespace daaa::sandbox
