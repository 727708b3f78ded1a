// Answers of whoever stands at the other end: an API server, a proxy, anything.
#include <string>

#include "client/http_date.hpp"
#include "codec/objects.hpp"
#include "fuzz.hpp"
#include "run/object_diff.hpp"

using namespace daaa;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Bytes bytes(data, size);
  const int status = 400 + bytes.byte();
  const auto kind = static_cast<model::Kind>(bytes.byte() % 5);
  const std::string header(bytes.until('\n'));
  const std::string_view body = bytes.rest();
  const Headers headers = {{"content-type", header}, {"retry-after", header}, {"date", header}};

  const Error error = codec::error_from_answer(status, headers, body);
  fuzz::promise(!error.message.empty(), "an error has words");
  const auto wait = error.status ? error.status->retry_after : std::nullopt;
  fuzz::promise(!wait || wait->count() >= 0, "nobody waits for a time that has passed");
  (void)client::parse_http_date(header);

  const auto object = codec::decode_object(kind, body);
  if (!object) fuzz::promise(!object.error().message.empty(), "what is no object says why");
  const auto list = codec::decode_list(kind, body);
  if (!list) fuzz::promise(!list.error().message.empty(), "what is no list says why");
  if (const auto json = parse_json(body)) {
    const auto again = parse_json(to_json(*json));
    fuzz::promise(again && *again == *json, "what is printed as JSON reads as the same value");
    (void)run::dropped_fields(body, header);
    (void)run::dropped_fields(header, body);
  }
  return 0;
}
