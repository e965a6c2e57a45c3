// SPDX-License-Identifier: Apache-2.0
#include "audit/journal_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>

#include "audit/kill_point.h"

namespace zerq::audit {
namespace {

namespace fs = std::filesystem;

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

void collect_epochs(const fs::path& root, std::vector<uint64_t>& epochs) {
  std::error_code code;
  for (const fs::directory_entry& entry : fs::directory_iterator(root, code)) {
    if (const auto epoch = parse_number<uint64_t>(entry.path().filename().string())) {
      epochs.push_back(*epoch);
    }
  }
}

}  // namespace

JournalFolder::JournalFolder(const fs::path& directory, const fs::path& ring_directory,
                             const std::string& node)
    : segment_root_(directory / "journal"),
      ring_root_(ring_directory.empty() ? segment_root_ : ring_directory / node) {}

fs::path JournalFolder::segments(uint64_t epoch) const {
  return segment_root_ / std::to_string(epoch);
}

fs::path JournalFolder::rings(uint64_t epoch) const { return ring_root_ / std::to_string(epoch); }

fs::path JournalFolder::ring(LaneId lane) const {
  return rings(lane.epoch) / (std::to_string(lane.shard) + ".ring");
}

std::vector<uint64_t> JournalFolder::epochs() const {
  std::vector<uint64_t> epochs;
  collect_epochs(segment_root_, epochs);
  if (ring_root_ != segment_root_) {
    collect_epochs(ring_root_, epochs);
  }
  std::ranges::sort(epochs);
  epochs.erase(std::ranges::unique(epochs).begin(), epochs.end());
  return epochs;
}

std::vector<JournalFolder::Ring> JournalFolder::list_rings(uint64_t epoch) const {
  std::vector<Ring> found;
  std::error_code code;
  for (const fs::directory_entry& entry : fs::directory_iterator(rings(epoch), code)) {
    const fs::path& path = entry.path();
    if (path.extension() != ".ring") {
      continue;
    }
    if (const auto shard = parse_number<uint32_t>(path.stem().string())) {
      found.push_back({.lane = {.epoch = epoch, .shard = *shard}, .path = path});
    }
  }
  std::ranges::sort(found, {}, &Ring::lane);
  return found;
}

std::vector<fs::path> JournalFolder::list_segments(uint64_t epoch) const {
  std::vector<fs::path> found;
  std::error_code code;
  for (const fs::directory_entry& entry : fs::directory_iterator(segments(epoch), code)) {
    if (entry.path().extension() == ".segment") {
      found.push_back(entry.path());
    }
  }
  return found;
}

Result<> JournalFolder::make(io::Blocking, uint64_t epoch) const {
  TRY(make_private_folder(segment_root_));
  TRY(make_private_folder(segments(epoch)));
  if (ring_root_ != segment_root_) {
    TRY(make_private_folder(ring_root_.parent_path()));
    TRY(make_private_folder(ring_root_));
    TRY(make_private_folder(rings(epoch)));
  }
  return {};
}

void JournalFolder::remove(io::Blocking, uint64_t epoch) const noexcept {
  std::error_code code;
  for (const fs::path& folder : {rings(epoch), segments(epoch)}) {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, code)) {
      pass_kill_point();
      std::error_code ignored;
      fs::remove(entry.path(), ignored);
    }
    fs::remove(folder, code);
  }
}

Result<> make_private_folder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return fail({.code = ErrorCode::kIo, .os_errno = errno, .detail = "cannot create a folder"});
  }
  return {};
}

std::vector<std::byte> read_journal_file(io::Blocking, const fs::path& path, size_t bytes_max) {
  std::vector<std::byte> bytes;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status{};
  if (fd < 0 || ::fstat(fd, &status) != 0) {
    return bytes;
  }
  bytes.resize(std::min<size_t>(static_cast<size_t>(status.st_size), bytes_max));
  size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t got = ::pread(fd, bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    if (got <= 0) {
      break;
    }
    at += static_cast<size_t>(got);
  }
  ::close(fd);
  bytes.resize(at);
  return bytes;
}

}  // namespace zerq::audit
