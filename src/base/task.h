// SPDX-License-Identifier: Apache-2.0
// Task<T>: a lazy coroutine with one awaiter. `co_await task` starts it and resumes the caller by
// symmetric transfer when it ends. Task owns the frame; destroying a Task that is suspended tears
// the coroutine down (teardown only: a cancel completes the wait with an error, ADR 0003).
// Exceptions do not leave a coroutine: one that escapes ends the process.
// Coroutine rules: parameters by value or references to a longer-lived rung; no lambda coroutines
// with captures; no arrays as locals (they live in the frame).
#pragma once

#include <coroutine>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/frame_pool.h"

namespace zerq {

template <class T>
class Task;

namespace detail {

struct PromiseFrame {
  std::coroutine_handle<> continuation = std::noop_coroutine();

  static void* operator new(size_t bytes) noexcept { return take_frame(bytes); }
  static void operator delete(void* frame, size_t bytes) noexcept { give_frame(frame, bytes); }

  std::suspend_always initial_suspend() noexcept { return {}; }
  struct FinalAwaiter {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) noexcept {
      return h.promise().continuation;
    }
    void await_resume() noexcept {}
  };
  FinalAwaiter final_suspend() noexcept { return {}; }
  [[noreturn]] void unhandled_exception() noexcept {
    check_failed(__FILE__, __LINE__, "an exception left a coroutine");
  }
};

template <class T>
struct Promise : PromiseFrame {
  std::optional<T> value;
  Task<T> get_return_object() noexcept;
  template <class U>
  void return_value(U&& v) {
    value.emplace(std::forward<U>(v));
  }
  T take() { return *std::move(value); }
};

template <>
struct Promise<void> : PromiseFrame {
  Task<void> get_return_object() noexcept;
  void return_void() noexcept {}
  void take() noexcept {}
};

}  // namespace detail

template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  Task() noexcept = default;
  explicit Task(Handle h) noexcept : handle_(h) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      reset();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~Task() { reset(); }

  bool is_valid() const { return handle_ != nullptr; }
  bool is_done() const { return handle_ != nullptr && handle_.done(); }
  // Starts a task that nobody awaits; its owner keeps the Task until is_done(), or destroys it.
  void start() {
    DCHECK(handle_ != nullptr && !handle_.done());
    handle_.resume();
  }
  // Who runs next when this task ends; set before start().
  void set_continuation(std::coroutine_handle<> next) { handle_.promise().continuation = next; }
  // The result of a task that is done.
  T take_result() { return handle_.promise().take(); }
  void reset() {
    if (handle_ != nullptr) {
      std::exchange(handle_, nullptr).destroy();
    }
  }

  auto operator co_await() && noexcept {
    struct Awaiter {
      Handle handle;
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
        handle.promise().continuation = caller;
        return handle;
      }
      T await_resume() { return handle.promise().take(); }
    };
    return Awaiter{handle_};
  }

 private:
  Handle handle_ = nullptr;
};

namespace detail {
template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}
}  // namespace detail

}  // namespace zerq
