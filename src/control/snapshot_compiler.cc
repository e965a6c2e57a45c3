// SPDX-License-Identifier: Apache-2.0
#include "control/snapshot_compiler.h"

#include "control/caller_compiler.h"
#include "control/compilation.h"
#include "control/gateway_config.h"
#include "control/route_compiler.h"
#include "proxy/route_table.h"

namespace zerq::control {
namespace {

proxy::SnapshotSettings compile_settings(const SettingsConfig& from) {
  using std::chrono::milliseconds;
  proxy::SnapshotSettings to;
  to.trusted_proxies = from.trusted_proxies;
  to.denied_ips = from.denied_ips;
  to.peer = {.head = milliseconds(from.peer.head_ms),
             .body_idle = milliseconds(from.peer.body_idle_ms),
             .keepalive = milliseconds(from.peer.keepalive_ms),
             .write_idle = milliseconds(from.peer.write_idle_ms),
             .half_close = milliseconds(from.peer.half_close_ms),
             .min_body_bytes_per_s = from.peer.min_body_bytes_per_s};
  to.head_limits = {.head_bytes_max = from.head_max_bytes,
                    .headers_max = from.headers_max,
                    .target_bytes_max = from.target_max_bytes};
  to.upstream_head = {.head_bytes_max = from.upstream_head_max_bytes,
                      .headers_max = from.upstream_headers_max};
  to.body_limits.chunk_extension_bytes_max = from.chunk_extension_max_bytes;
  to.body_limits.trailers_max = from.trailers_max;
  to.body_bytes_max = from.body_max_bytes.value_or(UINT64_MAX);
  return to;
}

}  // namespace

CompiledSnapshot::CompiledSnapshot() = default;
CompiledSnapshot::~CompiledSnapshot() = default;

SnapshotRef compile_snapshot(const GatewayConfig& config, uint64_t revision,
                             const CompileContext& context, config::Diagnostics& problems) {
  auto snapshot = std::make_unique<CompiledSnapshot>();
  auto parts = std::make_unique<CompiledParts>();
  snapshot->revision = revision;
  snapshot->settings = compile_settings(config.settings);
  Compilation run{.config = config,
                  .context = context,
                  .previous = context.previous == nullptr ? nullptr : context.previous->parts.get(),
                  .problems = problems,
                  .parts = *parts,
                  .snapshot = *snapshot,
                  .hasher = auth::OpaqueTokenHasher(context.token_key)};
  collect_names(run);           // First: references may point forward.
  run.credentials = compile_credentials(config, context.is_offline, problems);
  compile_policies(run);
  compile_clients(run);         // They point at policies.
  compile_collections(run);     // They point at profiles.
  snapshot->parts = std::move(parts);
  if (problems.has_errors()) {
    return nullptr;
  }
  return SnapshotRef(std::move(snapshot));
}

}  // namespace zerq::control
