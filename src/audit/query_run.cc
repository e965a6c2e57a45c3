// SPDX-License-Identifier: Apache-2.0
#include "audit/query_run.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "audit/record_filter.h"
#include "audit/sealed_scan.h"
#include "audit/unsealed_records.h"

namespace zerq::audit {
namespace {

// Where the page before this one ended. "s<seq>": records below it are next. "u<time>.<epoch>.
// <shard>.<n>.<seq>": it ended among unsealed ones; the seq is what came next in the stream then,
// so that records which were shown and have been sealed since are not shown again. "t<seq>": the
// records above it are next, upwards; "t" alone: those that are not sealed yet.
struct Cursor {
  uint64_t before = UINT64_MAX;
  std::optional<UnsealedKey> unsealed;
  uint64_t sealed_then = UINT64_MAX;
  bool is_upwards = false;
  std::optional<uint64_t> after;

  static std::optional<Cursor> parse(std::string_view text);
};

std::optional<Cursor> Cursor::parse(std::string_view text) {
  Cursor cursor;
  if (text.empty()) {
    return cursor;
  }
  cursor.is_upwards = text.front() == 't';
  if (text == Query::kNewRecords) {
    return cursor;
  }
  const char kind = text.front();
  text.remove_prefix(1);
  std::array<uint64_t, 5> numbers{};
  const size_t wanted = kind == 's' || kind == 't' ? 1 : numbers.size();
  for (size_t i = 0; i < wanted; ++i) {
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, numbers[i]);
    const bool is_last = i + 1 == wanted;
    if (parsed.ec != std::errc() || (is_last ? parsed.ptr != end : parsed.ptr == end) ||
        (!is_last && *parsed.ptr != '.')) {
      return std::nullopt;
    }
    text.remove_prefix(static_cast<size_t>(parsed.ptr - text.data()) + (is_last ? 0 : 1));
  }
  if (kind == 's') {
    cursor.before = numbers[0];
    return cursor;
  }
  if (kind == 't') {
    cursor.after = numbers[0];
    return cursor;
  }
  if (kind != 'u') {
    return std::nullopt;
  }
  cursor.unsealed =
      UnsealedKey{.time_us = static_cast<int64_t>(numbers[0]),
                  .lane = {.epoch = numbers[1], .shard = static_cast<uint32_t>(numbers[2])},
                  .n = numbers[3]};
  cursor.sealed_then = numbers[4];
  return cursor;
}

std::string cursor_text(const UnsealedKey& key, uint64_t next_seq) {
  return "u" + std::to_string(key.time_us) + "." + std::to_string(key.lane.epoch) + "." +
         std::to_string(key.lane.shard) + "." + std::to_string(key.n) + "." +
         std::to_string(next_seq);
}

std::optional<UnsealedKey> key_of(std::string_view line) {
  const std::optional<RecordLine> record = RecordLine::parse(line);
  const std::optional<LineOrigin> origin = origin_of(line);
  const auto time = record.has_value() ? parse_time(record->time) : std::nullopt;
  if (!time.has_value() || !origin.has_value()) {
    return std::nullopt;
  }
  return UnsealedKey{.time_us = time->us, .lane = origin->lane, .n = origin->n};
}

// One query's way from the newest record to the oldest.
class PageRun {
 public:
  PageRun(const QuerySource& source, const Query& query)
      : source_(source), query_(query), filter_(query, source.node) {}

  Result<QueryPage> run(io::Blocking blocking);

 private:
  Result<std::vector<UnsealedRecord>> collect_unsealed(io::Blocking blocking);
  bool add_unsealed(std::vector<UnsealedRecord> records, const SealState& sealed);
  Result<> add_sealed(io::Blocking blocking, SealedScan& scan);
  Result<> add_upwards(io::Blocking blocking, SealedScan& scan);
  bool was_shown(uint64_t seq, std::string_view line) const;
  bool is_full() const { return page_.records.size() >= query_.limit; }

  const QuerySource& source_;
  const Query& query_;
  RecordFilter filter_;
  Cursor cursor_;
  uint64_t last_seq_ = 0;  // The highest sealed seq of the stream.
  QueryPage page_;
};

Result<std::vector<UnsealedRecord>> PageRun::collect_unsealed(io::Blocking blocking) {
  const bool is_past = !query_.cursor.empty() && !cursor_.unsealed.has_value();
  if (source_.journal == nullptr || is_past) {
    return std::vector<UnsealedRecord>();
  }
  // Of now: what is sealed while we read is left out later, by the state of then.
  const SealedScan scan = TRY(SealedScan::open(blocking, source_.audit_folder, query_.stream));
  return read_unsealed(blocking, *source_.journal, scan.state(), source_.node, query_.stream,
                       filter_);
}

// False: the page ends here.
bool PageRun::add_unsealed(std::vector<UnsealedRecord> records, const SealState& sealed) {
  const UnsealedKey* last = nullptr;
  for (UnsealedRecord& record : records) {
    if (is_sealed(sealed, record.key) ||
        (cursor_.unsealed.has_value() && record.key >= *cursor_.unsealed)) {
      continue;
    }
    if (is_full()) {
      page_.next_cursor = cursor_text(*last, std::min(last_seq_ + 1, cursor_.sealed_then));
      return false;
    }
    page_.records.push_back(std::move(record.line));
    last = &record.key;
  }
  return true;
}

bool PageRun::was_shown(uint64_t seq, std::string_view line) const {
  if (!cursor_.unsealed.has_value() || seq < cursor_.sealed_then) {
    return false;
  }
  const std::optional<UnsealedKey> key = key_of(line);
  return key.has_value() && *key >= *cursor_.unsealed;
}

Result<> PageRun::add_sealed(io::Blocking blocking, SealedScan& scan) {
  const uint64_t stopped = TRY(
      scan.walk_down(blocking, filter_, cursor_.before, [&](uint64_t seq, std::string_view line) {
        if (is_full()) {
          return false;
        }
        if (!was_shown(seq, line)) {
          page_.records.emplace_back(line);
        }
        return !is_full();
      }));
  // 1 is the first seq of all.
  if (stopped > 1) {
    page_.next_cursor = "s" + std::to_string(stopped);
  }
  return {};
}

Result<> PageRun::add_upwards(io::Blocking blocking, SealedScan& scan) {
  uint64_t seen = cursor_.after.value_or(last_seq_);
  if (cursor_.after.has_value()) {
    seen = TRY(scan.walk_up(blocking, filter_, seen, [&](uint64_t, std::string_view line) {
      page_.records.emplace_back(line);
      return !is_full();
    }));
  }
  page_.next_cursor = "t" + std::to_string(seen);
  return {};
}

Result<QueryPage> PageRun::run(io::Blocking blocking) {
  const std::optional<Cursor> cursor = Cursor::parse(query_.cursor);
  if (!cursor.has_value() || query_.limit == 0 || query_.limit > Query::kLimitMax) {
    return fail(ErrorCode::kMalformed, "cursor");
  }
  cursor_ = *cursor;
  std::vector<UnsealedRecord> unsealed = TRY(collect_unsealed(blocking));
  SealedScan scan = TRY(SealedScan::open(blocking, source_.audit_folder, query_.stream));
  last_seq_ = scan.state().streams[static_cast<size_t>(query_.stream)].next_seq - 1;
  if (cursor_.is_upwards) {
    TRY(add_upwards(blocking, scan));
  } else if (add_unsealed(std::move(unsealed), scan.state())) {
    TRY(add_sealed(blocking, scan));
  }
  return std::move(page_);
}

}  // namespace

Result<QueryPage> run_query(io::Blocking blocking, const QuerySource& source, const Query& query) {
  return PageRun(source, query).run(blocking);
}

}  // namespace zerq::audit
