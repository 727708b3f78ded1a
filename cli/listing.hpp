// Lists of our own kinds, decoded.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "codec/objects.hpp"
#include "daaa/client.hpp"

namespace daaa::cli {

template <class T>
Result<std::vector<T>> list_as(Client& client, const Resource& type, model::Kind kind, const std::string& ns,
                               const std::string& selector, const std::string& fields = {}) {
  ListQuery query;
  query.label_selector = selector;
  query.field_selector = fields;
  auto list = client.list(type, ns, query);
  if (!list) return std::move(list).error();
  std::vector<T> objects;
  for (const Json& item : list->items) {
    auto object = codec::decode_object(kind, to_json(item));
    if (!object) return std::move(object).error();
    objects.push_back(std::get<T>(std::move(*object)));
  }
  return objects;
}

// The Job of a run, by its labels: overrides change its name. Nothing: there is none.
Result<std::optional<model::Job>> find_job(Client& client, const std::string& ns, const std::string& job_id);

// What every object of a run carries.
std::string our_selector();
// "t1" of "daaa-t1".
std::string id_of(const std::string& release);

}  // namespace daaa::cli
