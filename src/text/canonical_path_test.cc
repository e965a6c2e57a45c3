// SPDX-License-Identifier: Apache-2.0
#include "text/canonical_path.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace zerq::text {
namespace {

constexpr PathOptions kStrict;
constexpr PathOptions kKeepSlash{.keeps_encoded_slash = true};
constexpr PathOptions kKeepSemicolon{.keeps_semicolon = true};
constexpr PathOptions kKeepEmpty{.keeps_empty_segments = true};
constexpr PathOptions kKeepAll{true, true, true};

struct Accepted {
  std::string_view raw;
  std::string_view path;
  PathOptions options = kStrict;
};

void expect_accepted(std::initializer_list<Accepted> cases) {
  HeapBlocks blocks;
  for (const Accepted& c : cases) {
    Arena arena(blocks);
    const CanonicalPath outcome = canonicalise_path(c.raw, c.options, arena);
    EXPECT_EQ(outcome.path, c.path) << c.raw << " → " << outcome.reason;
  }
}

struct Refused {
  std::string_view raw;
  PathRefusal refusal;
  std::string_view reason;
  PathOptions options = kStrict;
};

void expect_refused(std::initializer_list<Refused> cases) {
  HeapBlocks blocks;
  for (const Refused& c : cases) {
    Arena arena(blocks);
    const CanonicalPath outcome = canonicalise_path(c.raw, c.options, arena);
    EXPECT_EQ(outcome.refusal, c.refusal) << c.raw << " → " << outcome.path;
    EXPECT_EQ(outcome.reason, c.reason) << c.raw;
  }
}

constexpr auto kMalformed = PathRefusal::kMalformed;
constexpr auto kAmbiguous = PathRefusal::kAmbiguous;

TEST(CanonicalPath, WithoutAnythingToChangeIsTheInputItself) {
  HeapBlocks blocks;
  Arena arena(blocks);
  for (const std::string_view raw : {"/", "/a", "/a/", "/A/b.c/~d/e:f@g!$&'()*+,=-_"}) {
    const CanonicalPath outcome = canonicalise_path(raw, kStrict, arena);
    EXPECT_EQ(outcome.path.data(), raw.data());
    EXPECT_EQ(outcome.path, raw);
  }
  EXPECT_EQ(arena.bytes_held(), 0U);
}

// RFC 3986 §6.2.2.2.
TEST(CanonicalPath, EscapedUnreservedIsDecoded) {
  expect_accepted({{"/%41", "/A"}, {"/%7e%7E", "/~~"}, {"/%2D%5f%2e", "/-_."}, {"/%30", "/0"}});
}

// RFC 3986 §6.2.2.1.
TEST(CanonicalPath, OtherEscapesAreKeptInUpperCase) {
  expect_accepted({{"/%20", "/%20"},
                   {"/a%3fb%23", "/a%3Fb%23"},
                   {"/%c3%a9", "/%C3%A9"},
                   {"/%25", "/%25"},
                   {"/100%25x", "/100%25x"},
                   {"/%2525", "/%2525"},
                   {"/%2520", "/%2520"},
                   {"/%f0%9f%98%80%e2%82%ac", "/%F0%9F%98%80%E2%82%AC"},
                   {"/%21%40%3a", "/%21%40%3A"}});
}

// RFC 3986 §5.2.4.
TEST(CanonicalPath, DotSegmentsAreResolvedRawAndEscaped) {
  expect_accepted({{"/a/./b", "/a/b"},
                   {"/a/../b", "/b"},
                   {"/a/b/..", "/a/"},
                   {"/a/.", "/a/"},
                   {"/.", "/"},
                   {"/./", "/"},
                   {"/a/..", "/"},
                   {"/a/../", "/"},
                   {"/a/%2e%2E/b", "/b"},
                   {"/a/%2e/b", "/a/b"},
                   {"/a/.%2e/b", "/b"},
                   {"/a/b/c/../../d", "/a/d"},
                   {"/.well-known/x", "/.well-known/x"},
                   {"/...", "/..."},
                   {"/a/..b/c..", "/a/..b/c.."}});
}

TEST(CanonicalPath, EmptySegmentsAreMerged) {
  expect_accepted({{"//", "/"},
                   {"//a", "/a"},
                   {"/a//b", "/a/b"},
                   {"/a///", "/a/"},
                   {"/a//../b", "/b"},
                   {"/a/.//b", "/a/b"}});
}

TEST(CanonicalPath, EmptySegmentsAreKeptWhereAskedTo) {
  expect_accepted({{"//", "//", kKeepEmpty},
                   {"//a", "//a", kKeepEmpty},
                   {"/a//b", "/a//b", kKeepEmpty},
                   {"/a//../b", "/a/b", kKeepEmpty},
                   {"/a/..//b", "//b", kKeepEmpty},
                   {"/a//.", "/a//", kKeepEmpty},
                   {"//..", "/", kKeepEmpty}});
}

TEST(CanonicalPath, AboveTheRootIsRefused) {
  expect_refused({{"/..", kAmbiguous, "above_root"},
                  {"/../a", kAmbiguous, "above_root"},
                  {"/a/../../b", kAmbiguous, "above_root"},
                  {"/%2e%2e", kAmbiguous, "above_root"},
                  {"/a//../..", kAmbiguous, "above_root"},
                  {"//../..", kAmbiguous, "above_root", kKeepEmpty},
                  {"/./..", kAmbiguous, "above_root"}});
}

TEST(CanonicalPath, EncodedSlashIsRefusedUnlessKept) {
  expect_refused(
      {{"/a%2Fb", kAmbiguous, "encoded_slash"}, {"/a%2fb", kAmbiguous, "encoded_slash"}});
  expect_accepted({{"/a%2fb", "/a%2Fb", kKeepSlash},
                   {"/x/a%2Fb%2Fc/y", "/x/a%2Fb%2Fc/y", kKeepSlash},
                   {"/a%2F..b", "/a%2F..b", kKeepSlash}});
  for (const std::string_view raw : {"/%2F", "/a%2F", "/%2Fa", "/a%2F%2Fb", "/a%2F..", "/..%2Fa",
                                     "/a%2F.%2Fb", "/a%2F%2e%2e", "/x/a%2F.."}) {
    expect_refused({{raw, kAmbiguous, "encoded_slash", kKeepSlash}});
  }
}

TEST(CanonicalPath, SemicolonIsRefusedUnlessKept) {
  expect_refused({{"/a;b", kAmbiguous, "semicolon"},
                  {"/a%3Bb", kAmbiguous, "semicolon"},
                  {"/a%3bb", kAmbiguous, "semicolon"}});
  expect_accepted(
      {{"/a;b/..;/c", "/a;b/..;/c", kKeepSemicolon}, {"/a%3bb", "/a%3Bb", kKeepSemicolon}});
}

TEST(CanonicalPath, BackslashesAndControlsAreRefusedWhateverTheOptions) {
  expect_refused({{"/a\\b", kAmbiguous, "backslash", kKeepAll},
                  {"/a%5Cb", kAmbiguous, "encoded_backslash", kKeepAll},
                  {"/a%5cb", kAmbiguous, "encoded_backslash", kKeepAll},
                  {"/%00", kAmbiguous, "encoded_control", kKeepAll},
                  {"/%0a", kAmbiguous, "encoded_control", kKeepAll},
                  {"/%1F", kAmbiguous, "encoded_control", kKeepAll},
                  {"/%7f", kAmbiguous, "encoded_control", kKeepAll}});
}

TEST(CanonicalPath, DoubleEncodingIsRefusedWhateverTheOptions) {
  for (const std::string_view raw :
       {"/%252F", "/%252f", "/%255c", "/%252e", "/%253B", "/%2500", "/%25252E", "/%2525252f",
        "/a%25%32%46", "/%25%32e", "/x%2525%35%63", "/%25%252F"}) {
    expect_refused({{raw, kAmbiguous, "double_encoding", kKeepAll}});
  }
}

TEST(CanonicalPath, WhatIsNoPathIsMalformed) {
  for (const std::string_view raw : {"/%", "/%4", "/%4g", "/%g4", "/%%41", "/%u0041", "/a%"}) {
    expect_refused({{raw, kMalformed, "invalid_escape", kKeepAll}});
  }
  for (const std::string_view raw : {"/%80", "/%c3", "/%c3a", "/%C3%", "/%c0%af", "/%e0%80%af",
                                     "/%ed%a0%80", "/%f4%90%80%80", "/%c3/%a9", "/%ff"}) {
    expect_refused({{raw, kMalformed, "invalid_utf8", kKeepAll}});
  }
  for (const std::string_view raw : {"/a b", "/\xC3\xA9", "/a#b", "/\"", "/<", "/>", "/^", "/`",
                                     "/{a}", "/a|b", "/[a]", "/a?b", "/\x7F", "/\x01"}) {
    expect_refused({{raw, kMalformed, "invalid_path_byte", kKeepAll}});
  }
  expect_refused({{"", kMalformed, "invalid_path"},
                  {"a", kMalformed, "invalid_path"},
                  {"*", kMalformed, "invalid_path"}});
}

TEST(CanonicalPath, IsItsOwnCanonicalForm) {
  static constexpr std::string_view kPieces[] = {
      "/",   "/", "/",   ".",   "..",  "%2e", "%2F", "%2f", "%25", "25",  "2F",  "2e",
      "%41", "a", "b",   ";",   "%3b", "%5c", "\\",  "%c3", "%a9", "%00", "%20", "%",
      "%7E", "~", "%32", "%46", "//",  "./",  "../", "é",   ":",   "@",   "%61"};
  std::mt19937 random(20240607);
  HeapBlocks blocks;
  int accepted = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string raw = "/";
    for (size_t pieces = random() % 8; pieces > 0; --pieces) {
      raw += kPieces[random() % std::size(kPieces)];
    }
    const auto bits = random();
    const PathOptions options{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
    Arena arena(blocks);
    const CanonicalPath once = canonicalise_path(raw, options, arena);
    if (once.refusal != PathRefusal::kNone) {
      EXPECT_FALSE(once.reason.empty());
      continue;
    }
    ++accepted;
    ASSERT_LE(once.path.size(), raw.size());
    const CanonicalPath twice = canonicalise_path(once.path, options, arena);
    ASSERT_EQ(twice.path, once.path) << raw;
  }
  EXPECT_GT(accepted, 20'000);
}

TEST(Query, PassesAllButSpaceControlsHighBytesAndFragments) {
  EXPECT_TRUE(is_query(""));
  EXPECT_TRUE(is_query("a=b&c=%2F%00;/?\\|\"<>[]{}^`~"));
  for (const std::string_view query : {"a b", "a\tb", "\r", "\x7F", "\xC3\xA9", "a#b"}) {
    EXPECT_FALSE(is_query(query));
  }
  EXPECT_FALSE(is_query(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace zerq::text
