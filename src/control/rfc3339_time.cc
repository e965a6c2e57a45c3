// SPDX-License-Identifier: Apache-2.0
#include "control/rfc3339_time.h"

#include <charconv>
#include <chrono>

namespace zerq::control {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  int number(size_t digits) {
    int value = 0;
    const std::string_view part = text_.substr(0, digits);
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    is_good_ = is_good_ && part.size() == digits && error == std::errc{} &&
               end == part.data() + part.size() && part[0] != '-';
    text_.remove_prefix(part.size());
    return value;
  }
  char one_of(std::string_view allowed) {
    const char c = text_.empty() ? '\0' : text_.front();
    is_good_ = is_good_ && c != '\0' && allowed.find(c) != std::string_view::npos;
    text_.remove_prefix(text_.empty() ? 0 : 1);
    return c;
  }
  int64_t fraction_us() {
    int64_t us = 0;
    int64_t unit = 100'000;
    size_t digits = 0;
    while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
      us += unit * (text_.front() - '0');
      unit /= 10;
      ++digits;
      text_.remove_prefix(1);
    }
    is_good_ = is_good_ && digits > 0;
    return us;
  }
  bool next_is(char c) const { return !text_.empty() && text_.front() == c; }
  bool is_good() const { return is_good_; }
  bool is_at_end() const { return text_.empty(); }

 private:
  std::string_view text_;
  bool is_good_ = true;
};

}  // namespace

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  Reader in(text);
  const int year = in.number(4);
  in.one_of("-");
  const int month = in.number(2);
  in.one_of("-");
  const int day = in.number(2);
  in.one_of("Tt ");
  const int hour = in.number(2);
  in.one_of(":");
  const int minute = in.number(2);
  in.one_of(":");
  const int second = in.number(2);
  int64_t us = 0;
  if (in.next_is('.')) {
    in.one_of(".");
    us = in.fraction_us();
  }
  int64_t offset_minutes = 0;
  const char zone = in.one_of("Zz+-");
  if (zone == '+' || zone == '-') {
    const int hours = in.number(2);
    in.one_of(":");
    const int minutes = in.number(2);
    offset_minutes = (zone == '+' ? 1 : -1) * (hours * 60 + minutes);
    if (hours > 23 || minutes > 59) {
      return std::nullopt;
    }
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!in.is_good() || !in.is_at_end() || !date.ok() || hour > 23 || minute > 59 || second > 60) {
    return std::nullopt;
  }
  const int64_t seconds = std::chrono::sys_days(date).time_since_epoch().count() * int64_t{86400} +
                          hour * 3600 + (minute - offset_minutes) * 60 + second;
  return WallTime{seconds * 1'000'000 + us};
}

}  // namespace zerq::control
