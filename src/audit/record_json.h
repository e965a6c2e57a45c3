// SPDX-License-Identifier: Apache-2.0
// RecordJson: the canonical form of a record, over which the chain is built: one JSON object in one
// line, fields in one fixed order (docs/audit-format.md, "Record"). Rung: the sealer, or one query;
// one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "audit/admin_record.h"
#include "audit/frame_codec.h"
#include "audit/record.h"
#include "audit/refusal_summary.h"

namespace zerq::audit {

// What stands in the log in place of frames that could not be read back.
struct GapNote {
  LaneId lane;
  uint64_t first_n = 0;
  uint64_t last_n = 0;
  WallTime time;
};

class RecordJson {
 public:
  explicit RecordJson(std::string node) : node_(std::move(node)) {}

  // Of a record that is not sealed, `seq` is absent. Views are valid until the next call.
  using Seq = std::optional<uint64_t>;
  std::string_view write(Seq seq, const Record& record, LaneId lane, uint64_t n);
  std::string_view write(Seq seq, const AdminRecord& record, LaneId lane, uint64_t n);
  std::string_view write(Seq seq, const GapNote& gap);
  std::string_view write(Seq seq, const RefusalSummary& summary);

 private:
  class Line;
  void make_room(size_t bytes);
  void begin(Line& line, Seq seq, WallTime time, std::string_view kind);

  std::string node_;
  std::unique_ptr<char[]> line_;
  size_t line_bytes_ = 0;
  // The text of a second is made once.
  int64_t second_ = INT64_MIN;
  char second_text_[20] = {};
};

// The record of a begin without an end; its outcome is unknown. Views of both arguments.
Record crashed_record(const BeginMark& mark, bool has_open_record, std::string_view request_id);
inline constexpr std::string_view kCrashedError = "gateway_crashed";
// Of a foreign id only a hash is in the begin: "sha256:<32 hex digits>".
std::string request_id_of(const BeginMark& mark);

// "2026-11-24T13:00:00.000000Z"
std::string format_time(WallTime time);

}  // namespace zerq::audit
