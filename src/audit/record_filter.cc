// SPDX-License-Identifier: Apache-2.0
#include "audit/record_filter.h"

#include <algorithm>
#include <cstring>

#include "audit/record_json.h"
#include "text/json_writer.h"

namespace zerq::audit {
namespace {

std::string escape(std::string_view text) {
  std::string escaped;
  text::append_json_escaped(escaped, text);
  return escaped;
}

bool has_status(Bytes statuses, const StatusRange& range) {
  for (size_t at = 0; at + 2 <= statuses.size(); at += 2) {
    uint16_t status;
    std::memcpy(&status, statuses.data() + at, sizeof status);
    if (status >= range.first && status <= range.last) {
      return true;
    }
  }
  return false;
}

}  // namespace

void RecordFilter::add_equal(std::string_view RecordLine::* field, const std::string& value) {
  if (!value.empty()) {
    equal_.push_back({.field = field, .value = escape(value)});
  }
}

void RecordFilter::add_id(std::string_view RecordLine::* field, BloomKey key,
                          const std::optional<ObjectId>& id) {
  if (id.has_value()) {
    add_equal(field, id->to_text());
    probes_.emplace_back(key, id->to_text());
  }
}

RecordFilter::RecordFilter(const Query& query, std::string_view node)
    : from_(query.from), to_(query.to), status_(query.status), ip_(query.ip), error_(query.error) {
  add_equal(&RecordLine::request_id, query.request_id);
  if (!query.request_id.empty()) {
    probes_.emplace_back(BloomKey::kRequestId, query.request_id);
  }
  add_id(&RecordLine::client_id, BloomKey::kClient, query.client_id);
  add_id(&RecordLine::profile_id, BloomKey::kProfile, query.profile_id);
  add_id(&RecordLine::collection_id, BloomKey::kCollection, query.collection_id);
  add_id(&RecordLine::proxy_id, BloomKey::kProxy, query.proxy_id);
  add_equal(&RecordLine::error, query.error);
  add_equal(&RecordLine::reason, query.reason);
  add_equal(&RecordLine::kind, query.kind);
  matches_nothing_ = !query.node.empty() && query.node != node;
  path_prefix_ = escape(query.path_prefix);
  text_ = escape(query.text);
  // Times of one format compare as texts do.
  from_text_ = from_.has_value() ? format_time(*from_) : "";
  to_text_ = to_.has_value() ? format_time(*to_) : "";
  has_fields_ = from_.has_value() || to_.has_value() || status_.has_value() || ip_.has_value() ||
                !equal_.empty() || !path_prefix_.empty();
}

bool RecordFilter::may_match(const BlockIndex& block) const {
  if (matches_nothing_ || (from_.has_value() && block.last_time < *from_) ||
      (to_.has_value() && block.first_time >= *to_) ||
      (status_.has_value() && !has_status(block.statuses, *status_)) ||
      (!error_.empty() && block.errors.find(error_) == std::string_view::npos)) {
    return false;
  }
  return std::ranges::all_of(
      probes_, [&](const BloomFilter::Probe& probe) { return probe.may_be_in(block.bloom); });
}

bool RecordFilter::matches(std::string_view line) const {
  if (matches_nothing_ || (!text_.empty() && line.find(text_) == std::string_view::npos)) {
    return false;
  }
  if (!has_fields_) {
    return true;
  }
  const std::optional<RecordLine> record = RecordLine::parse(line);
  if (!record.has_value()) {
    return false;
  }
  if ((from_.has_value() && record->time < from_text_) ||
      (to_.has_value() && record->time >= to_text_) ||
      (status_.has_value() &&
       (record->status < status_->first || record->status > status_->last)) ||
      (!path_prefix_.empty() && !record->path.starts_with(path_prefix_))) {
    return false;
  }
  for (const Equal& equal : equal_) {
    if ((*record).*equal.field != equal.value) {
      return false;
    }
  }
  if (ip_.has_value()) {
    const std::optional<IpAddress> address = IpAddress::parse(record->client_ip);
    return address.has_value() && ip_->contains(*address);
  }
  return true;
}

}  // namespace zerq::audit
