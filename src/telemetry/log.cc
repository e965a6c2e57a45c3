// SPDX-License-Identifier: Apache-2.0
#include "telemetry/log.h"

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <span>

namespace zerq::telemetry {
namespace {

static_assert((Log::kLinesMax & (Log::kLinesMax - 1)) == 0);

constexpr int kWaitMs = 100;
constexpr int kLastWaits = 10;  // Of kWaitMs, when the log ends and nobody reads.

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo: return "info";
    case LogLevel::kWarning: return "warning";
    case LogLevel::kError: return "error";
  }
  return "error";
}

// Bytes of the well-formed UTF-8 character at the front (RFC 3629 §4), 0 if there is none.
size_t utf8_bytes(std::string_view text) {
  const auto at = [text](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto is_tail = [&at](size_t i) { return (at(i) & 0xC0U) == 0x80; };
  const unsigned lead = at(0);
  if (lead < 0x80) {
    return 1;
  }
  if (lead >= 0xC2 && lead <= 0xDF) {
    return is_tail(1) ? 2 : 0;
  }
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool is_canonical = !(lead == 0xE0 && at(1) < 0xA0) && !(lead == 0xED && at(1) > 0x9F);
    return is_canonical && is_tail(1) && is_tail(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool is_canonical = !(lead == 0xF0 && at(1) < 0x90) && !(lead == 0xF4 && at(1) > 0x8F);
    return is_canonical && is_tail(1) && is_tail(2) && is_tail(3) ? 4 : 0;
  }
  return 0;
}

// One line in a buffer of fixed size. Nothing that it quotes can forge a line or break the JSON.
class LineWriter {
 public:
  explicit LineWriter(std::span<char> to) : to_(to) {}

  void begin(WallTime time, LogLevel level, std::string_view event) {
    const std::chrono::sys_time<std::chrono::microseconds> at{std::chrono::microseconds(time.us)};
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(at - day);
    add(fmt::format_to_n(scratch_.data(), scratch_.size(),
                         "{{\"time\":\"{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z\",\"level\":\"",
                         int{date.year()}, unsigned{date.month()}, unsigned{date.day()},
                         clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                         clock.subseconds().count())
            .size);
    append(level_name(level));
    append("\",\"event\":");
    append_quoted(event);
  }

  // What does not fit is cut where it stands, and no field follows.
  void add_field(const LogField& field) {
    constexpr size_t kQuotesColonNumber = 26;
    if (is_cut_ || room() < field.name().size() + kQuotesColonNumber) {
      is_cut_ = true;
      return;
    }
    append(",");
    append_quoted(field.name());
    append(":");
    if (field.is_text()) {
      append_quoted(field.text());
    } else if (!field.text().empty()) {
      append(field.text());
    } else {
      add(fmt::format_to_n(scratch_.data(), scratch_.size(), "{}", field.number()).size);
    }
  }

  size_t end() {
    const std::string_view closing = is_cut_ ? kCutEnd : kCutEnd.substr(kCutEnd.size() - 2);
    closing.copy(to_.data() + bytes_, closing.size());
    return bytes_ + closing.size();
  }

 private:
  static constexpr std::string_view kCutEnd = ",\"cut\":true}\n";

  size_t room() const { return to_.size() - bytes_ - kCutEnd.size(); }
  void add(size_t scratch_bytes) { append({scratch_.data(), scratch_bytes}); }

  void append(std::string_view text) {
    text.copy(to_.data() + bytes_, text.size());
    bytes_ += text.size();
  }

  void append_quoted(std::string_view text) {
    constexpr size_t kEscapeAndQuote = 7;
    append("\"");
    while (!text.empty()) {
      if (room() < kEscapeAndQuote) {
        is_cut_ = true;
        break;
      }
      const size_t bytes = utf8_bytes(text);
      const auto c = static_cast<unsigned char>(text.front());
      if (bytes == 0) {
        append("\\ufffd");
      } else if (c < 0x20 || c == 0x7F) {
        add(fmt::format_to_n(scratch_.data(), scratch_.size(), "\\u{:04x}", c).size);
      } else {
        append(c == '"' || c == '\\' ? "\\" : "");
        append(text.substr(0, bytes));
      }
      text.remove_prefix(bytes == 0 ? 1 : bytes);
    }
    append("\"");
  }

  std::span<char> to_;
  size_t bytes_ = 0;
  bool is_cut_ = false;
  std::array<char, 64> scratch_;
};

size_t write_line(std::span<char> to, WallTime time, LogLevel level, std::string_view event,
                  std::initializer_list<LogField> fields) {
  LineWriter line(to);
  line.begin(time, level, event);
  for (const LogField& field : fields) {
    line.add_field(field);
  }
  return line.end();
}

}  // namespace

Log::Log(const Clock& clock, int fd)
    : clock_(clock), fd_(fd), slots_(std::make_unique_for_overwrite<Slot[]>(kLinesMax)) {
  for (uint64_t i = 0; i < kLinesMax; ++i) {
    slots_[i].turn.store(i, std::memory_order_relaxed);
  }
  writer_ = std::thread([this] { run(); });
}

Log::~Log() {
  is_ending_.store(true, std::memory_order_release);
  wakes_.fetch_add(1, std::memory_order_release);
  wakes_.notify_one();
  writer_.join();
}

void Log::write(LogLevel level, std::string_view event,
                std::initializer_list<LogField> fields) noexcept {
  uint64_t position = tail_.load(std::memory_order_relaxed);
  while (true) {
    const uint64_t turn = slots_[position % kLinesMax].turn.load(std::memory_order_acquire);
    if (turn < position) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    if (turn > position) {
      position = tail_.load(std::memory_order_relaxed);
    } else if (tail_.compare_exchange_weak(position, position + 1, std::memory_order_relaxed)) {
      break;
    }
  }
  Slot& slot = slots_[position % kLinesMax];
  slot.bytes =
      static_cast<uint32_t>(write_line(slot.text, clock_.wall_now(), level, event, fields));
  slot.turn.store(position + 1, std::memory_order_release);
  wakes_.fetch_add(1, std::memory_order_release);
  wakes_.notify_one();
}

void Log::run() noexcept {
  ::pthread_setname_np(::pthread_self(), "log");
  while (true) {
    const int wakes = wakes_.load(std::memory_order_acquire);
    const bool is_last = is_ending_.load(std::memory_order_acquire);
    if (!write_queued()) {
      return;
    }
    report_drops();
    if (is_last) {
      return;
    }
    wakes_.wait(wakes, std::memory_order_acquire);
  }
}

// False: the log ends, and nobody reads.
bool Log::write_queued() noexcept {
  while (true) {
    Slot& slot = slots_[head_ % kLinesMax];
    if (slot.turn.load(std::memory_order_acquire) != head_ + 1) {
      return true;
    }
    if (!write_out({slot.text.data(), slot.bytes})) {
      return false;
    }
    slot.turn.store(head_ + kLinesMax, std::memory_order_release);
    ++head_;
  }
}

void Log::report_drops() noexcept {
  const uint64_t dropped = this->dropped();
  if (dropped == dropped_reported_) {
    return;
  }
  std::array<char, 256> text;
  const size_t bytes = write_line(text, clock_.wall_now(), LogLevel::kWarning, "log_lines_dropped",
                                  {{"lines", dropped - dropped_reported_}});
  if (write_out({text.data(), bytes})) {
    dropped_reported_ = dropped;
  }
}

// Waits for a reader as long as the log lives. False: it ends, or the descriptor is broken; a log
// that cannot be written is no reason to stop serving.
bool Log::write_out(std::string_view line) noexcept {
  int last_waits = 0;
  while (!line.empty()) {
    pollfd ready{.fd = fd_, .events = POLLOUT, .revents = 0};
    if (::poll(&ready, 1, kWaitMs) == 0) {
      if (is_ending_.load(std::memory_order_relaxed) && ++last_waits == kLastWaits) {
        return false;
      }
      continue;
    }
    const ssize_t written = ::write(fd_, line.data(), line.size());
    if (written > 0) {
      line.remove_prefix(static_cast<size_t>(written));
    } else if (written < 0 && errno != EINTR && errno != EAGAIN) {
      return true;
    }
  }
  return true;
}

}  // namespace zerq::telemetry
