#include "net/socket_options.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace daaa::net {
namespace {

// Sent data that nobody acknowledges, and keep-alive probes that nobody answers, end a connection after this.
constexpr unsigned kUserTimeoutMs = 60'000;

curl_socket_t open_socket(void*, curlsocktype, curl_sockaddr* address) noexcept {
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

int tune_socket(void*, curl_socket_t fd, curlsocktype) noexcept {
  // Refused only where the socket is not TCP; the connection then is as good as it can be.
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &kUserTimeoutMs, sizeof kUserTimeoutMs);
  return CURL_SOCKOPT_OK;
}

}  // namespace

void set_socket_options(Options& options) {
  options.set(CURLOPT_OPENSOCKETFUNCTION, &open_socket).set(CURLOPT_SOCKOPTFUNCTION, &tune_socket);
}

}  // namespace daaa::net
