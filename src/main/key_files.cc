// SPDX-License-Identifier: Apache-2.0
#include "main/key_files.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include "base/bytes.h"
#include "crypto/random.h"
#include "text/base64url.h"

namespace zerq {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr size_t kAdminTokenCharsMin = 32;
constexpr size_t kFileBytesMax = 4096;

constexpr const char* kTokenKeyFile = "token-key";
constexpr const char* kAdminTokenFile = "admin-token";
constexpr const char* kSealingKeyFile = "encryption-key";
constexpr const char* kSealingKeyVariable = "ENCRYPTION_KEY";

std::string random_bytes() {
  std::array<std::byte, kKeyBytes> bytes;
  crypto::fill_random(bytes);
  return std::string(as_text(bytes));
}

std::string make_admin_token() {
  return "zerq_adm_" + text::to_base64url(as_bytes(random_bytes()));
}

// The first line of the file; empty where there is none.
store::StartResult<std::string> read_line(io::Blocking token, const std::filesystem::path& path) {
  const Result<std::string> content = store::read_file(token, path, kFileBytesMax);
  if (content.has_value()) {
    return content->substr(0, content->find('\n'));
  }
  if (content.error().code == ErrorCode::kNotFound) {
    return std::string();
  }
  return store::cannot_start(
      fmt::format("{}: cannot be read; make it readable for this user", path.string()));
}

bool is_there(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

store::StartResult<std::monostate> write_line(io::Blocking token, const std::filesystem::path& path,
                                              const std::string& line) {
  if (!store::replace_file(token, path, line + "\n").has_value()) {
    return store::cannot_start(fmt::format(
        "{}: cannot be written; check the directory's owner and free space", path.string()));
  }
  return {};
}

// One key a line, or with commas between; the first seals. 43 characters of base64url each.
store::StartResult<crypto::KeyRing> parse_sealing_keys(const std::string& where,
                                                       std::string_view text) {
  crypto::KeyRing ring;
  while (!text.empty()) {
    const size_t end = text.find_first_of(",\n");
    const std::string_view one = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (one.empty()) {
      continue;
    }
    const std::optional<std::string> bytes = text::decode_base64url(one);
    if (!bytes.has_value() || bytes->size() != crypto::SealingKey::kKeyBytes) {
      return store::cannot_start(
          fmt::format("{}: key {} is not 43 characters of base64url; restore it", where,
                      ring.keys().size() + 1));
    }
    ring.add(crypto::SealingKey(as_bytes(*bytes)));
  }
  if (ring.is_empty()) {
    return store::cannot_start(where + ": no key in it; restore it from a backup");
  }
  return ring;
}

std::string write_sealing_keys(const crypto::KeyRing& ring) {
  std::string text;
  for (const crypto::SealingKey& key : ring.keys()) {
    text += (text.empty() ? "" : "\n") + text::to_base64url(key.bytes());
  }
  return text;
}

store::StartResult<std::monostate> read_sealing_keys(io::Blocking token,
                                                     const std::filesystem::path& path,
                                                     NodeSecrets& secrets) {
  std::string text;
  std::string where = kSealingKeyVariable;
  if (const char* given = std::getenv(kSealingKeyVariable); given != nullptr && *given != '\0') {
    text = given;
    secrets.are_sealing_keys_given = true;
  } else if (!is_there(path)) {
    secrets.is_sealing_key_new = true;
    secrets.sealing_keys.add(crypto::SealingKey(as_bytes(random_bytes())));
    return {};
  } else {
    const Result<std::string> content = store::read_file(token, path, kFileBytesMax);
    if (!content.has_value()) {
      return store::cannot_start(
          fmt::format("{}: cannot be read; make it readable for this user", path.string()));
    }
    text = *content;
    where = path.string();
  }
  auto ring = parse_sealing_keys(where, text);
  if (!ring.has_value()) {
    return std::unexpected(ring.error());
  }
  secrets.sealing_keys = *std::move(ring);
  return {};
}

}  // namespace

store::StartResult<NodeSecrets> read_node_secrets(io::Blocking token,
                                                  const store::DataDirectory& directory,
                                                  const std::string& given_admin_token) {
  NodeSecrets secrets;
  const std::filesystem::path key_path = directory.path() / kTokenKeyFile;
  secrets.is_token_key_new = !is_there(key_path);
  if (secrets.is_token_key_new) {
    secrets.token_key = random_bytes();
  } else {
    const auto line = read_line(token, key_path);
    if (!line.has_value()) {
      return std::unexpected(line.error());
    }
    const std::optional<std::string> bytes = text::decode_base64url(*line);
    if (!bytes.has_value() || bytes->size() != kKeyBytes) {
      return store::cannot_start(
          fmt::format("{}: not a key (43 characters of base64url); restore it from a backup",
                      key_path.string()));
    }
    secrets.token_key = *bytes;
  }
  if (auto read = read_sealing_keys(token, directory.path() / kSealingKeyFile, secrets);
      !read.has_value()) {
    return std::unexpected(read.error());
  }
  if (!given_admin_token.empty()) {
    if (given_admin_token.size() < kAdminTokenCharsMin) {
      return store::cannot_start("ZERQ_ADMIN_TOKEN: too short; give at least 32 characters");
    }
    secrets.admin_token = given_admin_token;
    return secrets;
  }
  const std::filesystem::path token_path = directory.path() / kAdminTokenFile;
  secrets.is_admin_token_new = !is_there(token_path);
  if (secrets.is_admin_token_new) {
    secrets.admin_token = make_admin_token();
    return secrets;
  }
  const auto line = read_line(token, token_path);
  if (!line.has_value()) {
    return std::unexpected(line.error());
  }
  if (line->size() < kAdminTokenCharsMin) {
    return store::cannot_start(fmt::format(
        "{}: malformed (at least 32 characters); delete it to get a new one", token_path.string()));
  }
  secrets.admin_token = *line;
  return secrets;
}

store::StartResult<std::monostate> write_new_secrets(io::Blocking token,
                                                     const store::DataDirectory& directory,
                                                     const NodeSecrets& secrets) {
  if (secrets.is_token_key_new) {
    const auto written = write_line(token, directory.path() / kTokenKeyFile,
                                    text::to_base64url(as_bytes(secrets.token_key)));
    if (!written.has_value()) {
      return written;
    }
  }
  if (secrets.is_sealing_key_new) {
    const auto written = write_line(token, directory.path() / kSealingKeyFile,
                                    write_sealing_keys(secrets.sealing_keys));
    if (!written.has_value()) {
      return written;
    }
  }
  if (secrets.is_admin_token_new) {
    return write_line(token, directory.path() / kAdminTokenFile, secrets.admin_token);
  }
  return {};
}

Result<std::string> replace_admin_token(io::Blocking token,
                                        const std::filesystem::path& directory) {
  std::string made = make_admin_token();
  TRY(store::replace_file(token, directory / kAdminTokenFile, made + "\n"));
  return made;
}

Result<crypto::SealingKey> add_sealing_key(io::Blocking token,
                                           const std::filesystem::path& directory,
                                           const crypto::KeyRing& known) {
  crypto::SealingKey key(as_bytes(random_bytes()));
  const std::string lines = text::to_base64url(key.bytes()) + "\n" + write_sealing_keys(known);
  TRY(store::replace_file(token, directory / kSealingKeyFile, lines + "\n"));
  return key;
}

}  // namespace zerq
