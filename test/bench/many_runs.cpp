// Any number of runs in one Runner, and what they cost while all of them are there. It prints one line of
// JSON.
//   bench_many_runs --kubeconfig F --runs N [--http 1|2] [--end complete|cancel] [--log none|follow] [--set
//   PATH=VALUE]...
// With --end complete the runs go to their end; with cancel they are cancelled when all have their Jobs.
#include <malloc.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daaa/daaa.hpp"
#include "net/curl_loop.hpp"

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string kubeconfig;
  std::string id = "many";
  int runs = 1;
  bool http2 = true;
  bool cancel = false;
  daaa::LogMode log = daaa::LogMode::none;
  daaa::Values values;
};

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "bench_many_runs: %s\n", what.c_str());
  std::exit(120);
}

Options read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    const std::string value = argv[i + 1];
    if (name == "--kubeconfig") {
      options.kubeconfig = value;
    } else if (name == "--id") {
      options.id = value;
    } else if (name == "--runs") {
      options.runs = std::atoi(value.c_str());
    } else if (name == "--http") {
      options.http2 = value == "2";
    } else if (name == "--end") {
      options.cancel = value == "cancel";
    } else if (name == "--log") {
      options.log = value == "follow" ? daaa::LogMode::follow : daaa::LogMode::none;
    } else if (name == "--set") {
      if (auto set = options.values.set(value); !set) fail(set.error().to_string());
    } else {
      fail("unknown option " + name);
    }
  }
  if (options.kubeconfig.empty() || options.runs < 1) fail("--kubeconfig and --runs are needed");
  return options;
}

std::size_t heap_in_use() { return mallinfo2().uordblks + mallinfo2().hblkhd; }

std::size_t status_field(const char* name) {
  std::ifstream file("/proc/self/status");
  std::string line;
  const std::size_t length = std::strlen(name);
  while (std::getline(file, line)) {
    if (line.compare(0, length, name) == 0) return std::strtoul(line.c_str() + length, nullptr, 10);
  }
  return 0;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// What is looked at while the runs go on.
struct Watched {
  int made = 0;   // runs whose Job was created
  int ended = 0;  // runs that are done
  std::map<std::string, int> verdicts;
  std::uint64_t most_watches = 0;
  std::uint64_t most_logs = 0;
  std::uint64_t run_requests = 0;
  std::uint64_t most_run_requests = 0;
  std::map<std::string, long> connections;
  std::size_t left = 0;
};

std::shared_ptr<daaa::net::CurlLoop> make_loop(const daaa::ClusterConfig& config, const Options& options,
                                               Watched& watched) {
  daaa::net::Endpoint endpoint;
  endpoint.base_url = config.server;
  endpoint.ca_pem = config.trust.ca_pem;
  endpoint.client_certificate_pem = config.credential.client_certificate_pem;
  endpoint.client_key_pem = config.credential.client_key_pem.copy();
  endpoint.http2 = options.http2;
  daaa::Diagnostics diagnostics;
  diagnostics.metric = [&watched](const daaa::Metric& metric) {
    if (metric.name == "http.connections") watched.connections[metric.label] += metric.value;
  };
  auto loop = daaa::net::CurlLoop::make(std::move(endpoint), {}, std::move(diagnostics));
  if (!loop) fail(loop.error().to_string());
  return std::shared_ptr<daaa::net::CurlLoop>(std::move(*loop));
}

void observe(const daaa::RunEvent& event, Watched& watched) {
  using Type = daaa::RunEvent::Type;
  if (event.type == Type::created && event.object_kind == "Job") ++watched.made;
  if (event.type != Type::done) return;
  ++watched.ended;
  ++watched.verdicts[daaa::to_string(event.report->verdict)];
  watched.run_requests += event.report->requests;
  watched.most_run_requests = std::max(watched.most_run_requests, event.report->requests);
  watched.left += event.report->left.size();
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = read_options(argc, argv);
  auto config = daaa::ClusterConfig::from_kubeconfig(options.kubeconfig);
  if (!config) fail(config.error().to_string());

  Watched watched;
  const auto loop = make_loop(*config, options, watched);
  daaa::RunnerOptions runner_options;
  runner_options.name = "bench-" + options.id;
  runner_options.executor = loop;
  runner_options.transport = loop;
  runner_options.requests_per_second = 0;  // the server sets the pace here
  auto runner = std::make_unique<daaa::Runner>(std::move(*config), runner_options);

  const double cpu_before = cpu_seconds();
  const std::size_t heap_before = heap_in_use();
  const std::size_t resident_before = status_field("VmRSS:");
  const auto began = Clock::now();
  daaa::RunOptions run;
  run.log = options.log;
  run.limits.cleanup = std::chrono::seconds(3600);
  std::vector<daaa::RunHandle> handles;
  handles.reserve(static_cast<std::size_t>(options.runs));
  for (int i = 0; i < options.runs; ++i) {
    daaa::Workload workload;
    workload.job_id = options.id + "-" + std::to_string(i);
    workload.namespace_ = "dean";
    workload.values = options.values;
    auto handle = runner->submit(workload, run, [&watched](const daaa::RunEvent& event) {
      observe(event, watched);
      return daaa::Flow::proceed;
    });
    if (!handle) fail(handle.error().to_string());
    handles.push_back(*handle);
  }

  std::size_t heap_with_all = 0;
  std::size_t resident_with_all = 0;
  double all_made_after = 0;
  loop->run([&] {
    const auto stats = runner->stats();
    watched.most_watches = std::max(watched.most_watches, stats.open_watches);
    watched.most_logs = std::max(watched.most_logs, stats.open_logs);
    if (watched.made == options.runs && heap_with_all == 0) {
      heap_with_all = heap_in_use();
      resident_with_all = status_field("VmRSS:");
      all_made_after = std::chrono::duration<double>(Clock::now() - began).count();
      if (options.cancel) {
        for (const auto& handle : handles) handle.cancel();
      }
    }
    return watched.ended == options.runs;
  });
  const double wall = std::chrono::duration<double>(Clock::now() - began).count();
  const double cpu = cpu_seconds() - cpu_before;
  const auto requests = runner->stats().requests;
  const std::size_t threads = status_field("Threads:");
  runner.reset();

  const auto each = [&](std::size_t with, std::size_t before) {
    return with > before ? (with - before) / static_cast<std::size_t>(options.runs) : 0;
  };
  daaa::Json out = daaa::Json::object();
  const auto number = [](auto value) { return static_cast<std::int64_t>(value); };
  out.set("runs", options.runs).set("http", options.http2 ? 2 : 1).set("wall", wall).set("cpu", cpu);
  out.set("all_made_after", all_made_after);
  out.set("heap_bytes_a_run", number(each(heap_with_all, heap_before)));
  out.set("resident_bytes_a_run", number(each(resident_with_all, resident_before) * 1024));
  out.set("peak_bytes", number(status_field("VmHWM:") * 1024));
  out.set("threads", number(threads)).set("watches", number(watched.most_watches));
  out.set("logs", number(watched.most_logs)).set("requests", number(requests));
  out.set("run_requests", number(watched.run_requests))
      .set("most_run_requests", number(watched.most_run_requests));
  out.set("left", number(watched.left));
  daaa::Json connections = daaa::Json::object();
  for (const auto& [label, count] : watched.connections) connections.set(label, number(count));
  out.set("connections", connections);
  daaa::Json verdicts = daaa::Json::object();
  for (const auto& [verdict, count] : watched.verdicts) verdicts.set(verdict, count);
  out.set("verdicts", verdicts);
  std::puts(daaa::to_json(out).c_str());
  return 0;
}
