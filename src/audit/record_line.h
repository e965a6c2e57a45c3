// SPDX-License-Identifier: Apache-2.0
// RecordLine: the fields that filters look at, found in one walk over a record's canonical line and
// without a tree. Values are views and still escaped as JSON; what is null or absent is empty.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "audit/frame_codec.h"
#include "base/clock.h"

namespace zerq::audit {

struct RecordLine {
  std::string_view node, time, kind, request_id, client_ip, path, error, reason;
  std::string_view collection_id, proxy_id, client_id, profile_id;
  uint16_t status = 0;

  // Of one line, without its end. Nothing: it is not such a line.
  static std::optional<RecordLine> parse(std::string_view line) noexcept;
};

// Which frame of which lane a line stands for.
struct LineOrigin {
  LaneId lane;
  uint64_t n = 0;
};
std::optional<LineOrigin> origin_of(std::string_view line) noexcept;

}  // namespace zerq::audit
