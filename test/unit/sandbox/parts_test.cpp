// The small parts of the model: time, quantities, selectors, patches, schema, log store.
#include "model/continue_token.hpp"
#include "model/log_store.hpp"
#include "model/patch.hpp"
#include "model/quantity.hpp"
#include "model/schema.hpp"
#include "model/selectors.hpp"
#include "model/time_format.hpp"
#include "support/catch.hpp"

namespace daaa::sandbox {
namespace {

Json json(const char* text) { return *parse_json(text); }

LabelSelector labels(const char* text) { return std::get<LabelSelector>(LabelSelector::parse(text)); }

std::string whole(const ContainerLog& log) {
  std::string out;
  for (std::uint64_t i = log.begin(); i < log.end(); ++i) {
    const LogEntry e = log.at(i);
    out += std::string(e.continues ? "+" : "") + std::string(e.bytes.substr(0, 5)) + (e.whole ? "|" : "~");
  }
  return out;
}

}  // namespace

TEST_CASE("time stamps go out and come back as the server writes them", "[sandbox][time]") {
  const auto time = parse_rfc3339("2024-02-29T23:59:58.288590096Z");
  REQUIRE(time.has_value());
  CHECK(rfc3339(*time) == "2024-02-29T23:59:58Z");
  CHECK(rfc3339_micro(*time) == "2024-02-29T23:59:58.288590Z");
  CHECK(rfc3339_nano(*time) == "2024-02-29T23:59:58.288590096Z");
  CHECK(http_date(*time) == "Thu, 29 Feb 2024 23:59:58 GMT");
  CHECK(parse_rfc3339("2024-03-01T01:29:58+01:30") == std::chrono::floor<std::chrono::seconds>(*time));
  CHECK(rfc3339_nano(*parse_rfc3339("1969-12-31T23:59:59.5Z")) == "1969-12-31T23:59:59.500000000Z");
  for (const char* bad : {"", "yesterday", "2024-02-29", "2024-13-01T00:00:00Z", "2024-02-29T23:59:58",
                          "2024-02-29T23:59:58.Z"}) {
    INFO(bad);
    CHECK_FALSE(parse_rfc3339(bad).has_value());
  }
}

TEST_CASE("ages are shortened as kubectl shortens them", "[sandbox][time]") {
  using namespace std::chrono_literals;
  CHECK(human_duration(119s) == "119s");
  CHECK(human_duration(125s) == "2m5s");
  CHECK(human_duration(20min) == "20m");
  CHECK(human_duration(5h + 10min) == "5h10m");
  CHECK(human_duration(49h) == "2d1h");
}

TEST_CASE("quantities are compared by value", "[sandbox][quantity]") {
  CHECK(*parse_quantity("100Gi") == *parse_quantity("102400Mi"));
  CHECK(*parse_quantity("1e3") == 1000);
  CHECK(*parse_quantity("1E") == 1e18L);
  CHECK(*parse_quantity("500m") == 0.5L);
  CHECK(*parse_quantity("-2") == -2);
  for (const char* bad : {"", "lots", "1.2.3", "12x", "Gi", "1ee3"}) {
    INFO(bad);
    CHECK_FALSE(parse_quantity(bad).has_value());
  }
}

TEST_CASE("label selectors know equality and sets", "[sandbox][selector]") {
  const Json object = json(R"({"a":"1","b":"two"})");
  for (const char* fits :
       {"", "a=1", "a==1,b!=three", "a in (0, 1)", "c notin (x)", "a,!c", "b in (two),a"}) {
    INFO(fits);
    CHECK(labels(fits).matches(object));
  }
  for (const char* misses : {"a=2", "c", "!a", "a notin (1,2)", "b!=two", "c in (1)"}) {
    INFO(misses);
    CHECK_FALSE(labels(misses).matches(object));
  }
  CHECK(std::holds_alternative<std::string>(LabelSelector::parse("a=1,b in x")));
}

TEST_CASE("field selectors refuse fields that the real server does not index", "[sandbox][selector]") {
  const auto fields = FieldSelector::parse(Res::pods, "status.phase!=Running,metadata.name=x");
  REQUIRE(std::holds_alternative<FieldSelector>(fields));
  CHECK(std::get<FieldSelector>(fields).matches(
      json(R"({"metadata":{"name":"x"},"status":{"phase":"Pending"}})")));
  CHECK_FALSE(std::get<FieldSelector>(fields).matches(
      json(R"({"metadata":{"name":"x"},"status":{"phase":"Running"}})")));
  const auto refused = FieldSelector::parse(Res::jobs, "spec.suspend=true");
  REQUIRE(std::holds_alternative<std::string>(refused));
  CHECK(std::get<std::string>(refused) == "field label not supported: spec.suspend");
}

TEST_CASE("a merge patch sets, replaces and removes", "[sandbox][patch]") {
  CHECK(merge_patch(json(R"({"a":{"b":1,"c":2},"l":[1]})"), json(R"({"a":{"b":null,"d":3},"l":[2]})")) ==
        json(R"({"a":{"c":2,"d":3},"l":[2]})"));
}

TEST_CASE("a strategic patch merges lists by their key", "[sandbox][patch]") {
  const Json target =
      json(R"({"containers":[{"name":"a","image":"1","env":[{"name":"X","value":"1"}]},{"name":"b"}],
                               "finalizers":["p"],"args":["old"]})");
  CHECK(strategic_patch(target,
                        json(R"({"containers":[{"name":"a","image":"2"},{"name":"c"}]})"))["containers"] ==
        json(R"([{"name":"a","image":"2","env":[{"name":"X","value":"1"}]},{"name":"b"},{"name":"c"}])"));
  CHECK(strategic_patch(target, json(R"({"containers":[{"$patch":"delete","name":"a"}]})"))["containers"] ==
        json(R"([{"name":"b"}])"));
  CHECK(
      strategic_patch(
          target,
          json(R"({"$setElementOrder/containers":[{"name":"b"},{"name":"a"}]})"))["containers"][0]["name"] ==
      Json("b"));
  CHECK(
      strategic_patch(target, json(R"({"$deleteFromPrimitiveList/finalizers":["p"]})")).find("finalizers") ==
      nullptr);
  CHECK(strategic_patch(target, json(R"({"args":["new"]})"))["args"] == json(R"(["new"])"));
}

TEST_CASE("a JSON patch applies in order or says why not", "[sandbox][patch]") {
  const Json target = json(R"({"spec":{"suspend":true},"list":["a","c"]})");
  const auto good = json_patch(target, json(R"([{"op":"test","path":"/spec/suspend","value":true},
      {"op":"replace","path":"/spec/suspend","value":false},{"op":"add","path":"/list/1","value":"b"},
      {"op":"add","path":"/list/-","value":"d"},{"op":"remove","path":"/list/0"},{"op":"add","path":"/x~1y","value":1}])"));
  REQUIRE(std::holds_alternative<Json>(good));
  CHECK(std::get<Json>(good) == json(R"({"spec":{"suspend":false},"list":["b","c","d"],"x/y":1})"));
  for (const char* bad :
       {R"([{"op":"remove","path":"/none"}])", R"([{"op":"test","path":"/spec/suspend","value":1}])",
        R"([{"op":"replace","path":"/spec/none/x","value":1}])",
        R"([{"op":"add","path":"/list/9","value":1}])", R"({})"}) {
    INFO(bad);
    CHECK(std::holds_alternative<std::string>(json_patch(target, json(bad))));
  }
}

TEST_CASE("decoding names unknown fields by their path and drops them", "[sandbox][schema]") {
  const Decoded decoded = decode_object(
      Res::jobs,
      json(
          R"({"spec":{"noSuchField":1,"suspend":true,"template":{"spec":{"containers":[{"name":"x","imag":"y"}]}}}})"),
      36);
  CHECK(decoded.unknown ==
        std::vector<std::string>{"spec.noSuchField", "spec.template.spec.containers[0].imag"});
  CHECK(decoded.object["spec"].find("noSuchField") == nullptr);
  CHECK(decoded.object["spec"]["suspend"].as_bool());
  CHECK_FALSE(decoded.refused.has_value());
}

TEST_CASE("a field that came later is unknown to an old server", "[sandbox][schema][1.20]") {
  const Decoded decoded = decode_object(Res::jobs, json(R"({"spec":{"suspend":true}})"), 20);
  CHECK(decoded.unknown == std::vector<std::string>{"spec.suspend"});
  CHECK(decoded.object["spec"].find("suspend") == nullptr);
}

TEST_CASE("decoding refuses wrong types as Go does", "[sandbox][schema]") {
  CHECK(decode_object(Res::jobs, json(R"({"spec":{"backoffLimit":"3"}})"), 36).refused ==
        "json: cannot unmarshal string into Go struct field JobSpec.spec.backoffLimit of type int32");
  CHECK(decode_object(Res::pods, json(R"({"spec":{"containers":{}}})"), 36).refused.has_value());
  CHECK(decode_object(Res::pods, json(R"({"spec":{"containers":[{"resources":{"limits":{"cpu":2}}}]}})"), 36)
            .object["spec"]["containers"][0]["resources"]["limits"]["cpu"] == Json("2"));
}

TEST_CASE("continue tokens can be read by those who made the recordings", "[sandbox][list]") {
  const auto token = read_continue_token(
      "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MjUyOSwic3RhcnQiOiIvZGFhYS1wYWdlMS1jb3MtcHZcdTAwMDAifQ");
  REQUIRE(token.has_value());
  CHECK(token->rv == 2529);
  CHECK(token->start == std::string("daaa-page1-cos-pv\0", 18));
  const auto again = read_continue_token(make_continue_token(7, "dean/x"));
  REQUIRE(again.has_value());
  CHECK(again->start == "dean/x");
  CHECK_FALSE(read_continue_token("not!").has_value());
}

TEST_CASE("a log is cut into lines however its bytes arrive", "[sandbox][log]") {
  const std::string text =
      "one\n\ntwo\nthr"
      "ee";
  for (const std::size_t step : {std::size_t(1), std::size_t(2), std::size_t(7), text.size()}) {
    INFO("chunks of " << step);
    ContainerLog log(1 << 20);
    for (std::size_t i = 0; i < text.size(); i += step)
      log.append(std::string_view(text).substr(i, step), Time{});
    CHECK(whole(log) == "one||two|");
    log.finish(Time{});
    CHECK(whole(log) == "one||two|three~");
  }
}

TEST_CASE("a long line becomes entries of 16 KiB", "[sandbox][log]") {
  const std::string text = std::string(20'000, 'x') + "\nnext\n";
  for (const std::size_t step : {std::size_t(1), std::size_t(7), text.size()}) {
    INFO("chunks of " << step);
    ContainerLog log(1 << 20);
    for (std::size_t i = 0; i < text.size(); i += step)
      log.append(std::string_view(text).substr(i, step), Time{});
    REQUIRE(log.end() == 3);
    CHECK(log.at(0).bytes.size() == kPartialLine);
    CHECK_FALSE(log.at(0).whole);
    CHECK(log.at(1).continues);
    CHECK(log.at(1).bytes.size() == 20'000 - kPartialLine);
    CHECK(log.at(2).bytes == "next");
    CHECK_FALSE(log.at(2).continues);
  }
}

TEST_CASE("a line of exactly 16 KiB is one entry", "[sandbox][log]") {
  ContainerLog log(1 << 20);
  log.append(std::string(kPartialLine, 'x'), Time{});
  CHECK(log.end() == 0);
  log.append("\nnext\n", Time{});
  REQUIRE(log.end() == 2);
  CHECK(log.at(0).whole);
}

TEST_CASE("a log over its limit loses its oldest lines and keeps their numbers", "[sandbox][log]") {
  ContainerLog log(1 << 20);
  const std::string line(1023, 'x');
  for (int i = 0; i < 3000; ++i) log.append(line + "\n", Time{});
  CHECK(log.end() == 3000);
  CHECK(log.begin() > 0);
  CHECK(log.at(log.begin()).bytes.size() == 1023);
  CHECK(log.at(2999).bytes.size() == 1023);
}

}  // namespace daaa::sandbox
