// SPDX-License-Identifier: Apache-2.0
#include "audit/refusal_summary.h"

#include <algorithm>
#include <cstring>

namespace zerq::audit {
namespace {

struct RunFixed {
  int64_t time_us = 0;
  uint64_t first_n = 0;
  int64_t first_time_us = 0;
  int64_t last_time_us = 0;
};
static_assert(sizeof(RunFixed) == 32);

struct CountFixed {
  uint32_t records = 0;
  uint16_t reason_bytes = 0;
  uint16_t zero = 0;
};
static_assert(sizeof(CountFixed) == 8);

constexpr int64_t kSecondUs = 1'000'000;

}  // namespace

void CondensedRun::add(WallTime request_time, std::string_view reason) {
  first_time = counts.empty() ? request_time : std::min(first_time, request_time);
  last_time = counts.empty() ? request_time : std::max(last_time, request_time);
  const auto found = std::ranges::find(counts, reason, &Count::reason);
  if (found != counts.end()) {
    ++found->records;
  } else {
    counts.push_back({.reason = reason, .records = 1});
  }
}

size_t encoded_bytes(const CondensedRun& run) noexcept {
  size_t bytes = sizeof(RunFixed);
  for (const CondensedRun::Count& count : run.counts) {
    bytes += sizeof(CountFixed) + count.reason.size();
  }
  return bytes;
}

void encode_run(const CondensedRun& run, std::byte* to) noexcept {
  const RunFixed fixed{.time_us = run.time.us,
                       .first_n = run.first_n,
                       .first_time_us = run.first_time.us,
                       .last_time_us = run.last_time.us};
  std::memcpy(to, &fixed, sizeof fixed);
  to += sizeof fixed;
  for (const CondensedRun::Count& count : run.counts) {
    const CountFixed head{.records = count.records,
                          .reason_bytes = static_cast<uint16_t>(count.reason.size())};
    std::memcpy(to, &head, sizeof head);
    std::memcpy(to + sizeof head, count.reason.data(), count.reason.size());
    to += sizeof head + count.reason.size();
  }
}

std::optional<CondensedRun> decode_run(Bytes payload) {
  RunFixed fixed;
  if (payload.size() < sizeof fixed) {
    return std::nullopt;
  }
  std::memcpy(&fixed, payload.data(), sizeof fixed);
  CondensedRun run{.time = WallTime{fixed.time_us},
                   .first_n = fixed.first_n,
                   .first_time = WallTime{fixed.first_time_us},
                   .last_time = WallTime{fixed.last_time_us},
                   .counts = {}};
  for (payload = payload.subspan(sizeof fixed); !payload.empty();) {
    CountFixed head;
    if (payload.size() < sizeof head || run.is_full()) {
      return std::nullopt;
    }
    std::memcpy(&head, payload.data(), sizeof head);
    payload = payload.subspan(sizeof head);
    if (payload.size() < head.reason_bytes) {
      return std::nullopt;
    }
    run.counts.push_back(
        {.reason = as_text(payload.first(head.reason_bytes)), .records = head.records});
    payload = payload.subspan(head.reason_bytes);
  }
  return run;
}

void RefusalSummary::add(LaneId lane, uint64_t last_n, const CondensedRun& run) {
  const bool is_first = lanes.empty();
  time = is_first ? run.time : std::min(time, run.time);
  first_time = is_first ? run.first_time : std::min(first_time, run.first_time);
  last_time = is_first ? run.last_time : std::max(last_time, run.last_time);
  auto share = std::ranges::find(lanes, lane, &LaneShare::lane);
  if (share == lanes.end()) {
    lanes.push_back({.lane = lane, .first_n = run.first_n, .last_n = last_n});
    share = lanes.end() - 1;
  }
  share->first_n = std::min(share->first_n, run.first_n);
  share->last_n = std::max(share->last_n, last_n);
  for (const CondensedRun::Count& count : run.counts) {
    reasons.try_emplace(std::string(count.reason)).first->second += count.records;
    share->records += count.records;
  }
}

uint64_t RefusalSummary::records() const {
  uint64_t total = 0;
  for (const LaneShare& share : lanes) {
    total += share.records;
  }
  return total;
}

void RefusalSummaries::add(LaneId lane, uint64_t last_n, const CondensedRun& run) {
  by_second_[run.time.us / kSecondUs].add(lane, last_n, run);
}

}  // namespace zerq::audit
