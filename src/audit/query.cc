// SPDX-License-Identifier: Apache-2.0
#include "audit/query.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "audit/query_run.h"
#include "store/data_directory.h"
#include "text/uuid.h"

namespace zerq::audit {
namespace {

constexpr size_t kTextMax = 4096;
constexpr uint16_t kStatusMax = 999;

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

std::optional<uint16_t> parse_status(std::string_view text) {
  const auto status = text.size() == 3 || text == "0" ? parse_number<uint16_t>(text) : std::nullopt;
  return status.has_value() && *status <= kStatusMax ? status : std::nullopt;
}

// Reads digits and fixed characters from the front of a text.
class DateReader {
 public:
  explicit DateReader(std::string_view text) : text_(text) {}
  bool is_good() const { return is_good_; }
  bool is_at_end() const { return text_.empty(); }
  int digits(size_t count) {
    const auto number =
        text_.size() < count ? std::nullopt : parse_number<uint32_t>(text_.substr(0, count));
    is_good_ &= number.has_value();
    text_.remove_prefix(std::min(count, text_.size()));
    return static_cast<int>(number.value_or(0));
  }
  bool skip(char c) {
    if (text_.empty() || text_.front() != c) {
      return false;
    }
    text_.remove_prefix(1);
    return true;
  }
  void expect(char c) { is_good_ &= skip(c); }
  // ".5" is half a second.
  int64_t micros() {
    int64_t us = 0;
    size_t count = 0;
    for (; !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; ++count) {
      us = us * 10 + (text_.front() - '0');
      text_.remove_prefix(1);
    }
    is_good_ &= count > 0 && count <= 6;
    for (; count < 6; ++count) {
      us *= 10;
    }
    return us;
  }

 private:
  std::string_view text_;
  bool is_good_ = true;
};

bool set_id(std::optional<ObjectId>& id, std::string_view value) {
  id = ObjectId::parse(value);
  return id.has_value();
}

bool set_text(std::string& text, std::string_view value) {
  text = value;
  return !value.empty() && value.size() <= kTextMax;
}

template <class T>
bool set_parsed(std::optional<T>& to, std::optional<T> parsed) {
  to = parsed;
  return parsed.has_value();
}

}  // namespace

std::optional<StatusRange> StatusRange::parse(std::string_view text) {
  if (text.size() == 3 && text.ends_with("xx") && text[0] >= '1' && text[0] <= '9') {
    const auto first = static_cast<uint16_t>((text[0] - '0') * 100);
    return StatusRange{.first = first, .last = static_cast<uint16_t>(first + 99)};
  }
  const size_t dash = text.find('-');
  const auto first = parse_status(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_status(text.substr(dash + 1));
  if (!first.has_value() || !last.has_value() || *first > *last) {
    return std::nullopt;
  }
  return StatusRange{.first = *first, .last = *last};
}

std::optional<WallTime> parse_time(std::string_view text) {
  namespace chrono = std::chrono;
  DateReader in(text);
  const int y = in.digits(4);
  in.expect('-');
  const int m = in.digits(2);
  in.expect('-');
  const int d = in.digits(2);
  if (!in.skip('T')) {
    in.expect('t');
  }
  const int hour = in.digits(2);
  in.expect(':');
  const int minute = in.digits(2);
  in.expect(':');
  const int second = in.digits(2);
  const int64_t us = in.skip('.') ? in.micros() : 0;
  int offset_minutes = 0;
  if (!in.skip('Z') && !in.skip('z')) {
    const bool is_west = in.skip('-');
    if (!is_west) {
      in.expect('+');
    }
    const int hours = in.digits(2);
    in.expect(':');
    const int minutes = in.digits(2);
    offset_minutes = (hours * 60 + minutes) * (is_west ? -1 : 1);
    if (hours > 23 || minutes > 59) {
      return std::nullopt;
    }
  }
  const chrono::year_month_day date{chrono::year(y), chrono::month(static_cast<unsigned>(m)),
                                    chrono::day(static_cast<unsigned>(d))};
  // 60: a leap second is written so, and is the next second here.
  if (!in.is_good() || !in.is_at_end() || !date.ok() || hour > 23 || minute > 59 || second > 60) {
    return std::nullopt;
  }
  const auto when = chrono::sys_days(date) + chrono::hours(hour) +
                    chrono::minutes(minute - offset_minutes) + chrono::seconds(second);
  return WallTime{chrono::duration_cast<chrono::microseconds>(when.time_since_epoch()).count() +
                  us};
}

bool Query::set(std::string_view name, std::string_view value) {
  if (name == "from") return set_parsed(from, parse_time(value));
  if (name == "to") return set_parsed(to, parse_time(value));
  if (name == "client_id") return set_id(client_id, value);
  if (name == "profile_id") return set_id(profile_id, value);
  if (name == "collection_id") return set_id(collection_id, value);
  if (name == "proxy_id") return set_id(proxy_id, value);
  if (name == "status") return set_parsed(status, StatusRange::parse(value));
  if (name == "error") return set_text(error, value);
  if (name == "reason") return set_text(reason, value);
  if (name == "request_id") return set_text(request_id, value);
  if (name == "path_prefix") return set_text(path_prefix, value);
  if (name == "kind") return set_text(kind, value);
  if (name == "node") return set_text(node, value);
  if (name == "ip") return set_parsed(ip, CidrBlock::parse(value));
  if (name == "q") return set_text(text, value);
  if (name == "cursor") return set_text(cursor, value);
  if (name == "limit") {
    const auto number = parse_number<uint32_t>(value);
    limit = number.value_or(0);
    return limit >= 1 && limit <= kLimitMax;
  }
  return false;
}

Result<QueryPage> query_directory(io::Blocking blocking, const std::filesystem::path& directory,
                                  const std::filesystem::path& ring_directory, const Query& query) {
  std::string node = store::read_file(blocking, directory / "node", 64).value_or(std::string());
  const auto uuid = text::Uuid::parse(std::string_view(node).substr(0, text::Uuid::kTextBytes));
  if (!uuid.has_value()) {
    return fail(ErrorCode::kNotFound, "no node has used this directory");
  }
  node = uuid->to_text();
  const JournalFolder journal(directory, ring_directory, node);
  return run_query(blocking,
                   {.audit_folder = directory / "audit", .journal = &journal, .node = node}, query);
}

}  // namespace zerq::audit
