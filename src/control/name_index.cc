// SPDX-License-Identifier: Apache-2.0
#include "control/name_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "crypto/digest.h"
#include "text/utf8.h"

namespace zerq::control {
namespace {

constexpr size_t kNameCharactersMax = 100;

ObjectId derive_id(std::string_view kind, std::string_view parent, std::string_view name) {
  const crypto::Digest256 digest =
      crypto::sha256(as_bytes(fmt::format("{}\n{}\n{}", kind, parent, name)));
  std::array<uint8_t, ObjectId::kBytes> bytes;
  std::memcpy(bytes.data(), digest.data(), bytes.size());
  return ObjectId(bytes);
}

std::string where(const config::Place& place) {
  return fmt::format("{}:{}:{}", place.file, place.line, place.column);
}

}  // namespace

bool is_object_name(std::string_view name) {
  if (name.empty() || !text::is_utf8(name) || ObjectId::parse(name).has_value()) {
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

ObjectId NameIndex::add(const config::Placed<ObjectId>& id, const config::Placed<std::string>& name,
                        std::string_view parent, size_t index, config::Diagnostics& problems) {
  if (name.is_set() && !is_object_name(name.value)) {
    problems.error(name.place, name.path, "\"" + name.value + "\"",
                   "1–100 characters, no control, no '/', not 24 hex digits");
  }
  if (!name.is_set()) {
    return id.value;  // That it is missing was said already.
  }
  const ObjectId own = id.is_set() ? id.value : derive_id(kind_, parent, name.value);
  const auto [named, is_new_name] =
      by_name_.try_emplace({std::string(parent), name.value}, Entry{index, name.place});
  if (!is_new_name) {
    problems.error(name.place, name.path,
                   fmt::format("the {} \"{}\" stands twice", kind_, name.value),
                   "first at " + where(named->second.place));
    return own;
  }
  const auto [by_id, is_new_id] = by_id_.try_emplace(own, Entry{index, name.place});
  if (!is_new_id) {
    problems.error(id.is_set() ? id.place : name.place, id.is_set() ? id.path : name.path,
                   fmt::format("the id {} belongs to another {}", own.to_text(), kind_),
                   "first at " + where(by_id->second.place));
  }
  return own;
}

std::optional<size_t> NameIndex::find(std::string_view parent, std::string_view name) const {
  const auto it = by_name_.find({std::string(parent), std::string(name)});
  return it == by_name_.end() ? std::nullopt : std::optional<size_t>(it->second.index);
}

std::optional<size_t> NameIndex::find(const ObjectId& id) const {
  const auto it = by_id_.find(id);
  return it == by_id_.end() ? std::nullopt : std::optional<size_t>(it->second.index);
}

void NameIndex::report_unknown(const config::Placed<std::string>& name,
                               config::Diagnostics& problems) const {
  std::vector<std::string> names;
  for (const auto& [key, entry] : by_name_) {
    names.push_back(key.second);
  }
  problems.error(name.place, name.path, fmt::format("no {} \"{}\"", kind_, name.value), "",
                 config::nearest_name(name.value, names).value_or(""));
}

}  // namespace zerq::control
