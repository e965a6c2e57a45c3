// SPDX-License-Identifier: Apache-2.0
// Tokens that were verified before (rung: Shard; one thread): (verifier id, SHA-256 of the token) →
// what it said. Bounded in bytes, evicted by clock. It holds successes alone, never looks at
// signatures, and leaves exp and nbf to its caller. A hit allocates nothing outside the arena.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "auth/verifier.h"
#include "base/arena.h"
#include "crypto/digest.h"

namespace zerq::auth {

struct TokenCacheLimits {
  size_t cache_bytes_max = 2 * 1024 * 1024;
  size_t token_bytes_max = 4096;
  size_t value_bytes_max = 1024;  // Subject, key id, scopes and jti together.
  // Texts of the tokens that connections used last, for their memos.
  size_t memo_text_bytes = 256 * 1024;
};

// What a connection remembers of its last good token (rung: ClientConnection): where the shard's
// cache has its text and its value. 48 bytes; an idle connection holds no text.
struct TokenMemo {
  VerifierId verifier;
  uint64_t text_at = 0;
  uint32_t text_bytes = 0;  // 0: nothing is remembered.
  uint32_t slot = 0;
  uint64_t slot_use = 0;
};

class TokenCache {
 public:
  explicit TokenCache(const TokenCacheLimits& limits = {});
  TokenCache(const TokenCache&) = delete;
  TokenCache& operator=(const TokenCache&) = delete;

  struct Key {
    VerifierId verifier;
    crypto::Digest256 token_digest;
    friend bool operator==(const Key&, const Key&) = default;
  };

  // One comparison instead of a hash. Views of the result are in `arena`.
  std::optional<VerifiedToken> find_by_memo(const VerifierId& verifier, std::string_view token,
                                            const TokenMemo& memo, Arena& arena) noexcept;
  // A hit is remembered in `memo`.
  std::optional<VerifiedToken> find(const Key& key, std::string_view token, TokenMemo& memo,
                                    Arena& arena) noexcept;
  // Only ever what the verifier of `key` has just accepted. Too big: not kept.
  void insert(const Key& key, std::string_view token, const VerifiedToken& verified,
              TokenMemo& memo);
  // Whether find() can have it: the hash of a bigger token is work for nothing.
  bool may_hold(std::string_view token) const { return token.size() <= limits_.token_bytes_max; }

  size_t bytes_held() const { return bytes_held_; }
  size_t entry_count() const { return entry_count_; }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Slot {
    Key key;
    std::unique_ptr<char[]> text;  // Subject, key id, scopes, jti, one behind the other.
    int64_t expires_at_s = 0;
    int64_t not_before_s = 0;
    uint64_t use = 0;  // Changes whenever the slot gets another token.
    uint32_t next = kNone;
    uint16_t subject_bytes = 0, key_id_bytes = 0, scopes_bytes = 0, jti_bytes = 0;
    bool is_used = false;
    bool was_hit = false;  // Since the hand of the clock passed.

    size_t text_bytes() const {
      return size_t{subject_bytes} + key_id_bytes + scopes_bytes + jti_bytes;
    }
  };

  uint32_t& chain_of(const Key& key) noexcept;
  uint32_t find_slot(const Key& key) noexcept;
  VerifiedToken copy_value(Slot& slot, Arena& arena) noexcept;
  void remember(const VerifierId& verifier, std::string_view token, uint32_t slot,
                TokenMemo& memo) noexcept;
  void make_room(size_t bytes) noexcept;
  void evict(uint32_t slot) noexcept;
  uint32_t take_slot();

  const TokenCacheLimits limits_;
  std::vector<uint32_t> chains_;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_slots_;
  uint32_t hand_ = 0;
  size_t bytes_held_ = 0;
  size_t entry_count_ = 0;
  uint64_t last_use_ = 0;
  // A ring: positions grow for ever, the text at p is gone once head - p > its size.
  std::unique_ptr<char[]> memo_texts_;
  uint64_t memo_head_ = 0;
};

}  // namespace zerq::auth
