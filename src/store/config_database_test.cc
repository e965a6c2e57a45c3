// SPDX-License-Identifier: Apache-2.0
#include "store/config_database.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace zerq::store {
namespace {

class ConfigDatabaseTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ =
        std::filesystem::temp_directory_path() / ("zerq_config_" + std::to_string(::getpid()));
    std::filesystem::create_directories(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::filesystem::path path() const { return directory_ / "config.db"; }
  std::unique_ptr<ConfigDatabase> open() {
    auto database = ConfigDatabase::open(token_, path());
    EXPECT_TRUE(database.has_value());
    return *std::move(database);
  }
  static ObjectRow policy(const char* name, uint8_t number) {
    return {.kind = "policy", .id = ObjectId({number}), .name = name, .body = "{}"};
  }
  static ConfigCommit put(uint64_t number, ObjectRow row) {
    ConfigCommit commit;
    commit.revision = {.number = number, .actor = "me", .changes = "[]"};
    commit.puts.push_back(std::move(row));
    return commit;
  }

  io::Blocking token_ = io::BlockingThread::on_main_thread();
  std::filesystem::path directory_;
};

TEST_F(ConfigDatabaseTest, LookingMakesNoFile) {
  EXPECT_TRUE(open()->load(token_)->objects.empty());
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(ConfigDatabaseTest, WhatIsCommittedBeforeWritesStartIsWrittenThen) {
  {
    const auto database = open();
    ASSERT_TRUE(database->commit(token_, put(1, policy("a", 1))).has_value());
    EXPECT_FALSE(std::filesystem::exists(path()));
    ASSERT_TRUE(database->start_writes(token_).has_value());
  }
  const ConfigRows rows = *open()->load(token_);
  ASSERT_EQ(rows.objects.size(), 1U);
  EXPECT_EQ(rows.objects[0].name, "a");
  EXPECT_EQ(rows.objects[0].revision, 1U);
  EXPECT_EQ(rows.revision, 1U);
}

TEST_F(ConfigDatabaseTest, ARevisionFollowsTheOneBefore) {
  const auto database = open();
  ASSERT_TRUE(database->start_writes(token_).has_value());
  ASSERT_TRUE(database->commit(token_, put(1, policy("a", 1))).has_value());
  const Result<> again = database->commit(token_, put(1, policy("b", 2)));
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  EXPECT_EQ(database->load(token_)->objects.size(), 1U) << "nothing of it is there";
}

TEST_F(ConfigDatabaseTest, OldRevisionsAreThereStill) {
  const auto database = open();
  ASSERT_TRUE(database->start_writes(token_).has_value());
  ASSERT_TRUE(database->commit(token_, put(1, policy("a", 1))).has_value());
  ASSERT_TRUE(database->commit(token_, put(2, policy("renamed", 1))).has_value());
  ConfigCommit gone;
  gone.revision = {.number = 3, .changes = "[]"};
  gone.deletes.push_back(policy("renamed", 1));
  ASSERT_TRUE(database->commit(token_, gone).has_value());
  EXPECT_EQ(database->objects_at(token_, 1)->at(0).name, "a");
  EXPECT_EQ(database->objects_at(token_, 2)->at(0).name, "renamed");
  EXPECT_TRUE(database->objects_at(token_, 3)->empty());
  EXPECT_EQ(database->revisions(token_, 0, 10)->size(), 3U);
  EXPECT_EQ(database->revisions(token_, 3, 1)->at(0).number, 2U);
  EXPECT_EQ((*database->revision(token_, 1))->actor, "me");
  EXPECT_FALSE(database->revision(token_, 9)->has_value());
}

TEST_F(ConfigDatabaseTest, SecretsGoWithTheirObject) {
  const auto database = open();
  ASSERT_TRUE(database->start_writes(token_).has_value());
  ConfigCommit commit = put(1, policy("a", 1));
  commit.secrets = {
      {.kind = "policy", .id = ObjectId({1}), .field = "x", .key_id = "k", .sealed = "bytes"},
      {.kind = "policy", .id = ObjectId({1}), .field = "y", .key_id = "k", .sealed = "more"}};
  ASSERT_TRUE(database->commit(token_, commit).has_value());
  ConfigCommit cleared;
  cleared.secrets = {{.kind = "policy", .id = ObjectId({1}), .field = "x"}};
  ASSERT_TRUE(database->commit(token_, cleared).has_value());
  ASSERT_EQ(database->load(token_)->secrets.size(), 1U);
  EXPECT_EQ(database->load(token_)->secrets[0].field, "y");
  ConfigCommit gone;
  gone.revision = {.number = 2, .changes = "[]"};
  gone.deletes.push_back(policy("a", 1));
  ASSERT_TRUE(database->commit(token_, gone).has_value());
  EXPECT_TRUE(database->load(token_)->secrets.empty());
}

TEST_F(ConfigDatabaseTest, ACopyOfARunningDatabaseIsWhole) {
  const auto database = open();
  ASSERT_TRUE(database->start_writes(token_).has_value());
  ASSERT_TRUE(database->commit(token_, put(1, policy("a", 1))).has_value());
  const std::filesystem::path copy = directory_ / "copy.db";
  ASSERT_TRUE(ConfigDatabase::copy(token_, path(), copy).has_value());
  const auto opened = ConfigDatabase::open(token_, copy);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ((*opened)->load(token_)->objects.size(), 1U);
}

TEST_F(ConfigDatabaseTest, ADamagedFileIsRefusedAndLeftAlone) {
  const std::string garbage(20'000, 'x');
  std::ofstream(path()) << garbage;
  const auto opened = ConfigDatabase::open(token_, path());
  ASSERT_FALSE(opened.has_value());
  EXPECT_TRUE(opened.error().line.contains("damaged")) << opened.error().line;
  EXPECT_EQ(std::filesystem::file_size(path()), garbage.size());
}

}  // namespace
}  // namespace zerq::store
