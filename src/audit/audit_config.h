// SPDX-License-Identifier: Apache-2.0
// The settings `audit.*` (semantics §1) and the node option --audit-ring-dir, with their defaults.
// Plain values; read when the node starts.
#pragma once

#include <cstdint>
#include <string>

namespace zerq::audit {

// What happens when the journal holds journal_max_bytes because nothing can be sealed.
enum class AtCap : uint8_t {
  kContinue,  // Frames are discarded; the hole is a `gap` record.
  kRefuse,    // Rings stay full, so that requests are answered audit_unavailable.
};

struct AuditConfig {
  AtCap at_cap = AtCap::kContinue;
  uint64_t journal_max_bytes = 1ULL << 30;
  uint32_t sync_ms = 1000;  // Longest time from an answer to its sealed commit.
  uint32_t retention_days = 90;
  uint64_t retention_bytes = 0;  // 0: none.
  uint64_t file_bytes_max = 1ULL << 30;
  std::string ring_dir;  // Empty: the data directory.
};

}  // namespace zerq::audit
