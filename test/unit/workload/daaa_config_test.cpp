// Reading a daaa_config: the sample as IBM ships it, bash's quoting, and nothing executed.
#include "workload/daaa_config.hpp"

#include "unit/workload/fixtures.hpp"

namespace daaa::workload {
namespace {

const char* const kSample = R"(
# Environment Configuration

# unique id for the job
UNIQUE=$1

DISCOVER_REST_USER="sdadmin"
DISCOVER_REST_PASSWORD="Passw0rd"
DISCOVER_CONNECTION_PLATFORM_OBJ="IBM COS"

GPFS_FS=ess3000_4M
GPFS_FS_PATH=/gpfs/ess3000_4M/
COS_FSET=a2d2_cos
NFS_FSET=a2d2_nfs
ARC_FSET=a2d2_arc

ARCHIVE_SUDO="sudo "    # "sudo " / ""
ARCHIVE_PASSWORD="Passw0rd"

ME=$(whoami)
LSF_ARGS=/home/${ME}/${UNIQUE}_recLSFArgs.txt
BASE_TMP=/home/${ME}/
DISCOVER_SEARCH_RES=${BASE_TMP}${UNIQUE}_discover_search_res.txt
)";

Surroundings surroundings() {
  return {"job-7", "dean", [](const std::string& name) -> std::optional<std::string> {
            if (name == "HOME") return "/home/dean";
            return std::nullopt;
          }};
}

DaaaConfig config_of(const std::string& text) {
  return read_daaa_config(text, "daaa_config", surroundings());
}

// The value of A.
std::string value_of(const std::string& text) {
  const auto value = config_of("A=" + text).get("A");
  if (!value) return "error: " + value.error().message;
  return value->value_or("nothing");
}

}  // namespace

TEST_CASE("IBM's sample is read without a warning", "[workload][daaa_config]") {
  const auto config = config_of(kSample);
  CHECK(config.warnings().empty());
  CHECK(**config.lsf_args_path() == "/home/dean/job-7_recLSFArgs.txt");
  CHECK(**config.get("ARCHIVE_SUDO") == "sudo ");
  CHECK(**config.get("DISCOVER_CONNECTION_PLATFORM_OBJ") == "IBM COS");
  CHECK(**config.get("DISCOVER_SEARCH_RES") == "/home/dean/job-7_discover_search_res.txt");
  CHECK_FALSE(config.get("NOT_THERE")->has_value());
}

TEST_CASE("a daaa_config gives the main path and the directories", "[workload][daaa_config]") {
  Values values;
  REQUIRE(config_of("GPFS_FS_PATH=/gpfs/fs1/\nCOS_FSET=c\nNFS_FSET=n\nARC_FSET=").lay_over(values));
  CHECK(values.gpfs_local.main_path == "/gpfs/fs1");
  CHECK(values.gpfs_local.cos_dir == "c");
  CHECK(values.gpfs_local.nfs_dir == "n");
  CHECK(values.gpfs_local.arc_dir == "a2d2_arc");
  CHECK(values.gpfs_local.mod_dir == "models/A2D2-MDL");
}

TEST_CASE("passwords are never kept", "[workload][daaa_config]") {
  const auto config = config_of("X_PASSWORD=pl4nted\nmy_secret=pl4nted\nAPI_TOKEN=pl4nted\nA=$X_PASSWORD\n");
  for (const char* name : {"X_PASSWORD", "my_secret", "API_TOKEN"})
    CHECK_FALSE(config.get(name)->has_value());
  CHECK(config.get("A").error().message == "daaa_config:4: A: it refers to $X_PASSWORD, which is never read");
}

TEST_CASE("no warning and no error repeats what a line holds", "[workload][daaa_config]") {
  const auto config = config_of("echo pl4nted\nA=`pl4nted`\nB=$(pl4nted)\nif [ pl4nted ]; then\n");
  for (const auto& warning : config.warnings()) CHECK(warning.find("pl4nted") == std::string::npos);
  for (const char* name : {"A", "B"})
    CHECK(config.get(name).error().to_string().find("pl4nted") == std::string::npos);
}

TEST_CASE("values are quoted as in bash", "[workload][daaa_config]") {
  const std::pair<const char*, const char*> cases[] = {{"bare", "bare"},
                                                       {"\"a b\"", "a b"},
                                                       {"'a $HOME b'", "a $HOME b"},
                                                       {"\"a $HOME b\"", "a /home/dean b"},
                                                       {"a'b c'\"d e\"f", "ab cd ef"},
                                                       {"a#b", "a#b"},
                                                       {"a # comment", "a"},
                                                       {"a\t# comment", "a"},
                                                       {"#a", "#a"},
                                                       {"a\\ b", "a b"},
                                                       {"\"a\\\"b\\n\"", "a\"b\\n"},
                                                       {"a\\\nb", "ab"},
                                                       {"\"a\nb\"", "a\nb"},
                                                       {"a;B=x", "a"},
                                                       {"a\r\n", "a"},
                                                       {"\"a\"\r\nB=1", "a"},
                                                       {"$HOME/x", "/home/dean/x"},
                                                       {"${HOME}x", "/home/deanx"},
                                                       {"$1x", "job-7x"},
                                                       {"\"$( whoami )\"", "dean"},
                                                       {"a=b", "a=b"},
                                                       {"$", "$"},
                                                       {"a$ b", "a$"},
                                                       {"\"\"", "nothing"},
                                                       {"", "nothing"},
                                                       {" b", "nothing"}};
  for (const auto& [text, value] : cases) {
    INFO(text);
    CHECK(value_of(text) == value);
  }
}

TEST_CASE("what bash would have to execute makes only its own name unreadable", "[workload][daaa_config]") {
  const std::string prefix = "error: daaa_config:1: A: ";
  const std::pair<const char*, const char*> cases[] = {
      {"$(date +%s)", "a command is not executed, except $(whoami)"},
      {"$(echo (a) (b))x", "a command is not executed, except $(whoami)"},
      {"$((1+2))", "a command is not executed, except $(whoami)"},
      {"`date`", "a command in backticks is not executed"},
      {"\"x `date`\"", "a command in backticks is not executed"},
      {"${HOME:-/x}", "only ${NAME} is read, without anything more in the braces"},
      {"${HOME", "only ${NAME} is read, without anything more in the braces"},
      {"$2", "only $1, $NAME, ${NAME} and $(whoami) are read"},
      {"$$", "only $1, $NAME, ${NAME} and $(whoami) are read"},
      {"$'a'", "a quotation of the form $'...' is not read"},
      {"~/x", "a \"~\" is not expanded; write the path"},
      {"(a b)", "it holds shell syntax outside quotes"},
      {"a|b", "it holds shell syntax outside quotes"},
      {"\"a", "a quotation mark is not closed"},
      {"'a", "a quotation mark is not closed"},
      {"$UNKNOWN/x", "$UNKNOWN is not set"}};
  for (const auto& [text, why] : cases) {
    INFO(text);
    CHECK(value_of(text) == prefix + why);
  }
}

TEST_CASE("a name that cannot be read is an error only where it is used", "[workload][daaa_config]") {
  Values values;
  const auto unused = config_of("STAMP=$(date)\nCOS_FSET=c\n");
  REQUIRE(unused.lay_over(values));
  CHECK(values.gpfs_local.cos_dir == "c");
  const auto used = config_of("NFS_FSET=n\nBASE=$(date)\n\nCOS_FSET=${BASE}/c\n");
  CHECK(used.lay_over(values).error().message ==
        "daaa_config:4: COS_FSET: a command is not executed, except $(whoami)");
  CHECK(values.gpfs_local.nfs_dir == "a2d2_nfs");  // all or nothing
}

TEST_CASE("a job id or a user that is not known is told where it is needed", "[workload][daaa_config]") {
  const auto config = read_daaa_config("A=$1\nB=$(whoami)\nC=$HOME", "conf", {});
  CHECK(config.get("A").error().message == "conf:1: A: $1 stands for the job id, and none is given");
  CHECK(config.get("B").error().message == "conf:2: B: the user's name is not known");
  CHECK(config.get("C").error().message == "conf:3: C: $HOME is not set");
}

TEST_CASE("the last assignment of a name holds, and export may stand in front", "[workload][daaa_config]") {
  const auto config = config_of("A=1\n  export A=2\nexport\tB=$A ; C=$B\nexport=x\n");
  CHECK(**config.get("A") == "2");
  CHECK(**config.get("B") == "2");
  CHECK(**config.get("C") == "2");
  CHECK(**config.get("export") == "x");
  CHECK(config.warnings().empty());
}

TEST_CASE("lines that are no assignments are ignored with a warning by line", "[workload][daaa_config]") {
  const auto config = config_of("A=1\necho hello\n\nexport A\nif true; then B=2; fi\nC+=3\n");
  CHECK(config.warnings() == std::vector<std::string>{"daaa_config:2: not an assignment; ignored",
                                                      "daaa_config:4: not an assignment; ignored",
                                                      "daaa_config:5: not an assignment; ignored",
                                                      "daaa_config:6: not an assignment; ignored"});
  CHECK_FALSE(config.get("C")->has_value());
}

TEST_CASE("lines are counted across quotes and continuations", "[workload][daaa_config]") {
  CHECK(config_of("A='x\ny'\nB=a\\\nb\nC=`d`\n").get("C").error().message ==
        "daaa_config:5: C: a command in backticks is not executed");
}

TEST_CASE("any cut of the sample is read without harm", "[workload][daaa_config]") {
  const std::string text = kSample;
  for (std::size_t length = 0; length <= text.size(); ++length) {
    const auto config = config_of(text.substr(0, length));
    CHECK_FALSE(config.get("ARCHIVE_PASSWORD")->has_value());
  }
}

TEST_CASE("a daaa_config is read from disk, and told where it cannot be", "[workload][daaa_config]") {
  const TemporaryFile file("COS_FSET=c");
  CHECK(**load_daaa_config(file.path(), surroundings())->get("COS_FSET") == "c");
  CHECK(load_daaa_config("/nonexistent/daaa_config", {}).error().message ==
        R"(daaa_config "/nonexistent/daaa_config" cannot be read: No such file or directory)");
}

}  // namespace daaa::workload
