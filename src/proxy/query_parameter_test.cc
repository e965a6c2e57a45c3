// SPDX-License-Identifier: Apache-2.0
#include "proxy/query_parameter.h"

#include <gtest/gtest.h>

namespace zerq::proxy {
namespace {

TEST(QueryParameter, ReplacesWhatHasItsName) {
  struct Case {
    std::string_view target;
    std::string_view expected;
  };
  const QueryParameter key = make_query_parameter("api key", "s/1&");
  EXPECT_EQ(key.pair, "api%20key=s%2F1%26");
  for (const Case& c :
       std::initializer_list<Case>{{"/a", "/a?K"},
                                   {"/a?", "/a?K"},
                                   {"/a?x=1", "/a?x=1&K"},
                                   {"/a?x=1&&y=%2f&z", "/a?x=1&&y=%2f&z&K"},
                                   {"/a?api%20key=evil", "/a?K"},
                                   {"/a?api+key=evil&x", "/a?x&K"},
                                   {"/a?x&%61pi%20ke%79=evil&api%20key&y", "/a?x&y&K"},
                                   {"/a?api%20keys=1&api%20ke=2", "/a?api%20keys=1&api%20ke=2&K"},
                                   {"/a?API%20KEY=1", "/a?API%20KEY=1&K"},
                                   {"/a?%zz=1&%", "/a?%zz=1&%&K"},
                                   {"/a?=1", "/a?=1&K"}}) {
    HeapBlocks blocks;
    Arena arena(blocks);
    std::string expected(c.expected);
    expected.replace(expected.size() - 1, 1, key.pair);  // K.
    EXPECT_EQ(with_parameter(c.target, key, arena), expected) << c.target;
  }
}

TEST(QueryParameter, EscapesAllButUnreserved) {
  EXPECT_EQ(make_query_parameter("k", "aZ9-._~ +=\xC3\xA9").pair, "k=aZ9-._~%20%2B%3D%C3%A9");
}

}  // namespace
}  // namespace zerq::proxy
