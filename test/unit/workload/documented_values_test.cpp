// The documented values are the values: every key, with the default that the struct has.
#include "codec/yaml.hpp"
#include "unit/workload/fixtures.hpp"

namespace daaa::workload {
namespace {

// Something else than the default, in every field.
void disturb(const Key& key, Values& values) {
  struct Change {
    void operator()(std::string* at) const { *at = "changed"; }
    void operator()(bool* at) const { *at = !*at; }
    void operator()(int* at) const { *at = 99; }
    void operator()(std::int64_t* at) const { *at = 99; }
    void operator()(std::optional<std::int64_t>* at) const { *at = 99; }
    void operator()(std::vector<std::string>* at) const { *at = {"changed"}; }
    void operator()(std::vector<std::int64_t>* at) const { *at = {99}; }
    void operator()(std::map<std::string, std::string>* at) const { *at = {{"changed", "x"}}; }
    void operator()(Json* at) const { *at = "changed"; }
    void operator()(Values::Hardening* at) const { *at = Values::Hardening::off; }
  };
  std::visit(Change{}, key.field(values));
}

const Json* at_path(const Json& document, const std::string& path) {
  const Json* node = &document;
  for (std::size_t at = 0; node && at <= path.size();) {
    const auto dot = std::min(path.find('.', at), path.size());
    node = node->find(path.substr(at, dot - at));
    at = dot + 1;
  }
  return node;
}

}  // namespace

TEST_CASE("the documented values hold every key and its default", "[workload][values]") {
  const auto document = codec::parse_yaml(documented_values(), "values.yaml");
  REQUIRE(document);
  const Json defaults = dump(Values());
  for (const auto& key : value_keys()) {
    INFO(key.path);
    const Json* documented = at_path(document->value, key.path);
    REQUIRE(documented);
    const Json& value = defaults[key.path];
    const bool none = value.is_null() && documented->is_null();
    const bool empty =
        value.is_null() && (documented->is_object() || documented->is_array()) && documented->empty();
    CHECK((none || empty || *documented == value));
  }
}

TEST_CASE("the documented values hold no key that is not known", "[workload][values]") {
  Values values;
  const auto done = values.merge_yaml(documented_values(), "values.yaml");
  if (!done) FAIL(done.error().to_string());
}

TEST_CASE("laying the documented values over others gives every scalar its default back",
          "[workload][values]") {
  Values values;
  for (const auto& key : value_keys()) {
    const auto field = key.field(values);
    const bool merges = std::holds_alternative<Json*>(field) ||
                        std::holds_alternative<std::map<std::string, std::string>*>(field);
    if (!merges) disturb(key, values);
  }
  REQUIRE(values.merge_yaml(documented_values(), "values.yaml"));
  values.resources = values.affinity = values.tolerations = Json();  // {} and [] stand for nothing
  CHECK(dump(values) == dump(Values()));
}

TEST_CASE("the table of keys reaches every member of its own", "[workload][values]") {
  const Json defaults = dump(Values());
  for (const auto& key : value_keys()) {
    Values values;
    disturb(key, values);
    const Json changed = dump(values);
    for (const auto& other : value_keys()) {
      INFO(key.path << " and " << other.path);
      CHECK((changed[other.path] == defaults[other.path]) == (key.path != std::string(other.path)));
    }
    reset(key, values);
    CHECK(dump(values) == defaults);
  }
}

TEST_CASE("every known key is nearest to itself, whatever its case", "[workload][values]") {
  for (const auto& key : value_keys()) {
    CHECK(nearest_key(key.path) == key.path);
    const std::string path = key.path;
    if (path.size() > 4) CHECK_FALSE(nearest_key(path.substr(0, path.size() - 1)).empty());
  }
}

TEST_CASE("the documented defaults render", "[workload][values]") {
  auto workload = sample();
  REQUIRE(workload.values.merge_yaml(documented_values(), "values.yaml"));
  const auto run = rendered(workload);
  CHECK(run.job.body == rendered(sample()).job.body);
}

}  // namespace daaa::workload
