// SPDX-License-Identifier: Apache-2.0
#include "audit/ring_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/check.h"

namespace zerq::audit {
namespace {

constexpr uint32_t kVersion = 1;

struct Head {
  uint64_t magic = kRingMagic;
  uint32_t version = kVersion;
  uint32_t shard = 0;
  uint64_t epoch = 0;
  uint64_t ring_bytes = kRingBytes;
};
// Each position has a cache line of its own: the shard and the journal thread write them.
constexpr size_t kHeadAt = 64;
constexpr size_t kTailAt = 128;
constexpr size_t kMapBytes = kRingHeadBytes + 2 * kRingBytes;

bool write_zeros(int fd, size_t bytes) {
  static constexpr std::array<std::byte, 65536> kZeros{};
  for (size_t at = 0; at < bytes;) {
    const ssize_t written =
        ::pwrite(fd, kZeros.data(), std::min(kZeros.size(), bytes - at), static_cast<off_t>(at));
    if (written <= 0) {
      return false;
    }
    at += static_cast<size_t>(written);
  }
  return true;
}

// The file once, and its ring a second time behind it.
std::byte* map_twice(int fd) {
  void* const space =
      ::mmap(nullptr, kMapBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (space == MAP_FAILED) {
    return nullptr;
  }
  auto* const map = static_cast<std::byte*>(space);
  constexpr int kAccess = PROT_READ | PROT_WRITE;
  if (::mmap(map, kRingHeadBytes + kRingBytes, kAccess, MAP_SHARED | MAP_FIXED, fd, 0) ==
          MAP_FAILED ||
      ::mmap(map + kRingHeadBytes + kRingBytes, kRingBytes, kAccess, MAP_SHARED | MAP_FIXED, fd,
             kRingHeadBytes) == MAP_FAILED) {
    ::munmap(map, kMapBytes);
    return nullptr;
  }
  return map;
}

}  // namespace

Result<std::unique_ptr<RingFile>> RingFile::create(io::Blocking, const std::filesystem::path& path,
                                                   LaneId lane) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    return fail({.code = ErrorCode::kIo, .os_errno = errno, .detail = "cannot create a ring"});
  }
  std::byte* map = nullptr;
  if (write_zeros(fd, kRingHeadBytes + kRingBytes)) {
    map = map_twice(fd);
  }
  const int cause = errno;
  ::close(fd);
  if (map == nullptr) {
    ::unlink(path.c_str());
    return fail({.code = ErrorCode::kIo, .os_errno = cause, .detail = "cannot write a ring"});
  }
  const Head head{.shard = lane.shard, .epoch = lane.epoch};
  std::memcpy(map, &head, sizeof head);
  return std::unique_ptr<RingFile>(new RingFile(map));
}

RingFile::RingFile(std::byte* map) noexcept
    : map_(map),
      bytes_(map + kRingHeadBytes),
      head_(*new(map + kHeadAt) std::atomic<uint64_t>(0)),
      tail_(*new(map + kTailAt) std::atomic<uint64_t>(0)) {
  static_assert(std::atomic<uint64_t>::is_always_lock_free);
}

RingFile::~RingFile() { ::munmap(map_, kMapBytes); }

}  // namespace zerq::audit
