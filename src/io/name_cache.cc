// SPDX-License-Identifier: Apache-2.0
#include "io/name_cache.h"

#include <algorithm>
#include <utility>

namespace zerq::io {
namespace {

NameCache::Answer answer_of(const NameCache::Addresses& addresses, bool exists) {
  if (!addresses.empty()) {
    return addresses;
  }
  return fail(ErrorCode::kResolve, exists ? "resolver_failed" : "no_such_host");
}

}  // namespace

NameCache::Found NameCache::find(const std::string& host, Instant now) {
  auto known = names_.find(host);
  if (known == names_.end()) {
    if (!make_room(now)) {
      return {.answer = fail(ErrorCode::kExhausted, "names_max")};
    }
    known = names_.emplace(host, Name{}).first;
  }
  Name& name = known->second;
  Found found;
  if (now < name.fresh_until) {
    found.answer = answer_of(name.addresses, name.exists);
  }
  if (!name.is_under_way && now >= name.refresh_from) {
    name.is_under_way = true;
    found.must_look_up = true;
  }
  return found;
}

std::optional<NameCache::Addresses> NameCache::find_stale(const std::string& host,
                                                          Instant now) const {
  const auto known = names_.find(host);
  if (known == names_.end() || known->second.addresses.empty() ||
      now >= known->second.stale_until) {
    return std::nullopt;
  }
  return known->second.addresses;
}

NameCache::Answer NameCache::on_addresses(const std::string& host, Addresses addresses,
                                          Duration ttl, Instant now) {
  Name& name = names_[host];
  const Duration kept = std::clamp(ttl, limits_.ttl_min, limits_.ttl_max);
  name.addresses = std::move(addresses);
  name.fresh_until = now + kept;
  name.refresh_from = name.fresh_until - kept / 8;
  name.stale_until = name.fresh_until + limits_.stale_max;
  name.exists = true;
  name.is_under_way = false;
  return answer_of(name.addresses, true);
}

NameCache::Answer NameCache::on_no_such_name(const std::string& host, Instant now) {
  Name& name = names_[host];
  name.addresses.clear();
  name.exists = false;
  remember_failure(name, now);
  return answer_of({}, false);
}

NameCache::Answer NameCache::on_failure(const std::string& host, Instant now) {
  Name& name = names_[host];
  if (now >= name.stale_until) {
    name.addresses.clear();
  }
  name.exists = true;
  remember_failure(name, now);
  return answer_of(name.addresses, true);
}

// Until then the present answer, an old one among them, serves without another look-up.
void NameCache::remember_failure(Name& name, Instant now) {
  name.fresh_until = now + limits_.negative_ttl;
  name.refresh_from = name.fresh_until;
  name.is_under_way = false;
}

bool NameCache::make_room(Instant now) {
  if (names_.size() < limits_.names_max) {
    return true;
  }
  const auto is_idle = [](const auto& entry) { return !entry.second.is_under_way; };
  std::erase_if(
      names_, [&](const auto& entry) { return is_idle(entry) && now >= entry.second.fresh_until; });
  if (names_.size() >= limits_.names_max) {
    std::erase_if(names_, is_idle);
  }
  return names_.size() < limits_.names_max;
}

}  // namespace zerq::io
