// Who keeps what a run could not remove: pods that use a claim, nodes that a volume is attached to.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/api_client.hpp"
#include "daaa/run.hpp"

namespace daaa::run {

// Belongs to the executor's thread. Asks at most twice and takes at most five seconds; what cannot be
// read stays unsaid.
class HolderSearch {
 public:
  using Done = std::function<void(std::vector<Leftover>)>;
  // Volumes' attachments are asked for as who makes volumes.
  HolderSearch(Executor& executor, client::ApiClient& api, client::ApiClient& volumes_api, std::string ns,
               std::vector<Leftover> left, Done done);
  ~HolderSearch();
  HolderSearch(const HolderSearch&) = delete;
  HolderSearch& operator=(const HolderSearch&) = delete;

  // Whether any of these waits for a finalizer that somebody else's object holds.
  static bool is_due(const std::vector<Leftover>& left);
  void start();
  [[nodiscard]] std::uint64_t requests() const { return requests_; }

 private:
  void ask(client::ApiClient& api, const std::string& path, void (HolderSearch::*take)(const Json&));
  void take_pods(const Json& list);
  void take_attachments(const Json& list);
  void note(const char* kind, const std::string& name, const std::string& holder);
  void finish();

  Executor& executor_;
  client::ApiClient& api_;
  client::ApiClient& volumes_api_;
  std::string namespace_;
  std::vector<Leftover> left_;
  Done done_;
  std::vector<std::pair<client::ApiClient*, client::CallId>> calls_;
  std::uint64_t requests_ = 0;
  std::size_t open_ = 0;
  TimerId timer_ = 0;
};

}  // namespace daaa::run
