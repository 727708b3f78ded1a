// The recorded API traffic in test/replay/recordings, and what the decoders make of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/objects.hpp"
#include "daaa/json.hpp"
#include "daaa/transport.hpp"
#include "model/objects.hpp"

namespace daaa::replay {

struct Exchange {
  std::string method;
  std::string path;
  bool is_watch = false;
  bool is_log = false;
  bool failed = false;  // no answer: the connection was refused or broke
  int status = 0;
  Headers headers;
  std::string body;       // of a stream all of its chunks
  std::string closed_by;  // of a stream: server, client, cut
};

struct Recording {
  std::string server;  // "openshift-1.36"
  std::string scenario;
  std::vector<Exchange> exchanges;
};

// Every file, read once, in a fixed order.
const std::vector<Recording>& recordings();
// Those of one scenario, one for each server that has it.
std::vector<const Recording*> recordings_of(const std::string& scenario);

// The kind whose collection or object a path names, by its plural.
std::optional<model::Kind> kind_of_path(const std::string& path);
std::string kind_name(model::Kind kind);

// Puts lines together again from pieces; what has no newline yet stays in rest().
class LineSplitter {
 public:
  // The lines that this piece completes.
  std::vector<std::string> feed(std::string_view piece);
  [[nodiscard]] const std::string& rest() const { return rest_; }

 private:
  std::string rest_;
};

// The whole lines of a stream that arrives in pieces of that size; zero: all at once.
std::vector<std::string> lines_of(std::string_view stream, std::size_t piece_size,
                                  std::string* rest = nullptr);

// All that is seen in a recording, in the order of the exchanges.
struct Story {
  std::vector<model::Volume> volumes;
  std::vector<model::Claim> claims;
  std::vector<model::Job> jobs;
  std::vector<model::Pod> pods;
  std::vector<model::Event> events;
  std::vector<model::Job> deleted_jobs;  // by a watch
  std::vector<Error> errors;             // answers of 400 and above
  std::vector<Error> watch_errors;       // within streams
  std::vector<std::string> bookmarks;    // their resourceVersions
  std::size_t without_answer = 0;
};
Story tell(const Recording& recording);

}  // namespace daaa::replay
