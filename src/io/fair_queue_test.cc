// SPDX-License-Identifier: Apache-2.0
#include "io/fair_queue.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace zerq::io {
namespace {

std::string drain(FairQueue<char>& queue, size_t count = 1000) {
  std::string order;
  while (count-- > 0) {
    const std::optional<char> item = queue.pop();
    if (!item.has_value()) {
      break;
    }
    order += *item;
  }
  return order;
}

TEST(FairQueue, OneClientIsFirstInFirstOut) {
  FairQueue<char> queue({.quantum = 10});
  for (const char c : {'a', 'b', 'c'}) {
    EXPECT_TRUE(queue.push(1, 1, c));
  }
  EXPECT_EQ("abc", drain(queue));
  EXPECT_EQ(0U, queue.size());
}

TEST(FairQueue, ManyJobsOfOneClientDoNotHoldUpAnother) {
  FairQueue<char> queue({.quantum = 10});
  for (int i = 0; i < 6; ++i) {
    EXPECT_TRUE(queue.push(1, 10, 'a'));
  }
  EXPECT_TRUE(queue.push(2, 10, 'b'));
  EXPECT_EQ("abaaaaa", drain(queue));
}

TEST(FairQueue, DearJobsCountForWhatTheyCost) {
  FairQueue<char> queue({.quantum = 10});
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(queue.push(1, 40, 'A'));
  }
  for (int i = 0; i < 12; ++i) {
    EXPECT_TRUE(queue.push(2, 10, 'b'));
  }
  const std::string order = drain(queue);
  // For every 40 of one client the other gets about 40 too.
  EXPECT_EQ("bbbAbbbbAbbbbAb", order);
}

TEST(FairQueue, LongRunSharesAreEqual) {
  FairQueue<char> queue({.jobs_max = 4000, .client_jobs_max = 1000, .quantum = 64});
  const std::map<char, uint64_t> costs{{'a', 1}, {'b', 17}, {'c', 64}, {'d', 301}};
  for (const auto& [name, cost] : costs) {
    for (int i = 0; i < 1000; ++i) {
      EXPECT_TRUE(queue.push(static_cast<uint64_t>(name), cost, name));
    }
  }
  std::map<char, uint64_t> spent;
  // Until the client with the cheapest jobs has none left, all get the same.
  while (spent['a'] < 1000) {
    const char item = *queue.pop();
    spent[item] += costs.at(item);
  }
  for (const auto& [name, cost] : costs) {
    EXPECT_NEAR(1000, static_cast<double>(spent[name]), 64 + 301) << name;
  }
}

TEST(FairQueue, IsBoundedInAllAndPerClient) {
  FairQueue<char> queue({.jobs_max = 3, .client_jobs_max = 2});
  EXPECT_TRUE(queue.push(1, 1, 'a'));
  EXPECT_TRUE(queue.push(1, 1, 'b'));
  EXPECT_FALSE(queue.push(1, 1, 'c'));
  EXPECT_TRUE(queue.push(2, 1, 'd'));
  EXPECT_FALSE(queue.push(3, 1, 'e'));
  EXPECT_EQ(3U, queue.size());
}

TEST(FairQueue, AHugeCostStillComesToItsTurn) {
  FairQueue<char> queue({.quantum = 10});
  EXPECT_TRUE(queue.push(1, UINT64_MAX, 'A'));
  EXPECT_TRUE(queue.push(2, 10, 'b'));
  EXPECT_EQ("bA", drain(queue));
}

TEST(FairQueue, IdleClientsSaveNothingUp) {
  FairQueue<char> queue({.quantum = 100});
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(queue.push(1, 1, 'a'));
    EXPECT_EQ("a", drain(queue));
  }
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(queue.push(1, 100, 'a'));
    EXPECT_TRUE(queue.push(2, 100, 'b'));
  }
  EXPECT_EQ("abababab", drain(queue));
}

}  // namespace
}  // namespace zerq::io
