// SPDX-License-Identifier: Apache-2.0
// AddressPolicy: to which addresses this process connects (semantics §11). Value type. It speaks of
// hosts that stand in configuration, for which loopback and private addresses are fine; hosts that
// come from a template or a document will need more.
#pragma once

#include <vector>

#include "base/ip_address.h"
#include "io/socket_address.h"

namespace zerq::io {

struct AddressPolicy {
  // outbound.allow[] wins over outbound.deny[]; neither opens what is never allowed.
  CidrSet allow;
  CidrSet deny;
  // Our own admin listeners: nobody may reach them through us.
  std::vector<SocketAddress> admin_listeners;

  // One that listens on all addresses is reached by each address of this machine.
  void add_admin_listener(const SocketAddress& listener);
  bool is_allowed(const SocketAddress& address) const;
};

}  // namespace zerq::io
