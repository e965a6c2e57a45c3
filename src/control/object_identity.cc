// SPDX-License-Identifier: Apache-2.0
#include "control/object_identity.h"

#include <fmt/format.h>

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

std::optional<uint32_t> NameIndex::find_entry(std::string_view name) const {
  return index_.find(std::hash<std::string_view>()(name),
                     [&](uint32_t i) { return entries_[i].name->value == name; });
}

bool NameIndex::add(const Placed<std::string>& name, size_t index, config::Diagnostics& problems) {
  if (!name.is_set()) {
    return false;  // Reported as missing.
  }
  check_object_name(name, problems);
  if (const std::optional<uint32_t> first = find_entry(name.value)) {
    problems.error(name.place, name.path, fmt::format("duplicate {} \"{}\"", kind_, name.value),
                   "first at " + config::to_text(entries_[*first].name->place));
    return false;
  }
  index_.add(std::hash<std::string_view>()(name.value), static_cast<uint32_t>(entries_.size()));
  entries_.push_back({.name = &name, .index = index});
  return true;
}

std::optional<size_t> NameIndex::find(std::string_view name) const {
  const std::optional<uint32_t> found = find_entry(name);
  return found.has_value() ? std::optional(entries_[*found].index) : std::nullopt;
}

void NameIndex::report_unknown(const Placed<std::string>& name,
                               config::Diagnostics& problems) const {
  std::vector<std::string> names;
  names.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    names.push_back(entry.name->value);
  }
  problems.error(name.place, name.path, fmt::format("no {} \"{}\"", kind_, name.value), "",
                 config::nearest_name(name.value, names).value_or(""));
}

std::optional<uint32_t> IdIndex::find_entry(const ObjectId& id) const {
  return index_.find(std::hash<ObjectId>()(id), [&](uint32_t i) { return entries_[i].id == id; });
}

void IdIndex::add(const ObjectId& id, const Placed<ObjectId>& written,
                  const Placed<std::string>& name, config::Diagnostics& problems) {
  if (const std::optional<uint32_t> found = find_entry(id)) {
    const Placed<std::string>& first = *entries_[*found].name;
    const bool is_written = written.is_set();
    // Two of one name have one derived id: that they are two has been reported.
    if (is_written || first.value != name.value) {
      problems.error(
          is_written ? written.place : name.place, is_written ? written.path : name.path,
          fmt::format("the id {} belongs to the {} \"{}\"", id.to_text(), kind_, first.value),
          "first at " + config::to_text(first.place));
    }
  } else {
    index_.add(std::hash<ObjectId>()(id), static_cast<uint32_t>(entries_.size()));
  }
  entries_.push_back({.id = id, .name = &name});
}

std::optional<size_t> IdIndex::find(const ObjectId& id) const {
  const std::optional<uint32_t> found = find_entry(id);
  return found.has_value() ? std::optional<size_t>(*found) : std::nullopt;
}

}  // namespace zerq::control
