// SPDX-License-Identifier: Apache-2.0
// A directory of its own for one test, gone afterwards. For tests, fuzzers and benchmarks alone.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/check.h"

namespace zerq::audit {

class ScratchDirectory {
 public:
  ScratchDirectory() {
    // In memory where that is: what is tested is a killed process, not a disk, and syncs take time.
    const std::filesystem::path memory = "/dev/shm";
    const std::filesystem::path root =
        ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
    std::string name = (root / "zerq-audit-XXXXXX").string();
    CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~ScratchDirectory() {
    std::error_code code;
    std::filesystem::remove_all(path_, code);
  }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace zerq::audit
