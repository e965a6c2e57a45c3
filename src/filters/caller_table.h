// SPDX-License-Identifier: Apache-2.0
// Clients and profiles as compiled: immutable, part of a snapshot, read by all shards. Pointers
// between them and into verifiers stay valid as long as the snapshot that holds the table.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "auth/opaque_token.h"
#include "base/clock.h"
#include "base/ip_address.h"
#include "base/object_id.h"
#include "http/http_method.h"
#include "limits/limit_table.h"
#include "limits/policy_config.h"

namespace zerq::auth {
class JwtVerifier;
}

namespace zerq::filters {

struct Policy {
  ObjectId id;
  limits::RateLimitConfig rate_limit;
};

// What is counted together under a policy; `part` is the profile, collection or proxy that it is
// `per`, and not looked at for `per: client`.
limits::WindowKey window_key(const Policy& policy, const ObjectId& client,
                             const ObjectId& part) noexcept;

// What a request needs is on one cache line; so it is with a profile.
struct alignas(64) Client {
  ObjectId id;
  bool is_active = true;
  limits::WindowPin window;           // Of `per: client`; else unset.
  const Policy* policy = nullptr;     // Null: no limit.
  std::vector<ObjectId> collections;  // Sorted.
};
static_assert(sizeof(Client) == 64);

enum class AuthKind : uint8_t { kNone, kToken, kJwt, kOidc };
std::string_view auth_kind_name(AuthKind kind) noexcept;

struct alignas(64) Profile {
  ObjectId id;
  const Client* client = nullptr;
  bool is_active = true;
  AuthKind auth = AuthKind::kNone;
  http::MethodSet allowed_methods;  // Empty: all.
  WallTime expires_at{INT64_MAX};
  const auth::JwtVerifier* verifier = nullptr;  // kJwt, kOidc.
  CidrSet allowed_ips;                          // Empty: all.
  std::string scopes;                           // Canonical; of kToken and kNone.
  std::vector<auth::OpaqueTokenHash> tokens;    // kToken.
  limits::WindowPin window;                     // Of `per: profile`; else unset.

  // Its secret comes from an environment variable or a file that is not there: saved and served,
  // but nobody can be recognised (semantics §3).
  bool lacks_secret() const {
    return auth == AuthKind::kToken ? tokens.empty()
                                    : auth != AuthKind::kNone && verifier == nullptr;
  }
};

// Objects by id, where they stay: open addressing over blocks that never move. Two cache misses a
// look-up among many, the object's own included.
template <class T>
class IdTable {
 public:
  T& add(T object);
  const T* find(const ObjectId& id) const noexcept;

 private:
  static constexpr size_t kBlock = 256;
  struct Slot {
    uint32_t tag = 0;
    uint32_t number = 0;  // Plus one; 0: free.
  };
  static uint64_t hash_of(const ObjectId& id) noexcept {
    constexpr uint64_t kMix = 0x9E3779B97F4A7C15ULL;
    const uint64_t hash = std::hash<ObjectId>()(id);
    return (hash ^ (hash >> 32)) * kMix;
  }
  const T& at(uint32_t number) const { return blocks_[number / kBlock][number % kBlock]; }
  void place(uint64_t hash, uint32_t number) noexcept;

  std::vector<std::vector<T>> blocks_;
  std::vector<Slot> slots_;  // A power of two, at most half full.
  uint32_t count_ = 0;
};

class CallerTable {
 public:
  CallerTable() = default;
  CallerTable(const CallerTable&) = delete;
  CallerTable& operator=(const CallerTable&) = delete;

  // An id is added once.
  Client& add_client(Client client) { return clients_.add(std::move(client)); }
  Profile& add_profile(Profile profile) { return profiles_.add(std::move(profile)); }
  Policy& add_policy(Policy policy);

  const Client* find_client(const ObjectId& id) const noexcept { return clients_.find(id); }
  const Profile* find_profile(const ObjectId& id) const noexcept { return profiles_.find(id); }

 private:
  IdTable<Client> clients_;
  IdTable<Profile> profiles_;
  std::vector<std::unique_ptr<Policy>> policies_;
};

template <class T>
T& IdTable<T>::add(T object) {
  if (slots_.size() <= size_t{count_} * 2) {
    slots_.assign(std::max<size_t>(16, slots_.size() * 2), Slot{});
    for (uint32_t number = 0; number < count_; ++number) {
      place(hash_of(at(number).id), number);
    }
  }
  if (count_ % kBlock == 0) {
    blocks_.emplace_back().reserve(kBlock);
  }
  blocks_.back().push_back(std::move(object));
  place(hash_of(blocks_.back().back().id), count_++);
  return blocks_.back().back();
}

template <class T>
const T* IdTable<T>::find(const ObjectId& id) const noexcept {
  if (slots_.empty()) {
    return nullptr;
  }
  const uint64_t hash = hash_of(id);
  const size_t mask = slots_.size() - 1;
  for (size_t i = hash >> 32;; ++i) {
    const Slot& slot = slots_[i & mask];
    if (slot.number == 0) {
      return nullptr;
    }
    if (slot.tag == static_cast<uint32_t>(hash) && at(slot.number - 1).id == id) {
      return &at(slot.number - 1);
    }
  }
}

template <class T>
void IdTable<T>::place(uint64_t hash, uint32_t number) noexcept {
  const size_t mask = slots_.size() - 1;
  size_t i = hash >> 32;
  while (slots_[i & mask].number != 0) {
    ++i;
  }
  slots_[i & mask] = {.tag = static_cast<uint32_t>(hash), .number = number + 1};
}

}  // namespace zerq::filters
