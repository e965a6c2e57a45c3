// SPDX-License-Identifier: Apache-2.0
#include "main/gateway.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <future>
#include <latch>
#include <thread>

#include "admin/admin_router.h"
#include "admin/admin_server.h"
#include "audit/audit.h"
#include "control/declarative_apply.h"
#include "control/live_config.h"
#include "control/snapshot_publisher.h"
#include "crypto/digest.h"
#include "io/dns_resolver.h"
#include "io/shard.h"
#include "io/uring_probe.h"
#include "limits/limit_table.h"
#include "main/demo.h"
#include "main/key_files.h"
#include "main/listener_sockets.h"
#include "main/metrics_page.h"
#include "main/process_limits.h"
#include "main/shard_watch.h"
#include "proxy/data_shard.h"
#include "proxy/listener.h"
#include "telemetry/log.h"
#include "telemetry/shard_counter.h"
#include "upstream/target.h"
#include "upstream/upstream_pool.h"

namespace zerq {
namespace {

using telemetry::LogLevel;
using telemetry::NotReady;

constexpr size_t kBlockingThreads = 2;
constexpr size_t kBlockingQueueMax = 256;
constexpr size_t kMemoryFloorBytes = size_t{48} << 20;
constexpr size_t kMemoryShardBytes = size_t{8} << 20;

// One line of at most 200 characters. A long path loses its beginning: the file's name and what to
// do stand behind it.
int cannot_start(const std::string& line) {
  constexpr std::string_view kProgram = "zerq-gateway: ";
  constexpr std::string_view kCut = "...";
  constexpr size_t kBytesMax = 200 - kProgram.size();
  const std::string shown =
      line.size() <= kBytesMax
          ? line
          : std::string(kCut) + line.substr(line.size() - (kBytesMax - kCut.size()));
  std::fprintf(stderr, "%s%s\n", kProgram.data(), shown.c_str());
  return 1;
}

// Reading and compiling may tell the same of one place.
void print_problems(const std::vector<config::Diagnostic>& problems) {
  std::string last;
  for (const config::Diagnostic& problem : problems) {
    if (const std::string line = config::to_line(problem); line != last) {
      std::fprintf(stderr, "%s\n", line.c_str());
      last = line;
    }
  }
}

std::string default_data_dir() {
  constexpr const char* kSystem = "/var/lib/zerq-gateway";
  return ::access(kSystem, W_OK) == 0 || ::access("/var/lib", W_OK) == 0 ? kSystem : "./zerq-data";
}

}  // namespace

// In order of construction; each part lives inside those before it.
struct Gateway::Parts {
  SystemClock clock;
  telemetry::Log log{clock, STDERR_FILENO};
  telemetry::Readiness readiness;
  std::unique_ptr<DemoUpstream> demo;
  std::unique_ptr<store::DataDirectory> directory;
  NodeSecrets secrets;
  limits::LimitTable windows;
  upstream::TargetRegistry targets;
  std::unique_ptr<control::LiveConfig> config;
  std::unique_ptr<io::DnsResolver> resolver;
  std::unique_ptr<audit::Audit> audit;
  std::unique_ptr<io::BlockingPool> blocking;
  std::unique_ptr<io::MemoryLedger> ledger;
  std::vector<io::SocketAddress> admin_addresses;
  bool has_local_socket = false;
  io::Backend backend = io::Backend::kEpoll;
  std::string backend_reason;
  // The admin thread and what lives on it.
  std::jthread admin_thread;
  io::EventLoop* admin_loop = nullptr;
  admin::AdminServer* admin_server = nullptr;
  // By shard; each slot belongs to its shard's thread once that runs.
  std::vector<proxy::DataShard*> data_shards;
  std::vector<std::vector<std::unique_ptr<proxy::Listener>>> listeners;
  std::unique_ptr<io::ShardSet> shards;
  std::unique_ptr<control::SnapshotPublisher> publisher;
  std::unique_ptr<ShardWatch> watch;  // On the admin thread.
};

Gateway::Gateway(ServeOptions options) : options_(std::move(options)) {
  // Blocked before any thread exists, so that all inherit it and only sigwait() sees them.
  const sigset_t signals = control_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  parts_ = std::make_unique<Parts>();
}

Gateway::~Gateway() = default;

int Gateway::run() {
  raise_descriptor_limit();
  for (const auto step : {&Gateway::open_state, &Gateway::load_configuration,
                          &Gateway::start_threads, &Gateway::open_listeners}) {
    if (const int code = (this->*step)(); code != 0) {
      stop();
      return code;
    }
  }
  wait_for_signals();
  stop();
  return 0;
}

// The data directory and the secrets in it: nothing else starts before they are sound.
int Gateway::open_state() {
  const io::Blocking token = io::BlockingThread::on_main_thread();
  if (options_.data_dir.empty()) {
    options_.data_dir = default_data_dir();
  }
  auto directory = store::DataDirectory::open(token, options_.data_dir);
  if (!directory.has_value()) {
    return cannot_start(directory.error().line);
  }
  parts_->directory = *std::move(directory);
  auto secrets = read_node_secrets(token, *parts_->directory, options_.admin_token);
  if (!secrets.has_value()) {
    return cannot_start(secrets.error().line);
  }
  parts_->secrets = *std::move(secrets);
  if (options_.is_demo) {
    Result<std::unique_ptr<DemoUpstream>> demo = DemoUpstream::start();
    if (!demo.has_value()) {
      return cannot_start("--demo: " + std::string(demo.error().detail));
    }
    parts_->demo = *std::move(demo);
  }
  return 0;
}

// What is stored, and then what the files say that they have not said before.
int Gateway::load_configuration() {
  const io::Blocking token = io::BlockingThread::on_main_thread();
  auto database = store::ConfigDatabase::open(token, parts_->directory->path() / "config.db");
  if (!database.has_value()) {
    return cannot_start(database.error().line);
  }
  parts_->config = std::make_unique<control::LiveConfig>(
      *std::move(database),
      control::LiveConfig::Parts{.clock = parts_->clock,
                                 .targets = parts_->targets,
                                 .windows = parts_->windows,
                                 .token_key = as_bytes(parts_->secrets.token_key),
                                 .keys = parts_->secrets.sealing_keys,
                                 .on_compiled = [this](const control::GatewayConfig& config) {
                                   parts_->windows.set_memory_bytes(
                                       config.settings.limits_memory_bytes);
                                   apply_address_policy(config.settings);
                                 }});
  const auto loaded = parts_->config->load(token);
  if (!loaded.has_value()) {
    return cannot_start(loaded.error().line);
  }
  const auto writes = parts_->config->lock_writes();
  const control::ConfigOutcome outcome = apply_given_files();
  if (outcome.status == control::ConfigOutcome::Status::kUnchanged) {
    print_problems(*loaded);
  }
  return outcome.is_good() ? 0 : 2;
}

// The caller holds the write lock. Every problem is printed.
control::ConfigOutcome Gateway::apply_given_files() {
  const io::Blocking token = io::BlockingThread::on_main_thread();
  config::Diagnostics unread;
  control::ApplyRequest request{.source = "serve"};
  if (options_.is_demo && options_.apply.empty()) {
    request.files = {{.name = "demo", .text = demo_config(parts_->demo->port())}};
  } else {
    request.files = control::read_files(options_.apply, unread);
  }
  control::ConfigOutcome outcome;
  if (unread.has_errors()) {
    outcome.status = control::ConfigOutcome::Status::kInvalid;
    outcome.problems = unread.sorted();
  } else {
    outcome =
        control::apply_files(token, *parts_->config, request,
                             {.actor = "serve", .via = "file", .reason = "serve --apply"}, false);
    if (outcome.status == control::ConfigOutcome::Status::kUnchanged &&
        parts_->publisher != nullptr) {
      // Variables and files that secrets name may say something else.
      control::ConfigOutcome reloaded = parts_->config->reload(token);
      std::ranges::move(reloaded.problems, std::back_inserter(outcome.problems));
      outcome.status = reloaded.status;
    }
  }
  print_problems(outcome.problems);
  if (outcome.status == control::ConfigOutcome::Status::kStoreDown) {
    std::fputs("zerq-gateway: config.db cannot be written; check the free space\n", stderr);
  }
  return outcome;
}

int Gateway::start_threads() {
  const io::Blocking token = io::BlockingThread::on_main_thread();
  const uint32_t workers = options_.workers != 0 ? options_.workers : io::usable_cores();
  const control::AuditSettings settings = parts_->config->settings().audit;
  auto audit =
      audit::Audit::open(token,
                         {.config = {.journal_max_bytes = settings.journal_max_bytes,
                                     .sync_ms = settings.sync_ms,
                                     .retention_days = settings.retention_days,
                                     .retention_bytes = settings.retention_bytes.value_or(0),
                                     .ring_dir = options_.audit_ring_dir},
                          .shards = workers},
                         *parts_->directory, parts_->clock);
  if (!audit.has_value()) {
    return cannot_start(audit.error().line);
  }
  parts_->directory->settle();
  parts_->audit = *std::move(audit);
  restore_quotas();
  if (const auto written = write_new_secrets(token, *parts_->directory, parts_->secrets);
      !written.has_value()) {
    return cannot_start(written.error().line);
  }
  if (!parts_->config->database().start_writes(token).has_value()) {
    return cannot_start((parts_->directory->path() / "config.db").string() +
                        ": cannot be written; check its owner and the free space");
  }
  parts_->backend = choose_backend();
  parts_->blocking = std::make_unique<io::BlockingPool>(kBlockingThreads, kBlockingQueueMax);
  parts_->resolver = std::make_unique<io::DnsResolver>(io::AddressPolicy{});
  apply_address_policy(parts_->config->settings());
  parts_->ledger =
      std::make_unique<io::MemoryLedger>(kMemoryFloorBytes + workers * kMemoryShardBytes);
  start_admin();
  parts_->data_shards.resize(workers);
  parts_->listeners.resize(workers);
  parts_->shards =
      std::make_unique<io::ShardSet>(workers, parts_->backend, parts_->clock, *parts_->ledger);
  std::latch ready(workers);
  const Result<> started =
      parts_->shards->start([this, &ready](io::Shard& shard) { run_shard(shard, ready); });
  if (!started.has_value()) {
    return cannot_start(fmt::format("--io uring: {} ({}); use --io epoll", started.error().detail,
                                    std::strerror(started.error().os_errno)));
  }
  ready.wait();
  std::vector<control::SnapshotPublisher::Shard> slots;
  for (proxy::DataShard* shard : parts_->data_shards) {
    slots.push_back({.loop = &shard->loop(), .slot = &shard->snapshots()});
  }
  parts_->publisher = std::make_unique<control::SnapshotPublisher>(std::move(slots));
  parts_->config->serve_with(*parts_->publisher);
  parts_->readiness.set(NotReady::kNoSnapshot, false);
  parts_->admin_loop->mailbox().send([this] {
    parts_->watch = std::make_unique<ShardWatch>(ShardWatch::Parts{.loop = *parts_->admin_loop,
                                                                   .shards = *parts_->shards,
                                                                   .audit = *parts_->audit,
                                                                   .windows = parts_->windows,
                                                                   .readiness = parts_->readiness});
  });
  return 0;
}

// Before anybody is admitted.
void Gateway::restore_quotas() {
  for (const audit::QuotaCount& count : parts_->audit->take_quotas()) {
    const limits::LimitKey key{.policy = count.key.policy,
                               .client = count.key.client,
                               .part = count.key.part,
                               .per = static_cast<limits::LimitPer>(count.key.per)};
    constexpr uint64_t kUsedMax = limits::RateLimitConfig::kRequestsMax;
    if (!parts_->windows.restore_quota(key, static_cast<limits::QuotaInterval>(count.key.interval),
                                       count.first_day,
                                       static_cast<uint32_t>(std::min(count.used, kUsedMax)))) {
      parts_->log.write(LogLevel::kError, "a quota starts empty: limits.memory_bytes are used up",
                        {{"client_id", count.key.client.to_text()}});
    }
  }
}

// One shard's life, on its own thread.
void Gateway::run_shard(io::Shard& shard, std::latch& ready) {
  const uint32_t index = shard.index();
  audit::Lane& lane = parts_->audit->attach_lane(index, shard.loop());
  {
    upstream::UpstreamPool pool(shard.loop(), *parts_->resolver);
    proxy::DataShard data_shard(
        {.shard = shard,
         .lane = lane,
         .readiness = parts_->readiness,
         .pool = pool,
         .windows = parts_->windows,
         .token_key = as_bytes(parts_->secrets.token_key),
         .retire = control::SnapshotPublisher::retire_on(*parts_->admin_loop)});
    parts_->data_shards[index] = &data_shard;
    ready.count_down();
    shard.loop().run();
    parts_->listeners[index].clear();
    data_shard.close_all();
  }
  parts_->audit->detach_lane(index);
}

admin::ConfigurationParts Gateway::configuration_parts() {
  admin::ConfigurationParts to{
      .config = *parts_->config, .make_key = {}, .make_admin_token = {}, .node_status = {}};
  if (options_.admin_token.empty()) {
    to.make_admin_token = [this](io::Blocking token) {
      return replace_admin_token(token, parts_->directory->path());
    };
  }
  if (!parts_->secrets.are_sealing_keys_given) {
    to.make_key = [this](io::Blocking token) {
      return add_sealing_key(token, parts_->directory->path(), parts_->config->keys());
    };
  }
  to.node_status = [this] {
    return text::json::object{{"version", ZERQ_VERSION},
                              {"node", parts_->audit->node()},
                              {"ready", parts_->readiness.is_ready()},
                              {"io", parts_->backend == io::Backend::kUring ? "uring" : "epoll"},
                              {"workers", parts_->data_shards.size()}};
  };
  return to;
}

void Gateway::start_admin() {
  std::promise<void> started;
  std::future<void> is_started = started.get_future();
  parts_->admin_thread = std::jthread([this, started = std::move(started)]() mutable {
    Result<std::unique_ptr<io::EventLoop>> loop =
        io::EventLoop::create({.backend = io::Backend::kEpoll}, parts_->clock);
    CHECK(loop.has_value());
    admin::AdminRouter router({.loop = **loop,
                               .blocking = *parts_->blocking,
                               .audit = *parts_->audit,
                               .configuration = configuration_parts(),
                               .readiness = parts_->readiness,
                               .token_hash = crypto::sha256(as_bytes(parts_->secrets.admin_token)),
                               .hosts = options_.admin_host,
                               .metrics_are_open = true,
                               .metrics_page = [this] { return make_metrics_page(); }});
    {
      admin::AdminServer server(**loop, router);
      parts_->admin_loop = loop->get();
      parts_->admin_server = &server;
      started.set_value();
      (*loop)->run();
    }
  });
  is_started.get();
}

io::Backend Gateway::choose_backend() {
  if (options_.io == IoChoice::kEpoll) {
    parts_->backend_reason = "--io epoll";
    return io::Backend::kEpoll;
  }
  const io::UringProbe probe = io::probe_uring();
  parts_->backend_reason = probe.reason;
  if (options_.io == IoChoice::kUring) {
    return io::Backend::kUring;
  }
  return probe.is_usable ? io::Backend::kUring : io::Backend::kEpoll;
}

int Gateway::open_listeners() {
  std::vector<OpenListener> data_listeners;
  std::vector<OpenListener> admin_listeners;
  const auto defaults = [](const std::vector<std::string>& given, const char* fallback) {
    return given.empty() ? std::vector<std::string>{fallback} : given;
  };
  // All are bound before any is served, so that a port in use leaves no half-started gateway.
  for (const std::string& address : defaults(options_.listen, "127.0.0.1:8080")) {
    auto opened = open_listener(address, parts_->shards->size());
    if (!opened.has_value()) {
      return cannot_start(opened.error().line);
    }
    data_listeners.push_back(*std::move(opened));
  }
  for (const std::string& address : defaults(options_.admin_listen, "127.0.0.1:8081")) {
    auto opened = open_listener(address, 1);
    if (!opened.has_value()) {
      return cannot_start(opened.error().line);
    }
    if (!opened->address.ip().is_loopback()) {
      return cannot_start(address + ": the admin listener without TLS stays on loopback");
    }
    admin_listeners.push_back(*std::move(opened));
  }
  for (const OpenListener& listener : admin_listeners) {
    parts_->admin_addresses.push_back(listener.address);
  }
  apply_address_policy(parts_->config->settings());
  auto local = open_local_socket(parts_->directory->path() / "admin.sock");
  if (!local.has_value()) {
    return cannot_start(local.error().line);
  }
  parts_->has_local_socket = true;
  serve_listeners(data_listeners, admin_listeners, *local);
  return 0;
}

// Which addresses we may connect to: the settings, and never our own admin listeners.
void Gateway::apply_address_policy(const control::SettingsConfig& settings) {
  if (parts_->resolver == nullptr) {
    return;  // It begins with the settings of that moment.
  }
  io::AddressPolicy policy{.allow = settings.outbound_allow, .deny = settings.outbound_deny};
  for (const io::SocketAddress& address : parts_->admin_addresses) {
    policy.add_admin_listener(address);
  }
  parts_->resolver->set_policy(std::move(policy));
}

void Gateway::serve_listeners(const std::vector<OpenListener>& data_listeners,
                              const std::vector<OpenListener>& admin_listeners, int local_socket) {
  for (const OpenListener& listener : data_listeners) {
    for (size_t i = 0; i < listener.fds.size(); ++i) {
      proxy::DataShard& shard = *parts_->data_shards[i];
      shard.loop().mailbox().send([this, i, &shard, fd = listener.fds[i]] {
        auto& own = parts_->listeners[i];
        own.push_back(std::make_unique<proxy::Listener>(shard, fd, parts_->data_shards));
        own.back()->start();
      });
    }
  }
  parts_->admin_loop->mailbox().send([this, admin_listeners, local_socket] {
    for (const OpenListener& listener : admin_listeners) {
      parts_->admin_server->listen(listener.fds[0], false);
    }
    parts_->admin_server->listen(local_socket, true);
  });
  parts_->readiness.set(NotReady::kListenersDown, false);
  parts_->log.write(LogLevel::kInfo, "started",
                    {{"io", parts_->backend == io::Backend::kUring ? "uring" : "epoll"},
                     {"reason", parts_->backend_reason},
                     {"workers", std::to_string(parts_->shards->size())},
                     {"data_dir", parts_->directory->path().string()}});
  for (const OpenListener& listener : data_listeners) {
    parts_->log.write(LogLevel::kInfo, "listening",
                      {{"listener", "data"}, {"address", listener.address.to_text()}});
  }
  for (const OpenListener& listener : admin_listeners) {
    parts_->log.write(LogLevel::kInfo, "listening",
                      {{"listener", "admin"}, {"address", listener.address.to_text()}});
  }
  if (parts_->secrets.is_admin_token_new && ::isatty(STDERR_FILENO) == 1) {
    std::fprintf(stderr, "admin token (also in %s): %s\n",
                 (parts_->directory->path() / "admin-token").c_str(),
                 parts_->secrets.admin_token.c_str());
  }
  if (options_.is_demo) {
    std::fputs(
        demo_lines(data_listeners[0].address.to_text(), parts_->directory->path().string()).c_str(),
        stderr);
  }
}

void Gateway::wait_for_signals() {
  const sigset_t signals = control_signals();
  while (true) {
    int signal = 0;
    if (::sigwait(&signals, &signal) != 0) {
      continue;
    }
    if (signal == SIGHUP) {
      reload();
    } else {
      drain(signals);
      return;
    }
  }
}

void Gateway::reload() {
  const Instant began = parts_->clock.now();
  const auto writes = parts_->config->lock_writes();
  const control::ConfigOutcome outcome = apply_given_files();
  const auto revision = std::to_string(parts_->config->state()->revision);
  using Status = control::ConfigOutcome::Status;
  if (outcome.status == Status::kInvalid || outcome.status == Status::kStoreDown) {
    parts_->log.write(LogLevel::kError, "reload_refused", {{"kept_revision", revision}});
    return;
  }
  const bool is_live = outcome.status != Status::kNotServed;
  const int64_t us = (parts_->clock.now() - began).count() / 1000;
  parts_->log.write(is_live ? LogLevel::kInfo : LogLevel::kWarning,
                    is_live ? "reloaded" : "reload_slow",
                    {{"revision", revision}, {"us", std::to_string(us)}});
}

// Not ready first, then no new connections, then what is in flight ends. What is not over at the
// limit is cut, with a record that says so, when its shard ends.
void Gateway::drain(const sigset_t& signals) {
  parts_->readiness.set(NotReady::kDraining, true);
  parts_->log.write(LogLevel::kInfo, "draining");
  for (size_t i = 0; i < parts_->data_shards.size(); ++i) {
    parts_->data_shards[i]->loop().mailbox().send([this, i] {
      for (const auto& listener : parts_->listeners[i]) {
        listener->stop();
      }
      parts_->data_shards[i]->drain();
    });
  }
  const Instant deadline = parts_->clock.now() + std::chrono::seconds(options_.drain_max_s);
  while (const int64_t open = open_connections()) {
    const telemetry::LogField left{"open_connections", open};
    if (parts_->clock.now() >= deadline) {
      parts_->log.write(LogLevel::kWarning, "drain_gave_up", {left});
      return;
    }
    const timespec pause{.tv_sec = 0, .tv_nsec = 10'000'000};
    const int signal = ::sigtimedwait(&signals, nullptr, &pause);
    if (signal == SIGTERM || signal == SIGINT) {
      parts_->log.write(LogLevel::kWarning, "ended_at_once", {left});
      std::_Exit(1);
    }
  }
}

int64_t Gateway::open_connections() const {
  int64_t open = 0;
  for (const proxy::DataShard* shard : parts_->data_shards) {
    open += shard->load();
  }
  return open;
}

void Gateway::stop() {
  if (parts_->config != nullptr) {
    parts_->config->serve_no_more();
    // Best effort: a log that stays is folded by the next start.
    static_cast<void>(parts_->config->database().finish(io::BlockingThread::on_main_thread()));
  }
  if (parts_->admin_loop != nullptr) {
    // The watch looks at the shards, so it ends first.
    std::promise<void> ended;
    parts_->admin_loop->mailbox().send([this, &ended] {
      parts_->watch.reset();
      ended.set_value();
    });
    ended.get_future().wait();
  }
  parts_->shards.reset();
  if (parts_->audit != nullptr) {
    parts_->audit->stop();
  }
  if (parts_->admin_loop != nullptr) {
    parts_->admin_loop->stop();
    parts_->admin_thread.join();
  }
  parts_->publisher.reset();
  parts_->audit.reset();
  if (parts_->has_local_socket) {
    std::error_code ignored;  // Left over, it only waits for the next start.
    std::filesystem::remove(parts_->directory->path() / "admin.sock", ignored);
  }
}

std::string Gateway::make_metrics_page() const {
  MetricsSources sources{.audit = *parts_->audit, .revision = parts_->config->state()->revision};
  if (parts_->watch != nullptr) {  // It ends before the shards do.
    sources.shards = parts_->data_shards;
  }
  return metrics_page(sources);
}

}  // namespace zerq
