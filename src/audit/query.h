// SPDX-License-Identifier: Apache-2.0
// Query: which records somebody wants (semantics §9), and the page that answers it. Newest first;
// a page ends with a cursor that stays valid while records arrive. Plain values; any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ip_address.h"
#include "base/object_id.h"
#include "base/result.h"
#include "io/blocking_pool.h"

namespace zerq::audit {

enum class Stream : uint8_t { kRequests, kAdmin };

struct StatusRange {
  uint16_t first = 0;
  uint16_t last = 0;
  // "429", "4xx", "400-499".
  static std::optional<StatusRange> parse(std::string_view text);
};

// RFC 3339 with up to six decimals and "Z" or an offset; nothing else.
std::optional<WallTime> parse_time(std::string_view text);

struct Query {
  static constexpr uint32_t kLimitMax = 1000;

  Stream stream = Stream::kRequests;
  std::optional<WallTime> from;  // Included.
  std::optional<WallTime> to;    // Excluded.
  std::optional<ObjectId> client_id, profile_id, collection_id, proxy_id;
  std::optional<StatusRange> status;
  std::string error, reason, request_id, path_prefix, kind, node;
  std::optional<CidrBlock> ip;  // Of client_ip.
  std::string text;             // `q`: anywhere in the record.

  uint32_t limit = 50;
  // Of the page before, or kNewRecords.
  std::string cursor;
  // A page without records, and a cursor for those that are sealed later: oldest first, and each
  // page has a next cursor.
  static constexpr std::string_view kNewRecords = "t";

  // True where `name` is a filter of semantics §9 and `value` one of its values. `from`, `to`, ids,
  // `limit` and `cursor` too. False says that the parameter is unknown or malformed.
  [[nodiscard]] bool set(std::string_view name, std::string_view value);
};

struct QueryPage {
  // One JSON object each, in one line. A record that is not sealed yet has `"seq":null`.
  std::vector<std::string> records;
  std::string next_cursor;  // Empty: that was the last page.
};

// Offline, or from another process beside a running one. Reads the audit files and what the journal
// holds and is not sealed. kMalformed: the cursor is none of ours.
Result<QueryPage> query_directory(io::Blocking, const std::filesystem::path& directory,
                                  const std::filesystem::path& ring_directory, const Query& query);

}  // namespace zerq::audit
