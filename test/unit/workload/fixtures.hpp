// What the tests of this room share.
#pragma once

#include <unistd.h>
#include <cstdio>
#include <string>

#include "daaa/values.hpp"
#include "daaa/workload.hpp"
#include "support/catch.hpp"
#include "workload/objects.hpp"
#include "workload/value_keys.hpp"

namespace daaa::workload {

// The chart's own example run.
inline Workload sample() {
  Workload workload;
  workload.job_id = "20201023-10h50m12";
  workload.namespace_ = "dean";
  return workload;
}

inline Json json(const std::string& text) {
  auto parsed = parse_json(text);
  if (!parsed) FAIL("test's own JSON: " + parsed.error().to_string());
  return std::move(*parsed);
}

inline RenderedRun rendered(const Workload& workload, const RunIdentity& identity = {},
                            const ClusterTraits& traits = {true}) {
  auto run = render_run(workload, identity, traits);
  if (!run) FAIL(run.error().to_string());
  return std::move(*run);
}

inline const Json& pod_spec(const RenderedRun& run) { return run.job.body["spec"]["template"]["spec"]; }
inline const Json& container(const RenderedRun& run) { return pod_spec(run)["containers"][0]; }

// The message of the error that rendering ends with; empty if it does not.
inline std::string refusal(const Workload& workload, const RunIdentity& identity = {}) {
  const auto run = render_run(workload, identity, {});
  if (run) return {};
  CHECK(run.error().kind == ErrorKind::invalid_argument);
  return run.error().to_string();
}

inline std::string refusal(const Values& values) {
  auto workload = sample();
  workload.values = values;
  return refusal(workload);
}

// All values by their keys, to compare.
inline Json dump(const Values& values) {
  struct Writer {
    Json operator()(std::string* at) const { return *at; }
    Json operator()(bool* at) const { return *at; }
    Json operator()(int* at) const { return *at; }
    Json operator()(std::int64_t* at) const { return *at; }
    Json operator()(std::optional<std::int64_t>* at) const { return *at ? Json(**at) : Json(); }
    Json operator()(std::vector<std::string>* at) const { return Json::Array(at->begin(), at->end()); }
    Json operator()(std::vector<std::int64_t>* at) const { return Json::Array(at->begin(), at->end()); }
    Json operator()(std::map<std::string, std::string>* at) const {
      return Json::Object(at->begin(), at->end());
    }
    Json operator()(Json* at) const { return *at; }
    Json operator()(Values::Hardening* at) const { return hardening_name(*at); }
  };
  Values copy = values;
  Json out = Json::object();
  for (const auto& key : value_keys()) out.set(key.path, std::visit(Writer{}, key.field(copy)));
  return out;
}

// A file that lives as long as this object.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    char name[] = "/tmp/daaa-workload-XXXXXX";
    const int descriptor = ::mkstemp(name);
    REQUIRE(descriptor >= 0);
    REQUIRE(::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    ::close(descriptor);
    path_ = name;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { std::remove(path_.c_str()); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace daaa::workload
