// SPDX-License-Identifier: Apache-2.0
#include "control/forwarded_headers.h"

#include <algorithm>

#include "http/header_list.h"

namespace zerq::control {
namespace {

using http::KnownHeader;

bool is_token_character(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kOthers.find(c) != std::string_view::npos;
}

// Names that the gateway alone decides.
bool is_reserved(std::string_view name, bool is_request) {
  switch (http::known_header(name)) {
    case KnownHeader::kConnection:
    case KnownHeader::kContentLength:
    case KnownHeader::kKeepAlive:
    case KnownHeader::kProxyAuthenticate:
    case KnownHeader::kProxyAuthorization:
    case KnownHeader::kProxyConnection:
    case KnownHeader::kTe:
    case KnownHeader::kTrailer:
    case KnownHeader::kTransferEncoding:
    case KnownHeader::kUpgrade:
    case KnownHeader::kXRequestId: return true;
    case KnownHeader::kExpect:
    case KnownHeader::kForwarded:
    case KnownHeader::kHost:
    case KnownHeader::kTraceparent:
    case KnownHeader::kXForwardedFor:
    case KnownHeader::kXForwardedHost:
    case KnownHeader::kXForwardedProto:
    case KnownHeader::kXZerq: return is_request;
    default: return false;
  }
}

}  // namespace

bool is_header_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, is_token_character);
}

bool is_upstream_header(std::string_view name) {
  return is_header_name(name) && !is_reserved(name, true);
}

void put_header(proxy::ConfiguredHeader header, std::vector<proxy::ConfiguredHeader>& to) {
  for (proxy::ConfiguredHeader& other : to) {
    if (http::equals_ignoring_case(other.name, header.name)) {
      other = std::move(header);
      return;
    }
  }
  to.push_back(std::move(header));
}

bool is_token_header(std::string_view name) {
  const KnownHeader known = http::known_header(name);
  return is_header_name(name) && (known == KnownHeader::kNone || known == KnownHeader::kXApiKey);
}

std::optional<std::string> HeaderCompiler::value_of(const HeaderField& field) {
  if (!field.env.is_set()) {
    return field.value.value;
  }
  const Secret secret{.source = Secret::Source::kEnvironment,
                      .text = field.env.value,
                      .place = field.env.place,
                      .path = field.env.path};
  std::optional<std::string> value = outside_.read(secret, is_offline_);
  if (!value.has_value()) {
    lacks_value_ = true;
    if (!is_offline_) {
      problems_.warning(secret.place, secret.path,
                        "secret_unavailable: " + secret.text + " cannot be read",
                        "requests that need it are answered 500");
    }
  }
  return value;
}

void HeaderCompiler::add(const HeaderField& field, bool is_request,
                         std::vector<proxy::ConfiguredHeader>& to) {
  const config::Placed<std::string>& name = field.name;
  if (!name.is_set()) {
    return;  // Reported as missing.
  }
  if (!is_header_name(name.value)) {
    problems_.error(name.place, name.path, "\"" + name.value + "\"", "a header name");
    return;
  }
  if (is_reserved(name.value, is_request)) {
    problems_.error(name.place, name.path, name.value,
                    "a header that the gateway does not set itself");
    return;
  }
  if (field.value.is_set() == field.env.is_set()) {
    problems_.error(name.place, name.path,
                    name.value + (field.env.is_set() ? " with value and env" : " without a value"),
                    "exactly one of value and env");
    return;
  }
  if (field.env.is_set() && field.env.value.empty()) {
    return;  // Reported when it was read.
  }
  std::optional<std::string> value = value_of(field);
  if (!value.has_value()) {
    return;
  }
  if (value->find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
    problems_.error(field.env.is_set() ? field.env.place : field.value.place,
                    field.env.is_set() ? field.env.path : field.value.path,
                    "a value with CR, LF or NUL", "one line of text");
    return;
  }
  put_header({name.value, *std::move(value)}, to);
}

void HeaderCompiler::add_upstream(const std::vector<HeaderField>& fields,
                                  std::vector<proxy::ConfiguredHeader>& to) {
  for (const HeaderField& field : fields) {
    add(field, true, to);
  }
}

void HeaderCompiler::add_response(const ResponseHeadersField& field,
                                  std::vector<proxy::ConfiguredHeader>& set,
                                  std::vector<std::string>& remove) {
  for (const HeaderField& header : field.set) {
    add(header, false, set);
  }
  for (const config::Placed<std::string>& name : field.remove) {
    if (!is_header_name(name.value) || is_reserved(name.value, false)) {
      problems_.error(name.place, name.path, "\"" + name.value + "\"",
                      "a header name that the gateway does not set itself");
    } else {
      remove.push_back(name.value);
    }
  }
}

}  // namespace zerq::control
