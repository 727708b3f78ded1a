// The network between a Runner and the cluster model, in virtual time, with everything that goes wrong
// on networks and API servers, drawn from a seed.
//
// What       A Transport. Each exchange draws its fate when it is started: well, or one of Weather's.
//            Latencies are drawn per message, so exchanges overtake each other; within one exchange
//            order is kept, as TCP keeps it.
// Ownership  Refers to the executor and the cluster; handlers are the Runner's.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daaa/testing/manual_executor.hpp"
#include "daaa/transport.hpp"
#include "dice.hpp"
#include "model/cluster.hpp"

namespace daaa::simulation {

// How often things go wrong, per thousand exchanges.
struct Weather {
  int refused = 0;          // no connection
  int request_lost = 0;     // sent, never arrived
  int request_late = 0;     // the connection broke, and the request arrives all the same
  int answer_lost = 0;      // carried out, no answer
  int cut = 0;              // the answer breaks off at some byte
  int hang = 0;             // nothing comes any more, not even an end
  int twice = 0;            // a proxy sends the request twice
  int unauthenticated = 0;  // one 401
  int forbidden = 0;        // one 403
  int conflict = 0;         // 409 of optimistic locking, as quota and deletions give it
  int gone = 0;             // watches: 410 as an answer, or inside the stream
  int throttled = 0;        // 429 with Retry-After
  int broken = 0;           // 500, 503, 504
  int clean_end = 0;        // streams: a proper end long before their time
  int strange = 0;          // logs: the node's words instead of the log
  Duration slowest = std::chrono::milliseconds(5);

  [[nodiscard]] bool calm() const {
    return refused + request_lost + request_late + answer_lost + cut + hang + twice + unauthenticated +
               forbidden + conflict + gone + throttled + broken + clean_end + strange ==
           0;
  }
};

class SimulatedNetwork final : public Transport {
 public:
  struct Counts {
    std::uint64_t exchanges = 0;
    std::uint64_t faults = 0;
    std::uint64_t steps = 0;           // messages delivered to the client
    std::uint64_t busiest_minute = 0;  // exchanges in a minute of virtual time
    std::size_t most_open = 0;         // exchanges at once
  };
  using Trace = std::function<void(const std::string&)>;

  SimulatedNetwork(testing::ManualExecutor& executor, sandbox::Cluster& cluster, Dice dice, Weather weather);

  ExchangeId start(HttpRequest request, ResponseHandler& handler) override;
  void cancel(ExchangeId id) override;
  void resume(ExchangeId id) override;
  void distrust_connections() override {}

  // Things that happen to networks.
  void restart_server(Duration down, bool lose_watch_cache);
  void black_out(Duration time);  // packets vanish; what is open stays silent for ever
  // From now on every request of these methods is denied.
  void deny_everything(int status) { denied_with_ = status; }
  // The client is killed: nothing reaches it, nothing more leaves it; what was sent may still arrive.
  void kill_client();
  void new_client(Weather weather);
  [[nodiscard]] bool killed() const { return killed_; }
  [[nodiscard]] bool late_creation() const { return late_creation_; }
  // A request that arrived late has made something since the last call.
  [[nodiscard]] bool take_late_creation() { return std::exchange(late_creation_, false); }
  // Does `what` after the n-th message from now on.
  void at_step(std::uint64_t n, std::function<void()> what);

  // After something was done to the cluster directly: hands on what it has to say.
  void settle();
  [[nodiscard]] sandbox::Time cluster_now() const;

  std::function<void()> after_change;                  // the cluster may have changed
  std::function<void(const HttpRequest&)> on_request;  // as it leaves the client
  // Bytes that the client is about to be handed, but for those of refusals.
  std::function<void(ExchangeId, const HttpRequest&, std::size_t)> on_data;
  Trace trace;
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  struct Message {
    enum class Type { headers, data, end } type = Type::data;
    int status = 0;
    Headers headers;
    std::string data;
    std::optional<Error> error;
  };
  enum class Fate {
    well,
    refused,
    request_lost,
    request_late,
    answer_lost,
    cut,
    hang,
    twice,
    synthetic,
    synthetic_after,
    clean_end,
    gone_inside
  };
  struct Exchange {
    HttpRequest request;
    ResponseHandler* handler = nullptr;
    Fate fate = Fate::well;
    int synthetic = 0;         // status to answer with
    int status = 0;            // that was answered
    std::int64_t budget = -1;  // bytes until the fate strikes
    sandbox::StreamId stream = 0;
    std::deque<Message> queue;
    std::size_t queued = 0;
    TimePoint last_arrival{};
    TimePoint started{};
    bool paused = false;
    bool silent = false;
    bool over = false;  // nothing more is taken from the cluster
    bool wants_pull = false;
  };

  void draw_fate(Exchange& e);
  void arrive(ExchangeId id);
  sandbox::Response carry_out(const HttpRequest& request);
  void answer(ExchangeId id, Exchange& e, sandbox::Response response);
  void answer_with(ExchangeId id, Exchange& e, int status);
  void push(ExchangeId id, Exchange& e, Message message);
  void push_data(ExchangeId id, Exchange& e, std::string data);
  void finish(ExchangeId id, Exchange& e, std::optional<Error> error);
  void deliver(ExchangeId id);
  void go_silent(ExchangeId id, Exchange& e);
  void pull(ExchangeId id);
  void drop_stream(Exchange& e);
  void arm();
  void note(ExchangeId id, const std::string& what);
  [[nodiscard]] bool may_deny(const std::string& key) const;
  [[nodiscard]] bool down() const { return executor_.now() < down_until_; }
  [[nodiscard]] bool dark() const { return executor_.now() < dark_until_; }
  Duration latency();

  testing::ManualExecutor& executor_;
  sandbox::Cluster& cluster_;
  Dice dice_;
  Weather weather_;
  TimePoint epoch_;
  std::int64_t unix_epoch_;
  std::map<ExchangeId, Exchange> open_;
  std::unordered_map<sandbox::StreamId, ExchangeId> streams_;
  std::map<std::string, TimePoint> denied_at_;
  ExchangeId last_ = 0;
  TimePoint down_until_{};
  TimePoint starting_until_{};
  TimePoint dark_until_{};
  TimerId timer_ = 0;
  std::optional<TimePoint> timer_at_;
  int denied_with_ = 0;
  bool killed_ = false;
  bool served_ = false;  // this client has had an answer that was no error
  bool settling_ = false;
  bool late_creation_ = false;
  std::vector<std::pair<std::uint64_t, std::function<void()>>> at_step_;
  TimePoint minute_{};
  std::uint64_t in_minute_ = 0;
  Counts counts_;
};

}  // namespace daaa::simulation
