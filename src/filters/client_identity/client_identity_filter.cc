// SPDX-License-Identifier: Apache-2.0
#include "filters/client_identity/client_identity_filter.h"

#include "filters/caller_table.h"
#include "filters/route_rules.h"

namespace zerq::filters {
namespace {

using http::KnownHeader;

FilterResult deny(std::string_view reason) { return {http::ReplyCode::kAccessDenied, reason}; }

}  // namespace

FilterResult find_client(const FilterRequest& request) {
  const http::HeaderList& headers = request.head.headers;
  const size_t clients = headers.count(KnownHeader::kXClientId);
  const size_t profiles = headers.count(KnownHeader::kXProfileId);
  if (clients == 0 && profiles == 0) {
    const Profile* anonymous = request.rules.anonymous_profile;
    if (anonymous == nullptr) {
      return deny("no_client_id");
    }
    request.admission.is_anonymous = true;
    request.admission.profile = anonymous;
    request.admission.client = anonymous->client;
  } else {
    if (clients != 1 || profiles != 1) {
      return deny(clients > 1 || profiles > 1 ? "repeated_id_header"
                  : clients == 0              ? "no_client_id"
                                              : "no_profile_id");
    }
    const auto id = ObjectId::parse(headers.find(KnownHeader::kXClientId)->value);
    if (!id.has_value()) {
      return deny("malformed_client_id");
    }
    request.admission.client = request.callers.find_client(*id);
    if (request.admission.client == nullptr) {
      return deny("unknown_client");
    }
  }
  return request.admission.client->is_active ? FilterResult::go_on() : deny("inactive_client");
}

FilterResult find_profile(const FilterRequest& request) {
  Admission& admission = request.admission;
  if (!admission.is_anonymous) {
    const auto id = ObjectId::parse(request.head.headers.find(KnownHeader::kXProfileId)->value);
    if (!id.has_value()) {
      return deny("malformed_profile_id");
    }
    const Profile* profile = request.callers.find_profile(*id);
    if (profile == nullptr) {
      return deny("unknown_profile");
    }
    if (profile->client != admission.client) {
      return deny("profile_of_another_client");
    }
    admission.profile = profile;
  }
  if (!admission.profile->is_active) {
    return deny("inactive_profile");
  }
  if (request.wall_now >= admission.profile->expires_at) {
    return deny("expired_profile");
  }
  return FilterResult::go_on();
}

}  // namespace zerq::filters
