// SPDX-License-Identifier: Apache-2.0
// LiveConfig: the configuration that is stored, compiled and served, as one thing (rung: Gateway).
// Every change comes through commit(), whoever asks for it: it is checked as a whole, written as
// one revision, and live on every shard when commit() returns, or nothing has changed. Readers take
// an immutable state on any thread; writers hold the write lock, on threads that may block.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "control/object_body.h"
#include "control/object_kind.h"
#include "crypto/sealing_key.h"
#include "store/config_database.h"

namespace zerq::limits {
class LimitTable;
}
namespace zerq::upstream {
class TargetRegistry;
}

namespace zerq::control {

class SnapshotPublisher;
struct CompiledSnapshot;

struct LiveObject {
  ObjectKind kind{};
  ObjectId id, parent;
  std::string name;
  json::object body;  // Canonical.
  Secrets secrets;
  int64_t created_us = 0, updated_us = 0;
  uint64_t revision = 0;  // That changed it last.
  TypedConfig typed;
};
using LiveObjectRef = std::shared_ptr<const LiveObject>;

// The objects of one revision. Immutable; any thread.
struct ConfigState {
  std::array<std::map<ObjectId, LiveObjectRef>, kObjectKinds> objects;
  uint64_t revision = 0;

  const std::map<ObjectId, LiveObjectRef>& all(ObjectKind kind) const {
    return objects[index_of(kind)];
  }
  // Null: there is none.
  const LiveObject* find(ObjectKind kind, const ObjectId& id) const;
  const LiveObject* find_named(ObjectKind kind, const ObjectId& parent,
                               std::string_view name) const;
};
using ConfigStateRef = std::shared_ptr<const ConfigState>;

struct ObjectEdit {
  ObjectKind kind{};
  ObjectId id, parent;
  bool is_delete = false;
  std::string name;
  json::object body;  // Canonical; secrets that are kept have their {"set": true}.
  SecretEdits secrets;
  bool has_token_hashes = false;  // The token among the secrets is hashed already.
  // What stands in a file, so that problems are told with its places; none: the body is read.
  std::optional<TypedConfig> as_written;
};

struct ChangeOrigin {
  std::string actor, via, reason;
};

struct ConfigOutcome {
  enum class Status : uint8_t {
    kLive,
    kUnchanged,
    kInvalid,  // `problems` say why.
    kStoreDown,  // Nothing has changed.
    kNotServed,  // Stored, but a shard did not confirm in time.
  };
  Status status = Status::kUnchanged;
  uint64_t revision = 0;
  std::vector<config::Diagnostic> problems;  // Warnings too.
  json::array changes;  // {op, kind, id, name, fields: [{field, from, to}]}; without secrets.

  bool is_good() const { return status == Status::kLive || status == Status::kUnchanged; }
};

class LiveConfig {
 public:
  struct Parts {
    const Clock& clock;
    upstream::TargetRegistry& targets;
    limits::LimitTable& windows;
    Bytes token_key;
    crypto::KeyRing keys;
    // After each compilation, before it is served.
    std::function<void(const GatewayConfig&)> on_compiled;
  };
  LiveConfig(std::unique_ptr<store::ConfigDatabase> database, Parts parts);
  ~LiveConfig();

  // Reads and compiles what is stored; warnings. The problem names what is in the way.
  store::StartResult<std::vector<config::Diagnostic>> load(io::Blocking);
  // From here on commits are served.
  void serve_with(SnapshotPublisher& publisher);
  // The shards end; waits for a commit that is under way.
  void serve_no_more();

  ConfigStateRef state() const;
  std::shared_ptr<const CompiledSnapshot> snapshot() const;
  // As compiled last, and what was warned of then.
  SettingsConfig settings() const;
  std::vector<config::Diagnostic> warnings() const;

  using WriteLock = std::unique_lock<std::mutex>;
  [[nodiscard]] WriteLock lock_writes() { return WriteLock(write_mutex_); }

  // Precondition of all below: the caller holds the write lock.
  // With `applied` (what files said) in the same transaction. A dry run stops before the store.
  ConfigOutcome commit(io::Blocking, std::vector<ObjectEdit> edits, const ChangeOrigin& origin,
                       std::vector<store::AppliedRow> applied = {}, bool is_dry_run = false);
  // The same objects with what variables and files say now.
  ConfigOutcome reload(io::Blocking);
  // Seals every secret with the new first key.
  Result<size_t> reseal(io::Blocking, crypto::SealingKey first);

  crypto::Digest256 hash_token(std::string_view opaque_token) const;
  // Digest of what a file says of an object, secrets included; keyed, so that it tells nothing.
  std::string digest_of(const ObjectEdit& edit) const;
  const std::map<std::string, std::string>& applied_from(const std::string& source);
  static std::string applied_key(ObjectKind kind, const ObjectId& id);

  store::ConfigDatabase& database() { return *database_; }
  const crypto::KeyRing& keys() const { return parts_.keys; }
  // How many stored secrets each key seals.
  std::map<std::string, size_t> secrets_by_key() const;

 private:
  LiveObjectRef make_object(const ObjectEdit& edit, const LiveObject* old, uint64_t revision,
                            config::Diagnostics& problems) const;
  void take_token(const ObjectEdit& edit, LiveObject& object, config::Diagnostics& problems) const;
  void set_typed(LiveObject& object, std::optional<TypedConfig> as_written,
                 config::Diagnostics& problems) const;
  std::vector<store::SecretRow> seal_all(const LiveObject& object, const LiveObject* old) const;
  using SnapshotRef = std::shared_ptr<const CompiledSnapshot>;
  struct Compiled {
    GatewayConfig config;
    SnapshotRef snapshot;  // Null with errors.
    std::vector<config::Diagnostic> warnings;
  };
  struct Draft;
  void take_edit(const ObjectEdit& edit, Draft& draft) const;
  void forget_places(const std::vector<ObjectEdit>& edits, ConfigState& state) const;
  void remember(const Draft& draft);
  Compiled compile(const ConfigState& state, config::Diagnostics& problems) const;
  // From here on it is what counts. False: a shard did not confirm in time.
  bool publish(Compiled compiled);

  std::unique_ptr<store::ConfigDatabase> database_;
  Parts parts_;
  std::mutex write_mutex_;
  std::map<std::string, std::map<std::string, std::string>> applied_;  // By source, then object.
  SnapshotPublisher* publisher_ = nullptr;
  mutable std::mutex mutex_;
  ConfigStateRef state_;  // Guarded by mutex_.
  SnapshotRef snapshot_;  // Guarded by mutex_.
  SettingsConfig settings_;  // Guarded by mutex_.
  std::vector<config::Diagnostic> warnings_;  // Guarded by mutex_.
  std::map<std::string, std::string> sealed_by_;  // Place → key id. Guarded by mutex_.
};

}  // namespace zerq::control
