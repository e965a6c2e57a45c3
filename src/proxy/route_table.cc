// SPDX-License-Identifier: Apache-2.0
#include "proxy/route_table.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "http/authority.h"

namespace zerq::proxy {
namespace {

using Kind = CollectionProblem::Kind;

// Product §2: they win over any collection, so a collection there could never be reached.
constexpr std::array<std::string_view, 4> kReservedPaths = {
    "/healthz", "/readyz", "/mcp", "/.well-known/oauth-protected-resource/mcp"};

constexpr std::string_view kWildcard = "*.";
constexpr size_t kHostBytesMax = 255;

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// The host in lower case without port and final dot, in a buffer of its own.
class HostText {
 public:
  explicit HostText(std::string_view authority) {
    std::string_view host = http::host_of_authority(authority);
    if (host.ends_with('.')) {
      host.remove_suffix(1);
    }
    // Longer ones were refused with the head.
    size_ = std::min(host.size(), buffer_.size());
    std::ranges::transform(host.substr(0, size_), buffer_.begin(), to_lower);
  }
  std::string_view text() const { return {buffer_.data(), size_}; }

 private:
  std::array<char, kHostBytesMax> buffer_;
  size_t size_;
};

bool is_host(std::string_view host) {
  if (host.starts_with(kWildcard)) {
    host.remove_prefix(kWildcard.size());
    // An address has no labels that a wildcard could stand for.
    if (host.starts_with('[')) {
      return false;
    }
  }
  return http::is_authority(host) && http::host_of_authority(host) == host && host != ".";
}

std::string_view without_final_slash(std::string_view base_path) {
  return base_path.ends_with('/') ? base_path.substr(0, base_path.size() - 1) : base_path;
}

bool is_base_path(std::string_view base_path) {
  HeapBlocks blocks;
  Arena arena(blocks);
  return base_path.starts_with('/') &&
         text::canonicalise_path(base_path, {}, arena).path == base_path;
}

bool is_reserved(std::string_view base_path) {
  return std::ranges::any_of(kReservedPaths, [base_path](std::string_view reserved) {
    return base_path.starts_with(reserved) &&
           (base_path.size() == reserved.size() || base_path[reserved.size()] == '/');
  });
}

}  // namespace

RouteTable::Found RouteTable::walk(uint32_t host_node, std::string_view path) const {
  Found found;
  uint32_t node = host_node;
  for (size_t at = 0;;) {
    if (collection_of_node_[node] != kNobody) {
      found = {.collection = collection_of_node_[node], .base_bytes = at};
    }
    if (at == path.size()) {
      return found;
    }
    const size_t end = std::min(path.find('/', at + 1), path.size());
    node = edges_.find(node, path.substr(at + 1, end - at - 1));
    if (node == SegmentIndex::kNone) {
      return found;
    }
    at = end;
  }
}

RouteTable::Found RouteTable::find(std::string_view authority, std::string_view path) const {
  DCHECK(path.starts_with('/'));
  if (has_hosts_) {
    const HostText host(authority);
    const uint32_t exact = edges_.find(kExactHosts, host.text());
    if (exact != SegmentIndex::kNone) {
      if (const Found found = walk(exact, path); found.collection != kNobody) {
        return found;
      }
    }
    const size_t dot = host.text().find('.');
    if (dot != std::string_view::npos && dot > 0) {
      const uint32_t wildcard = edges_.find(kWildcardHosts, host.text().substr(dot + 1));
      if (wildcard != SegmentIndex::kNone) {
        if (const Found found = walk(wildcard, path); found.collection != kNobody) {
          return found;
        }
      }
    }
  }
  return walk(kAnyHost, path);
}

CollectionMatch RouteTable::find_collection(std::string_view authority,
                                            std::string_view path) const {
  const Found found = find(authority, path);
  if (found.collection == kNobody) {
    return {};
  }
  const Collection& collection = collections_[found.collection];
  const std::string_view rest = path.substr(found.base_bytes);
  return {.collection = collection.number,
          .trie = collection.trie,
          .path = rest.empty() ? std::string_view("/") : rest};
}

text::PathOptions RouteTable::options_for(std::string_view authority, std::string_view path) const {
  const Found found = find(authority, path);
  return found.collection == kNobody ? text::PathOptions()
                                     : collections_[found.collection].path_options;
}

text::CanonicalPath RouteTable::canonicalise(std::string_view authority, std::string_view raw_path,
                                             Arena& arena) const {
  if (!has_path_options_) [[likely]] {
    return text::canonicalise_path(raw_path, {}, arena);
  }
  // Which options hold is known with the collection, and the collection with the path: begin with a
  // reading that refuses least, go on with the options of where it led; they must confirm
  // themselves.
  constexpr text::PathOptions kTolerant{.keeps_encoded_slash = true, .keeps_semicolon = true};
  text::CanonicalPath path = text::canonicalise_path(raw_path, kTolerant, arena);
  for (int round = 0; round < 2 && path.refusal == text::PathRefusal::kNone; ++round) {
    const text::PathOptions options = options_for(authority, path.path);
    path = text::canonicalise_path(raw_path, options, arena);
    if (path.refusal != text::PathRefusal::kNone || options_for(authority, path.path) == options) {
      return path;
    }
  }
  return path.refusal != text::PathRefusal::kNone
             ? path
             : text::CanonicalPath{.refusal = text::PathRefusal::kAmbiguous,
                                   .reason = "path_options_differ"};
}

uint32_t RouteTableBuilder::child_of(uint32_t node, std::string_view segment) {
  uint32_t child = table_.edges_.find(node, segment);
  if (child == SegmentIndex::kNone) {
    child = static_cast<uint32_t>(table_.collection_of_node_.size());
    table_.collection_of_node_.push_back(RouteTable::kNobody);
    table_.edges_.add(node, segment, child);
  }
  return child;
}

// `host` empty: any. `base_path` without its final slash.
uint32_t RouteTableBuilder::node_of(std::string_view host, std::string_view base_path) {
  uint32_t node = RouteTable::kAnyHost;
  if (!host.empty()) {
    const bool is_wildcard = host.starts_with(kWildcard);
    const HostText text(is_wildcard ? host.substr(kWildcard.size()) : host);
    node =
        child_of(is_wildcard ? RouteTable::kWildcardHosts : RouteTable::kExactHosts, text.text());
  }
  while (!base_path.empty()) {
    base_path.remove_prefix(1);
    const std::string_view segment = base_path.substr(0, base_path.find('/'));
    node = child_of(node, segment);
    base_path.remove_prefix(segment.size());
  }
  return node;
}

std::vector<CollectionProblem> RouteTableBuilder::add(const CollectionEntry& entry) {
  std::vector<CollectionProblem> problems;
  if (!is_base_path(entry.base_path)) {
    problems.push_back({.kind = Kind::kInvalidBasePath});
  } else if (is_reserved(entry.base_path)) {
    problems.push_back({.kind = Kind::kReservedBasePath});
  }
  for (size_t i = 0; i < entry.hosts.size(); ++i) {
    if (!is_host(entry.hosts[i])) {
      problems.push_back({.kind = Kind::kInvalidHost, .host = i});
    }
  }
  if (!problems.empty()) {
    return problems;
  }
  const std::string_view base_path = without_final_slash(entry.base_path);
  const std::string any_host;
  const std::span<const std::string> hosts =
      entry.hosts.empty() ? std::span(&any_host, 1) : entry.hosts;
  for (size_t i = 0; i < hosts.size(); ++i) {
    const uint32_t taken = table_.collection_of_node_[node_of(hosts[i], base_path)];
    if (taken != RouteTable::kNobody) {
      problems.push_back(
          {.kind = Kind::kBasePathTaken, .host = i, .other = table_.collections_[taken].number});
    }
  }
  if (!problems.empty()) {
    return problems;
  }
  for (const std::string& host : hosts) {
    table_.collection_of_node_[node_of(host, base_path)] =
        static_cast<uint32_t>(table_.collections_.size());
  }
  table_.collections_.push_back({entry.number, entry.trie, entry.path_options});
  table_.has_hosts_ |= !entry.hosts.empty();
  table_.has_path_options_ |= entry.path_options != text::PathOptions();
  return problems;
}

}  // namespace zerq::proxy
