// SPDX-License-Identifier: Apache-2.0
#include "control/cors_compiler.h"

#include <fmt/format.h>

#include <algorithm>

#include "control/caller_compiler.h"
#include "control/forwarded_headers.h"
#include "http/authority.h"

namespace zerq::control {
namespace {

constexpr std::string_view kMark = "://";
constexpr std::string_view kAllowed =
    "SCHEME://HOST[:PORT] as browsers send it, https://*.example.com, or *";

std::string to_lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return text;
}

// RFC 3986 §3.1, in lower case.
bool is_scheme(std::string_view scheme) {
  return !scheme.empty() && scheme[0] >= 'a' && scheme[0] <= 'z' &&
         std::ranges::all_of(scheme, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' ||
                  c == '.';
         });
}

// Browsers leave the default port out, so an origin with it would never be met.
bool has_default_port(std::string_view origin) {
  return (origin.starts_with("https://") && origin.ends_with(":443")) ||
         (origin.starts_with("http://") && origin.ends_with(":80"));
}

bool add_origin(const std::string& written, proxy::CorsRules& rules) {
  if (written == "*") {
    rules.allows_any = true;
    return true;
  }
  const std::string origin = to_lower(written);
  const size_t mark = origin.find(kMark);
  if (mark == std::string::npos || !is_scheme(origin.substr(0, mark)) || has_default_port(origin)) {
    return false;
  }
  const std::string scheme = origin.substr(0, mark + kMark.size());
  std::string host = origin.substr(mark + kMark.size());
  if (!host.starts_with("*.")) {
    rules.exact.push_back(origin);
    return http::is_authority(host);
  }
  host.erase(0, 1);
  rules.below.push_back(scheme);
  rules.below.push_back(host);
  return !host.contains('[') && http::is_authority(host.substr(1));
}

std::string join(const std::vector<Placed<std::string>>& names) {
  std::string list;
  for (const Placed<std::string>& name : names) {
    list += (list.empty() ? "" : ", ") + name.value;
  }
  return list;
}

std::string compile_header_names(const std::vector<Placed<std::string>>& names,
                                 config::Diagnostics& problems) {
  for (const Placed<std::string>& name : names) {
    if (!is_header_name(name.value)) {
      problems.error(name.place, name.path, "\"" + name.value + "\"", "a header name");
    }
  }
  return join(names);
}

std::string compile_method_names(const std::vector<Placed<std::string>>& methods,
                                 config::Diagnostics& problems) {
  const bool is_any = methods.empty() || std::ranges::any_of(methods, [](const auto& method) {
                        return method.value == "*";
                      });
  if (is_any) {
    return "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS";
  }
  compile_methods(methods, problems);
  return join(methods);
}

// The Fetch standard, CORS protocol and credentials: there `*` is a name like any other.
void check_credentials_field(const CorsField& field, config::Diagnostics& problems) {
  if (!field.allow_credentials.value) {
    return;
  }
  for (const auto* list :
       {&field.allow_origins, &field.allow_methods, &field.allow_headers, &field.expose_headers}) {
    for (const Placed<std::string>& item : *list) {
      if (item.value == "*") {
        problems.error(item.place, item.path, "* with allow_credentials",
                       "names, or no credentials");
      }
    }
  }
}

void refuse_set_headers(const ResponseHeadersField& field, config::Diagnostics& problems) {
  for (const HeaderField& header : field.set) {
    if (proxy::is_cors_header(header.name.value)) {
      problems.error(header.name.place, header.name.path, header.name.value + " beside cors",
                     "one of them");
    }
  }
}

}  // namespace

std::optional<proxy::CorsRules> compile_cors(const CollectionConfig& config,
                                             config::Diagnostics& problems) {
  if (!config.cors.has_value()) {
    return std::nullopt;
  }
  const CorsField& field = *config.cors;
  proxy::CorsRules rules;
  for (const Placed<std::string>& origin : field.allow_origins) {
    if (!add_origin(origin.value, rules)) {
      problems.error(origin.place, origin.path, "\"" + origin.value + "\"", std::string(kAllowed));
    }
  }
  check_credentials_field(field, problems);
  if (field.allow_credentials.value) {
    rules.answer_fields += "Access-Control-Allow-Credentials: true\r\n";
  }
  if (!field.expose_headers.empty()) {
    rules.answer_fields += fmt::format("Access-Control-Expose-Headers: {}\r\n",
                                       compile_header_names(field.expose_headers, problems));
  }
  rules.preflight_fields =
      fmt::format("Access-Control-Allow-Methods: {}\r\nAccess-Control-Max-Age: {}\r\n",
                  compile_method_names(field.allow_methods, problems), field.max_age_s);
  if (!field.allow_headers.empty()) {
    rules.echoes_headers = false;
    rules.preflight_fields += fmt::format("Access-Control-Allow-Headers: {}\r\n",
                                          compile_header_names(field.allow_headers, problems));
  }
  refuse_set_headers(config.response_headers, problems);
  for (const ProxyConfig& proxy : config.proxies) {
    refuse_set_headers(proxy.response_headers, problems);
  }
  return rules;
}

}  // namespace zerq::control
