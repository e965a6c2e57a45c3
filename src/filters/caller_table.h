// SPDX-License-Identifier: Apache-2.0
// Clients and profiles as compiled: immutable, read by all shards. The table is part of a snapshot
// and borrows its entries: unchanged ones serve many revisions, and whoever made the snapshot keeps
// them alive as long as it lives. Pointers between them and into verifiers live as long.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "auth/opaque_token.h"
#include "base/clock.h"
#include "base/ip_address.h"
#include "base/object_id.h"
#include "http/http_method.h"
#include "limits/limit_pin.h"
#include "limits/policy_config.h"

namespace zerq::auth {
class JwtVerifier;
}

namespace zerq::filters {

struct Policy {
  ObjectId id;
  limits::PolicyLimits limits;
};

// What is counted together under a policy; `part` is the profile, collection or proxy that it is
// `per`, and not looked at for `per: client`.
limits::LimitKey limit_key(const Policy& policy, const ObjectId& client,
                           const ObjectId& part) noexcept;

// What a request needs is on one cache line; so it is with a profile.
struct alignas(64) Client {
  ObjectId id;
  bool is_active = true;
  limits::LimitPin limit;  // Of `per: client`; else unset.
  const Policy* policy = nullptr;  // Null: no limit.
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
  CidrSet allowed_ips;  // Empty: all.
  std::string scopes;  // Canonical; of kToken and kNone.
  std::vector<auth::OpaqueTokenHash> tokens;  // kToken.
  limits::LimitPin limit;  // Of `per: profile`; else unset.

  // Its secret comes from an environment variable or a file that is not there: saved and served,
  // but nobody can be recognised (semantics §3).
  bool lacks_secret() const {
    return auth == AuthKind::kToken ? tokens.empty()
                                    : auth != AuthKind::kNone && verifier == nullptr;
  }
};

// Objects by id, where they stay: open addressing over their addresses. Two cache misses a look-up
// among many, the object's own included.
template <class T>
class IdTable {
 public:
  void reserve(size_t count);
  void add(const T& object);
  const T* find(const ObjectId& id) const noexcept;

 private:
  struct Slot {
    uint64_t hash = 0;
    const T* object = nullptr;  // Null: free.
  };
  static constexpr size_t kSlotsMin = 16;
  static uint64_t hash_of(const ObjectId& id) noexcept {
    constexpr uint64_t kMix = 0x9E3779B97F4A7C15ULL;
    const uint64_t hash = std::hash<ObjectId>()(id);
    return (hash ^ (hash >> 32)) * kMix;
  }
  void place(const Slot& slot) noexcept;

  std::vector<Slot> slots_;  // A power of two, at most half full.
  size_t count_ = 0;
};

class CallerTable {
 public:
  CallerTable() = default;
  CallerTable(const CallerTable&) = delete;
  CallerTable& operator=(const CallerTable&) = delete;

  void reserve(size_t clients, size_t profiles) {
    clients_.reserve(clients);
    profiles_.reserve(profiles);
  }
  // Each outlives the table; an id is added once.
  void add_client(const Client& client) { clients_.add(client); }
  void add_profile(const Profile& profile) { profiles_.add(profile); }

  const Client* find_client(const ObjectId& id) const noexcept { return clients_.find(id); }
  const Profile* find_profile(const ObjectId& id) const noexcept { return profiles_.find(id); }

 private:
  IdTable<Client> clients_;
  IdTable<Profile> profiles_;
};

template <class T>
void IdTable<T>::reserve(size_t count) {
  if (slots_.size() >= count * 2) {
    return;
  }
  std::vector<Slot> former(std::bit_ceil(std::max(kSlotsMin, count * 2)));
  former.swap(slots_);
  for (const Slot& slot : former) {
    if (slot.object != nullptr) {
      place(slot);
    }
  }
}

template <class T>
void IdTable<T>::add(const T& object) {
  reserve(++count_);
  place({.hash = hash_of(object.id), .object = &object});
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
    if (slot.object == nullptr || (slot.hash == hash && slot.object->id == id)) {
      return slot.object;
    }
  }
}

template <class T>
void IdTable<T>::place(const Slot& slot) noexcept {
  const size_t mask = slots_.size() - 1;
  size_t i = slot.hash >> 32;
  while (slots_[i & mask].object != nullptr) {
    ++i;
  }
  slots_[i & mask] = slot;
}

}  // namespace zerq::filters
