// SPDX-License-Identifier: Apache-2.0
// The command line (product §3): flag > ZERQ_* > --config FILE > default. Errors name the option,
// what was found, what is allowed, and the nearest valid name; they end the process with 2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "main/admin_call.h"

namespace zerq {

enum class IoChoice : uint8_t { kAuto, kUring, kEpoll };

struct ServeOptions {
  std::vector<std::string> apply;
  std::vector<std::string> listen;        // "127.0.0.1:8080" unless given.
  std::vector<std::string> admin_listen;  // "127.0.0.1:8081" unless given.
  std::vector<std::string> admin_host;
  std::string data_dir;  // Empty: /var/lib/zerq-gateway if writable, else ./zerq-data.
  std::string audit_ring_dir;
  std::string admin_token;  // ZERQ_ADMIN_TOKEN: the bootstrap token.
  std::string secret_env;  // GLOB of the names that {env} may read; empty: all that are allowed.
  IoChoice io = IoChoice::kAuto;
  uint32_t workers = 0;  // 0: as many as there are cores for us.
  uint32_t drain_max_s = 30;  // How long requests in flight may take once we end.
  bool is_demo = false;
};

struct CheckOptions {
  std::vector<std::string> files;
};

// `audit query` and `audit tail`.
struct AuditOptions {
  bool is_tail = false;
  std::string data_dir;
  std::string audit_ring_dir;
  std::string server;  // "http://127.0.0.1:8081"
  std::string token;
  std::string token_file;
  std::string stream = "requests";
  // Filters by their API names (semantics §9), sent or evaluated as they are.
  std::vector<std::pair<std::string, std::string>> filters;
};

struct ApplyOptions {
  std::vector<std::string> files;
  ServerOptions server;
  std::string message;
  bool is_dry_run = false;
  bool must_prune = false;
  bool tells_by_exit_code = false;
};

struct ExportOptions {
  ServerOptions server;
  std::string file;  // Empty: stdout.
};

struct StatusOptions {
  ServerOptions server;
};

struct TokenResetOptions {
  std::string data_dir;
};

struct BackupOptions {
  std::string file;
  std::string data_dir;
};

struct RestoreOptions {
  std::string file;
  std::string data_dir;
};

struct HealthcheckOptions {
  std::string url = "127.0.0.1:8081";
};

// `fields`: the reference of the declarative file.
struct FieldsOptions {};

struct VersionOptions {
  bool is_json = false;
};

using Command = std::variant<ServeOptions, CheckOptions, FieldsOptions, AuditOptions, ApplyOptions,
                             ExportOptions, StatusOptions, TokenResetOptions, BackupOptions,
                             RestoreOptions, HealthcheckOptions, VersionOptions>;

// Either a command to run, or the exit code after a message (help: 0, bad input: 2).
struct CommandLine {
  std::optional<Command> command;
  int exit_code = 0;
};

CommandLine parse_command_line(int argc, const char* const* argv);

}  // namespace zerq
