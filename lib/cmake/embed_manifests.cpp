// Build tool: embed_manifests OUT values.yaml pv.yaml pvc.yaml job.yaml
// Writes a C++ source that holds the templates as JSON and values.yaml as it is.
#include <yaml-cpp/yaml.h>

#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>

namespace {

std::string read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw std::runtime_error(path + ": cannot be read");
  return text.str();
}

// JSON's escapes are C++'s too, but for \u00XX: control characters are written in octal there.
std::string quoted(const std::string& text, bool for_cpp) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char code[16];
      std::snprintf(code, sizeof code, for_cpp ? "\\%03o" : "\\u%04x",
                    static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += code;
    } else {
      out += c;
    }
  }
  return out + '"';
}

// YAML 1.2's core schema, as far as templates use it.
std::string scalar(const YAML::Node& node) {
  static const std::regex integer("[-+]?(0|[1-9][0-9]*)");
  const std::string& text = node.Scalar();
  const bool plain = node.Tag() == "?";
  if (!plain) return quoted(text, false);
  if (text == "true" || text == "false") return text;
  if (text.empty() || text == "~" || text == "null") return "null";
  return std::regex_match(text, integer) ? text : quoted(text, false);
}

std::string json(const YAML::Node& node) {
  std::string out;
  switch (node.Type()) {
    case YAML::NodeType::Scalar:
      return scalar(node);
    case YAML::NodeType::Sequence:
      for (const auto& item : node) out += (out.empty() ? "" : ",") + json(item);
      return '[' + out + ']';
    case YAML::NodeType::Map:
      for (const auto& member : node) {
        out += (out.empty() ? "" : ",") + quoted(member.first.Scalar(), false) + ':' + json(member.second);
      }
      return '{' + out + '}';
    default:
      return "null";
  }
}

std::string template_json(const std::string& path) {
  const YAML::Node document = YAML::Load(read(path));
  if (!document.IsMap()) throw std::runtime_error(path + ": not a map");
  return json(document);
}

// One literal a line: readable, and below every compiler's limit of a literal's length.
std::string literal(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    auto end = text.find('\n', at);
    end = end == std::string::npos ? text.size() : end + 1;
    out += "\n    " + quoted(text.substr(at, end - at), true);
    at = end;
  }
  return out;
}

void define(std::ostream& out, const char* function, const std::string& text) {
  out << "std::string_view " << function
      << "() {\n  static constexpr std::string_view kText =" << literal(text) << ";\n  return kText;\n}\n\n";
}

void generate(char** argv) {
  std::ostringstream out;
  out << "// Generated from manifests/ by lib/cmake/embed_manifests.cpp.\n"
         "#include \"workload/embedded.hpp\"\n\nnamespace daaa::workload {\n\n";
  define(out, "embedded_values", read(argv[2]));
  define(out, "embedded_volume_template", template_json(argv[3]));
  define(out, "embedded_claim_template", template_json(argv[4]));
  define(out, "embedded_job_template", template_json(argv[5]));
  out << "}  // namespace daaa::workload\n";
  std::ofstream file(argv[1], std::ios::binary);
  file << out.str();
  file.close();
  if (!file) throw std::runtime_error(std::string(argv[1]) + ": cannot be written");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::cerr << "usage: embed_manifests OUT values.yaml pv.yaml pvc.yaml job.yaml\n";
    return 2;
  }
  try {
    generate(argv);
    return 0;
  } catch (const std::exception& e) {
    std::cerr << "embed_manifests: " << e.what() << '\n';
    return 1;
  }
}
