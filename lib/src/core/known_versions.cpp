// Old news told from new.
#include "core/known_versions.hpp"

#include <charconv>
#include <optional>

namespace daaa::core {
namespace {

std::optional<std::uint64_t> number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

void KnownVersions::clear() {
  known_.clear();
  deleted_.clear();
}

void KnownVersions::listed(const std::string& uid, const std::string& resource_version) {
  if (const auto version = number(resource_version)) known_[uid] = {*version, false};
}

bool KnownVersions::changed(const std::string& uid, const std::string& resource_version) {
  const auto found = known_.find(uid);
  if (found != known_.end() && found->second.deleted) return false;
  const auto version = number(resource_version);
  if (!version) return true;
  if (found != known_.end() && *version <= found->second.version) return false;
  known_[uid].version = *version;
  return true;
}

bool KnownVersions::deleted(const std::string& uid, const std::string& resource_version) {
  Known& known = known_[uid];
  const auto version = number(resource_version);
  if (known.deleted || (version && *version < known.version)) return false;
  known.deleted = true;
  if (version) known.version = *version;
  deleted_.push_back(uid);
  if (deleted_.size() > kDeletedKept) {
    known_.erase(deleted_.front());
    deleted_.pop_front();
  }
  return true;
}

}  // namespace daaa::core
