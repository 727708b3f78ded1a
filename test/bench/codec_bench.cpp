// Watch decoding beside RapidJSON's bare SAX parse of the same bytes, and rendering.
// Runs in the project's root: its events are those of test/replay/recordings.
#include <benchmark/benchmark.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "codec/objects.hpp"
#include "daaa/workload.hpp"
#include "replay/recording.hpp"

namespace {

using daaa::model::Kind;

struct Line {
  Kind kind;
  std::string text;
};

// Every event that a watch of the recordings has brought; of one kind only where that is asked for.
std::vector<Line> recorded_events(std::optional<Kind> only) {
  std::vector<Line> lines;
  for (const auto& recording : daaa::replay::recordings()) {
    for (const auto& exchange : recording.exchanges) {
      const auto kind = daaa::replay::kind_of_path(exchange.path);
      if (!kind || !exchange.is_watch || exchange.status != 200 || (only && *only != *kind)) continue;
      for (auto& text : daaa::replay::lines_of(exchange.body, 0)) lines.push_back({*kind, std::move(text)});
    }
  }
  return lines;
}

void report(benchmark::State& state, const std::vector<Line>& lines) {
  std::size_t bytes = 0;
  for (const auto& line : lines) bytes += line.text.size();
  const auto rounds = static_cast<std::int64_t>(state.iterations());
  state.SetBytesProcessed(rounds * static_cast<std::int64_t>(bytes));
  state.SetItemsProcessed(rounds * static_cast<std::int64_t>(lines.size()));
}

void decode(benchmark::State& state, std::optional<Kind> only) {
  const auto lines = recorded_events(only);
  for (auto _ : state) {
    for (const auto& line : lines)
      benchmark::DoNotOptimize(daaa::codec::decode_watch_line(line.kind, line.text));
  }
  report(state, lines);
}

void bare_sax(benchmark::State& state, std::optional<Kind> only) {
  const auto lines = recorded_events(only);
  for (auto _ : state) {
    for (const auto& line : lines) {
      rapidjson::MemoryStream stream(line.text.data(), line.text.size());
      rapidjson::BaseReaderHandler<> handler;
      benchmark::DoNotOptimize(rapidjson::Reader().Parse(stream, handler));
    }
  }
  report(state, lines);
}

void render(benchmark::State& state) {
  daaa::Workload workload;
  workload.job_id = "bench-1";
  workload.namespace_ = "dean";
  for (auto _ : state) benchmark::DoNotOptimize(workload.render());
}

void render_to_yaml(benchmark::State& state) {
  daaa::Workload workload;
  workload.job_id = "bench-1";
  workload.namespace_ = "dean";
  for (auto _ : state) {
    const auto objects = workload.render();
    for (const auto& object : *objects) benchmark::DoNotOptimize(daaa::to_yaml(object.body));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::map<std::string, std::optional<Kind>> sets = {{"all", std::nullopt},
                                                           {"volume", Kind::volume},
                                                           {"claim", Kind::claim},
                                                           {"job", Kind::job},
                                                           {"pod", Kind::pod}};
  for (const auto& [name, kind] : sets) {
    benchmark::RegisterBenchmark(("sax/" + name).c_str(), bare_sax, kind);
    benchmark::RegisterBenchmark(("decode/" + name).c_str(), decode, kind);
  }
  benchmark::RegisterBenchmark("render", render);
  benchmark::RegisterBenchmark("render_to_yaml", render_to_yaml);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 120;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
