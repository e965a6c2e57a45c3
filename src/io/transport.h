// SPDX-License-Identifier: Apache-2.0
// Transport: an ordered byte stream under a codec (TcpSocket now, a TLS stream over one later).
// Rung: owned by a connection; one shard; neither copied nor moved. Two receive modes:
//   inbox  idle and heads: copied at once out of shared buffers; no memory while it is empty;
//          pauses at kInboxBytesMax until consume().
//   body   receive_body(): single-shot, into an owned buffer, one outstanding: back-pressure.
// One wait of each kind at a time; each ends with an error at its deadline or after cancel(), and
// memory in flight belongs to the operation, so a coroutine may die at any suspension point.
#pragma once

#include <coroutine>
#include <cstddef>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "io/io_buffer.h"

namespace zerq::io {

// Told when the peer leaves while nobody waits in receive and the inbox is watched; called by the
// loop, between resumes. It may reap the socket, not destroy it.
class PeerCloseSink {
 public:
  // kEof: FIN after what the inbox holds. kReset: the connection is dead. Each at most once.
  virtual void on_peer_close(ErrorCode how) noexcept = 0;
  // Bytes came that nobody waits for. Fine from a client (pipelining), not from an idle upstream.
  virtual void on_unawaited_bytes() noexcept {}

 protected:
  ~PeerCloseSink() = default;
};

class Transport {
 public:
  static constexpr size_t kInboxBytesMax = 64 * 1024;

  virtual ~Transport() = default;

  // ---- inbox mode: the kernel fills buffers that sockets share, what arrives is copied at once to
  // the inbox, which holds no memory while it is empty ----
  // Contiguous bytes that arrived and were not consumed; valid until the next wait or consume().
  virtual std::string_view inbox() const noexcept = 0;
  virtual void consume(size_t bytes) noexcept = 0;
  // Keeps the inbox receiving although nobody waits (to see the peer leave while it is served).
  virtual void watch_peer() noexcept = 0;
  virtual void set_close_sink(PeerCloseSink* sink) noexcept = 0;

  struct Wait;
  struct ReceiveAwaiter;
  struct BodyAwaiter;
  struct SendAwaiter;

  // Completes when the inbox holds more bytes than at the call, or with kEof, kReset, kTimedOut,
  // kCancelled. kEof is sticky.
  ReceiveAwaiter wait_inbox(Instant deadline) noexcept;

  // ---- body mode ----
  // Bytes from the inbox if it holds some, else the next receive into an owned buffer. At most
  // `size_hint` bytes (≥ 1; buffers are 1–128 KiB); never empty.
  BodyAwaiter receive_body(size_t size_hint, Instant deadline) noexcept;
  // Gives bytes of the last receive_body() back to the front of the inbox: they belong to the
  // next message.
  virtual void put_back(std::string_view bytes) noexcept = 0;

  // ---- sending ----
  // Sends the whole chain (which is left empty): one sendmsg at a time, ≤ 64 iovecs. The limit
  // bounds silence: it starts again whenever the kernel took bytes.
  SendAwaiter send(BufferChain&& chain, Duration idle_limit) noexcept;

  // Completes the pending waits with kCancelled.
  virtual void cancel() noexcept = 0;
  // FIN after what was sent.
  virtual void shutdown_send() noexcept = 0;
  // The destructor closes in order; after this call it resets (RST) instead.
  virtual void set_reset_on_close() noexcept = 0;

  virtual bool is_open() const noexcept = 0;
  // An idle connection that is still usable: open, nothing in the inbox, no FIN seen.
  virtual bool is_idle_and_healthy() const noexcept = 0;

 protected:
  friend struct ReceiveAwaiter;
  friend struct BodyAwaiter;
  friend struct SendAwaiter;
  // Each begins the wait; false: it completed at once and its result is in the awaiter.
  virtual bool begin_receive(ReceiveAwaiter& awaiter) noexcept = 0;
  virtual bool begin_body(BodyAwaiter& awaiter) noexcept = 0;
  virtual bool begin_send(SendAwaiter& awaiter) noexcept = 0;
  // The awaiter dies while it waits (teardown): detach it, cancel, keep the memory.
  // One that was completed but not resumed yet is only taken off the loop's list.
  virtual void abandon_receive(std::coroutine_handle<> handle) noexcept = 0;
  virtual void abandon_send(std::coroutine_handle<> handle) noexcept = 0;
};

// What the three awaiters share: who is resumed, and that a frame which dies while it waits takes
// its wait back.
struct Transport::Wait {
  Transport& transport;
  std::coroutine_handle<> handle = nullptr;
  bool is_waiting = false;
};

struct Transport::ReceiveAwaiter : Wait {
  Instant deadline;
  Result<> result{};

  ReceiveAwaiter(Transport& t, Instant d) : Wait{t}, deadline(d) {}
  ReceiveAwaiter(const ReceiveAwaiter&) = delete;
  ReceiveAwaiter& operator=(const ReceiveAwaiter&) = delete;
  ~ReceiveAwaiter() {
    if (is_waiting) {
      transport.abandon_receive(handle);
    }
  }
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> h) noexcept {
    handle = h;
    return is_waiting = transport.begin_receive(*this);
  }
  Result<> await_resume() noexcept {
    is_waiting = false;
    return result;
  }
};

struct Transport::BodyAwaiter : Wait {
  size_t size_hint;
  Instant deadline;
  Result<IoBuffer> result{};

  BodyAwaiter(Transport& t, size_t hint, Instant d) : Wait{t}, size_hint(hint), deadline(d) {}
  BodyAwaiter(const BodyAwaiter&) = delete;
  BodyAwaiter& operator=(const BodyAwaiter&) = delete;
  ~BodyAwaiter() {
    if (is_waiting) {
      transport.abandon_receive(handle);
    }
  }
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> h) noexcept {
    handle = h;
    return is_waiting = transport.begin_body(*this);
  }
  Result<IoBuffer> await_resume() noexcept {
    is_waiting = false;
    return std::move(result);
  }
};

struct Transport::SendAwaiter : Wait {
  BufferChain chain;
  Duration idle_limit;
  Result<> result{};

  SendAwaiter(Transport& t, BufferChain&& c, Duration idle)
      : Wait{t}, chain(std::move(c)), idle_limit(idle) {}
  SendAwaiter(const SendAwaiter&) = delete;
  SendAwaiter& operator=(const SendAwaiter&) = delete;
  ~SendAwaiter() {
    if (is_waiting) {
      transport.abandon_send(handle);
    }
  }
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> h) noexcept {
    handle = h;
    return is_waiting = transport.begin_send(*this);
  }
  Result<> await_resume() noexcept {
    is_waiting = false;
    return result;
  }
};

inline Transport::ReceiveAwaiter Transport::wait_inbox(Instant deadline) noexcept {
  return {*this, deadline};
}
inline Transport::BodyAwaiter Transport::receive_body(size_t size_hint, Instant deadline) noexcept {
  return {*this, size_hint, deadline};
}
inline Transport::SendAwaiter Transport::send(BufferChain&& chain, Duration idle_limit) noexcept {
  return {*this, std::move(chain), idle_limit};
}

}  // namespace zerq::io
