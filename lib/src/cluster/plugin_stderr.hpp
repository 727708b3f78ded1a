// What an exec plugin says on stderr, made fit for messages: lines without control characters,
// bounded, and with what looks like a credential taken out.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace daaa::cluster {

// `secrets` are taken out wherever they stand; so are words that look like a token or a key.
std::string redacted(std::string_view line, const std::vector<std::string>& secrets);

class PluginStderr {
 public:
  // `on_line` gets each line as it is complete, up to a bound in all.
  PluginStderr(std::vector<std::string> secrets, std::function<void(std::string)> on_line);
  void feed(const char* data, std::size_t size);
  void finish();  // the last line may have no newline
  // The last 4 KiB in one line: "a; b". Empty where nothing was said.
  [[nodiscard]] const std::string& summary() const { return summary_; }

 private:
  void end_line();

  std::vector<std::string> secrets_;
  std::function<void(std::string)> on_line_;
  std::string line_;
  std::string summary_;
  std::size_t delivered_ = 0;
  bool in_key_ = false;  // between -----BEGIN ... PRIVATE KEY----- and its end
};

}  // namespace daaa::cluster
