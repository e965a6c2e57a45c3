// SPDX-License-Identifier: Apache-2.0
// One blocking call of the command line to an admin listener, over TCP or the local socket.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace zerq {

// --server, --token, --token-file, --data-dir of the commands that talk to a running gateway.
struct ServerOptions {
  std::string server;  // "http://127.0.0.1:8081"
  std::string token;
  std::string token_file;
  std::string data_dir;  // Whose admin.sock is asked when neither of the others is given.
};

struct AdminTarget {
  std::string address;      // "127.0.0.1:8081", or the path of a local socket.
  bool is_local = false;
  std::string token;        // Empty: none.
};

struct AdminAnswer {
  uint16_t status = 0;
  std::string body;
};

AdminTarget find_server(const ServerOptions& options);

struct AdminCall {
  std::string method = "GET";
  std::string path_and_query;
  std::string body;  // JSON; empty: none.
};
Result<AdminAnswer> call_admin(const AdminTarget& target, const AdminCall& call);

}  // namespace zerq
