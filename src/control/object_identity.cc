// SPDX-License-Identifier: Apache-2.0
#include "control/object_identity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "crypto/digest.h"
#include "text/utf8.h"

namespace zerq::control {
namespace {

constexpr size_t kNameCharactersMax = 100;
constexpr size_t kHexIdCharacters = 24;

bool is_hex_id(std::string_view name) {
  return name.size() == kHexIdCharacters &&
         name.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

}  // namespace

bool is_object_name(std::string_view name) {
  if (name.empty() || is_hex_id(name) || !text::is_utf8(name)) {
    return false;
  }
  size_t characters = 0;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == '/') {
      return false;
    }
    characters += (byte & 0xC0) != 0x80 ? 1 : 0;
  }
  return characters <= kNameCharactersMax;
}

ObjectId derive_object_id(std::string_view kind, const ObjectId& parent, std::string_view name) {
  const crypto::Digest256 digest =
      crypto::sha256(as_bytes(fmt::format("{}\n{}\n{}", kind, parent.to_text(), name)));
  std::array<uint8_t, ObjectId::kBytes> bytes;
  std::memcpy(bytes.data(), digest.data(), bytes.size());
  return ObjectId(bytes);
}

void check_object_name(const Placed<std::string>& name, config::Diagnostics& problems) {
  if (name.is_set() && !is_object_name(name.value)) {
    problems.error(name.place, name.path, "\"" + name.value + "\"",
                   "1–100 characters, no control, no '/', not 24 hex digits");
  }
}

bool NameIndex::add(const Placed<std::string>& name, size_t index, config::Diagnostics& problems) {
  if (!name.is_set()) {
    return false;  // Reported as missing.
  }
  check_object_name(name, problems);
  const auto [it, is_new] = by_name_.try_emplace(name.value, Entry{index, &name.place});
  if (!is_new) {
    problems.error(name.place, name.path, fmt::format("duplicate {} \"{}\"", kind_, name.value),
                   "first at " + config::to_text(*it->second.place));
  }
  return is_new;
}

std::optional<size_t> NameIndex::find(std::string_view name) const {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? std::nullopt : std::optional<size_t>(it->second.index);
}

void NameIndex::report_unknown(const Placed<std::string>& name,
                               config::Diagnostics& problems) const {
  std::vector<std::string> names;
  for (const auto& [other, entry] : by_name_) {
    names.emplace_back(other);
  }
  std::sort(names.begin(), names.end());
  problems.error(name.place, name.path, fmt::format("no {} \"{}\"", kind_, name.value), "",
                 config::nearest_name(name.value, names).value_or(""));
}

void IdIndex::add(const ObjectId& id, const Placed<ObjectId>& written,
                  const Placed<std::string>& name, config::Diagnostics& problems) {
  const auto [it, is_new] = by_id_.try_emplace(id, names_.size());
  names_.push_back(&name);
  const Placed<std::string>& first = *names_[it->second];
  const bool is_written = written.is_set();
  // Two of one name have one derived id: that they are two has been reported.
  if (!is_new && (is_written || first.value != name.value)) {
    problems.error(
        is_written ? written.place : name.place, is_written ? written.path : name.path,
        fmt::format("the id {} belongs to the {} \"{}\"", id.to_text(), kind_, first.value),
        "first at " + config::to_text(first.place));
  }
}

std::optional<size_t> IdIndex::find(const ObjectId& id) const {
  const auto it = by_id_.find(id);
  return it == by_id_.end() ? std::nullopt : std::optional<size_t>(it->second);
}

}  // namespace zerq::control
