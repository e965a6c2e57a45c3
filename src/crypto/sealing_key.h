// SPDX-License-Identifier: Apache-2.0
// Secrets at rest: AES-256-GCM (NIST SP 800-38D) with a fresh random nonce each, bound to where
// they stand by associated data. A sealed secret is nonce (12 bytes) ‖ ciphertext ‖ tag (16 bytes).
// The keys' bytes are wiped when they go. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace zerq::crypto {

class SealingKey {
 public:
  static constexpr size_t kKeyBytes = 32;

  // Precondition: kKeyBytes bytes.
  explicit SealingKey(Bytes key);
  ~SealingKey();
  SealingKey(const SealingKey&) = default;
  SealingKey& operator=(const SealingKey&) = default;
  SealingKey(SealingKey&&) noexcept = default;
  SealingKey& operator=(SealingKey&&) noexcept = default;

  // 16 hex digits; tells keys apart without telling anything else of them.
  const std::string& id() const noexcept { return id_; }
  Bytes bytes() const noexcept { return as_bytes(key_); }

  std::string seal(std::string_view secret, std::string_view place) const;
  // None: another key, another place, or changed bytes.
  std::optional<std::string> open(std::string_view sealed, std::string_view place) const;

 private:
  std::string key_;
  std::string id_;
};

// The first key seals, all open.
class KeyRing {
 public:
  void add(SealingKey key) { keys_.push_back(std::move(key)); }
  void add_first(SealingKey key) { keys_.insert(keys_.begin(), std::move(key)); }
  bool is_empty() const noexcept { return keys_.empty(); }
  const SealingKey& first() const noexcept { return keys_.front(); }
  // Null: none of that id.
  const SealingKey* find(std::string_view id) const noexcept;
  const std::vector<SealingKey>& keys() const noexcept { return keys_; }

 private:
  std::vector<SealingKey> keys_;
};

}  // namespace zerq::crypto
