// SPDX-License-Identifier: Apache-2.0
#include "audit/sealed_scan.h"

#include <algorithm>
#include <ranges>

#include "audit/audit_files.h"

namespace zerq::audit {
namespace {

constexpr std::string_view kColumns =
    "SELECT id,records,first_time,last_time,body_bytes,statuses,errors,bloom FROM blocks ";
// Blocks a read transaction.
constexpr int kRowsPerTransaction = 64;

std::string select(std::string_view condition) {
  return std::string(kColumns) + std::string(condition) + " LIMIT " +
         std::to_string(kRowsPerTransaction);
}

uint64_t seq_of(int64_t id) { return static_cast<uint64_t>(id) & ((1ULL << kStreamShift) - 1); }

constexpr uint64_t kSeqMax = (1ULL << kStreamShift) - 1;

}  // namespace

Result<SealedScan::File> SealedScan::open_file(io::Blocking blocking,
                                               const std::filesystem::path& path) {
  File file;
  file.database = TRY(store::Database::open(blocking, path, store::Database::Mode::kReader));
  file.down =
      TRY(file.database->prepare(blocking, select("WHERE id>=? AND id<? ORDER BY id DESC")));
  file.up = TRY(file.database->prepare(blocking, select("WHERE id<=? AND id>? ORDER BY id")));
  file.body = TRY(file.database->prepare(blocking, "SELECT body FROM bodies WHERE id=?"));
  return file;
}

Result<SealedScan> SealedScan::open(io::Blocking blocking, const std::filesystem::path& folder,
                                    Stream stream) {
  SealedScan scan(stream);
  scan.paths_ = list_audit_files(folder);
  while (!scan.paths_.empty()) {
    auto file = store::Database::open(blocking, scan.paths_.back(), store::Database::Mode::kReader);
    if (!file.has_value()) {
      return fail(file.error());
    }
    // A file that was just made, or whose maker was killed, holds nothing yet.
    const auto tables =
        TRY((*file)->integer(blocking, "SELECT count(*) FROM sqlite_schema WHERE name='state'"));
    Result<SealState> state(fail(ErrorCode::kNotFound));
    if (tables != 0) {
      state = read_state(blocking, **file);
    }
    if (state.has_value()) {
      scan.state_ = *std::move(state);
      return scan;
    }
    if (state.error().code != ErrorCode::kNotFound) {
      return fail(state.error());
    }
    scan.paths_.pop_back();
  }
  return scan;
}

Result<std::optional<SealedScan::Row>> SealedScan::read_row(io::Blocking blocking, File& file,
                                                            store::Statement& rows,
                                                            const RecordFilter& filter) {
  const BlockIndex index{.first_time = {rows.integer(2)},
                         .last_time = {rows.integer(3)},
                         .statuses = rows.blob(5),
                         .errors = rows.text(6),
                         .bloom = rows.blob(7)};
  if (!filter.may_match(index)) {
    return std::optional<Row>();
  }
  const int64_t id = rows.integer(0);
  if (!TRY(file.body.bind(1, id).step(blocking))) {
    return fail(ErrorCode::kCorrupt, "an audit file is damaged");
  }
  Row row{.first_seq = seq_of(id),
          .records = static_cast<uint64_t>(rows.integer(1)),
          .body_bytes = static_cast<size_t>(rows.integer(4)),
          .body = std::string(as_text(file.body.blob(0)))};
  file.body.reset();
  bytes_ += row.body_bytes;
  return std::optional<Row>(std::move(row));
}

Result<std::vector<std::string_view>> SealedScan::lines_of(const Row& row) {
  std::vector<std::string_view> lines = std::move(lines_);
  lines.clear();
  std::string_view text = reader_.lines(as_bytes(row.body), row.body_bytes);
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end, text.size() - 1) + 1);
  }
  if (lines.size() != row.records) {
    return fail(ErrorCode::kCorrupt, "an audit file is damaged");
  }
  return lines;
}

Result<bool> SealedScan::walk_file_down(io::Blocking blocking, File& file,
                                        const RecordFilter& filter, uint64_t& before,
                                        const Take& take) {
  bool goes_on = true;
  int rows = kRowsPerTransaction;
  while (goes_on && rows == kRowsPerTransaction && bytes_ < kBytesMax) {
    TRY(file.database->run(blocking, "BEGIN"));
    file.down.bind(1, block_row(stream_, 0)).bind(2, block_row(stream_, std::min(before, kSeqMax)));
    for (rows = 0; goes_on && TRY(file.down.step(blocking)); ++rows) {
      const uint64_t first_seq = seq_of(file.down.integer(0));
      const std::optional<Row> row = TRY(read_row(blocking, file, file.down, filter));
      if (row.has_value()) {
        lines_ = TRY(lines_of(*row));
        const uint64_t count = std::min<uint64_t>(lines_.size(), before - first_seq);
        for (uint64_t i = count; goes_on && i > 0; --i) {
          before = first_seq + i - 1;
          if (filter.matches(lines_[i - 1])) {
            goes_on = take(before, lines_[i - 1]);
          }
        }
      }
      before = goes_on ? first_seq : before;
    }
    file.down.reset();
    TRY(file.database->run(blocking, "COMMIT"));
  }
  return goes_on && bytes_ < kBytesMax;
}

Result<uint64_t> SealedScan::walk_down(io::Blocking blocking, const RecordFilter& filter,
                                       uint64_t before, const Take& take) {
  for (const std::filesystem::path& path : paths_ | std::views::reverse) {
    Result<File> file = open_file(blocking, path);
    if (!file.has_value() && file.error().code == ErrorCode::kNotFound) {
      break;  // Retention was here.
    }
    if (!file.has_value()) {
      return fail(file.error());
    }
    if (!TRY(walk_file_down(blocking, *file, filter, before, take))) {
      return before;
    }
  }
  return 0;
}

Result<bool> SealedScan::walk_file_up(io::Blocking blocking, File& file, const RecordFilter& filter,
                                      uint64_t& after, const Take& take) {
  // The block that holds `after` begins at or below it.
  uint64_t above = static_cast<uint64_t>(
      std::max<int64_t>(static_cast<int64_t>(after) - BlockBuilder::kRecordsMax, 0));
  bool goes_on = true;
  int rows = kRowsPerTransaction;
  while (goes_on && rows == kRowsPerTransaction && bytes_ < kBytesMax) {
    TRY(file.database->run(blocking, "BEGIN"));
    file.up.bind(1, block_row(stream_, kSeqMax)).bind(2, block_row(stream_, above));
    for (rows = 0; goes_on && TRY(file.up.step(blocking)); ++rows) {
      const uint64_t first_seq = seq_of(file.up.integer(0));
      above = first_seq;
      if (first_seq + static_cast<uint64_t>(file.up.integer(1)) <= after + 1) {
        continue;
      }
      const std::optional<Row> row = TRY(read_row(blocking, file, file.up, filter));
      if (!row.has_value()) {
        after = first_seq + static_cast<uint64_t>(file.up.integer(1)) - 1;
        continue;
      }
      lines_ = TRY(lines_of(*row));
      for (uint64_t i = first_seq > after ? 0 : after + 1 - first_seq; goes_on && i < lines_.size();
           ++i) {
        after = first_seq + i;
        if (filter.matches(lines_[i])) {
          goes_on = take(after, lines_[i]);
        }
      }
    }
    file.up.reset();
    TRY(file.database->run(blocking, "COMMIT"));
  }
  return goes_on && bytes_ < kBytesMax;
}

Result<uint64_t> SealedScan::walk_up(io::Blocking blocking, const RecordFilter& filter,
                                     uint64_t after, const Take& take) {
  // From the newest file back to the one that holds the first wanted record.
  std::vector<File> files;
  for (const std::filesystem::path& path : paths_ | std::views::reverse) {
    Result<File> file = open_file(blocking, path);
    if (!file.has_value()) {
      break;
    }
    const int64_t first = TRY(file->database->integer(
        blocking, "SELECT coalesce(min(id),-1) FROM blocks WHERE id>=" +
                      std::to_string(block_row(stream_, 0)) +
                      " AND id<=" + std::to_string(block_row(stream_, kSeqMax))));
    files.push_back(*std::move(file));
    if (first >= 0 && seq_of(first) <= after + 1) {
      break;
    }
  }
  for (File& file : files | std::views::reverse) {
    if (!TRY(walk_file_up(blocking, file, filter, after, take))) {
      break;
    }
  }
  return after;
}

}  // namespace zerq::audit
