// SPDX-License-Identifier: Apache-2.0
// Database and Statement: one SQLite file, without SQLite's header. A writer is the only connection
// of its file that writes and checkpoints; every other connection is a reader, which does neither
// (docs/decisions/0007). One thread at a time. Commits are durable when they return (FULL).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/result.h"
#include "io/blocking_pool.h"

struct sqlite3;
struct sqlite3_stmt;

namespace zerq::store {

// Columns and parameters are numbered as SQLite does: columns from 0, parameters from 1.
class Statement {
 public:
  Statement() = default;
  Statement(Statement&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
  Statement& operator=(Statement&& other) noexcept {
    std::swap(statement_, other.statement_);
    return *this;
  }
  ~Statement();

  Statement& bind(int parameter, int64_t value) noexcept;
  // The bytes are read at step(), not copied here.
  Statement& bind_blob(int parameter, Bytes bytes) noexcept;
  Statement& bind_text(int parameter, std::string_view text) noexcept;

  // True: a row is there. False: the statement is done (and may be bound and run again).
  Result<bool> step(io::Blocking);
  // step() for statements without rows.
  Result<> run(io::Blocking);
  void reset() noexcept;

  int64_t integer(int column) const noexcept;
  // Views are valid until the next step() or reset().
  Bytes blob(int column) const noexcept;
  std::string_view text(int column) const noexcept;

 private:
  friend class Database;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  sqlite3_stmt* statement_ = nullptr;
};

class Database {
 public:
  enum class Mode : uint8_t { kReader, kWriter };

  // kNotFound, kCorrupt (no database, or a damaged one), kIo. A writer creates the file (0600) and
  // turns it to WAL.
  static Result<std::unique_ptr<Database>> open(io::Blocking, const std::filesystem::path& path,
                                                Mode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // One or more statements without rows.
  Result<> run(io::Blocking, const char* sql);
  Result<Statement> prepare(io::Blocking, std::string_view sql);
  // The first column of the first row.
  Result<int64_t> integer(io::Blocking, std::string_view sql);
  // Pages in the file; grows before the file on disk does.
  Result<uint64_t> bytes(io::Blocking);
  // A writer's last act: the WAL goes into the file, which is then whole by itself.
  Result<> fold_log(io::Blocking);

 private:
  explicit Database(sqlite3* connection) : connection_(connection) {}
  sqlite3* connection_;
};

}  // namespace zerq::store
