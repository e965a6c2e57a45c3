// SPDX-License-Identifier: Apache-2.0
// ExactWindow: at most N admissions in every interval of length W (architecture §6). Lives in
// WindowMemory (rung: Gateway) and is shared by all shards, the one place where they meet on the
// request path: a spin word on its own cache line, held for some 30 ns, the clock read inside.
//   N ≤ 4,096: the times of the admissions in the window, 4 bytes each; nothing that fits is
//              refused (times are rounded by 2⁻³⁰ of W or less, so that they never over-admit).
//   above:     sub-buckets of W/1024, 1,025 of them; a slot comes back at most W/1024 late.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "limits/limit_decision.h"
#include "limits/limit_pin.h"
#include "limits/policy_config.h"
#include "limits/spin_word.h"
#include "limits/window_memory.h"

namespace zerq::limits {

// Another interval or `per` is another window, so it starts empty. Of length 0 or less: the account
// of the key, which counts what is in flight and what a quota has admitted, and has no window;
// another interval of the quota is another account.
struct WindowKey {
  ObjectId policy;
  ObjectId client;
  ObjectId part;
  LimitPer per = LimitPer::kClient;
  Duration window{};

  static WindowKey of(const LimitKey& key, Duration window) {
    return {key.policy, key.client, key.part, key.per, window};
  }
  static WindowKey of_account(const LimitKey& key, std::optional<QuotaInterval> interval) {
    return of(key, Duration(interval.has_value() ? -static_cast<int>(*interval) : 0));
  }

  friend bool operator==(const WindowKey&, const WindowKey&) = default;
};

class alignas(64) ExactWindow {
 public:
  static constexpr uint32_t kLogMax = 4096;
  static constexpr int64_t kRing = 1024;  // Buckets that are complete; one more is filling.

  ExactWindow(const ExactWindow&) = delete;
  ExactWindow& operator=(const ExactWindow&) = delete;

  // Any thread. Counts the request if it fits under `requests`, which may differ from call to call:
  // a change applies to what was counted before. The window must be pinned.
  LimitDecision admit(WindowMemory& memory, uint32_t requests, const Clock& clock) noexcept;
  // kLook: what it would say, without counting.
  enum class Purpose : uint8_t { kAdmit, kLook };
  // The same for a window that may have died meanwhile; nothing: it is not that key's any more. A
  // null key: it is pinned.
  std::optional<LimitDecision> decide_as(const WindowKey* key, WindowMemory& memory,
                                         uint32_t requests, const Clock& clock,
                                         Purpose purpose) noexcept;

  // Of an account: a request of it has ended.
  void end_request() noexcept {
    const SpinHold hold(word_);
    --in_flight_;
  }

 private:
  friend class LimitTable;  // Makes and ends windows, and links them; all under its own word.
  ExactWindow() = default;

  void begin(const WindowKey& key, uint64_t tag) noexcept;
  bool is_of(const WindowKey& key) const noexcept;
  // Once nothing is in the window gives its memory back, and ends it if it is not pinned.
  bool end_if_idle(WindowMemory& memory, const Clock& clock) noexcept;

  // All below: with word_ held.
  LimitDecision decide(WindowMemory& memory, uint32_t requests, const Clock& clock,
                       Purpose purpose) noexcept;
  bool has_quota_use(const Clock& clock) const noexcept;
  LimitDecision decide_quota(const QuotaConfig& quota, WallTime now) noexcept;
  int64_t wait_ns(WindowMemory& memory, uint32_t leaving, int64_t now_ns) noexcept;
  bool choose_form(WindowMemory& memory, uint32_t requests, int64_t now_ns) noexcept;
  bool log_to_buckets(WindowMemory& memory, int64_t now_ns) noexcept;
  bool buckets_to_log(WindowMemory& memory, int64_t now_ns) noexcept;
  void forget(WindowMemory& memory) noexcept;

  bool add_to_log(WindowMemory& memory, int64_t now_ns) noexcept;
  bool grow_log(WindowMemory& memory) noexcept;
  void drop_expired(const uint32_t* cells, int64_t now_ns) noexcept;
  int64_t log_wait_ns(const uint32_t* cells, uint32_t leaving, int64_t now_ns) const noexcept;

  void turn_buckets(uint32_t* cells, int64_t now_ns) noexcept;
  int64_t buckets_wait_ns(const uint32_t* cells, uint32_t leaving, int64_t now_ns) noexcept;

  // Bucket b is [b W/1024, (b + 1) W/1024): exact, since an edge that is rounded 1,024 times over
  // would hold a slot back for longer than one bucket.
  int64_t bucket_of(int64_t ns) const {
    return ns / window_ns_ * kRing + ns % window_ns_ * kRing / window_ns_;
  }
  int64_t bucket_begin_ns(int64_t bucket) const {
    return bucket / kRing * window_ns_ + (bucket % kRing * window_ns_ + kRing - 1) / kRing;
  }
  // The log counts in ticks of 2^tick_shift_ ns, modulo 2³².
  uint32_t window_ticks() const {
    return static_cast<uint32_t>((window_ns_ + (int64_t{1} << tick_shift_) - 1) >> tick_shift_);
  }
  int32_t age_ticks(uint32_t time, int64_t now_ns) const {
    return static_cast<int32_t>(static_cast<uint32_t>(now_ns >> tick_shift_) - time);
  }
  uint32_t ticks_rounded_up(int64_t ns) const {
    return static_cast<uint32_t>((ns + (int64_t{1} << tick_shift_) - 1) >> tick_shift_);
  }
  uint32_t cell_mask() const { return (16U << cells_order_) - 1; }

  // First cache line: what a decision touches.
  SpinWord word_;
  uint32_t cells_;  // Block of 16 << cells_order_ cells; 0: none.
  uint32_t tail_;  // Log: the oldest cell.
  uint32_t count_;  // Admissions in the window.
  uint32_t filling_;  // Buckets: the newest one, which is not among the cells yet.
  uint8_t cells_order_;
  uint8_t tick_shift_;
  bool is_bucketed_;
  bool is_live_;
  int64_t window_ns_;
  int64_t last_ns_;  // The last admission.
  int64_t bucket_;  // Number of the bucket that is filling.
  int64_t oldest_;  // No bucket before it holds anything.
  uint32_t in_flight_;  // Of an account, as is the next.
  uint32_t quota_used_;

  // Second cache line: for look-ups. Written under the table's word and word_.
  ObjectId policy_;
  ObjectId client_;
  ObjectId part_;
  LimitPer per_;
  uint32_t pins_;  // Under the table's word alone.
  std::atomic<uint64_t> tag_;
  std::atomic<uint32_t> next_;
  int32_t quota_day_;  // The first one of the window that quota_used_ counts.
};
static_assert(sizeof(ExactWindow) == 128);

}  // namespace zerq::limits
