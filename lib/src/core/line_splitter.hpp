// Cuts a stream of bytes into lines, however the bytes are chunked, with a bound on a line's length.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace daaa::core {

class LineSplitter {
 public:
  enum class Fed {
    ok,
    stopped,   // on_line said so; the rest of the bytes was not looked at
    too_long,  // a line passed the limit; the splitter is of no more use until clear()
  };
  // Gets a line without its newline, valid during the call; false stops. It may clear or destroy the
  // splitter, and must then return false.
  using OnLine = std::function<bool(std::string_view)>;

  explicit LineSplitter(std::size_t limit) : limit_(limit) {}
  Fed feed(std::string_view bytes, const OnLine& on_line);
  // What came after the last newline: at the stream's end, its last line.
  [[nodiscard]] std::string_view rest() const { return partial_; }
  void clear() { std::string().swap(partial_); }

 private:
  bool finish_partial(std::string_view end, const OnLine& on_line);

  std::size_t limit_;
  std::string partial_;
};

}  // namespace daaa::core
