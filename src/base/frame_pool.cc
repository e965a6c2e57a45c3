// SPDX-License-Identifier: Apache-2.0
#include "base/frame_pool.h"

#include <array>
#include <cstdlib>

#include "base/check.h"

namespace zerq {
namespace {

// Sanitizers must see every use of a dead frame, so nothing is recycled under them.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kRecycles = false;
#else
constexpr bool kRecycles = true;
#endif

constexpr size_t kClassBytes = 128;
constexpr size_t kClasses = 32;  // Frames up to 4 KB are recycled.
constexpr size_t kKeptPerClass = 1024;

struct FreeFrame {
  FreeFrame* next;
};

// One thread's free lists; the memory is given back when the thread ends.
class FrameLists {
 public:
  ~FrameLists() {
    for (FreeFrame* list : lists_) {
      while (list != nullptr) {
        FreeFrame* next = list->next;
        std::free(list);
        list = next;
      }
    }
  }

  void* take(size_t bytes) noexcept {
    ++alive_;
    const size_t index = (bytes - 1) / kClassBytes;
    if (index < kClasses && lists_[index] != nullptr) {
      FreeFrame* frame = lists_[index];
      lists_[index] = frame->next;
      --kept_[index];
      return frame;
    }
    void* frame = std::malloc(kRecycles && index < kClasses ? (index + 1) * kClassBytes : bytes);
    CHECK(frame != nullptr);
    return frame;
  }

  void give(void* frame, size_t bytes) noexcept {
    --alive_;
    const size_t index = (bytes - 1) / kClassBytes;
    if (!kRecycles || index >= kClasses || kept_[index] >= kKeptPerClass) {
      std::free(frame);
      return;
    }
    lists_[index] = new (frame) FreeFrame{lists_[index]};
    ++kept_[index];
  }

  size_t alive() const { return alive_; }

 private:
  std::array<FreeFrame*, kClasses> lists_{};
  std::array<size_t, kClasses> kept_{};
  size_t alive_ = 0;
};

FrameLists& lists() {
  thread_local FrameLists lists;
  return lists;
}

}  // namespace

void* take_frame(size_t bytes) noexcept { return lists().take(bytes); }
void give_frame(void* frame, size_t bytes) noexcept { lists().give(frame, bytes); }
size_t frames_alive_for_test() noexcept { return lists().alive(); }

}  // namespace zerq
