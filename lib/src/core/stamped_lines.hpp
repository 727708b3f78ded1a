// The bytes of a log asked for with timestamps=true, as lines without their stamps.
//
// Every line of the workload begins with a stamp and a blank. Old kubelets put another one after each
// 16,384 bytes of a long line, without a newline: it is taken out where all of this holds: it stands
// exactly there, has the form of the line's own stamp to the digit, is not earlier than the stamp
// before it and not more than a day later; and no long line of this log has gone on without one (a
// newer kubelet, whose lines are left alone). A runtime with parts of another size, as old CRI-O, is
// not covered: ask for no stamps there.
//
// A line without a stamp is not the workload's: the node's or a proxy's words, or, at the very
// beginning of an answer that was asked for from a time, the end of a line that began before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/timestamps.hpp"

namespace daaa::core {

// A line, or for lines longer than the limit one of its pieces.
struct LinePiece {
  Timestamp stamp;              // the line's
  Timestamp last_record;        // the last stamp inside it, else the same
  std::string_view stamp_text;  // as the node wrote it
  std::size_t index = 0;        // of the piece in its line
  std::string_view bytes;       // with the newline where it ends the line
  bool ends_line = true;
};

class StampedLines {
 public:
  class Reader {
   public:
    virtual ~Reader() = default;
    virtual void on_piece(const LinePiece& piece) = 0;
    // `first`: nothing came before it in this answer. At most kForeignShown bytes of it.
    virtual void on_foreign(std::string_view text, bool first) = 0;
  };
  static constexpr std::size_t kForeignShown = 300;

  StampedLines(std::size_t piece_limit, Reader& reader) : piece_limit_(piece_limit), reader_(reader) {}

  void begin_answer();
  void feed(std::string_view bytes);
  // `clean`: what came last was sent whole.
  void end_answer(bool clean);
  // The line that has begun and not ended, as far as it was not handed on; valid until the next call.
  [[nodiscard]] std::optional<LinePiece> rest() const;

 private:
  enum class Stage { start, content, boundary, foreign };
  enum class InnerStamps { unknown, seen, never };

  bool read_whole_line(std::string_view& bytes);
  void read_start(std::string_view& bytes);
  void read_content(std::string_view& bytes);
  void read_boundary(std::string_view& bytes);
  void read_foreign(std::string_view& bytes);
  [[nodiscard]] std::optional<Timestamp> read_stamp(std::string_view text) const;
  bool begin_line(std::string_view stamp_text);
  void finish_line();
  void take_inner_stamp();
  void append(std::string_view part);
  void emit(bool ends_line);
  void begin_foreign();
  void report_foreign();
  [[nodiscard]] bool fits_inner_stamp(char c) const;
  [[nodiscard]] LinePiece piece(std::string_view bytes, bool ends_line) const;

  std::size_t piece_limit_;
  Reader& reader_;
  InnerStamps inner_ = InnerStamps::unknown;
  Stage stage_ = Stage::start;
  bool first_ = true;
  std::string head_;  // a stamp that is not whole yet

  // The line that is read.
  std::string stamp_text_;
  Timestamp stamp_;
  Timestamp last_record_;
  std::uint64_t length_ = 0;
  std::size_t pieces_ = 0;  // handed on
  std::string buffer_;      // not handed on
  std::string foreign_;
};

}  // namespace daaa::core
