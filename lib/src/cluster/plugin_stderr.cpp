// Splitting, bounding and redacting a plugin's stderr.
#include "cluster/plugin_stderr.hpp"

#include <algorithm>
#include <utility>

namespace daaa::cluster {
namespace {

constexpr std::size_t kLongestLine = 1024;
constexpr std::size_t kSummary = 4096;
constexpr std::size_t kMostDelivered = 64 * 1024;
constexpr std::size_t kTokenLength = 32;  // a random word of this length is taken for a credential
constexpr std::string_view kRedacted = "[redacted]";

bool is_token_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("+/_~.-").find(c) != std::string_view::npos;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool looks_secret(std::string_view word) {
  if (word.rfind("sha256~", 0) == 0) return true;
  if (word.rfind("eyJ", 0) == 0 && word.size() > 16) return true;
  return word.size() >= kTokenLength && word.front() != '/' && word.front() != '.' &&
         std::any_of(word.begin(), word.end(), is_digit) && std::any_of(word.begin(), word.end(), is_letter);
}

void replace_all(std::string& text, std::string_view what) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + kRedacted.size())) {
    text.replace(at, what.size(), kRedacted);
  }
}

// The end of the URL that begins at `from`, or `from` itself: a login link must stay whole.
std::size_t end_of_url(std::string_view line, std::size_t from) {
  const std::string_view rest = line.substr(from);
  if (rest.rfind("https://", 0) != 0 && rest.rfind("http://", 0) != 0) return from;
  const std::size_t end = rest.find_first_of(" \t\"'<>");
  const std::string_view url = rest.substr(0, end);
  const bool holds_token =
      url.find("token=") != std::string_view::npos || url.find('@') != std::string_view::npos;
  return holds_token ? from : from + url.size();
}

std::string without_tokens(std::string_view line) {
  std::string out;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t url_end = end_of_url(line, at);
    std::size_t end = url_end;
    while (end == url_end && url_end == at && end < line.size() && is_token_char(line[end])) {
      end = static_cast<std::size_t>(std::find_if_not(line.begin() + at, line.end(), is_token_char) -
                                     line.begin());
    }
    if (end == at) {
      out.push_back(line[at++]);
      continue;
    }
    const std::string_view word = line.substr(at, end - at);
    out += url_end == at && looks_secret(word) ? kRedacted : word;
    at = end;
  }
  return out;
}

}  // namespace

std::string redacted(std::string_view line, const std::vector<std::string>& secrets) {
  std::string text(line);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  for (const auto& secret : secrets) replace_all(text, secret);
  return without_tokens(text);
}

PluginStderr::PluginStderr(std::vector<std::string> secrets, std::function<void(std::string)> on_line)
    : secrets_(std::move(secrets)), on_line_(std::move(on_line)) {}

void PluginStderr::feed(const char* data, std::size_t size) {
  for (const char c : std::string_view(data, size)) {
    if (c == '\n' || c == '\r') {
      end_line();
    } else if (line_.size() < kLongestLine) {
      line_.push_back(c);
    }
  }
}

void PluginStderr::finish() { end_line(); }

void PluginStderr::end_line() {
  const bool begins_key = line_.find("-----BEGIN ") != std::string::npos;
  const bool ends_key = line_.find("-----END ") != std::string::npos;
  if (begins_key) in_key_ = true;
  std::string text = in_key_ ? std::string(kRedacted) : redacted(line_, secrets_);
  if (ends_key) in_key_ = false;
  const bool blank = line_.find_first_not_of(" \t") == std::string::npos;
  line_.clear();
  if (blank) return;
  summary_ += (summary_.empty() ? "" : "; ") + text;
  if (summary_.size() > kSummary) summary_.erase(0, summary_.size() - kSummary);
  if (delivered_ > kMostDelivered) return;
  delivered_ += text.size();
  on_line_(delivered_ > kMostDelivered ? "(what it says further is not passed on)" : std::move(text));
}

}  // namespace daaa::cluster
