// SPDX-License-Identifier: Apache-2.0
#include "proxy/data_shard.h"

#include <ctime>

#include "filters/caller_cache.h"
#include "io/event_loop.h"
#include "io/shard.h"
#include "proxy/client_connection.h"
#include "text/uuid.h"

namespace zerq::proxy {

DataShard::DataShard(Parts parts)
    : shard_(parts.shard),
      loop_(parts.shard.loop()),
      lane_(parts.lane),
      readiness_(parts.readiness),
      pool_(parts.pool),
      snapshots_(std::move(parts.retire)),
      caller_cache_(std::make_unique<filters::CallerCache>(parts.token_key, parts.windows)) {}

DataShard::~DataShard() { close_all(); }

void DataShard::close_all() {
  while (ClientConnection* connection = connections_.pop_front()) {
    delete connection;
    --connections_open_;
  }
}

std::string_view DataShard::make_request_id(WallTime now, std::array<uint8_t, 16>& uuid,
                                            Arena& arena) {
  const text::Uuid id =
      text::Uuid::v7(static_cast<uint64_t>(now.us / 1000), random_.next_u64(), random_.next_u64());
  uuid = id.bytes();
  char* const to = reinterpret_cast<char*>(arena.allocate(text::Uuid::kTextBytes, 1));
  id.write_text(to);
  return {to, text::Uuid::kTextBytes};
}

std::string_view DataShard::date_text() {
  const int64_t second = loop().wall_now().seconds();
  if (second != date_second_) {
    date_second_ = second;
    const time_t time = second;
    tm parts{};
    ::gmtime_r(&time, &parts);
    std::strftime(date_.data(), date_.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  }
  return date_.data();
}

int64_t DataShard::load() const { return shard_.load(); }

void DataShard::add_load(int64_t connections) { shard_.add_load(connections); }

void DataShard::open_connection(int fd) {
  auto* connection = new ClientConnection(*this, loop().adopt_socket(fd));
  connections_.push_back(*connection);
  ++connections_open_;
  counters_.connections_accepted.add(1);
  connection->start();
  if (is_draining_) {
    connection->drain();
  }
}

void DataShard::close_connection(ClientConnection& connection) {
  connection.unlink();
  --connections_open_;
  add_load(-1);
  counters_.connections_closed.add(1);
  // Its own coroutine is on the resume stack now.
  loop().reap([owned = std::unique_ptr<ClientConnection>(&connection)] {});
}

void DataShard::drain() {
  is_draining_ = true;
  connections_.for_each([](ClientConnection& connection) { connection.drain(); });
}

}  // namespace zerq::proxy
