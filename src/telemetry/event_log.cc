// SPDX-License-Identifier: Apache-2.0
#include "telemetry/event_log.h"

#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <string>

#include "base/clock.h"

namespace zerq::telemetry {
namespace {

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo: return "info";
    case LogLevel::kWarning: return "warning";
    case LogLevel::kError: return "error";
  }
  return "error";
}

// A log line must not be forgeable by what it quotes: controls and quotes are escaped.
void append_quoted(std::string& line, std::string_view text) {
  line += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escaped[8];
      std::snprintf(escaped, sizeof(escaped), "\\u%04x", static_cast<unsigned>(c));
      line += escaped;
    } else {
      line += c;
    }
  }
  line += '"';
}

std::string time_text() {
  const WallTime now = SystemClock().wall_now();
  const time_t seconds = now.seconds();
  tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[40];
  const size_t bytes = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text + bytes, sizeof(text) - bytes, ".%06dZ", static_cast<int>(now.us % 1'000'000));
  return text;
}

}  // namespace

void log_event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  std::string line = "{\"time\":\"" + time_text() + "\",\"level\":";
  append_quoted(line, level_name(level));
  line += ",\"event\":";
  append_quoted(line, event);
  for (const auto& [name, value] : fields) {
    line += ',';
    append_quoted(line, name);
    line += ':';
    append_quoted(line, value);
  }
  line += "}\n";
  const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
  static_cast<void>(written);  // A log that cannot be written is no reason to stop serving.
}

}  // namespace zerq::telemetry
