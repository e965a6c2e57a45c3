// SPDX-License-Identifier: Apache-2.0
// ConfigDatabase: `config.db`, the objects of a node as rows (architecture §10): what stands now,
// every revision with what it changed, sealed secrets, and what declarative files were applied.
// What a body means is control's business. Rung: Gateway; one thread at a time. A commit is whole
// and durable when it returned, or did not happen.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/object_id.h"
#include "base/result.h"
#include "io/blocking_pool.h"
#include "store/start_problem.h"

namespace zerq::store {

// Times in microseconds since 1970.
struct ObjectRow {
  std::string kind;
  ObjectId id, parent;
  std::string name;
  std::string body;  // JSON.
  int64_t created_us = 0, updated_us = 0;
  uint64_t revision = 0;  // That changed it last.
  bool is_deleted = false;  // In the history alone.
};

struct SecretRow {
  std::string kind;
  ObjectId id;
  std::string field;
  std::string key_id;
  std::string sealed;  // Empty in a commit: the secret goes.
};

struct RevisionRow {
  uint64_t number = 0;
  int64_t time_us = 0;
  std::string actor, via, reason;
  std::string changes;  // JSON: what was changed, without secrets.
};

// What a declarative file last said of an object.
struct AppliedRow {
  std::string source;
  std::string kind;
  ObjectId id;
  std::string digest;
};

struct ConfigRows {
  std::vector<ObjectRow> objects;
  std::vector<SecretRow> secrets;
  std::vector<AppliedRow> applied;
  uint64_t revision = 0;  // The newest; 0: none yet.
};

// `revision.number` follows the newest one; without one (0) only secrets and `applied` change.
struct ConfigCommit {
  RevisionRow revision;
  std::vector<ObjectRow> puts;
  std::vector<ObjectRow> deletes;
  std::vector<SecretRow> secrets;
  std::vector<AppliedRow> applied;
};

class Database;

class ConfigDatabase {
 public:
  // Only looks; a start that is refused changes no file. Refused: a damaged file, or one of a newer
  // release. No file is an empty one.
  static StartResult<std::unique_ptr<ConfigDatabase>> open(io::Blocking,
                                                           const std::filesystem::path& path);
  ~ConfigDatabase();
  ConfigDatabase(const ConfigDatabase&) = delete;
  ConfigDatabase& operator=(const ConfigDatabase&) = delete;

  Result<ConfigRows> load(io::Blocking);
  // From here on the file is ours. What was committed before is written now.
  Result<> start_writes(io::Blocking);
  // After the last commit: one file, whole by itself.
  Result<> finish(io::Blocking);
  // kConflict: the newest revision is not the one before this.
  Result<> commit(io::Blocking, const ConfigCommit& commit);

  // Newest first, older than `before` (0: all).
  Result<std::vector<RevisionRow>> revisions(io::Blocking, uint64_t before, size_t count_max);
  Result<std::optional<RevisionRow>> revision(io::Blocking, uint64_t number);
  // The objects as that revision left them.
  Result<std::vector<ObjectRow>> objects_at(io::Blocking, uint64_t revision);

  // A whole copy of a running or a resting database; the file must not be there.
  static Result<> copy(io::Blocking, const std::filesystem::path& from,
                       const std::filesystem::path& to);

 private:
  explicit ConfigDatabase(std::filesystem::path path);
  Result<> run_commit(io::Blocking, const ConfigCommit& commit);
  Result<> write(io::Blocking, const ConfigCommit& commit);
  Result<> write_revision(io::Blocking, const RevisionRow& row);
  Result<> write_objects(io::Blocking, const ConfigCommit& commit);
  Result<> write_secrets(io::Blocking, const std::vector<SecretRow>& rows);

  std::filesystem::path path_;
  std::unique_ptr<Database> database_;  // Null: no file yet.
  bool is_writer_ = false;
  std::vector<ConfigCommit> deferred_;  // Until writes start.
  // SQLite's index of the log, which whoever looks at the file writes to. None: there was none.
  std::optional<std::string> index_before_;
  bool has_looked_ = false;
};

}  // namespace zerq::store
