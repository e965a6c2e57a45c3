// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include "base/check.h"
#include "store/database.h"

namespace zerq::store {
namespace {

// A reader waits for a checkpoint, a writer for a reader's snapshot of the log's index.
constexpr int kBusyTimeoutMs = 2000;
constexpr const char* kWriterSettings =
    "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "PRAGMA wal_autocheckpoint=256; PRAGMA cache_size=-1024; PRAGMA temp_store=MEMORY;";
constexpr const char* kReaderSettings = "PRAGMA query_only=1; PRAGMA cache_size=-512;";

Error error_of(sqlite3* connection, int code) {
  const int os_errno = connection != nullptr ? sqlite3_system_errno(connection) : 0;
  switch (code & 0xFF) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
    case SQLITE_SCHEMA:
    case SQLITE_FORMAT:
    // "no such table": a file that is not one of ours.
    case SQLITE_ERROR: return {.code = ErrorCode::kCorrupt, .detail = "not a sound database"};
    case SQLITE_FULL:
      return {.code = ErrorCode::kExhausted, .os_errno = ENOSPC, .detail = "no space"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return {.code = ErrorCode::kUnavailable, .detail = "database is busy"};
    case SQLITE_CANTOPEN:
      return {.code = ErrorCode::kIo, .os_errno = os_errno, .detail = "cannot open the database"};
    default: return {.code = ErrorCode::kIo, .os_errno = os_errno, .detail = "database I/O failed"};
  }
}

}  // namespace

Statement::~Statement() { sqlite3_finalize(statement_); }

Statement& Statement::bind(int parameter, int64_t value) noexcept {
  CHECK(sqlite3_bind_int64(statement_, parameter, value) == SQLITE_OK);
  return *this;
}

Statement& Statement::bind_blob(int parameter, Bytes bytes) noexcept {
  // A null address would bind NULL instead of an empty blob.
  const void* from = bytes.empty() ? "" : static_cast<const void*>(bytes.data());
  CHECK(sqlite3_bind_blob64(statement_, parameter, from, bytes.size(), SQLITE_STATIC) == SQLITE_OK);
  return *this;
}

Statement& Statement::bind_text(int parameter, std::string_view text) noexcept {
  const char* from = text.empty() ? "" : text.data();
  CHECK(sqlite3_bind_text64(statement_, parameter, from, text.size(), SQLITE_STATIC, SQLITE_UTF8) ==
        SQLITE_OK);
  return *this;
}

Result<bool> Statement::step(io::Blocking) {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) {
    return true;
  }
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement_);
    return false;
  }
  const Error error = error_of(sqlite3_db_handle(statement_), code);
  sqlite3_reset(statement_);
  return fail(error);
}

Result<> Statement::run(io::Blocking blocking) {
  TRY(step(blocking));
  sqlite3_reset(statement_);
  return {};
}

void Statement::reset() noexcept { sqlite3_reset(statement_); }

int64_t Statement::integer(int column) const noexcept {
  return sqlite3_column_int64(statement_, column);
}

Bytes Statement::blob(int column) const noexcept {
  const void* from = sqlite3_column_blob(statement_, column);
  const int bytes = sqlite3_column_bytes(statement_, column);
  return {static_cast<const std::byte*>(from), from == nullptr ? 0 : static_cast<size_t>(bytes)};
}

std::string_view Statement::text(int column) const noexcept { return as_text(blob(column)); }

Result<std::unique_ptr<Database>> Database::open(io::Blocking blocking,
                                                 const std::filesystem::path& path, Mode mode) {
  int flags = SQLITE_OPEN_READONLY;
  if (mode == Mode::kWriter) {
    flags = SQLITE_OPEN_READWRITE;
    // SQLite would create it for the group and others as the umask allows; log and index follow.
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
      return fail({.code = ErrorCode::kIo, .os_errno = errno, .detail = "cannot create"});
    }
    ::close(fd);
  } else if (::access(path.c_str(), F_OK) != 0) {
    return fail(ErrorCode::kNotFound);
  }
  sqlite3* connection = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &connection, flags, nullptr);
  std::unique_ptr<Database> database(new Database(connection));
  if (code != SQLITE_OK) {
    return fail(error_of(connection, code));
  }
  sqlite3_busy_timeout(connection, kBusyTimeoutMs);
  sqlite3_extended_result_codes(connection, 1);
  TRY(database->run(blocking, mode == Mode::kWriter ? kWriterSettings : kReaderSettings));
  return database;
}

Database::~Database() { sqlite3_close_v2(connection_); }

Result<> Database::run(io::Blocking, const char* sql) {
  const int code = sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) {
    return fail(error_of(connection_, code));
  }
  return {};
}

Result<Statement> Database::prepare(io::Blocking, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) {
    return fail(error_of(connection_, code));
  }
  return Statement(statement);
}

Result<int64_t> Database::integer(io::Blocking blocking, std::string_view sql) {
  Statement statement = TRY(prepare(blocking, sql));
  if (!TRY(statement.step(blocking))) {
    return fail(ErrorCode::kNotFound);
  }
  return statement.integer(0);
}

Result<uint64_t> Database::bytes(io::Blocking blocking) {
  const int64_t pages = TRY(integer(blocking, "PRAGMA page_count"));
  const int64_t page_bytes = TRY(integer(blocking, "PRAGMA page_size"));
  return static_cast<uint64_t>(pages * page_bytes);
}

Result<> Database::fold_log(io::Blocking blocking) {
  return run(blocking, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode=DELETE;");
}

}  // namespace zerq::store
