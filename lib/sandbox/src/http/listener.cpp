#include "http/listener.hpp"

#include <boost/asio/buffer.hpp>

#include "http/session.hpp"

namespace daaa::sandbox {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

Listener::Listener(ClusterHost& host, const TlsIdentity& identity)
    : host_(host), tls_(asio::ssl::context::tls_server), acceptor_(host.io()), pause_(host.io()) {
  tls_.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                   asio::ssl::context::no_tlsv1_1);
  tls_.use_certificate_chain(asio::buffer(identity.certificate_pem));
  tls_.use_private_key(asio::buffer(identity.key_pem), asio::ssl::context::pem);
}

Result<std::uint16_t> Listener::open(std::uint16_t port) {
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
  boost::system::error_code error;
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(1024, error);
  if (error) {
    return ::daaa::Error(ErrorKind::unavailable,
                         "cannot listen on 127.0.0.1:" + std::to_string(port) + ": " + error.message() +
                             "; choose another port with --port, or none to take a free one");
  }
  accept();
  return acceptor_.local_endpoint().port();
}

void Listener::accept() {
  acceptor_.async_accept([this](boost::system::error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (error) {  // out of descriptors, for instance: it goes on when some are free
      pause_.expires_after(std::chrono::milliseconds(100));
      pause_.async_wait([this](boost::system::error_code stopped) {
        if (!stopped) accept();
      });
      return;
    }
    auto session = std::make_shared<Session>(std::move(socket), tls_, host_);
    std::erase_if(sessions_, [](const auto& weak) { return weak.expired(); });
    sessions_.push_back(session);
    session->start();
    accept();
  });
}

void Listener::cut_all() {
  for (const auto& weak : sessions_) {
    if (const auto session = weak.lock()) session->cut();
  }
  sessions_.clear();
}

void Listener::close() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  pause_.cancel();
  cut_all();
}

}  // namespace daaa::sandbox
