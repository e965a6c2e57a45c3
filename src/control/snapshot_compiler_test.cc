// SPDX-License-Identifier: Apache-2.0
#include "control/snapshot_compiler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/arena.h"
#include "config/config_reader.h"
#include "control/config_loader.h"
#include "control/gateway_config.h"
#include "control/object_identity.h"
#include "limits/limit_table.h"
#include "proxy/route_table.h"
#include "upstream/target.h"

namespace zerq::control {
namespace {

using testing::ElementsAre;

class SnapshotCompilerTest : public testing::Test {
 protected:
  SnapshotRef compile(const std::string& text) {
    config::Diagnostics problems;
    SnapshotRef snapshot;
    if (const auto config = load_config_text("f", text, problems)) {
      snapshot = compile_snapshot(*config, ++revision_,
                                  {.targets = targets_,
                                   .windows = windows_,
                                   .token_key = as_bytes("0123456789abcdef0123456789abcdef"),
                                   .previous = previous_.get()},
                                  problems);
    }
    lines_.clear();
    for (const config::Diagnostic& problem : problems.sorted()) {
      lines_.push_back(config::to_line(problem));
    }
    EXPECT_EQ(snapshot == nullptr, problems.has_errors());
    if (snapshot != nullptr) {
      previous_ = snapshot;
    }
    return snapshot;
  }
  const proxy::RouteRuntime* find_route(const proxy::Snapshot& snapshot, std::string_view host,
                                        std::string_view path,
                                        http::Method method = http::Method::kGet) {
    const proxy::CollectionMatch collection = snapshot.routes->find_collection(host, path);
    if (!collection.is_match()) {
      return nullptr;
    }
    const proxy::RouteMatch match = collection.trie->find(collection.path, method, arena_);
    return match.is_match() ? snapshot.collections[collection.collection].routes[match.route].get()
                            : nullptr;
  }

  upstream::TargetRegistry targets_;
  limits::LimitTable windows_;
  SnapshotRef previous_;
  uint64_t revision_ = 0;
  std::vector<std::string> lines_;
  HeapBlocks blocks_;
  Arena arena_{blocks_};
};

std::string quickstart() {
  config::Diagnostics problems;
  return config::read_file(ZERQ_SOURCE_DIR "/docs/examples/quickstart.yaml", problems).value();
}

TEST_F(SnapshotCompilerTest, QuickstartIsAcceptedAndSaysWhatIsNotEnforced) {
  const auto snapshot = compile(quickstart());
  ASSERT_NE(snapshot, nullptr);
  EXPECT_THAT(
      lines_,
      ElementsAre("f:17:14: warning: credentials[0].api_key: secret_unavailable: PETSTORE_KEY "
                  "cannot be read; requests that need it are answered 500",
                  "f:37:25: warning: collections[0].proxies[1].request_schema: not enforced in "
                  "this release"));
  EXPECT_EQ(snapshot->revision, 1);
  const auto* profile =
      snapshot->callers.find_profile(*ObjectId::parse("66a1b2c3d4e5f6a7b8c9d0a3"));
  ASSERT_NE(profile, nullptr);
  EXPECT_EQ(profile->auth, filters::AuthKind::kOidc);
  EXPECT_EQ(profile->client->id.to_text(), "66a1b2c3d4e5f6a7b8c9d0e1");
  EXPECT_EQ(profile->client->policy->limits.rate_limit->requests, 100);
  EXPECT_NE(profile->verifier, nullptr);
  const proxy::RouteRuntime* route = find_route(*snapshot, "any.example", "/petstore/pets/7");
  ASSERT_NE(route, nullptr);
  EXPECT_EQ(route->rules.required_scopes, "pets:read");
  EXPECT_EQ(route->upstream_headers.size(), 1);
  EXPECT_EQ(route->target->address_text(), "127.0.0.1:9000");
  const proxy::RouteRuntime* open = find_route(*snapshot, "any.example", "/open");
  ASSERT_NE(open, nullptr);
  EXPECT_EQ(open->rules.anonymous_profile->id.to_text(), "66a1b2c3d4e5f6a7b8c9d0a4");
}

constexpr std::string_view kPets = R"(version: 1
policies:
  - {name: gold, rate_limit: {requests: 5, interval: 10s}}
collections:
  - name: Pets
    base_path: /pets
    target: http://127.0.0.1:9000/v1
    status: published
    anonymous_profile: acme/anyone
    proxies:
      - {name: all, methods: [GET], path: /*, status: published}
  - name: Other
    base_path: /other
    target: http://127.0.0.1:9001
    status: published
    proxies:
      - {name: all, methods: [GET], path: /*, status: published}
clients:
  - name: acme
    collections: [Pets]
    policy: gold
    profiles:
      - {name: anyone, auth: {type: none}}
      - {name: jwt, auth: {type: jwt, secret: {value: a-32-byte-minimum-secret-for-hs256!}}}
  - name: beta
    collections: [Other]
    profiles:
      - {name: jwt, auth: {type: jwt, secret: {value: a-32-byte-minimum-secret-for-hs256!}}}
)";

std::string with(std::string_view text, std::string_view old, std::string_view now) {
  std::string changed(text);
  const size_t at = changed.find(old);
  CHECK(at != std::string::npos);
  return changed.replace(at, old.size(), now);
}

const filters::Profile& profile_of(const proxy::Snapshot& snapshot, std::string_view client,
                                   std::string_view profile) {
  const ObjectId id = derive_object_id("client", ObjectId(), client);
  const filters::Profile* found =
      snapshot.callers.find_profile(derive_object_id("profile", id, profile));
  CHECK(found != nullptr);
  return *found;
}

TEST_F(SnapshotCompilerTest, IdsAreDerivedFromNamesOnEveryNode) {
  const auto snapshot = compile(std::string(kPets));
  ASSERT_NE(snapshot, nullptr) << lines_.front();
  EXPECT_EQ(profile_of(*snapshot, "acme", "anyone").auth, filters::AuthKind::kNone);
  EXPECT_EQ(snapshot->collections[0].id.to_text(),
            derive_object_id("collection", ObjectId(), "Pets").to_text());
  // Fixed for ever: records and limits of older versions refer to it.
  EXPECT_EQ(snapshot->collections[0].id.to_text(), "96d8b96fe5c1986ab9fc7ec3");
}

TEST_F(SnapshotCompilerTest, NameKeepsTheIdThatItHadInTheFormerRevision) {
  ASSERT_NE(compile(with(kPets, "- name: acme", "- id: 66a1b2c3d4e5f6a7b8c9d0e1\n    name: acme")),
            nullptr);
  const auto snapshot = compile(std::string(kPets));
  ASSERT_NE(snapshot, nullptr);
  EXPECT_NE(snapshot->callers.find_client(*ObjectId::parse("66a1b2c3d4e5f6a7b8c9d0e1")), nullptr);
}

TEST_F(SnapshotCompilerTest, UnchangedPartsServeTheNextRevision) {
  const auto one = compile(std::string(kPets));
  // Moved, not changed.
  const auto two = compile("# A comment.\n" + std::string(kPets));
  ASSERT_TRUE(one != nullptr && two != nullptr);
  EXPECT_EQ(two->revision, 2);
  EXPECT_EQ(find_route(*one, "h", "/pets/a"), find_route(*two, "h", "/pets/a"));
  EXPECT_EQ(&profile_of(*one, "acme", "jwt"), &profile_of(*two, "acme", "jwt"));
}

TEST_F(SnapshotCompilerTest, ChangedPartsAreCompiledAnew) {
  const auto one = compile(std::string(kPets));
  const auto two = compile(with(kPets, "base_path: /other", "base_path: /else"));
  ASSERT_TRUE(one != nullptr && two != nullptr);
  EXPECT_EQ(find_route(*one, "h", "/pets/a"), find_route(*two, "h", "/pets/a"));
  EXPECT_EQ(find_route(*two, "h", "/other/a"), nullptr);
  EXPECT_NE(find_route(*two, "h", "/else/a"), nullptr);
  EXPECT_NE(find_route(*two, "h", "/else/a"), find_route(*one, "h", "/other/a"));
}

TEST_F(SnapshotCompilerTest, ChangedClientTakesItsRoutesWithIt) {
  const auto one = compile(std::string(kPets));
  const auto two = compile(with(kPets, "name: anyone", "name: anyone, scopes: [read]"));
  ASSERT_TRUE(one != nullptr && two != nullptr);
  const proxy::RouteRuntime* route = find_route(*two, "h", "/pets/a");
  EXPECT_EQ(route->rules.anonymous_profile, &profile_of(*two, "acme", "anyone"));
  EXPECT_EQ(route->rules.anonymous_profile->scopes, "read");
  EXPECT_EQ(find_route(*one, "h", "/other/a"), find_route(*two, "h", "/other/a"));
  EXPECT_EQ(&profile_of(*one, "beta", "jwt"), &profile_of(*two, "beta", "jwt"));
}

TEST_F(SnapshotCompilerTest, ChangedPolicyReachesItsClientsAndKeepsTheirWindow) {
  const auto one = compile(std::string(kPets));
  const auto two = compile(with(kPets, "requests: 5", "requests: 7"));
  ASSERT_TRUE(one != nullptr && two != nullptr);
  const filters::Client& before = *profile_of(*one, "acme", "jwt").client;
  const filters::Client& after = *profile_of(*two, "acme", "jwt").client;
  EXPECT_EQ(before.policy->limits.rate_limit->requests, 5);
  EXPECT_EQ(after.policy->limits.rate_limit->requests, 7);
  // Both are the same window, and both snapshots can still be asked.
  SystemClock clock;
  limits::ConcurrencyLease lease;
  EXPECT_EQ(windows_.admit(before.limit, before.policy->limits, clock, lease).rate->used, 1);
  EXPECT_EQ(windows_.admit(after.limit, after.policy->limits, clock, lease).rate->used, 2);
  EXPECT_EQ(&profile_of(*one, "beta", "jwt"), &profile_of(*two, "beta", "jwt"));
}

TEST_F(SnapshotCompilerTest, OneVerifierServesAllProfilesOfItsContent) {
  const auto one = compile(std::string(kPets));
  const auto two = compile(with(kPets, "name: jwt", "name: renamed"));
  ASSERT_TRUE(one != nullptr && two != nullptr);
  EXPECT_EQ(profile_of(*one, "acme", "jwt").verifier, profile_of(*one, "beta", "jwt").verifier);
  EXPECT_EQ(profile_of(*two, "acme", "renamed").verifier, profile_of(*one, "beta", "jwt").verifier);
}

TEST_F(SnapshotCompilerTest, OldSnapshotOutlivesWhatTheNewOneDropped) {
  const auto one = compile(std::string(kPets));
  const auto two = compile("version: 1\n");
  ASSERT_TRUE(one != nullptr && two != nullptr);
  EXPECT_EQ(find_route(*one, "h", "/pets/a")->target->address_text(), "127.0.0.1:9000");
  EXPECT_EQ(profile_of(*one, "acme", "jwt").client->id,
            derive_object_id("client", ObjectId(), "acme"));
  EXPECT_EQ(find_route(*two, "h", "/pets/a"), nullptr);
}

TEST_F(SnapshotCompilerTest, DraftsAreCheckedAndNotServed) {
  EXPECT_NE(compile(with(kPets, "status: published", "status: draft")), nullptr);
  EXPECT_EQ(find_route(*previous_, "h", "/pets/a"), nullptr);
  EXPECT_EQ(compile(with(with(kPets, "status: published", "status: draft"), "/other", "/pets")),
            nullptr);
  EXPECT_THAT(lines_, ElementsAre("f:13:16: collections[1].base_path: base_path_taken: /pets is "
                                  "\"Pets\"'s; another path, or other hosts; first at f:6:16"));
}

TEST_F(SnapshotCompilerTest, MissingSecretIsAWarningUntilItIsThere) {
  const std::string text = with(kPets, "{value: a-32-byte-minimum-secret-for-hs256!}",
                                "{env: SNAPSHOT_SECRET_FOR_TEST}");
  ::unsetenv("SNAPSHOT_SECRET_FOR_TEST");
  const auto unset = compile(text);
  ASSERT_NE(unset, nullptr);
  EXPECT_THAT(lines_, ElementsAre("f:24:47: warning: clients[0].profiles[1].auth.secret: "
                                  "secret_unavailable: SNAPSHOT_SECRET_FOR_TEST cannot be read; "
                                  "requests that need it are answered 500"));
  EXPECT_TRUE(profile_of(*unset, "acme", "jwt").lacks_secret());
  EXPECT_EQ(profile_of(*unset, "acme", "jwt").verifier, nullptr);

  ::setenv("SNAPSHOT_SECRET_FOR_TEST", "a-32-byte-minimum-secret-for-hs256!", 1);
  const auto set = compile(text);
  ASSERT_NE(set, nullptr);
  EXPECT_THAT(lines_, ElementsAre());
  EXPECT_FALSE(profile_of(*set, "acme", "jwt").lacks_secret());
  const auto same = compile(text);
  EXPECT_EQ(&profile_of(*set, "acme", "jwt"), &profile_of(*same, "acme", "jwt"));

  ::setenv("SNAPSHOT_SECRET_FOR_TEST", "another-32-byte-secret-for-hs256!!!!", 1);
  const auto changed = compile(text);
  EXPECT_NE(profile_of(*changed, "acme", "jwt").verifier, profile_of(*set, "acme", "jwt").verifier);
  ::unsetenv("SNAPSHOT_SECRET_FOR_TEST");
}

TEST_F(SnapshotCompilerTest, RouteWithoutItsHeaderIsNotServed) {
  const std::string text =
      with(kPets, "status: published",
           "status: published\n    headers: [{name: X-Key, env: HEADER_FOR_TEST}]");
  ::unsetenv("HEADER_FOR_TEST");
  const auto unset = compile(text);
  ASSERT_NE(unset, nullptr);
  EXPECT_TRUE(find_route(*unset, "h", "/pets/a")->rules.lacks_secret);
  EXPECT_FALSE(find_route(*unset, "h", "/other/a")->rules.lacks_secret);
  EXPECT_EQ(lines_.size(), 1);
  ::setenv("HEADER_FOR_TEST", "k", 1);
  const auto set = compile(text);
  EXPECT_FALSE(find_route(*set, "h", "/pets/a")->rules.lacks_secret);
  EXPECT_EQ(find_route(*set, "h", "/pets/a")->upstream_headers[0].value, "k");
  ::unsetenv("HEADER_FOR_TEST");
}

TEST_F(SnapshotCompilerTest, InnerHeaderReplacesTheOuterOne) {
  const auto snapshot =
      compile(with(with(kPets, "status: published",
                        "status: published\n    headers: [{name: X-A, value: outer}, "
                        "{name: X-B, value: b}]"),
                   "path: /*,", "path: /*, headers: [{name: x-a, value: inner}],"));
  ASSERT_NE(snapshot, nullptr) << lines_.front();
  const auto& headers = find_route(*snapshot, "h", "/pets/a")->upstream_headers;
  ASSERT_EQ(headers.size(), 2);
  EXPECT_EQ(headers[0].value, "inner");
  EXPECT_EQ(headers[1].value, "b");
}

TEST_F(SnapshotCompilerTest, SettingsAndOptionsReachTheSnapshot) {
  const auto snapshot =
      compile(with(with(kPets, "policies:",
                        "settings: {peer: {head_ms: 7}, head_max_bytes: 2048, denied_ips: "
                        "[10.0.0.0/8], upstream: {headers_max: 9}}\npolicies:"),
                   "status: published",
                   "status: published\n    hosts: [api.example]\n    preserve_host: true\n"
                   "    timeouts: {connect_ms: 9}\n    path_options: {semicolon: keep}\n"
                   "    connections: {max: 3, queue: 0}"));
  ASSERT_NE(snapshot, nullptr) << lines_.front();
  EXPECT_EQ(snapshot->settings.peer.head, std::chrono::milliseconds(7));
  EXPECT_EQ(snapshot->settings.head_limits.head_bytes_max, 2048);
  EXPECT_EQ(snapshot->settings.upstream_head.headers_max, 9);
  EXPECT_TRUE(snapshot->settings.denied_ips.contains(*IpAddress::parse("10.1.1.1")));
  EXPECT_EQ(find_route(*snapshot, "h", "/pets/a"), nullptr);
  const proxy::RouteRuntime* route = find_route(*snapshot, "API.example:8080", "/pets/a");
  ASSERT_NE(route, nullptr);
  EXPECT_TRUE(route->preserve_host);
  EXPECT_EQ(route->timeouts.connect, std::chrono::milliseconds(9));
  EXPECT_EQ(route->target->limits().connections_max, 3);
  EXPECT_EQ(route->target->limits().queue_max, 0);
  EXPECT_EQ(snapshot->routes->canonicalise("api.example", "/pets/a;b", arena_).refusal,
            text::PathRefusal::kNone);
  EXPECT_EQ(snapshot->routes->canonicalise("api.example", "/other/a;b", arena_).refusal,
            text::PathRefusal::kAmbiguous);
}

TEST_F(SnapshotCompilerTest, BadConfigurationGivesNoSnapshot) {
  ASSERT_NE(compile(std::string(kPets)), nullptr);
  EXPECT_EQ(compile("version: 1\ncollections: [{name: x}]\n"), nullptr);
  EXPECT_EQ(lines_.size(), 2);
}

}  // namespace
}  // namespace zerq::control
