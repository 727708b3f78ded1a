// Which state of each object was told last, so that old news is recognised (B12): a server that a
// watch is resumed on may lag behind the one before, and Kubernetes 1.20 repeats events from its cache.
//
// resourceVersions are compared only with those of the same uid, and only where both are numbers;
// otherwise everything counts as news. What was deleted stays deleted: its uid never comes back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>

namespace daaa::core {

class KnownVersions {
 public:
  // A list is the truth, whatever was known: an etcd may have been restored.
  void clear();
  void listed(const std::string& uid, const std::string& resource_version);
  // False: this state of the object, or a later one, is known.
  bool changed(const std::string& uid, const std::string& resource_version);
  // False: its deletion is known, or the event is older than what is.
  bool deleted(const std::string& uid, const std::string& resource_version);

 private:
  struct Known {
    std::uint64_t version = 0;
    bool deleted = false;
  };
  static constexpr std::size_t kDeletedKept = 4096;

  std::unordered_map<std::string, Known> known_;
  std::deque<std::string> deleted_;
};

}  // namespace daaa::core
