// SPDX-License-Identifier: Apache-2.0
#include "control/outside_values.h"

#include <algorithm>

namespace zerq::control {
namespace {

std::optional<crypto::Digest256> digest_of(const std::optional<std::string>& value) {
  return value.has_value() ? std::optional(crypto::sha256(as_bytes(*value))) : std::nullopt;
}

}  // namespace

std::optional<std::string> OutsideValues::read(const config::Secret& secret, bool is_offline) {
  if (!secret.is_external()) {
    return secret.resolve();
  }
  std::optional<std::string> value = is_offline ? std::nullopt : secret.resolve();
  // Nothing there and an empty text are the same: no secret.
  if (value.has_value() && value->empty()) {
    value.reset();
  }
  seen_.push_back({.secret = secret, .digest = digest_of(value)});
  return value;
}

bool OutsideValues::are_unchanged() const {
  return std::ranges::all_of(seen_, [](const Seen& seen) {
    return seen.digest.has_value() && digest_of(seen.secret.resolve()) == seen.digest;
  });
}

}  // namespace zerq::control
