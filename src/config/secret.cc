// SPDX-License-Identifier: Apache-2.0
#include "config/secret.h"

#include <cstdlib>

#include "config/config_reader.h"
#include "text/base64url.h"

namespace zerq::config {
namespace {

constexpr std::string_view kForms = R"({value: …}, {base64url: …}, {env: NAME} or {file: PATH})";

bool is_reserved(std::string_view name) {
  return name.starts_with("ZERQ_") || name.starts_with("ENCRYPTION_KEY") || name == "MONGODB_URI" ||
         name == "REDIS_URL";
}

// What the management API shows of a secret: {set, env}. Written back it changes nothing.
void read_kept_secret(const ConfigNode& node, Secret& to, Diagnostics& problems) {
  const ConfigNode& set = *node.find("set");
  const ConfigNode* env = node.find("env");
  const std::optional<bool> is_set = set.is_quoted() ? std::nullopt : parse_core_bool(set.scalar());
  const size_t known = env == nullptr ? 1 : 2;
  if (!is_set.has_value() || node.entries().size() != known) {
    problems.error(node.place(), node.path(), "{set: …} with something else",
                   "{set: true}, or one of " + std::string(kForms));
  } else if (env != nullptr && !env->is_null()) {
    if (check_environment_name(*env, problems)) {
      to.source = Secret::Source::kEnvironment;
      to.text = env->scalar();
    }
  } else if (*is_set) {
    to.source = Secret::Source::kStored;
  }
}

}  // namespace

bool check_environment_name(const ConfigNode& node, Diagnostics& problems) {
  const bool is_text = node.kind() == ConfigNode::Kind::kScalar && !node.scalar().empty() &&
                       node.scalar().find_first_of(std::string_view("=\0", 2)) == std::string::npos;
  if (!is_text) {
    problems.error(node.place(), node.path(), node.shown(), "the name of an environment variable");
  } else if (is_reserved(node.scalar())) {
    problems.error(node.place(), node.path(), node.shown(),
                   "any variable but ZERQ_*, ENCRYPTION_KEY*, MONGODB_URI and REDIS_URL");
  } else {
    return true;
  }
  return false;
}

std::optional<std::string> read_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

void read_value(const ConfigNode& node, Secret& to, const FieldRules&, Diagnostics& problems) {
  const auto refuse = [&](const std::string& found, std::string allowed) {
    problems.error(node.place(), node.path(), found, std::move(allowed));
  };
  to = Secret{};
  if (node.is_null()) {
    return;
  }
  to.place = node.place();
  to.path = node.path();
  // What was written is not shown from here on: it may be the secret itself.
  if (node.kind() == ConfigNode::Kind::kScalar) {
    refuse("a bare string", "a secret is written as " + std::string(kForms));
    return;
  }
  if (node.kind() != ConfigNode::Kind::kMap) {
    refuse(node.shown(), std::string(kForms));
    return;
  }
  if (node.find("set") != nullptr) {
    read_kept_secret(node, to, problems);
    return;
  }
  if (node.entries().size() != 1) {
    refuse(node.entries().empty() ? "a map with no field" : "a map with several fields",
           "exactly one of " + std::string(kForms));
    return;
  }
  const ConfigNode::Entry& entry = node.entries()[0];
  if (entry.value.kind() != ConfigNode::Kind::kScalar || entry.value.scalar().empty()) {
    refuse("{" + entry.key + ": …} without a text", std::string(kForms));
    return;
  }
  Secret secret{.text = entry.value.scalar(), .place = node.place(), .path = node.path()};
  if (entry.key == "value") {
    secret.source = Secret::Source::kValue;
  } else if (entry.key == "base64url") {
    const std::optional<std::string> decoded = text::decode_base64url(secret.text);
    if (!decoded.has_value() || decoded->empty()) {
      refuse("not base64url", "A–Z a–z 0–9 - _ without padding");
      return;
    }
    secret.source = Secret::Source::kValue;
    secret.text = *decoded;
  } else if (entry.key == "env") {
    if (!check_environment_name(entry.value, problems)) {
      return;
    }
    secret.source = Secret::Source::kEnvironment;
  } else if (entry.key == "file") {
    secret.source = Secret::Source::kFile;
  } else {
    const std::vector<std::string> forms = {"value", "base64url", "env", "file"};
    problems.error(entry.place, entry.value.path(), "unknown field", std::string(kForms),
                   nearest_name(entry.key, forms).value_or(""));
    return;
  }
  to = std::move(secret);
}

void note_value(const Secret&, const FieldRules&, FieldNote& note) {
  note.value = "secret";
  note.type = FieldType::kSecret;
}

std::optional<std::string> Secret::resolve() const {
  switch (source) {
    case Source::kNone:
    case Source::kStored: return std::nullopt;
    case Source::kValue: return text;
    case Source::kEnvironment: return read_environment(text);
    case Source::kFile: {
      Diagnostics unread;  // Whether it is there is the answer.
      std::optional<std::string> content = read_file(text, unread);
      while (content.has_value() && (content->ends_with('\n') || content->ends_with('\r'))) {
        content->pop_back();
      }
      return content;
    }
  }
  return std::nullopt;
}

}  // namespace zerq::config
