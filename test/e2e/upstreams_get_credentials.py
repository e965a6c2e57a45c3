# SPDX-License-Identifier: Apache-2.0
"""Credentials of type api_key and basic: what the upstream gets, and who never sees it (semantics §5)."""
import base64
import json
import pathlib

import pytest

from config_files import IDENTITY, open_config
from gateway import run_command

KEY = "s3cret/key+of&ours"
PASSWORD = "pass:wörd"
BASIC = "Basic " + base64.b64encode(f"zerq:{PASSWORD}".encode()).decode()

HEADER = {"name": "header", "type": "api_key", "key_name": "X-Backend-Key", "api_key": {"value": KEY}}
QUERY = {"name": "query", "type": "api_key", "key_in": "query", "key_name": "api key",
         "api_key": {"env": "E2E_KEY"}}
USER = {"name": "user", "type": "basic", "username": "zerq", "password": {"value": PASSWORD}}


def config_with(port, *credentials, collection=None, proxy=None, closed=None):
    config = open_config(port)
    config["credentials"] = list(credentials)
    first = config["collections"][0]
    if collection:
        first["credential"] = collection
    if proxy:
        first["proxies"].insert(0, {"name": "own", "methods": ["GET"], "path": "/own",
                                    "target_path": "/own?fixed=1", "status": "published",
                                    "credential": proxy})
    if closed:
        config["collections"][1]["credential"] = closed
    return config


def test_header_key_replaces_the_callers(start, origin):
    gateway = start(config_with(origin.port, HEADER, collection="header"))
    assert gateway.fetch("GET", "/open/a", [("x-backend-key", "mine"), ("X-Backend-Key", "2")]).status == 200
    assert origin.last().all("X-Backend-Key") == [KEY]
    assert not [line for line in gateway.log if "not enforced" in line]


def test_credential_goes_after_configured_headers(start, origin):
    config = config_with(origin.port, HEADER, collection="header")
    config["collections"][0]["headers"] = [{"name": "X-BACKEND-KEY", "value": "configured"}]
    assert start(config).fetch("GET", "/open/a").status == 200
    assert origin.last().all("X-Backend-Key") == [KEY]


@pytest.mark.parametrize("sent,seen", [
    ("/own", "/own?fixed=1&api%20key=K"), ("/own?", "/own?fixed=1&api%20key=K"),
    ("/own?a=%2f&&b", "/own?fixed=1&a=%2f&&b&api%20key=K"),
    ("/own?api%20key=evil&a=1", "/own?fixed=1&a=1&api%20key=K"),
    ("/own?api+key=evil", "/own?fixed=1&api%20key=K"),
    ("/own?%61pi%20key=evil&API%20KEY=x", "/own?fixed=1&API%20KEY=x&api%20key=K")])
def test_query_key_replaces_the_same_named(start, origin, sent, seen):
    gateway = start(config_with(origin.port, QUERY, proxy="query"), environment={"E2E_KEY": KEY})
    assert gateway.fetch("GET", "/open" + sent).status == 200
    assert origin.last().target == seen.removesuffix("K") + "s3cret%2Fkey%2Bof%26ours"


def test_basic_replaces_authorization_and_proxies_override(start, origin):
    gateway = start(config_with(origin.port, HEADER, USER, collection="header", proxy="user", closed="user"))
    assert gateway.fetch("GET", "/open/own", [("Authorization", "Bearer mine")]).status == 200
    assert origin.last().all("Authorization") == [BASIC]
    assert origin.last().all("X-Backend-Key") == []
    assert gateway.fetch("GET", "/open/other").status == 200
    assert origin.last().all("X-Backend-Key") == [KEY]
    assert gateway.fetch("GET", "/closed/a", IDENTITY).status == 200
    assert origin.last().all("Authorization") == [BASIC]


def test_an_unset_secret_is_500_until_it_is_there(start, origin, tmp_path):
    secret = tmp_path / "key"
    file_key = HEADER | {"api_key": {"file": str(secret)}}
    config = config_with(origin.port, file_key, closed="header")
    config["collections"][1]["proxies"].insert(0, {
        "name": "own", "methods": ["GET"], "path": "/own", "status": "published", "required_scopes": ["x"]})
    gateway = start(config)
    warning = [line for line in gateway.log if "secret_unavailable" in line]
    assert len(warning) == 1 and "credentials[0].api_key" in warning[0]
    answer = gateway.fetch("GET", "/closed/a", IDENTITY)
    assert (answer.status, answer.json["error"]) == (500, "secret_unavailable")
    assert origin.received == []
    assert gateway.fetch("GET", "/open/a").status == 200
    assert gateway.fetch("GET", "/closed/a").status == 403     # Identity comes first,
    assert gateway.fetch("GET", "/closed/own", IDENTITY).status == 403  # and scopes.
    secret.write_text("from-a-file\n")
    gateway.reload(config, lambda: gateway.fetch("GET", "/closed/a", IDENTITY).status == 200)
    assert origin.last().all("X-Backend-Key") == ["from-a-file"]
    secret.write_text("rotated\n")
    gateway.reload(config, lambda: (gateway.fetch("GET", "/closed/a", IDENTITY),
                                    origin.last().all("X-Backend-Key") == ["rotated"])[1])
    secret.unlink()
    gateway.reload(config, lambda: gateway.fetch("GET", "/closed/a", IDENTITY).status == 500)


def test_a_changed_key_reaches_routes_that_did_not_change(start, origin):
    gateway = start(config_with(origin.port, HEADER, collection="header"))
    other = config_with(origin.port, HEADER | {"api_key": {"value": "new"}}, collection="header")
    gateway.reload(other, lambda: (gateway.fetch("GET", "/open/a"),
                                   origin.last().all("X-Backend-Key") == ["new"])[1])


def test_no_log_and_no_record_has_it(start, origin):
    gateway = start(config_with(origin.port, QUERY, USER, proxy="query", closed="user"),
                    environment={"E2E_KEY": KEY})
    answers = [gateway.fetch("GET", "/open/own?a=1"), gateway.fetch("GET", "/closed/a", IDENTITY)]
    assert [answer.status for answer in answers] == [200, 200]
    for answer in answers:
        text = repr(gateway.record_of(answer, sealed=True)) + repr(answer)
        for secret in (KEY, "s3cret%2F", PASSWORD, BASIC.split()[1]):
            assert secret not in text
    gateway.stop()
    kept = b"".join(path.read_bytes() for path in pathlib.Path(gateway.data_dir).rglob("*") if path.is_file())
    log = "\n".join(gateway.log)
    for secret in (KEY, "s3cret%2F", BASIC.split()[1]):
        assert secret.encode() not in kept and secret not in log


def test_hosts_outside_the_list_are_refused(tmp_path, origin):
    def check(hosts, **more):
        path = tmp_path / "file.yaml"
        path.write_text(json.dumps(config_with(origin.port, HEADER | {"allowed_hosts": hosts}, **more)))
        done = run_command("check", path)
        return done.returncode, done.stderr

    assert check(["127.0.0.1"], collection="header")[0] == 0
    assert check([], collection="header")[0] == 0
    code, text = check(["api.example"], collection="header")
    assert code == 2 and "collections[0].credential: " in text and "127.0.0.1" in text
    code, text = check(["api.example"], proxy="header")
    assert code == 2 and "collections[0].proxies[0].credential: " in text
    assert KEY not in text
