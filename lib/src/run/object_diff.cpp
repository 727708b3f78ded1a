#include "run/object_diff.hpp"

#include "daaa/json.hpp"

namespace daaa::run {
namespace {

// Servers leave out what equals "nothing": that is no loss.
bool says_nothing(const Json& value) {
  if (value.is_null()) return true;
  if (value.is_bool()) return !value.as_bool();
  if (value.is_string()) return value.as_string().empty();
  if (value.is_integer()) return value.as_integer() == 0;
  return (value.is_object() || value.is_array()) && value.empty();
}

void compare(const Json& sent, const Json& answered, const std::string& path,
             std::vector<std::string>& dropped) {
  for (const auto& [name, value] : sent.members()) {
    const std::string here = path.empty() ? name : path + "." + name;
    const Json* there = answered.find(name);
    if (there == nullptr) {
      if (!says_nothing(value)) dropped.push_back(here);
    } else {
      compare(value, *there, here, dropped);
    }
  }
  for (std::size_t i = 0; i < sent.items().size() && i < answered.items().size(); ++i) {
    compare(sent[i], answered[i], path + "[" + std::to_string(i) + "]", dropped);
  }
}

}  // namespace

std::vector<std::string> dropped_fields(std::string_view sent, std::string_view answered) {
  std::vector<std::string> dropped;
  const auto mine = parse_json(sent);
  const auto theirs = parse_json(answered);
  if (mine && theirs) compare(*mine, *theirs, {}, dropped);
  return dropped;
}

}  // namespace daaa::run
