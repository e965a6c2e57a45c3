// SPDX-License-Identifier: Apache-2.0
#include "control/auth_compiler.h"

#include <algorithm>

#include "auth/jwt_verifier.h"
#include "auth/opaque_token.h"

namespace zerq::control {
namespace {

using filters::AuthKind;

// Reports at the field of the auth object that `field` begins with ("jwks.keys[2].n").
void report(const AuthField& auth, std::string_view field, std::string found, std::string allowed,
            config::Diagnostics& problems) {
  const std::string_view top = field.substr(0, field.find_first_of(".["));
  const auto written = std::ranges::find_if(
      auth.fields, [top](const Placed<std::string>& f) { return f.value == top; });
  problems.error(written == auth.fields.end() ? auth.place : written->place,
                 auth.path + "." + std::string(field), std::move(found), std::move(allowed));
}

// The secret's bytes; none after a problem, or when they cannot be read.
std::optional<std::string> read_secret(const Secret& secret, std::string_view field,
                                       const AuthField& auth, Compilation& run,
                                       CompiledClient& owner) {
  if (!secret.is_set()) {
    if (!secret.was_refused()) {
      report(auth, field, "missing",
             "a secret: {value: …}, {base64url: …}, {env: NAME} or {file: PATH}", run.problems);
    }
    return std::nullopt;
  }
  if (secret.source == Secret::Source::kStored) {
    // Offline it may be on the server that this will be applied to.
    if (!run.context.is_offline) {
      report(auth, field, "{set: true}",
             "no secret is stored here that could be kept: {value: …}, {base64url: …}, "
             "{env: NAME} or {file: PATH}",
             run.problems);
    }
    return std::nullopt;
  }
  std::optional<std::string> bytes = owner.outside.read(secret, run.context.is_offline);
  if (!bytes.has_value()) {
    if (!run.context.is_offline) {
      run.problems.warning(secret.place, secret.path,
                           "secret_unavailable: " + secret.text + " cannot be read",
                           "requests that need it are answered 500");
    }
  }
  return bytes;
}

void compile_token(const AuthField& auth, Compilation& run, CompiledClient& owner,
                   filters::Profile& profile) {
  if (!auth.token_hashes.empty()) {
    profile.tokens = auth.token_hashes;
    return;
  }
  const std::optional<std::string> token = read_secret(auth.token, "token", auth, run, owner);
  if (!token.has_value()) {
    return;
  }
  if (!auth::is_opaque_token(*token)) {
    report(auth, "token", "not an opaque token", "zerq_tok_ and at least 43 of A–Z a–z 0–9 _ -",
           run.problems);
    return;
  }
  profile.tokens.push_back({.hash = run.hasher.hash(*token)});
}

VerifierIndex& verifiers_of(Compilation& run) {
  if (!run.verifiers.has_value()) {
    run.verifiers.emplace();
    if (run.previous != nullptr) {
      for (const auto& client : run.previous->clients) {
        for (const auto& verifier : client->verifiers) {
          run.verifiers->add(verifier);
        }
      }
    }
  }
  return *run.verifiers;
}

// The one verifier of that content: of this revision, of the former one, or a new one.
std::shared_ptr<const auth::JwtVerifier> find_verifier(const auth::JwtConfig& jwt,
                                                       const AuthField& auth, Compilation& run) {
  VerifierIndex& index = verifiers_of(run);
  if (VerifierIndex::Verifier known = index.find(auth::verifier_id_of(jwt))) {
    return known;
  }
  std::vector<auth::AuthProblem> found;
  VerifierIndex::Verifier verifier = auth::JwtVerifier::compile(jwt, found);
  for (const auth::AuthProblem& problem : found) {
    report(auth, problem.field, problem.message, "", run.problems);
  }
  if (verifier != nullptr) {
    index.add(verifier);
  }
  return verifier;
}

void read_algorithms(const AuthField& auth, auth::JwtConfig& jwt, config::Diagnostics& problems) {
  const bool is_symmetric = jwt.kind == auth::JwtKind::kSharedSecret;
  for (const std::string& name : auth.algorithms) {
    const auto algorithm = crypto::parse_signature_algorithm(name);
    if (algorithm.has_value() && crypto::is_symmetric(*algorithm) == is_symmetric) {
      jwt.algorithms.push_back(*algorithm);
    } else {
      report(auth, "algorithms", name,
             jwt.kind == auth::JwtKind::kSharedSecret
                 ? "HS256, HS384 or HS512"
                 : "RS*, PS*, ES* with 256, 384, 512, or EdDSA",
             problems);
    }
  }
}

void compile_jwt(const AuthField& auth, Compilation& run, CompiledClient& owner,
                 filters::Profile& profile) {
  const size_t problems_before = run.problems.error_count();
  auth::JwtConfig jwt;
  jwt.kind =
      profile.auth == AuthKind::kJwt ? auth::JwtKind::kSharedSecret : auth::JwtKind::kPublicKeys;
  read_algorithms(auth, jwt, run.problems);
  jwt.issuer = auth.issuer;
  jwt.audiences = auth.audience;
  jwt.clock_skew_s = auth.clock_skew_s;
  jwt.scope_claim = auth.scope_claim;
  if (auth.required_claims.is_object()) {
    jwt.required_claims = auth.required_claims.as_object();
  } else if (!auth.required_claims.is_null()) {
    report(auth, "required_claims", "not a map", "claim → value or values", run.problems);
  }
  if (profile.auth == AuthKind::kJwt) {
    jwt.secret = read_secret(auth.secret, "secret", auth, run, owner).value_or("");
  } else if (std::ranges::any_of(auth.fields,
                                 [](const auto& f) { return f.value == "jwks_uri"; })) {
    return;  // Reported when it was read.
  } else if (auth.jwks.is_null() && auth.public_key_pem.empty()) {
    report(auth, "jwks", "not_supported: discovery of keys", "jwks or public_key_pem",
           run.problems);
  } else {
    jwt.jwks = auth.jwks;
    jwt.public_key_pem = auth.public_key_pem;
  }
  const bool lacks_secret = profile.auth == AuthKind::kJwt && jwt.secret.empty();
  if (run.problems.error_count() != problems_before || lacks_secret) {
    return;
  }
  if (auto verifier = find_verifier(jwt, auth, run)) {
    profile.verifier = verifier.get();
    owner.verifiers.push_back(std::move(verifier));
  }
}

}  // namespace

void compile_auth(const AuthField& auth, Compilation& run, CompiledClient& owner,
                  filters::Profile& profile) {
  const std::string& type = auth.type.value;
  if (type == "token") {
    profile.auth = AuthKind::kToken;
    compile_token(auth, run, owner, profile);
  } else if (type == "jwt" || type == "oidc") {
    profile.auth = type == "jwt" ? AuthKind::kJwt : AuthKind::kOidc;
    compile_jwt(auth, run, owner, profile);
  }
}

}  // namespace zerq::control
