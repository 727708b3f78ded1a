#include "net/errors.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <string_view>
#include <system_error>

namespace daaa::net {
namespace {

// Codes that the oldest libcurl we support has no names for.
constexpr int kProxy = 97;
constexpr int kClientCertificate = 98;
constexpr int kTooLarge = 100;

std::string of(const Peer& peer) {
  return peer.proxy.empty() ? peer.server : peer.server + " through the proxy " + peer.proxy;
}

std::string with_detail(std::string text, const std::string& detail) {
  return detail.empty() ? text : text + " (" + detail + ")";
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string utc(std::int64_t unix_seconds) {
  const auto seconds = static_cast<std::time_t>(unix_seconds);
  std::tm parts{};
  char text[32] = "";
  if (gmtime_r(&seconds, &parts) != nullptr) std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

// libcurl hands OpenSSL's errors on as text only, but the code is in it: "error:0A00010B:SSL routines::...".
unsigned long openssl_code(const std::string& detail) {
  const auto at = detail.find("error:");
  return at == std::string::npos ? 0 : std::strtoul(detail.c_str() + at + 6, nullptr, 16);
}

int tls_reason(const std::string& detail) {
  const unsigned long code = openssl_code(detail);
  return ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
}

// OpenSSL failed neither in the protocol nor in the system below it, but in its arithmetic: that is how a
// signature shows that was made with another key than the authority's.
bool is_bad_signature(const std::string& detail) {
  const unsigned long code = openssl_code(detail);
  return code != 0 && ERR_GET_LIB(code) != ERR_LIB_SSL && ERR_GET_LIB(code) != ERR_LIB_SYS;
}

// The server's alerts about the certificate that we showed, or did not show.
bool refuses_our_certificate(int reason) {
  switch (reason) {
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return true;
    default:
      return false;
  }
}

bool is_version_mismatch(int reason) {
  return reason == SSL_R_UNSUPPORTED_PROTOCOL || reason == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION ||
         reason == SSL_R_NO_PROTOCOLS_AVAILABLE;
}

bool is_not_tls(int reason) {
  return reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
         reason == SSL_R_PACKET_LENGTH_TOO_LONG || reason == SSL_R_UNKNOWN_PROTOCOL;
}

// libcurl starts out with "unspecified": a handshake that ended before the certificate was looked at.
bool is_verdict(long verify_result) {
  return verify_result != X509_V_OK && verify_result != X509_V_ERR_UNSPECIFIED;
}

// What is wrong with a certificate, and what to do about it: "is expired ...".
std::string certificate_fault(long verify_result, const Peer& peer, const std::string& name) {
  const std::string clock = "(this machine's clock says " + utc(peer.unix_seconds) + ")";
  const std::string authorities = peer.own_authorities ? "the certificate authority that is configured"
                                                       : "this system's certificate authorities";
  switch (verify_result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "is expired " + clock + ": have it renewed, or set the clock";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "is not yet valid " + clock + ": set the clock, or wait";
    case X509_V_ERR_CERT_REVOKED:
      return "is revoked: have it replaced";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "is self-signed and not known to " + authorities +
             ": give that certificate as the authority if it is right";
    case X509_V_OK:
    case X509_V_ERR_UNSPECIFIED:
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "is not made out for " + name + ": use a name that it holds, or set the TLS server name";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return "is not signed by " + authorities +
             ": check that this is the right server and the right authority";
    default:
      return "is not acceptable to " + authorities;
  }
}

Error untrusted(const Failure& failure, const Peer& peer) {
  if (is_verdict(failure.proxy_verify_result)) {
    return Error(ErrorKind::untrusted,
                 "the certificate of the proxy " + peer.proxy + " " +
                     certificate_fault(failure.proxy_verify_result, peer, "its address"));
  }
  const std::string reason = is_verdict(failure.verify_result)
                                 ? X509_verify_cert_error_string(failure.verify_result)
                                 : failure.detail;
  return Error(ErrorKind::untrusted,
               with_detail("the certificate of the server " + peer.server + " " +
                               certificate_fault(failure.verify_result, peer, peer.verify_name),
                           reason));
}

Error handshake_failed(const Failure& failure, const Peer& peer) {
  if (is_verdict(failure.verify_result) || is_verdict(failure.proxy_verify_result))
    return untrusted(failure, peer);
  if (is_bad_signature(failure.detail)) {
    const std::string fault = certificate_fault(X509_V_ERR_CERT_SIGNATURE_FAILURE, peer, peer.verify_name);
    return Error(ErrorKind::untrusted,
                 with_detail("the certificate of the server " + of(peer) + " " + fault, failure.detail));
  }
  const int reason = tls_reason(failure.detail);
  if (refuses_our_certificate(reason)) {
    return Error(
        ErrorKind::unauthenticated,
        with_detail("the server " + of(peer) + " does not accept our client certificate, or wants one",
                    failure.detail));
  }
  if (is_version_mismatch(reason)) {
    return Error(
        ErrorKind::untrusted,
        with_detail("the server " + of(peer) + " speaks no TLS of version 1.2 or newer", failure.detail));
  }
  if (is_not_tls(reason)) {
    return Error(ErrorKind::untrusted, with_detail("what answers at " + of(peer) +
                                                       " does not speak TLS (plain HTTP?); check the port",
                                                   failure.detail));
  }
  // No error of TLS itself: the connection broke, as when a server restarts behind its load balancer.
  if (reason == 0 || reason == SSL_R_TLSV1_ALERT_INTERNAL_ERROR || has(failure.detail, "unexpected eof")) {
    return Error(
        ErrorKind::unavailable,
        with_detail("the connection to " + of(peer) + " broke during the TLS handshake", failure.detail));
  }
  return Error(ErrorKind::untrusted, with_detail("no TLS with " + of(peer), failure.detail));
}

Error not_connected(const Failure& failure, const Peer& peer) {
  const std::string why = failure.system_error == 0
                              ? failure.detail
                              : std::generic_category().message(static_cast<int>(failure.system_error));
  const std::string where = peer.proxy.empty() ? peer.server : "the proxy " + peer.proxy;
  return Error(ErrorKind::unavailable, "cannot connect to " + where + ": " + why);
}

Error connect_timed_out(const Failure& failure, const Peer& peer) {
  const std::string where = peer.proxy.empty() ? peer.server : "the proxy " + peer.proxy;
  const std::string within = " within " + in_seconds(peer.connect_timeout);
  if (!failure.resolved)
    return Error(ErrorKind::unavailable, "the name of " + where + " was not resolved" + within);
  if (!failure.connected)
    return Error(ErrorKind::unavailable, where + " did not accept a connection" + within);
  return Error(ErrorKind::unavailable, "the TLS handshake with " + of(peer) + " was not done" + within);
}

Error cut(const Failure& failure, const Peer& peer) {
  if (failure.connect_status >= 300) {
    const std::string login = failure.connect_status == 407 ? "; it wants a user name and password" : "";
    return Error(ErrorKind::unavailable, "the proxy " + peer.proxy + " refused to connect to " + peer.server +
                                             " with status " + std::to_string(failure.connect_status) +
                                             login);
  }
  if (refuses_our_certificate(tls_reason(failure.detail))) return handshake_failed(failure, peer);
  if (has(failure.detail, "chunked-encoding")) {
    return Error(ErrorKind::protocol,
                 with_detail("the answer of " + of(peer) + " is not HTTP", failure.detail));
  }
  const std::string when = failure.headers_seen ? " was cut in the middle of the answer"
                           : failure.sent       ? " was cut before an answer came"
                                                : " was cut before the request was sent";
  return Error(ErrorKind::unavailable, with_detail("the connection to " + of(peer) + when, failure.detail));
}

Error without_outcome(const Failure& failure, const Peer& peer) {
  switch (static_cast<int>(failure.code)) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return Error(ErrorKind::unavailable, "the name of the server " + peer.server + " cannot be resolved");
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Error(ErrorKind::unavailable, "the name of the proxy " + peer.proxy + " cannot be resolved");
    case CURLE_COULDNT_CONNECT:
      return not_connected(failure, peer);
    case kProxy:
      return Error(
          ErrorKind::unavailable,
          with_detail("the proxy " + peer.proxy + " did not connect to " + peer.server, failure.detail));
    case CURLE_OPERATION_TIMEDOUT:
      return connect_timed_out(failure, peer);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
      return untrusted(failure, peer);
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CIPHER:
    case kClientCertificate:
      return handshake_failed(failure, peer);
    case CURLE_SSL_CERTPROBLEM:
      return Error(ErrorKind::invalid_argument,
                   with_detail("the client certificate or its key cannot be used", failure.detail));
    case CURLE_SSL_CACERT_BADFILE:
      return Error(ErrorKind::invalid_argument,
                   with_detail("the certificate authorities cannot be used", failure.detail));
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return cut(failure, peer);
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return Error(ErrorKind::protocol,
                   with_detail("the answer of " + of(peer) + " is not HTTP", failure.detail));
    case kTooLarge:
      return Error(
          ErrorKind::protocol,
          with_detail("the answer of " + of(peer) + " has a header that is too large", failure.detail));
    default:
      return Error(ErrorKind::internal,
                   with_detail("the request to " + of(peer) + " failed: " + curl_easy_strerror(failure.code),
                               failure.detail));
  }
}

}  // namespace

Error describe(const Failure& failure, const Peer& peer) {
  Error error = without_outcome(failure, peer);
  // A handshake that failed carried no request that was acted upon, even where TLS 1.3 let it leave early.
  error.outcome_unknown = failure.sent && error.kind != ErrorKind::unauthenticated;
  return error;
}

Error connect_timeout(const Peer& peer) {
  return Error(ErrorKind::unavailable,
               "there was no connection to " + of(peer) + " within " + in_seconds(peer.connect_timeout));
}

Error total_timeout(const Peer& peer, Duration limit, bool sent, bool answered) {
  const std::string text = of(peer) + (answered ? " did not finish its answer" : " gave no answer");
  Error error(ErrorKind::timeout, text + " within " + in_seconds(limit));
  error.outcome_unknown = sent;
  return error;
}

Error stalled(const Peer& peer, Duration limit) {
  Error error(ErrorKind::timeout, of(peer) + " has sent nothing for " + in_seconds(limit));
  error.outcome_unknown = true;
  return error;
}

Error headers_too_large(const Peer& peer, std::size_t limit) {
  Error error(ErrorKind::protocol, "the answer of " + of(peer) + " has more than " +
                                       std::to_string(limit / 1024) +
                                       " KiB of headers; is this an API server?");
  error.outcome_unknown = true;
  return error;
}

std::string in_seconds(Duration duration) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  std::string text = std::to_string(ms / 1000);
  if (ms % 1000 != 0) {
    text += "." + std::to_string(1000 + ms % 1000).substr(1);
    while (text.back() == '0') text.pop_back();
  }
  return text + " s";
}

}  // namespace daaa::net
