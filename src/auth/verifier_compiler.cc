// SPDX-License-Identifier: Apache-2.0
// JwtVerifier::compile: from what the operator wrote to what a shard runs.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "auth/jwt_verifier.h"
#include "crypto/digest.h"

namespace zerq::auth {
namespace {

using crypto::SignatureAlgorithm;
using text::json::array;
using text::json::value;

// Hashes fields so that no two lists of fields give the same bytes: each with its length.
class FieldHasher {
 public:
  FieldHasher& add(std::string_view text) {
    add_number(text.size());
    hash_.update(as_bytes(text));
    return *this;
  }
  FieldHasher& add_number(uint64_t number) {
    hash_.update(std::as_bytes(std::span(&number, 1)));
    return *this;
  }
  VerifierId finish() {
    VerifierId id;
    const crypto::Digest256 digest = hash_.finish();
    std::copy_n(digest.begin(), id.bytes.size(), id.bytes.begin());
    return id;
  }

 private:
  crypto::Sha256 hash_;
};

std::vector<SignatureAlgorithm> algorithms_of(const JwtConfig& config) {
  if (!config.algorithms.empty()) {
    return config.algorithms;
  }
  return {config.kind == JwtKind::kSharedSecret ? SignatureAlgorithm::kHs256
                                                : SignatureAlgorithm::kRs256};
}

// A name is the pointer to the top-level member of that name; names with dots, colons and slashes
// inside ("https://idp.example/roles") are names still.
std::string pointer_of(std::string_view name) {
  if (name.starts_with('/')) {
    return std::string(name);
  }
  std::string pointer = "/";
  for (const char c : name) {
    pointer += c == '~' ? "~0" : c == '/' ? "~1" : std::string_view(&c, 1);
  }
  return pointer;
}

// RFC 6901 §3.
bool is_claim_name(std::string_view name) {
  if (name.empty()) {
    return false;
  }
  for (size_t i = 0; name.starts_with('/') && i < name.size(); ++i) {
    if (name[i] == '~' && !(i + 1 < name.size() && (name[i + 1] == '0' || name[i + 1] == '1'))) {
      return false;
    }
  }
  return true;
}

void check_algorithms(const JwtConfig& config, std::vector<AuthProblem>& problems) {
  const bool must_be_symmetric = config.kind == JwtKind::kSharedSecret;
  for (const SignatureAlgorithm algorithm : config.algorithms) {
    if (crypto::is_symmetric(algorithm) != must_be_symmetric) {
      problems.push_back(
          {.field = "algorithms",
           .message =
               fmt::format("{}; {}", crypto::signature_algorithm_name(algorithm),
                           must_be_symmetric ? "HS256, HS384, HS512" : "RS*, PS*, ES* and EdDSA")});
    }
  }
}

void check_fields(const JwtConfig& config, std::vector<AuthProblem>& problems) {
  check_algorithms(config, problems);
  if (config.clock_skew_s > kClockSkewMaxS) {
    problems.push_back(
        {.field = "clock_skew_s",
         .message = fmt::format("{}; 0 to {}", config.clock_skew_s, kClockSkewMaxS)});
  }
  if (config.kind == JwtKind::kPublicKeys && config.issuer.empty()) {
    problems.push_back({.field = "issuer", .message = "missing; the `iss` of good tokens"});
  }
  if (config.kind == JwtKind::kPublicKeys && config.audiences.empty()) {
    problems.push_back({.field = "audience", .message = "missing; an `aud` of good tokens"});
  }
  if (std::any_of(config.audiences.begin(), config.audiences.end(),
                  [](const std::string& audience) { return audience.empty(); })) {
    problems.push_back({.field = "audience", .message = "an empty string; a name"});
  }
  if (!is_claim_name(config.scope_claim)) {
    problems.push_back(
        {.field = "scope_claim",
         .message = fmt::format("\"{}\"; a name, or a JSON pointer", config.scope_claim)});
  }
}

bool is_comparable(const value& wanted) {
  return wanted.is_string() || wanted.is_number() || wanted.is_bool();
}

// The values of which a claim must have one; empty: a problem, reported.
std::vector<value> read_wanted(std::string_view name, const value& wanted,
                               std::vector<AuthProblem>& problems) {
  std::vector<value> values;
  if (const array* list = wanted.if_array()) {
    values.assign(list->begin(), list->end());
  } else {
    values.push_back(wanted);
  }
  if (!is_claim_name(name) || values.empty() ||
      !std::all_of(values.begin(), values.end(), is_comparable)) {
    problems.push_back({.field = fmt::format("required_claims.{}", name),
                        .message = "a name or JSON pointer, with a string, number or boolean, or "
                                   "a list of them"});
    return {};
  }
  return values;
}

KeySet read_keys(const JwtConfig& config, std::span<const SignatureAlgorithm> algorithms,
                 std::vector<AuthProblem>& problems) {
  if (config.kind == JwtKind::kSharedSecret) {
    return KeySet::from_secret(config.secret, algorithms, problems);
  }
  const bool has_jwks = !config.jwks.is_null();
  const bool has_pem = !config.public_key_pem.empty();
  if (has_jwks == has_pem) {
    problems.push_back({.field = "jwks",
                        .message = has_jwks ? "beside public_key_pem; one of them"
                                            : "missing; jwks or public_key_pem"});
    return {};
  }
  return has_jwks ? KeySet::from_jwks(config.jwks, algorithms, problems)
                  : KeySet::from_pem(config.public_key_pem, algorithms, problems);
}

}  // namespace

std::unique_ptr<const JwtVerifier> JwtVerifier::compile(const JwtConfig& config,
                                                        std::vector<AuthProblem>& problems) {
  const size_t problems_before = problems.size();
  std::unique_ptr<JwtVerifier> verifier(new JwtVerifier());
  check_fields(config, problems);
  verifier->id_ = verifier_id_of(config);
  verifier->algorithms_ = algorithms_of(config);
  verifier->issuer_ = config.issuer;
  verifier->audiences_ = config.audiences;
  verifier->clock_skew_s_ = config.clock_skew_s;
  verifier->scope_pointer_ = pointer_of(config.scope_claim);
  for (const auto& [name, wanted] : config.required_claims) {
    verifier->required_claims_.push_back(
        {.pointer = pointer_of(name), .values = read_wanted(name, wanted, problems)});
  }
  // A key that is for none of the wrong algorithms would be a second word for one mistake.
  if (problems.size() == problems_before) {
    verifier->keys_ = read_keys(config, verifier->algorithms_, problems);
  }
  if (problems.size() > problems_before) {
    return nullptr;
  }
  return verifier;
}

VerifierId verifier_id_of(const JwtConfig& config) {
  FieldHasher hasher;
  hasher.add("zerq jwt verifier 1").add_number(static_cast<uint64_t>(config.kind));
  const std::vector<SignatureAlgorithm> algorithms = algorithms_of(config);
  hasher.add_number(algorithms.size());
  for (const SignatureAlgorithm algorithm : algorithms) {
    hasher.add(crypto::signature_algorithm_name(algorithm));
  }
  hasher.add(config.issuer).add_number(config.audiences.size());
  for (const std::string& audience : config.audiences) {
    hasher.add(audience);
  }
  hasher.add_number(config.clock_skew_s)
      .add(text::json::serialize(config.required_claims))
      .add(config.scope_claim)
      .add(config.secret)
      .add(text::json::serialize(config.jwks))
      .add(config.public_key_pem);
  return hasher.finish();
}

}  // namespace zerq::auth
