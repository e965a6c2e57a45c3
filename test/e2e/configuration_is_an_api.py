# SPDX-License-Identifier: Apache-2.0
"""The management API of the configuration (product §9, semantics §3, §10): every object is created,
read, changed, rolled back and deleted while traffic flows, and a restart keeps everything."""
import json
import re

import pytest

from config_files import CLIENT, PROFILE, TOKEN, TOKEN_PROFILE, open_config

JSON = ("Content-Type", "application/json")


class Api:
    def __init__(self, gateway):
        self.gateway = gateway

    def call(self, method, path, body=None, headers=(), status=None):
        headers = [*headers, JSON] if body is not None else list(headers)
        raw = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        answer = self.gateway.admin(method, f"/api/v1/{path}", headers=headers, body=raw)
        assert status is None or answer.status == status, (answer.status, answer.body)
        return answer

    def get(self, path):
        return self.call("GET", path, status=200).json

    def post(self, path, body, status=201):
        return self.call("POST", path, body, status=status).json

    def put(self, path, body, status=200):
        return self.call("PUT", path, body, status=status).json

    def patch(self, path, body, status=200):
        return self.call("PATCH", path, body, status=status).json

    def revision(self):
        return self.get("status")["revision"]


@pytest.fixture
def living(start, origin):
    return start(open_config(origin.port))


@pytest.fixture
def api(living):
    return Api(living)


def identity(client, profile, token):
    return [("X-Client-ID", client), ("X-Profile-ID", profile), ("Authorization", f"Bearer {token}")]


def build(api, origin):
    """A collection with a route and a client that may use it; each by its own call."""
    policy = api.post("policies", {"name": "silver", "rate_limit": {"requests": 100, "interval": "1m"}})
    collection = api.post("collections", {"name": "Shop", "base_path": "/shop", "status": "published",
                                          "target": f"http://127.0.0.1:{origin.port}"})
    proxy = api.post("proxies", {"collection_id": collection["id"], "name": "items",
                                 "methods": ["GET"], "path": "/items/{id}", "status": "published"})
    client = api.post("clients", {"name": "shopper", "policy_id": policy["id"],
                                  "collection_ids": [collection["id"]]})
    return policy, collection, proxy, client


def test_what_is_created_serves_at_once(api, living, origin):
    _, collection, proxy, client = build(api, origin)
    profile = client["profiles"][0]
    assert profile["name"] == "default" and profile["client_id"] == client["id"]
    assert re.fullmatch(r"zerq_tok_[A-Za-z0-9_-]{43,}", profile["token"])
    caller = identity(client["id"], profile["id"], profile["token"])
    assert living.fetch("GET", "/shop/items/7", caller).status == 200
    assert proxy["target_path"] == "/items/{id}" and collection["path_options"]["semicolon"] == "refuse"
    shown = api.get(f"profiles/{profile['id']}")
    assert shown["auth"] == {"type": "token", "token": {"set": True, "env": None}}
    assert "token" not in shown
    for path in (f"collections/{collection['id']}", f"proxies/{proxy['id']}"):
        assert api.get(path)["status"] == "published"


def test_restart_keeps_everything(api, living, origin):
    *_, client = build(api, origin)
    caller = identity(client["id"], client["profiles"][0]["id"], client["profiles"][0]["token"])
    before = {kind: api.get(kind)["items"] for kind in
              ("collections", "proxies", "clients", "profiles", "policies", "credentials")}
    revision = api.revision()
    living.kill()
    living.start()
    assert api.revision() == revision
    assert before == {kind: api.get(kind)["items"] for kind in before}
    assert living.fetch("GET", "/shop/items/7", caller).status == 200


@pytest.mark.parametrize("kind", ["collections", "proxies", "clients", "profiles", "policies"])
def test_what_was_read_can_be_written_back_without_a_change(api, origin, kind):
    build(api, origin)
    revision = api.revision()
    for item in api.get(kind)["items"]:
        answer = api.call("PUT", f"{kind}/{item['id']}", item, status=200)
        assert {k: v for k, v in answer.json.items() if k != "warnings"} == item
        assert answer.get("ETag") == f'"{item["revision"]}"'
    assert api.revision() == revision


def test_put_replaces_and_patch_changes(api, origin):
    policy, *_ = build(api, origin)
    path = f"policies/{policy['id']}"
    changed = api.patch(path, {"rate_limit": {"requests": 5}})
    assert changed["rate_limit"] == {"requests": 5, "interval": "1m"} and changed["name"] == "silver"
    assert api.patch(path, {"rate_limit": None})["rate_limit"] is None
    replaced = api.put(path, {"name": "silver", "active": False})
    assert replaced["active"] is False and replaced["rate_limit"] is None
    assert replaced["created_at"] == policy["created_at"]
    assert replaced["updated_at"] > policy["updated_at"]


def test_put_makes_an_absent_object_and_ids_are_taken_once(api):
    wanted = "66a1b2c3d4e5f6a7b8c9d0ff"
    assert api.put(f"policies/{wanted}", {"name": "made"}, 201)["id"] == wanted
    answer = api.call("POST", "policies", {"id": wanted, "name": "other"}, status=409)
    assert answer.json["error"] == "id_taken"
    answer = api.call("POST", "policies", {"name": "made"}, status=409)
    assert answer.json["error"] == "name_taken"


def test_two_editors(api, origin):
    policy, *_ = build(api, origin)
    path, seen = f"policies/{policy['id']}", f'"{policy["revision"]}"'
    api.call("PATCH", path, {"description": "first"}, [("If-Match", seen)], status=200)
    answer = api.call("PATCH", path, {"description": "second"}, [("If-Match", seen)], status=412)
    assert answer.json["error"] == "precondition_failed"
    assert api.get(path)["description"] == "first"


BAD = [
    ({"name": "x", "colour": "red"}, "/colour"),
    ({"name": "x", "rate_limt": {}}, "/rate_limt"),
    ({"name": 7}, "/name"),
    ({"active": True}, "/name"),
    ({"name": "a/b"}, "/name"),
    ({"name": "x", "rate_limit": {"requests": "5", "interval": "1m"}}, "/rate_limit/requests"),
    ({"name": "x", "rate_limit": {"requests": 5, "interval": "90"}}, "/rate_limit/interval"),
    ({"name": "x", "per": "planet"}, "/per"),
    ({"name": "x", "created_at": "2020-01-01T00:00:00Z"}, "/created_at"),
    (b'{"name":"x","name":"y"}', ""), (b"{", ""), (b"[]", ""), (b"", ""),
]


@pytest.mark.parametrize("body,pointer", BAD)
def test_bad_input_names_the_field(api, body, pointer):
    revision = api.revision()
    answer = api.call("POST", "policies", body, status=400)
    assert answer.json["error"] == "validation_failed"
    assert pointer in [detail["pointer"] for detail in answer.json["details"]]
    assert api.revision() == revision


def test_all_problems_at_once(api):
    answer = api.call("POST", "collections", {"name": "x", "base_path": 3, "target": "ftp://x",
                                              "headers": [{"name": "a\nb", "value": "c"}],
                                              "nonsense": 1}, status=400)
    pointers = [detail["pointer"] for detail in answer.json["details"]]
    assert {"/base_path", "/nonsense"} <= set(pointers)
    near = [d for d in api.call("POST", "policies", {"name": "x", "activ": True},
                                status=400).json["details"]]
    assert 'did you mean "active"?' in near[0]["message"]


def test_dangling_references_and_taken_paths(api, origin):
    _, collection, *_ = build(api, origin)
    absent = "66a1b2c3d4e5f6a7b8c9dfff"
    answer = api.call("POST", "clients", {"name": "lost", "policy_id": absent}, status=400)
    assert answer.json["details"][0]["pointer"] == "/policy_id"
    answer = api.call("POST", "collections", {"name": "Again", "base_path": "/shop",
                                              "target": collection["target"]}, status=409)
    assert answer.json["error"] == "base_path_taken"
    answer = api.call("POST", "proxies", {"collection_id": absent, "name": "p", "methods": ["GET"],
                                          "path": "/p"}, status=400)
    assert answer.json["details"][0]["pointer"] == "/collection_id"


def test_targets_at_metadata_addresses_are_never_reached(api, living, origin):
    collection = api.post("collections", {"name": "Meta", "base_path": "/meta", "status": "published",
                                          "target": "http://169.254.169.254",
                                          "anonymous_profile_id": PROFILE})
    api.post("proxies", {"collection_id": collection["id"], "name": "all", "methods": ["GET"],
                         "path": "/*", "status": "published"})
    client = api.get(f"clients/{CLIENT}")
    api.patch(f"clients/{CLIENT}",
              {"collection_ids": client["collection_ids"] + [collection["id"]]})
    answer = living.fetch("GET", "/meta/a")
    assert (answer.status, answer.json["error"]) == (502, "upstream_forbidden")


def test_delete_refuses_what_is_in_use(api, origin):
    policy, collection, proxy, client = build(api, origin)
    answer = api.call("DELETE", f"policies/{policy['id']}", status=409)
    assert answer.json["error"] == "in_use" and client["id"] in answer.json["details"][0]["message"]
    answer = api.call("DELETE", f"policies/{policy['id']}?detach=true", status=200)
    assert answer.json["unlimited_clients"] == [{"id": client["id"], "name": "shopper"}]
    assert api.get(f"clients/{client['id']}")["policy_id"] is None
    api.call("DELETE", f"collections/{collection['id']}", status=204)
    api.call("GET", f"proxies/{proxy['id']}", status=404)
    assert api.get(f"clients/{client['id']}")["collection_ids"] == []
    api.call("DELETE", f"clients/{client['id']}", status=204)
    api.call("GET", f"profiles/{client['profiles'][0]['id']}", status=404)
    api.call("DELETE", f"clients/{client['id']}", status=404)
    answer = api.call("DELETE", f"profiles/{PROFILE}", status=409)
    assert "anonymous_profile_id" in answer.json["details"][0]["message"]


def test_rotation_keeps_the_old_token_for_the_overlap_alone(api, living):
    def status(token):
        return living.fetch("GET", "/closed/a", identity(CLIENT, TOKEN_PROFILE, token)).status

    assert status(TOKEN) == 200
    first = api.post(f"profiles/{TOKEN_PROFILE}/rotate", {"overlap_s": 60}, 200)
    assert (status(TOKEN), status(first["token"])) == (200, 200)
    second = api.post(f"profiles/{TOKEN_PROFILE}/rotate", {"overlap_s": 0}, 200)
    assert [status(t) for t in (TOKEN, first["token"], second["token"])] == [401, 401, 200]
    living.restart()  # Its file has the first token still; what was applied once is not again.
    assert [status(t) for t in (TOKEN, first["token"], second["token"])] == [401, 401, 200]


def test_rollback_brings_back_the_content_and_no_credential(api, living, origin):
    _, collection, _, client = build(api, origin)
    before = api.revision()
    rotated = api.post(f"profiles/{TOKEN_PROFILE}/rotate", {"overlap_s": 0}, 200)["token"]
    api.patch(f"collections/{collection['id']}", {"description": "changed"})
    api.call("DELETE", f"clients/{client['id']}", status=204)
    answer = api.post(f"revisions/{before}/rollback", {}, 200)
    assert answer["revision"] == api.revision() > before
    assert api.get(f"collections/{collection['id']}")["description"] is None
    for token, status in ((TOKEN, 401), (rotated, 200)):
        assert living.fetch("GET", "/closed/a",
                            identity(CLIENT, TOKEN_PROFILE, token)).status == status
    assert api.get(f"clients/{client['id']}")["active"] is False
    old = client["profiles"][0]
    assert living.fetch("GET", "/shop/items/1",
                        identity(client["id"], old["id"], old["token"])).status == 403


def test_revisions_say_who_when_and_why(api, origin):
    api.call("POST", "policies", {"name": "why"}, [("X-Change-Reason", "the audit asked")], status=201)
    page = api.get("revisions?limit=1")
    revision = page["items"][0]
    assert (revision["actor"], revision["reason"]) == ("bootstrap", "the audit asked")
    assert revision["changes"][0]["op"] == "create" and revision["changes"][0]["name"] == "why"
    assert api.get(f"revisions?limit=1&cursor={page['next_cursor']}")["items"][0]["number"] == \
        revision["number"] - 1
    assert api.get(f"revisions/{revision['number']}") == revision
    api.call("GET", "revisions/999999", status=404)


def test_lists_have_pages_filters_and_an_order(api):
    for number in range(7):
        api.post("policies", {"name": f"p{number}", "active": number % 2 == 0})
    names, cursor = [], ""
    while cursor is not None:
        page = api.get(f"policies?name_prefix=p&limit=3{cursor and '&cursor=' + cursor}")
        names += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert names == [f"p{n}" for n in range(7)]
    assert [i["name"] for i in api.get("policies?sort=-name&limit=2")["items"]] == ["p6", "p5"]
    assert [i["name"] for i in api.get("policies?active=false")["items"]] == ["p1", "p3", "p5"]
    for bad in ("colour=red", "limit=0", "limit=1001", "sort=colour", "cursor=!"):
        assert api.call("GET", f"policies?{bad}", status=400).json["error"] == "validation_failed"


def test_status_and_duplicate(api, living, origin):
    _, collection, _, client = build(api, origin)
    caller = identity(client["id"], client["profiles"][0]["id"], client["profiles"][0]["token"])
    path = f"collections/{collection['id']}"
    api.put(f"{path}/status", {"status": "draft"})
    assert living.fetch("GET", "/shop/items/1", caller).status == 404
    copy = api.post(f"{path}/duplicate", {"name": "Shop two", "base_path": "/shop2"})
    assert copy["status"] == "draft" and copy["target"] == collection["target"]
    proxies = api.get(f"proxies?collection_id={copy['id']}")["items"]
    assert [p["name"] for p in proxies] == ["items"] and proxies[0]["status"] == "draft"
    api.put(f"{path}/status", {"status": "published"})
    assert living.fetch("GET", "/shop/items/1", caller).status == 200
    api.call("PUT", f"{path}/status", {"status": "gone"}, status=400)


def test_secrets_are_written_only(api, living):
    secret = "s3cret-that-must-not-be-shown-0123456789"
    profile = api.post("profiles", {"client_id": CLIENT, "name": "hmac", "auth": {
        "type": "jwt", "secret": {"value": secret}, "algorithms": ["HS256"]}})
    path = f"profiles/{profile['id']}"
    assert profile["auth"]["secret"] == {"set": True, "env": None}
    assert api.patch(path, {"auth": {"issuer": "me"}})["auth"]["secret"]["set"] is True
    answer = api.call("PATCH", path, {"auth": {"secret": "unwrapped"}}, status=400)
    assert answer.json["details"][0]["pointer"] == "/auth/secret"
    assert "unwrapped" not in answer.body.decode()
    missing = api.patch(path, {"auth": {"secret": {"env": "NOT_THERE"}}})
    assert missing["auth"]["secret"] == {"set": True, "env": "NOT_THERE"}
    assert "secret_unavailable" in missing["warnings"][0]["message"]
    assert any("NOT_THERE" in warning for warning in api.get("status")["warnings"])
    for reserved in ("ZERQ_ADMIN_TOKEN", "ENCRYPTION_KEY", "REDIS_URL"):
        api.call("PATCH", path, {"auth": {"secret": {"env": reserved}}}, status=400)
    living.stop()
    for file in living.data_dir.rglob("*"):
        if file.is_file() and file.name != "admin-token":
            assert secret.encode() not in file.read_bytes(), file
            assert TOKEN.encode() not in file.read_bytes(), file


@pytest.mark.parametrize("token", ["short", "hash:" + "0" * 64 + ":9223372036854775807"])
def test_a_token_is_given_as_itself_alone(api, token):
    body = {"client_id": CLIENT, "name": "given", "auth": {"type": "token", "token": {"value": token}}}
    answer = api.call("POST", "profiles", body, status=400)
    assert answer.json["details"][0]["pointer"] == "/auth/token"


def test_keys_rotate_online(api, living):
    api.post("profiles", {"client_id": CLIENT, "name": "hmac", "auth": {
        "type": "jwt", "secret": {"value": "x" * 40}, "algorithms": ["HS256"]}})
    before = api.get("status")["secrets_by_key"]
    rotated = api.post("keys/rotate", {}, 200)
    after = api.get("status")["secrets_by_key"]
    assert list(after) == [rotated["key_id"]] and after[rotated["key_id"]] == sum(before.values())
    assert rotated["key_id"] not in before
    living.restart()
    assert api.get("status")["secrets_by_key"] == after
    assert living.fetch("GET", "/closed/a",
                        identity(CLIENT, TOKEN_PROFILE, TOKEN)).status == 200


def test_settings_are_one_object(api, living):
    assert api.get("settings")["headers_max"] == 256
    changed = api.patch("settings", {"headers_max": 12, "peer": {"head_ms": 9000}})
    assert changed["headers_max"] == 12 and changed["peer"]["body_idle_ms"] == 30000
    assert living.fetch("GET", "/open/a", [(f"X-{n}", "v") for n in range(20)]).status == 431
    assert api.put("settings", {})["headers_max"] == 256
    assert living.fetch("GET", "/open/a", [(f"X-{n}", "v") for n in range(20)]).status == 200
    api.call("POST", "settings", {}, status=405)


def test_calls_of_other_shapes(api, living):
    assert api.call("POST", "policies", b"{}", [("Content-Type", "text/plain")]).status in (400, 415)
    answer = living.admin("POST", "/api/v1/policies", headers=[("Content-Type", "text/plain")],
                          body=b"{}")
    assert (answer.status, answer.json["error"]) == (415, "unsupported_media_type")
    for method, path, status in (("GET", "nothing", 404), ("DELETE", "policies", 405),
                                 ("GET", "policies/short", 404), ("POST", "status", 405),
                                 ("GET", "policies/66a1b2c3d4e5f6a7b8c9d0aa", 404),
                                 ("POST", f"profiles/{TOKEN_PROFILE}/explode", 404)):
        answer = api.call(method, path, {} if method == "POST" else None, status=status)
        assert answer.json["request_id"] == answer.get("X-Request-ID")
    assert living.admin("GET", "/api/v1/policies", token=None).status == 401


def test_killed_while_it_writes_the_store_holds_what_was_acknowledged(api, living):
    names = []
    for number in range(12):
        names.append(api.post("policies", {"name": f"k{number}"})["name"])
        if number % 3 == 2:
            living.kill()
            living.start()
            assert [i["name"] for i in api.get("policies?name_prefix=k&limit=1000")["items"]] == \
                sorted(names)
