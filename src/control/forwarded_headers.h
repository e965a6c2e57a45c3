// SPDX-License-Identifier: Apache-2.0
// Configured headers: which ones may be set, upstream and on answers (semantics §5): no framing,
// hop-by-hop, Host or gateway header, no CR, LF or NUL in a value. Control thread.
#pragma once

#include <string_view>
#include <vector>

#include "control/gateway_config.h"
#include "control/outside_values.h"
#include "proxy/snapshot.h"

namespace zerq::control {

// RFC 9110 §5.6.2.
bool is_header_name(std::string_view name);
// A name that a configuration may set on what goes upstream.
bool is_upstream_header(std::string_view name);
// Replaces the values of that name.
void put_header(proxy::ConfiguredHeader header, std::vector<proxy::ConfiguredHeader>& to);
// A header in which opaque tokens may stand: none that means something to the gateway.
bool is_token_header(std::string_view name);

// The headers of one route, from the outer object to the inner: a later one replaces an earlier
// one of the same name.
class HeaderCompiler {
 public:
  HeaderCompiler(OutsideValues& outside, bool is_offline, config::Diagnostics& problems)
      : outside_(outside), is_offline_(is_offline), problems_(problems) {}

  void add_upstream(const std::vector<HeaderField>& fields,
                    std::vector<proxy::ConfiguredHeader>& to);
  void add_response(const ResponseHeadersField& field, std::vector<proxy::ConfiguredHeader>& set,
                    std::vector<std::string>& remove);
  // A variable was not there: the route must not be served without its value.
  bool lacks_value() const { return lacks_value_; }

 private:
  void add(const HeaderField& field, bool is_request, std::vector<proxy::ConfiguredHeader>& to);
  std::optional<std::string> value_of(const HeaderField& field);

  OutsideValues& outside_;
  bool is_offline_;
  config::Diagnostics& problems_;
  bool lacks_value_ = false;
};

}  // namespace zerq::control
