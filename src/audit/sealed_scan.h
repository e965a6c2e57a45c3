// SPDX-License-Identifier: Apache-2.0
// SealedScan: walks the blocks of a stream over all audit files, newest or oldest first, passing
// over those that cannot hold a match. Each record is seen once, even if a part of a block stands
// in two files. Short read transactions, so that the sealer's log is folded in between. Rung: a
// query.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "audit/block.h"
#include "audit/query.h"
#include "audit/record_filter.h"
#include "audit/seal_state.h"
#include "base/result.h"
#include "store/database.h"

namespace zerq::audit {

class SealedScan {
 public:
  // False ends the scan.
  using Take = std::function<bool(uint64_t seq, std::string_view line)>;

  static Result<SealedScan> open(io::Blocking, const std::filesystem::path& folder, Stream stream);

  // Of the newest file; empty before the first commit.
  const SealState& state() const { return state_; }

  // Seqs below `before`, downwards. Returns the seq where it stopped: all from there on upwards was
  // looked at. 0: everything was.
  Result<uint64_t> walk_down(io::Blocking, const RecordFilter& filter, uint64_t before,
                             const Take& take);
  // Seqs above `after`, upwards. Returns the seq of the last that was looked at, or `after`.
  Result<uint64_t> walk_up(io::Blocking, const RecordFilter& filter, uint64_t after,
                           const Take& take);

 private:
  // Lines that one query may look at: its time is bounded by this.
  static constexpr uint64_t kBytesMax = 4ULL << 30;

  struct Row {
    uint64_t first_seq = 0;
    uint64_t records = 0;
    size_t body_bytes = 0;
    std::string body;
  };
  struct File {
    std::unique_ptr<store::Database> database;
    store::Statement down, up, body;
  };

  explicit SealedScan(Stream stream) : stream_(stream) {}
  Result<File> open_file(io::Blocking, const std::filesystem::path& path);
  Result<std::optional<Row>> read_row(io::Blocking, File& file, store::Statement& rows,
                                      const RecordFilter& filter);
  Result<bool> walk_file_down(io::Blocking, File& file, const RecordFilter& filter,
                              uint64_t& before, const Take& take);
  Result<bool> walk_file_up(io::Blocking, File& file, const RecordFilter& filter, uint64_t& after,
                            const Take& take);
  Result<std::vector<std::string_view>> lines_of(const Row& row);

  Stream stream_;
  SealState state_;
  std::vector<std::filesystem::path> paths_;  // Oldest first.
  BlockReader reader_;
  std::vector<std::string_view> lines_;
  uint64_t bytes_ = 0;
};

}  // namespace zerq::audit
