// SPDX-License-Identifier: Apache-2.0
// JournalFolder: where the rings and segments of each process life lie, and their names:
// DATA_DIR/journal/<epoch>/<shard>.ring and <k>.segment; with --audit-ring-dir the rings in
// RING_DIR/<node>/<epoch>/. Paths and listings alone; who reads the files is recovery and queries.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "audit/frame_codec.h"
#include "base/bytes.h"
#include "base/result.h"
#include "io/blocking_pool.h"

namespace zerq::audit {

class JournalFolder {
 public:
  // `ring_directory` empty: rings lie beside the segments.
  JournalFolder(const std::filesystem::path& directory, const std::filesystem::path& ring_directory,
                const std::string& node);

  std::filesystem::path segments(uint64_t epoch) const;
  std::filesystem::path rings(uint64_t epoch) const;
  std::filesystem::path ring(LaneId lane) const;

  // Ascending.
  std::vector<uint64_t> epochs() const;
  struct Ring {
    LaneId lane;
    std::filesystem::path path;
  };
  std::vector<Ring> list_rings(uint64_t epoch) const;
  std::vector<std::filesystem::path> list_segments(uint64_t epoch) const;

  Result<> make(io::Blocking, uint64_t epoch) const;
  void remove(io::Blocking, uint64_t epoch) const noexcept;

 private:
  std::filesystem::path segment_root_, ring_root_;
};

// Mode 0700; one that is there already is fine.
Result<> make_private_folder(const std::filesystem::path& folder);

// The whole file, at most `bytes_max` of it; empty where it cannot be read.
std::vector<std::byte> read_journal_file(io::Blocking, const std::filesystem::path& path,
                                         size_t bytes_max);

}  // namespace zerq::audit
