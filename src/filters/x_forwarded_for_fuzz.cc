// SPDX-License-Identifier: Apache-2.0
// Whatever stands in X-Forwarded-For: without trust nobody but the peer is believed; with trust the
// result is the peer or an address that stands there, and trusted hops only lead to their left.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "filters/client_address.h"

using zerq::Arena;
using zerq::CidrBlock;
using zerq::CidrSet;
using zerq::HeapBlocks;
using zerq::IpAddress;

namespace {

CidrSet trust(const char* block) {
  CidrSet set;
  set.add(CidrBlock::parse(block).value());
  return set;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static const CidrSet nobody;
  static const CidrSet few = trust("10.0.0.0/8");
  static const CidrSet all_v4 = trust("0.0.0.0/0");
  HeapBlocks blocks;
  Arena arena(blocks);
  zerq::http::HeaderList headers(arena);
  std::string_view rest(reinterpret_cast<const char*>(bytes), size);
  while (true) {  // A line is a field.
    const size_t end = rest.find('\n');
    headers.add("X-Forwarded-For", rest.substr(0, end));
    if (end == rest.npos) {
      break;
    }
    rest.remove_prefix(end + 1);
  }
  const IpAddress peer = IpAddress::parse("10.0.0.1").value();
  CHECK(zerq::filters::find_client_address(peer, headers, nobody).client_ip == peer);
  const IpAddress near = zerq::filters::find_client_address(peer, headers, few).client_ip;
  const IpAddress far = zerq::filters::find_client_address(peer, headers, all_v4).client_ip;
  CHECK(near.is_set() && far.is_set());
  // More trust leads further, so it ends elsewhere only if the shorter walk ended at a trusted hop.
  CHECK(near == far || near.is_v4());
  return 0;
}
