// SPDX-License-Identifier: Apache-2.0
#include "audit/ring_lane.h"

#include <algorithm>

#include "audit/record_codec.h"
#include "base/check.h"

namespace zerq::audit {
namespace {

constexpr uint64_t kRoomForOne = frame_bytes(kBeginBytesMax) + frame_bytes(kRecordBytesMax);

}  // namespace

RingLane::RingLane(std::unique_ptr<RingFile> ring, LaneId id, WakeEvent& journal_wake)
    : id_(id), codec_(id), ring_(std::move(ring)), journal_wake_(journal_wake) {}

void RingLane::attach(io::Mailbox& mailbox) { mailbox_ = &mailbox; }

void RingLane::detach() noexcept {
  CHECK(signals_.empty());
  Waiting expected = Waiting::kSomebody;
  waiting_.compare_exchange_strong(expected, Waiting::kNobody, std::memory_order_acq_rel);
  while (waiting_.load(std::memory_order_acquire) == Waiting::kBeingMailed) {
    pause_thread(std::chrono::microseconds(10));
  }
  mailbox_ = nullptr;
}

uint64_t RingLane::free_bytes() const noexcept {
  return kRingBytes - (head_ - ring_->tail().load(std::memory_order_acquire));
}

bool RingLane::has_room() const noexcept {
  // All open exchanges may end before the next drain, but ten thousand of them do not end in one
  // turn: half of the ring is the most that is held back. What still finds it full waits in
  // claim().
  const uint64_t reserve = std::min<uint64_t>(begins_open_ * kEndReserveBytes, kRingBytes / 2);
  return free_bytes() >= kRoomForOne + reserve;
}

void RingLane::notify_when_room(io::Signal& signal) {
  DCHECK(mailbox_ != nullptr);
  signals_.push_back(&signal);
  ask_for_mail();
  journal_wake_.wake();
}

void RingLane::ask_for_mail() noexcept {
  // A letter that is being sent just now is opened after this and looks at all signals.
  Waiting expected = Waiting::kNobody;
  waiting_.compare_exchange_strong(expected, Waiting::kSomebody, std::memory_order_acq_rel);
}

void RingLane::forget(io::Signal& signal) noexcept { std::erase(signals_, &signal); }

void RingLane::on_room() {
  if (signals_.empty()) {
    return;
  }
  if (!has_room()) {
    ask_for_mail();
    return;
  }
  const std::vector<io::Signal*> notified = std::exchange(signals_, {});
  for (io::Signal* signal : notified) {
    signal->notify();
  }
}

void RingLane::notify_waiting() noexcept {
  Waiting expected = Waiting::kSomebody;
  if (waiting_.load(std::memory_order_acquire) != Waiting::kSomebody ||
      !waiting_.compare_exchange_strong(expected, Waiting::kBeingMailed,
                                        std::memory_order_acq_rel)) {
    return;
  }
  mailbox_->send([this] { on_room(); });
  waiting_.store(Waiting::kNobody, std::memory_order_release);
}

std::byte* RingLane::claim(size_t frame_bytes) noexcept {
  if (free_bytes() < frame_bytes) [[unlikely]] {
    // Destructors cannot wait for a signal, and nothing may be dropped: the journal thread needs
    // well under a millisecond, unless the file system hangs.
    Duration waited = has_given_up_ ? kRoomPatience : Duration{};
    constexpr Duration kStep = std::chrono::milliseconds(1);
    while (free_bytes() < frame_bytes && waited < kRoomPatience) {
      journal_wake_.wake();
      pause_thread(kStep);
      waited += kStep;
    }
    // One long wait is enough: a shard that stands still serves nobody.
    has_given_up_ = free_bytes() < frame_bytes;
    if (has_given_up_) {
      return nullptr;
    }
  }
  return ring_->at(head_);
}

uint64_t RingLane::publish(std::byte* frame, size_t payload_bytes, FrameType type) noexcept {
  const uint64_t n = next_n_++;
  codec_.write_head(frame, payload_bytes, n, type, head_);
  head_ += frame_bytes(payload_bytes);
  ring_->head().store(head_, std::memory_order_release);
  if (free_bytes() < kRingBytes / 2) [[unlikely]] {
    journal_wake_.wake();
  }
  return n;
}

uint64_t RingLane::append_begin(const BeginMark& mark) noexcept {
  ++begins_open_;
  const size_t payload_bytes = encoded_bytes(mark);
  std::byte* const frame = claim(frame_bytes(payload_bytes));
  if (frame == nullptr) {
    frames_lost_.fetch_add(1, std::memory_order_relaxed);
    return next_n_++;
  }
  encode_begin(mark, frame + kFrameHeadBytes);
  return publish(frame, payload_bytes, FrameType::kBegin);
}

uint64_t RingLane::append(const Record& record, uint64_t begin_n, FrameType type) noexcept {
  const size_t payload_bytes = encoded_bytes(record);
  std::byte* const frame = claim(frame_bytes(payload_bytes));
  if (frame == nullptr) {
    frames_lost_.fetch_add(1, std::memory_order_relaxed);
    return next_n_++;
  }
  encode_record(record, begin_n, frame + kFrameHeadBytes);
  return publish(frame, payload_bytes, type);
}

void RingLane::append_end(const Record& record, uint64_t begin_n) noexcept {
  if (begin_n != 0) {
    DCHECK(begins_open_ > 0);
    --begins_open_;
  }
  append(record, begin_n, FrameType::kEnd);
}

void RingLane::append_open(const Record& record, uint64_t begin_n) noexcept {
  append(record, begin_n, FrameType::kOpen);
}

void RingLane::append_admin(const AdminRecord& record) noexcept {
  const size_t payload_bytes = encoded_bytes(record);
  std::byte* const frame = claim(frame_bytes(payload_bytes));
  if (frame == nullptr) {
    frames_lost_.fetch_add(1, std::memory_order_relaxed);
    ++next_n_;
    return;
  }
  encode_admin(record, frame + kFrameHeadBytes);
  publish(frame, payload_bytes, FrameType::kAdmin);
}

RingLane::Pending RingLane::pending() const noexcept {
  const uint64_t tail = ring_->tail().load(std::memory_order_relaxed);
  const uint64_t head = ring_->head().load(std::memory_order_acquire);
  return {.position = tail, .bytes = Bytes(ring_->at(tail), head - tail)};
}

void RingLane::release(uint64_t position) noexcept {
  ring_->tail().store(position, std::memory_order_release);
}

}  // namespace zerq::audit
