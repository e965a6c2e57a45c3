// SPDX-License-Identifier: Apache-2.0
#include "control/object_body.h"

#include <gtest/gtest.h>

#include "config/json_nodes.h"

namespace zerq::control {
namespace {

json::object canonical(ObjectKind kind, std::string_view text, SecretEdits& secrets) {
  return make_canonical_body(kind, config::make_node(*text::parse_json(text), "object"), secrets);
}

json::object canonical(ObjectKind kind, std::string_view text) {
  SecretEdits secrets;
  return canonical(kind, text, secrets);
}

TEST(ObjectBody, DefaultsAreNotStored) {
  EXPECT_EQ(canonical(ObjectKind::kPolicy, R"({"name":"a","active":true,"per":"client"})"),
            json::object());
  EXPECT_EQ(canonical(ObjectKind::kPolicy, R"({"name":"a","active":false})"),
            (json::object{{"active", false}}));
}

TEST(ObjectBody, EqualObjectsAreEqualTextWhateverTheirOrder) {
  const auto one = canonical(ObjectKind::kProxy, R"({"path":"/a","methods":["GET"],"tags":["x"]})");
  const auto two = canonical(ObjectKind::kProxy, R"({"tags":["x"],"methods":["GET"],"path":"/a"})");
  EXPECT_EQ(json::serialize(one), json::serialize(two));
}

TEST(ObjectBody, WhatIsShownReadsBackToWhatIsStored) {
  for (const ObjectKind kind :
       {ObjectKind::kSettings, ObjectKind::kPolicy, ObjectKind::kCollection, ObjectKind::kClient}) {
    const json::object shown = make_shown_body(kind, {});
    EXPECT_EQ(canonical(kind, json::serialize(shown)), json::object()) << json::serialize(shown);
  }
}

TEST(ObjectBody, SecretsLeaveTheBody) {
  SecretEdits secrets;
  const json::object body = canonical(
      ObjectKind::kProfile, R"({"auth":{"type":"jwt","secret":{"value":"s3cret"}}})", secrets);
  EXPECT_EQ(secrets["auth.secret"], "s3cret");
  EXPECT_FALSE(json::serialize(body).contains("s3cret"));
  EXPECT_EQ(stored_secret_fields(ObjectKind::kProfile, body),
            std::vector<std::string>{"auth.secret"});
  const json::object whole = make_whole_body(body, {{"auth.secret", "s3cret"}}, "");
  EXPECT_EQ(whole.at("auth").at("secret").at("base64url"), "czNjcmV0");
}

TEST(ObjectBody, AbsentSecretsStayUnlessTheTypeChanges) {
  const json::object old =
      canonical(ObjectKind::kProfile, R"({"auth":{"type":"jwt","secret":{"set":true}}})");
  const auto kept = [&old](std::string_view text) {
    SecretEdits secrets;
    json::object body = canonical(ObjectKind::kProfile, text, secrets);
    keep_absent_secrets(ObjectKind::kProfile, old, secrets, body);
    return stored_secret_fields(ObjectKind::kProfile, body).size();
  };
  EXPECT_EQ(kept(R"({"auth":{"type":"jwt","issuer":"me"}})"), 1U);
  EXPECT_EQ(kept(R"({"auth":{"type":"jwt","secret":null}})"), 0U);
  EXPECT_EQ(kept(R"({"auth":{"type":"none"}})"), 0U);
}

TEST(ObjectBody, EnvironmentStaysAName) {
  SecretEdits secrets;
  const json::object body = canonical(
      ObjectKind::kProfile, R"({"auth":{"type":"jwt","secret":{"env":"A_NAME"}}})", secrets);
  EXPECT_TRUE(secrets.empty());
  EXPECT_TRUE(stored_secret_fields(ObjectKind::kProfile, body).empty());
  const json::object shown = make_shown_body(ObjectKind::kProfile, body);
  EXPECT_EQ(shown.at("auth").at("secret"), (json::object{{"set", true}, {"env", "A_NAME"}}));
}

TEST(ObjectBody, MergePatchIsThatOfItsRfc) {
  // RFC 7396, appendix A.
  const std::pair<const char*, std::pair<const char*, const char*>> cases[] = {
      {R"({"a":"b"})", {R"({"a":"c"})", R"({"a":"c"})"}},
      {R"({"a":"b"})", {R"({"b":"c"})", R"({"a":"b","b":"c"})"}},
      {R"({"a":"b"})", {R"({"a":null})", R"({})"}},
      {R"({"a":["b"]})", {R"({"a":"c"})", R"({"a":"c"})"}},
      {R"({"a":{"b":"c"}})", {R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"}},
      {R"({"a":[{"b":"c"}]})", {R"({"a":[1]})", R"({"a":[1]})"}},
      {R"({"e":null})", {R"({"a":1})", R"({"e":null,"a":1})"}},
      {R"([1,2])", {R"({"a":"b","c":null})", R"({"a":"b"})"}},
      {R"({})", {R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"}},
  };
  for (const auto& [target, rest] : cases) {
    json::value merged = *text::parse_json(target);
    merge_patch(merged, *text::parse_json(rest.first));
    EXPECT_EQ(merged, *text::parse_json(rest.second)) << target << rest.first;
  }
}

}  // namespace
}  // namespace zerq::control
