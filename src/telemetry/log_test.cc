// SPDX-License-Identifier: Apache-2.0
#include "telemetry/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace zerq::telemetry {
namespace {

// A pipe whose far end collects what was logged until the log ended.
class LogPipe {
 public:
  LogPipe() {
    EXPECT_EQ(::pipe(ends_.data()), 0);
    log_.emplace(clock_, ends_[1]);
  }
  ~LogPipe() {
    log_.reset();
    close_writer();
    ::close(ends_[0]);
  }
  LogPipe(const LogPipe&) = delete;
  LogPipe& operator=(const LogPipe&) = delete;

  Log& log() { return *log_; }
  ManualClock& clock() { return clock_; }
  // Nothing is read while it ends: what it says must fit the pipe.
  void end() { log_.reset(); }

  bool read_some(std::string& all) {
    std::array<char, 4096> part;
    const ssize_t bytes = ::read(ends_[0], part.data(), part.size());
    all.append(part.data(), bytes > 0 ? static_cast<size_t>(bytes) : 0);
    return bytes > 0;
  }
  std::string read_rest() {
    close_writer();
    std::string all;
    while (read_some(all)) {
    }
    return all;
  }
  void fill_pipe() {
    const int flags = ::fcntl(ends_[1], F_GETFL);
    ::fcntl(ends_[1], F_SETFL, flags | O_NONBLOCK);
    const std::array<char, 4096> filler{};
    while (::write(ends_[1], filler.data(), filler.size()) > 0) {
    }
    ::fcntl(ends_[1], F_SETFL, flags);
  }

 private:
  void close_writer() {
    if (ends_[1] >= 0) {
      ::close(ends_[1]);
      ends_[1] = -1;
    }
  }

  std::array<int, 2> ends_{};
  ManualClock clock_;
  std::optional<Log> log_;
};

std::string one_line(LogLevel level, std::string_view event,
                     std::initializer_list<LogField> fields) {
  LogPipe pipe;
  pipe.clock().set_wall(WallTime{1'785'678'901'234'567});
  pipe.log().write(level, event, fields);
  pipe.end();
  return pipe.read_rest();
}

TEST(Log, ALineIsOneJsonObjectWithTimeLevelAndEvent) {
  EXPECT_EQ(one_line(LogLevel::kWarning, "reload_slow",
                     {{"revision", 7}, {"why", "late"}, {"live", true}, {"us", int64_t{-1}}}),
            "{\"time\":\"2026-08-02T13:55:01.234567Z\",\"level\":\"warning\","
            "\"event\":\"reload_slow\",\"revision\":7,\"why\":\"late\",\"live\":true,\"us\":-1}\n");
}

TEST(Log, QuotedTextCannotForgeALine) {
  const std::string line = one_line(LogLevel::kInfo, "x",
                                    {{"a", "\"}\n{\"event\":\"y"}, {"b", "\\ \x7f \xC3\xA4 \xFF"}});
  EXPECT_NE(line.find("\"a\":\"\\\"}\\u000a{\\\"event\\\":\\\"y\""), std::string::npos) << line;
  EXPECT_NE(line.find("\"b\":\"\\\\ \\u007f \xC3\xA4 \\ufffd\""), std::string::npos) << line;
}

TEST(Log, ALineTooLongIsCutAndStaysJson) {
  const std::string line =
      one_line(LogLevel::kError, "x", {{"a", std::string(5000, 'a')}, {"b", "lost"}});
  EXPECT_LE(line.size(), Log::kLineBytesMax);
  EXPECT_TRUE(line.ends_with("a\",\"cut\":true}\n")) << line;
  EXPECT_EQ(line.find("lost"), std::string::npos);
}

TEST(Log, AManyByteCharacterIsNeverCutInTwo) {
  for (size_t i = 0; i < 4; ++i) {
    std::string text(i, 'a');
    for (int j = 0; j < 400; ++j) {
      text += "\xF0\x9F\x98\x80";
    }
    const std::string line = one_line(LogLevel::kInfo, "x", {{"a", text}});
    const size_t end = line.rfind("\",\"cut\"");
    ASSERT_NE(end, std::string::npos);
    EXPECT_EQ(line.substr(end - 4, 4), "\xF0\x9F\x98\x80");
  }
}

TEST(Log, LinesOfAllThreadsArriveWhole) {
  LogPipe pipe;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&pipe, t] {
      for (int i = 0; i < 40; ++i) {
        pipe.log().write(LogLevel::kInfo, "n", {{"n", t * 40 + i}});
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  pipe.end();
  const std::string all = pipe.read_rest();
  std::set<std::string> seen;
  for (size_t at = 0; at < all.size();) {
    const size_t end = all.find('\n', at);
    seen.insert(all.substr(at, end - at));
    at = end + 1;
  }
  EXPECT_EQ(seen.size(), 160U);
}

TEST(Log, AFullQueueDropsAndNeverWaits) {
  LogPipe pipe;
  pipe.fill_pipe();
  for (size_t i = 0; i < Log::kLinesMax * 2; ++i) {
    pipe.log().write(LogLevel::kInfo, "x");
  }
  // All but the queue, and the one line that the writer may hold beside it.
  EXPECT_GE(pipe.log().dropped(), Log::kLinesMax - 1);
}

TEST(Log, DropsAreReported) {
  LogPipe pipe;
  pipe.fill_pipe();
  for (size_t i = 0; i < Log::kLinesMax * 2; ++i) {
    pipe.log().write(LogLevel::kInfo, "x");
  }
  std::string all;
  while (all.find("log_lines_dropped") == std::string::npos) {
    ASSERT_TRUE(pipe.read_some(all));
  }
}

}  // namespace
}  // namespace zerq::telemetry
