// What libcurl's codes are turned into, where no server is needed to see it.
#include "net/errors.hpp"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <string>
#include <tuple>

#include "loop_fixture.hpp"

using namespace daaa;
using namespace daaa::test;
using net::Failure;
using net::Peer;

namespace {

Peer peer() { return {"api:6443", "api", "", true, 1'700'000'000, std::chrono::seconds(10)}; }

Failure failure(CURLcode code, std::string detail = {}) {
  Failure failure;
  failure.code = code;
  failure.detail = std::move(detail);
  return failure;
}

}  // namespace

TEST_CASE("every way a connection may fail has its kind", "[net][errors]") {
  const auto [code, kind] = GENERATE(table<CURLcode, ErrorKind>({
      {CURLE_COULDNT_RESOLVE_HOST, ErrorKind::unavailable},
      {CURLE_COULDNT_RESOLVE_PROXY, ErrorKind::unavailable},
      {CURLE_COULDNT_CONNECT, ErrorKind::unavailable},
      {CURLE_OPERATION_TIMEDOUT, ErrorKind::unavailable},
      {CURLE_SEND_ERROR, ErrorKind::unavailable},
      {CURLE_RECV_ERROR, ErrorKind::unavailable},
      {CURLE_GOT_NOTHING, ErrorKind::unavailable},
      {CURLE_PARTIAL_FILE, ErrorKind::unavailable},
      {CURLE_HTTP2, ErrorKind::unavailable},
      {CURLE_HTTP2_STREAM, ErrorKind::unavailable},
      {CURLE_PEER_FAILED_VERIFICATION, ErrorKind::untrusted},
      {CURLE_SSL_CERTPROBLEM, ErrorKind::invalid_argument},
      {CURLE_SSL_CACERT_BADFILE, ErrorKind::invalid_argument},
      {CURLE_WEIRD_SERVER_REPLY, ErrorKind::protocol},
      {CURLE_BAD_FUNCTION_ARGUMENT, ErrorKind::internal},
  }));
  const bool sent = GENERATE(false, true);
  Failure what = failure(code, "detail");
  what.sent = sent;
  const Error error = net::describe(what, peer());
  INFO(code << ": " << error.message);
  CHECK(error.kind == kind);
  CHECK(error.outcome_unknown == sent);
  CHECK_FALSE(error.message.empty());
}

TEST_CASE("each fault of a certificate is told from the others", "[net][errors][tls]") {
  const auto [verify_result, text] = GENERATE(table<long, std::string>({
      {X509_V_OK, "is not made out for api"},
      {X509_V_ERR_CERT_HAS_EXPIRED, "is expired (this machine's clock says 2023-11-14T22:13:20Z)"},
      {X509_V_ERR_CERT_NOT_YET_VALID, "is not yet valid"},
      {X509_V_ERR_CERT_REVOKED, "is revoked"},
      {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "is self-signed"},
      {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "is not signed by"},
      {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, "is not signed by"},
      {X509_V_ERR_EE_KEY_TOO_SMALL, "is not acceptable"},
  }));
  Failure what = failure(CURLE_PEER_FAILED_VERIFICATION);
  what.verify_result = verify_result;
  CHECK(mentions(net::describe(what, peer()), text));
}

TEST_CASE("B43: a server that has no certificate yet is one to try again", "[net][errors][tls]") {
  const Error error = net::describe(
      failure(CURLE_SSL_CONNECT_ERROR, "error:0A000438:SSL routines::tlsv1 alert internal error"), peer());
  CHECK(error.kind == ErrorKind::unavailable);
}

TEST_CASE("a connect time-out says which step did not come to its end", "[net][errors][timeout]") {
  Failure what = failure(CURLE_OPERATION_TIMEDOUT);
  CHECK(mentions(net::describe(what, peer()), "the name of api:6443 was not resolved within 10 s"));
  what.resolved = true;
  CHECK(mentions(net::describe(what, peer()), "api:6443 did not accept a connection within 10 s"));
  what.connected = true;
  CHECK(mentions(net::describe(what, peer()), "the TLS handshake with api:6443 was not done within 10 s"));
}

TEST_CASE("durations are written as people read them", "[net][errors]") {
  CHECK(net::in_seconds(std::chrono::seconds(10)) == "10 s");
  CHECK(net::in_seconds(std::chrono::milliseconds(1500)) == "1.5 s");
  CHECK(net::in_seconds(std::chrono::milliseconds(50)) == "0.05 s");
  CHECK(net::in_seconds(std::chrono::milliseconds(0)) == "0 s");
}
