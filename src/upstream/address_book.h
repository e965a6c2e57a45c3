// SPDX-License-Identifier: Apache-2.0
// AddressBook: in which order the addresses of one name are tried (rung: Shard; one thread). They
// take turns, so that the load spreads over all of them; one that could not be connected to goes to
// the end of the line for ten seconds, so that not every request pays for a dead address.
#pragma once

#include <vector>

#include "base/clock.h"
#include "io/socket_address.h"

namespace zerq::upstream {

class AddressBook {
 public:
  static constexpr Duration kAvoid = std::chrono::seconds(10);
  static constexpr size_t kFailedMax = 64;

  void sort(std::vector<io::SocketAddress>& addresses, Instant now);
  void on_failed(const io::SocketAddress& address, Instant now);
  void on_connected(const io::SocketAddress& address);

 private:
  struct Failed {
    io::SocketAddress address;
    Instant until;
  };
  bool is_avoided(const io::SocketAddress& address, Instant now) const;

  std::vector<Failed> failed_;
  size_t turn_ = 0;
};

}  // namespace zerq::upstream
