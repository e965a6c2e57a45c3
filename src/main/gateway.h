// SPDX-License-Identifier: Apache-2.0
// Gateway: constructs every part in order and passes references down (rung: Gateway). The one
// place that knows all modules. Runs on the main thread, which is the control thread: it waits for
// signals, and compiles and publishes configuration.
#pragma once

#include <csignal>
#include <latch>
#include <memory>
#include <string>
#include <vector>

#include "admin/configuration_parts.h"
#include "io/event_loop.h"
#include "main/command_line.h"
#include "main/listener_sockets.h"

namespace zerq::control {
struct ConfigOutcome;
struct SettingsConfig;
}  // namespace zerq::control
namespace zerq::io {
class Shard;
}

namespace zerq {

class Gateway {
 public:
  explicit Gateway(ServeOptions options);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  // Serves until a signal ends it. Returns the exit code: 0, 1 (could not start or run; one line
  // on stderr says what and what to do), 2 (the configuration is invalid).
  int run();

 private:
  struct Parts;

  // The steps of a start, in order; each returns the exit code, 0 to go on.
  int open_state();
  int load_configuration();
  int start_threads();
  int open_listeners();

  control::ConfigOutcome apply_given_files();
  io::Backend choose_backend();
  void restore_quotas();
  void apply_address_policy(const control::SettingsConfig& settings);
  admin::ConfigurationParts configuration_parts();
  void start_admin();
  void run_shard(io::Shard& shard, std::latch& ready);
  void serve_listeners(const std::vector<OpenListener>& data_listeners,
                       const std::vector<OpenListener>& admin_listeners, int local_socket);
  void wait_for_signals();
  void reload();
  void drain(const sigset_t& signals);
  int64_t open_connections() const;
  void stop();
  std::string make_metrics_page() const;

  ServeOptions options_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace zerq
