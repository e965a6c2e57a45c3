// SPDX-License-Identifier: Apache-2.0
#include "limits/limit_table.h"

#include "base/check.h"

namespace zerq::limits {
namespace {

// A window that died under a reader leads it into another chain; then it looks again, properly.
constexpr int kLinksMax = 256;

constexpr uint32_t kWindowUnits = sizeof(ExactWindow) / WindowMemory::kUnitBytes;
constexpr uint32_t kWindowsAtOnce = WindowMemory::kBlockBytesMax / sizeof(ExactWindow);

// The ids are the operator's, so nobody can choose them to collide. Never 0, which is a dead one.
uint64_t tag_of(const WindowKey& key) {
  constexpr uint64_t kMix = 0x9E3779B97F4A7C15ULL;
  const std::hash<ObjectId> hash;
  uint64_t tag = hash(key.client);
  tag = (tag ^ (tag >> 32)) * kMix + hash(key.part);
  tag = (tag ^ (tag >> 32)) * kMix + hash(key.policy);
  tag = (tag ^ (tag >> 32)) * kMix + static_cast<uint64_t>(key.window.count()) * 8 +
        static_cast<uint64_t>(key.per);
  tag = (tag ^ (tag >> 32)) * kMix;
  return (tag ^ (tag >> 32)) | (uint64_t{1} << 63);
}

PolicyDecision of_rate(const LimitDecision& rate) {
  return {.is_unavailable = rate.is_unavailable, .rate = rate};
}

}  // namespace

LimitPin LimitTable::pin(const LimitKey& key, const PolicyLimits& limits) noexcept {
  const SpinHold hold(memory_.index().word);
  uint32_t window = 0;
  uint32_t account = 0;
  if (limits.rate_limit.has_value()) {
    const WindowKey of_rate = WindowKey::of(key, limits.rate_limit->window);
    window = find_or_begin(of_rate, tag_of(of_rate));
  }
  if (limits.has_account()) {
    const WindowKey of_account = account_key(key, limits);
    account = find_or_begin(of_account, tag_of(of_account));
  }
  if ((window == 0 && limits.rate_limit.has_value()) || (account == 0 && limits.has_account())) {
    return {};
  }
  for (const uint32_t pinned : {window, account}) {
    if (pinned != 0) {
      ++memory_.at<ExactWindow>(pinned)->pins_;
    }
  }
  return {*this, window, account};
}

void LimitPin::release() noexcept { table_->unpin(*this); }

void LimitTable::unpin(const LimitPin& pin) noexcept {
  const SpinHold hold(memory_.index().word);
  for (const uint32_t pinned : {pin.window_, pin.account_}) {
    if (pinned != 0) {
      --memory_.at<ExactWindow>(pinned)->pins_;
    }
  }
}

PolicyDecision LimitTable::admit(const LimitPin& pin, const PolicyLimits& limits,
                                 const Clock& clock, ConcurrencyLease& lease) noexcept {
  auto* const window = pin.window_ == 0 ? nullptr : memory_.at<ExactWindow>(pin.window_);
  if (!limits.has_account()) {
    return of_rate(window->admit(memory_, limits.rate_limit->requests, clock));
  }
  ExactWindow& account = *memory_.at<ExactWindow>(pin.account_);
  const SpinHold hold(account.word_);
  return *decide_all({.account = account, .window = window}, limits, clock, lease);
}

PolicyDecision LimitTable::admit(const LimitKey& key, const PolicyLimits& limits,
                                 const Clock& clock, ConcurrencyLease& lease) noexcept {
  WindowKey rate_key;
  if (limits.rate_limit.has_value()) {
    rate_key = WindowKey::of(key, limits.rate_limit->window);
  }
  if (!limits.has_account()) {
    return of_rate(admit_window(rate_key, limits.rate_limit->requests, clock));
  }
  const WindowKey of_account = account_key(key, limits);
  while (true) {
    ExactWindow* const window = limits.rate_limit.has_value() ? find(rate_key) : nullptr;
    ExactWindow* const account = find(of_account);
    if (account == nullptr || (window == nullptr && limits.rate_limit.has_value())) {
      return {.is_unavailable = true};
    }
    const SpinHold hold(account->word_);
    if (!account->is_of(of_account)) {
      continue;  // Nobody pins it, so it may have died since it was found.
    }
    if (const auto decision = decide_all(
            {.account = *account, .window = window, .rate_key = &rate_key}, limits, clock, lease)) {
      return *decision;
    }
  }
}

// With the account's word held; the window's own is taken inside it, never the other way round.
// Nothing: the window has died.
std::optional<PolicyDecision> LimitTable::decide_all(const Counted& counted,
                                                     const PolicyLimits& limits, const Clock& clock,
                                                     ConcurrencyLease& lease) noexcept {
  DCHECK(!lease.is_held());  // It might be of this account, whose word is held.
  ExactWindow& account = counted.account;
  PolicyDecision decision{.in_flight = account.in_flight_, .concurrency = limits.concurrency};
  decision.lacks_slot = limits.concurrency.has_value() && account.in_flight_ >= *limits.concurrency;
  if (limits.quota.has_value()) {
    decision.quota = account.decide_quota(*limits.quota, clock.wall_now());
    decision.quota_day = account.quota_day_;
  }
  if (counted.window != nullptr) {
    using Purpose = ExactWindow::Purpose;
    decision.rate =
        counted.window->decide_as(counted.rate_key, memory_, limits.rate_limit->requests, clock,
                                  decision.is_admitted() ? Purpose::kAdmit : Purpose::kLook);
    if (!decision.rate.has_value()) {
      return std::nullopt;
    }
    if (decision.rate->is_unavailable) {
      return PolicyDecision{.is_unavailable = true};
    }
  }
  if (!decision.is_admitted()) {
    return decision;
  }
  if (decision.quota.has_value()) {
    decision.quota->used = ++account.quota_used_;
  }
  if (limits.concurrency.has_value()) {
    decision.in_flight = ++account.in_flight_;
    lease = ConcurrencyLease(account);
  }
  return decision;
}

bool LimitTable::restore_quota(const LimitKey& key, QuotaInterval interval, int32_t first_day,
                               uint32_t used) noexcept {
  const WindowKey of_account = WindowKey::of_account(key, interval);
  const SpinHold hold(memory_.index().word);
  const uint32_t found = find_or_begin(of_account, tag_of(of_account));
  if (found == 0) {
    return false;
  }
  auto* const account = memory_.at<ExactWindow>(found);
  const SpinHold hold_account(account->word_);
  account->quota_day_ = first_day;
  account->quota_used_ = used;
  return true;
}

LimitDecision LimitTable::admit_window(const WindowKey& key, uint32_t requests,
                                       const Clock& clock) noexcept {
  const uint64_t tag = tag_of(key);
  uint32_t next = chain_of(tag).load(std::memory_order_acquire);
  for (int links = 0; next != 0 && links < kLinksMax; ++links) {
    auto* const window = memory_.at<ExactWindow>(next);
    if (window->tag_.load(std::memory_order_acquire) == tag) {
      if (const auto decision =
              window->decide_as(&key, memory_, requests, clock, ExactWindow::Purpose::kAdmit)) {
        return *decision;
      }
    }
    next = window->next_.load(std::memory_order_acquire);
  }
  const SpinHold hold(memory_.index().word);
  const uint32_t found = find_or_begin(key, tag);
  return found != 0 ? memory_.at<ExactWindow>(found)->admit(memory_, requests, clock)
                    : LimitDecision{.is_unavailable = true};
}

// One that was the key's when it was found; null: no memory.
ExactWindow* LimitTable::find(const WindowKey& key) noexcept {
  const uint64_t tag = tag_of(key);
  uint32_t next = chain_of(tag).load(std::memory_order_acquire);
  for (int links = 0; next != 0 && links < kLinksMax; ++links) {
    auto* const window = memory_.at<ExactWindow>(next);
    if (window->tag_.load(std::memory_order_acquire) == tag) {
      const SpinHold hold(window->word_);
      if (window->is_of(key)) {
        return window;
      }
    }
    next = window->next_.load(std::memory_order_acquire);
  }
  const SpinHold hold(memory_.index().word);
  const uint32_t found = find_or_begin(key, tag);
  return found == 0 ? nullptr : memory_.at<ExactWindow>(found);
}

// 0: no memory.
uint32_t LimitTable::find_or_begin(const WindowKey& key, uint64_t tag) noexcept {
  std::atomic<uint32_t>& head = chain_of(tag);
  const uint32_t first = head.load(std::memory_order_relaxed);
  for (uint32_t next = first; next != 0;) {
    auto* const window = memory_.at<ExactWindow>(next);
    if (window->is_of(key)) {
      return next;
    }
    next = window->next_.load(std::memory_order_relaxed);
  }
  const uint32_t taken = take_window();
  if (taken == 0) {
    return 0;
  }
  auto* const window = memory_.at<ExactWindow>(taken);
  window->begin(key, tag);
  window->next_.store(first, std::memory_order_release);
  head.store(taken, std::memory_order_release);
  return taken;
}

// Memory that was a window once is a window for ever: a reader that comes too late finds a spin
// word where it expects one.
uint32_t LimitTable::take_window() noexcept {
  WindowMemory::Index& index = memory_.index();
  if (index.free_windows == 0) {
    const uint32_t block = memory_.allocate(WindowMemory::kOrderMax);
    if (block == 0) {
      return 0;
    }
    for (uint32_t i = 0; i < kWindowsAtOnce; ++i) {
      const uint32_t at = block + i * kWindowUnits;
      auto* const window = new (memory_.at<void>(at)) ExactWindow{};
      window->next_.store(index.free_windows, std::memory_order_relaxed);
      index.free_windows = at;
    }
  }
  const uint32_t taken = index.free_windows;
  index.free_windows = memory_.at<ExactWindow>(taken)->next_.load(std::memory_order_relaxed);
  return taken;
}

void LimitTable::sweep(const Clock& clock) noexcept {
  for (std::atomic<uint32_t>& head : memory_.index().heads) {
    if (head.load(std::memory_order_relaxed) != 0) {
      sweep_chain(head, clock);
    }
  }
}

void LimitTable::sweep_chain(std::atomic<uint32_t>& head, const Clock& clock) noexcept {
  WindowMemory::Index& index = memory_.index();
  const SpinHold hold(index.word);
  std::atomic<uint32_t>* link = &head;
  while (const uint32_t at = link->load(std::memory_order_relaxed)) {
    auto* const window = memory_.at<ExactWindow>(at);
    if (!window->end_if_idle(memory_, clock)) {
      link = &window->next_;
      continue;
    }
    link->store(window->next_.load(std::memory_order_relaxed), std::memory_order_release);
    window->tag_.store(0, std::memory_order_relaxed);
    window->next_.store(index.free_windows, std::memory_order_release);
    index.free_windows = at;
  }
}

}  // namespace zerq::limits
