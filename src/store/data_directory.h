// SPDX-License-Identifier: Apache-2.0
// DataDirectory: the one directory that holds everything durable of a node, and the lock that gives
// it one owner (rung: Gateway). Opening makes it (0700) but writes nothing else than the owner's
// pid into `lock`, which is empty again once the owner let go, and as it was before if the start
// did not go through. Readers need no lock: they take the path.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "io/blocking_pool.h"
#include "store/start_problem.h"

namespace zerq::store {

class DataDirectory {
 public:
  // Refused: a second owner (the line names its pid), a network file system, an unwritable place.
  static StartResult<std::unique_ptr<DataDirectory>> open(io::Blocking,
                                                          const std::filesystem::path& path);
  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // What is in it is sound, and may be changed from here on.
  void settle() noexcept { is_settled_ = true; }

 private:
  DataDirectory(std::filesystem::path path, int lock_fd, bool is_lock_new, std::string lock_before)
      : path_(std::move(path)),
        lock_fd_(lock_fd),
        is_lock_new_(is_lock_new),
        lock_before_(std::move(lock_before)) {}

  std::filesystem::path path_;
  int lock_fd_;
  bool is_lock_new_;
  std::string lock_before_;
  bool is_settled_ = false;
};

// Writes the whole file beside its place, syncs it, and moves it there: a reader sees the old
// content or the new one. Mode 0600.
Result<> replace_file(io::Blocking, const std::filesystem::path& path, std::string_view content);
Result<std::string> read_file(io::Blocking, const std::filesystem::path& path, size_t bytes_max);

}  // namespace zerq::store
