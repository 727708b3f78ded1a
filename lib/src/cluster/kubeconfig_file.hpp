// Kubeconfig files as they lie on disk, merged by client-go's rules: the first file that defines a
// name wins with its whole entry, current-context is the first that is not empty.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/yaml.hpp"
#include "daaa/json.hpp"
#include "daaa/result.hpp"

namespace daaa::cluster {

// One file; everything in it is wiped when it goes.
struct KubeconfigFile {
  KubeconfigFile() = default;
  ~KubeconfigFile();
  KubeconfigFile(const KubeconfigFile&) = delete;
  KubeconfigFile& operator=(const KubeconfigFile&) = delete;

  std::string path;
  std::string directory;  // absolute: what relative paths in the file are relative to
  unsigned mode = 0;
  codec::YamlDocument document;

  // "path:12", or the path alone where the line is not known.
  [[nodiscard]] std::string place(const std::string& node) const;
};

// One named entry of the lists `clusters`, `users` and `contexts`.
struct Entry {
  const KubeconfigFile* file = nullptr;
  std::string kind;  // "cluster", "user", "context"
  std::string name;
  std::string node;  // its path in the document: "users[0].user"
  const Json* body = nullptr;
  std::string within;  // "exec." for a map inside the entry
};

struct Kubeconfig {
  std::vector<std::unique_ptr<KubeconfigFile>> files;
  std::map<std::string, Entry> clusters;
  std::map<std::string, Entry> users;
  std::map<std::string, Entry> contexts;
  std::string current_context;
  std::string current_context_place;
  std::vector<std::string> missing;  // files of the list that do not exist
  [[nodiscard]] bool empty() const { return clusters.empty() && users.empty() && contexts.empty(); }
  // "a.yaml, b.yaml": for messages.
  [[nodiscard]] std::string file_names() const;
};

enum class Missing { refuse, skip };
Result<Kubeconfig> load_kubeconfig(const std::vector<std::string>& paths, Missing missing);

// Reads an entry's fields and keeps the first thing that is wrong with them, so that a caller can
// read on and ask once at the end.
class EntryReader {
 public:
  explicit EntryReader(const Entry& entry) : entry_(entry) {}

  [[nodiscard]] bool has(std::string_view field) const;
  // Empty where there is none. Numbers and booleans are taken as they are written.
  std::string text(std::string_view field);
  bool flag(std::string_view field);
  std::vector<std::string> texts(std::string_view field);
  // The member itself, null where there is none.
  [[nodiscard]] const Json& raw(std::string_view field) const { return (*entry_.body)[field]; }
  // The same reader for a map within: "exec". Its errors are taken over with take().
  [[nodiscard]] Entry inner(std::string_view field) const;

  void refuse(std::string_view field, const std::string& message);
  void take(const EntryReader& other);
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] const Entry& entry() const { return entry_; }
  // Relative to the file that the entry stands in.
  [[nodiscard]] std::string resolve(const std::string& path) const;

 private:
  std::string scalar(const Json& value, const std::string& node, std::string_view field);

  Entry entry_;
  std::optional<Error> error_;
};

}  // namespace daaa::cluster
