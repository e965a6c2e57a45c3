// SPDX-License-Identifier: Apache-2.0
// Listening descriptors at start: one SO_REUSEPORT socket a shard for the data listener, one for
// the admin listener, and the local admin socket. Problems are one line that names the address.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "io/socket_address.h"
#include "store/start_problem.h"

namespace zerq {

struct OpenListener {
  io::SocketAddress address;
  std::vector<int> fds;
};

store::StartResult<OpenListener> open_listener(const std::string& address, size_t sockets);
// Mode 0600; replaces what a crashed process left.
store::StartResult<int> open_local_socket(const std::filesystem::path& path);

}  // namespace zerq
