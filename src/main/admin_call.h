// SPDX-License-Identifier: Apache-2.0
// One blocking call of the command line to an admin listener, over TCP or the local socket.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace zerq {

struct AdminTarget {
  std::string address;      // "127.0.0.1:8081", or the path of a local socket.
  bool is_local = false;
  std::string token;        // Empty: none.
};

struct AdminAnswer {
  uint16_t status = 0;
  std::string body;
};

Result<AdminAnswer> call_admin(const AdminTarget& target, const std::string& path_and_query);

}  // namespace zerq
