// SPDX-License-Identifier: Apache-2.0
// One record of the admin stream as its author fills it: a management call, or an event of the node
// itself (start, stop, recovery). Values and views; encoded at once and never kept. Secrets are
// masked before they come here.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/ip_address.h"

namespace zerq::audit {

struct AdminRecord {
  WallTime time;
  std::string_view event = "call";  // "call", "start", "stop", "recovery", "key_change"
  std::string_view request_id;
  std::string_view via;  // "rest", "mcp", "console", "cli"
  std::string_view actor;  // Who: the token's name, "bootstrap", "socket".
  IpAddress client_ip;
  std::string_view method;
  std::string_view path;
  std::string_view query;
  std::string_view operation;  // "audit.query"
  std::string_view object_type;  // "client"
  std::string_view object_id;
  uint64_t config_revision = 0;
  uint16_t status = 0;  // 0: no call.
  std::string_view error;
  std::string_view reason;
  // One complete JSON object, or empty. Cut records lose it as a whole.
  std::string_view detail_json;
};

}  // namespace zerq::audit
