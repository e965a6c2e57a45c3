// SPDX-License-Identifier: Apache-2.0
#include "limits/exact_window.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace zerq::limits {
namespace {

constexpr uint32_t kCellsMin = WindowMemory::kUnitBytes / sizeof(uint32_t);
constexpr uint8_t kRingOrder = 6;
static_assert(kCellsMin << kRingOrder == ExactWindow::kRing);
static_assert(kCellsMin << WindowMemory::kOrderMax == ExactWindow::kLogMax);

// A window has at most 2³⁰ ticks, so that the age of whatever is still in the log, which is less
// than two windows, fits a signed number.
constexpr int kWindowTickBits = 30;

uint32_t ceil_seconds(int64_t ns) {
  constexpr int64_t kNsPerS = 1'000'000'000;
  return static_cast<uint32_t>((std::max<int64_t>(0, ns) + kNsPerS - 1) / kNsPerS);
}

}  // namespace

void ExactWindow::begin(const WindowKey& key, uint64_t tag) noexcept {
  const SpinHold hold(word_);
  cells_ = tail_ = count_ = filling_ = 0;
  cells_order_ = 0;
  is_bucketed_ = false;
  is_live_ = true;
  window_ns_ = key.window.count();
  const int bits = std::bit_width(static_cast<uint64_t>(std::max<int64_t>(window_ns_, 0)));
  tick_shift_ = static_cast<uint8_t>(std::max(0, bits - kWindowTickBits));
  last_ns_ = INT64_MIN / 2;
  bucket_ = oldest_ = 0;
  in_flight_ = quota_used_ = 0;
  quota_day_ = 0;
  policy_ = key.policy;
  client_ = key.client;
  part_ = key.part;
  per_ = key.per;
  pins_ = 0;
  tag_.store(tag, std::memory_order_release);
}

bool ExactWindow::is_of(const WindowKey& key) const noexcept {
  return is_live_ && client_ == key.client && part_ == key.part && policy_ == key.policy &&
         per_ == key.per && window_ns_ == key.window.count();
}

LimitDecision ExactWindow::admit(WindowMemory& memory, uint32_t requests,
                                 const Clock& clock) noexcept {
  const SpinHold hold(word_);
  DCHECK(is_live_);
  return decide(memory, requests, clock, Purpose::kAdmit);
}

std::optional<LimitDecision> ExactWindow::decide_as(const WindowKey* key, WindowMemory& memory,
                                                    uint32_t requests, const Clock& clock,
                                                    Purpose purpose) noexcept {
  const SpinHold hold(word_);
  if (key != nullptr && !is_of(*key)) {
    return std::nullopt;
  }
  return decide(memory, requests, clock, purpose);
}

LimitDecision ExactWindow::decide(WindowMemory& memory, uint32_t requests, const Clock& clock,
                                  Purpose purpose) noexcept {
  const int64_t now_ns = clock.now().ns;
  if (!choose_form(memory, requests, now_ns)) {
    return {.is_unavailable = true};
  }
  LimitDecision decision{.limit = requests, .window_s = ceil_seconds(window_ns_)};
  decision.is_admitted = count_ < requests;
  if (decision.is_admitted && purpose == Purpose::kAdmit) {
    if (is_bucketed_) {
      ++filling_;
    } else if (!add_to_log(memory, now_ns)) {
      return {.is_unavailable = true};
    }
    ++count_;
    last_ns_ = now_ns;
  }
  decision.used = count_;
  if (count_ == 0 && requests != 0) {
    return decision;  // Nothing that could come back.
  }
  if (requests == 0) {  // Nothing will ever become available.
    decision.reset_s = decision.window_s;
    return decision;
  }
  // After a limit was lowered more than one has to leave before one is available.
  const uint32_t leaving = count_ <= requests ? 1 : count_ - requests + 1;
  // A window after the last admission all is available, whatever rounding says.
  decision.reset_s =
      ceil_seconds(std::min(wait_ns(memory, leaving, now_ns), last_ns_ + window_ns_ - now_ns));
  return decision;
}

// Until so many have left.
int64_t ExactWindow::wait_ns(WindowMemory& memory, uint32_t leaving, int64_t now_ns) noexcept {
  const auto* cells = memory.at<const uint32_t>(cells_);
  return is_bucketed_ ? buckets_wait_ns(cells, leaving, now_ns)
                      : log_wait_ns(cells, leaving, now_ns);
}

// Forgets what has left the window and takes the form that the limit asks for.
bool ExactWindow::choose_form(WindowMemory& memory, uint32_t requests, int64_t now_ns) noexcept {
  if (count_ != 0 && now_ns - last_ns_ >= window_ns_) {
    forget(memory);
  }
  auto* cells = memory.at<uint32_t>(cells_);
  if (is_bucketed_) {
    turn_buckets(cells, now_ns);
  } else {
    drop_expired(cells, now_ns);
  }
  if (requests > kLogMax && !is_bucketed_) {
    return log_to_buckets(memory, now_ns);
  }
  // What is more than the log can hold leaves within a window, and nothing is admitted until then.
  if (requests <= kLogMax && is_bucketed_ && count_ <= kLogMax) {
    return buckets_to_log(memory, now_ns);
  }
  return true;
}

// Keeps the cells: a key in use comes back soon.
void ExactWindow::forget(WindowMemory& memory) noexcept {
  count_ = tail_ = filling_ = 0;
  if (is_bucketed_) {
    std::fill_n(memory.at<uint32_t>(cells_), kRing, 0U);
  }
}

bool ExactWindow::end_if_idle(WindowMemory& memory, const Clock& clock) noexcept {
  const SpinHold hold(word_);
  if (in_flight_ != 0 || clock.now().ns - last_ns_ < window_ns_ || has_quota_use(clock)) {
    return false;
  }
  if (cells_ != 0) {
    memory.give_back(cells_, cells_order_);
  }
  cells_ = count_ = tail_ = filling_ = 0;
  cells_order_ = 0;
  is_bucketed_ = false;
  is_live_ = pins_ != 0;
  return !is_live_;
}

// --- The quota of an account ---

bool ExactWindow::has_quota_use(const Clock& clock) const noexcept {
  if (quota_used_ == 0) {
    return false;
  }
  const auto interval = static_cast<QuotaInterval>(-window_ns_);
  return day_of(clock.wall_now()) < QuotaPeriod::of_day(interval, quota_day_).end_day();
}

// Says what is used, and whether one more fits; the caller counts it.
LimitDecision ExactWindow::decide_quota(const QuotaConfig& quota, WallTime now) noexcept {
  const int32_t today = day_of(now);
  QuotaPeriod period = QuotaPeriod::of_day(quota.interval, today);
  // A clock that is set back by a little counts on in the later window: nothing is admitted twice.
  constexpr int32_t kSetBackDaysMax = 1;
  if (period.first_day > quota_day_ || today + kSetBackDaysMax < quota_day_) {
    quota_day_ = period.first_day;
    quota_used_ = 0;
  } else if (period.first_day < quota_day_) {
    period = QuotaPeriod::of_day(quota.interval, quota_day_);
  }
  return {.is_admitted = quota_used_ < quota.requests,
          .limit = quota.requests,
          .used = quota_used_,
          .window_s = period.seconds(),
          .reset_s = period.seconds_left(now)};
}

// --- The log: a ring of times, the oldest at tail_ ---

bool ExactWindow::add_to_log(WindowMemory& memory, int64_t now_ns) noexcept {
  if ((cells_ == 0 || count_ == kCellsMin << cells_order_) && !grow_log(memory)) {
    return false;
  }
  memory.at<uint32_t>(cells_)[(tail_ + count_) & cell_mask()] = ticks_rounded_up(now_ns);
  return true;
}

// Doubles: a key that is rarely used holds little.
bool ExactWindow::grow_log(WindowMemory& memory) noexcept {
  const auto order = static_cast<uint8_t>(cells_ == 0 ? 0 : cells_order_ + 1);
  const uint32_t block = memory.allocate(order);
  if (block == 0) {
    return false;
  }
  if (cells_ != 0) {
    const auto* from = memory.at<const uint32_t>(cells_);
    auto* to = memory.at<uint32_t>(block);
    for (uint32_t i = 0; i < count_; ++i) {
      to[i] = from[(tail_ + i) & cell_mask()];
    }
    memory.give_back(cells_, cells_order_);
  }
  cells_ = block;
  cells_order_ = order;
  tail_ = 0;
  return true;
}

// One has left in the usual case and many after a burst: gallop, then halve.
void ExactWindow::drop_expired(const uint32_t* cells, int64_t now_ns) noexcept {
  const auto window = static_cast<int32_t>(window_ticks());
  const auto is_expired = [&](uint32_t i) {
    return age_ticks(cells[(tail_ + i) & cell_mask()], now_ns) >= window;
  };
  uint32_t expired = 0;  // So many have certainly left.
  uint32_t step = 1;
  while (expired + step <= count_ && is_expired(expired + step - 1)) {
    expired += step;
    step *= 2;
  }
  while ((step /= 2) != 0) {
    if (expired + step <= count_ && is_expired(expired + step - 1)) {
      expired += step;
    }
  }
  tail_ = (tail_ + expired) & cell_mask();
  count_ -= expired;
}

// Until so many have left the log.
int64_t ExactWindow::log_wait_ns(const uint32_t* cells, uint32_t leaving,
                                 int64_t now_ns) const noexcept {
  const uint32_t time = cells[(tail_ + leaving - 1) & cell_mask()];
  const int64_t ticks = int64_t{window_ticks()} - age_ticks(time, now_ns);
  return (ticks << tick_shift_) - (now_ns & ((int64_t{1} << tick_shift_) - 1));
}

// --- The buckets: a ring of the complete ones, and the one that is filling ---

// An interval of length W touches at most 1,025 buckets, so their sum bounds it.
void ExactWindow::turn_buckets(uint32_t* cells, int64_t now_ns) noexcept {
  if (now_ns < bucket_begin_ns(bucket_ + 1)) {
    return;
  }
  const int64_t newest = bucket_of(now_ns);
  while (bucket_ < newest && count_ != 0) {
    uint32_t& cell = cells[static_cast<uint64_t>(bucket_) % kRing];
    count_ -= cell;
    cell = filling_;
    filling_ = 0;
    ++bucket_;
  }
  bucket_ = newest;
  oldest_ = count_ == 0 ? newest : std::max(oldest_, newest - kRing);
}

// Until so many have left the buckets.
int64_t ExactWindow::buckets_wait_ns(const uint32_t* cells, uint32_t leaving,
                                     int64_t now_ns) noexcept {
  const auto held = [&](int64_t bucket) {
    return bucket == bucket_ ? filling_ : cells[static_cast<uint64_t>(bucket) % kRing];
  };
  while (oldest_ < bucket_ && held(oldest_) == 0) {
    ++oldest_;
  }
  int64_t last = oldest_;
  for (uint32_t left = held(last); left < leaving && last < bucket_;) {
    left += held(++last);
  }
  return bucket_begin_ns(last + kRing + 1) - now_ns;
}

// --- From one to the other, never to a time that is earlier than the true one ---

bool ExactWindow::log_to_buckets(WindowMemory& memory, int64_t now_ns) noexcept {
  const uint32_t block = memory.allocate(kRingOrder);
  if (block == 0) {
    return false;
  }
  auto* buckets = memory.at<uint32_t>(block);
  std::fill_n(buckets, kRing, 0U);
  bucket_ = oldest_ = bucket_of(now_ns);
  filling_ = 0;
  for (uint32_t i = 0; i < count_; ++i) {
    const uint32_t time = memory.at<const uint32_t>(cells_)[(tail_ + i) & cell_mask()];
    const int64_t at_ns = ((now_ns >> tick_shift_) - age_ticks(time, now_ns)) << tick_shift_;
    const int64_t bucket = std::clamp(bucket_of(at_ns), bucket_ - kRing, bucket_);
    ++(bucket == bucket_ ? filling_ : buckets[static_cast<uint64_t>(bucket) % kRing]);
    oldest_ = std::min(oldest_, bucket);
  }
  if (cells_ != 0) {
    memory.give_back(cells_, cells_order_);
  }
  cells_ = block;
  cells_order_ = kRingOrder;
  tail_ = 0;
  is_bucketed_ = true;
  return true;
}

bool ExactWindow::buckets_to_log(WindowMemory& memory, int64_t now_ns) noexcept {
  const uint32_t units = (count_ + kCellsMin - 1) / kCellsMin;
  const auto order = static_cast<uint8_t>(units <= 1 ? 0 : std::bit_width(units - 1));
  const uint32_t block = memory.allocate(order);
  if (block == 0) {
    return false;
  }
  auto* times = memory.at<uint32_t>(block);
  const auto* buckets = memory.at<const uint32_t>(cells_);
  for (int64_t bucket = bucket_ - kRing; bucket < bucket_; ++bucket) {
    const int64_t end_ns = std::min(bucket_begin_ns(bucket + 1), now_ns);
    times = std::fill_n(times, buckets[static_cast<uint64_t>(bucket) % kRing],
                        ticks_rounded_up(end_ns));
  }
  std::fill_n(times, filling_, ticks_rounded_up(now_ns));
  memory.give_back(cells_, cells_order_);
  cells_ = block;
  cells_order_ = order;
  tail_ = filling_ = 0;
  is_bucketed_ = false;
  return true;
}

}  // namespace zerq::limits
