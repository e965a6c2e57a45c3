// SPDX-License-Identifier: Apache-2.0
// One run of the compiler: what goes in, what was there before, what comes out so far. Passed from
// step to step (control/snapshot_compiler.cc has their order) and gone afterwards. Control thread.
#pragma once

#include <optional>
#include <vector>

#include "auth/opaque_token.h"
#include "config/diagnostic.h"
#include "control/compiled_parts.h"
#include "control/credential_compiler.h"
#include "control/flat_index.h"
#include "control/gateway_config.h"
#include "control/object_identity.h"
#include "control/snapshot_compiler.h"

namespace zerq::auth {
class JwtVerifier;
struct VerifierId;
}  // namespace zerq::auth

namespace zerq::control {

// Names and ids of what others refer to, and the parts that had the names in the former revision
// (null: none), in the order of the configuration.
struct ConfigNames {
  template <class T>
  using Formers = std::vector<const std::shared_ptr<const T>*>;

  NameIndex policies{"policy"}, credentials{"credential"}, collections{"collection"};
  NameIndex clients{"client"};
  IdIndex policy_index{"policy"}, credential_index{"credential"}, collection_index{"collection"};
  IdIndex client_index{"client"}, profile_index{"profile"}, proxy_index{"proxy"};
  std::vector<ObjectId> policy_ids, collection_ids, client_ids;
  Formers<CompiledPolicy> former_policies;
  Formers<CompiledCollection> former_collections;
  Formers<CompiledClient> former_clients;
  // Policies and collections are as they were, by name and id: who refers to them alone does so
  // too.
  bool are_links_unchanged = false;
};

// The verifiers of one revision and of what is compiled after it.
class VerifierIndex {
 public:
  using Verifier = std::shared_ptr<const auth::JwtVerifier>;

  void add(const Verifier& verifier);
  // Null: none of that content.
  Verifier find(const auth::VerifierId& id) const;

 private:
  std::vector<Verifier> verifiers_;
  FlatIndex index_;
};

struct Compilation {
  const GatewayConfig& config;
  const CompileContext& context;
  const CompiledParts* previous;  // Null: nothing to use again.
  config::Diagnostics& problems;
  CompiledParts& parts;
  proxy::Snapshot& snapshot;
  auth::OpaqueTokenHasher hasher;
  ConfigNames names;
  std::vector<CompiledCredential> credentials;  // In the order of the configuration.
  // Of the former revision and of this one; made when the first is asked for.
  std::optional<VerifierIndex> verifiers;
};

// The index that a reference leads to; none when it is not set, or after a problem.
std::optional<size_t> resolve(const Reference& reference, const NameIndex& names,
                              const IdIndex& ids, std::string_view kind,
                              config::Diagnostics& problems);

// What a name had in the previous revision, unless an id is written; else derived.
ObjectId choose_id(const ObjectFields& object, const ObjectId* former, std::string_view kind,
                   const ObjectId& parent);

void collect_names(Compilation& run);

}  // namespace zerq::control
