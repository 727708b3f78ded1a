// Where a followed log stands: lines out of a stream with time stamps, each delivered once however
// often the stream is cut and begun again.
//
// After a cut the log is asked for from since(), the second of the last delivered line; what comes
// again is dropped by order, stamp and hash (core/log_overlap.hpp). Where the last delivered line does
// not come again, the node has rotated its file: a gap, after which everything is new. When nothing
// was delivered there is no overlap: the log is read from its start, and it is a gap if the line that
// had begun is not the first any more. Several rotations make one gap.
//
// A line without its newline is held back until more of it comes, or finish() says that no more will:
// then the longest of what the answers held of it is delivered.
// Lines above 1 MiB are delivered in pieces; what a cut left of one goes on where it stopped. What is
// held back when a line is rotated away is covered by the gap.
//
// Without stamps nothing can be recognised: lines are cut out of the stream, and a cut loses what the
// server had not sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/log_overlap.hpp"
#include "core/stamped_lines.hpp"
#include "core/timestamps.hpp"

namespace daaa::core {

class LogCursor final : StampedLines::Reader {
 public:
  class Sink {
   public:
    virtual ~Sink() = default;
    // A line with its newline, a piece of a long one, or the last line as it is; without stamps, any
    // number of lines. Valid in the call. `stamp` is the node's own text.
    virtual void on_line(std::string_view bytes, std::string_view stamp) = 0;
    // Lines after `from` and before `to` may be lost.
    virtual void on_gap(Timestamp from, Timestamp to) = 0;
  };
  struct Options {
    bool stamps = true;
    std::size_t piece = std::size_t{1} << 20;
    std::size_t remembered = 4096;  // lines of the overlap; older ones are known by their stamps
  };
  // What the stream that has just ended was worth.
  struct Answer {
    bool strange = false;    // it held words of the node's or a proxy's: see strange()
    bool news = false;       // something was delivered
    bool caught_up = false;  // everything delivered before was passed again, or nothing had been
    bool same_rest = false;  // what is held back at its end is what was held back before
    // Nothing follows what was delivered, as far as this answer tells.
    [[nodiscard]] bool proves_end() const { return !strange && !news && caught_up && same_rest; }
  };

  LogCursor() : LogCursor(Options{}) {}
  explicit LogCursor(Options options);
  LogCursor(const LogCursor&) = delete;
  LogCursor& operator=(const LogCursor&) = delete;

  // A new stream begins; it was asked for with since().
  void begin();
  // Words that are not the workload's are left out; end() tells of them.
  void feed(std::string_view bytes, Sink& sink);
  // The stream is over. `clean`: by the server, not by a cut.
  Answer end(bool clean);
  // Nothing more will come: what is held back is delivered as it is.
  void finish(Sink& sink);
  // The second from which to ask; nothing: from the start.
  [[nodiscard]] std::optional<std::string> since() const;
  // The stamp of the last line that was delivered or had begun.
  [[nodiscard]] std::optional<Timestamp> last() const;
  [[nodiscard]] const std::string& strange() const { return strange_; }
  [[nodiscard]] bool news() const { return answer_.news; }

 private:
  enum class Fate { deliver, drop, go_on };
  // A LinePiece that owns its bytes.
  struct Held {
    LinePiece piece;
    std::string bytes;
    std::string stamp_text;
  };

  void on_piece(const LinePiece& piece) override;
  void on_foreign(std::string_view text, bool first) override;
  Fate judge(const LinePiece& piece);
  Fate begin_new(const LinePiece& piece, LineIdentity line);
  void deliver(const LinePiece& piece);
  void hold_rest();
  void lost(Timestamp to);
  void feed_plain(std::string_view bytes);
  [[nodiscard]] std::uint64_t signature_of_rest() const;

  Options options_;
  StampedLines lines_;
  LogOverlap overlap_;
  Sink* sink_ = nullptr;  // during feed() and finish()

  std::optional<Timestamp> begun_;  // the first line, when nothing was delivered
  std::size_t pieces_of_last_ = 0;  // delivered pieces of a last line that is not whole
  std::uint64_t rest_ = 0;          // what the answer before held back
  std::optional<Held> held_;        // the line after the delivered ones
  std::string plain_;               // held back without stamps

  // Of the present answer.
  Answer answer_;
  Fate fate_ = Fate::deliver;
  bool resumed_ = false;
  std::string strange_;
};

}  // namespace daaa::core
