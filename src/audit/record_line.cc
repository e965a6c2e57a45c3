// SPDX-License-Identifier: Apache-2.0
#include "audit/record_line.h"

#include <charconv>

namespace zerq::audit {
namespace {

// Walks one line; every step either moves on or says that the line ended.
class Walk {
 public:
  explicit Walk(std::string_view line) : at_(line.data()), end_(line.data() + line.size()) {}

  bool skip(char c) {
    if (at_ == end_ || *at_ != c) {
      return false;
    }
    ++at_;
    return true;
  }

  // The text between quotes, with its escapes.
  bool quoted(std::string_view& text) {
    if (!skip('"')) {
      return false;
    }
    const char* const begin = at_;
    while (at_ != end_ && *at_ != '"') {
      at_ += *at_ == '\\' && end_ - at_ > 1 ? 2 : 1;
    }
    text = {begin, static_cast<size_t>(at_ - begin)};
    return skip('"');
  }

  bool value(std::string_view& text) {
    if (at_ == end_) {
      return false;
    }
    if (*at_ == '"') {
      return quoted(text);
    }
    const char* const begin = at_;
    if (*at_ == '{' || *at_ == '[') {
      if (!skip_nested()) {
        return false;
      }
    } else {
      while (at_ != end_ && *at_ != ',' && *at_ != '}') {
        ++at_;
      }
    }
    text = {begin, static_cast<size_t>(at_ - begin)};
    if (text == "null") {
      text = {};
    }
    return true;
  }

 private:
  bool skip_nested() {
    int depth = 0;
    while (at_ != end_) {
      if (*at_ == '"') {
        std::string_view ignored;
        if (!quoted(ignored)) {
          return false;
        }
        continue;
      }
      if (*at_ == '{' || *at_ == '[') {
        ++depth;
      } else if ((*at_ == '}' || *at_ == ']') && --depth == 0) {
        ++at_;
        return true;
      }
      ++at_;
    }
    return false;
  }

  const char* at_;
  const char* end_;
};

// Calls take(key, value) for every member of the object.
template <class Take>
bool walk_members(std::string_view object, Take take) {
  Walk walk(object);
  if (!walk.skip('{')) {
    return false;
  }
  std::string_view key;
  std::string_view value;
  do {
    if (!walk.quoted(key) || !walk.skip(':') || !walk.value(value)) {
      return false;
    }
    take(key, value);
  } while (walk.skip(','));
  return walk.skip('}');
}

template <class Number>
Number number_of(std::string_view text) {
  Number number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

void take_member(RecordLine& line, std::string_view key, std::string_view value) {
  switch (key.size()) {
    case 4:
      if (key == "node") {
        line.node = value;
      } else if (key == "time") {
        line.time = value;
      } else if (key == "kind") {
        line.kind = value;
      } else if (key == "path") {
        line.path = value;
      }
      break;
    case 5:
      if (key == "error") {
        line.error = value;
      } else if (key == "route" && !value.empty()) {
        walk_members(value, [&](std::string_view name, std::string_view id) {
          (name == "proxy_id" ? line.proxy_id : line.collection_id) = id;
        });
      }
      break;
    case 6:
      if (key == "status") {
        line.status = number_of<uint16_t>(value);
      } else if (key == "reason") {
        line.reason = value;
      }
      break;
    case 9:
      if (key == "client_ip") {
        line.client_ip = value;
      } else if (key == "client_id") {
        line.client_id = value;
      }
      break;
    case 10:
      if (key == "request_id") {
        line.request_id = value;
      } else if (key == "profile_id") {
        line.profile_id = value;
      }
      break;
    default: break;
  }
}

}  // namespace

std::optional<RecordLine> RecordLine::parse(std::string_view line) noexcept {
  RecordLine parsed;
  if (!walk_members(line, [&](std::string_view key, std::string_view value) {
        take_member(parsed, key, value);
      })) {
    return std::nullopt;
  }
  return parsed;
}

std::optional<LineOrigin> origin_of(std::string_view line) noexcept {
  constexpr std::string_view kKey = ",\"lane\":";
  // The last member of a record; before it may stand any JSON.
  const size_t at = line.rfind(kKey);
  if (at == std::string_view::npos || !line.ends_with("}}")) {
    return std::nullopt;
  }
  LineOrigin origin;
  line.remove_prefix(at + kKey.size());
  line.remove_suffix(1);
  if (!walk_members(line, [&](std::string_view key, std::string_view value) {
        if (key == "epoch") {
          origin.lane.epoch = number_of<uint64_t>(value);
        } else if (key == "shard") {
          origin.lane.shard = number_of<uint32_t>(value);
        } else if (key == "n") {
          origin.n = number_of<uint64_t>(value);
        }
      })) {
    return std::nullopt;
  }
  return origin;
}

}  // namespace zerq::audit
