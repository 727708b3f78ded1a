// Reading recordings.
#include "recording.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace daaa::replay {
namespace {

// Tests run in the project's root.
const std::filesystem::path kFolder = "test/replay/recordings";

Json read_file(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  auto parsed = parse_json(text.str());
  if (!parsed) throw std::runtime_error(path.string() + ": " + parsed.error().message);
  return *std::move(parsed);
}

std::string body_of(const Json& response) {
  if (const auto* body = response.find("body")) return to_json(*body);
  if (const auto* text = response.find("body_text")) return text->as_string();
  std::string all;
  for (const auto& chunk : response["chunks"].items()) all += chunk["data"].as_string();
  return all;
}

Exchange read_exchange(const Json& json) {
  const Json& request = json["request"];
  const Json& response = json["response"];
  Exchange exchange;
  exchange.method = request["method"].as_string();
  exchange.path = request["path"].as_string();
  exchange.is_watch = request["query"].find("watch") != nullptr;
  exchange.is_log = exchange.path.size() > 4 && exchange.path.substr(exchange.path.size() - 4) == "/log";
  exchange.failed = response.find("transport_error") != nullptr;
  exchange.status = static_cast<int>(response["status"].as_integer());
  for (const auto& [name, value] : response["headers"].members()) {
    exchange.headers.emplace_back(name, value.as_string());
  }
  exchange.body = body_of(response);
  exchange.closed_by = response["closed_by"].as_string();
  return exchange;
}

std::vector<Recording> read_all() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kFolder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<Recording> all;
  for (const auto& file : files) {
    const Json json = read_file(file);
    auto& recording = all.emplace_back();
    recording.server = file.parent_path().filename().string();
    recording.scenario = file.stem().string();
    for (const auto& exchange : json["exchanges"].items())
      recording.exchanges.push_back(read_exchange(exchange));
  }
  return all;
}

constexpr std::array<std::pair<const char*, model::Kind>, 5> kPlurals = {{
    {"persistentvolumes", model::Kind::volume},
    {"persistentvolumeclaims", model::Kind::claim},
    {"jobs", model::Kind::job},
    {"pods", model::Kind::pod},
    {"events", model::Kind::event},
}};

struct Teller {
  Story& story;
  void operator()(model::Volume volume) const { story.volumes.push_back(std::move(volume)); }
  void operator()(model::Claim claim) const { story.claims.push_back(std::move(claim)); }
  void operator()(model::Job job) const { story.jobs.push_back(std::move(job)); }
  void operator()(model::Pod pod) const { story.pods.push_back(std::move(pod)); }
  void operator()(model::Event event) const { story.events.push_back(std::move(event)); }
};

void add(Story& story, model::Object object) { std::visit(Teller{story}, std::move(object)); }

void tell_watch(Story& story, model::Kind kind, const Exchange& exchange) {
  using Type = codec::WatchLine::Type;
  for (const auto& text : lines_of(exchange.body, 0)) {
    auto line = codec::decode_watch_line(kind, text);
    if (!line) throw std::runtime_error(exchange.path + ": " + line.error().message);
    if (line->type == Type::bookmark) story.bookmarks.push_back(line->resource_version);
    if (line->type == Type::error) story.watch_errors.push_back(line->error);
    if (line->type == Type::deleted && kind == model::Kind::job) {
      story.deleted_jobs.push_back(std::get<model::Job>(line->object));
    }
    const bool has_object =
        line->type == Type::added || line->type == Type::modified || line->type == Type::deleted;
    if (has_object) add(story, std::move(line->object));
  }
}

void tell_body(Story& story, model::Kind kind, const Exchange& exchange) {
  const auto answer = parse_json(exchange.body);
  if (!answer) throw std::runtime_error(exchange.path + ": " + answer.error().message);
  const auto& said = (*answer)["kind"].as_string();
  if (said == kind_name(kind)) {
    add(story, *codec::decode_object(kind, exchange.body));
  } else if (said == kind_name(kind) + "List") {
    auto list = codec::decode_list(kind, exchange.body);
    for (auto& item : list->items) add(story, std::move(item));
  }
}

}  // namespace

const std::vector<Recording>& recordings() {
  static const std::vector<Recording> all = read_all();
  return all;
}

std::vector<const Recording*> recordings_of(const std::string& scenario) {
  std::vector<const Recording*> result;
  for (const auto& recording : recordings()) {
    if (recording.scenario == scenario) result.push_back(&recording);
  }
  return result;
}

std::optional<model::Kind> kind_of_path(const std::string& path) {
  const std::string whole = path + "/";
  for (const auto& [plural, kind] : kPlurals) {
    if (whole.find(std::string("/") + plural + "/") != std::string::npos) return kind;
  }
  return std::nullopt;
}

std::string kind_name(model::Kind kind) {
  switch (kind) {
    case model::Kind::volume:
      return "PersistentVolume";
    case model::Kind::claim:
      return "PersistentVolumeClaim";
    case model::Kind::job:
      return "Job";
    case model::Kind::pod:
      return "Pod";
    case model::Kind::event:
      return "Event";
  }
  return {};
}

std::vector<std::string> LineSplitter::feed(std::string_view piece) {
  std::vector<std::string> lines;
  for (auto end = piece.find('\n'); end != std::string_view::npos; end = piece.find('\n')) {
    lines.push_back(rest_ + std::string(piece.substr(0, end)));
    rest_.clear();
    piece.remove_prefix(end + 1);
  }
  rest_ += piece;
  return lines;
}

std::vector<std::string> lines_of(std::string_view stream, std::size_t piece_size, std::string* rest) {
  LineSplitter splitter;
  std::vector<std::string> all;
  const auto size = piece_size == 0 ? std::max<std::size_t>(stream.size(), 1) : piece_size;
  for (std::size_t at = 0; at < stream.size(); at += size) {
    for (auto& line : splitter.feed(stream.substr(at, size))) all.push_back(std::move(line));
  }
  if (rest) *rest = splitter.rest();
  return all;
}

Story tell(const Recording& recording) {
  Story story;
  for (const auto& exchange : recording.exchanges) {
    const auto kind = kind_of_path(exchange.path);
    if (exchange.failed) {
      ++story.without_answer;
    } else if (exchange.status >= 400) {
      story.errors.push_back(codec::error_from_answer(exchange.status, exchange.headers, exchange.body));
    } else if (kind && exchange.is_watch) {
      tell_watch(story, *kind, exchange);
    } else if (kind && !exchange.is_log) {
      tell_body(story, *kind, exchange);
    }
  }
  return story;
}

}  // namespace daaa::replay
