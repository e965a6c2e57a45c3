// SPDX-License-Identifier: Apache-2.0
#include "audit/quota_counts.h"

#include <cstring>
#include <functional>

namespace zerq::audit {
namespace {

constexpr uint16_t kDaysMax = 31;  // Of the longest window.

}  // namespace

std::array<std::byte, QuotaKey::kBytes> QuotaKey::encode() const {
  std::array<std::byte, kBytes> bytes;
  std::byte* at = bytes.data();
  for (const ObjectId* id : {&policy, &client, &part}) {
    std::memcpy(at, id->bytes().data(), ObjectId::kBytes);
    at += ObjectId::kBytes;
  }
  at[0] = std::byte{per};
  at[1] = std::byte{interval};
  return bytes;
}

QuotaKey QuotaKey::decode(Bytes bytes) {
  QuotaKey key;
  size_t at = 0;
  for (ObjectId* id : {&key.policy, &key.client, &key.part}) {
    std::array<uint8_t, ObjectId::kBytes> raw;
    std::memcpy(raw.data(), bytes.data() + at, raw.size());
    *id = ObjectId(raw);
    at += raw.size();
  }
  key.per = std::to_integer<uint8_t>(bytes[at]);
  key.interval = std::to_integer<uint8_t>(bytes[at + 1]);
  return key;
}

uint16_t day_number(WallTime time) {
  constexpr int64_t kDayUs = 86'400'000'000;
  return static_cast<uint16_t>(time.us / kDayUs);
}

size_t QuotaCounts::KeyHash::operator()(const QuotaKey& key) const noexcept {
  constexpr uint64_t kMix = 0x9E3779B97F4A7C15ULL;
  const std::hash<ObjectId> hash;
  uint64_t mixed = hash(key.client);
  mixed = (mixed ^ (mixed >> 32)) * kMix + hash(key.part);
  mixed = (mixed ^ (mixed >> 32)) * kMix + hash(key.policy);
  mixed = (mixed ^ (mixed >> 32)) * kMix + key.per * 4U + key.interval;
  return mixed ^ (mixed >> 32);
}

void QuotaCounts::add(const ObjectId& client, const QuotaUse& use) {
  const QuotaKey key{.policy = use.policy_id,
                     .client = client,
                     .part = use.part,
                     .per = use.per,
                     .interval = use.interval};
  Entry& entry = entries_[key];
  if (use.first_day < entry.first_day) {
    return;
  }
  if (use.first_day > entry.first_day) {
    entry.first_day = use.first_day;
    entry.used = 0;
  }
  ++entry.used;
  if (!entry.is_changed) {
    entry.is_changed = true;
    changed_.push_back(key);
  }
}

void QuotaCounts::restore(const QuotaCount& count) {
  entries_[count.key] = {.first_day = count.first_day, .used = count.used};
}

void QuotaCounts::drop_old(uint16_t today) {
  std::erase_if(entries_, [&](const auto& item) {
    return !item.second.is_changed && item.second.first_day + kDaysMax <= today;
  });
}

std::vector<QuotaCount> QuotaCounts::list(bool only_changed) const {
  std::vector<QuotaCount> counts;
  const auto append = [&](const QuotaKey& key, const Entry& entry) {
    counts.push_back({.key = key, .first_day = entry.first_day, .used = entry.used});
  };
  if (only_changed) {
    for (const QuotaKey& key : changed_) {
      append(key, entries_.at(key));
    }
    return counts;
  }
  for (const auto& [key, entry] : entries_) {
    append(key, entry);
  }
  return counts;
}

void QuotaCounts::settle() {
  for (const QuotaKey& key : changed_) {
    entries_.at(key).is_changed = false;
  }
  changed_.clear();
}

}  // namespace zerq::audit
