// SPDX-License-Identifier: Apache-2.0
// Who called, behind trusted proxies (semantics §5 "Client address"): X-Forwarded-For is walked
// from the right over trusted hops to the first that is not, 32 of them at most; never read from an
// untrusted peer. A hop that is no address ends the walk at its right neighbour.
#pragma once

#include "base/ip_address.h"
#include "http/header_list.h"

namespace zerq::filters {

struct ClientAddress {
  IpAddress client_ip;
  bool peer_is_trusted = false;
};

ClientAddress find_client_address(const IpAddress& peer, const http::HeaderList& headers,
                                  const CidrSet& trusted_proxies);

}  // namespace zerq::filters
