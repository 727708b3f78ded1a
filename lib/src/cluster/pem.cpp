// Base64 and the look of PEM. What a certificate says is OpenSSL's business, in net.
#include <array>
#include <vector>

#include "cluster/text.hpp"

namespace daaa::cluster {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kDashes = "-----";

int digit_value(char c, Base64 alphabet) {
  if (alphabet == Base64::url) {
    if (c == '+' || c == '/') return -1;
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  const std::size_t at = kDigits.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

bool is_blank(char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; }

// The labels of all blocks that have an end: {"EC PARAMETERS", "EC PRIVATE KEY"}.
std::vector<std::string> block_labels(std::string_view text) {
  std::vector<std::string> labels;
  for (std::size_t at = text.find(kBegin); at != std::string_view::npos; at = text.find(kBegin, at + 1)) {
    const bool line_start = at == 0 || text[at - 1] == '\n' || text[at - 1] == '\r';
    const std::size_t from = at + kBegin.size();
    const std::size_t to = text.find(kDashes, from);
    if (!line_start || to == std::string_view::npos || to - from > 40) continue;
    const std::string label(text.substr(from, to - from));
    if (text.find("-----END " + label + "-----", to) != std::string_view::npos) labels.push_back(label);
  }
  return labels;
}

bool fits(const std::string& label, PemKind kind) {
  if (kind == PemKind::certificate) {
    return label == "CERTIFICATE" || label == "X509 CERTIFICATE" || label == "TRUSTED CERTIFICATE";
  }
  return label == "PRIVATE KEY" || label == "RSA PRIVATE KEY" || label == "EC PRIVATE KEY";
}

std::string look_of(std::string_view text) {
  const std::string_view body = trimmed(text);
  if (body.empty()) return "it is empty";
  if (text.size() > 2 && text[0] == 0x30 && (static_cast<unsigned char>(text[1]) & 0x80) != 0) {
    return "it looks like DER: convert it with openssl";
  }
  if (body.find(kBegin) != std::string_view::npos) return "its -----BEGIN line has no matching -----END line";
  const std::string_view head = body.substr(0, 40);
  if (head.rfind("LS0tLS1", 0) == 0)
    return "it looks like base64 of PEM: decode it, or use the field ending in -data";
  if (head.front() == '<') return "it looks like HTML";
  if (decode_base64(body)) return "it looks like bare base64 without the -----BEGIN line";
  return "it is " + std::to_string(text.size()) + " bytes of something else";
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text, Base64 alphabet) {
  std::string out;
  out.reserve(text.size());  // it must not move: it may become a key
  unsigned bits = 0;
  int have = 0;
  std::size_t count = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    if (is_blank(c)) continue;
    ++count;
    if (c == '=') {
      ++padding;
      continue;
    }
    const int value = digit_value(c, alphabet);
    if (value < 0 || padding != 0) return wipe(out), std::nullopt;
    bits = (bits << 6 | static_cast<unsigned>(value)) & 0xfffU;
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out.push_back(static_cast<char>(bits >> have & 0xffU));
  }
  const bool whole =
      alphabet == Base64::url ? padding == 0 && count % 4 != 1 : padding <= 2 && count % 4 == 0;
  if (!whole || have == 6 || (bits & ((1U << have) - 1)) != 0) return wipe(out), std::nullopt;
  return out;
}

std::string encode_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t k) {
      return i + k < bytes.size() ? static_cast<unsigned>(static_cast<unsigned char>(bytes[i + k])) : 0U;
    };
    const unsigned group = byte(0) << 16 | byte(1) << 8 | byte(2);
    out.push_back(kDigits[group >> 18]);
    out.push_back(kDigits[group >> 12 & 63U]);
    out.push_back(i + 1 < bytes.size() ? kDigits[group >> 6 & 63U] : '=');
    out.push_back(i + 2 < bytes.size() ? kDigits[group & 63U] : '=');
  }
  return out;
}

std::optional<std::string> pem_defect(std::string_view text, PemKind kind) {
  const std::string wanted = kind == PemKind::certificate ? "PEM certificate" : "PEM private key";
  if (kind == PemKind::private_key &&
      (text.find("-----BEGIN ENCRYPTED PRIVATE KEY") != std::string_view::npos ||
       text.find("Proc-Type: 4,ENCRYPTED") != std::string_view::npos)) {
    return "the private key is protected by a passphrase, which nobody can be asked for: store it without";
  }
  const auto labels = block_labels(text);
  for (const auto& label : labels) {
    if (fits(label, kind)) return std::nullopt;
  }
  if (labels.empty()) return "no " + wanted + " (-----BEGIN ...): " + look_of(text);
  return "no " + wanted + ": it holds a " + labels.front();
}

}  // namespace daaa::cluster
