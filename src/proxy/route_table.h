// SPDX-License-Identifier: Apache-2.0
// Host and canonical path → collection → route (semantics §4, Match). Immutable, part of the
// Snapshot (rung); any thread. Collections and routes are numbers that the builder's caller chose;
// what they mean, and who keeps the tries alive, is proxy/snapshot.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/arena.h"
#include "proxy/route_trie.h"
#include "proxy/segment_index.h"
#include "text/canonical_path.h"

namespace zerq::proxy {

struct CollectionMatch {
  static constexpr uint32_t kNoCollection = UINT32_MAX;

  uint32_t collection = kNoCollection;
  const RouteTrie* trie = nullptr;
  // The path behind the base path; "/" where nothing is: "/open" alone counts as "/open/".
  std::string_view path;

  bool is_match() const { return collection != kNoCollection; }
};

class RouteTable {
 public:
  // `authority` as sent: its case, port and final dot do not matter. Exact host, then wildcard,
  // then any host, each with its longest base path of whole segments.
  CollectionMatch find_collection(std::string_view authority, std::string_view path) const;

  // The canonical path under the options of the collection that it leads to. Where the options
  // themselves decide which collection that is, the path is ambiguous.
  text::CanonicalPath canonicalise(std::string_view authority, std::string_view raw_path,
                                   Arena& arena) const;

 private:
  friend class RouteTableBuilder;

  struct Collection {
    uint32_t number;
    const RouteTrie* trie;
    text::PathOptions path_options;
  };
  // Three tries in one: below a root stand hosts, below a host the segments of base paths.
  static constexpr uint32_t kExactHosts = 1;
  static constexpr uint32_t kWildcardHosts = 2;
  static constexpr uint32_t kAnyHost = 3;
  static constexpr uint32_t kNobody = UINT32_MAX;

  struct Found {
    uint32_t collection = kNobody;  // Index into collections_.
    size_t base_bytes = 0;
  };
  Found find(std::string_view authority, std::string_view path) const;
  Found walk(uint32_t host_node, std::string_view path) const;
  text::PathOptions options_for(std::string_view authority, std::string_view path) const;

  SegmentIndex edges_;
  std::vector<uint32_t> collection_of_node_ = std::vector<uint32_t>(4, kNobody);
  std::vector<Collection> collections_;
  bool has_hosts_ = false;
  bool has_path_options_ = false;
};

struct CollectionEntry {
  uint32_t number = 0;
  std::span<const std::string> hosts;  // "a.example", "*.a.example"; empty: any.
  std::string_view base_path;          // "/" or "/a/b"; a final slash does not matter.
  text::PathOptions path_options;
  const RouteTrie* trie = nullptr;     // Outlives the table.
};

struct CollectionProblem {
  enum class Kind : uint8_t { kInvalidHost, kInvalidBasePath, kReservedBasePath, kBasePathTaken };
  Kind kind;
  size_t host = 0;     // kInvalidHost, kBasePathTaken: which of its hosts.
  uint32_t other = 0;  // kBasePathTaken: the collection that has it.
};

class RouteTableBuilder {
 public:
  // All that is wrong with it; then nothing of it is added.
  std::vector<CollectionProblem> add(const CollectionEntry& entry);
  RouteTable build() && { return std::move(table_); }

 private:
  uint32_t child_of(uint32_t node, std::string_view segment);
  uint32_t node_of(std::string_view host, std::string_view base_path);

  RouteTable table_;
};

}  // namespace zerq::proxy
