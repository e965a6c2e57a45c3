// SPDX-License-Identifier: Apache-2.0
#include "proxy/exchange_end.h"

#include "audit/lane.h"
#include "filters/caller_table.h"
#include "io/event_loop.h"
#include "proxy/error_reply.h"
#include "proxy/snapshot.h"

namespace zerq::proxy {
namespace {

constexpr Duration kJournalWaitMax = std::chrono::seconds(30);
constexpr size_t kRawTargetBytesMax = 256;

audit::QuotaUse quota_use(const filters::Admission& admission) {
  const filters::QuotaAdmission& quota = admission.quota;
  if (!quota.is_counted) {
    return {};
  }
  return {.policy_id = admission.policy_id,
          .part = quota.part,
          .per = static_cast<uint8_t>(quota.per),
          .interval = static_cast<uint8_t>(quota.interval),
          .first_day = static_cast<uint16_t>(quota.first_day)};
}

void fill_request(const ExchangeState& state, audit::Record& record) {
  record.time = state.wall_started;
  record.request_id = state.request_id;
  record.config_revision = state.snapshot.is_valid() ? state.snapshot->revision : 0;
  record.client_ip = state.client_ip;
  record.peer_ip = state.peer_ip;
  record.method = state.head.method_text;
  record.host = state.head.authority;
  record.path = state.path;
  record.query = state.record_query;
  if (!state.head.method_text.empty()) {
    record.protocol = http::version_name(state.head.version);
  }
  if (state.reply != http::ReplyCode::kNone) {
    record.raw_target = state.head.target.substr(0, kRawTargetBytesMax);
  }
}

void fill_decision(const ExchangeState& state, audit::Record& record) {
  const filters::Admission& admission = state.admission;
  if (state.route != nullptr) {
    record.collection_id = state.route->collection_id;
    record.proxy_id = state.route->proxy_id;
  } else if (state.collection != nullptr) {
    record.collection_id = state.collection->id;
  }
  if (admission.client != nullptr) {
    record.client_id = admission.client->id;
  }
  if (admission.profile != nullptr) {
    record.profile_id = admission.profile->id;
  }
  record.auth = {.type = admission.auth_type,
                 .subject = admission.auth_subject,
                 .key_id = admission.auth_key_id,
                 .result = admission.auth_result};
  record.scopes = {.required = admission.scopes_required,
                   .granted = admission.scopes_granted,
                   .was_checked = admission.scopes_checked};
  record.limit = {.policy_id = admission.policy_id,
                  .used = admission.limit_used,
                  .limit = admission.limit_max,
                  .is_degraded = admission.limit_degraded,
                  .was_checked = admission.limit_checked};
  record.quota = quota_use(admission);
}

void fill_outcome(const ExchangeState& state, audit::Record& record) {
  record.upstream = {.address = state.upstream_address,
                     .status = state.upstream_status,
                     .attempts = state.upstream_attempts,
                     .was_reused = state.upstream_reused};
  record.status = state.status;
  if (state.reply != http::ReplyCode::kNone) {
    const ReplyRule& rule = reply_rule(state.reply);
    record.error = rule.code;
    if (record.status == 0) {
      record.status = rule.status;
    }
  }
  record.reason = state.reason;
  record.bytes_in = state.bytes_in;
  record.bytes_out = state.bytes_out;
}

}  // namespace

Task<bool> wait_for_journal(ExchangeState& state, io::Signal& signal) {
  audit::Lane& lane = state.shard.lane();
  const Instant deadline = state.shard.loop().now() + kJournalWaitMax;
  while (!lane.has_room()) {
    lane.notify_when_room(signal);
    const Result<> woken = co_await signal.wait(deadline);
    lane.forget(signal);
    if (!woken.has_value()) {
      if (woken.error().code == ErrorCode::kTimedOut) {
        state.refuse(http::ReplyCode::kAuditUnavailable, "journal_full");
      }
      co_return false;
    }
  }
  co_return true;
}

void append_begin(ExchangeState& state) noexcept {
  if (state.has_begin) {
    return;
  }
  audit::BeginMark mark{.time = state.wall_started,
                        .request_uuid = state.request_uuid,
                        .is_foreign_id = state.has_foreign_id};
  if (state.admission.client != nullptr) {
    mark.client_id = state.admission.client->id;
  }
  if (state.admission.profile != nullptr) {
    mark.profile_id = state.admission.profile->id;
  }
  mark.proxy_id = state.route->proxy_id;
  mark.quota = quota_use(state.admission);
  state.begin_n = state.shard.lane().append_begin(mark);
  state.has_begin = true;
}

void append_open_record(ExchangeState& state) noexcept {
  if (state.is_recorded || !state.has_begin || state.has_open_record) {
    return;
  }
  state.has_open_record = true;
  audit::Record record;
  fill_request(state, record);
  fill_decision(state, record);
  fill_outcome(state, record);
  record.phase = audit::RecordPhase::kOpen;
  state.shard.lane().append_open(record, state.begin_n);
}

void append_record(ExchangeState& state) noexcept {
  if (state.is_recorded) {
    return;
  }
  state.is_recorded = true;
  // Before the final send: whoever has read the answer may count on the slot.
  state.admission.lease.release();
  state.shard.counters().count_answer(state.status);
  if (state.leaves_no_record) {
    return;
  }
  state.enter(Phase::kEnd, audit::Timing::kBody, state.shard.loop().now());
  state.timings_us[static_cast<size_t>(audit::Timing::kTotal)] =
      static_cast<uint32_t>((state.phase_began - state.started).count() / 1000);
  audit::Record record;
  fill_request(state, record);
  fill_decision(state, record);
  fill_outcome(state, record);
  if (state.has_open_record) {
    record.phase = audit::RecordPhase::kEnd;
  }
  record.timings_us = state.timings_us;
  state.shard.lane().append_end(record, state.begin_n);
}

}  // namespace zerq::proxy
