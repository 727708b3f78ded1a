// --output json: one event a line on stdout, in the words of daaa/run.hpp.
#include "reporter.hpp"

namespace daaa::cli {
namespace {

// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return false;
    }
    const auto second = static_cast<unsigned char>(text[i + 1]);
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
        (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) {
      return false;
    }
    i += length;
  }
  return true;
}

std::string base64(std::string_view bytes) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t block = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      block = (block << 8) | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k <= bytes.size() ? kAlphabet[(block >> (18 - 6 * k)) & 63] : '=';
    }
  }
  return out;
}

void set_text(Json& json, const char* name, const std::string& value) {
  if (!value.empty()) json.set(name, value);
}

class JsonReporter final : public Reporter {
 public:
  JsonReporter(OutputQueue& queue, ReporterOptions options) : queue_(queue), options_(std::move(options)) {}

  void begin(const std::string&) override {}
  void say(const std::string& line) override { queue_.put(OutputQueue::To::err, "daaa: " + line + "\n"); }
  void event(const RunEvent& event) override {
    if (event.type == RunEvent::Type::log && options_.to_file) {
      queue_.put(OutputQueue::To::file, std::string(event.data));
    }
    queue_.put(OutputQueue::To::out, to_json(to_json_value(event)) + "\n");
  }

 private:
  OutputQueue& queue_;
  ReporterOptions options_;
};

}  // namespace

Json to_json_value(const Attempt& attempt) {
  Json json = Json::object({{"number", attempt.number}, {"pod", attempt.pod}});
  set_text(json, "podUid", attempt.pod_uid);
  set_text(json, "node", attempt.node);
  set_text(json, "phase", attempt.phase);
  if (attempt.exit_code) json.set("exitCode", *attempt.exit_code);
  if (attempt.signal) json.set("signal", *attempt.signal);
  set_text(json, "reason", attempt.reason);
  set_text(json, "message", attempt.message);
  set_text(json, "startedAt", attempt.started_at);
  set_text(json, "finishedAt", attempt.finished_at);
  return json;
}

Json to_json_value(const RunReport& report) {
  Json json = Json::object({{"jobId", report.job_id}, {"runUid", report.run_uid}});
  json.set("namespace", report.namespace_).set("job", report.job_name);
  json.set("verdict", to_string(report.verdict)).set("exitCode", report.exit_code);
  set_text(json, "reason", report.reason);
  set_text(json, "message", report.message);
  Json attempts = Json::array();
  for (const auto& attempt : report.attempts) attempts.push_back(to_json_value(attempt));
  json.set("attempts", attempts);
  Json phases = Json::array();
  for (const auto& phase : report.phases) {
    phases.push_back(Json::object({{"phase", to_string(phase.phase)},
                                   {"beganMs", static_cast<std::int64_t>(phase.began.count())},
                                   {"lastedMs", static_cast<std::int64_t>(phase.lasted.count())}}));
  }
  json.set("phases", phases);
  Json left = Json::array();
  for (const auto& object : report.left) {
    Json entry = Json::object({{"kind", object.kind}});
    set_text(entry, "namespace", object.namespace_);
    entry.set("name", object.name).set("uid", object.uid).set("why", object.why);
    left.push_back(entry);
  }
  json.set("left", left);
  Json last = Json::array();
  for (const auto& line : report.last_lines) last.push_back(is_utf8(line) ? Json(line) : Json(base64(line)));
  json.set("lastLines", last);
  json.set("logGaps", static_cast<std::int64_t>(report.log_gaps));
  json.set("requests", static_cast<std::int64_t>(report.requests));
  json.set("attachable", report.attachable);
  return json;
}

Json to_json_value(const RunEvent& event) {
  Json json = Json::object({{"type", to_string(event.type)}, {"time", event.time}});
  json.set("jobId", event.job_id).set("phase", to_string(event.phase));
  set_text(json, "reason", event.reason);
  set_text(json, "message", event.message);
  set_text(json, "objectKind", event.object_kind);
  set_text(json, "objectName", event.object_name);
  if (event.type == RunEvent::Type::log) {
    json.set("attempt", event.attempt->number).set("pod", event.attempt->pod);
    set_text(json, "timestamp", std::string(event.data_timestamp));
    // JSON holds no other bytes than UTF-8: what is not comes as base64, so that nothing is lost.
    if (is_utf8(event.data)) {
      json.set("data", event.data);
    } else {
      json.set("dataBase64", base64(event.data));
    }
  } else if (event.attempt != nullptr) {
    json.set("attempt", to_json_value(*event.attempt));
  }
  set_text(json, "gapFrom", event.gap_from);
  set_text(json, "gapTo", event.gap_to);
  if (event.verdict != Verdict::none) json.set("verdict", to_string(event.verdict));
  if (event.report != nullptr) json.set("report", to_json_value(*event.report));
  return json;
}

std::unique_ptr<Reporter> make_json_reporter(OutputQueue& queue, ReporterOptions options) {
  return std::make_unique<JsonReporter>(queue, std::move(options));
}

}  // namespace daaa::cli
