// SPDX-License-Identifier: Apache-2.0
#include "audit/audit_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <ranges>

#include "audit/kill_point.h"
#include "audit/record_json.h"
#include "base/check.h"
#include "store/data_directory.h"

namespace zerq::audit {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSchema =
    "BEGIN IMMEDIATE;"
    "PRAGMA application_id=1515344961;"  // "ZRQA"
    "PRAGMA user_version=1;"
    "CREATE TABLE IF NOT EXISTS blocks(id INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL,"
    " records INTEGER NOT NULL, first_time INTEGER NOT NULL, last_time INTEGER NOT NULL,"
    " body_bytes INTEGER NOT NULL, chain_before BLOB NOT NULL, chain_after BLOB NOT NULL,"
    " statuses BLOB NOT NULL, errors TEXT NOT NULL, bloom BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS bodies(id INTEGER PRIMARY KEY, body BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS state(id INTEGER PRIMARY KEY CHECK(id=1), body BLOB NOT NULL);"
    "COMMIT;";
// Also in a file of a release that had none.
constexpr const char* kQuotaSchema =
    "CREATE TABLE IF NOT EXISTS quotas(key BLOB PRIMARY KEY, first_day INTEGER NOT NULL,"
    " used INTEGER NOT NULL) WITHOUT ROWID;";
constexpr size_t kDayBytes = 10;
constexpr int64_t kDayUs = 86'400'000'000;

std::string day_of(WallTime now) { return format_time(now).substr(0, kDayBytes); }

// (day, k) of "2026-11-24-1.db".
std::optional<std::pair<std::string, uint32_t>> parse_name(const fs::path& path) {
  const std::string name = path.filename().string();
  uint32_t k = 0;
  if (name.size() < kDayBytes + 5 || name[kDayBytes] != '-' || !name.ends_with(".db")) {
    return std::nullopt;
  }
  const char* const end = name.data() + name.size() - 3;
  const auto parsed = std::from_chars(name.data() + kDayBytes + 1, end, k);
  if (parsed.ec != std::errc() || parsed.ptr != end) {
    return std::nullopt;
  }
  return std::pair(name.substr(0, kDayBytes), k);
}

std::string problem_of(const fs::path& path, const Error& error) {
  const std::string_view what = error.code == ErrorCode::kCorrupt ? "is damaged" : "cannot be read";
  return "audit file " + path.string() + " " + std::string(what) +
         "; restore it from a backup, or move it away to begin a new log";
}

void remove_file(const fs::path& path) {
  std::error_code code;
  fs::remove(path, code);
  // Of a life that was killed; readers that have them open keep them.
  fs::remove(path.string() + "-wal", code);
  fs::remove(path.string() + "-shm", code);
}

// A process that is killed while it makes the file, before the log is write-ahead, leaves SQLite's
// rollback journal behind. Readers may not undo that; the owner of the directory does.
bool is_unfinished(const fs::path& path) {
  std::error_code code;
  return fs::exists(path.string() + "-journal", code);
}

Result<> roll_back(io::Blocking blocking, const fs::path& path) {
  const auto file = TRY(store::Database::open(blocking, path, store::Database::Mode::kWriter));
  TRY(file->integer(blocking, "SELECT count(*) FROM sqlite_schema"));
  return {};
}

std::string join(const std::vector<std::string>& errors) {
  std::string joined;
  for (const std::string& error : errors) {
    joined += joined.empty() ? "" : " ";
    joined += error;
  }
  return joined;
}

uint64_t size_of(const fs::path& path) {
  std::error_code code;
  const uint64_t bytes = fs::file_size(path, code);
  return code ? 0 : bytes;
}

}  // namespace

struct AuditFiles::Writer {
  std::unique_ptr<store::Database> file;
  store::Statement put_block, put_body, put_state, put_quota;
};

AuditFiles::AuditFiles(fs::path folder, const AuditConfig& config)
    : folder_(std::move(folder)), config_(config) {}

AuditFiles::~AuditFiles() = default;

std::vector<fs::path> list_audit_files(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code code;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, code)) {
    if (parse_name(entry.path()).has_value()) {
      paths.push_back(entry.path());
    }
  }
  std::ranges::sort(paths, {}, [](const fs::path& path) { return *parse_name(path); });
  return paths;
}

namespace {

// SQLite's index of a file's log, which whoever looks at the file writes to.
struct LogIndex {
  fs::path path;
  std::optional<std::string> content;  // None: there was no such file.
};

std::vector<LogIndex> read_indexes(io::Blocking blocking, const fs::path& folder) {
  constexpr size_t kBytesMax = 16 << 20;
  std::vector<LogIndex> indexes;
  for (const fs::path& path : list_audit_files(folder)) {
    const fs::path index = path.string() + "-shm";
    Result<std::string> content = store::read_file(blocking, index, kBytesMax);
    if (content.has_value()) {
      indexes.push_back({.path = index, .content = *std::move(content)});
    } else if (content.error().code == ErrorCode::kNotFound) {
      indexes.push_back({.path = index, .content = std::nullopt});
    }
  }
  return indexes;
}

// The log did not change, so what was an index of it still is one. Not shortened: a query in
// another process may have mapped it.
void put_back(const std::vector<LogIndex>& indexes) {
  for (const LogIndex& index : indexes) {
    if (!index.content.has_value()) {
      std::error_code ignored;  // Most were never made.
      fs::remove(index.path, ignored);
      continue;
    }
    // An index that cannot be put back is made anew by the next reader.
    if (const int fd = ::open(index.path.c_str(), O_WRONLY | O_CLOEXEC); fd >= 0) {
      static_cast<void>(::pwrite(fd, index.content->data(), index.content->size(), 0));
      ::close(fd);
    }
  }
}

}  // namespace

Result<SealState> read_state(io::Blocking blocking, store::Database& file) {
  store::Statement statement = TRY(file.prepare(blocking, "SELECT body FROM state WHERE id=1"));
  if (!TRY(statement.step(blocking))) {
    return fail(ErrorCode::kNotFound);
  }
  std::optional<SealState> state = SealState::decode(statement.blob(0));
  if (!state.has_value()) {
    return fail(ErrorCode::kCorrupt, "the state is damaged");
  }
  return *std::move(state);
}

namespace {

Result<> read_quotas(io::Blocking blocking, store::Database& file, QuotaCounts& into) {
  const int64_t tables =
      TRY(file.integer(blocking, "SELECT count(*) FROM sqlite_schema WHERE name='quotas'"));
  if (tables == 0) {
    return {};
  }
  store::Statement statement =
      TRY(file.prepare(blocking, "SELECT key, first_day, used FROM quotas"));
  while (TRY(statement.step(blocking))) {
    const Bytes key = statement.blob(0);
    if (key.size() != QuotaKey::kBytes) {
      return fail(ErrorCode::kCorrupt, "a quota count is damaged");
    }
    into.restore({.key = QuotaKey::decode(key),
                  .first_day = static_cast<uint16_t>(statement.integer(1)),
                  .used = static_cast<uint64_t>(statement.integer(2))});
  }
  return {};
}

}  // namespace

store::StartResult<std::unique_ptr<AuditFiles>> AuditFiles::open(io::Blocking blocking,
                                                                 const fs::path& folder,
                                                                 const AuditConfig& config) {
  // Before anything is changed; a file that is not finished has no state.
  const std::vector<LogIndex> indexes = read_indexes(blocking, folder);
  auto files = look_at_all(blocking, folder, config, Unfinished::kPassOver);
  if (!files.has_value()) {
    put_back(indexes);
    return files;
  }
  bool was_unfinished = false;
  for (const fs::path& path : list_audit_files(folder)) {
    if (!is_unfinished(path)) {
      continue;
    }
    was_unfinished = true;
    if (const Result<> done = roll_back(blocking, path); !done.has_value()) {
      return store::cannot_start(problem_of(path, done.error()));
    }
  }
  return was_unfinished ? look_at_all(blocking, folder, config, Unfinished::kRead)
                        : std::move(files);
}

store::StartResult<std::unique_ptr<AuditFiles>> AuditFiles::look_at_all(io::Blocking blocking,
                                                                        const fs::path& folder,
                                                                        const AuditConfig& config,
                                                                        Unfinished unfinished) {
  std::unique_ptr<AuditFiles> files(new AuditFiles(folder, config));
  const std::vector<fs::path> paths = list_audit_files(folder);
  for (const fs::path& path : paths | std::views::reverse) {
    if (unfinished == Unfinished::kPassOver && is_unfinished(path)) {
      continue;
    }
    // An empty file was made and then nothing was written: the process was killed in between.
    const uint64_t bytes = size_of(path);
    if (bytes == 0) {
      files->unused_.push_back(path);
      continue;
    }
    auto file = store::Database::open(blocking, path, store::Database::Mode::kReader);
    if (!file.has_value()) {
      return store::cannot_start(problem_of(path, file.error()));
    }
    // A file that was cut short is opened without a complaint, and missed only when it is needed.
    const auto pages = (*file)->bytes(blocking);
    const auto tables = (*file)->integer(blocking, "SELECT count(*) FROM sqlite_schema");
    if (!pages.has_value() || !tables.has_value()) {
      return store::cannot_start(problem_of(path, Error{.code = ErrorCode::kCorrupt}));
    }
    Result<SealState> state(fail(ErrorCode::kNotFound));
    if (*tables != 0) {
      state = read_state(blocking, **file);
    }
    if (state.has_value()) {
      if (const auto read = read_quotas(blocking, **file, state->quotas); !read.has_value()) {
        return store::cannot_start(problem_of(path, read.error()));
      }
    }
    if (state.has_value()) {
      files->state_ = *std::move(state);
      files->newest_ = path;
      files->newest_bytes_ = bytes;
      break;
    }
    if (state.error().code != ErrorCode::kNotFound) {
      return store::cannot_start(problem_of(path, state.error()));
    }
    files->unused_.push_back(path);
  }
  return files;
}

uint64_t AuditFiles::last_epoch() const {
  uint64_t epoch = state_.closed_epoch;
  for (const LaneState& lane : state_.lanes) {
    epoch = std::max(epoch, lane.id.epoch);
  }
  return epoch;
}

bool AuditFiles::must_roll(WallTime now) const {
  if (must_roll_ || newest_.empty() || newest_bytes_ >= config_.file_bytes_max) {
    return true;
  }
  return day_of(now) > parse_name(newest_)->first;
}

fs::path AuditFiles::next_path(WallTime now) const {
  std::string day = day_of(now);
  uint32_t k = 1;
  const std::vector<fs::path> paths = list_audit_files(folder_);
  if (!paths.empty()) {
    const auto [last_day, last_k] = *parse_name(paths.back());
    // The clock may have gone back; the order of files never does.
    if (last_day >= day) {
      day = last_day;
      k = last_k + 1;
    }
  }
  return folder_ / (day + "-" + std::to_string(k) + ".db");
}

Result<> AuditFiles::open_writer(io::Blocking blocking, WallTime now) {
  const bool is_new = must_roll(now);
  if (writer_ != nullptr && !is_new) {
    return {};
  }
  close(blocking);
  for (const fs::path& unused : std::exchange(unused_, {})) {
    pass_kill_point();
    remove_file(unused);
  }
  const fs::path path = is_new ? next_path(now) : newest_;
  auto writer = std::make_unique<Writer>();
  pass_kill_point();
  writer->file = TRY(store::Database::open(blocking, path, store::Database::Mode::kWriter));
  if (is_new) {
    pass_kill_point();
    TRY(writer->file->run(blocking, kSchema));
    pass_kill_point();
  }
  TRY(writer->file->run(blocking, kQuotaSchema));
  writer->put_block = TRY(writer->file->prepare(
      blocking, "INSERT OR REPLACE INTO blocks VALUES(?,?,?,?,?,?,?,?,?,?,?)"));
  writer->put_body =
      TRY(writer->file->prepare(blocking, "INSERT OR REPLACE INTO bodies VALUES(?,?)"));
  writer->put_state =
      TRY(writer->file->prepare(blocking, "INSERT OR REPLACE INTO state VALUES(1,?)"));
  writer->put_quota =
      TRY(writer->file->prepare(blocking, "INSERT OR REPLACE INTO quotas VALUES(?,?,?)"));
  lacks_quotas_ = lacks_quotas_ || is_new;
  writer_ = std::move(writer);
  newest_ = path;
  must_roll_ = false;
  return {};
}

Result<> AuditFiles::write(io::Blocking blocking, std::span<const Block> blocks,
                           const SealState& state) {
  store::Database& file = *writer_->file;
  TRY(file.run(blocking, "BEGIN IMMEDIATE"));
  for (const Block& block : blocks) {
    const int64_t row = block_row(block.stream, block.first_seq);
    const std::string errors = join(block.errors);
    TRY(writer_->put_block.bind(1, row)
            .bind(2, static_cast<int64_t>(block.last_seq()))
            .bind(3, block.records)
            .bind(4, block.first_time.us)
            .bind(5, block.last_time.us)
            .bind(6, static_cast<int64_t>(block.body_bytes))
            .bind_blob(7, block.chain_before)
            .bind_blob(8, block.chain_after)
            .bind_blob(9, std::as_bytes(std::span(block.statuses)))
            .bind_text(10, errors)
            .bind_blob(11, block.bloom.bytes())
            .run(blocking));
    TRY(writer_->put_body.bind(1, row).bind_blob(2, as_bytes(block.body)).run(blocking));
    pass_kill_point();
  }
  TRY(write_quotas(blocking, state.quotas));
  const std::string body = state.encode();
  TRY(writer_->put_state.bind_blob(1, as_bytes(body)).run(blocking));
  pass_kill_point();
  TRY(file.run(blocking, "COMMIT"));
  lacks_quotas_ = false;
  pass_kill_point();
  return {};
}

Result<> AuditFiles::write_quotas(io::Blocking blocking, const QuotaCounts& quotas) {
  for (const QuotaCount& count : lacks_quotas_ ? quotas.all() : quotas.changed()) {
    const auto key = count.key.encode();
    TRY(writer_->put_quota.bind_blob(1, key)
            .bind(2, int64_t{count.first_day})
            .bind(3, static_cast<int64_t>(count.used))
            .run(blocking));
  }
  return {};
}

Result<> AuditFiles::commit(io::Blocking blocking, std::span<const Block> blocks,
                            const SealState& state, WallTime now) {
  TRY(open_writer(blocking, now));
  const Result<> written = write(blocking, blocks, state);
  if (!written.has_value()) {
    static_cast<void>(writer_->file->run(blocking, "ROLLBACK"));
    // What a file failed to take once is not trusted to that file again; a full disk is no fault of
    // the file's.
    if (written.error().code == ErrorCode::kIo || written.error().code == ErrorCode::kCorrupt) {
      writer_.reset();
      must_roll_ = true;
    }
    return written;
  }
  newest_bytes_ = writer_->file->bytes(blocking).value_or(newest_bytes_);
  return {};
}

void AuditFiles::drop_old(io::Blocking, WallTime now) {
  const std::vector<fs::path> paths = list_audit_files(folder_);
  const std::string oldest_day =
      day_of(WallTime{now.us - static_cast<int64_t>(config_.retention_days) * kDayUs});
  uint64_t bytes = 0;
  for (const fs::path& path : paths) {
    bytes += size_of(path);
  }
  for (const fs::path& path : paths) {
    if (path == newest_ || path == paths.back()) {
      return;
    }
    const bool is_old = config_.retention_days != 0 && parse_name(path)->first < oldest_day;
    const bool is_over = config_.retention_bytes != 0 && bytes > config_.retention_bytes;
    if (!is_old && !is_over) {
      return;
    }
    bytes -= size_of(path);
    remove_file(path);
  }
}

void AuditFiles::close(io::Blocking blocking) noexcept {
  if (writer_ == nullptr) {
    return;
  }
  store::Database& file = *writer_->file;
  writer_->put_block = {};
  writer_->put_body = {};
  writer_->put_state = {};
  // With a reader on it the log stays beside the file, which is as good.
  static_cast<void>(file.fold_log(blocking));
  writer_.reset();
}

}  // namespace zerq::audit
