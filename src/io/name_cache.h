// SPDX-License-Identifier: Apache-2.0
// NameCache: what is known about names, and when to ask again (rung: Gateway, inside DnsResolver,
// which guards it). Pure: no thread, no clock, no network. A name that is asked for near the end of
// its time is refreshed while the old answer still serves; when a refresh fails, the old answer
// serves on (RFC 8767), but a name that no longer exists is gone at once.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ip_address.h"
#include "base/result.h"

namespace zerq::io {

struct NameCacheLimits {
  Duration ttl_min = std::chrono::seconds(1);
  Duration ttl_max = std::chrono::minutes(5);
  Duration negative_ttl = std::chrono::seconds(1);
  Duration stale_max = std::chrono::hours(1);
  size_t names_max = 4096;
};

class NameCache {
 public:
  using Addresses = std::vector<IpAddress>;
  using Answer = Result<Addresses>;

  struct Found {
    // Fresh, or the reason why there is none; absent: wait for the look-up.
    std::optional<Answer> answer;
    // Nobody looks the name up yet and somebody should: the caller now does.
    bool must_look_up = false;
  };

  explicit NameCache(const NameCacheLimits& limits) : limits_(limits) {}

  Found find(const std::string& host, Instant now);
  // An answer past its time, for who cannot wait any longer.
  std::optional<Addresses> find_stale(const std::string& host, Instant now) const;

  // How a look-up ended; returns what those who wait are told.
  Answer on_addresses(const std::string& host, Addresses addresses, Duration ttl, Instant now);
  Answer on_no_such_name(const std::string& host, Instant now);
  Answer on_failure(const std::string& host, Instant now);

  size_t size() const { return names_.size(); }

 private:
  struct Name {
    Addresses addresses;
    Instant fresh_until{};
    Instant refresh_from{};  // A little earlier.
    Instant stale_until{};
    bool exists = true;
    bool is_under_way = false;
  };

  bool make_room(Instant now);
  void remember_failure(Name& name, Instant now);

  NameCacheLimits limits_;
  std::map<std::string, Name> names_;
};

}  // namespace zerq::io
