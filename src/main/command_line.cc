// SPDX-License-Identifier: Apache-2.0
#include "main/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>

#include "config/nearest_name.h"
#include "config/option_file.h"

namespace zerq {
namespace {

// Options of the product that later releases bring; a clear refusal beats "unknown option".
constexpr const char* kNotYet[] = {"--tls-listen",     "--tls-cert",        "--tls-key",
                                   "--store",          "--mongodb-uri",     "--redis-url",
                                   "--admin-insecure", "--admin-tls-cert",  "--admin-tls-key",
                                   "--ca-file",        "--redirect-listen", "--proxy-protocol"};
constexpr const char* kNotYetCommands[] = {"apply",  "export",  "explain", "token",
                                           "backup", "restore", "migrate", "status"};

const std::map<std::string, IoChoice> kIoNames = {
    {"auto", IoChoice::kAuto}, {"uring", IoChoice::kUring}, {"epoll", IoChoice::kEpoll}};

void add_serve(CLI::App& app, ServeOptions& serve, std::string& config_file) {
  CLI::App* command = app.add_subcommand("serve", "run the gateway");
  command->add_option("--config", config_file, "YAML file with long option names as keys")
      ->envname("ZERQ_CONFIG");
  command->add_option("--apply", serve.apply, "declarative configuration file; repeatable")
      ->envname("ZERQ_APPLY");
  command->add_flag("--demo", serve.is_demo, "serve a demo configuration with its own upstream");
  command->add_option("--io", serve.io, "auto, uring or epoll")
      ->envname("ZERQ_IO")
      ->transform(CLI::CheckedTransformer(kIoNames));
  command->add_option("--data-dir", serve.data_dir, "where state and the audit journal live")
      ->envname("ZERQ_DATA_DIR");
  command->add_option("--listen", serve.listen, "address of the data listener; repeatable")
      ->envname("ZERQ_LISTEN");
  command->add_option("--admin-listen", serve.admin_listen, "address of the admin listener")
      ->envname("ZERQ_ADMIN_LISTEN");
  command->add_option("--admin-host", serve.admin_host, "a Host the admin listener answers to")
      ->envname("ZERQ_ADMIN_HOST");
  command->add_option("--workers", serve.workers, "shards; default: the cores we may use")
      ->envname("ZERQ_WORKERS")
      ->check(CLI::Range(1, 256));
  command->add_option("--audit-ring-dir", serve.audit_ring_dir, "directory of the journal rings")
      ->envname("ZERQ_AUDIT_RING_DIR");
  command->add_option("--secret-env", serve.secret_env, "GLOB of names that {env: NAME} may read")
      ->envname("ZERQ_SECRET_ENV");
}

void add_audit_filters(CLI::App& command, AuditOptions& audit) {
  static constexpr const char* kFilters[] = {
      "from",   "to",    "client-id", "profile-id", "collection-id", "proxy-id",
      "status", "error", "reason",    "request-id", "path-prefix",   "ip",
      "kind",   "node",  "q",         "limit",      "cursor"};
  for (const char* name : kFilters) {
    std::string key = name;
    std::replace(key.begin(), key.end(), '-', '_');
    command.add_option_function<std::string>(
        std::string("--") + name,
        [&audit, key](const std::string& value) { audit.filters.emplace_back(key, value); },
        "filter");
  }
}

void add_audit(CLI::App& app, AuditOptions& audit) {
  CLI::App* command = app.add_subcommand("audit", "read the audit records");
  command->require_subcommand(1);
  for (const char* name : {"query", "tail"}) {
    CLI::App* sub = command->add_subcommand(
        name, std::string_view(name) == "query" ? "records, newest first, one JSON object a line"
                                                : "records as they come");
    sub->add_option("--data-dir", audit.data_dir, "read a data directory; no server needed")
        ->envname("ZERQ_DATA_DIR");
    sub->add_option("--server", audit.server, "admin listener of a running gateway");
    sub->add_option("--token", audit.token, "admin token")->envname("ZERQ_ADMIN_TOKEN");
    sub->add_option("--token-file", audit.token_file, "file with the admin token");
    sub->add_option("--stream", audit.stream, "requests or admin")
        ->check(CLI::IsMember({"requests", "admin"}));
    add_audit_filters(*sub, audit);
  }
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
      option->add_result(values);
      option->run_callback();
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
  app.add_subcommand("check", "validate declarative configuration files")
      ->add_option("files", check.files, "files")
      ->required();
  add_audit(app, audit);
  app.add_subcommand("healthcheck", "exit 0 if the gateway on this machine is ready")
      ->add_option("--server", healthcheck.url, "admin listener");
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
  if (chosen == "audit") {
    audit.is_tail = app.get_subcommand("audit")->got_subcommand("tail");
    return {.command = audit};
  }
  if (chosen == "healthcheck") {
    return {.command = healthcheck};
  }
  return {.command = version};
}

}  // namespace zerq
