// SPDX-License-Identifier: Apache-2.0
#include "audit/block.h"

#include <zstd.h>

#include <algorithm>

#include "base/check.h"

namespace zerq::audit {
namespace {

// Lines are alike: the fastest level finds nearly all there is (bench/record_bench).
constexpr int kLevel = 1;
constexpr size_t kBodyBytesMax = 64 << 20;

}  // namespace

struct BlockBuilder::Compressor {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ~Compressor() { ZSTD_freeCCtx(context); }
};

BlockBuilder::BlockBuilder(Stream stream) : compressor_(std::make_unique<Compressor>()) {
  CHECK(compressor_->context != nullptr);
  CHECK(ZSTD_isError(
            ZSTD_CCtx_setParameter(compressor_->context, ZSTD_c_compressionLevel, kLevel)) == 0);
  block_.stream = stream;
}

BlockBuilder::~BlockBuilder() = default;

void BlockBuilder::start_new(uint64_t first_seq, const crypto::Digest256& chain, Instant now) {
  const Stream stream = block_.stream;
  block_ = Block{};
  block_.stream = stream;
  block_.first_seq = first_seq;
  block_.chain_before = chain;
  block_.chain_after = chain;
  last_ids_ = {};
  lines_.clear();
  began_ = now;
  is_started_ = true;
}

void BlockBuilder::add(std::string_view line, const RecordKeys& keys,
                       const crypto::Digest256& chain_after) {
  lines_.append(line);
  lines_ += '\n';
  ++block_.records;
  is_dirty_ = true;
  block_.first_time = std::min(block_.first_time, keys.time);
  block_.last_time = std::max(block_.last_time, keys.time);
  block_.chain_after = chain_after;
  const auto status = std::ranges::lower_bound(block_.statuses, keys.status);
  if (status == block_.statuses.end() || *status != keys.status) {
    block_.statuses.insert(status, keys.status);
  }
  if (!keys.error.empty() && std::ranges::find(block_.errors, keys.error) == block_.errors.end()) {
    block_.errors.emplace_back(keys.error);
  }
}

void BlockBuilder::add_request_id(std::string_view id) {
  if (!id.empty()) {
    block_.bloom.add(BloomFilter::Probe(BloomKey::kRequestId, id));
  }
}

void BlockBuilder::add_id(BloomKey kind, const ObjectId& id) {
  ObjectId& last = last_ids_[static_cast<size_t>(kind)];
  if (id.is_set() && id != last) {
    last = id;
    std::array<char, ObjectId::kTextBytes> text;
    id.write_text(text.data());
    block_.bloom.add(BloomFilter::Probe(kind, {text.data(), text.size()}));
  }
}

Block BlockBuilder::build() {
  is_dirty_ = false;
  Block built = block_;
  built.body_bytes = lines_.size();
  built.body.resize_and_overwrite(ZSTD_compressBound(lines_.size()), [&](char* to, size_t room) {
    const size_t bytes =
        ZSTD_compress2(compressor_->context, to, room, lines_.data(), lines_.size());
    CHECK(ZSTD_isError(bytes) == 0);
    return bytes;
  });
  return built;
}

struct BlockReader::Decompressor {
  ZSTD_DCtx* context = ZSTD_createDCtx();
  ~Decompressor() { ZSTD_freeDCtx(context); }
};

BlockReader::BlockReader() : decompressor_(std::make_unique<Decompressor>()) {
  CHECK(decompressor_->context != nullptr);
}

BlockReader::~BlockReader() = default;

BlockReader::BlockReader(BlockReader&&) noexcept = default;

std::string_view BlockReader::lines(Bytes body, size_t body_bytes) {
  if (body_bytes > kBodyBytesMax) {
    return {};
  }
  if (lines_.size() < body_bytes) {
    lines_.resize_and_overwrite(body_bytes, [](char*, size_t room) { return room; });
  }
  const size_t bytes = ZSTD_decompressDCtx(decompressor_->context, lines_.data(), lines_.size(),
                                           body.data(), body.size());
  if (ZSTD_isError(bytes) != 0 || bytes != body_bytes) {
    return {};
  }
  return std::string_view(lines_).substr(0, bytes);
}

}  // namespace zerq::audit
