// SPDX-License-Identifier: Apache-2.0
// Recycler of coroutine frames: one free list per size class and thread, so that starting an
// exchange allocates nothing in steady state. Frames are freed on the thread that made them.
#pragma once

#include <cstddef>

namespace zerq {

// Never null: out of memory ends the process.
void* take_frame(size_t bytes) noexcept;
void give_frame(void* frame, size_t bytes) noexcept;

// Frames of this thread that are alive; tests assert that it returns to where it was.
size_t frames_alive_for_test() noexcept;

}  // namespace zerq
