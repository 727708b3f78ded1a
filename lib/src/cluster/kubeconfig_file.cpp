// Loading, merging and field access of kubeconfig files.
#include "cluster/kubeconfig_file.hpp"

#include <algorithm>
#include <filesystem>

#include "cluster/text.hpp"

namespace daaa::cluster {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargestFile = 16 * 1024 * 1024;

Error invalid(std::string text) { return Error(ErrorKind::invalid_argument, std::move(text)); }

std::string absolute_directory(const std::string& path) {
  std::error_code failed;
  const fs::path whole = fs::absolute(path, failed);
  return failed ? std::string(".") : whole.parent_path().lexically_normal().string();
}

Result<void> check_header(const KubeconfigFile& file) {
  const Json& top = file.document.value;
  if (top.is_null()) return {};
  if (!top.is_object()) return invalid(file.path + ": not a kubeconfig: the top of it is no map");
  const Json& kind = top["kind"];
  if (!kind.is_null() && kind.as_string() != "Config") {
    return invalid(file.place("kind") + ": not a kubeconfig: kind should be Config");
  }
  const Json& version = top["apiVersion"];
  if (!version.is_null() && version.as_string() != "v1") {
    return invalid(file.place("apiVersion") + ": not a kubeconfig this can read: apiVersion should be v1");
  }
  return {};
}

Result<std::unique_ptr<KubeconfigFile>> load_file(const std::string& path) {
  auto content = read_small_file(path, kLargestFile);
  if (!content) {
    const char* hint = path.rfind("~/", 0) == 0 ? " (\"~\" is not expanded here)" : "";
    return Error(content.error().kind, path + ": cannot read it: " + content.error().message + hint);
  }
  auto file = std::make_unique<KubeconfigFile>();
  file->path = path;
  file->directory = absolute_directory(path);
  file->mode = content->mode;
  auto document = codec::parse_yaml(content->text, path);
  wipe(content->text);
  if (!document) return invalid(document.error().to_string());
  file->document = std::move(*document);
  if (auto header = check_header(*file); !header) return header.error();
  return file;
}

// Where the merged result keeps the entries of one list.
struct ListOf {
  const char* list;
  const char* kind;
  std::map<std::string, Entry>* into;
};

Result<Entry> read_entry(const KubeconfigFile& file, const ListOf& which, const Json& item,
                         std::size_t index) {
  static const Json kNothing = Json::object();
  const std::string node = std::string(which.list) + "[" + std::to_string(index) + "]";
  if (!item.is_object()) return invalid(file.place(node) + ": " + node + " is no map");
  Entry entry{&file, which.kind, item["name"].as_string(), node + "." + which.kind, &item[which.kind], {}};
  if (const auto raw = file.document.raw.find(node + ".name"); raw != file.document.raw.end()) {
    entry.name = raw->second;
  }
  if (entry.name.empty()) return invalid(file.place(node) + ": " + node + " has no name");
  if (entry.body->is_null()) entry.body = &kNothing;
  if (entry.body->is_object()) return entry;
  return invalid(file.place(entry.node) + ": " + which.kind + " \"" + entry.name + "\" is no map");
}

Result<void> merge_list(const KubeconfigFile& file, const ListOf& which) {
  const Json& list = file.document.value[which.list];
  if (list.is_null()) return {};
  if (!list.is_array()) return invalid(file.place(which.list) + ": " + which.list + " is no list");
  std::map<std::string, Entry> mine;
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto entry = read_entry(file, which, list[i], i);
    if (!entry) return entry.error();
    const std::string name = entry->name;
    const std::string node = entry->node;
    if (!mine.emplace(name, std::move(*entry)).second) {
      return invalid(file.place(node) + ": " + which.kind + " \"" + name + "\" is there twice");
    }
  }
  which.into->merge(mine);  // keeps what an earlier file has defined
  return {};
}

Result<void> merge_file(Kubeconfig& merged, const KubeconfigFile& file) {
  const ListOf lists[] = {{"clusters", "cluster", &merged.clusters},
                          {"users", "user", &merged.users},
                          {"contexts", "context", &merged.contexts}};
  for (const auto& list : lists) {
    if (auto done = merge_list(file, list); !done) return done;
  }
  const Json& current = file.document.value["current-context"];
  if (!merged.current_context.empty() || current.is_null()) return {};
  const auto raw = file.document.raw.find("current-context");
  merged.current_context =
      raw != file.document.raw.end() && !current.is_string() ? raw->second : current.as_string();
  merged.current_context_place = file.place("current-context");
  return {};
}

}  // namespace

KubeconfigFile::~KubeconfigFile() {
  wipe_tree(document.value);
  for (auto& [node, text] : document.raw) wipe(text);
}

std::string KubeconfigFile::place(const std::string& node) const {
  const auto line = document.lines.find(node);
  return line == document.lines.end() ? path : path + ":" + std::to_string(line->second);
}

std::string Kubeconfig::file_names() const {
  std::string names;
  for (const auto& file : files) names += (names.empty() ? "" : ", ") + file->path;
  return names;
}

Result<Kubeconfig> load_kubeconfig(const std::vector<std::string>& paths, Missing missing) {
  Kubeconfig merged;
  std::vector<std::string> seen;
  for (const auto& path : paths) {
    if (path.empty() || std::find(seen.begin(), seen.end(), path) != seen.end()) continue;
    seen.push_back(path);
    auto file = load_file(path);
    if (!file && file.error().kind == ErrorKind::not_found && missing == Missing::skip) {
      merged.missing.push_back(path);
      continue;
    }
    if (!file) return invalid(file.error().message);
    if (auto done = merge_file(merged, **file); !done) return done.error();
    merged.files.push_back(std::move(*file));
  }
  return merged;
}

bool EntryReader::has(std::string_view field) const {
  const Json* value = entry_.body->find(field);
  return value != nullptr && !value->is_null() && !(value->is_string() && value->as_string().empty());
}

std::string EntryReader::scalar(const Json& value, const std::string& node, std::string_view field) {
  if (value.is_null()) return {};
  if (value.is_string()) return value.as_string();
  const auto raw = entry_.file->document.raw.find(node);
  if (raw != entry_.file->document.raw.end() && !value.is_array() && !value.is_object()) return raw->second;
  refuse(field, "should be a text");
  return {};
}

std::string EntryReader::text(std::string_view field) {
  return scalar(raw(field), entry_.node + "." + std::string(field), field);
}

bool EntryReader::flag(std::string_view field) {
  const Json& value = raw(field);
  if (!value.is_null() && !value.is_bool()) refuse(field, "should be true or false");
  return value.as_bool();
}

std::vector<std::string> EntryReader::texts(std::string_view field) {
  const Json& list = raw(field);
  if (!list.is_null() && !list.is_array()) refuse(field, "should be a list");
  std::vector<std::string> all;
  for (std::size_t i = 0; i < list.items().size(); ++i) {
    const std::string node = entry_.node + "." + std::string(field) + "[" + std::to_string(i) + "]";
    all.push_back(scalar(list[i], node, field));
  }
  return all;
}

Entry EntryReader::inner(std::string_view field) const {
  return Entry{entry_.file, entry_.kind,
               entry_.name, entry_.node + "." + std::string(field),
               &raw(field), entry_.within + std::string(field) + "."};
}

void EntryReader::refuse(std::string_view field, const std::string& message) {
  if (error_) return;
  const auto& lines = entry_.file->document.lines;
  const std::string node = entry_.node + (field.empty() ? "" : "." + std::string(field));
  const std::string& where = lines.count(node) != 0 ? node : entry_.node;
  const std::string what = field.empty() ? message : entry_.within + std::string(field) + ": " + message;
  error_ = invalid(entry_.file->place(where) + ": " + entry_.kind + " \"" + entry_.name + "\": " + what);
}

void EntryReader::take(const EntryReader& other) {
  if (!error_) error_ = other.error_;
}

std::string EntryReader::resolve(const std::string& path) const {
  if (path.empty() || path.front() == '/') return path;
  return (fs::path(entry_.file->directory) / path).lexically_normal().string();
}

}  // namespace daaa::cluster
