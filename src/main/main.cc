// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <type_traits>

#include "control/config_check.h"
#include "control/config_reference.h"
#include "crypto/openssl_start.h"
#include "main/audit_command.h"
#include "main/command_line.h"
#include "main/config_command.h"
#include "main/gateway.h"
#include "main/healthcheck.h"
#include "main/name_service.h"
#include "main/version.h"

namespace zerq {
namespace {

int run(Command command) {
  return std::visit(
      [](auto& options) {
        using Options = std::decay_t<decltype(options)>;
        if constexpr (std::is_same_v<Options, ServeOptions>) {
          return Gateway(std::move(options)).run();
        } else if constexpr (std::is_same_v<Options, CheckOptions>) {
          return control::run_check(options.files);
        } else if constexpr (std::is_same_v<Options, FieldsOptions>) {
          std::fputs(control::config_reference().c_str(), stdout);
          return 0;
        } else if constexpr (std::is_same_v<Options, AuditOptions>) {
          return run_audit(options);
        } else if constexpr (std::is_same_v<Options, ApplyOptions>) {
          return run_apply(options);
        } else if constexpr (std::is_same_v<Options, ExportOptions>) {
          return run_export(options);
        } else if constexpr (std::is_same_v<Options, StatusOptions>) {
          return run_status(options);
        } else if constexpr (std::is_same_v<Options, TokenResetOptions>) {
          return run_token_reset(options);
        } else if constexpr (std::is_same_v<Options, BackupOptions>) {
          return run_backup(options);
        } else if constexpr (std::is_same_v<Options, RestoreOptions>) {
          return run_restore(options);
        } else if constexpr (std::is_same_v<Options, HealthcheckOptions>) {
          return run_healthcheck(options);
        } else {
          return print_version(options);
        }
      },
      command);
}

}  // namespace
}  // namespace zerq

int main(int argc, char** argv) {
  zerq::pin_name_service();
  zerq::crypto::start_openssl();
  zerq::CommandLine line = zerq::parse_command_line(argc, argv);
  return line.command.has_value() ? zerq::run(*std::move(line.command)) : line.exit_code;
}
