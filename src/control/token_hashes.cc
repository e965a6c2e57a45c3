// SPDX-License-Identifier: Apache-2.0
#include "control/token_hashes.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "text/hex.h"

namespace zerq::control {
namespace {

constexpr std::string_view kPrefix = "hash:";

}  // namespace

std::string write_token_hashes(const std::vector<auth::OpaqueTokenHash>& hashes) {
  std::string text;
  for (const auth::OpaqueTokenHash& hash : hashes) {
    text += fmt::format("{}{}:{}", text.empty() ? kPrefix : ";", text::to_hex(hash.hash),
                        hash.valid_until.us);
  }
  return text;
}

std::vector<auth::OpaqueTokenHash> read_token_hashes(std::string_view text) {
  if (!text.starts_with(kPrefix)) {
    return {};
  }
  text.remove_prefix(kPrefix.size());
  std::vector<auth::OpaqueTokenHash> hashes;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(';'));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    const size_t colon = one.find(':');
    const std::optional<std::string> bytes = text::decode_hex(one.substr(0, colon));
    auth::OpaqueTokenHash hash;
    if (colon == std::string_view::npos || !bytes.has_value() ||
        bytes->size() != hash.hash.size()) {
      return {};
    }
    std::ranges::copy(as_bytes(*bytes), hash.hash.begin());
    std::from_chars(one.data() + colon + 1, one.data() + one.size(), hash.valid_until.us);
    hashes.push_back(hash);
  }
  return hashes;
}

}  // namespace zerq::control
