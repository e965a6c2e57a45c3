// SPDX-License-Identifier: Apache-2.0
#include "audit/segment_queue.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>

#include "audit/kill_point.h"
#include "base/check.h"

namespace zerq::audit {
namespace {

Error io_error(std::string_view detail) {
  return {.code = ErrorCode::kIo, .os_errno = errno, .detail = detail};
}

bool write_all(int fd, std::array<iovec, 2> parts, uint64_t offset) {
  const size_t bytes = parts[0].iov_len + parts[1].iov_len;
  return ::pwritev(fd, parts.data(), parts.size(), static_cast<off_t>(offset)) ==
         static_cast<ssize_t>(bytes);
}

bool write_zeros(int fd) {
  static constexpr std::array<std::byte, 65536> kZeros{};
  for (size_t at = 0; at < kSegmentBytes; at += kZeros.size()) {
    if (::pwrite(fd, kZeros.data(), kZeros.size(), static_cast<off_t>(at)) !=
        static_cast<ssize_t>(kZeros.size())) {
      return false;
    }
  }
  return true;
}

}  // namespace

SegmentQueue::SegmentQueue(std::filesystem::path folder, uint64_t bytes_max)
    : folder_(std::move(folder)),
      slots_(std::max<uint64_t>(bytes_max / kSegmentBytes, 2)),
      // One more than there are slots: a bad one is read to its end while others are in use.
      order_(slots_.size() + 1) {}

SegmentQueue::~SegmentQueue() {
  for (const Slot& slot : slots_) {
    if (slot.fd >= 0) {
      ::close(slot.fd);
    }
  }
}

void SegmentQueue::take_back() noexcept {
  const uint64_t oldest = oldest_use_.load(std::memory_order_acquire);
  for (; taken_back_ < oldest; ++taken_back_) {
    Slot& slot = slot_of(taken_back_);
    if (slot.is_bad) {
      ::close(slot.fd);
      slot.fd = -1;
      slot.is_bad = false;
      continue;
    }
    free_.push_back(order_[taken_back_ % order_.size()]);
  }
}

Result<uint32_t> SegmentQueue::make_slot() {
  const auto slot = std::ranges::find_if(slots_, [](const Slot& s) { return s.fd < 0; });
  if (slot == slots_.end()) {
    return fail(ErrorCode::kExhausted, "the journal is at its cap");
  }
  const std::filesystem::path path = folder_ / (std::to_string(++name_) + ".segment");
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    return fail(io_error("cannot create a segment"));
  }
  if (!write_zeros(fd)) {
    const Error error = io_error("cannot write a segment");
    ::close(fd);
    ::unlink(path.c_str());
    return fail(error);
  }
  slot->fd = fd;
  return static_cast<uint32_t>(slot - slots_.begin());
}

Result<uint32_t> SegmentQueue::take_slot() {
  take_back();
  if (free_.empty()) {
    return make_slot();
  }
  const uint32_t index = free_.back();
  free_.pop_back();
  return index;
}

Result<> SegmentQueue::rotate() {
  const uint32_t index = TRY(take_slot());
  pass_kill_point();
  const uint64_t use = newest_use_.load(std::memory_order_relaxed) + 1;
  std::array<std::byte, kSegmentHeadBytes> head;
  write_segment_head(head.data(), use);
  Slot& slot = slots_[index];
  if (::pwrite(slot.fd, head.data(), head.size(), 0) != static_cast<ssize_t>(head.size())) {
    const Error error = io_error("cannot begin a segment");
    ::close(slot.fd);
    slot.fd = -1;
    return fail(error);
  }
  pass_kill_point();
  slot.written.store(kSegmentHeadBytes, std::memory_order_relaxed);
  order_[use % order_.size()] = index;
  newest_use_.store(use, std::memory_order_release);
  offset_ = kSegmentHeadBytes;
  return {};
}

Result<> SegmentQueue::append(io::Blocking, LaneId lane, uint64_t position, Bytes frames) {
  const size_t bytes = chunk_bytes(frames.size());
  DCHECK(bytes <= kSegmentBytes - kSegmentHeadBytes);
  // Twice: a file that fails is left behind and the next one gets the chunk.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (offset_ + bytes > kSegmentBytes) {
      TRY(rotate());
    }
    const uint64_t use = newest_use_.load(std::memory_order_relaxed);
    Slot& slot = slot_of(use);
    std::array<std::byte, kChunkHeadBytes> head;
    write_chunk_head(head.data(), {lane, position, static_cast<uint32_t>(frames.size())}, use,
                     offset_);
    if (write_all(slot.fd,
                  {iovec{head.data(), head.size()},
                   iovec{const_cast<std::byte*>(frames.data()), frames.size()}},
                  offset_)) {
      pass_kill_point();
      offset_ += bytes;
      appended_.fetch_add(bytes, std::memory_order_relaxed);
      slot.written.store(offset_, std::memory_order_release);
      return {};
    }
    slot.is_bad = true;
    offset_ = kSegmentBytes;
  }
  return fail(io_error("cannot write to the journal"));
}

Result<std::optional<SegmentQueue::Chunk>> SegmentQueue::next(io::Blocking, MutableBytes into) {
  while (true) {
    if (newest_use_.load(std::memory_order_acquire) < read_use_) {
      return std::optional<Chunk>();
    }
    Slot& slot = slot_of(read_use_);
    // In this order: when a newer use is seen, the older one has got its last chunk.
    const bool is_newest = newest_use_.load(std::memory_order_acquire) == read_use_;
    if (read_offset_ == slot.written.load(std::memory_order_acquire)) {
      if (is_newest) {
        return std::optional<Chunk>();
      }
      ++read_use_;
      read_offset_ = kSegmentHeadBytes;
      continue;
    }
    const uint64_t offset = read_offset_;
    std::array<std::byte, kChunkHeadBytes> bytes;
    const bool has_head = ::pread(slot.fd, bytes.data(), bytes.size(),
                                  static_cast<off_t>(offset)) == static_cast<ssize_t>(bytes.size());
    const std::optional<ChunkHead> head =
        has_head ? read_chunk_head(bytes, read_use_, offset) : std::nullopt;
    // Without it the rest of the file cannot be found; what is lost is missed by its n.
    const uint64_t end = head.has_value() ? offset + chunk_bytes(head->bytes)
                                          : slot.written.load(std::memory_order_relaxed);
    read_bytes_ += end - offset;
    read_offset_ = end;
    if (!head.has_value() || head->bytes > into.size() ||
        ::pread(slot.fd, into.data(), head->bytes, static_cast<off_t>(offset + kChunkHeadBytes)) !=
            static_cast<ssize_t>(head->bytes)) {
      return fail(io_error("cannot read the journal"));
    }
    return std::optional<Chunk>(Chunk{*head, into.first(head->bytes)});
  }
}

void SegmentQueue::recycle() noexcept {
  pass_kill_point();
  oldest_use_.store(read_use_, std::memory_order_release);
  recycled_.store(read_bytes_, std::memory_order_relaxed);
}

}  // namespace zerq::audit
