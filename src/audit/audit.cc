// SPDX-License-Identifier: Apache-2.0
#include "audit/audit.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "audit/audit_files.h"
#include "audit/journal.h"
#include "audit/journal_folder.h"
#include "audit/query_run.h"
#include "audit/recovery.h"
#include "audit/ring_lane.h"
#include "audit/sealer.h"
#include "audit/segment_queue.h"
#include "base/check.h"
#include "crypto/random.h"
#include "text/uuid.h"

namespace zerq::audit {
namespace {

namespace fs = std::filesystem;

constexpr size_t kNameFileBytesMax = 64;

std::string trim(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) {
    text.pop_back();
  }
  return text;
}

std::unexpected<store::StartProblem> refuse(const fs::path& path, std::string_view what,
                                            const Error& error = {}) {
  std::string line = path.string() + ": " + std::string(what);
  if (error.os_errno != 0) {
    line += std::string(": ") + std::strerror(error.os_errno);
  }
  return store::cannot_start(std::move(line));
}

// Empty: the directory has none yet.
store::StartResult<std::string> read_node(io::Blocking blocking, const fs::path& path) {
  const Result<std::string> content = store::read_file(blocking, path, kNameFileBytesMax);
  if (!content.has_value()) {
    if (content.error().code == ErrorCode::kNotFound) {
      return std::string();
    }
    return refuse(path, "the node's id cannot be read", content.error());
  }
  const std::optional<text::Uuid> uuid = text::Uuid::parse(trim(*content));
  if (!uuid.has_value()) {
    return refuse(path, "is no node id (a UUID); restore it from a backup");
  }
  return uuid->to_text();
}

std::string make_node(WallTime now) {
  crypto::RandomSource random;
  return text::Uuid::v7(static_cast<uint64_t>(now.us / 1000), random.next_u64(), random.next_u64())
      .to_text();
}

uint64_t last_epoch(io::Blocking blocking, const fs::path& path) {
  const std::string content =
      trim(store::read_file(blocking, path, kNameFileBytesMax).value_or(std::string()));
  uint64_t epoch = 0;
  // Damage is no reason to refuse: the journal and the audit files know the epochs that matter.
  std::from_chars(content.data(), content.data() + content.size(), epoch);
  return epoch;
}

}  // namespace

struct Audit::Parts {
  AuditConfig config;
  std::string node;
  fs::path directory;
  const Clock& clock;
  JournalFolder folder;
  WakeEvent journal_wake, sealer_wake;
  Journal::Lanes lanes;  // One a shard, then the admin stream's.
  std::atomic_flag is_admin_busy;
  std::vector<QuotaCount> quotas;  // Until they are taken.
  std::unique_ptr<SegmentQueue> queue;
  std::unique_ptr<Journal> journal;
  std::unique_ptr<Sealer> sealer;
  std::optional<io::BlockingThread> journal_thread, sealer_thread;

  Parts(const AuditConfig& settings, std::string name, const fs::path& path, const Clock& time)
      : config(settings),
        node(std::move(name)),
        directory(path),
        clock(time),
        folder(path, settings.ring_dir, node) {}

  store::StartResult<uint64_t> begin_epoch(io::Blocking blocking, uint64_t sealed_epoch);
  store::StartResult<bool> make_lanes(io::Blocking blocking, uint64_t epoch, uint32_t shards);
  RingLane& admin_lane() { return *lanes.back(); }
  void append_event(std::string_view event);
};

store::StartResult<uint64_t> Audit::Parts::begin_epoch(io::Blocking blocking,
                                                       uint64_t sealed_epoch) {
  const fs::path path = directory / "epoch";
  uint64_t epoch = std::max(sealed_epoch, last_epoch(blocking, path));
  for (const uint64_t old : folder.epochs()) {
    epoch = std::max(epoch, old);
  }
  ++epoch;
  if (const Result<> made = folder.make(blocking, epoch); !made.has_value()) {
    return refuse(folder.rings(epoch), "cannot be created", made.error());
  }
  // Not synced: a start does not wait for the disk. A machine that loses this line loses the frames
  // of the epoch as well, or has a commit that speaks of it.
  const std::string line = std::to_string(epoch) + "\n";
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool is_written =
      fd >= 0 && ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  const Error cause{.os_errno = errno};
  ::close(fd);
  if (!is_written) {
    return refuse(path, "cannot be written", cause);
  }
  return epoch;
}

store::StartResult<bool> Audit::Parts::make_lanes(io::Blocking blocking, uint64_t epoch,
                                                  uint32_t shards) {
  for (uint32_t i = 0; i <= shards; ++i) {
    const LaneId lane{.epoch = epoch, .shard = i == shards ? LaneId::kAdminShard : i};
    Result<std::unique_ptr<RingFile>> ring = RingFile::create(blocking, folder.ring(lane), lane);
    if (!ring.has_value()) {
      return refuse(folder.ring(lane), "cannot be written", ring.error());
    }
    lanes.push_back(std::make_unique<RingLane>(*std::move(ring), lane, journal_wake));
  }
  return true;
}

void Audit::Parts::append_event(std::string_view event) {
  AdminRecord record;
  record.time = clock.wall_now();
  record.event = event;
  admin_lane().append_admin(record);
}

store::StartResult<std::unique_ptr<Audit>> Audit::open(io::Blocking blocking,
                                                       const Options& options,
                                                       const store::DataDirectory& directory,
                                                       const Clock& clock) {
  const fs::path& path = directory.path();
  auto node = read_node(blocking, path / "node");
  if (!node.has_value()) {
    return std::unexpected(node.error());
  }
  const fs::path audit_folder = path / "audit";
  auto files = AuditFiles::open(blocking, audit_folder, options.config);
  if (!files.has_value()) {
    return std::unexpected(files.error());
  }
  // All that is there is sound; from here on files are made.
  if (node->empty()) {
    *node = make_node(clock.wall_now());
    if (const auto done = store::replace_file(blocking, path / "node", *node + "\n");
        !done.has_value()) {
      return refuse(path / "node", "cannot be written", done.error());
    }
  }
  if (const auto made = make_private_folder(audit_folder); !made.has_value()) {
    return refuse(audit_folder, "cannot be created", made.error());
  }
  auto parts = std::make_unique<Parts>(options.config, *node, path, clock);
  const auto epoch = parts->begin_epoch(blocking, (*files)->last_epoch());
  if (!epoch.has_value()) {
    return std::unexpected(epoch.error());
  }
  parts->quotas = read_quotas(blocking, parts->folder, (*files)->state(), *epoch).all();
  if (const auto made = parts->make_lanes(blocking, *epoch, options.shards); !made.has_value()) {
    return std::unexpected(made.error());
  }
  parts->queue = std::make_unique<SegmentQueue>(parts->folder.segments(*epoch),
                                                options.config.journal_max_bytes);
  parts->journal = std::make_unique<Journal>(parts->lanes, *parts->queue, options.config.at_cap,
                                             parts->journal_wake, parts->sealer_wake, clock);
  parts->sealer = std::make_unique<Sealer>(Sealer::Parts{.config = options.config,
                                                         .node = *node,
                                                         .epoch = *epoch,
                                                         .folder = parts->folder,
                                                         .queue = *parts->queue,
                                                         .wake = parts->sealer_wake,
                                                         .clock = clock},
                                           *std::move(files));
  parts->append_event("start");
  Journal& journal = *parts->journal;
  Sealer& sealer = *parts->sealer;
  parts->journal_thread.emplace("journal", [&journal](io::Blocking b) { journal.run(b); });
  parts->sealer_thread.emplace("sealer", [&sealer](io::Blocking b) { sealer.run(b); });
  return std::unique_ptr<Audit>(new Audit(std::move(parts)));
}

Audit::Audit(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Audit::~Audit() { stop(); }

Lane& Audit::attach_lane(uint32_t shard, io::EventLoop& loop) {
  CHECK(shard + 1 < parts_->lanes.size());
  parts_->lanes[shard]->attach(loop.mailbox());
  return *parts_->lanes[shard];
}

void Audit::detach_lane(uint32_t shard) noexcept { parts_->lanes[shard]->detach(); }

void Audit::append_admin(const AdminRecord& record) noexcept {
  AdminRecord fitting = record;
  if (fitting.detail_json.size() > kAdminDetailBytesMax) {
    fitting.detail_json = {};
  }
  // Management calls are few, and an append is a fraction of a microsecond.
  while (parts_->is_admin_busy.test_and_set(std::memory_order_acquire)) {
    pause_thread(std::chrono::microseconds(1));
  }
  parts_->admin_lane().append_admin(fitting);
  parts_->is_admin_busy.clear(std::memory_order_release);
}

void Audit::stop() {
  if (!parts_->journal_thread.has_value()) {
    return;
  }
  parts_->append_event("stop");
  parts_->journal->stop();
  parts_->journal_thread.reset();
  std::vector<Sealer::LaneEnd> ends;
  if (parts_->journal->is_drained()) {
    for (const std::unique_ptr<RingLane>& lane : parts_->lanes) {
      ends.push_back({.lane = lane->id(), .next_n = lane->next_n()});
    }
  }
  parts_->sealer->stop(std::move(ends));
  parts_->sealer_thread.reset();
}

bool Audit::is_ready() const noexcept {
  return parts_->journal->is_sound() && parts_->sealer->is_sound();
}

AuditCounters Audit::counters() const noexcept {
  const Parts& p = *parts_;
  AuditCounters counters{
      .records_sealed = p.sealer->records(),
      .records_crashed = p.sealer->crashed(),
      .gaps = p.sealer->gaps(),
      .records_condensed = p.journal->condensed(),
      .frames_discarded = p.journal->frames_discarded(),
      .commits = p.sealer->commits(),
      .commits_failed = p.sealer->failures(),
      .journal_failures = p.journal->failures(),
      .journal_bytes = p.queue->bytes_waiting(),
  };
  for (const std::unique_ptr<RingLane>& lane : p.lanes) {
    counters.frames_discarded += lane->frames_lost();
  }
  return counters;
}

std::vector<QuotaCount> Audit::take_quotas() { return std::move(parts_->quotas); }

const std::string& Audit::node() const noexcept { return parts_->node; }

Result<QueryPage> Audit::query(io::Blocking blocking, const Query& wanted) const {
  // Sealed records are a second old at most, as long as the sealer keeps up.
  const bool with_journal = !is_ready() || parts_->config.sync_ms > 1000 ||
                            parts_->queue->bytes_waiting() > kSegmentBytes;
  return run_query(blocking,
                   {.audit_folder = parts_->directory / "audit",
                    .journal = with_journal ? &parts_->folder : nullptr,
                    .node = parts_->node},
                   wanted);
}

}  // namespace zerq::audit
