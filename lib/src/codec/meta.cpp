// What every object carries: metadata, and the conditions of a status.
#include "codec/decode.hpp"

namespace daaa::codec {
namespace {

model::OwnerReference read_owner(const Value& owner) {
  return {text(owner, "kind"), text(owner, "name"), text(owner, "uid"), flag(owner, "controller")};
}

model::Condition read_condition(const Value& condition) {
  return {text(condition, "type"), text(condition, "status"), text(condition, "reason"),
          text(condition, "message"), text(condition, "lastTransitionTime")};
}

}  // namespace

model::ObjectMeta read_meta(const Value& object) {
  const Value& meta = member(object, "metadata");
  model::ObjectMeta result;
  result.name = text(meta, "name");
  result.namespace_ = text(meta, "namespace");
  result.uid = text(meta, "uid");
  result.resource_version = text(meta, "resourceVersion");
  result.generation = integer(meta, "generation").value_or(0);
  result.creation_timestamp = text(meta, "creationTimestamp");
  result.deletion_timestamp = text(meta, "deletionTimestamp");
  result.labels = labels(meta, "labels");
  result.annotations = labels(meta, "annotations");
  result.finalizers = texts(meta, "finalizers");
  each_object(meta, "ownerReferences",
              [&](const Value& owner) { result.owners.push_back(read_owner(owner)); });
  return result;
}

std::vector<model::Condition> read_conditions(const Value& status) {
  std::vector<model::Condition> result;
  result.reserve(length(status, "conditions"));
  each_object(status, "conditions", [&](const Value& c) { result.push_back(read_condition(c)); });
  return result;
}

}  // namespace daaa::codec
