// SPDX-License-Identifier: Apache-2.0
#include "control/forwarded_headers.h"

#include <algorithm>
#include <cstdlib>

#include "config/secret.h"
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

void put(proxy::ConfiguredHeader header, std::vector<proxy::ConfiguredHeader>& to) {
  for (proxy::ConfiguredHeader& other : to) {
    if (http::equals_ignoring_case(other.name, header.name)) {
      other = std::move(header);
      return;
    }
  }
  to.push_back(std::move(header));
}

void add(const HeaderField& field, bool is_request, std::vector<proxy::ConfiguredHeader>& to,
         config::Diagnostics& problems) {
  const config::Placed<std::string>& name = field.name;
  if (!is_header_name(name.value)) {
    problems.error(name.place, name.path, "\"" + name.value + "\"", "a header name");
    return;
  }
  if (is_reserved(name.value, is_request)) {
    problems.error(name.place, name.path, name.value, "the gateway sets this header itself");
    return;
  }
  std::string value = field.value.value;
  if (field.value.is_set() == field.env.has_value()) {
    problems.error(name.place, name.path, name.value, "exactly one of value and env");
    return;
  }
  if (field.env.has_value()) {
    const char* found = config::is_reserved_environment_name(*field.env)
                            ? nullptr
                            : std::getenv(field.env->c_str());
    if (found == nullptr) {
      problems.error(name.place, name.path, "the variable " + *field.env + " cannot be read",
                     "a variable that is set and is none of the gateway's own secrets");
      return;
    }
    value = found;
  }
  if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
    problems.error(name.place, name.path, "a value with CR, LF or NUL", "one line of text");
    return;
  }
  put({name.value, std::move(value)}, to);
}

}  // namespace

bool is_header_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, is_token_character);
}

void add_upstream_headers(const std::vector<HeaderField>& fields,
                          std::vector<proxy::ConfiguredHeader>& to, config::Diagnostics& problems) {
  for (const HeaderField& field : fields) {
    add(field, true, to, problems);
  }
}

void add_response_headers(const ResponseHeadersField& field,
                          std::vector<proxy::ConfiguredHeader>& set,
                          std::vector<std::string>& remove, config::Diagnostics& problems) {
  for (const HeaderField& header : field.set) {
    add(header, false, set, problems);
  }
  for (const config::Placed<std::string>& name : field.remove) {
    if (!is_header_name(name.value) || is_reserved(name.value, false)) {
      problems.error(name.place, name.path, "\"" + name.value + "\"",
                     "a header name that the gateway does not set itself");
    } else {
      remove.push_back(name.value);
    }
  }
}

}  // namespace zerq::control
