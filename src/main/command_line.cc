// SPDX-License-Identifier: Apache-2.0
#include "main/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <span>

#include "config/nearest_name.h"
#include "config/option_file.h"

namespace zerq {
namespace {

// Options of the product that later releases bring; a clear refusal beats "unknown option".
constexpr const char* kNotYet[] = {"--tls-listen",     "--tls-cert",        "--tls-key",
                                   "--store",          "--mongodb-uri",     "--redis-url",
                                   "--admin-insecure", "--admin-tls-cert",  "--admin-tls-key",
                                   "--ca-file",        "--redirect-listen", "--proxy-protocol"};
constexpr const char* kNotYetCommands[] = {"explain", "migrate"};

// CLI11's own checks name neither what was found in quotes nor a bound that people would write.
CLI::Validator whole_number(uint32_t min, uint32_t max) {
  return CLI::Validator(
      [min, max](const std::string& text) -> std::string {
        uint32_t value = 0;
        const char* const end = text.data() + text.size();
        const auto [last, error] = std::from_chars(text.data(), end, value);
        const bool is_valid = error == std::errc() && last == end && value >= min && value <= max;
        return is_valid ? ""
                        : fmt::format("found \"{}\"; allowed: a whole number from {} to {}", text,
                                      min, max);
      },
      "");
}

CLI::Validator one_of(const std::vector<std::string>& choices) {
  return CLI::Validator(
      [choices](const std::string& text) -> std::string {
        const bool is_valid = std::ranges::find(choices, text) != choices.end();
        return is_valid ? ""
                        : fmt::format("found \"{}\"; allowed: {}", text, fmt::join(choices, ", "));
      },
      "");
}

const std::map<std::string, IoChoice> kIoNames = {
    {"auto", IoChoice::kAuto}, {"uring", IoChoice::kUring}, {"epoll", IoChoice::kEpoll}};

// `value` is what the help shows for it: FILE, ADDR, N.
template <class T>
CLI::Option* add(CLI::App& command, const std::string& name, T& to, const std::string& value,
                 const std::string& sentence) {
  return command.add_option(name, to, sentence)->type_name(value);
}

void add_serve(CLI::App& app, ServeOptions& serve, std::string& config_file) {
  CLI::App& command = *app.add_subcommand("serve", "run the gateway");
  add(command, "--config", config_file, "FILE", "YAML file with long option names as keys")
      ->envname("ZERQ_CONFIG");
  add(command, "--apply", serve.apply, "FILE", "declarative configuration; may repeat")
      ->envname("ZERQ_APPLY");
  command.add_flag("--demo", serve.is_demo, "serve a demo configuration with its own upstream");
  command
      .add_option_function<std::string>(
          "--io", [&serve](const std::string& name) { serve.io = kIoNames.at(name); },
          "I/O backend; default: auto, io_uring where it works")
      ->type_name("auto|uring|epoll")
      ->envname("ZERQ_IO")
      ->check(one_of({"auto", "uring", "epoll"}));
  add(command, "--data-dir", serve.data_dir, "DIR",
      "state; default: /var/lib/zerq-gateway if writable, else ./zerq-data")
      ->envname("ZERQ_DATA_DIR");
  add(command, "--listen", serve.listen, "ADDR",
      "of the data listener; may repeat; default: 127.0.0.1:8080")
      ->envname("ZERQ_LISTEN");
  add(command, "--admin-listen", serve.admin_listen, "ADDR",
      "of the admin listener; may repeat; default: 127.0.0.1:8081")
      ->envname("ZERQ_ADMIN_LISTEN");
  add(command, "--admin-host", serve.admin_host, "HOST",
      "a Host that the admin listener answers to; may repeat")
      ->envname("ZERQ_ADMIN_HOST");
  add(command, "--workers", serve.workers, "N", "shards; default: the cores that we may use")
      ->envname("ZERQ_WORKERS")
      ->check(whole_number(1, 256));
  add(command, "--drain-max-s", serve.drain_max_s, "N",
      "seconds for requests in flight after SIGTERM; default: 30")
      ->envname("ZERQ_DRAIN_MAX_S")
      ->check(whole_number(0, 86400));
  add(command, "--audit-ring-dir", serve.audit_ring_dir, "DIR",
      "the journal's rings; default: in the data directory")
      ->envname("ZERQ_AUDIT_RING_DIR");
  add(command, "--secret-env", serve.secret_env, "GLOB",
      "variables that {env: NAME} may read; default: all but ours")
      ->envname("ZERQ_SECRET_ENV");
}

// Names as in the API, which evaluates them (semantics §9).
struct FilterOption {
  const char* name;
  const char* value;
  const char* sentence;
};
constexpr FilterOption kFilters[] = {
    {"from", "TIME", "not before, RFC 3339"},
    {"to", "TIME", "before, RFC 3339"},
    {"client-id", "ID", "of this client"},
    {"profile-id", "ID", "of this profile"},
    {"collection-id", "ID", "of this collection"},
    {"proxy-id", "ID", "of this proxy"},
    {"status", "STATUS", "429, 4xx or 400-499"},
    {"error", "CODE", "this error code"},
    {"reason", "REASON", "this reason"},
    {"request-id", "ID", "this request"},
    {"path-prefix", "PATH", "whose path begins so"},
    {"ip", "CIDR", "from these addresses"},
    {"kind", "KIND", "of this kind"},
    {"node", "NODE", "of this node"},
    {"q", "TEXT", "that contain this text"},
};

// Those that choose a page; a tail has none.
constexpr FilterOption kPages[] = {
    {"limit", "N", "at most so many; default: 50"},
    {"cursor", "CURSOR", "what follows the page that gave it"},
};

void add_audit_filters(CLI::App& command, AuditOptions& audit,
                       std::span<const FilterOption> filters) {
  for (const FilterOption& filter : filters) {
    std::string key = filter.name;
    std::ranges::replace(key, '-', '_');
    command
        .add_option_function<std::string>(
            std::string("--") + filter.name,
            [&audit, key](const std::string& value) { audit.filters.emplace_back(key, value); },
            filter.sentence)
        ->type_name(filter.value);
  }
}

void add_audit(CLI::App& app, AuditOptions& audit) {
  CLI::App* command = app.add_subcommand("audit", "read the audit records");
  command->require_subcommand(1);
  for (const char* name : {"query", "tail"}) {
    CLI::App* sub = command->add_subcommand(
        name, std::string_view(name) == "query" ? "records, newest first, one JSON object a line"
                                                : "records as they come");
    add(*sub, "--data-dir", audit.data_dir, "DIR", "read a data directory; no server needed")
        ->envname("ZERQ_DATA_DIR");
    add(*sub, "--audit-ring-dir", audit.audit_ring_dir, "DIR",
        "the journal's rings, as given to serve; with --data-dir")
        ->envname("ZERQ_AUDIT_RING_DIR");
    add(*sub, "--server", audit.server, "URL",
        "admin listener of a running gateway; goes before --data-dir");
    add(*sub, "--token", audit.token, "TOKEN", "admin token")->envname("ZERQ_ADMIN_TOKEN");
    add(*sub, "--token-file", audit.token_file, "FILE", "file with the admin token");
    add(*sub, "--stream", audit.stream, "requests|admin", "which records; default: requests")
        ->check(one_of({"requests", "admin"}));
    add_audit_filters(*sub, audit, kFilters);
    if (std::string_view(name) == "query") {
      add_audit_filters(*sub, audit, kPages);
    }
  }
}

void add_server(CLI::App& command, ServerOptions& server) {
  add(command, "--server", server.server, "URL", "admin listener; default: the local socket");
  add(command, "--token", server.token, "TOKEN", "admin token")->envname("ZERQ_ADMIN_TOKEN");
  add(command, "--token-file", server.token_file, "FILE", "file with the admin token");
  add(command, "--data-dir", server.data_dir, "DIR", "whose local socket is asked")
      ->envname("ZERQ_DATA_DIR");
}

// All that is done to a configuration from outside.
struct ConfigOptions {
  ApplyOptions apply;
  ExportOptions export_;
  StatusOptions status;
  TokenResetOptions token_reset;
  BackupOptions backup;
  RestoreOptions restore;
};

void add_configuration(CLI::App& app, ConfigOptions& options) {
  CLI::App& apply = *app.add_subcommand("apply", "make a running gateway as files say");
  add(apply, "files", options.apply.files, "FILE", "files, or directories of .yaml and .yml files")
      ->required();
  add_server(apply, options.apply.server);
  apply.add_flag("--dry-run", options.apply.is_dry_run, "only print what would change");
  apply.add_flag("--prune", options.apply.must_prune, "delete what the files' lists lack");
  apply.add_flag("--exit-code", options.apply.tells_by_exit_code,
                 "with --dry-run: exit 3 if there are changes");
  add(apply, "-m,--message", options.apply.message, "TEXT", "why, for the revision");
  CLI::App& exported = *app.add_subcommand("export", "print the live configuration as YAML");
  add_server(exported, options.export_.server);
  add(exported, "-o,--output", options.export_.file, "FILE", "write it there instead");
  add_server(*app.add_subcommand("status", "print what a running gateway says of itself"),
             options.status.server);
  CLI::App& token = *app.add_subcommand("token", "the bootstrap admin token");
  token.require_subcommand(1);
  add(*token.add_subcommand("reset", "make a new one, through the local socket"), "--data-dir",
      options.token_reset.data_dir, "DIR", "of the running gateway")
      ->envname("ZERQ_DATA_DIR");
  CLI::App& backup = *app.add_subcommand("backup", "copy config.db, while a gateway runs too");
  add(backup, "file", options.backup.file, "FILE", "the copy; must not be there")->required();
  add(backup, "--data-dir", options.backup.data_dir, "DIR", "of the gateway")
      ->envname("ZERQ_DATA_DIR")
      ->required();
  CLI::App& restore = *app.add_subcommand("restore", "put a backup in place of config.db");
  add(restore, "file", options.restore.file, "FILE", "made by backup")->required();
  add(restore, "--data-dir", options.restore.data_dir, "DIR", "of a gateway that does not run")
      ->envname("ZERQ_DATA_DIR")
      ->required();
}

std::optional<Command> chosen_configuration(const std::string& name, const ConfigOptions& options) {
  return name == "apply"     ? std::optional<Command>(options.apply)
         : name == "export"  ? std::optional<Command>(options.export_)
         : name == "status"  ? std::optional<Command>(options.status)
         : name == "token"   ? std::optional<Command>(options.token_reset)
         : name == "backup"  ? std::optional<Command>(options.backup)
         : name == "restore" ? std::optional<Command>(options.restore)
                             : std::nullopt;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    names.push_back(option->get_name());
  }
  return names;
}

const CLI::App& deepest(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : deepest(*chosen.front());
}

int explain_unknown(const CLI::App& app, const std::string& argument) {
  const CLI::App& command = deepest(app);
  const std::string name = argument.substr(0, argument.find('='));
  for (const char* later : kNotYet) {
    if (name == later) {
      std::fprintf(stderr, "zerq-gateway: %s: not_supported in this release\n", name.c_str());
      return 2;
    }
  }
  std::vector<std::string> names = option_names(command);
  for (const CLI::App* sub : command.get_subcommands({})) {
    names.push_back(sub->get_name());
  }
  const std::optional<std::string> nearest = config::nearest_name(name, names);
  std::fprintf(stderr, "zerq-gateway: %s: unknown option or command%s%s%s; see --help\n",
               argument.c_str(), nearest ? "; did you mean \"" : "",
               nearest ? nearest->c_str() : "", nearest ? "\"?" : "");
  return 2;
}

// Options that neither a flag nor the environment set come from the file.
bool apply_option_file(CLI::App& serve, const std::string& file) {
  const config::OptionFile options = config::read_option_file(file);
  if (!options.problem.empty()) {
    std::fprintf(stderr, "zerq-gateway: %s\n", options.problem.c_str());
    return false;
  }
  for (const auto& [name, values] : options.values) {
    CLI::Option* option = serve.get_option_no_throw("--" + name);
    if (option == nullptr) {
      const auto nearest = config::nearest_name("--" + name, option_names(serve));
      std::fprintf(stderr, "zerq-gateway: %s: unknown option \"%s\"%s%s%s\n", file.c_str(),
                   name.c_str(), nearest ? "; did you mean \"" : "",
                   nearest ? nearest->substr(2).c_str() : "", nearest ? "\"?" : "");
      return false;
    }
    if (option->count() == 0) {
      try {
        option->add_result(values);
        option->run_callback();
      } catch (const CLI::ParseError& error) {
        std::fprintf(stderr, "zerq-gateway: %s: %s; see --help\n", file.c_str(), error.what());
        return false;
      }
    }
  }
  return true;
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  CLI::App app("Zerq Gateway: an API gateway in one static binary", "zerq-gateway");
  app.require_subcommand(1);
  ServeOptions serve;
  CheckOptions check;
  AuditOptions audit;
  HealthcheckOptions healthcheck;
  VersionOptions version;
  std::string config_file;
  add_serve(app, serve, config_file);
  add(*app.add_subcommand("check", "validate declarative configuration files"), "files",
      check.files, "FILE", "files, or directories of .yaml and .yml files")
      ->required();
  app.add_subcommand("fields", "print every field of a declarative file");
  add_audit(app, audit);
  ConfigOptions configuration;
  add_configuration(app, configuration);
  add(*app.add_subcommand("healthcheck", "exit 0 if the gateway on this machine is ready"),
      "--server", healthcheck.url, "ADDR", "admin listener; default: 127.0.0.1:8081");
  app.add_subcommand("version", "print the version")
      ->add_flag("--json", version.is_json, "with every library");
  if (argc > 1) {
    for (const char* later : kNotYetCommands) {
      if (std::string_view(argv[1]) == later) {
        std::fprintf(stderr, "zerq-gateway: %s: not_supported in this release\n", later);
        return {.exit_code = 2};
      }
    }
  }
  try {
    app.parse(argc, argv);
    if (!config_file.empty() && !apply_option_file(*app.get_subcommand("serve"), config_file)) {
      return {.exit_code = 2};
    }
  } catch (const CLI::CallForHelp& help) {
    app.exit(help);
    return {.exit_code = 0};
  } catch (const CLI::ExtrasError&) {
    return {.exit_code = explain_unknown(app, deepest(app).remaining(false).empty()
                                                  ? app.remaining(true).front()
                                                  : deepest(app).remaining(false).front())};
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "zerq-gateway: %s; see --help\n", error.what());
    return {.exit_code = 2};
  }
  if (const char* token = std::getenv("ZERQ_ADMIN_TOKEN"); token != nullptr) {
    serve.admin_token = token;
  }
  const std::string chosen = app.get_subcommands().front()->get_name();
  if (chosen == "serve") {
    return {.command = serve};
  }
  if (chosen == "check") {
    return {.command = check};
  }
  if (chosen == "fields") {
    return {.command = FieldsOptions{}};
  }
  if (chosen == "audit") {
    audit.is_tail = app.get_subcommand("audit")->got_subcommand("tail");
    return {.command = audit};
  }
  if (std::optional<Command> command = chosen_configuration(chosen, configuration)) {
    return {.command = *std::move(command)};
  }
  if (chosen == "healthcheck") {
    return {.command = healthcheck};
  }
  return {.command = version};
}

}  // namespace zerq
