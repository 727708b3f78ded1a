// Recorded answers, damaged from a seed: a decoder answers with a value or with an error, never else.
#include "codec/yaml.hpp"
#include "recording.hpp"
#include "support/catch.hpp"
#include "support/mutate.hpp"

using namespace daaa;
using namespace daaa::replay;

namespace {

constexpr std::size_t kLargest = 12 * 1024;  // so that the damage lies in what is read
constexpr std::uint32_t kPerAnswer = 8;

struct Sample {
  model::Kind kind;
  std::string text;
  bool is_watch_line;
};

std::vector<Sample> samples() {
  std::vector<Sample> result;
  for (const auto& recording : recordings()) {
    for (const auto& exchange : recording.exchanges) {
      const auto kind = kind_of_path(exchange.path).value_or(model::Kind::pod);
      if (exchange.failed || exchange.is_log || exchange.body.empty()) continue;
      const bool lines = exchange.is_watch && exchange.status < 400;
      const auto whole = lines ? lines_of(exchange.body, 0) : std::vector<std::string>{exchange.body};
      if (!whole.empty() && whole.front().size() <= kLargest) result.push_back({kind, whole.front(), lines});
    }
  }
  return result;
}

}  // namespace

TEST_CASE("damaged answers give a value or an error", "[replay][mutation]") {
  std::uint32_t seed = 0;
  std::size_t decoded = 0;
  std::size_t refused = 0;
  for (const auto& sample : samples()) {
    for (std::uint32_t i = 0; i < kPerAnswer; ++i) {
      const auto damaged = testing::mutate(sample.text, ++seed);
      INFO("seed " << seed);
      const bool whole = sample.is_watch_line ? codec::decode_watch_line(sample.kind, damaged).has_value()
                                              : codec::decode_object(sample.kind, damaged).has_value();
      ++(whole ? decoded : refused);
      const auto list = codec::decode_list(sample.kind, damaged);
      if (!list) CHECK_FALSE(list.error().message.empty());
      CHECK_FALSE(codec::error_from_answer(400 + static_cast<int>(seed % 200), {}, damaged).message.empty());
    }
  }
  // Damage of both sorts was done: such that is noticed, and such that leaves JSON behind.
  CHECK(decoded > 500);
  CHECK(refused > 500);
}

TEST_CASE("damaged YAML of recorded objects gives a value or an error", "[replay][mutation]") {
  std::uint32_t seed = 0;
  std::size_t refused = 0;
  const auto all = samples();
  for (std::size_t i = 0; i < all.size(); i += 3) {
    const auto json = parse_json(all[i].text);
    REQUIRE(json);
    const auto damaged = testing::mutate(to_yaml(*json), ++seed);
    INFO("seed " << seed);
    const auto document = codec::parse_yaml(damaged, "damaged.yaml");
    if (document) continue;
    ++refused;
    CHECK(document.error().message.find("damaged.yaml") == 0);
  }
  CHECK(refused > 50);
}
