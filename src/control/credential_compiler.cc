// SPDX-License-Identifier: Apache-2.0
#include "control/credential_compiler.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "control/compilation.h"
#include "control/forwarded_headers.h"
#include "control/outside_values.h"
#include "control/target_url.h"
#include "text/base64url.h"

namespace zerq::control {
namespace {

constexpr std::string_view kSecretForms =
    "a secret: {value: …}, {base64url: …}, {env: NAME} or {file: PATH}";

// RFC 4648 §4, with padding, as RFC 7617 wants it.
std::string to_base64(std::string_view bytes) {
  std::string text = text::to_base64url(as_bytes(bytes));
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F; });
}

// One credential on its way; what is wrong with it is reported where it stands.
class CredentialRun {
 public:
  CredentialRun(const CredentialConfig& config, bool is_offline, config::Diagnostics& problems)
      : config_(config), is_offline_(is_offline), problems_(problems) {}

  CompiledCredential compile() {
    made_.name = config_.name.value;
    const std::string_view type = config_.type.value;
    refuse_fields_of_other_types(type);
    if (type == "api_key") {
      compile_api_key();
    } else if (type == "basic") {
      compile_basic();
    }
    compile_hosts();
    made_.state = crypto::sha256(as_bytes(state_));
    return std::move(made_);
  }

 private:
  void refuse_fields_of_other_types(std::string_view type) {
    const auto refuse = [&](const auto& field, bool is_of_type) {
      if (field.place.line != 0 && !is_of_type && !type.empty()) {
        problems_.error(field.place, field.path,
                        fmt::format("no field of credential type {}", type), "leave it out");
      }
    };
    refuse(config_.key_in, type == "api_key");
    refuse(config_.key_name, type == "api_key");
    refuse(config_.api_key, type == "api_key");
    refuse(config_.username, type == "basic");
    refuse(config_.password, type == "basic");
  }

  void compile_api_key() {
    const bool is_query = config_.key_in.value == "query";
    const Placed<std::string>& name = config_.key_name;
    const std::optional<std::string> key = read_secret(config_.api_key, "api_key");
    if (!name.is_set()) {
      report_missing("key_name", is_query ? "a parameter's name" : "a header's name");
      return;
    }
    const bool is_good =
        is_query ? !name.value.empty() && !has_control(name.value) : is_upstream_header(name.value);
    if (!is_good) {
      problems_.error(
          name.place, name.path, "\"" + name.value + "\"",
          is_query ? "a parameter's name" : "a header that the gateway does not set itself");
    } else if (is_query) {
      made_.parameter = proxy::make_query_parameter(name.value, key.value_or(""));
    } else {
      made_.header = {.name = name.value, .value = key.value_or("")};
    }
  }

  void compile_basic() {
    const Placed<std::string>& username = config_.username;
    const std::optional<std::string> password = read_secret(config_.password, "password");
    if (!username.is_set()) {
      report_missing("username", "a name");
    } else if (username.value.contains(':') || has_control(username.value)) {
      problems_.error(username.place, username.path, "\"" + username.value + "\"",
                      "a name without ':' (RFC 7617)");
    } else {
      made_.header = {.name = "Authorization",
                      .value = "Basic " + to_base64(username.value + ":" + password.value_or(""))};
    }
  }

  void compile_hosts() {
    for (const Placed<std::string>& host : config_.allowed_hosts) {
      std::optional<std::string> read = parse_host(host.value);
      if (read.has_value()) {
        made_.allowed_hosts.push_back(*std::move(read));
      } else {
        problems_.error(host.place, host.path, "\"" + host.value + "\"",
                        "a host name or an IP address, without a port");
      }
    }
  }

  std::optional<std::string> read_secret(const Secret& secret, std::string_view field) {
    state_ = fmt::format("{}{}",
                         std::string_view(reinterpret_cast<const char*>(config_.content.data()),
                                          config_.content.size()),
                         field);
    if (!secret.is_set()) {
      if (!secret.was_refused()) {
        report_missing(field, std::string(kSecretForms));
      }
      return std::nullopt;
    }
    OutsideValues outside;
    std::optional<std::string> value = outside.read(secret, is_offline_);
    if (!value.has_value()) {
      made_.lacks_secret = true;
      if (!is_offline_) {
        problems_.warning(secret.place, secret.path,
                          "secret_unavailable: " + secret.text + " cannot be read",
                          "requests that need it are answered 500");
      }
    } else if (has_control(*value)) {
      problems_.error(secret.place, secret.path, "control characters in a secret",
                      "one line of text");
      value.reset();
    } else {
      state_ += *value;
    }
    return value;
  }

  void report_missing(std::string_view field, std::string allowed) {
    const std::string& path = config_.type.path;
    problems_.error(config_.place, fmt::format("{}.{}", path.substr(0, path.rfind('.')), field),
                    "missing", std::move(allowed));
  }

  const CredentialConfig& config_;
  bool is_offline_;
  config::Diagnostics& problems_;
  CompiledCredential made_;
  std::string state_;
};

}  // namespace

std::vector<CompiledCredential> compile_credentials(const GatewayConfig& config, bool is_offline,
                                                    config::Diagnostics& problems) {
  std::vector<CompiledCredential> made;
  made.reserve(config.credentials.size());
  for (const CredentialConfig& credential : config.credentials) {
    made.push_back(CredentialRun(credential, is_offline, problems).compile());
  }
  return made;
}

const CompiledCredential* find_credential(const Reference& reference, Compilation& run) {
  const std::optional<size_t> found = resolve(
      reference, run.names.credentials, run.names.credential_index, "credential", run.problems);
  return found.has_value() ? &run.credentials[*found] : nullptr;
}

void check_credential_host(const Reference& reference, const CompiledCredential& credential,
                           const std::string& host, config::Diagnostics& problems) {
  const std::vector<std::string>& allowed = credential.allowed_hosts;
  if (allowed.empty() || std::ranges::find(allowed, host) != allowed.end()) {
    return;
  }
  const bool is_by_name = reference.name.is_set();
  problems.error(is_by_name ? reference.name.place : reference.id.place,
                 is_by_name ? reference.name.path : reference.id.path,
                 fmt::format("\"{}\" may not go to the target {}", credential.name, host),
                 fmt::format("a target among its allowed_hosts: {}", fmt::join(allowed, ", ")));
}

}  // namespace zerq::control
