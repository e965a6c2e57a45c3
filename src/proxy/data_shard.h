// SPDX-License-Identifier: Apache-2.0
// DataShard: what the walk shares on one shard (rung: Shard; one thread): the loop, the published
// snapshot, the upstream pool, the journal lane, caches and counters. Owns the client connections
// of its shard. Constructed by main/gateway.cc.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/intrusive_list.h"
#include "crypto/random.h"
#include "io/published.h"
#include "proxy/proxy_counters.h"

namespace zerq::audit {
class Lane;
}
namespace zerq::filters {
class CallerCache;
}
namespace zerq::io {
class EventLoop;
class Shard;
}  // namespace zerq::io
namespace zerq::limits {
class LimitTable;
}
namespace zerq::telemetry {
class Readiness;
}
namespace zerq::upstream {
class UpstreamPool;
}

namespace zerq::proxy {

struct Snapshot;
class ClientConnection;

class DataShard {
 public:
  struct Parts {
    io::Shard& shard;
    audit::Lane& lane;
    const telemetry::Readiness& readiness;
    upstream::UpstreamPool& pool;
    limits::LimitTable& windows;
    Bytes token_key;  // Of the keyed hash of opaque tokens.
    io::PublishedSlot<Snapshot>::Retire retire;
  };
  explicit DataShard(Parts parts);
  ~DataShard();
  DataShard(const DataShard&) = delete;
  DataShard& operator=(const DataShard&) = delete;

  io::EventLoop& loop() const { return loop_; }
  audit::Lane& lane() const { return lane_; }
  upstream::UpstreamPool& pool() const { return pool_; }
  filters::CallerCache& caller_cache() { return *caller_cache_; }
  ProxyCounters& counters() { return counters_; }
  const ProxyCounters& counters() const { return counters_; }
  const telemetry::Readiness& readiness() const { return readiness_; }

  io::PublishedSlot<Snapshot>& snapshots() { return snapshots_; }
  const Snapshot& snapshot() const { return snapshots_.current(); }
  io::Pin<Snapshot> pin_snapshot() { return snapshots_.pin(); }

  // A fresh UUIDv7 as text in the arena, and its bytes.
  std::string_view make_request_id(WallTime now, std::array<uint8_t, 16>& uuid, Arena& arena);
  // The current date in IMF-fixdate form (RFC 9110 §5.6.7), made once a second.
  std::string_view date_text();

  // ---- connections ----
  // Serves an accepted descriptor; the load was added by whoever accepted it.
  void open_connection(int fd);
  // Destroys it between events.
  void close_connection(ClientConnection& connection);
  // Closes idle connections and lets the others finish their request.
  void drain();
  bool is_draining() const { return is_draining_; }
  // Tears every connection down; before the loop ends.
  void close_all();
  size_t open_connections() const { return connections_open_; }

  // Open connections, readable by other shards for accept balancing.
  int64_t load() const;
  void add_load(int64_t connections);

 private:
  io::Shard& shard_;
  io::EventLoop& loop_;
  audit::Lane& lane_;
  const telemetry::Readiness& readiness_;
  upstream::UpstreamPool& pool_;
  io::PublishedSlot<Snapshot> snapshots_;
  std::unique_ptr<filters::CallerCache> caller_cache_;
  crypto::RandomSource random_;
  ProxyCounters counters_;
  IntrusiveList<ClientConnection> connections_;
  size_t connections_open_ = 0;
  std::array<char, 32> date_{};
  int64_t date_second_ = -1;
  bool is_draining_ = false;
};

}  // namespace zerq::proxy
