// SPDX-License-Identifier: Apache-2.0
#include "main/config_command.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "control/declarative_apply.h"
#include "main/admin_call.h"
#include "store/config_database.h"
#include "store/data_directory.h"
#include "text/json.h"

namespace zerq {
namespace {

namespace json = text::json;

constexpr int kFailed = 1, kInvalid = 2, kDiffers = 3;
constexpr size_t kBackupBytesMax = size_t{1} << 30;

int complain(const std::string& line) {
  std::fprintf(stderr, "zerq-gateway: %s\n", line.c_str());
  return kFailed;
}

// None after a message.
std::optional<AdminAnswer> ask(const ServerOptions& server, const AdminCall& call) {
  const AdminTarget target = find_server(server);
  Result<AdminAnswer> answer = call_admin(target, call);
  if (!answer.has_value()) {
    complain(fmt::format("{}: {}; is the gateway running?", target.address, answer.error().detail));
    return std::nullopt;
  }
  return *std::move(answer);
}

json::object object_of(const AdminAnswer& answer) {
  Result<json::value> body = text::parse_json(answer.body);
  return body.has_value() && body->is_object() ? body->as_object() : json::object();
}

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : "";
}

json::array list_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_array() ? value->as_array() : json::array();
}

void print_lines(const json::object& answer, std::string_view name) {
  for (const json::value& line : list_of(answer, name)) {
    if (line.is_string()) {
      std::fprintf(stderr, "%s\n", line.as_string().c_str());
    }
  }
}

// "+ policy "gold"", "~ collection "Shop"" with a line a field, "- client "acme"".
void print_changes(const json::array& changes) {
  for (const json::value& one : changes) {
    const json::object& change = one.as_object();
    const std::string op = text_of(change, "op");
    std::printf("%c %s \"%s\"\n",
                op == "create"   ? '+'
                : op == "delete" ? '-'
                                 : '~',
                text_of(change, "kind").c_str(), text_of(change, "name").c_str());
    for (const json::value& field : list_of(change, "fields")) {
      const json::object& difference = field.as_object();
      std::printf("    %s: %s -> %s\n", text_of(difference, "field").c_str(),
                  json::serialize(difference.at("from")).c_str(),
                  json::serialize(difference.at("to")).c_str());
    }
  }
}

// The answer's object, or the exit code after every problem was told.
struct Applied {
  json::object answer;
  int code = 0;
};
Applied post_apply(const ApplyOptions& options, const json::array& files, bool is_dry_run) {
  const json::object call{{"files", files},
                          {"dry_run", is_dry_run},
                          {"prune", options.must_prune},
                          {"reason", options.message}};
  const auto answer = ask(
      options.server,
      {.method = "POST", .path_and_query = "/api/v1/config/apply", .body = json::serialize(call)});
  if (!answer.has_value()) {
    return {.answer = {}, .code = kFailed};
  }
  json::object body = object_of(*answer);
  print_lines(body, "problems");
  if (answer->status == 200) {
    return {.answer = std::move(body)};
  }
  if (answer->status != 400) {
    complain(fmt::format("{}: {}", answer->status, text_of(body, "message")));
  }
  return {.answer = std::move(body), .code = answer->status == 400 ? kInvalid : kFailed};
}

// None after a message: somebody else owns it, or it is not there.
std::unique_ptr<store::DataDirectory> own_directory(io::Blocking token, const std::string& path) {
  auto directory = store::DataDirectory::open(token, path);
  if (!directory.has_value()) {
    complain(directory.error().line);
    return nullptr;
  }
  return *std::move(directory);
}

}  // namespace

int run_apply(const ApplyOptions& options) {
  config::Diagnostics problems;
  json::array files;
  for (const control::FileText& file : control::read_files(options.files, problems)) {
    files.push_back(json::object{{"name", file.name}, {"text", file.text}});
  }
  if (problems.has_errors()) {
    for (const config::Diagnostic& problem : problems.sorted()) {
      std::fprintf(stderr, "%s\n", config::to_line(problem).c_str());
    }
    return kInvalid;
  }
  const Applied planned = post_apply(options, files, true);
  if (planned.code != 0) {
    return planned.code;
  }
  const json::array changes = list_of(planned.answer, "changes");
  print_lines(planned.answer, "warnings");
  print_changes(changes);
  if (changes.empty()) {
    std::puts("no changes");
    return 0;
  }
  if (options.is_dry_run) {
    return options.tells_by_exit_code ? kDiffers : 0;
  }
  std::fflush(stdout);
  const Applied done = post_apply(options, files, false);
  if (done.code == 0) {
    std::printf("revision %s\n", json::serialize(done.answer.at("revision")).c_str());
  }
  return done.code;
}

int run_export(const ExportOptions& options) {
  const auto answer = ask(options.server, {.path_and_query = "/api/v1/config/export", .body = ""});
  if (!answer.has_value()) {
    return kFailed;
  }
  if (answer->status != 200) {
    return complain(fmt::format("{}: {}", answer->status, text_of(object_of(*answer), "message")));
  }
  if (options.file.empty()) {
    std::fputs(answer->body.c_str(), stdout);
    return 0;
  }
  const Result<> written =
      store::replace_file(io::BlockingThread::on_main_thread(), options.file, answer->body);
  return written.has_value() ? 0 : complain(options.file + ": cannot be written");
}

int run_status(const StatusOptions& options) {
  const auto answer = ask(options.server, {.path_and_query = "/api/v1/status", .body = ""});
  if (!answer.has_value()) {
    return kFailed;
  }
  std::puts(answer->body.c_str());
  return answer->status == 200 ? 0 : kFailed;
}

int run_token_reset(const TokenResetOptions& options) {
  const auto answer =
      ask({.server = "", .token = "", .token_file = "", .data_dir = options.data_dir},
          {.method = "POST", .path_and_query = "/api/v1/tokens/bootstrap", .body = "{}"});
  if (!answer.has_value()) {
    return kFailed;
  }
  const json::object body = object_of(*answer);
  if (answer->status != 200) {
    return complain(fmt::format("{}: {}", answer->status, text_of(body, "message")));
  }
  std::puts(text_of(body, "token").c_str());
  return 0;
}

int run_backup(const BackupOptions& options) {
  std::error_code unknown;
  if (std::filesystem::exists(options.file, unknown)) {
    return complain(options.file + ": is there already; give another name");
  }
  const std::filesystem::path from = std::filesystem::path(options.data_dir) / "config.db";
  const Result<> copied =
      store::ConfigDatabase::copy(io::BlockingThread::on_main_thread(), from, options.file);
  if (!copied.has_value()) {
    return complain(fmt::format("{}: cannot be copied to {} ({})", from.string(), options.file,
                                copied.error().detail));
  }
  std::puts("The keys are not in it: keep encryption-key and token-key apart from it.");
  return 0;
}

int run_restore(const RestoreOptions& options) {
  const io::Blocking token = io::BlockingThread::on_main_thread();
  if (const auto sound = store::ConfigDatabase::open(token, options.file); !sound.has_value()) {
    return complain(options.file + ": no sound backup of a configuration");
  }
  const Result<std::string> content = store::read_file(token, options.file, kBackupBytesMax);
  if (!content.has_value()) {
    return complain(options.file + ": cannot be read");
  }
  const auto directory = own_directory(token, options.data_dir);
  if (directory == nullptr) {
    return kFailed;
  }
  const std::filesystem::path to = directory->path() / "config.db";
  std::error_code ignored;  // The log of the old file means nothing to the new one.
  std::filesystem::remove(to.string() + "-wal", ignored);
  std::filesystem::remove(to.string() + "-shm", ignored);
  const Result<> written = store::replace_file(token, to, *content);
  return written.has_value() ? 0 : complain(to.string() + ": cannot be written");
}

}  // namespace zerq
