// SPDX-License-Identifier: Apache-2.0
#include "audit/record_codec.h"

#include <gtest/gtest.h>

#include "audit/bloom_filter.h"
#include "audit/crc32c.h"
#include "audit/record_json.h"
#include "audit/record_line.h"
#include "audit/seal_state.h"
#include "text/json.h"

namespace zerq::audit {
namespace {

constexpr LaneId kLane{.epoch = 3, .shard = 1};

std::string encode(const Record& record, uint64_t begin_n = 0) {
  std::string bytes(encoded_bytes(record), '\0');
  encode_record(record, begin_n, reinterpret_cast<std::byte*>(bytes.data()));
  return bytes;
}

Record full_record() {
  Record r;
  r.phase = RecordPhase::kEnd;
  r.time = WallTime{1'764'000'000'123'456};
  r.request_id = "018f4e66-0000-7000-8000-000000000001";
  r.config_revision = 7;
  r.client_ip = *IpAddress::parse("2001:db8::1");
  r.peer_ip = *IpAddress::parse("10.0.0.9");
  r.protocol = "HTTP/1.1";
  r.is_tls = true;
  r.method = "POST";
  r.host = "shop.example";
  r.path = "/pets/\"1\"";
  r.query = "page=2";
  r.collection_id = *ObjectId::parse("0123456789abcdef01234567");
  r.proxy_id = *ObjectId::parse("1123456789abcdef01234567");
  r.client_id = *ObjectId::parse("2123456789abcdef01234567");
  r.profile_id = *ObjectId::parse("3123456789abcdef01234567");
  r.auth = {.type = "token", .subject = "s", .key_id = "k", .result = "ok"};
  r.scopes = {.required = "a", .granted = "a b", .was_checked = true};
  r.limit = {
      .policy_id = r.client_id, .used = 3, .limit = 10, .is_degraded = true, .was_checked = true};
  r.upstream = {.address = "127.0.0.1:9", .status = 201, .attempts = 2, .was_reused = true};
  r.status = 201;
  r.error = "client_aborted";
  r.reason = "because";
  r.bytes_in = 5;
  r.bytes_out = 1ULL << 40;
  r.timings_us[1] = 4;
  r.timings_us[9] = 900;
  return r;
}

TEST(Crc32c, MatchesThePublishedVectors) {
  // RFC 3720 B.4.
  const std::string zeros(32, '\0');
  std::string rising;
  for (char c = 0; c < 32; ++c) {
    rising += c;
  }
  for (const auto update : {update_crc32c, update_crc32c_by_table}) {
    EXPECT_EQ(finish_crc32c(update(kCrc32cStart, as_bytes(zeros))), 0x8A9136AAU);
    EXPECT_EQ(finish_crc32c(update(kCrc32cStart, as_bytes(rising))), 0x46DD794EU);
    EXPECT_EQ(finish_crc32c(update(kCrc32cStart, as_bytes("123456789"))), 0xE3069283U);
  }
}

TEST(Crc32c, TwinsAgreeAtEveryLength) {
  std::string bytes;
  for (int i = 0; i < 100; ++i) {
    bytes += static_cast<char>(i * 37);
    EXPECT_EQ(update_crc32c(i, as_bytes(bytes)), update_crc32c_by_table(i, as_bytes(bytes)));
  }
}

TEST(RecordCodec, EveryFieldComesBack) {
  const Record r = full_record();
  const std::string bytes = encode(r, 42);
  const auto decoded = decode_record(as_bytes(bytes));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->begin_n, 42U);
  // The JSON form shows every field.
  RecordJson json("node");
  const std::string before(json.write(1, r, kLane, 9));
  EXPECT_EQ(before, json.write(1, decoded->record, kLane, 9));
  const FrameKeys keys = peek_keys(FrameType::kEnd, as_bytes(bytes));
  EXPECT_EQ(keys.begin_n, 42U);
  EXPECT_EQ(keys.time_us, r.time.us);
}

TEST(RecordCodec, LargestRecordFitsItsLimit) {
  const std::string huge(100'000, 'x');
  Record r = full_record();
  for (std::string_view* text :
       {&r.request_id, &r.protocol, &r.method, &r.host, &r.path, &r.query, &r.raw_target,
        &r.auth.type, &r.auth.subject, &r.auth.key_id, &r.auth.result, &r.scopes.required,
        &r.scopes.granted, &r.upstream.address, &r.error, &r.reason}) {
    *text = huge;
  }
  EXPECT_LE(encoded_bytes(r), kRecordBytesMax);
  const std::string bytes = encode(r);
  const auto decoded = decode_record(as_bytes(bytes));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->record.path.size(), 4096U);
}

TEST(RecordCodec, ShortOrLongPayloadsAreRefused) {
  const std::string bytes = encode(full_record());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_record(as_bytes(std::string_view(bytes).substr(0, size))).has_value());
  }
  EXPECT_FALSE(decode_record(as_bytes(bytes + "x")).has_value());
}

TEST(RecordJson, HasTheDocumentedForm) {
  RecordJson json("n1");
  EXPECT_EQ(
      json.write(17, full_record(), kLane, 9),
      R"({"seq":17,"node":"n1","time":"2025-11-24T16:00:00.123456Z","kind":"request","phase":"end",)"
      R"("request_id":"018f4e66-0000-7000-8000-000000000001","config_revision":7,)"
      R"("client_ip":"2001:db8::1","peer_ip":"10.0.0.9","protocol":"HTTP/1.1","tls":true,)"
      R"("method":"POST","host":"shop.example","path":"/pets/\"1\"","query":"page=2",)"
      R"("route":{"collection_id":"0123456789abcdef01234567","proxy_id":"1123456789abcdef01234567"},)"
      R"("client_id":"2123456789abcdef01234567","profile_id":"3123456789abcdef01234567",)"
      R"("auth":{"type":"token","subject":"s","key_id":"k","result":"ok"},)"
      R"("scopes":{"required":["a"],"granted":["a","b"]},)"
      R"("limit":{"policy_id":"2123456789abcdef01234567","used":3,"limit":10,"degraded":true},)"
      R"("status":201,"error":"client_aborted","reason":"because",)"
      R"("upstream":{"address":"127.0.0.1:9","status":201,"attempts":2,"reused":true},)"
      R"("bytes_in":5,"bytes_out":1099511627776,"timings_us":{"read_head":4,"total":900},)"
      R"("lane":{"epoch":3,"shard":1,"n":9}})");
}

TEST(RecordJson, UnparsedRequestHasTheSameFieldsWithNull) {
  RecordJson json("n1");
  Record r;
  r.status = 400;
  const auto record = text::parse_json(json.write(1, r, kLane, 1))->as_object();
  for (const char* field :
       {"request_id", "client_ip", "method", "host", "path", "query", "route", "client_id",
        "profile_id", "auth", "scopes", "limit", "upstream", "error", "reason", "protocol"}) {
    EXPECT_TRUE(record.at(field).is_null()) << field;
  }
  EXPECT_TRUE(record.at("timings_us").as_object().empty());
  EXPECT_FALSE(record.contains("phase") || record.contains("raw_target"));
}

TEST(RecordJson, OddBytesStayOneLineOfJson) {
  RecordJson json("n1");
  std::string odd;
  for (int c = 0; c < 256; ++c) {
    odd += static_cast<char>(c);
  }
  Record r;
  r.path = r.host = r.reason = odd;
  const std::string_view line = json.write(1, r, kLane, 1);
  EXPECT_EQ(line.find('\n'), std::string_view::npos);
  EXPECT_TRUE(text::parse_json(line).has_value());
}

TEST(RecordLine, FindsTheFieldsOfTheTopAlone) {
  RecordJson json("n1");
  Record r = full_record();
  r.path = R"(/a","status":500,"error":"x)";
  const std::string line(json.write(17, r, kLane, 9));
  const auto parsed = RecordLine::parse(line);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->status, 201);
  EXPECT_EQ(parsed->error, "client_aborted");
  EXPECT_EQ(parsed->proxy_id, "1123456789abcdef01234567");
  EXPECT_EQ(parsed->client_ip, "2001:db8::1");
  EXPECT_EQ(parsed->time, "2025-11-24T16:00:00.123456Z");
  const auto origin = origin_of(line);
  ASSERT_TRUE(origin.has_value());
  EXPECT_EQ(origin->lane, kLane);
  EXPECT_EQ(origin->n, 9U);
}

TEST(RecordLine, CutLinesAreNone) {
  RecordJson json("n1");
  const std::string line(json.write(17, full_record(), kLane, 9));
  for (size_t size = 0; size < line.size(); ++size) {
    EXPECT_FALSE(RecordLine::parse(std::string_view(line).substr(0, size)).has_value());
  }
}

TEST(AdminRecord, ComesBackAsJson) {
  AdminRecord r;
  r.time = WallTime{1};
  r.via = "rest";
  r.actor = "bootstrap";
  r.client_ip = *IpAddress::parse("127.0.0.1");
  r.method = "GET";
  r.path = "/api/v1/audit/requests";
  r.object_type = "client";
  r.status = 200;
  r.detail_json = R"({"lane":{"epoch":1}})";
  std::string bytes(encoded_bytes(r), '\0');
  encode_admin(r, reinterpret_cast<std::byte*>(bytes.data()));
  const auto decoded = decode_admin(as_bytes(bytes));
  ASSERT_TRUE(decoded.has_value());
  RecordJson json("n1");
  const std::string line(json.write(1, *decoded, {.epoch = 1, .shard = LaneId::kAdminShard}, 4));
  const auto record = text::parse_json(line)->as_object();
  EXPECT_EQ(record.at("actor").as_string(), "bootstrap");
  EXPECT_EQ(record.at("object").as_object().at("type").as_string(), "client");
  EXPECT_EQ(origin_of(line)->n, 4U);
}

TEST(SealState, ComesBackAndRefusesEveryFlippedByte) {
  SealState state;
  state.generation = 4;
  state.closed_epoch = 2;
  state.streams[1].next_seq = 9;
  LaneState& lane = state.lane(kLane);
  lane.next_n = 12;
  lane.position = 800;
  lane.opens.push_back({.n = 5, .has_open_record = true});
  std::string bytes = state.encode();
  const auto decoded = SealState::decode(as_bytes(bytes));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->encode(), bytes);
  EXPECT_TRUE(decoded->find_lane(kLane)->opens.at(0).has_open_record);
  for (char& byte : bytes) {
    byte = static_cast<char>(byte ^ 1);
    EXPECT_FALSE(SealState::decode(as_bytes(bytes)).has_value());
    byte = static_cast<char>(byte ^ 1);
  }
}

TEST(BloomFilter, FindsAllAndFewOthers) {
  BloomFilter filter;
  for (int i = 0; i < 1000; ++i) {
    filter.add(BloomFilter::Probe(BloomKey::kRequestId, "id-" + std::to_string(i)));
  }
  int others = 0;
  for (int i = 0; i < 10'000; ++i) {
    const BloomFilter::Probe probe(BloomKey::kRequestId, "id-" + std::to_string(i));
    if (i < 1000) {
      EXPECT_TRUE(probe.may_be_in(filter.bytes()));
    } else {
      others += probe.may_be_in(filter.bytes()) ? 1 : 0;
    }
  }
  EXPECT_LT(others, 90);
}

}  // namespace
}  // namespace zerq::audit
