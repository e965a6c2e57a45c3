// SPDX-License-Identifier: Apache-2.0
#include "audit/seal_state.h"

#include <algorithm>
#include <cstring>

#include "audit/crc32c.h"

namespace zerq::audit {
namespace {

constexpr uint32_t kVersion = 1;

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}
  template <class T>
  void value(const T& v) {
    static_assert(std::is_trivially_copyable_v<T>);
    out_.append(reinterpret_cast<const char*>(&v), sizeof v);
  }

 private:
  std::string& out_;
};

class Reader {
 public:
  explicit Reader(Bytes bytes) : bytes_(bytes) {}
  template <class T>
  bool value(T& v) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (bytes_.size() < sizeof v) {
      return false;
    }
    std::memcpy(&v, bytes_.data(), sizeof v);
    bytes_ = bytes_.subspan(sizeof v);
    return true;
  }
  size_t left() const { return bytes_.size(); }

 private:
  Bytes bytes_;
};

constexpr uint32_t kHasOpenRecord = 1;

bool read_lane(Reader& in, LaneState& lane) {
  uint32_t opens;
  if (!in.value(lane.id.epoch) || !in.value(lane.id.shard) || !in.value(opens) ||
      !in.value(lane.position) || !in.value(lane.next_n)) {
    return false;
  }
  for (uint32_t i = 0; i < opens; ++i) {
    OpenBegin open;
    uint64_t flags;
    if (!in.value(open.n) || !in.value(flags) || !in.value(open.mark)) {
      return false;
    }
    open.has_open_record = (flags & kHasOpenRecord) != 0;
    lane.opens.push_back(open);
  }
  return true;
}

}  // namespace

OpenBegin* LaneState::find_open(uint64_t n) {
  const auto open = std::ranges::lower_bound(opens, n, {}, &OpenBegin::n);
  return open != opens.end() && open->n == n ? &*open : nullptr;
}

void LaneState::compact() {
  std::erase_if(opens, [](const OpenBegin& open) { return open.is_closed; });
}

LaneState& SealState::lane(LaneId id) {
  const auto lane = std::ranges::find(lanes, id, &LaneState::id);
  return lane != lanes.end() ? *lane : lanes.emplace_back(LaneState{.id = id, .opens = {}});
}

const LaneState* SealState::find_lane(LaneId id) const {
  const auto lane = std::ranges::find(lanes, id, &LaneState::id);
  return lane != lanes.end() ? &*lane : nullptr;
}

std::string SealState::encode() const {
  std::string out;
  Writer to(out);
  to.value(kVersion);
  to.value(static_cast<uint32_t>(lanes.size()));
  to.value(generation);
  to.value(closed_epoch);
  for (const StreamState& stream : streams) {
    to.value(stream.next_seq);
    to.value(stream.chain);
  }
  for (const LaneState& lane : lanes) {
    to.value(lane.id.epoch);
    to.value(lane.id.shard);
    to.value(static_cast<uint32_t>(lane.opens.size()));
    to.value(lane.position);
    to.value(lane.next_n);
    for (const OpenBegin& open : lane.opens) {
      to.value(open.n);
      to.value(static_cast<uint64_t>(open.has_open_record ? kHasOpenRecord : 0));
      to.value(open.mark);
    }
  }
  to.value(finish_crc32c(update_crc32c(kCrc32cStart, as_bytes(out))));
  return out;
}

std::optional<SealState> SealState::decode(Bytes bytes) {
  uint32_t crc;
  if (bytes.size() < sizeof crc) {
    return std::nullopt;
  }
  const Bytes checked = bytes.first(bytes.size() - sizeof crc);
  std::memcpy(&crc, bytes.data() + checked.size(), sizeof crc);
  if (crc != finish_crc32c(update_crc32c(kCrc32cStart, checked))) {
    return std::nullopt;
  }
  Reader in(checked);
  SealState state;
  uint32_t version;
  uint32_t lanes;
  if (!in.value(version) || version != kVersion || !in.value(lanes) ||
      !in.value(state.generation) || !in.value(state.closed_epoch)) {
    return std::nullopt;
  }
  for (StreamState& stream : state.streams) {
    if (!in.value(stream.next_seq) || !in.value(stream.chain)) {
      return std::nullopt;
    }
  }
  for (uint32_t i = 0; i < lanes; ++i) {
    if (!read_lane(in, state.lanes.emplace_back())) {
      return std::nullopt;
    }
  }
  return in.left() == 0 ? std::optional(std::move(state)) : std::nullopt;
}

}  // namespace zerq::audit
