// libcurl's handles as values that clean up after themselves.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

#include "daaa/result.hpp"

namespace daaa::net {

// Holds libcurl's global state for as long as any of these lives. Counted under a lock of ours, since
// curl_global_init() is safe in threads only from 7.84 on.
class GlobalCurl {
 public:
  GlobalCurl();
  ~GlobalCurl();
  GlobalCurl(const GlobalCurl&) = delete;
  GlobalCurl& operator=(const GlobalCurl&) = delete;
  [[nodiscard]] bool ready() const { return ready_; }

 private:
  bool ready_;
};

// Whether this libcurl can do what we ask of it: HTTPS by the OpenSSL that we are linked with.
Result<void> check_libcurl();
bool libcurl_has(int feature);

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct SlistDeleter {
  void operator()(curl_slist* list) const;  // wipes first: headers may hold a credential
};
using EasyPtr = std::unique_ptr<CURL, EasyDeleter>;
using MultiPtr = std::unique_ptr<CURLM, MultiDeleter>;

class StringList {
 public:
  // False without memory.
  bool add(const char* text);
  [[nodiscard]] curl_slist* get() const { return list_.get(); }
  void clear() { list_.reset(); }

 private:
  std::unique_ptr<curl_slist, SlistDeleter> list_;
};

// Sets options and keeps the first failure, so that a batch is checked once.
class Options {
 public:
  explicit Options(CURL* easy) : easy_(easy) {}
  template <class T>
  Options& set(CURLoption option, T value) {
    if (code_ == CURLE_OK && (code_ = curl_easy_setopt(easy_, option, value)) != CURLE_OK) failed_ = option;
    return *this;
  }
  Options& set(CURLoption option, const std::string& text) { return set(option, text.c_str()); }
  [[nodiscard]] CURL* easy() const { return easy_; }
  [[nodiscard]] Result<void> result() const;

 private:
  CURL* easy_;
  CURLcode code_ = CURLE_OK;
  CURLoption failed_{};
};

template <class T>
T info(CURL* easy, CURLINFO what) {
  T value{};
  if (curl_easy_getinfo(easy, what, &value) != CURLE_OK) return T{};
  return value;
}

}  // namespace daaa::net
