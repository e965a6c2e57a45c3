// SPDX-License-Identifier: Apache-2.0
#include "auth/credential_checker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "auth/token_factory_for_test.h"

namespace zerq::auth {
namespace {

using Algorithm = crypto::SignatureAlgorithm;

const ObjectId kProfile = ObjectId::parse("66a1b2c3d4e5f6a7b8c9d0a1").value();

class CredentialCheckerTest : public testing::Test {
 protected:
  std::string check(const JwtVerifier& verifier, std::string_view token, TokenMemo& memo) {
    arena_.release();
    const TokenResult result = checker_.check_jwt(verifier, attempt(token), memo, arena_);
    return std::string(result ? "accepted" : token_refusal_reason(result.error()));
  }
  std::string check(const JwtVerifier& verifier, std::string_view token) {
    TokenMemo memo;
    return check(verifier, token, memo);
  }
  std::string check_opaque(std::span<const OpaqueTokenHash> accepted, std::string_view token) {
    const TokenResult result = checker_.check_opaque(accepted, attempt(token));
    return std::string(result ? "accepted" : token_refusal_reason(result.error()));
  }
  CredentialAttempt attempt(std::string_view token) const {
    return {.token = token, .peer = peer_, .profile = kProfile, .now = now_, .wall_now = wall_};
  }

  HeapBlocks blocks_;
  Arena arena_{blocks_};
  CredentialChecker checker_{as_bytes("key of the opaque tokens"),
                             {.cache = {}, .failures = {.burst = 3, .refill_per_s = 1}}};
  IpAddress peer_ = IpAddress::parse("192.0.2.1").value();
  Instant now_{};
  WallTime wall_ = kTokenTestNow;
};

// architecture §5: a token accepted for one profile must never be a hit for another.
TEST_F(CredentialCheckerTest, OneTokenOnTwoProfilesWithDifferentAudiencesInAnyOrder) {
  JwtConfig config = public_key_config_for_test(Algorithm::kRs256);
  const auto petstore = compile_for_test(config);
  config.audiences = {"payments"};
  const auto payments = compile_for_test(config);
  const std::string token =
      make_jwt_for_test(header_for_test(Algorithm::kRs256), claims_for_test(), Algorithm::kRs256);
  std::string order = "ppppaaaa";
  do {
    CredentialChecker fresh(as_bytes("key"));
    TokenMemo memo;  // One connection for both.
    for (const char profile : order) {
      const bool is_petstore = profile == 'p';
      const TokenResult result =
          fresh.check_jwt(is_petstore ? *petstore : *payments, attempt(token), memo, arena_);
      ASSERT_EQ(result.has_value(), is_petstore) << order;
      if (!result) {
        ASSERT_EQ(result.error(), TokenRefusal::kWrongAudience);
      }
      arena_.release();
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(CredentialCheckerTest, ChangedConfigurationIsNeverAHit) {
  JwtConfig config = public_key_config_for_test(Algorithm::kRs256);
  const std::string token =
      make_jwt_for_test(header_for_test(Algorithm::kRs256), claims_for_test(), Algorithm::kRs256);
  TokenMemo memo;
  EXPECT_EQ(check(*compile_for_test(config), token, memo), "accepted");
  EXPECT_EQ(check(*compile_for_test(config), token, memo), "accepted");  // A reload, no change.
  EXPECT_EQ(checker_.counts().memo_hits, 1U);
  config.required_claims["tenant"] = "t1";
  EXPECT_EQ(check(*compile_for_test(config), token, memo), "claim_mismatch");
  config = public_key_config_for_test(Algorithm::kRs256);
  config.public_key_pem = crypto::SigningKeyForTest::rsa(2048).public_pem();
  EXPECT_EQ(check(*compile_for_test(config), token, memo), "bad_signature");
}

TEST_F(CredentialCheckerTest, VerifiesOnceThenHashesThenCompares) {
  const auto verifier = compile_for_test(shared_secret_config_for_test());
  const std::string token =
      make_jwt_for_test(header_for_test(Algorithm::kHs256), claims_for_test(), Algorithm::kHs256);
  TokenMemo first;
  TokenMemo second;
  EXPECT_EQ(check(*verifier, token, first), "accepted");
  EXPECT_EQ(check(*verifier, token, first), "accepted");
  EXPECT_EQ(check(*verifier, token, second), "accepted");
  EXPECT_EQ(check(*verifier, token, second), "accepted");
  EXPECT_EQ(checker_.counts().verified, 1U);
  EXPECT_EQ(checker_.counts().cache_hits, 1U);
  EXPECT_EQ(checker_.counts().memo_hits, 2U);
}

TEST_F(CredentialCheckerTest, HitsLookAtTheClock) {
  const auto verifier = compile_for_test(shared_secret_config_for_test());
  const std::string token =
      make_jwt_for_test(header_for_test(Algorithm::kHs256), claims_for_test(R"(,"nbf":1700000000)"),
                        Algorithm::kHs256);
  TokenMemo memo;
  EXPECT_EQ(check(*verifier, token, memo), "accepted");
  wall_ = WallTime{kTokenTestNow.us + 305'000'000};
  EXPECT_EQ(check(*verifier, token, memo), "expired");
  EXPECT_EQ(check(*verifier, token), "expired");
  wall_ = WallTime{kTokenTestNow.us - 60'000'000};  // The clock was set back.
  EXPECT_EQ(check(*verifier, token, memo), "not_yet_valid");
  EXPECT_EQ(check(*verifier, token), "not_yet_valid");
  wall_ = kTokenTestNow;
  EXPECT_EQ(check(*verifier, token, memo), "accepted");
}

TEST_F(CredentialCheckerTest, RefusedTokensAreNeverHits) {
  const auto verifier = compile_for_test(shared_secret_config_for_test());
  const std::string good =
      make_jwt_for_test(header_for_test(Algorithm::kHs256), claims_for_test(), Algorithm::kHs256);
  std::string bad = good;
  bad.back() = bad.back() == 'A' ? 'E' : 'A';
  TokenMemo memo;
  EXPECT_EQ(check(*verifier, bad, memo), "bad_signature");
  EXPECT_EQ(check(*verifier, bad, memo), "bad_signature");
  EXPECT_EQ(check(*verifier, good, memo), "accepted");
  EXPECT_EQ(check(*verifier, bad, memo), "bad_signature");
  EXPECT_EQ(checker_.cache().entry_count(), 1U);
}

TEST_F(CredentialCheckerTest, BigTokensAreVerifiedEachTime) {
  const auto verifier = compile_for_test(shared_secret_config_for_test());
  const std::string token = make_jwt_for_test(
      header_for_test(Algorithm::kHs256),
      claims_for_test(R"(,"big":")" + std::string(4000, 'x') + '"'), Algorithm::kHs256);
  TokenMemo memo;
  EXPECT_EQ(check(*verifier, token, memo), "accepted");
  EXPECT_EQ(check(*verifier, token, memo), "accepted");
  EXPECT_EQ(checker_.counts().verified, 2U);
  EXPECT_EQ(checker_.cache().entry_count(), 0U);
}

TEST_F(CredentialCheckerTest, FailuresOverBudgetAreNotLookedAt) {
  const auto verifier = compile_for_test(shared_secret_config_for_test());
  const std::string known =
      make_jwt_for_test(header_for_test(Algorithm::kHs256), claims_for_test(), Algorithm::kHs256);
  const std::string fresh = make_jwt_for_test(header_for_test(Algorithm::kHs256),
                                              claims_for_test(R"(,"x":1)"), Algorithm::kHs256);
  EXPECT_EQ(check(*verifier, known), "accepted");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(check(*verifier, "bad"), "malformed_token");
  }
  EXPECT_EQ(check(*verifier, "bad"), "too_many_failures");
  EXPECT_EQ(check(*verifier, fresh), "too_many_failures");
  EXPECT_EQ(check(*verifier, known), "accepted");  // Costs nothing.
  peer_ = IpAddress::parse("192.0.2.2").value();
  EXPECT_EQ(check(*verifier, fresh), "accepted");
  peer_ = IpAddress::parse("192.0.2.1").value();
  now_ = now_ + std::chrono::seconds(1);
  EXPECT_EQ(check(*verifier, "bad"), "malformed_token");
  EXPECT_EQ(check(*verifier, "bad"), "too_many_failures");
  EXPECT_EQ(checker_.counts().over_budget, 3U);
}

TEST_F(CredentialCheckerTest, OpaqueTokensOfTheProfileAlone) {
  OpaqueTokenHasher hasher(as_bytes("key of the opaque tokens"));
  const std::string current = "zerq_tok_" + std::string(43, 'c');
  const std::string previous = "zerq_tok_" + std::string(43, 'p');
  const OpaqueTokenHash accepted[] = {
      {.hash = hasher.hash(current)},
      {.hash = hasher.hash(previous), .valid_until = WallTime{kTokenTestNow.us + 1}}};
  EXPECT_EQ(check_opaque(accepted, current), "accepted");
  EXPECT_EQ(check_opaque(accepted, previous), "accepted");
  EXPECT_EQ(check_opaque(std::span(accepted).first(1), previous), "unknown_token");
  EXPECT_EQ(check_opaque({}, current), "unknown_token");
  for (const std::string& bad : {std::string(), current + "x", current.substr(1),
                                 std::string("zerq_tok_"), "zerq_tok_" + std::string(43, 'x')}) {
    EXPECT_EQ(check_opaque(accepted, bad), "unknown_token") << bad;
  }
  wall_ = WallTime{kTokenTestNow.us + 1};  // The overlap of the rotation is over.
  EXPECT_EQ(check_opaque(accepted, previous), "unknown_token");
  EXPECT_EQ(check_opaque(accepted, current), "accepted");
}

TEST_F(CredentialCheckerTest, MistypedOpaqueTokensDoNotUseUpTheBudget) {
  OpaqueTokenHasher hasher(as_bytes("key of the opaque tokens"));
  const std::string token = "zerq_tok_" + std::string(43, 'c');
  const OpaqueTokenHash accepted[] = {{.hash = hasher.hash(token)}};
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(check_opaque(accepted, "zerq_tok_" + std::string(43, 'x')), "unknown_token");
  }
  EXPECT_EQ(check_opaque(accepted, token), "accepted");
}

}  // namespace
}  // namespace zerq::auth
