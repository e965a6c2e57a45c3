// SPDX-License-Identifier: Apache-2.0
// BloomFilter: which client, profile, route and request ids may stand in a block, so that a look-up
// opens few blocks. About 0.5 % of the full blocks are opened in vain. The bits are part of the
// format (docs/audit-format.md, "Bloom filter"). Plain value; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace zerq::audit {

enum class BloomKey : uint8_t {
  kRequestId = 1,
  kClient = 2,
  kProfile = 3,
  kCollection = 4,
  kProxy = 5
};

class BloomFilter {
 public:
  static constexpr size_t kBytes = 1536;

  // Where the key's bits are; the same for every filter.
  class Probe {
   public:
    // The text as it stands in the record's JSON.
    Probe(BloomKey kind, std::string_view text) noexcept;
    bool may_be_in(Bytes filter) const noexcept;

   private:
    friend class BloomFilter;
    static constexpr size_t kBits = 6;
    std::array<uint16_t, kBits> bits_;
  };

  void add(const Probe& probe) noexcept;
  void clear() { bytes_ = {}; }
  Bytes bytes() const { return bytes_; }

 private:
  std::array<std::byte, kBytes> bytes_{};
};

}  // namespace zerq::audit
