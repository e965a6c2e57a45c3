// SPDX-License-Identifier: Apache-2.0
// Accepts on one listening descriptor with io_uring; see io/listen_socket.h. Single-shot accepts,
// two in flight, so that overload and hand-over are "do not arm again".
#pragma once

#include <array>

#include "io/listen_socket.h"
#include "io/uring/uring_loop.h"

namespace zerq::io {

class UringListener final : public ListenSocket, private CompletionSink {
 public:
  UringListener(UringLoop& loop, int fd);
  ~UringListener() override;

  void start(AcceptSink& sink) noexcept override;
  void pause() noexcept override { is_paused_ = true; }
  void resume() noexcept override;

 private:
  void on_completion(OperationKind kind, uint32_t operation, int result,
                     uint32_t flags) noexcept override;
  void arm();
  static void on_pause_over(Timer& timer) noexcept;

  static constexpr uint32_t kInFlight = 2;
  static constexpr uint32_t kNone = UINT32_MAX;

  UringLoop& loop_;
  RingDescriptor* descriptor_;
  AcceptSink* sink_ = nullptr;
  std::array<uint32_t, kInFlight> operations_;
  bool is_paused_ = false;
  struct RetryTimer : Timer {
    explicit RetryTimer(UringListener& o) : Timer(&on_pause_over), owner(o) {}
    UringListener& owner;
  } retry_timer_;
};

}  // namespace zerq::io
