// SPDX-License-Identifier: Apache-2.0
#include "control/compilation.h"

#include <fmt/format.h>

#include <cstring>

#include "auth/jwt_verifier.h"

namespace zerq::control {
namespace {

// Whether each of them has the id that its name had, and no other name is gone.
template <class T, class Part, class IdOf>
bool collect(const std::vector<T>& objects, std::string_view kind, const PartList<Part>* former,
             const IdOf& id_of, NameIndex& names, IdIndex& index, std::vector<ObjectId>& ids,
             ConfigNames::Formers<Part>& formers, config::Diagnostics& problems) {
  names.reserve(objects.size());
  index.reserve(objects.size());
  ids.reserve(objects.size());
  formers.reserve(objects.size());
  bool is_unchanged = former != nullptr && former->size() == objects.size();
  for (size_t i = 0; i < objects.size(); ++i) {
    const T& object = objects[i];
    names.add(object.name, i, problems);
    const auto* part = former == nullptr ? nullptr : former->find(object.name.value);
    const ObjectId* const former_id = part == nullptr ? nullptr : &id_of(**part);
    const ObjectId id = choose_id(object, former_id, kind, ObjectId());
    index.add(id, object.id, object.name, problems);
    ids.push_back(id);
    formers.push_back(part);
    is_unchanged = is_unchanged && former_id != nullptr && *former_id == id;
  }
  return is_unchanged;
}

uint64_t hash_of(const auth::VerifierId& id) {
  uint64_t hash;
  std::memcpy(&hash, id.bytes.data(), sizeof hash);
  return hash;
}

}  // namespace

void VerifierIndex::add(const Verifier& verifier) {
  if (find(verifier->id()) == nullptr) {
    index_.add(hash_of(verifier->id()), static_cast<uint32_t>(verifiers_.size()));
    verifiers_.push_back(verifier);
  }
}

VerifierIndex::Verifier VerifierIndex::find(const auth::VerifierId& id) const {
  const std::optional<uint32_t> found =
      index_.find(hash_of(id), [&](uint32_t number) { return verifiers_[number]->id() == id; });
  return found.has_value() ? verifiers_[*found] : nullptr;
}

ObjectId choose_id(const ObjectFields& object, const ObjectId* former, std::string_view kind,
                   const ObjectId& parent) {
  if (object.id.is_set()) {
    return object.id.value;
  }
  return former != nullptr ? *former : derive_object_id(kind, parent, object.name.value);
}

void collect_names(Compilation& run) {
  const GatewayConfig& config = run.config;
  const CompiledParts* previous = run.previous;
  ConfigNames& names = run.names;
  config::Diagnostics& problems = run.problems;
  const bool are_policies_unchanged = collect(
      config.policies, "policy", previous == nullptr ? nullptr : &previous->policies,
      [](const CompiledPolicy& p) -> const ObjectId& { return p.policy.id; }, names.policies,
      names.policy_index, names.policy_ids, names.former_policies, problems);
  const bool are_collections_unchanged = collect(
      config.collections, "collection", previous == nullptr ? nullptr : &previous->collections,
      [](const CompiledCollection& c) -> const ObjectId& { return c.id; }, names.collections,
      names.collection_index, names.collection_ids, names.former_collections, problems);
  names.are_links_unchanged = are_policies_unchanged && are_collections_unchanged;
  collect(
      config.clients, "client", previous == nullptr ? nullptr : &previous->clients,
      [](const CompiledClient& c) -> const ObjectId& { return c.client.id; }, names.clients,
      names.client_index, names.client_ids, names.former_clients, problems);
  for (size_t i = 0; i < config.credentials.size(); ++i) {
    const CredentialConfig& credential = config.credentials[i];
    names.credentials.add(credential.name, i, problems);
    names.credential_index.add(choose_id(credential, nullptr, "credential", ObjectId()),
                               credential.id, credential.name, problems);
  }
}

std::optional<size_t> resolve(const Reference& reference, const NameIndex& names,
                              const IdIndex& ids, std::string_view kind,
                              config::Diagnostics& problems) {
  const Placed<std::string>& name = reference.name;
  const Placed<ObjectId>& id = reference.id;
  if (name.is_set() && id.is_set()) {
    problems.error(id.place, id.path, fmt::format("a {} by name and by id", kind), "one of them");
    return std::nullopt;
  }
  if (name.is_set()) {
    const std::optional<size_t> found = names.find(name.value);
    if (!found.has_value()) {
      names.report_unknown(name, problems);
    }
    return found;
  }
  if (id.is_set()) {
    const std::optional<size_t> found = ids.find(id.value);
    if (!found.has_value()) {
      problems.error(id.place, id.path, fmt::format("no {} {}", kind, id.value.to_text()));
    }
    return found;
  }
  return std::nullopt;
}

}  // namespace zerq::control
