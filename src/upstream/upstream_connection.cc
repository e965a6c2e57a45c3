// SPDX-License-Identifier: Apache-2.0
#include "upstream/upstream_connection.h"

#include <utility>

#include "upstream/upstream_pool.h"

namespace zerq::upstream {

ConnectionSlot& ConnectionSlot::operator=(ConnectionSlot&& other) noexcept {
  if (this != &other) {
    release();
    pool_ = std::exchange(other.pool_, nullptr);
    target_ = other.target_;
  }
  return *this;
}

ConnectionSlot ConnectionSlot::try_take(UpstreamPool& pool, const Target& target) noexcept {
  if (!target.state().connections.try_add_one(target.limits().connections_max)) {
    return {};
  }
  return {pool, target};
}

void ConnectionSlot::release() noexcept {
  if (UpstreamPool* pool = std::exchange(pool_, nullptr)) {
    target_->state().connections.add(-1);
    pool->on_slot_free(*target_);
  }
}

UpstreamConnection::UpstreamConnection(UpstreamPool& pool, const Target& target,
                                       ConnectionSlot slot, std::unique_ptr<io::TcpSocket> socket)
    : pool_(pool),
      target_(target),
      slot_(std::move(slot)),
      socket_(std::move(socket)),
      address_text_(socket_->peer_address().to_text()),
      idle_timer_(*this) {}

void UpstreamConnection::begin_idle(Instant until) {
  was_used_ = true;
  socket_->set_close_sink(this);
  socket_->watch_peer();
  pool_.loop().timers().arm(idle_timer_, until);
}

void UpstreamConnection::end_idle() noexcept {
  idle_timer_.disarm();
  socket_->set_close_sink(nullptr);
}

void UpstreamConnection::on_peer_close(ErrorCode) noexcept { pool_.drop_idle(*this); }

void UpstreamConnection::on_unawaited_bytes() noexcept { pool_.drop_idle(*this); }

void UpstreamConnection::on_idle_timer(io::Timer& timer) noexcept {
  UpstreamConnection& connection = static_cast<IdleTimer&>(timer).connection;
  connection.pool_.drop_idle(connection);
}

}  // namespace zerq::upstream
