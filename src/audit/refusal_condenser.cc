// SPDX-License-Identifier: Apache-2.0
#include "audit/refusal_condenser.h"

#include <cstring>

#include "audit/record_codec.h"
#include "base/check.h"

namespace zerq::audit {
namespace {

// The record of a request that step 8 did not let through, or nothing.
std::optional<Record> stranger_in(const Frame& frame) {
  if (frame.type != FrameType::kEnd || peek_keys(frame.type, frame.payload).begin_n != 0) {
    return std::nullopt;
  }
  const std::optional<DecodedRecord> decoded = decode_record(frame.payload);
  if (!decoded.has_value()) {
    return std::nullopt;
  }
  const Record& record = decoded->record;
  const bool is_counted = record.kind == RecordKind::kRequest &&
                          record.phase == RecordPhase::kWhole && !record.error.empty() &&
                          record.auth.result != "ok";
  return is_counted ? std::optional(record) : std::nullopt;
}

}  // namespace

void RefusalCondenser::copy(const Frame& frame) {
  const size_t bytes = frame_bytes(frame.payload.size());
  std::memcpy(out_.data() + used_, frame.payload.data() - kFrameHeadBytes, bytes);
  used_ += bytes;
}

void RefusalCondenser::end_run(const FrameCodec& codec) {
  if (run_.counts.empty()) {
    return;
  }
  const size_t payload_bytes = encoded_bytes(run_);
  std::byte* const to = out_.data() + used_;
  std::memset(to, 0, frame_bytes(payload_bytes));
  encode_run(run_, to + kFrameHeadBytes);
  codec.write_head(to, payload_bytes, last_n_, FrameType::kCondensed, last_position_);
  used_ += frame_bytes(payload_bytes);
  run_.counts.clear();
}

Bytes RefusalCondenser::condense(LaneId lane, Bytes frames, WallTime now) {
  // A run has a record for each of its reasons, and each record is longer than its count.
  if (out_.size() < frames.size()) {
    out_.resize(frames.size());
  }
  used_ = 0;
  records_ = 0;
  const FrameCodec codec(lane);
  scan_frames(codec, frames, [&](const Frame& frame) {
    const std::optional<Record> stranger = stranger_in(frame);
    // A hole in n stays one: it is the sealer's to name.
    if (!stranger.has_value() || frame.n != last_n_ + 1 || run_.is_full()) {
      end_run(codec);
    }
    if (!stranger.has_value()) {
      copy(frame);
      return;
    }
    if (run_.counts.empty()) {
      run_.time = now;
      run_.first_n = frame.n;
    }
    run_.add(stranger->time, stranger->reason.empty() ? stranger->error : stranger->reason);
    last_n_ = frame.n;
    last_position_ = frame.position;
    ++records_;
  });
  end_run(codec);
  DCHECK(used_ <= frames.size());
  return Bytes(out_.data(), used_);
}

}  // namespace zerq::audit
