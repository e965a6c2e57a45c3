// SPDX-License-Identifier: Apache-2.0
#include "main/audit_command.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "audit/query.h"
#include "io/blocking_pool.h"
#include "main/admin_call.h"
#include "text/json.h"

namespace zerq {
namespace {

constexpr int kTailPauseMs = 500;

int complain(const std::string& line) {
  std::fprintf(stderr, "zerq-gateway: %s\n", line.c_str());
  return 1;
}

std::string escape_query(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    escaped += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return escaped;
}

void print_records(const std::vector<std::string>& records) {
  for (const std::string& record : records) {
    std::puts(record.c_str());
  }
  std::fflush(stdout);
}

// What the command line asks for: the filters, and how many records over all pages.
struct Wanted {
  audit::Query query;
  uint64_t records = 50;
};

// 2 after a message if a filter is malformed.
int build_query(const AuditOptions& options, Wanted& wanted) {
  wanted.query.stream =
      options.stream == "admin" ? audit::Stream::kAdmin : audit::Stream::kRequests;
  for (const auto& [name, value] : options.filters) {
    const char* const end = value.data() + value.size();
    const bool is_good =
        name == "limit"
            ? std::from_chars(value.data(), end, wanted.records).ptr == end && wanted.records > 0
            : wanted.query.set(name, value);
    if (!is_good) {
      std::string option = name;
      std::ranges::replace(option, '_', '-');
      complain(fmt::format("--{}: malformed: {}", option, value));
      return 2;
    }
  }
  return 0;
}

// Where records come from: a directory or a server. Nothing after a message: it cannot be read.
class RecordSource {
 public:
  virtual ~RecordSource() = default;
  virtual std::optional<audit::QueryPage> read_page(const audit::Query& query) = 0;
};

class DirectorySource final : public RecordSource {
 public:
  explicit DirectorySource(const AuditOptions& options) : options_(options) {}

  std::optional<audit::QueryPage> read_page(const audit::Query& query) override {
    const std::string& ring_dir = options_.audit_ring_dir;
    std::error_code error;
    if (!ring_dir.empty() && !std::filesystem::is_directory(ring_dir, error)) {
      complain(
          fmt::format("--audit-ring-dir: {}: no such directory; give the one of serve", ring_dir));
      return std::nullopt;
    }
    Result<audit::QueryPage> page = audit::query_directory(io::BlockingThread::on_main_thread(),
                                                           options_.data_dir, ring_dir, query);
    if (!page.has_value()) {
      complain(page.error().code == ErrorCode::kMalformed
                   ? fmt::format("--cursor: {}: none of ours", query.cursor)
                   : fmt::format("{}: cannot be read as a data directory ({})", options_.data_dir,
                                 page.error().detail));
      return std::nullopt;
    }
    return *std::move(page);
  }

 private:
  const AuditOptions& options_;
};

// A running gateway, through its admin listener.
class ServerSource final : public RecordSource {
 public:
  explicit ServerSource(const AuditOptions& options)
      : target_(find_server({.server = options.server,
                             .token = options.token,
                             .token_file = options.token_file,
                             .data_dir = ""})) {
    path_ = fmt::format("/api/v1/audit/{}?", options.stream);
    for (const auto& [name, value] : options.filters) {
      if (name != "limit" && name != "cursor") {
        path_ += fmt::format("{}={}&", name, escape_query(value));
      }
    }
  }

  std::optional<audit::QueryPage> read_page(const audit::Query& query) override {
    std::string path = fmt::format("{}limit={}", path_, query.limit);
    if (!query.cursor.empty()) {
      path += "&cursor=" + escape_query(query.cursor);
    }
    const Result<AdminAnswer> answer = call_admin(target_, {.path_and_query = path, .body = ""});
    if (!answer.has_value()) {
      complain(fmt::format("{}: {}; is the gateway running? --data-dir reads without it",
                           target_.address, answer.error().detail));
      return std::nullopt;
    }
    const Result<text::json::value> body = text::parse_json(answer->body);
    if (answer->status != 200 || !body.has_value() || !body->is_object()) {
      complain(fmt::format("{}: {}: {}", target_.address, answer->status, answer->body));
      return std::nullopt;
    }
    audit::QueryPage page;
    for (const text::json::value& record : body->as_object().at("items").as_array()) {
      page.records.push_back(text::json::serialize(record));
    }
    if (const text::json::value& next = body->as_object().at("next_cursor"); next.is_string()) {
      page.next_cursor = next.as_string();
    }
    return page;
  }

 private:
  AdminTarget target_;
  std::string path_;
};

int print_pages(RecordSource& source, Wanted wanted) {
  while (wanted.records > 0) {
    wanted.query.limit =
        static_cast<uint32_t>(std::min<uint64_t>(wanted.records, audit::Query::kLimitMax));
    const std::optional<audit::QueryPage> page = source.read_page(wanted.query);
    if (!page.has_value()) {
      return 1;
    }
    print_records(page->records);
    wanted.records -= std::min<uint64_t>(wanted.records, page->records.size());
    wanted.query.cursor = page->next_cursor;
    if (page->next_cursor.empty()) {
      return 0;
    }
  }
  // Beside the records, which a program may be reading.
  std::fprintf(stderr, "next: --cursor %s\n", wanted.query.cursor.c_str());
  return 0;
}

int print_new_records(RecordSource& source, audit::Query query) {
  query.limit = audit::Query::kLimitMax;
  query.cursor = audit::Query::kNewRecords;
  while (std::optional<audit::QueryPage> page = source.read_page(query)) {
    print_records(page->records);
    query.cursor = std::move(page->next_cursor);
    if (page->records.size() < query.limit) {
      ::poll(nullptr, 0, kTailPauseMs);
    }
  }
  return 1;
}

}  // namespace

int run_audit(const AuditOptions& options) {
  Wanted wanted;
  if (const int code = build_query(options, wanted); code != 0) {
    return code;
  }
  DirectorySource directory(options);
  ServerSource server(options);
  const bool is_offline = !options.data_dir.empty() && options.server.empty();
  RecordSource& source = is_offline ? static_cast<RecordSource&>(directory) : server;
  return options.is_tail ? print_new_records(source, wanted.query) : print_pages(source, wanted);
}

}  // namespace zerq
