// SPDX-License-Identifier: Apache-2.0
// RingLane: the Lane over a RingFile. Its shard appends; the journal thread reads what is pending
// and gives the room back. `n` grows by one a frame, so that a frame that is missing is missed.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "audit/admin_record.h"
#include "audit/frame_codec.h"
#include "audit/lane.h"
#include "audit/ring_file.h"
#include "audit/wake_event.h"
#include "io/mailbox.h"

namespace zerq::audit {

class RingLane final : public Lane {
 public:
  // `journal_wake` outlives the lane.
  RingLane(std::unique_ptr<RingFile> ring, LaneId id, WakeEvent& journal_wake);

  LaneId id() const { return id_; }

  // --- The shard's side ---
  void attach(io::Mailbox& mailbox);
  // Waits out a notification that is being sent; no signal may be registered any more.
  void detach() noexcept;
  bool has_room() const noexcept override;
  void notify_when_room(io::Signal& signal) override;
  void forget(io::Signal& signal) noexcept override;
  uint64_t append_begin(const BeginMark& mark) noexcept override;
  void append_end(const Record& record, uint64_t begin_n) noexcept override;
  void append_open(const Record& record, uint64_t begin_n) noexcept override;
  void append_admin(const AdminRecord& record) noexcept;
  // After the last append.
  uint64_t next_n() const noexcept { return next_n_; }
  // Frames that found no room in kRoomPatience; each is a hole in n.
  uint64_t frames_lost() const noexcept { return frames_lost_.load(std::memory_order_relaxed); }

  // --- The journal thread's side ---
  struct Pending {
    uint64_t position = 0;
    Bytes bytes;  // Whole frames.
  };
  Pending pending() const noexcept;
  void release(uint64_t position) noexcept;
  // Mails the shard that there is room, if somebody waits for it.
  void notify_waiting() noexcept;

 private:
  static constexpr Duration kRoomPatience = std::chrono::seconds(2);
  // What an exchange that began will likely need for its end; see has_room().
  static constexpr uint64_t kEndReserveBytes = 512;

  enum class Waiting : uint8_t { kNobody, kSomebody, kBeingMailed };

  uint64_t free_bytes() const noexcept;
  std::byte* claim(size_t frame_bytes) noexcept;
  uint64_t publish(std::byte* frame, size_t payload_bytes, FrameType type) noexcept;
  uint64_t append(const Record& record, uint64_t begin_n, FrameType type) noexcept;
  void on_room();
  void ask_for_mail() noexcept;

  LaneId id_;
  FrameCodec codec_;
  std::unique_ptr<RingFile> ring_;
  WakeEvent& journal_wake_;
  uint64_t head_ = 0;
  uint64_t next_n_ = 1;
  uint64_t begins_open_ = 0;
  bool has_given_up_ = false;
  io::Mailbox* mailbox_ = nullptr;
  std::vector<io::Signal*> signals_;
  std::atomic<Waiting> waiting_ = Waiting::kNobody;
  std::atomic<uint64_t> frames_lost_ = 0;
};

}  // namespace zerq::audit
