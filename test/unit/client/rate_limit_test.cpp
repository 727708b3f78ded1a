// The rate at which requests are begun, by itself and in the client.
#include "client/rate_limit.hpp"

#include "client/api_client.hpp"
#include "cluster/authenticator.hpp"
#include "daaa/testing/manual_executor.hpp"
#include "daaa/testing/scripted_transport.hpp"
#include "support/catch.hpp"

using namespace daaa;
using namespace daaa::client;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const TimePoint kStart{std::chrono::hours(1)};

struct ClientRig {
  testing::ManualExecutor executor;
  testing::ScriptedTransport transport{executor};
  ClusterConfig config;
  std::unique_ptr<cluster::Authenticator> who = cluster::make_authenticator(config, executor, {});
  ApiClient api;
  int answered = 0;

  ClientRig(double per_second, int burst)
      : api(executor, transport, *who, {"", {}, std::make_shared<RateLimit>(per_second, burst)}) {
    for (int i = 0; i < 20; ++i) transport.expect(Method::get, "*");
  }
  CallId get() {
    ApiRequest request;
    request.path = "/x";
    return api.call(std::move(request), [this](Result<Answer>) { ++answered; });
  }
  std::size_t sent() {
    executor.run_until_idle();
    return transport.requests().size();
  }
};

}  // namespace

TEST_CASE("a burst is begun at once, then the rate holds, and quiet time brings the burst back",
          "[client][rate]") {
  RateLimit rate(10, 3);
  for (int i = 0; i < 3; ++i) CHECK(rate.take(kStart) == kStart);
  CHECK(rate.take(kStart) == kStart + milliseconds(100));
  CHECK(rate.take(kStart) == kStart + milliseconds(200));
  const TimePoint later = kStart + seconds(60);
  for (int i = 0; i < 3; ++i) CHECK(rate.take(later) == later);
  CHECK(rate.take(later) == later + milliseconds(100));
}

TEST_CASE("no rate is no limit, and a burst is at least one", "[client][rate]") {
  RateLimit none(0, 1);
  for (int i = 0; i < 1000; ++i) CHECK(none.take(kStart) == kStart);
  RateLimit single(1, 0);
  CHECK(single.take(kStart) == kStart);
  CHECK(single.take(kStart) == kStart + seconds(1));
}

TEST_CASE("requests beyond the burst wait for their turn, in their order", "[client][rate]") {
  ClientRig rig(10, 2);
  for (int i = 0; i < 5; ++i) rig.get();
  CHECK(rig.sent() == 2);
  rig.executor.advance(milliseconds(100));
  CHECK(rig.sent() == 3);
  rig.executor.advance(milliseconds(200));
  CHECK(rig.sent() == 5);
  CHECK(rig.answered == 5);
}

TEST_CASE("deletions do not wait, but count", "[client][rate]") {
  ClientRig rig(10, 1);
  rig.get();
  ApiRequest removal;
  removal.method = Method::del;
  removal.path = "/x";
  rig.api.call(std::move(removal), [](Result<Answer>) {});
  rig.get();
  CHECK(rig.sent() == 2);
  CHECK(rig.transport.requests().back().method == Method::del);
  rig.executor.advance(milliseconds(150));
  CHECK(rig.sent() == 2);
  rig.executor.advance(milliseconds(50));
  CHECK(rig.sent() == 3);
}

TEST_CASE("a request that is cancelled while it waits is not sent", "[client][rate]") {
  ClientRig rig(10, 1);
  rig.get();
  const CallId waiting = rig.get();
  rig.api.cancel(waiting);
  rig.executor.advance(seconds(1));
  CHECK(rig.sent() == 1);
}
