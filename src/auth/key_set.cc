// SPDX-License-Identifier: Apache-2.0
#include "auth/key_set.h"

#include <fmt/format.h>

#include <algorithm>

#include "text/base64url.h"

namespace zerq::auth {
namespace {

using crypto::PublicKey;
using crypto::SignatureAlgorithm;
using text::json::array;
using text::json::object;
using text::json::value;
using Algorithms = KeySet::Algorithms;

constexpr size_t kMemberCharsMax = 2048;  // 8192 bits take 1366.

std::string names_of(Algorithms algorithms) {
  std::string names;
  for (const SignatureAlgorithm algorithm : algorithms) {
    names += names.empty() ? "" : ", ";
    names += crypto::signature_algorithm_name(algorithm);
  }
  return names;
}

std::vector<SignatureAlgorithm> fitting(const PublicKey& key, Algorithms allowed) {
  std::vector<SignatureAlgorithm> algorithms;
  std::copy_if(allowed.begin(), allowed.end(), std::back_inserter(algorithms),
               [&key](SignatureAlgorithm algorithm) { return key.fits(algorithm); });
  return algorithms;
}

// Reads one JWK; says what is wrong with it relative to its own field.
class JwkReader {
 public:
  JwkReader(const object& jwk, std::string field, std::vector<AuthProblem>& problems)
      : jwk_(jwk), field_(std::move(field)), problems_(problems) {}

  // RFC 7517 §4.2–4.4: what the owner of the set says about it. False: not for us to use.
  bool is_for_signatures() const {
    const std::optional<std::string_view> use = find_text("use");
    if (jwk_.contains("use") && use != "sig") {
      return false;
    }
    if (const value* operations = jwk_.if_contains("key_ops")) {
      const array* list = operations->if_array();
      return list != nullptr && std::find(list->begin(), list->end(), "verify") != list->end();
    }
    return true;
  }

  // Of `allowed`, what the key's own `alg` leaves.
  std::vector<SignatureAlgorithm> narrow(Algorithms allowed) const {
    if (!jwk_.contains("alg")) {
      return {allowed.begin(), allowed.end()};
    }
    const auto only = crypto::parse_signature_algorithm(find_text("alg").value_or(""));
    if (!only || std::find(allowed.begin(), allowed.end(), *only) == allowed.end()) {
      return {};
    }
    return {*only};
  }

  bool holds_secrets() {
    for (const char* member : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
      if (jwk_.contains(member)) {
        report("", "holds a private or secret key; only public keys belong here");
        return true;
      }
    }
    return false;
  }

  // Empty: it has none. Absent: a problem, reported.
  std::optional<std::string_view> read_id() {
    if (!jwk_.contains("kid")) {
      return std::string_view();
    }
    const std::optional<std::string_view> id = find_text("kid");
    if (!id || id->empty() || id->size() > kKeyIdBytesMax) {
      report("kid", fmt::format("not a string of 1 to {} bytes", kKeyIdBytesMax));
      return std::nullopt;
    }
    return id;
  }

  // Absent: of a type or curve that is not ours, or a problem that is now reported.
  std::optional<PublicKey> read_key() {
    const std::optional<std::string_view> type = find_text("kty");
    if (!type) {
      report("kty", "missing; RSA, EC or OKP");
      return std::nullopt;
    }
    if (*type == "RSA") {
      const auto modulus = read_bytes("n");
      const auto exponent = read_bytes("e");
      return modulus && exponent
                 ? take(PublicKey::from_rsa(as_bytes(*modulus), as_bytes(*exponent)))
                 : std::nullopt;
    }
    if (*type == "EC") {
      return read_ec_key();
    }
    if (*type == "OKP" && find_text("crv") == "Ed25519") {
      const auto x = read_bytes("x");
      return x ? take(PublicKey::from_ed25519(as_bytes(*x))) : std::nullopt;
    }
    return std::nullopt;
  }

  void report(std::string_view member, std::string message) {
    problems_.push_back({.field = member.empty() ? field_ : fmt::format("{}.{}", field_, member),
                         .message = std::move(message)});
  }

 private:
  std::optional<std::string_view> find_text(std::string_view member) const {
    const value* found = jwk_.if_contains(member);
    if (found == nullptr || !found->is_string()) {
      return std::nullopt;
    }
    return std::string_view(found->get_string());
  }

  std::optional<PublicKey> read_ec_key() {
    static constexpr std::pair<std::string_view, crypto::EcCurve> kCurves[] = {
        {"P-256", crypto::EcCurve::kP256},
        {"P-384", crypto::EcCurve::kP384},
        {"P-521", crypto::EcCurve::kP521}};
    const std::optional<std::string_view> name = find_text("crv");
    for (const auto& [curve_name, curve] : kCurves) {
      if (name == curve_name) {
        const auto x = read_bytes("x");
        const auto y = read_bytes("y");
        return x && y ? take(PublicKey::from_ec(curve, as_bytes(*x), as_bytes(*y))) : std::nullopt;
      }
    }
    return std::nullopt;
  }

  std::optional<std::string> read_bytes(std::string_view member) {
    const std::optional<std::string_view> encoded = find_text(member);
    std::optional<std::string> bytes;
    if (encoded && !encoded->empty() && encoded->size() <= kMemberCharsMax) {
      bytes = text::decode_base64url(*encoded);
    }
    if (!bytes) {
      report(member, "not base64url without padding");
    }
    return bytes;
  }

  std::optional<PublicKey> take(Result<PublicKey> key) {
    if (!key) {
      report("", std::string(key.error().detail));
      return std::nullopt;
    }
    return *std::move(key);
  }

  const object& jwk_;
  const std::string field_;
  std::vector<AuthProblem>& problems_;
};

const array* find_keys(const value& jwks, std::vector<AuthProblem>& problems) {
  const object* set = jwks.if_object();
  const value* keys = set == nullptr ? nullptr : set->if_contains("keys");
  if (keys == nullptr || !keys->is_array()) {
    problems.push_back({.field = "jwks", .message = "not a key set; {\"keys\": [...]}"});
    return nullptr;
  }
  if (keys->get_array().size() > kKeysMax) {
    problems.push_back(
        {.field = "jwks.keys",
         .message = fmt::format("{} keys; at most {}", keys->get_array().size(), kKeysMax)});
    return nullptr;
  }
  return &keys->get_array();
}

}  // namespace

KeySet KeySet::from_jwks(const value& jwks, Algorithms allowed,
                         std::vector<AuthProblem>& problems) {
  const size_t problems_before = problems.size();
  const array* keys = find_keys(jwks, problems);
  if (keys == nullptr) {
    return {};
  }
  KeySet set;
  for (size_t i = 0; i < keys->size(); ++i) {
    const object* jwk = (*keys)[i].if_object();
    std::string field = fmt::format("jwks.keys[{}]", i);
    if (jwk == nullptr) {
      problems.push_back({.field = std::move(field), .message = "not an object"});
      continue;
    }
    JwkReader reader(*jwk, std::move(field), problems);
    const std::vector<SignatureAlgorithm> narrowed = reader.narrow(allowed);
    if (reader.holds_secrets() || !reader.is_for_signatures() || narrowed.empty()) {
      continue;
    }
    const std::optional<std::string_view> id = reader.read_id();
    const std::optional<PublicKey> key = reader.read_key();
    if (!id || !key) {
      continue;
    }
    if (set.find(*id) != nullptr) {
      reader.report("kid", "another key of the set has the same one");
      continue;
    }
    if (const auto usable = fitting(*key, narrowed); !usable.empty()) {
      set.add(*id, *key, usable);
    }
  }
  if (problems.size() == problems_before && set.keys_.empty()) {
    problems.push_back(
        {.field = "jwks.keys", .message = "no key is for any of " + names_of(allowed)});
  }
  return problems.size() == problems_before ? std::move(set) : KeySet();
}

KeySet KeySet::from_pem(std::string_view pem, Algorithms allowed,
                        std::vector<AuthProblem>& problems) {
  const Result<PublicKey> key = PublicKey::from_pem(pem);
  if (!key) {
    problems.push_back({.field = "public_key_pem", .message = std::string(key.error().detail)});
    return {};
  }
  const std::vector<SignatureAlgorithm> usable = fitting(*key, allowed);
  if (usable.empty()) {
    problems.push_back(
        {.field = "public_key_pem", .message = "the key is for none of " + names_of(allowed)});
    return {};
  }
  KeySet set;
  set.add({}, *key, usable);
  return set;
}

KeySet KeySet::from_secret(std::string_view secret, Algorithms allowed,
                           std::vector<AuthProblem>& problems) {
  size_t needed = 0;
  for (const SignatureAlgorithm algorithm : allowed) {
    needed = std::max(needed, crypto::secret_bytes_min(algorithm));
  }
  const Result<PublicKey> key = PublicKey::from_secret(as_bytes(secret));
  if (!key || secret.size() < needed) {
    problems.push_back({.field = "secret",
                        .message = fmt::format("{} bytes; at least {} for {}", secret.size(),
                                               needed, names_of(allowed))});
    return {};
  }
  KeySet set;
  set.add({}, *key, allowed);
  return set;
}

const KeySet::Key* KeySet::find(std::string_view id) const noexcept {
  if (id.empty()) {
    return nullptr;
  }
  const auto found =
      std::find_if(keys_.begin(), keys_.end(), [id](const Key& key) { return key.id == id; });
  return found == keys_.end() ? nullptr : &*found;
}

void KeySet::add(std::string_view id, const PublicKey& key, Algorithms usable) {
  Key added{.id = std::string(id), .verifiers = {}};
  for (const SignatureAlgorithm algorithm : usable) {
    added.verifiers.emplace_back(key, algorithm);
  }
  keys_.push_back(std::move(added));
  has_ids_ = has_ids_ || !id.empty();
}

}  // namespace zerq::auth
