// The protobuf bodies that kubectl sends.
#include "model/protobuf.hpp"
#include "support/catch.hpp"

namespace daaa::sandbox {
namespace {

std::string field(int number, const std::string& bytes) {
  return std::string(1, static_cast<char>(number << 3 | 2)) + static_cast<char>(bytes.size()) + bytes;
}
std::string envelope(const std::string& version, const std::string& kind, const std::string& raw) {
  return std::string("k8s\0", 4) + field(1, field(1, version) + field(2, kind)) + field(2, raw);
}

}  // namespace

TEST_CASE("an access review in protobuf reads as its JSON", "[sandbox][protobuf]") {
  const std::string attributes = field(1, "dean") + field(2, "create") + field(3, "batch") + field(5, "jobs");
  const auto review = decode_protobuf(envelope("authorization.k8s.io/v1", "SelfSubjectAccessReview",
                                               field(1, "") + field(2, field(1, attributes))));
  REQUIRE(review);
  CHECK(*review ==
        *parse_json(R"({"kind":"SelfSubjectAccessReview","apiVersion":"authorization.k8s.io/v1","metadata":{},
      "spec":{"resourceAttributes":{"namespace":"dean","verb":"create","group":"batch","resource":"jobs"}}})"));
}

TEST_CASE("a quota in protobuf keeps its quantities, and unknown fields that say nothing are skipped",
          "[sandbox][protobuf]") {
  const std::string hard = field(1, "pods") + field(2, field(1, "0"));
  const std::string nothing =
      std::string("\x38\x00", 2) + field(8, field(2, "") + std::string("\x08\x00", 2));
  const std::string meta = field(1, "nopods") + field(11, field(1, "a") + field(2, "b")) + nothing;
  const auto quota =
      decode_protobuf(envelope("v1", "ResourceQuota", field(1, meta) + field(2, field(1, hard))));
  REQUIRE(quota);
  CHECK((*quota)["spec"]["hard"]["pods"] == Json("0"));
  CHECK((*quota)["metadata"]["labels"]["a"] == Json("b"));
}

TEST_CASE("the Job of kubectl create job is taken, one with volumes is not", "[sandbox][protobuf]") {
  const std::string container =
      field(1, "x") + field(2, "alpine") + field(3, "sh") + field(3, "-c") + field(8, "");
  const auto job = [&](const std::string& more) {
    return decode_protobuf(
        envelope("batch/v1", "Job",
                 field(1, field(1, "x")) +
                     field(2, field(6, field(2, field(2, container) + field(3, "Never") + more)))));
  };
  REQUIRE(job(""));
  CHECK((*job(""))["spec"]["template"]["spec"]["containers"][0]["command"] == Json::array({"sh", "-c"}));
  CHECK(job(field(1, field(1, "volume"))).error().message ==
        "the sandbox takes this Job as JSON only, not as protobuf");
}

TEST_CASE("numbers are varints", "[sandbox][protobuf]") {
  const auto token = decode_protobuf(
      envelope("authentication.k8s.io/v1", "TokenRequest", field(2, std::string("\x20\x90\x1c", 3))));
  REQUIRE(token);
  CHECK((*token)["spec"]["expirationSeconds"].as_integer() == 3600);
}

TEST_CASE("other kinds and broken bytes are refused, never misread", "[sandbox][protobuf]") {
  CHECK(decode_protobuf(envelope("v1", "Pod", "")).error().message ==
        "the sandbox takes this Pod as JSON only, not as protobuf");
  CHECK_FALSE(decode_protobuf(envelope("v1", "Namespace", field(1, field(1, "a") + field(9, "something")))));
  const std::string whole = envelope("v1", "Namespace", field(1, field(1, "name-of-some-length")));
  CHECK(decode_protobuf(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto cut = decode_protobuf(std::string_view(whole).substr(0, size));
    INFO("cut to " << size);
    const bool named = cut && (*cut)["metadata"]["name"].as_string() == "name-of-some-length";
    CHECK_FALSE(named);
  }
  CHECK_FALSE(decode_protobuf("{}"));
}

}  // namespace daaa::sandbox
