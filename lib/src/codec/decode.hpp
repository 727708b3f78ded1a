// Parsed JSON to the structs of the model, one function a type, each in a file of its name.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "codec/fields.hpp"
#include "daaa/result.hpp"
#include "model/objects.hpp"

namespace daaa::codec {

model::ObjectMeta read_meta(const Value& object);
std::vector<model::Condition> read_conditions(const Value& status);

model::Volume read_volume(const Value& object);
model::Claim read_claim(const Value& object);
model::Job read_job(const Value& object);
model::Pod read_pod(const Value& object);
model::Event read_event(const Value& object);
model::Object read_object(model::Kind kind, const Value& object);

// "PersistentVolume", "Job", ...
std::string_view kind_name(model::Kind kind) noexcept;

// The Status, if that is what `object` says it is.
std::optional<ServerStatus> read_status(const Value& object);
// What a Status means; its code decides only where its reason is unknown.
Error error_from_status(ServerStatus status);

}  // namespace daaa::codec
