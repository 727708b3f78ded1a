// core/v1 Event, written by old recorders (count, lastTimestamp) and new ones (series, eventTime).
#include "codec/decode.hpp"

namespace daaa::codec {
namespace {

std::string last_time(const Value& event, const Value& series) {
  std::string last = text(event, "lastTimestamp");
  if (last.empty()) last = text(series, "lastObservedTime");
  return last.empty() ? text(event, "eventTime") : last;
}

}  // namespace

model::Event read_event(const Value& object) {
  const Value& series = member(object, "series");
  const Value& involved = member(object, "involvedObject");
  model::Event event;
  event.meta = read_meta(object);
  event.type = text(object, "type");
  event.reason = text(object, "reason");
  event.message = text(object, "message");
  event.count = integer(object, "count").value_or(integer(series, "count").value_or(0));
  event.involved_kind = text(involved, "kind");
  event.involved_namespace = text(involved, "namespace");
  event.involved_name = text(involved, "name");
  event.involved_uid = text(involved, "uid");
  event.first_timestamp = text(object, "firstTimestamp");
  event.last_timestamp = last_time(object, series);
  return event;
}

}  // namespace daaa::codec
