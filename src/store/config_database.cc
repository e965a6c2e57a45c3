// SPDX-License-Identifier: Apache-2.0
#include "store/config_database.h"

#include <fmt/format.h>

#include <fstream>
#include <utility>

#include "store/data_directory.h"
#include "store/database.h"

namespace zerq::store {
namespace {

constexpr int64_t kFormat = 1;
constexpr const char* kSchema = R"sql(
CREATE TABLE IF NOT EXISTS objects(
  kind TEXT NOT NULL, id TEXT NOT NULL, parent TEXT NOT NULL, name TEXT NOT NULL,
  body TEXT NOT NULL, created_us INTEGER NOT NULL, updated_us INTEGER NOT NULL,
  revision INTEGER NOT NULL, PRIMARY KEY(kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS history(
  kind TEXT NOT NULL, id TEXT NOT NULL, revision INTEGER NOT NULL, parent TEXT NOT NULL,
  name TEXT NOT NULL, body TEXT NOT NULL, created_us INTEGER NOT NULL,
  updated_us INTEGER NOT NULL, is_deleted INTEGER NOT NULL,
  PRIMARY KEY(kind, id, revision)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS secrets(
  kind TEXT NOT NULL, id TEXT NOT NULL, field TEXT NOT NULL, key_id TEXT NOT NULL,
  sealed BLOB NOT NULL, PRIMARY KEY(kind, id, field)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS revisions(
  number INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, actor TEXT NOT NULL, via TEXT NOT NULL,
  reason TEXT NOT NULL, changes TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS applied(
  source TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, digest BLOB NOT NULL,
  PRIMARY KEY(source, kind, id)) WITHOUT ROWID;
)sql";

ObjectId id_of(std::string_view text) { return ObjectId::parse(text).value_or(ObjectId()); }

// The columns kind, id, parent, name, body, created_us, updated_us, revision.
ObjectRow object_of(const Statement& row) {
  return {.kind = std::string(row.text(0)),
          .id = id_of(row.text(1)),
          .parent = id_of(row.text(2)),
          .name = std::string(row.text(3)),
          .body = std::string(row.text(4)),
          .created_us = row.integer(5),
          .updated_us = row.integer(6),
          .revision = static_cast<uint64_t>(row.integer(7))};
}

// The columns number, time_us, actor, via, reason, changes.
RevisionRow revision_of(const Statement& row) {
  return {.number = static_cast<uint64_t>(row.integer(0)),
          .time_us = row.integer(1),
          .actor = std::string(row.text(2)),
          .via = std::string(row.text(3)),
          .reason = std::string(row.text(4)),
          .changes = std::string(row.text(5))};
}

StartResult<std::unique_ptr<ConfigDatabase>> refuse(const std::filesystem::path& path,
                                                    std::string_view why) {
  return cannot_start(fmt::format("{}: {}; `zerq-gateway restore FILE` puts a backup in its place",
                                  path.string(), why));
}

constexpr size_t kIndexBytesMax = 16 << 20;

Result<> check(io::Blocking token, Database& database) {
  Statement sound = TRY(database.prepare(token, "PRAGMA quick_check(1)"));
  if (!TRY(sound.step(token)) || sound.text(0) != "ok") {
    return fail(ErrorCode::kCorrupt, "damaged");
  }
  const int64_t format = TRY(database.integer(token, "PRAGMA user_version"));
  if (format > kFormat) {
    return fail(ErrorCode::kMalformed, "written by a newer release");
  }
  // Zero: its maker was killed before the first commit.
  if (format != 0) {
    TRY(database.integer(token, "SELECT count(*) FROM revisions"));
  }
  return {};
}

}  // namespace

ConfigDatabase::ConfigDatabase(std::filesystem::path path) : path_(std::move(path)) {}

ConfigDatabase::~ConfigDatabase() {
  database_.reset();
  if (is_writer_ || !has_looked_) {
    return;
  }
  const std::string index = path_.string() + "-shm";
  if (index_before_.has_value()) {
    std::ofstream(index, std::ios::binary) << *index_before_;
  } else {
    std::error_code ignored;
    std::filesystem::remove(index, ignored);
  }
}

StartResult<std::unique_ptr<ConfigDatabase>> ConfigDatabase::open(
    io::Blocking token, const std::filesystem::path& path) {
  std::unique_ptr<ConfigDatabase> config(new ConfigDatabase(path));
  std::error_code unknown;
  if (!std::filesystem::exists(path, unknown)) {
    return config;
  }
  config->has_looked_ = true;
  if (Result<std::string> index = read_file(token, path.string() + "-shm", kIndexBytesMax)) {
    config->index_before_ = *std::move(index);
  }
  Result<std::unique_ptr<Database>> database = Database::open(token, path, Database::Mode::kReader);
  if (!database.has_value() && database.error().code != ErrorCode::kCorrupt) {
    return cannot_start(
        fmt::format("{}: {}; check its owner", path.string(), database.error().detail));
  }
  if (!database.has_value()) {
    return refuse(path, "damaged");
  }
  config->database_ = *std::move(database);
  if (const Result<> sound = check(token, *config->database_); !sound.has_value()) {
    return refuse(path,
                  sound.error().code == ErrorCode::kMalformed ? sound.error().detail : "damaged");
  }
  return config;
}

Result<> ConfigDatabase::start_writes(io::Blocking token) {
  auto writer = TRY(Database::open(token, path_, Database::Mode::kWriter));
  if (TRY(writer->integer(token, "PRAGMA user_version")) != kFormat) {
    TRY(writer->run(token, kSchema));
    TRY(writer->run(token, fmt::format("PRAGMA user_version={}", kFormat).c_str()));
  }
  database_ = std::move(writer);
  is_writer_ = true;
  for (const ConfigCommit& commit : std::exchange(deferred_, {})) {
    TRY(run_commit(token, commit));
  }
  return {};
}

Result<> ConfigDatabase::finish(io::Blocking token) {
  return is_writer_ ? database_->fold_log(token) : Result<>();
}

Result<ConfigRows> ConfigDatabase::load(io::Blocking token) {
  ConfigRows rows;
  if (database_ == nullptr || TRY(database_->integer(token, "PRAGMA user_version")) == 0) {
    return rows;
  }
  Statement objects = TRY(database_->prepare(
      token, "SELECT kind, id, parent, name, body, created_us, updated_us, revision FROM objects"));
  while (TRY(objects.step(token))) {
    rows.objects.push_back(object_of(objects));
  }
  Statement secrets =
      TRY(database_->prepare(token, "SELECT kind, id, field, key_id, sealed FROM secrets"));
  while (TRY(secrets.step(token))) {
    rows.secrets.push_back({.kind = std::string(secrets.text(0)),
                            .id = id_of(secrets.text(1)),
                            .field = std::string(secrets.text(2)),
                            .key_id = std::string(secrets.text(3)),
                            .sealed = std::string(secrets.text(4))});
  }
  Statement applied =
      TRY(database_->prepare(token, "SELECT source, kind, id, digest FROM applied"));
  while (TRY(applied.step(token))) {
    rows.applied.push_back({.source = std::string(applied.text(0)),
                            .kind = std::string(applied.text(1)),
                            .id = id_of(applied.text(2)),
                            .digest = std::string(applied.text(3))});
  }
  rows.revision = static_cast<uint64_t>(
      TRY(database_->integer(token, "SELECT ifnull(max(number), 0) FROM revisions")));
  return rows;
}

Result<> ConfigDatabase::commit(io::Blocking token, const ConfigCommit& commit) {
  if (!is_writer_) {
    deferred_.push_back(commit);
    return {};
  }
  return run_commit(token, commit);
}

Result<> ConfigDatabase::run_commit(io::Blocking token, const ConfigCommit& commit) {
  TRY(database_->run(token, "BEGIN IMMEDIATE"));
  Result<> written = write(token, commit);
  if (written.has_value()) {
    written = database_->run(token, "COMMIT");
  }
  if (!written.has_value()) {
    // Fails where the failure has rolled back already.
    static_cast<void>(database_->run(token, "ROLLBACK"));
  }
  return written;
}

Result<> ConfigDatabase::write(io::Blocking token, const ConfigCommit& commit) {
  if (commit.revision.number != 0) {
    TRY(write_revision(token, commit.revision));
  }
  TRY(write_objects(token, commit));
  TRY(write_secrets(token, commit.secrets));
  Statement applied =
      TRY(database_->prepare(token, "INSERT OR REPLACE INTO applied VALUES(?, ?, ?, ?)"));
  for (const AppliedRow& row : commit.applied) {
    const std::string id = row.id.to_text();
    TRY(applied.bind_text(1, row.source)
            .bind_text(2, row.kind)
            .bind_text(3, id)
            .bind_blob(4, as_bytes(row.digest))
            .run(token));
  }
  return {};
}

Result<> ConfigDatabase::write_revision(io::Blocking token, const RevisionRow& row) {
  const auto number = static_cast<int64_t>(row.number);
  const int64_t head =
      TRY(database_->integer(token, "SELECT ifnull(max(number), 0) FROM revisions"));
  if (head + 1 != number) {
    return fail(ErrorCode::kConflict);
  }
  Statement revision =
      TRY(database_->prepare(token, "INSERT INTO revisions VALUES(?, ?, ?, ?, ?, ?)"));
  return revision.bind(1, number)
      .bind(2, row.time_us)
      .bind_text(3, row.actor)
      .bind_text(4, row.via)
      .bind_text(5, row.reason)
      .bind_text(6, row.changes)
      .run(token);
}

Result<> ConfigDatabase::write_objects(io::Blocking token, const ConfigCommit& commit) {
  const auto number = static_cast<int64_t>(commit.revision.number);
  Statement put = TRY(
      database_->prepare(token, "INSERT OR REPLACE INTO objects VALUES(?, ?, ?, ?, ?, ?, ?, ?)"));
  Statement past =
      TRY(database_->prepare(token, "INSERT INTO history VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  const auto remember = [&](const ObjectRow& row, bool is_deleted) {
    const std::string id = row.id.to_text();
    const std::string parent = row.parent.to_text();
    return past.bind_text(1, row.kind)
        .bind_text(2, id)
        .bind(3, number)
        .bind_text(4, parent)
        .bind_text(5, row.name)
        .bind_text(6, row.body)
        .bind(7, row.created_us)
        .bind(8, row.updated_us)
        .bind(9, is_deleted ? 1 : 0)
        .run(token);
  };
  for (const ObjectRow& row : commit.puts) {
    const std::string id = row.id.to_text();
    const std::string parent = row.parent.to_text();
    TRY(put.bind_text(1, row.kind)
            .bind_text(2, id)
            .bind_text(3, parent)
            .bind_text(4, row.name)
            .bind_text(5, row.body)
            .bind(6, row.created_us)
            .bind(7, row.updated_us)
            .bind(8, number)
            .run(token));
    TRY(remember(row, false));
  }
  Statement drop = TRY(database_->prepare(token, "DELETE FROM objects WHERE kind=? AND id=?"));
  Statement drop_secrets =
      TRY(database_->prepare(token, "DELETE FROM secrets WHERE kind=? AND id=?"));
  for (const ObjectRow& row : commit.deletes) {
    const std::string id = row.id.to_text();
    TRY(drop.bind_text(1, row.kind).bind_text(2, id).run(token));
    TRY(drop_secrets.bind_text(1, row.kind).bind_text(2, id).run(token));
    TRY(remember(row, true));
  }
  return {};
}

Result<> ConfigDatabase::write_secrets(io::Blocking token, const std::vector<SecretRow>& rows) {
  Statement seal =
      TRY(database_->prepare(token, "INSERT OR REPLACE INTO secrets VALUES(?, ?, ?, ?, ?)"));
  Statement unseal =
      TRY(database_->prepare(token, "DELETE FROM secrets WHERE kind=? AND id=? AND field=?"));
  for (const SecretRow& row : rows) {
    const std::string id = row.id.to_text();
    Statement& statement = row.sealed.empty() ? unseal : seal;
    statement.bind_text(1, row.kind).bind_text(2, id).bind_text(3, row.field);
    if (!row.sealed.empty()) {
      statement.bind_text(4, row.key_id).bind_blob(5, as_bytes(row.sealed));
    }
    TRY(statement.run(token));
  }
  return {};
}

Result<std::vector<RevisionRow>> ConfigDatabase::revisions(io::Blocking token, uint64_t before,
                                                           size_t count_max) {
  Statement statement =
      TRY(database_->prepare(token,
                             "SELECT number, time_us, actor, via, reason, changes FROM revisions"
                             " WHERE ?1 = 0 OR number < ?1 ORDER BY number DESC LIMIT ?2"));
  statement.bind(1, static_cast<int64_t>(before)).bind(2, static_cast<int64_t>(count_max));
  std::vector<RevisionRow> rows;
  while (TRY(statement.step(token))) {
    rows.push_back(revision_of(statement));
  }
  return rows;
}

Result<std::optional<RevisionRow>> ConfigDatabase::revision(io::Blocking token, uint64_t number) {
  Statement statement = TRY(database_->prepare(
      token,
      "SELECT number, time_us, actor, via, reason, changes FROM revisions WHERE number = ?"));
  statement.bind(1, static_cast<int64_t>(number));
  return TRY(statement.step(token))
  ? std::optional(revision_of(statement)) : std::nullopt;
}

Result<std::vector<ObjectRow>> ConfigDatabase::objects_at(io::Blocking token, uint64_t revision) {
  Statement statement = TRY(database_->prepare(
      token,
      "SELECT kind, id, parent, name, body, created_us, updated_us, revision, is_deleted"
      " FROM history AS h WHERE revision = (SELECT max(revision) FROM history AS newest"
      " WHERE newest.kind = h.kind AND newest.id = h.id AND newest.revision <= ?)"));
  statement.bind(1, static_cast<int64_t>(revision));
  std::vector<ObjectRow> rows;
  while (TRY(statement.step(token))) {
    if (statement.integer(8) == 0) {
      rows.push_back(object_of(statement));
    }
  }
  return rows;
}

Result<> ConfigDatabase::copy(io::Blocking token, const std::filesystem::path& from,
                              const std::filesystem::path& to) {
  const auto database = TRY(Database::open(token, from, Database::Mode::kReader));
  // It writes, though not to the file that this reads.
  TRY(database->run(token, "PRAGMA query_only=0"));
  Statement statement = TRY(database->prepare(token, "VACUUM INTO ?"));
  const std::string path = to.string();
  return statement.bind_text(1, path).run(token);
}

}  // namespace zerq::store
