// SPDX-License-Identifier: Apache-2.0
// io_uring constants up to kernel 6.1 that Debian 12's liburing 2.3 headers lack, and the buffer
// ring set-up that it has no function for. The only file that knows what is missing.
#pragma once

#include <liburing.h>
#include <sys/mman.h>

#include <cerrno>
#include <cstddef>

#ifndef IORING_SETUP_SINGLE_ISSUER
#define IORING_SETUP_SINGLE_ISSUER (1U << 12)
#endif
#ifndef IORING_SETUP_DEFER_TASKRUN
#define IORING_SETUP_DEFER_TASKRUN (1U << 13)
#endif

namespace zerq::io {

// SINGLE_ISSUER and DEFER_TASKRUN: completions run when we ask for them, on this thread.
// SUBMIT_ALL: one bad submission must not hold back those of other connections.
inline constexpr unsigned kRingFlags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                                       IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE;

// 0, or the error as errno has it.
inline int open_ring(io_uring& ring, unsigned submissions, unsigned completions) {
  io_uring_params params{};
  params.flags = kRingFlags;
  params.cq_entries = completions;
  return -io_uring_queue_init_params(submissions, &ring, &params);
}

// Maps and registers a ring of `entries` provided buffers as `group`. Null with errno set.
inline io_uring_buf_ring* register_buffer_ring(io_uring& ring, unsigned entries, int group) {
  const size_t bytes = entries * sizeof(io_uring_buf);
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
  if (memory == MAP_FAILED) {
    return nullptr;
  }
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<unsigned long>(memory);
  registration.ring_entries = entries;
  registration.bgid = static_cast<unsigned short>(group);
  if (const int error = io_uring_register_buf_ring(&ring, &registration, 0); error != 0) {
    ::munmap(memory, bytes);
    errno = -error;
    return nullptr;
  }
  auto* buffers = static_cast<io_uring_buf_ring*>(memory);
  io_uring_buf_ring_init(buffers);
  return buffers;
}

inline void unmap_buffer_ring(io_uring_buf_ring* buffers, unsigned entries) {
  ::munmap(buffers, entries * sizeof(io_uring_buf));
}

// Multishot receive into provided buffers of `group`.
inline void prepare_stream(io_uring_sqe* sqe, int fd, int group) {
  io_uring_prep_recv_multishot(sqe, fd, nullptr, 0, 0);
  sqe->flags |= IOSQE_BUFFER_SELECT;
  sqe->buf_group = static_cast<unsigned short>(group);
}

}  // namespace zerq::io
