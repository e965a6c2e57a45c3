// SPDX-License-Identifier: Apache-2.0
#include "audit/record_json.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>

#include "audit/record_codec.h"
#include "base/check.h"
#include "text/hex.h"
#include "text/json_writer.h"
#include "text/uuid.h"

namespace zerq::audit {
namespace {

// A byte becomes at most six characters ("\ufffd"); what surrounds the texts is far below 4 KB.
constexpr size_t kGrowth = 6;
constexpr size_t kAround = 4096;
static_assert(kAdminBytesMax > kRecordBytesMax);

constexpr std::array<std::string_view, 6> kKindNames = {"request", "connection", "scheduled",
                                                        "summary", "gap",        "admin"};
constexpr std::array<std::string_view, static_cast<size_t>(Timing::kCount)> kTimingNames = {
    "queue", "read_head", "route", "auth", "limit", "workflow", "connect", "ttfb", "body", "total"};

// True where the text may stand between quotes as it is.
bool is_plain(std::string_view text) {
  bool is_odd = false;
  for (const char c : text) {
    is_odd |= static_cast<unsigned char>(c) - 0x20U >= 0x5FU || c == '"' || c == '\\';
  }
  return !is_odd;
}

void write_two(char* to, unsigned value) {
  to[0] = static_cast<char>('0' + value / 10);
  to[1] = static_cast<char>('0' + value % 10);
}

// "2026-11-24T13:00:00", without terminator.
void write_second(char* to, int64_t second) {
  namespace chrono = std::chrono;
  constexpr int64_t kEndOfYear9999 = 253'402'300'799;
  const chrono::sys_seconds when{chrono::seconds(std::clamp<int64_t>(second, 0, kEndOfYear9999))};
  const chrono::sys_days day = chrono::floor<chrono::days>(when);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(when - day);
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  write_two(to, year / 100);
  write_two(to + 2, year % 100);
  to[4] = to[7] = '-';
  write_two(to + 5, static_cast<unsigned>(date.month()));
  write_two(to + 8, static_cast<unsigned>(date.day()));
  to[10] = 'T';
  write_two(to + 11, static_cast<unsigned>(clock.hours().count()));
  to[13] = to[16] = ':';
  write_two(to + 14, static_cast<unsigned>(clock.minutes().count()));
  write_two(to + 17, static_cast<unsigned>(clock.seconds().count()));
}

void write_micros(char* to, int64_t us) {
  for (int i = 5; i >= 0; --i) {
    to[i] = static_cast<char>('0' + us % 10);
    us /= 10;
  }
}

}  // namespace

// Writes forward into room that was made certain before: no check a field.
class RecordJson::Line {
 public:
  explicit Line(char* at) : begin_(at), at_(at) {}

  std::string_view text() const { return {begin_, static_cast<size_t>(at_ - begin_)}; }

  template <size_t N>
  void literal(const char (&text)[N]) {
    std::memcpy(at_, text, N - 1);
    at_ += N - 1;
  }
  void raw(std::string_view text) {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void number(uint64_t value) { at_ = std::to_chars(at_, at_ + 20, value).ptr; }
  void boolean(bool value) {
    if (value) {
      literal("true");
    } else {
      literal("false");
    }
  }
  void quoted(std::string_view text) {
    *at_++ = '"';
    if (is_plain(text)) {
      if (!text.empty()) {
        raw(text);
      }
    } else {
      std::string escaped;
      text::append_json_escaped(escaped, text);
      raw(escaped);
    }
    *at_++ = '"';
  }
  // Nothing there: null.
  void text_or_null(std::string_view text) {
    if (text.empty()) {
      literal("null");
    } else {
      quoted(text);
    }
  }
  void number_or_null(uint64_t value) {
    if (value == 0) {
      literal("null");
    } else {
      number(value);
    }
  }
  void id(const ObjectId& id) {
    if (!id.is_set()) {
      literal("null");
      return;
    }
    *at_++ = '"';
    id.write_text(at_);
    at_ += ObjectId::kTextBytes;
    *at_++ = '"';
  }
  void ip(const IpAddress& address) {
    if (!address.is_set()) {
      literal("null");
      return;
    }
    *at_++ = '"';
    at_ = address.write_text(at_);
    *at_++ = '"';
  }
  void lane(LaneId lane, uint64_t n) {
    literal(",\"lane\":{\"epoch\":");
    number(lane.epoch);
    literal(",\"shard\":");
    number(lane.shard);
    literal(",\"n\":");
    number(n);
    literal("}}");
  }

 private:
  char* begin_;
  char* at_;
};

namespace {

template <class Line>
void write_route(Line& line, const ObjectId& collection_id, const ObjectId& proxy_id) {
  if (!collection_id.is_set() && !proxy_id.is_set()) {
    line.literal(",\"route\":null");
    return;
  }
  line.literal(",\"route\":{\"collection_id\":");
  line.id(collection_id);
  line.literal(",\"proxy_id\":");
  line.id(proxy_id);
  line.literal("}");
}

// A space-separated set as an array of its members.
template <class Line>
void write_scopes(Line& line, std::string_view scopes) {
  line.literal("[");
  for (bool is_first = true; !scopes.empty(); is_first = false) {
    const size_t end = std::min(scopes.find(' '), scopes.size());
    if (!is_first) {
      line.literal(",");
    }
    line.quoted(scopes.substr(0, end));
    scopes.remove_prefix(std::min(end + 1, scopes.size()));
  }
  line.literal("]");
}

template <class Line>
void write_decisions(Line& line, const Record& r) {
  if (r.auth.type.empty() && r.auth.result.empty()) {
    line.literal(",\"auth\":null");
  } else {
    line.literal(",\"auth\":{\"type\":");
    line.text_or_null(r.auth.type);
    line.literal(",\"subject\":");
    line.text_or_null(r.auth.subject);
    line.literal(",\"key_id\":");
    line.text_or_null(r.auth.key_id);
    line.literal(",\"result\":");
    line.text_or_null(r.auth.result);
    line.literal("}");
  }
  if (!r.scopes.was_checked) {
    line.literal(",\"scopes\":null");
  } else {
    line.literal(",\"scopes\":{\"required\":");
    write_scopes(line, r.scopes.required);
    line.literal(",\"granted\":");
    write_scopes(line, r.scopes.granted);
    line.literal("}");
  }
  if (!r.limit.was_checked) {
    line.literal(",\"limit\":null");
    return;
  }
  line.literal(",\"limit\":{\"policy_id\":");
  line.id(r.limit.policy_id);
  line.literal(",\"used\":");
  line.number(r.limit.used);
  line.literal(",\"limit\":");
  line.number(r.limit.limit);
  line.literal(",\"degraded\":");
  line.boolean(r.limit.is_degraded);
  line.literal("}");
}

template <class Line>
void write_request(Line& line, const Record& r) {
  line.literal(",\"request_id\":");
  line.text_or_null(r.request_id);
  line.literal(",\"config_revision\":");
  line.number_or_null(r.config_revision);
  line.literal(",\"client_ip\":");
  line.ip(r.client_ip);
  line.literal(",\"peer_ip\":");
  line.ip(r.peer_ip);
  line.literal(",\"protocol\":");
  line.text_or_null(r.protocol);
  line.literal(",\"tls\":");
  line.boolean(r.is_tls);
  line.literal(",\"method\":");
  line.text_or_null(r.method);
  line.literal(",\"host\":");
  line.text_or_null(r.host);
  line.literal(",\"path\":");
  line.text_or_null(r.path);
  line.literal(",\"query\":");
  line.text_or_null(r.query);
  if (!r.raw_target.empty()) {
    line.literal(",\"raw_target\":");
    line.quoted(r.raw_target);
  }
}

template <class Line>
void write_outcome(Line& line, const Record& r) {
  line.literal(",\"status\":");
  line.number(r.status);
  line.literal(",\"error\":");
  line.text_or_null(r.error);
  line.literal(",\"reason\":");
  line.text_or_null(r.reason);
  if (r.upstream.address.empty()) {
    line.literal(",\"upstream\":null");
  } else {
    line.literal(",\"upstream\":{\"address\":");
    line.quoted(r.upstream.address);
    line.literal(",\"status\":");
    line.number_or_null(r.upstream.status);
    line.literal(",\"attempts\":");
    line.number(r.upstream.attempts);
    line.literal(",\"reused\":");
    line.boolean(r.upstream.was_reused);
    line.literal("}");
  }
  line.literal(",\"bytes_in\":");
  line.number(r.bytes_in);
  line.literal(",\"bytes_out\":");
  line.number(r.bytes_out);
  line.literal(",\"timings_us\":{");
  bool is_first = true;
  for (size_t i = 0; i < kTimingNames.size(); ++i) {
    if (r.timings_us[i] == kTimingAbsent) {
      continue;
    }
    if (!is_first) {
      line.literal(",");
    }
    is_first = false;
    line.literal("\"");
    line.raw(kTimingNames[i]);
    line.literal("\":");
    line.number(r.timings_us[i]);
  }
  line.literal("}");
}

std::string counts_of(const RefusalSummary& summary) {
  std::string text;
  text::JsonWriter json(text);
  json.begin_object();
  json.member("records", summary.records());
  json.member("first_time", format_time(summary.first_time));
  json.member("last_time", format_time(summary.last_time));
  json.key("reasons");
  json.begin_object();
  for (const auto& [reason, records] : summary.reasons) {
    json.member(reason, records);
  }
  json.end_object();
  json.key("lanes");
  json.begin_array();
  for (const RefusalSummary::LaneShare& share : summary.lanes) {
    json.begin_object();
    json.member("epoch", share.lane.epoch);
    json.member("shard", share.lane.shard);
    json.member("first_n", share.first_n);
    json.member("last_n", share.last_n);
    json.member("records", share.records);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return text;
}

}  // namespace

void RecordJson::begin(Line& line, Seq seq, WallTime time, std::string_view kind) {
  line.literal("{\"seq\":");
  if (seq.has_value()) {
    line.number(*seq);
  } else {
    line.literal("null");
  }
  line.literal(",\"node\":\"");
  line.raw(node_);
  line.literal("\",\"time\":\"");
  const int64_t us = std::max<int64_t>(time.us, 0);
  if (us / 1'000'000 != second_) {
    second_ = us / 1'000'000;
    write_second(second_text_, second_);
    second_text_[19] = '.';
  }
  line.raw({second_text_, sizeof second_text_});
  char micros[6];
  write_micros(micros, us % 1'000'000);
  line.raw({micros, sizeof micros});
  line.literal("Z\",\"kind\":\"");
  line.raw(kind);
  line.literal("\"");
}

void RecordJson::make_room(size_t bytes) {
  if (line_bytes_ < bytes) {
    line_ = std::make_unique_for_overwrite<char[]>(bytes);
    line_bytes_ = bytes;
  }
}

std::string_view RecordJson::write(Seq seq, const Record& r, LaneId lane, uint64_t n) {
  make_room(encoded_bytes(r) * kGrowth + kAround);
  Line line(line_.get());
  begin(line, seq, r.time, kKindNames[static_cast<size_t>(r.kind)]);
  if (r.phase == RecordPhase::kOpen) {
    line.literal(",\"phase\":\"open\"");
  } else if (r.phase == RecordPhase::kEnd) {
    line.literal(",\"phase\":\"end\"");
  }
  write_request(line, r);
  write_route(line, r.collection_id, r.proxy_id);
  line.literal(",\"client_id\":");
  line.id(r.client_id);
  line.literal(",\"profile_id\":");
  line.id(r.profile_id);
  write_decisions(line, r);
  write_outcome(line, r);
  line.lane(lane, n);
  return line.text();
}

std::string_view RecordJson::write(Seq seq, const AdminRecord& r, LaneId lane, uint64_t n) {
  make_room(encoded_bytes(r) * kGrowth + kAround);
  Line line(line_.get());
  begin(line, seq, r.time, "admin");
  line.literal(",\"event\":");
  line.text_or_null(r.event);
  line.literal(",\"request_id\":");
  line.text_or_null(r.request_id);
  line.literal(",\"config_revision\":");
  line.number_or_null(r.config_revision);
  line.literal(",\"client_ip\":");
  line.ip(r.client_ip);
  line.literal(",\"via\":");
  line.text_or_null(r.via);
  line.literal(",\"actor\":");
  line.text_or_null(r.actor);
  line.literal(",\"method\":");
  line.text_or_null(r.method);
  line.literal(",\"path\":");
  line.text_or_null(r.path);
  line.literal(",\"query\":");
  line.text_or_null(r.query);
  line.literal(",\"operation\":");
  line.text_or_null(r.operation);
  line.literal(",\"object\":");
  if (r.object_type.empty() && r.object_id.empty()) {
    line.literal("null");
  } else {
    line.literal("{\"type\":");
    line.text_or_null(r.object_type);
    line.literal(",\"id\":");
    line.text_or_null(r.object_id);
    line.literal("}");
  }
  line.literal(",\"status\":");
  line.number_or_null(r.status);
  line.literal(",\"error\":");
  line.text_or_null(r.error);
  line.literal(",\"reason\":");
  line.text_or_null(r.reason);
  line.literal(",\"detail\":");
  line.raw(r.detail_json.empty() ? "null" : r.detail_json);
  line.lane(lane, n);
  return line.text();
}

std::string_view RecordJson::write(Seq seq, const GapNote& gap) {
  make_room(kAround);
  Line line(line_.get());
  begin(line, seq, gap.time, "gap");
  line.literal(",\"request_id\":null,\"error\":null,\"gap\":{\"epoch\":");
  line.number(gap.lane.epoch);
  line.literal(",\"shard\":");
  line.number(gap.lane.shard);
  line.literal(",\"first_n\":");
  line.number(gap.first_n);
  line.literal(",\"last_n\":");
  line.number(gap.last_n);
  line.literal("}}");
  return line.text();
}

std::string_view RecordJson::write(Seq seq, const RefusalSummary& summary) {
  const std::string counts = counts_of(summary);
  make_room(counts.size() + kAround);
  Line line(line_.get());
  begin(line, seq, summary.time, kKindNames[static_cast<size_t>(RecordKind::kSummary)]);
  line.literal(",\"request_id\":null,\"error\":null,\"summary\":");
  line.raw(counts);
  line.literal("}");
  return line.text();
}

std::string request_id_of(const BeginMark& mark) {
  if (mark.is_foreign_id) {
    return "sha256:" + text::to_hex(std::as_bytes(std::span(mark.request_uuid)));
  }
  return text::Uuid(mark.request_uuid).to_text();
}

Record crashed_record(const BeginMark& mark, bool has_open_record, std::string_view request_id) {
  Record record;
  record.phase = has_open_record ? RecordPhase::kEnd : RecordPhase::kWhole;
  record.time = mark.time;
  record.request_id = request_id;
  record.proxy_id = mark.proxy_id;
  record.client_id = mark.client_id;
  record.profile_id = mark.profile_id;
  record.error = kCrashedError;
  record.reason = "outcome_unknown";
  return record;
}

std::string format_time(WallTime time) {
  std::string text(27, '\0');
  const int64_t us = std::max<int64_t>(time.us, 0);
  write_second(text.data(), us / 1'000'000);
  text[19] = '.';
  write_micros(text.data() + 20, us % 1'000'000);
  text[26] = 'Z';
  return text;
}

}  // namespace zerq::audit
