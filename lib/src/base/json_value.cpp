// The JSON value: reading that never fails, and changing.
#include <algorithm>
#include <cmath>

#include "daaa/json.hpp"

namespace daaa {
namespace {

const Json kNull;
const std::string kEmptyString;
const Json::Array kEmptyArray;
const Json::Object kEmptyObject;

using SortedMembers = std::vector<const Json::Member*>;

SortedMembers sorted(const Json::Object& members) {
  SortedMembers result;
  result.reserve(members.size());
  for (const auto& member : members) result.push_back(&member);
  std::stable_sort(result.begin(), result.end(), [](auto* a, auto* b) { return a->first < b->first; });
  return result;
}

bool same_members(const Json::Object& a, const Json::Object& b) {
  if (a.size() != b.size()) return false;
  const auto same = [](const Json::Member* x, const Json::Member* y) { return *x == *y; };
  const auto same_name = [](const auto& x, const auto& y) { return x.first == y.first; };
  if (std::equal(a.begin(), a.end(), b.begin(), same_name)) return std::equal(a.begin(), a.end(), b.begin());
  const auto left = sorted(a);
  const auto right = sorted(b);
  return std::equal(left.begin(), left.end(), right.begin(), same);
}

// Whether a double is exactly an int64; 2^63 itself is not.
bool is_exact_integer(double value) noexcept {
  return value >= -9223372036854775808.0 && value < 9223372036854775808.0 && std::trunc(value) == value;
}

}  // namespace

bool Json::as_bool(bool fallback) const noexcept {
  const auto* value = std::get_if<bool>(&value_);
  return value ? *value : fallback;
}

std::int64_t Json::as_integer(std::int64_t fallback) const noexcept {
  if (const auto* value = std::get_if<std::int64_t>(&value_)) return *value;
  const auto* real = std::get_if<double>(&value_);
  return real && is_exact_integer(*real) ? static_cast<std::int64_t>(*real) : fallback;
}

double Json::as_double(double fallback) const noexcept {
  if (const auto* value = std::get_if<double>(&value_)) return *value;
  const auto* integer = std::get_if<std::int64_t>(&value_);
  return integer ? static_cast<double>(*integer) : fallback;
}

const std::string& Json::as_string() const noexcept {
  const auto* value = std::get_if<std::string>(&value_);
  return value ? *value : kEmptyString;
}

const Json::Array& Json::items() const noexcept {
  const auto* value = std::get_if<Array>(&value_);
  return value ? *value : kEmptyArray;
}

const Json::Object& Json::members() const noexcept {
  const auto* value = std::get_if<Object>(&value_);
  return value ? *value : kEmptyObject;
}

const Json* Json::find(std::string_view name) const noexcept {
  for (const auto& member : members()) {
    if (member.first == name) return &member.second;
  }
  return nullptr;
}

Json* Json::find(std::string_view name) noexcept {
  return const_cast<Json*>(static_cast<const Json*>(this)->find(name));
}

const Json& Json::operator[](std::string_view name) const noexcept {
  const auto* found = find(name);
  return found ? *found : kNull;
}

const Json& Json::operator[](std::size_t index) const noexcept {
  const auto& all = items();
  return index < all.size() ? all[index] : kNull;
}

std::size_t Json::size() const noexcept {
  if (is_string()) return as_string().size();
  return is_array() ? items().size() : members().size();
}

Json& Json::at(std::string_view name) {
  if (auto* found = find(name)) return *found;
  if (!is_object()) value_.emplace<Object>();
  return std::get_if<Object>(&value_)->emplace_back(std::string(name), Json()).second;
}

Json& Json::set(std::string_view name, Json value) {
  at(name) = std::move(value);
  return *this;
}

bool Json::erase(std::string_view name) {
  auto* all = std::get_if<Object>(&value_);
  if (!all) return false;
  const auto end = std::remove_if(all->begin(), all->end(), [&](const Member& m) { return m.first == name; });
  const bool found = end != all->end();
  all->erase(end, all->end());
  return found;
}

Json& Json::push_back(Json value) {
  if (!is_array()) value_.emplace<Array>();
  std::get_if<Array>(&value_)->push_back(std::move(value));
  return *this;
}

bool operator==(const Json& a, const Json& b) noexcept {
  if (a.is_object() && b.is_object()) return same_members(a.members(), b.members());
  if (a.value_.index() == b.value_.index()) return a.value_ == b.value_;
  if (a.is_integer() && b.is_number()) return b.as_integer(~a.as_integer()) == a.as_integer();
  return b.is_integer() && a.is_number() && b == a;
}

}  // namespace daaa
