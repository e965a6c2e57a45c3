// SPDX-License-Identifier: Apache-2.0
// One management call as the operations see it, and its answer: free of HTTP framing, so that a
// second protocol can call the same operations.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"

namespace zerq::admin {

struct AdminRequest {
  std::string method;
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;  // Decoded.
  std::string host;
  std::string origin;
  std::string bearer;      // The token of the Authorization header; empty: none.
  IpAddress peer_ip;       // Not set on the local socket.
  bool is_local_socket = false;
  std::string request_id;
  std::string actor;  // Who was let in; set by the router.
  std::string content_type;  // Lower-case, without parameters.
  std::string if_match;
  std::string reason;  // X-Change-Reason.
  std::string body;

  // Null: it was not given.
  const std::string* find_query(std::string_view name) const {
    for (const auto& [key, value] : query) {
      if (key == name) {
        return &value;
      }
    }
    return nullptr;
  }
};

struct AdminReply {
  uint16_t status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string allow;
  std::string request_id;  // Set by the router.
  std::string etag;
  std::string location;
};

// {"error":"…","message":"…","request_id":"…"} with the status of the code (semantics §8).
AdminReply error_reply(const AdminRequest& request, uint16_t status, std::string_view code,
                       std::string_view message);

}  // namespace zerq::admin
