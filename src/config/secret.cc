// SPDX-License-Identifier: Apache-2.0
#include "config/secret.h"

#include <cstdlib>

#include "text/base64url.h"

namespace zerq::config {
namespace {

constexpr std::string_view kForms = R"({value: …}, {base64url: …}, {env: NAME} or {file: PATH})";

}  // namespace

bool is_reserved_environment_name(std::string_view name) {
  return name.starts_with("ZERQ_") || name.starts_with("ENCRYPTION_KEY") || name == "MONGODB_URI" ||
         name == "REDIS_URL";
}

void read_value(const ConfigNode& node, Secret& to, const FieldRules&, Diagnostics& problems) {
  const auto refuse = [&](const std::string& found, std::string allowed) {
    problems.error(node.place(), node.path(), found, std::move(allowed));
  };
  to = Secret{};
  if (node.is_null()) {
    return;
  }
  if (node.kind() == ConfigNode::Kind::kScalar) {
    refuse("a bare string", "a secret is " + std::string(kForms));
    return;
  }
  if (node.kind() != ConfigNode::Kind::kMap || node.entries().size() != 1 ||
      node.entries()[0].value.kind() != ConfigNode::Kind::kScalar) {
    refuse(node.shown(), "exactly one of " + std::string(kForms));
    return;
  }
  const std::string& form = node.entries()[0].key;
  const std::string& text = node.entries()[0].value.scalar();
  to.place = node.place();
  to.path = node.path();
  to.text = text;
  if (form == "value") {
    to.source = Secret::Source::kValue;
  } else if (form == "base64url") {
    const std::optional<std::string> decoded = text::decode_base64url(text);
    if (!decoded.has_value()) {
      refuse("not base64url", "the alphabet A–Z a–z 0–9 - _ without padding");
      return;
    }
    to.source = Secret::Source::kValue;
    to.text = *decoded;
  } else if (form == "env") {
    if (is_reserved_environment_name(text)) {
      refuse(text, "a name that is not one of the gateway's own secrets");
      return;
    }
    to.source = Secret::Source::kEnvironment;
  } else if (form == "file") {
    to.source = Secret::Source::kFile;
  } else if (form == "set") {
    refuse("{set: …}", "there is no stored secret to keep: give " + std::string(kForms));
  } else {
    refuse("{" + form + ": …}", std::string(kForms));
  }
}

std::optional<std::string> Secret::resolve() const {
  switch (source) {
    case Source::kNone: return std::nullopt;
    case Source::kValue: return text;
    case Source::kEnvironment: {
      const char* value = std::getenv(text.c_str());
      return value == nullptr ? std::nullopt : std::optional<std::string>(value);
    }
    case Source::kFile: {
      Diagnostics ignored;  // Whether it is there is the answer.
      std::optional<std::string> content = read_file(text, ignored);
      while (content.has_value() && !content->empty() && content->back() == '\n') {
        content->pop_back();
      }
      return content;
    }
  }
  return std::nullopt;
}

}  // namespace zerq::config
