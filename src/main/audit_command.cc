// SPDX-License-Identifier: Apache-2.0
#include "main/audit_command.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>

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

void print_records(const audit::QueryPage& page) {
  for (const std::string& record : page.records) {
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
            ? std::from_chars(value.data(), end, wanted.records).ptr == end && !value.empty()
            : wanted.query.set(name, value);
    if (!is_good) {
      complain(fmt::format("--{}: malformed: {}", name, value));
      return 2;
    }
  }
  return 0;
}

int tail_directory(io::Blocking token, const AuditOptions& options, audit::Query query) {
  while (true) {
    const Result<audit::QueryPage> page =
        audit::query_directory(token, options.data_dir, {}, query);
    if (!page.has_value()) {
      return complain(fmt::format("{}: cannot be read any more", options.data_dir));
    }
    print_records(*page);
    query.after_seq = std::max(query.after_seq.value_or(0), page->last_seq);
    ::poll(nullptr, 0, kTailPauseMs);
  }
}

int read_directory(const AuditOptions& options) {
  Wanted wanted;
  if (const int code = build_query(options, wanted); code != 0) {
    return code;
  }
  const io::Blocking token = io::BlockingThread::on_main_thread();
  while (wanted.records > 0) {
    wanted.query.limit =
        static_cast<uint32_t>(std::min<uint64_t>(wanted.records, audit::Query::kLimitMax));
    const Result<audit::QueryPage> page =
        audit::query_directory(token, options.data_dir, {}, wanted.query);
    if (!page.has_value()) {
      return complain(fmt::format("{}: cannot be read as a data directory ({})", options.data_dir,
                                  page.error().detail));
    }
    if (options.is_tail) {
      wanted.query.after_seq = page->last_seq;
      return tail_directory(token, options, wanted.query);
    }
    print_records(*page);
    wanted.records -= std::min<uint64_t>(wanted.records, page->records.size());
    wanted.query.cursor = page->next_cursor;
    if (page->next_cursor.empty()) {
      break;
    }
  }
  return 0;
}

std::string first_line_of(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  return line;
}

AdminTarget find_server(const AuditOptions& options) {
  AdminTarget target;
  constexpr std::string_view kScheme = "http://";
  if (!options.server.empty()) {
    target.address = options.server.starts_with(kScheme) ? options.server.substr(kScheme.size())
                                                         : options.server;
  } else if (options.token.empty() && options.token_file.empty()) {
    target.is_local = true;
    target.address = ::access("/var/lib/zerq-gateway/admin.sock", F_OK) == 0
                         ? "/var/lib/zerq-gateway/admin.sock"
                         : "./zerq-data/admin.sock";
  } else {
    target.address = "127.0.0.1:8081";
  }
  target.token = options.token_file.empty() ? options.token : first_line_of(options.token_file);
  return target;
}

// One page from a running gateway, printed; the records that were there, or an exit code.
int print_page(const AdminTarget& target, const std::string& path) {
  const Result<AdminAnswer> answer = call_admin(target, path);
  if (!answer.has_value()) {
    return complain(fmt::format("{}: {}; is the gateway running? --data-dir reads without it",
                                target.address, answer.error().detail));
  }
  const Result<text::json::value> body = text::parse_json(answer->body);
  if (answer->status != 200 || !body.has_value() || !body->is_object()) {
    return complain(fmt::format("{}: {}: {}", target.address, answer->status, answer->body));
  }
  for (const text::json::value& record : body->as_object().at("items").as_array()) {
    std::puts(text::json::serialize(record).c_str());
  }
  std::fflush(stdout);
  return 0;
}

int ask_server(const AuditOptions& options) {
  Wanted checked;
  if (const int code = build_query(options, checked); code != 0) {
    return code;
  }
  std::string path = fmt::format("/api/v1/audit/{}?", options.stream);
  for (const auto& [name, value] : options.filters) {
    path += fmt::format("{}={}&", name, escape_query(value));
  }
  path.pop_back();
  return print_page(find_server(options), path);
}

}  // namespace

int run_audit(const AuditOptions& options) {
  const bool is_offline = !options.data_dir.empty();
  if (is_offline) {
    return read_directory(options);
  }
  if (options.is_tail) {
    return complain("audit tail: give --data-dir (a running gateway's directory can be read)");
  }
  return ask_server(options);
}

}  // namespace zerq
