// SPDX-License-Identifier: Apache-2.0
// AuditFiles: the files audit/<day>-<k>.db, their schema and their order. A commit lies whole in
// the newest one; a new file begins with a copy of the state, so older ones can be unlinked
// (retention) and never have rows deleted. Rung: the sealer (AuditFiles), or a query
// (list_audit_files).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audit/audit_config.h"
#include "audit/block.h"
#include "audit/seal_state.h"
#include "base/clock.h"
#include "io/blocking_pool.h"
#include "store/database.h"
#include "store/start_problem.h"

namespace zerq::audit {

inline constexpr int64_t kStreamShift = 56;
// The row of a block: its stream and its first seq.
constexpr int64_t block_row(Stream stream, uint64_t first_seq) {
  return static_cast<int64_t>(stream) << kStreamShift | static_cast<int64_t>(first_seq);
}

// Oldest first, by day and k.
std::vector<std::filesystem::path> list_audit_files(const std::filesystem::path& folder);
// kNotFound: nothing was committed to it.
Result<SealState> read_state(io::Blocking, store::Database& file);

class AuditFiles {
 public:
  // Reads only, until all was found sound; then rolls back what was never finished. The line names
  // the file that is not sound.
  static store::StartResult<std::unique_ptr<AuditFiles>> open(io::Blocking,
                                                              const std::filesystem::path& folder,
                                                              const AuditConfig& config);
  ~AuditFiles();

  // Of the last commit of an earlier life.
  const SealState& state() const { return state_; }
  SealState take_state() { return std::move(state_); }
  // The newest epoch that a commit speaks of.
  uint64_t last_epoch() const;

  // Whether the next commit begins a new file; the blocks in it then begin anew as well.
  bool must_roll(WallTime now) const;
  void roll() noexcept { must_roll_ = true; }
  // One transaction. After a failure the same may be committed again.
  Result<> commit(io::Blocking, std::span<const Block> blocks, const SealState& state,
                  WallTime now);
  // Unlinks what the settings no longer keep; never the newest.
  void drop_old(io::Blocking, WallTime now);
  // The newest file becomes whole by itself, without a log beside it.
  void close(io::Blocking) noexcept;

 private:
  struct Writer;
  enum class Unfinished : uint8_t { kPassOver, kRead };

  AuditFiles(std::filesystem::path folder, const AuditConfig& config);
  static store::StartResult<std::unique_ptr<AuditFiles>> look_at_all(
      io::Blocking, const std::filesystem::path& folder, const AuditConfig& config,
      Unfinished unfinished);
  Result<> open_writer(io::Blocking, WallTime now);
  Result<> write(io::Blocking, std::span<const Block> blocks, const SealState& state);
  Result<> write_quotas(io::Blocking, const QuotaCounts& quotas);
  std::filesystem::path next_path(WallTime now) const;

  std::filesystem::path folder_;
  AuditConfig config_;
  SealState state_;
  std::filesystem::path newest_;  // Empty: there is none.
  // Made by a life that was killed before its first commit to them.
  std::vector<std::filesystem::path> unused_;
  bool must_roll_ = false;
  bool lacks_quotas_ = false;  // The newest file is new: it gets all counts, not only what changed.
  uint64_t newest_bytes_ = 0;
  std::unique_ptr<Writer> writer_;
};

}  // namespace zerq::audit
