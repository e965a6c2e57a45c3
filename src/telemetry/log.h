// SPDX-License-Identifier: Apache-2.0
// The structured log: one JSON object a line, for what happens to the process (start, listeners,
// reloads, drain). Rung: Gateway; any thread, shards too: write() formats into a slot of a bounded
// queue and returns, a thread of its own does the writing. A full queue drops the line, counts it,
// and says so in the next one. What happened to a request is in its audit record, not here.
#pragma once

#include <array>
#include <atomic>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <thread>
#include <type_traits>

#include "base/clock.h"

namespace zerq::telemetry {

enum class LogLevel : uint8_t { kInfo, kWarning, kError };

// A name and a text, number or truth value; a view for the length of the call.
class LogField {
 public:
  LogField(std::string_view name, std::string_view text) : name_(name), text_(text) {}
  template <std::integral T>
  LogField(std::string_view name, T value) : name_(name), is_text_(false) {
    if constexpr (std::same_as<T, bool>) {
      text_ = value ? "true" : "false";
    } else {
      number_ = static_cast<int64_t>(value);
    }
  }

  std::string_view name() const { return name_; }
  bool is_text() const { return is_text_; }
  std::string_view text() const { return text_; }  // Or a literal: "true".
  int64_t number() const { return number_; }

 private:
  std::string_view name_;
  std::string_view text_;  // Empty and not a text: the number.
  int64_t number_ = 0;
  bool is_text_ = true;
};

class Log {
 public:
  static constexpr size_t kLineBytesMax = 1024;  // Longer texts are cut, the line stays valid JSON.
  static constexpr size_t kLinesMax = 256;

  // The descriptor stays the caller's.
  Log(const Clock& clock, int fd);
  // Writes what is queued, for at most a second if nobody reads it.
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void write(LogLevel level, std::string_view event,
             std::initializer_list<LogField> fields = {}) noexcept;
  uint64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }

 private:
  // Vyukov's bounded queue: `turn` says whose the slot is. Equal to a position: free for that line;
  // one more: written, for the writer.
  struct Slot {
    std::atomic<uint64_t> turn;
    uint32_t bytes;
    std::array<char, kLineBytesMax> text;
  };
  void run() noexcept;
  bool write_queued() noexcept;
  void report_drops() noexcept;
  bool write_out(std::string_view line) noexcept;

  const Clock& clock_;
  const int fd_;
  std::unique_ptr<Slot[]> slots_;
  std::atomic<uint64_t> tail_ = 0;  // Next position to be taken.
  uint64_t head_ = 0;  // The writer's.
  std::atomic<uint64_t> dropped_ = 0;
  uint64_t dropped_reported_ = 0;  // The writer's.
  std::atomic<int> wakes_ = 0;
  std::atomic<bool> is_ending_ = false;
  std::thread writer_;
};

}  // namespace zerq::telemetry
