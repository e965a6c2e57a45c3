// SPDX-License-Identifier: Apache-2.0
// Block: up to 1,000 records of one stream, as one row of an audit file: their lines compressed,
// the chain's hash before and after, and what a query needs to pass over it. BlockBuilder makes
// them. Layout: docs/audit-format.md, "Block". Rung: the sealer; one thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "audit/bloom_filter.h"
#include "audit/query.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/object_id.h"
#include "crypto/digest.h"

namespace zerq::audit {

struct Block {
  Stream stream = Stream::kRequests;
  uint64_t first_seq = 0;
  uint32_t records = 0;
  WallTime first_time{INT64_MAX};  // The earliest and the latest of its records.
  WallTime last_time{INT64_MIN};
  crypto::Digest256 chain_before{};
  crypto::Digest256 chain_after{};
  std::vector<uint16_t> statuses;  // Sorted, each once.
  std::vector<std::string> errors;
  BloomFilter bloom;
  size_t body_bytes = 0;  // Of the lines.
  std::string body;       // Compressed.

  uint64_t last_seq() const { return first_seq + records - 1; }
};

// What the index keeps of a record.
struct RecordKeys {
  WallTime time;
  uint16_t status = 0;
  std::string_view error;
};

class BlockBuilder {
 public:
  static constexpr uint32_t kRecordsMax = 1000;
  // The last block of a stream grows this long, then stays as it is.
  static constexpr Duration kAgeMax = std::chrono::seconds(60);

  explicit BlockBuilder(Stream stream);
  ~BlockBuilder();
  BlockBuilder(const BlockBuilder&) = delete;
  BlockBuilder& operator=(const BlockBuilder&) = delete;

  bool is_full() const {
    return is_started_ && (block_.records == kRecordsMax || lines_.size() >= kLinesBytesMax);
  }
  bool is_old(Instant now) const { return is_started_ && now - began_ >= kAgeMax; }
  bool is_started() const { return is_started_; }
  // Something came since the last build().
  bool is_dirty() const { return is_dirty_; }
  // The block stays as it was last built.
  void stop() { is_started_ = false; }
  void start_new(uint64_t first_seq, const crypto::Digest256& chain, Instant now);
  void add(std::string_view line, const RecordKeys& keys, const crypto::Digest256& chain_after);
  // Of the record that is added next; an id that is not set is none.
  void add_request_id(std::string_view id);
  void add_id(BloomKey kind, const ObjectId& id);
  // As it is now; more may follow, and the next one replaces this one.
  Block build();

 private:
  static constexpr size_t kLinesBytesMax = 4 << 20;

  Block block_;
  std::string lines_;
  Instant began_;
  // The last id of each kind in this block's filter: most records repeat it.
  std::array<ObjectId, 6> last_ids_;
  bool is_started_ = false;
  bool is_dirty_ = false;
  struct Compressor;
  std::unique_ptr<Compressor> compressor_;
};

// The lines of a block's body; empty where it is damaged.
class BlockReader {
 public:
  BlockReader();
  ~BlockReader();
  BlockReader(BlockReader&&) noexcept;
  // Valid until the next call.
  std::string_view lines(Bytes body, size_t body_bytes);

 private:
  struct Decompressor;
  std::unique_ptr<Decompressor> decompressor_;
  std::string lines_;
};

}  // namespace zerq::audit
