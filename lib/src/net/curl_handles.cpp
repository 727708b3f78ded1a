#include "net/curl_handles.hpp"

#include <openssl/crypto.h>

#include <cstring>
#include <mutex>
#include <string_view>

namespace daaa::net {
namespace {

struct Global {
  std::mutex mutex;
  int users = 0;
};

Global& global() {
  static Global state;
  return state;
}

// "OpenSSL/3.0.22" and "OpenSSL 3.0.22 25 Aug 2026" are the same library where "3.0" is the same.
std::string_view release(std::string_view version) {
  if (version.substr(0, 7) != "OpenSSL" || version.size() < 9) return {};
  version.remove_prefix(8);
  const auto minor = version.find('.');
  if (minor == std::string_view::npos) return {};
  return version.substr(0, version.find('.', minor + 1));
}

}  // namespace

GlobalCurl::GlobalCurl() {
  const std::lock_guard lock(global().mutex);
  ready_ = global().users > 0 || curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  if (ready_) ++global().users;
}

GlobalCurl::~GlobalCurl() {
  if (!ready_) return;
  const std::lock_guard lock(global().mutex);
  if (--global().users == 0) curl_global_cleanup();
}

Result<void> check_libcurl() {
  const curl_version_info_data* version = curl_version_info(CURLVERSION_NOW);
  const std::string theirs = version->ssl_version == nullptr ? "no TLS library" : version->ssl_version;
  const std::string ours = OpenSSL_version(OPENSSL_VERSION);
  if (release(theirs).empty() || release(theirs) != release(ours)) {
    return Error(ErrorKind::internal, "libcurl uses " + theirs + " and libdaaa uses " + ours +
                                          "; install the OpenSSL variant of libcurl that belongs to it");
  }
  return {};
}

bool libcurl_has(int feature) { return (curl_version_info(CURLVERSION_NOW)->features & feature) != 0; }

void SlistDeleter::operator()(curl_slist* list) const {
  for (curl_slist* node = list; node != nullptr; node = node->next) {
    OPENSSL_cleanse(node->data, std::strlen(node->data));
  }
  curl_slist_free_all(list);
}

bool StringList::add(const char* text) {
  curl_slist* longer = curl_slist_append(list_.get(), text);
  if (longer == nullptr) return false;
  (void)list_.release();
  list_.reset(longer);
  return true;
}

Result<void> Options::result() const {
  if (code_ == CURLE_OK) return {};
  return Error(ErrorKind::internal, "libcurl refuses option " + std::to_string(static_cast<int>(failed_)) +
                                        ": " + curl_easy_strerror(code_));
}

}  // namespace daaa::net
