// SPDX-License-Identifier: Apache-2.0
#include "filters/pipeline.h"
#include "filters/caller_cache.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "auth/scope_set.h"
#include "auth/token_factory_for_test.h"
#include "filters/callers_for_test.h"
#include "filters/route_rules.h"

namespace zerq::filters {
namespace {

using http::Method;
using http::ReplyCode;

constexpr std::string_view kTokenKey = "key of the opaque tokens";
constexpr const char* kToken = "zerq_tok_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH";
constexpr const char* kAcme = "66a1b2c3d4e5f6a7b8c9d0e1";
constexpr const char* kOther = "66a1b2c3d4e5f6a7b8c9d0e2";
constexpr const char* kOpen = "66a1b2c3d4e5f6a7b8c9d0a1";   // Type none.
constexpr const char* kOpaque = "66a1b2c3d4e5f6a7b8c9d0a2";  // Type token.
constexpr const char* kHmac = "66a1b2c3d4e5f6a7b8c9d0a3";    // Type jwt.
constexpr const char* kForeign = "66a1b2c3d4e5f6a7b8c9d0a4";  // Of the other client.
constexpr const char* kCollection = "66a1b2c3d4e5f6a7b8c9d0c1";
constexpr const char* kProxy = "66a1b2c3d4e5f6a7b8c9d0f1";

ObjectId id_of(const char* text) { return ObjectId::parse(text).value(); }

using Headers = std::vector<std::pair<std::string, std::string>>;

Headers ids(std::string_view client, std::string_view profile) {
  return {{"X-Client-ID", std::string(client)}, {"X-Profile-ID", std::string(profile)}};
}

Headers with(Headers headers, std::string_view name, std::string_view value) {
  headers.emplace_back(name, value);
  return headers;
}

Headers bearing(Headers headers, std::string_view token) {
  return with(std::move(headers), "authorization", "Bearer " + std::string(token));
}

std::string scope_set(std::vector<std::string_view> scopes) { return auth::make_scope_set(scopes); }

class PipelineTest : public testing::Test {
 protected:
  PipelineTest() {
    clock_.set_wall(auth::kTokenTestNow);
    rules_.collection_id = id_of(kCollection);
    rules_.proxy_id = id_of(kProxy);
    rules_.methods.add(Method::kGet);
    rules_.methods.add(Method::kPut);
    acme_ = &callers_.add_client({.id = id_of(kAcme), .collections = {id_of(kCollection)}});
    const Client& other = callers_.add_client({.id = id_of(kOther)});
    open_ = &callers_.add_profile({.id = id_of(kOpen), .client = acme_});
    opaque_ =
        &callers_.add_profile({.id = id_of(kOpaque), .client = acme_, .auth = AuthKind::kToken});
    auth::OpaqueTokenHasher hasher(as_bytes(kTokenKey));
    opaque_->tokens.push_back({.hash = hasher.hash(kToken)});
    hmac_ = &callers_.add_profile(
        {.id = id_of(kHmac), .client = acme_, .auth = AuthKind::kJwt, .verifier = verifier_.get()});
    callers_.add_profile({.id = id_of(kForeign), .client = &other});
  }

  FilterResult run(const Headers& headers, Method method = Method::kGet) {
    arena_.release();
    http::RequestHead head(arena_);
    head.method = method;
    for (const auto& [name, value] : headers) {
      head.headers.add(arena_.copy(name), arena_.copy(value));
    }
    admission_ = {};
    return run_pipeline({.head = head,
                         .arena = arena_,
                         .rules = rules_,
                         .callers = callers_.table(),
                         .cache = cache_,
                         .token_memo = memo_,
                         .clock = clock_,
                         .client_ip = client_ip_,
                         .now = clock_.now(),
                         .wall_now = clock_.wall_now(),
                         .admission = admission_});
  }
  // "ok", or the reason of the refusal.
  std::string reason(const Headers& headers, Method method = Method::kGet) {
    const FilterResult result = run(headers, method);
    return result.is_reply() ? std::string(result.reason) : "ok";
  }
  void limit(uint32_t requests, limits::LimitPer per) {
    acme_->policy = &callers_.add_policy(
        {.id = id_of(kOther),
         .limits = {.per = per,
                    .rate_limit = limits::RateLimitConfig{.requests = requests,
                                                          .window = std::chrono::minutes(1)}}});
  }

  void pin(limits::LimitPin& to, const ObjectId& part) {
    to = windows_.pin(limit_key(*acme_->policy, acme_->id, part), acme_->policy->limits);
  }

  limits::LimitTable windows_;
  std::unique_ptr<const auth::JwtVerifier> verifier_ =
      auth::compile_for_test(auth::shared_secret_config_for_test());
  CallersForTest callers_;
  Client* acme_;
  Profile* open_;
  Profile* opaque_;
  Profile* hmac_;
  RouteRules rules_;
  CallerCache cache_{as_bytes(kTokenKey), windows_};
  ManualClock clock_;
  IpAddress client_ip_ = IpAddress::parse("192.0.2.1").value();
  auth::TokenMemo memo_;
  HeapBlocks blocks_;
  Arena arena_{blocks_};
  Admission admission_;
};

std::string jwt(std::string_view more_claims = "") {
  constexpr auto kAlgorithm = crypto::SignatureAlgorithm::kHs256;
  return auth::make_jwt_for_test(auth::header_for_test(kAlgorithm),
                                 auth::claims_for_test(more_claims), kAlgorithm);
}

// A request in which everything is wrong, put right from the front.
TEST_F(PipelineTest, TheFirstFailureAnswers) {
  acme_->is_active = false;
  acme_->collections.clear();
  limit(0, limits::LimitPer::kClient);
  opaque_->is_active = false;
  opaque_->allowed_ips.add(CidrBlock::parse("198.51.100.0/24").value());
  opaque_->allowed_methods.add(Method::kPut);
  rules_.required_scopes = "pets:read";
  Headers headers = ids(kAcme, kOpaque);
  const auto expect = [&](ReplyCode reply, std::string_view why) {
    const FilterResult result = run(headers);
    EXPECT_EQ(result.reply, reply) << why;
    EXPECT_EQ(result.reason, why);
  };
  expect(ReplyCode::kAccessDenied, "inactive_client");
  acme_->is_active = true;
  expect(ReplyCode::kAccessDenied, "inactive_profile");
  opaque_->is_active = true;
  expect(ReplyCode::kAccessDenied, "ip_not_allowed");
  opaque_->allowed_ips = {};
  expect(ReplyCode::kMethodNotAllowed, "method_not_in_profile");
  opaque_->allowed_methods = {};
  expect(ReplyCode::kAccessDenied, "collection_not_allowed");
  acme_->collections.push_back(id_of(kCollection));
  expect(ReplyCode::kInvalidToken, "no_credential");
  headers = bearing(headers, kToken);
  expect(ReplyCode::kInsufficientScope, "missing_scope");
  opaque_->scopes = "pets:read";
  expect(ReplyCode::kRateLimitExceeded, "rate_limit");
  acme_->policy = nullptr;
  EXPECT_EQ(reason(headers), "ok");
}

// --- 3, 4: client and profile ---

TEST_F(PipelineTest, IdHeadersNameClientAndProfile) {
  EXPECT_EQ(reason(ids(kAcme, kOpen)), "ok");
  EXPECT_EQ(admission_.client, acme_);
  EXPECT_EQ(admission_.profile, open_);
  EXPECT_FALSE(admission_.is_anonymous);
  EXPECT_EQ(admission_.auth_type, "none");
  EXPECT_EQ(admission_.auth_result, "ok");
}

TEST_F(PipelineTest, WhatNamesNobodyIsDenied) {
  const std::vector<std::pair<Headers, const char*>> cases = {
      {{}, "no_client_id"},
      {{{"X-Profile-ID", kOpen}}, "no_client_id"},
      {{{"X-Client-ID", kAcme}}, "no_profile_id"},
      {ids("", kOpen), "malformed_client_id"},
      {ids("acme", kOpen), "malformed_client_id"},
      {ids("66A1B2C3D4E5F6A7B8C9D0E1", kOpen), "malformed_client_id"},
      {ids("66a1b2c3d4e5f6a7b8c9d0e1f", kOpen), "malformed_client_id"},
      {ids("66a1b2c3d4e5f6a7b8c9ffff", kOpen), "unknown_client"},
      {ids(kOpen, kOpen), "unknown_client"},
      {ids(kAcme, "internal"), "malformed_profile_id"},
      {ids(kAcme, "66a1b2c3d4e5f6a7b8c9ffff"), "unknown_profile"},
      {ids(kAcme, kAcme), "unknown_profile"},
      {ids(kAcme, kForeign), "profile_of_another_client"},
      {ids(kOther, kOpen), "profile_of_another_client"},
      {with(ids(kAcme, kOpen), "x-client-id", kAcme), "repeated_id_header"},
      {with(ids(kAcme, kOpen), "X-PROFILE-ID", kOpen), "repeated_id_header"},
  };
  for (const auto& [headers, why] : cases) {
    const FilterResult result = run(headers);
    EXPECT_EQ(result.reply, ReplyCode::kAccessDenied) << why;
    EXPECT_EQ(result.reason, why);
  }
}

TEST_F(PipelineTest, ARefusedRequestKeepsWhatIsKnownOfIt) {
  run(ids(kAcme, kForeign));
  EXPECT_EQ(admission_.client, acme_);
  EXPECT_EQ(admission_.profile, nullptr);
  opaque_->is_active = false;
  run(ids(kAcme, kOpaque));
  EXPECT_EQ(admission_.profile, opaque_);
}

TEST_F(PipelineTest, AProfileExpiresAtItsTimeToTheMicrosecond) {
  open_->expires_at = WallTime{auth::kTokenTestNow.us + 1};
  EXPECT_EQ(reason(ids(kAcme, kOpen)), "ok");
  open_->expires_at = auth::kTokenTestNow;
  EXPECT_EQ(reason(ids(kAcme, kOpen)), "expired_profile");
}

TEST_F(PipelineTest, WithoutIdHeadersTheCallerIsTheAnonymousProfile) {
  rules_.anonymous_profile = open_;
  EXPECT_EQ(reason({}), "ok");
  EXPECT_TRUE(admission_.is_anonymous);
  EXPECT_EQ(admission_.client, acme_);
  EXPECT_EQ(admission_.profile, open_);
  // One alone is a mistake, not anonymity.
  EXPECT_EQ(reason({{"X-Client-ID", kAcme}}), "no_profile_id");
  EXPECT_EQ(reason({{"X-Profile-ID", kOpen}}), "no_client_id");
  EXPECT_EQ(reason(ids(kAcme, kOpaque)), "no_credential");
}

TEST_F(PipelineTest, TheAnonymousProfileIsCheckedLikeAnyOther) {
  rules_.anonymous_profile = open_;
  open_->is_active = false;
  EXPECT_EQ(reason({}), "inactive_profile");
  open_->is_active = true;
  open_->allowed_ips.add(CidrBlock::parse("198.51.100.0/24").value());
  EXPECT_EQ(reason({}), "ip_not_allowed");
  open_->allowed_ips = {};
  acme_->collections.clear();
  EXPECT_EQ(reason({}), "collection_not_allowed");
  acme_->is_active = false;
  EXPECT_EQ(reason({}), "inactive_client");
}

// --- 5, 6: address and method ---

TEST_F(PipelineTest, TheAddressListOfAProfileIsMet) {
  open_->allowed_ips.add(CidrBlock::parse("192.0.2.0/28").value());
  open_->allowed_ips.add(CidrBlock::parse("2001:db8::/32").value());
  for (const auto& [address, why] :
       std::vector<std::pair<const char*, const char*>>{{"192.0.2.15", "ok"},
                                                        {"192.0.2.16", "ip_not_allowed"},
                                                        {"::ffff:192.0.2.1", "ok"},
                                                        {"2001:db8:1::1", "ok"},
                                                        {"2001:db9::1", "ip_not_allowed"}}) {
    client_ip_ = IpAddress::parse(address).value();
    EXPECT_EQ(reason(ids(kAcme, kOpen)), why) << address;
  }
}

TEST_F(PipelineTest, AMethodThatTheProfileLacksIsAnsweredWithWhatIsLeft) {
  open_->allowed_methods.add(Method::kGet);
  open_->allowed_methods.add(Method::kDelete);
  EXPECT_EQ(reason(ids(kAcme, kOpen), Method::kGet), "ok");
  EXPECT_EQ(reason(ids(kAcme, kOpen), Method::kHead), "ok");
  const FilterResult result = run(ids(kAcme, kOpen), Method::kPut);
  EXPECT_EQ(result.reply, ReplyCode::kMethodNotAllowed);
  http::MethodSet left;  // The route has no DELETE.
  left.add(Method::kGet);
  left.add(Method::kHead);
  EXPECT_EQ(admission_.allow, left);
}

// --- 8: credential ---

TEST_F(PipelineTest, AnOpaqueTokenIsAcceptedUntilItsOverlapEnds) {
  EXPECT_EQ(reason(bearing(ids(kAcme, kOpaque), kToken)), "ok");
  EXPECT_EQ(admission_.auth_type, "token");
  EXPECT_TRUE(admission_.consumed_authorization);
  opaque_->tokens[0].valid_until = clock_.wall_now();
  const FilterResult result = run(bearing(ids(kAcme, kOpaque), kToken));
  EXPECT_EQ(result.reply, ReplyCode::kInvalidToken);
  EXPECT_EQ(result.reason, "unknown_token");
  EXPECT_EQ(admission_.auth_result, "refused");
}

TEST_F(PipelineTest, AJwtBringsSubjectAndScopes) {
  EXPECT_EQ(reason(bearing(ids(kAcme, kHmac), jwt(R"(,"scope":"b a")"))), "ok");
  EXPECT_EQ(admission_.auth_type, "jwt");
  EXPECT_EQ(admission_.auth_subject, "user-1");
  EXPECT_EQ(admission_.scopes_granted, "a b");
  // Again, now from memory.
  EXPECT_EQ(reason(bearing(ids(kAcme, kHmac), jwt(R"(,"scope":"b a")"))), "ok");
  EXPECT_EQ(admission_.scopes_granted, "a b");
  EXPECT_EQ(cache_.checker().counts().memo_hits, 1U);
}

TEST_F(PipelineTest, ATokenOfOneProfileIsNoneOfAnother) {
  auth::JwtConfig config = auth::shared_secret_config_for_test();
  config.audiences = {"payments"};
  const auto payments = auth::compile_for_test(config);
  constexpr const char* kPayments = "66a1b2c3d4e5f6a7b8c9d0a9";
  callers_.add_profile({.id = id_of(kPayments),
                        .client = acme_,
                        .auth = AuthKind::kJwt,
                        .verifier = payments.get()});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(reason(bearing(ids(kAcme, kHmac), jwt())), "ok");
    EXPECT_EQ(reason(bearing(ids(kAcme, kPayments), jwt())), "wrong_audience");
  }
  EXPECT_EQ(reason(bearing(ids(kAcme, kOpaque), jwt())), "unknown_token");
  EXPECT_EQ(reason(bearing(ids(kAcme, kHmac), kToken)), "malformed_token");
}

TEST_F(PipelineTest, WhatIsNoCredentialIsRefused) {
  const Headers caller = ids(kAcme, kOpaque);
  const std::vector<std::pair<Headers, const char*>> cases = {
      {caller, "no_credential"},
      {with(caller, "Authorization", "Basic YTpi"), "not_bearer"},
      {with(caller, "X-API-Key", kToken), "no_credential"},
      {bearing(bearing(caller, kToken), kToken), "repeated_authorization"},
      {bearing(caller, std::string(kToken) + "x"), "unknown_token"},
  };
  for (const auto& [headers, why] : cases) {
    const FilterResult result = run(headers);
    EXPECT_EQ(result.reply, ReplyCode::kInvalidToken) << why;
    EXPECT_EQ(result.reason, why);
  }
}

TEST_F(PipelineTest, RepeatedAuthorizationIsRefusedWhoeverAsks) {
  EXPECT_EQ(reason(bearing(bearing(ids(kAcme, kOpen), "a"), "b")), "repeated_authorization");
  rules_.anonymous_profile = open_;
  EXPECT_EQ(reason(bearing(bearing({}, "a"), "b")), "repeated_authorization");
}

TEST_F(PipelineTest, AuthorizationPassesWhereNothingIsChecked) {
  EXPECT_EQ(reason(bearing(ids(kAcme, kOpen), "for the upstream")), "ok");
  EXPECT_FALSE(admission_.consumed_authorization);
}

TEST_F(PipelineTest, AnOpaqueTokenMayStandInTheHeaderOfTheCollection) {
  rules_.token_header = "X-API-Key";
  EXPECT_EQ(reason(with(ids(kAcme, kOpaque), "x-api-key", kToken)), "ok");
  EXPECT_TRUE(admission_.consumed_token_header);
  EXPECT_FALSE(admission_.consumed_authorization);
  EXPECT_EQ(reason(bearing(ids(kAcme, kOpaque), kToken)), "ok");
  EXPECT_FALSE(admission_.consumed_token_header);
  const Headers twice = with(with(ids(kAcme, kOpaque), "X-API-Key", kToken), "X-API-Key", kToken);
  EXPECT_EQ(reason(twice), "repeated_token_header");
  EXPECT_EQ(reason(bearing(with(ids(kAcme, kOpaque), "X-API-Key", "wrong"), kToken)),
            "unknown_token");
  // Not where JWTs are asked for.
  EXPECT_EQ(reason(with(ids(kAcme, kHmac), "X-API-Key", jwt())), "no_credential");
}

TEST_F(PipelineTest, AProfileWithoutItsSecretAnswers500) {
  opaque_->tokens.clear();
  hmac_->verifier = nullptr;
  for (const char* profile : {kOpaque, kHmac}) {
    const FilterResult result = run(bearing(ids(kAcme, profile), kToken));
    EXPECT_EQ(result.reply, ReplyCode::kSecretUnavailable);
    EXPECT_EQ(result.reason, "secret_unavailable");
  }
}

// --- 9: scopes ---

TEST_F(PipelineTest, AllRequiredScopesAreNeededOrAnyOfThem) {
  struct Case {
    const char* granted;
    bool has_all;
    bool has_any;
  };
  rules_.required_scopes = scope_set({"pets:write", "pets:read"});
  for (const Case& c :
       {Case{"", false, false}, Case{"pets:read", false, true},
        Case{"pets:read pets:write", true, true}, Case{"a pets:read pets:write z", true, true},
        Case{"pets pets:readx", false, false}}) {
    open_->scopes = c.granted;
    rules_.needs_any_scope = false;
    EXPECT_EQ(reason(ids(kAcme, kOpen)), c.has_all ? "ok" : "missing_scope") << c.granted;
    EXPECT_TRUE(admission_.scopes_checked);
    EXPECT_EQ(admission_.scopes_required, "pets:read pets:write");
    EXPECT_EQ(admission_.scopes_granted, c.granted);
    rules_.needs_any_scope = true;
    EXPECT_EQ(reason(ids(kAcme, kOpen)), c.has_any ? "ok" : "missing_scope") << c.granted;
  }
}

// --- 10: rate limit ---

TEST_F(PipelineTest, ALimitAdmitsNAndTellsWhatIsLeft) {
  limit(2, limits::LimitPer::kClient);
  for (const uint32_t used : {1U, 2U}) {
    EXPECT_EQ(reason(ids(kAcme, kOpen)), "ok");
    EXPECT_EQ(admission_.limit_used, used);
    EXPECT_EQ(admission_.limit_max, 2U);
    EXPECT_EQ(admission_.policy_id, id_of(kOther));
    EXPECT_EQ(admission_.limit->rate->remaining(), 2 - used);
  }
  const FilterResult refused = run(ids(kAcme, kOpen));
  EXPECT_EQ(refused.reply, ReplyCode::kRateLimitExceeded);
  EXPECT_EQ(admission_.limit->rate->reset_s, 60U);
  clock_.advance(std::chrono::minutes(1));
  EXPECT_EQ(reason(ids(kAcme, kOpen)), "ok");
}

TEST_F(PipelineTest, WithoutAPolicyNothingIsCounted) {
  EXPECT_EQ(reason(ids(kAcme, kOpen)), "ok");
  EXPECT_FALSE(admission_.limit_checked);
  EXPECT_EQ(admission_.limit, nullptr);
}

TEST_F(PipelineTest, WhatIsRefusedEarlierDoesNotCount) {
  limit(1, limits::LimitPer::kClient);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(reason(bearing(ids(kAcme, kOpaque), "wrong")), "unknown_token");
    EXPECT_FALSE(admission_.limit_checked);
  }
  EXPECT_EQ(reason(ids(kAcme, kOpen)), "ok");
}

TEST_F(PipelineTest, ALimitCountsByWhatItsPolicySays) {
  const auto other_id = id_of("66a1b2c3d4e5f6a7b8c9d0ff");
  using limits::LimitPer;
  for (const LimitPer per :
       {LimitPer::kClient, LimitPer::kProfile, LimitPer::kCollection, LimitPer::kProxy}) {
    limit(1, per);
    EXPECT_EQ(reason(ids(kAcme, kOpen)), "ok");
    EXPECT_EQ(reason(ids(kAcme, kOpen)), "rate_limit");
    EXPECT_EQ(reason(bearing(ids(kAcme, kOpaque), kToken)),
              per == LimitPer::kProfile ? "ok" : "rate_limit");
    rules_.proxy_id = other_id;
    EXPECT_EQ(reason(ids(kAcme, kOpen)), per == LimitPer::kProxy ? "ok" : "rate_limit");
    rules_.collection_id = other_id;
    acme_->collections = {id_of(kCollection), other_id};
    EXPECT_EQ(reason(ids(kAcme, kOpen)), per == LimitPer::kCollection ? "ok" : "rate_limit");
    rules_.proxy_id = id_of(kProxy);
    rules_.collection_id = id_of(kCollection);
  }
}

TEST_F(PipelineTest, APinnedWindowIsTheOneThatALookUpFinds) {
  limit(2, limits::LimitPer::kClient);
  EXPECT_EQ(reason(ids(kAcme, kOpen)), "ok");
  pin(acme_->limit, {});
  EXPECT_EQ(reason(ids(kAcme, kOpen)), "ok");
  EXPECT_EQ(reason(ids(kAcme, kOpen)), "rate_limit");
  limit(1, limits::LimitPer::kProfile);
  EXPECT_EQ(reason(ids(kAcme, kOpen)), "ok");
  pin(open_->limit, open_->id);
  EXPECT_EQ(reason(ids(kAcme, kOpen)), "rate_limit");
}

TEST_F(PipelineTest, ASlotIsHeldUntilItsLeaseEnds) {
  acme_->policy =
      &callers_.add_policy({.id = id_of(kOther), .limits = {.concurrency = uint32_t{1}}});
  EXPECT_EQ(reason(ids(kAcme, kOpen)), "ok");
  limits::ConcurrencyLease held = std::move(admission_.lease);
  const FilterResult refused = run(ids(kAcme, kOpen));
  EXPECT_EQ(refused.reply, ReplyCode::kConcurrencyExceeded);
  EXPECT_EQ(refused.reason, "concurrency");
  EXPECT_EQ(admission_.limit, nullptr);  // No RateLimit entry.
  EXPECT_EQ(admission_.limit_used, 1U);
  EXPECT_EQ(admission_.limit_max, 1U);
  held.release();
  EXPECT_EQ(reason(ids(kAcme, kOpen)), "ok");
}

TEST_F(PipelineTest, WhatConcurrencyRefusesCountsInNoRateLimit) {
  acme_->policy =
      &callers_.add_policy({.id = id_of(kOther),
                            .limits = {.rate_limit = limits::RateLimitConfig{.requests = 2},
                                       .concurrency = uint32_t{1}}});
  EXPECT_EQ(reason(ids(kAcme, kOpen)), "ok");
  limits::ConcurrencyLease held = std::move(admission_.lease);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(reason(ids(kAcme, kOpen)), "concurrency");
    EXPECT_EQ(admission_.limit->rate->remaining(), 1U);
  }
  held.release();
  EXPECT_EQ(reason(ids(kAcme, kOpen)), "ok");
  held = std::move(admission_.lease);
  // Both refuse: the rate limit is named, since its wait is the longer one.
  EXPECT_EQ(reason(ids(kAcme, kOpen)), "rate_limit");
  held.release();
  EXPECT_EQ(reason(ids(kAcme, kOpen)), "rate_limit");
}

TEST_F(PipelineTest, AQuotaIsNotedForTheJournal) {
  using limits::LimitPer;
  acme_->policy = &callers_.add_policy(
      {.id = id_of(kOther),
       .limits = {
           .per = LimitPer::kProxy,
           .quota = limits::QuotaConfig{.requests = 1, .interval = limits::QuotaInterval::kWeek}}});
  EXPECT_EQ(reason(ids(kAcme, kOpen)), "ok");
  EXPECT_TRUE(admission_.quota.is_counted);
  EXPECT_EQ(admission_.quota.part, id_of(kProxy));
  EXPECT_EQ(admission_.quota.per, LimitPer::kProxy);
  EXPECT_EQ(admission_.quota.first_day, admission_.limit->quota_day);
  const FilterResult refused = run(ids(kAcme, kOpen));
  EXPECT_EQ(refused.reply, ReplyCode::kQuotaExceeded);
  EXPECT_EQ(refused.reason, "quota");
  EXPECT_FALSE(admission_.quota.is_counted);
  EXPECT_EQ(admission_.limit_used, 1U);
}

TEST_F(PipelineTest, WithoutMemoryForTheLimitNobodyIsAdmitted) {
  windows_.set_memory_bytes(0);
  limit(100, limits::LimitPer::kClient);
  const FilterResult result = run(ids(kAcme, kOpen));
  EXPECT_EQ(result.reply, ReplyCode::kLimiterUnavailable);
  EXPECT_EQ(admission_.limit, nullptr);
  EXPECT_EQ(admission_.policy_id, id_of(kOther));
}

}  // namespace
}  // namespace zerq::filters
