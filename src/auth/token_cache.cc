// SPDX-License-Identifier: Apache-2.0
#include "auth/token_cache.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace zerq::auth {
namespace {

constexpr size_t kChains = 4096;  // A power of two.

// Every byte is looked at, whatever the first ones are: the token beside it may be a stranger's.
bool is_same_text(const char* a, const char* b, size_t bytes) noexcept {
  unsigned char difference = 0;
  for (size_t i = 0; i < bytes; ++i) {
    difference |= static_cast<unsigned char>(a[i] ^ b[i]);
  }
  return difference == 0;
}

}  // namespace

TokenCache::TokenCache(const TokenCacheLimits& limits)
    : limits_(limits),
      chains_(kChains, kNone),
      memo_texts_(std::make_unique_for_overwrite<char[]>(limits.memo_text_bytes)) {
  CHECK(limits.value_bytes_max <= UINT16_MAX);
  CHECK(limits.token_bytes_max <= limits.memo_text_bytes);
}

std::optional<VerifiedToken> TokenCache::find_by_memo(const VerifierId& verifier,
                                                      std::string_view token, const TokenMemo& memo,
                                                      Arena& arena) noexcept {
  if (memo.text_bytes == 0 || memo.text_bytes != token.size() || !(memo.verifier == verifier) ||
      memo_head_ - memo.text_at > limits_.memo_text_bytes || memo.slot >= slots_.size()) {
    return std::nullopt;
  }
  Slot& slot = slots_[memo.slot];
  if (!slot.is_used || slot.use != memo.slot_use ||
      !is_same_text(memo_texts_.get() + memo.text_at % limits_.memo_text_bytes, token.data(),
                    token.size())) {
    return std::nullopt;
  }
  return copy_value(slot, arena);
}

std::optional<VerifiedToken> TokenCache::find(const Key& key, std::string_view token,
                                              TokenMemo& memo, Arena& arena) noexcept {
  const uint32_t slot = find_slot(key);
  if (slot == kNone) {
    return std::nullopt;
  }
  remember(key.verifier, token, slot, memo);
  return copy_value(slots_[slot], arena);
}

void TokenCache::insert(const Key& key, std::string_view token, const VerifiedToken& verified,
                        TokenMemo& memo) {
  const std::string_view parts[] = {verified.subject, verified.key_id, verified.scopes,
                                    verified.jti};
  size_t text_bytes = 0;
  for (const std::string_view part : parts) {
    text_bytes += part.size();
  }
  if (!may_hold(token) || text_bytes > limits_.value_bytes_max ||
      sizeof(Slot) + text_bytes > limits_.cache_bytes_max) {
    return;
  }
  if (const uint32_t old = find_slot(key); old != kNone) {
    evict(old);
  }
  make_room(sizeof(Slot) + text_bytes);
  const uint32_t index = take_slot();
  Slot& slot = slots_[index];
  slot.key = key;
  slot.text = std::make_unique_for_overwrite<char[]>(text_bytes);
  char* to = slot.text.get();
  for (const std::string_view part : parts) {
    to = std::copy(part.begin(), part.end(), to);
  }
  slot.subject_bytes = static_cast<uint16_t>(verified.subject.size());
  slot.key_id_bytes = static_cast<uint16_t>(verified.key_id.size());
  slot.scopes_bytes = static_cast<uint16_t>(verified.scopes.size());
  slot.jti_bytes = static_cast<uint16_t>(verified.jti.size());
  slot.expires_at_s = verified.expires_at_s;
  slot.not_before_s = verified.not_before_s;
  slot.use = ++last_use_;
  slot.is_used = true;
  slot.was_hit = false;
  uint32_t& chain = chain_of(key);
  slot.next = chain;
  chain = index;
  bytes_held_ += sizeof(Slot) + text_bytes;
  ++entry_count_;
  remember(key.verifier, token, index, memo);
}

uint32_t& TokenCache::chain_of(const Key& key) noexcept {
  size_t hash;  // The digest is as good a hash as there is.
  std::memcpy(&hash, key.token_digest.data(), sizeof hash);
  return chains_[hash % kChains];
}

uint32_t TokenCache::find_slot(const Key& key) noexcept {
  uint32_t slot = chain_of(key);
  while (slot != kNone && !(slots_[slot].key == key)) {
    slot = slots_[slot].next;
  }
  return slot;
}

VerifiedToken TokenCache::copy_value(Slot& slot, Arena& arena) noexcept {
  slot.was_hit = true;
  std::string_view text = arena.copy({slot.text.get(), slot.text_bytes()});
  const auto take = [&text](size_t bytes) {
    const std::string_view part = text.substr(0, bytes);
    text.remove_prefix(bytes);
    return part;
  };
  // In the order in which insert() wrote them; braces evaluate from left to right.
  return VerifiedToken{
      .subject = take(slot.subject_bytes),
      .key_id = take(slot.key_id_bytes),
      .scopes = take(slot.scopes_bytes),
      .jti = take(slot.jti_bytes),
      .expires_at_s = slot.expires_at_s,
      .not_before_s = slot.not_before_s,
  };
}

void TokenCache::remember(const VerifierId& verifier, std::string_view token, uint32_t slot,
                          TokenMemo& memo) noexcept {
  const size_t ring = limits_.memo_text_bytes;
  if (const size_t left = ring - memo_head_ % ring; left < token.size()) {
    memo_head_ += left;  // A text lies in one piece.
  }
  std::memcpy(memo_texts_.get() + memo_head_ % ring, token.data(), token.size());
  memo = {.verifier = verifier,
          .text_at = memo_head_,
          .text_bytes = static_cast<uint32_t>(token.size()),
          .slot = slot,
          .slot_use = slots_[slot].use};
  memo_head_ += token.size();
}

void TokenCache::make_room(size_t bytes) noexcept {
  while (bytes_held_ + bytes > limits_.cache_bytes_max) {
    hand_ = hand_ + 1 < slots_.size() ? hand_ + 1 : 0;
    Slot& slot = slots_[hand_];
    if (slot.was_hit) {
      slot.was_hit = false;
    } else if (slot.is_used) {
      evict(hand_);
    }
  }
}

void TokenCache::evict(uint32_t index) noexcept {
  Slot& slot = slots_[index];
  uint32_t* link = &chain_of(slot.key);
  while (*link != index) {
    link = &slots_[*link].next;
  }
  *link = slot.next;
  bytes_held_ -= sizeof(Slot) + slot.text_bytes();
  --entry_count_;
  slot.text.reset();
  slot.is_used = false;
  slot.was_hit = false;
  free_slots_.push_back(index);
}

uint32_t TokenCache::take_slot() {
  if (free_slots_.empty()) {
    slots_.emplace_back();
    // So that evict() never allocates.
    free_slots_.reserve(slots_.capacity());
    return static_cast<uint32_t>(slots_.size() - 1);
  }
  const uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  return slot;
}

}  // namespace zerq::auth
