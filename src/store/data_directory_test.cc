// SPDX-License-Identifier: Apache-2.0
#include "store/data_directory.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/database.h"

namespace zerq::store {
namespace {

namespace fs = std::filesystem;

io::Blocking blocking() { return io::BlockingThread::on_main_thread(); }

struct Scratch {
  fs::path path;
  Scratch() {
    std::string name = (fs::temp_directory_path() / "zerq-store-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  ~Scratch() { fs::remove_all(path); }
};

TEST(DataDirectory, IsMadePrivateAndHasOneOwner) {
  const Scratch scratch;
  const fs::path path = scratch.path / "a" / "data";
  {
    auto first = DataDirectory::open(blocking(), path);
    ASSERT_TRUE(first.has_value()) << first.error().line;
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0700U);
    const auto second = DataDirectory::open(blocking(), path);
    ASSERT_FALSE(second.has_value());
    EXPECT_NE(second.error().line.find(std::to_string(::getpid())), std::string::npos);
    EXPECT_NE(second.error().line.find(path.string()), std::string::npos);
    (*first)->settle();
  }
  // Nobody is here.
  EXPECT_EQ(fs::file_size(path / "lock"), 0U);
  EXPECT_TRUE(DataDirectory::open(blocking(), path).has_value());
}

TEST(DataDirectory, StartThatDidNotGoThroughLeavesTheLockAsItWas) {
  const Scratch scratch;
  ASSERT_TRUE(DataDirectory::open(blocking(), scratch.path).has_value());
  EXPECT_TRUE(fs::is_empty(scratch.path));
  // Of an owner that was killed.
  ASSERT_TRUE(replace_file(blocking(), scratch.path / "lock", "4711\n").has_value());
  {
    const auto opened = DataDirectory::open(blocking(), scratch.path);
    ASSERT_TRUE(opened.has_value());
    EXPECT_EQ(*read_file(blocking(), scratch.path / "lock", 100),
              std::to_string(::getpid()) + "\n");
  }
  EXPECT_EQ(*read_file(blocking(), scratch.path / "lock", 100), "4711\n");
}

TEST(DataDirectory, PlacesThatCannotBeOneAreRefusedInOneLine) {
  const Scratch scratch;
  const fs::path file = scratch.path / "file";
  ASSERT_TRUE(replace_file(blocking(), file, "x").has_value());
  for (const fs::path& path : {file, file / "below", fs::path("/proc/zerq-data")}) {
    const auto opened = DataDirectory::open(blocking(), path);
    ASSERT_FALSE(opened.has_value());
    EXPECT_NE(opened.error().line.find(path.string()), std::string::npos);
    EXPECT_LE(opened.error().line.size(), 200U);
  }
}

TEST(DataDirectory, FilesAreReplacedAsAWhole) {
  const Scratch scratch;
  const fs::path path = scratch.path / "file";
  ASSERT_TRUE(replace_file(blocking(), path, "first").has_value());
  ASSERT_TRUE(replace_file(blocking(), path, "second").has_value());
  EXPECT_EQ(*read_file(blocking(), path, 100), "second");
  EXPECT_EQ(read_file(blocking(), path, 3).error().code, ErrorCode::kTooLarge);
  EXPECT_EQ(read_file(blocking(), scratch.path / "none", 3).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(std::distance(fs::directory_iterator(scratch.path), {}), 1);
}

TEST(Database, ReaderSeesWhatTheWriterCommitted) {
  const Scratch scratch;
  const fs::path path = scratch.path / "a.db";
  EXPECT_EQ(Database::open(blocking(), path, Database::Mode::kReader).error().code,
            ErrorCode::kNotFound);
  const auto writer = *Database::open(blocking(), path, Database::Mode::kWriter);
  ASSERT_TRUE(writer->run(blocking(), "CREATE TABLE t(a INTEGER, b BLOB)").has_value());
  Statement insert = *writer->prepare(blocking(), "INSERT INTO t VALUES(?,?)");
  for (int64_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(insert.bind(1, i).bind_blob(2, as_bytes("bytes")).run(blocking()).has_value());
  }
  const auto reader = *Database::open(blocking(), path, Database::Mode::kReader);
  EXPECT_EQ(*reader->integer(blocking(), "SELECT sum(a) FROM t"), 3);
  EXPECT_FALSE(reader->run(blocking(), "DELETE FROM t").has_value());
  Statement select = *reader->prepare(blocking(), "SELECT b FROM t WHERE a=?");
  EXPECT_TRUE(*select.bind(1, 2).step(blocking()));
  EXPECT_EQ(as_text(select.blob(0)), "bytes");
  EXPECT_FALSE(*select.step(blocking()));
}

TEST(Database, FoldedFileIsWholeByItself) {
  const Scratch scratch;
  const fs::path path = scratch.path / "a.db";
  {
    const auto writer = *Database::open(blocking(), path, Database::Mode::kWriter);
    ASSERT_TRUE(writer->run(blocking(), "CREATE TABLE t(a); INSERT INTO t VALUES(7)").has_value());
    ASSERT_TRUE(writer->fold_log(blocking()).has_value());
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(scratch.path), {}), 1);
  struct stat status{};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const auto reader = *Database::open(blocking(), path, Database::Mode::kReader);
  EXPECT_EQ(*reader->integer(blocking(), "SELECT a FROM t"), 7);
}

}  // namespace
}  // namespace zerq::store
