// SPDX-License-Identifier: Apache-2.0
#include "main/key_files.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>

#include "crypto/random.h"
#include "text/base64url.h"

namespace zerq {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr size_t kAdminTokenCharsMin = 32;
constexpr size_t kFileBytesMax = 4096;

std::string random_text() {
  std::array<std::byte, kKeyBytes> bytes;
  crypto::fill_random(bytes);
  return text::to_base64url(bytes);
}

// The first line of the file; made with `fresh` if it is not there.
store::StartResult<std::string> read_or_make(io::Blocking token, const std::filesystem::path& path,
                                             const std::string& fresh, bool& is_new) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    is_new = true;
    if (!store::replace_file(token, path, fresh + "\n").has_value()) {
      return store::cannot_start(fmt::format(
          "{}: cannot be written; check the directory's owner and free space", path.string()));
    }
    return fresh;
  }
  const Result<std::string> content = store::read_file(token, path, kFileBytesMax);
  if (!content.has_value()) {
    return store::cannot_start(
        fmt::format("{}: cannot be read; make it readable for this user", path.string()));
  }
  return content->substr(0, content->find('\n'));
}

}  // namespace

store::StartResult<NodeSecrets> open_node_secrets(io::Blocking token,
                                                  const store::DataDirectory& directory,
                                                  const std::string& given_admin_token) {
  NodeSecrets secrets;
  bool is_key_new = false;
  const std::filesystem::path key_path = directory.path() / "token-key";
  const auto key = read_or_make(token, key_path, random_text(), is_key_new);
  if (!key.has_value()) {
    return std::unexpected(key.error());
  }
  const std::optional<std::string> bytes = text::decode_base64url(*key);
  if (!bytes.has_value() || bytes->size() != kKeyBytes) {
    return store::cannot_start(fmt::format(
        "{}: not a key (43 characters of base64url); restore it from a backup", key_path.string()));
  }
  secrets.token_key = *bytes;
  if (!given_admin_token.empty()) {
    if (given_admin_token.size() < kAdminTokenCharsMin) {
      return store::cannot_start("ZERQ_ADMIN_TOKEN: too short; give at least 32 characters");
    }
    secrets.admin_token = given_admin_token;
    return secrets;
  }
  const std::filesystem::path token_path = directory.path() / "admin-token";
  const auto admin =
      read_or_make(token, token_path, "zerq_adm_" + random_text(), secrets.is_admin_token_new);
  if (!admin.has_value()) {
    return std::unexpected(admin.error());
  }
  if (admin->size() < kAdminTokenCharsMin) {
    return store::cannot_start(fmt::format(
        "{}: malformed (at least 32 characters); delete it to get a new one", token_path.string()));
  }
  secrets.admin_token = *admin;
  return secrets;
}

}  // namespace zerq
