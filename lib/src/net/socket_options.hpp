// What every socket gets: close-on-exec, and an end to connections whose other side has vanished.
#pragma once

#include "net/curl_handles.hpp"

namespace daaa::net {

void set_socket_options(Options& options);

}  // namespace daaa::net
