// SPDX-License-Identifier: Apache-2.0
// QuotaCounts: how much of each quota is used, as frames say it: a begin, or an end without one,
// that a quota counted. A commit holds them beside its blocks (docs/audit-format.md, "Quotas").
// Plain value; whose quota it is and when its window ends is not known here (limits).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "audit/record.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/object_id.h"

namespace zerq::audit {

struct QuotaKey {
  static constexpr size_t kBytes = 3 * ObjectId::kBytes + 2;

  ObjectId policy, client, part;
  uint8_t per = 0;
  uint8_t interval = 0;

  friend bool operator==(const QuotaKey&, const QuotaKey&) = default;
  std::array<std::byte, kBytes> encode() const;
  // `bytes` has kBytes.
  static QuotaKey decode(Bytes bytes);
};

struct QuotaCount {
  QuotaKey key;
  uint16_t first_day = 0;  // Of the window that is counted, in days since 1970-01-01.
  uint64_t used = 0;
};

// Days since 1970-01-01 in UTC.
uint16_t day_number(WallTime time);

class QuotaCounts {
 public:
  // The request that `use` speaks of; one of an older window than the newest is forgotten.
  void add(const ObjectId& client, const QuotaUse& use);
  // As a commit says it.
  void restore(const QuotaCount& count);
  // Whose window has certainly ended by that day.
  void drop_old(uint16_t today);
  // What changed since the last settle(), or all.
  std::vector<QuotaCount> changed() const { return list(true); }
  std::vector<QuotaCount> all() const { return list(false); }
  void settle();

 private:
  struct KeyHash {
    size_t operator()(const QuotaKey& key) const noexcept;
  };
  struct Entry {
    uint16_t first_day = 0;
    bool is_changed = false;
    uint64_t used = 0;
  };
  std::vector<QuotaCount> list(bool only_changed) const;

  std::unordered_map<QuotaKey, Entry, KeyHash> entries_;
  std::vector<QuotaKey> changed_;
};

}  // namespace zerq::audit
