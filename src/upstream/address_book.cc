// SPDX-License-Identifier: Apache-2.0
#include "upstream/address_book.h"

#include <algorithm>
#include <iterator>

namespace zerq::upstream {

void AddressBook::sort(std::vector<io::SocketAddress>& addresses, Instant now) {
  if (addresses.size() < 2) {
    return;
  }
  std::ranges::rotate(addresses,
                      addresses.begin() + static_cast<std::ptrdiff_t>(turn_++ % addresses.size()));
  std::vector<io::SocketAddress> avoided;
  std::ranges::copy_if(addresses, std::back_inserter(avoided),
                       [&](const io::SocketAddress& address) { return is_avoided(address, now); });
  std::erase_if(addresses,
                [&](const io::SocketAddress& address) { return is_avoided(address, now); });
  addresses.insert(addresses.end(), avoided.begin(), avoided.end());
}

void AddressBook::on_failed(const io::SocketAddress& address, Instant now) {
  std::erase_if(failed_, [&](const Failed& f) { return f.address == address || f.until <= now; });
  if (failed_.size() < kFailedMax) {
    failed_.push_back({address, now + kAvoid});
  }
}

void AddressBook::on_connected(const io::SocketAddress& address) {
  std::erase_if(failed_, [&](const Failed& f) { return f.address == address; });
}

bool AddressBook::is_avoided(const io::SocketAddress& address, Instant now) const {
  return std::ranges::any_of(
      failed_, [&](const Failed& f) { return f.address == address && now < f.until; });
}

}  // namespace zerq::upstream
