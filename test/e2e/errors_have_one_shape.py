# SPDX-License-Identifier: Apache-2.0
"""Each reachable error code: status, body of exactly three members, fixed text (semantics §8)."""
import re
import time

import pytest

from config_files import CLIENT, IDENTITY, TOKEN, TOKEN_PROFILE, collection, open_config
from origin import closed_port
from raw_client import build_request

MESSAGES = {}


def check(gateway, answer, status, code, closes=False):
    assert (answer.status, answer.json.get("error")) == (status, code), (answer.head, answer.body)
    assert set(answer.json) == {"error", "message", "request_id"}
    assert answer.get("Content-Type") == "application/json"
    assert answer.get("X-Request-ID") == answer.json["request_id"]
    message = answer.json["message"]
    assert message and not re.search(r"127\.0\.0\.1|/open|/tmp|zerq_tok|0x[0-9a-f]", message)
    assert MESSAGES.setdefault(code, message) == message, "a code has one message"
    if closes:
        assert answer.get("Connection") == "close"
    record = gateway.record_of(answer)
    assert (record["status"], record["error"]) == (status, code)
    return record


RAW = [  # (bytes, status, code, closes)
    (b"GET /open/a HTTP/1.1\r\nHost: g\r\nBad Header: x\r\n\r\n", 400, "malformed_request", True),
    (b"GET /open/a HTTP/1.1\r\n\r\n", 400, "malformed_request", True),
    (b"nonsense\r\n\r\n", 400, "malformed_request", True),
    (b"POST /open/a HTTP/1.1\r\nHost: g\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     400, "malformed_request", True),
    (b"GET /open/a%2Fb HTTP/1.1\r\nHost: g\r\n\r\n", 400, "ambiguous_path", False),
    (b"GET /open/../../x HTTP/1.1\r\nHost: g\r\n\r\n", 400, "ambiguous_path", False),
    (b"GET /open/a;b HTTP/1.1\r\nHost: g\r\n\r\n", 400, "ambiguous_path", False),
    (b"GET /nowhere HTTP/1.1\r\nHost: g\r\n\r\n", 404, "route_not_found", False),
    (b"GET /openly HTTP/1.1\r\nHost: g\r\n\r\n", 404, "route_not_found", False),
    (b"GET /closed/a HTTP/1.1\r\nHost: g\r\n\r\n", 403, "access_denied", False),
    (b"GET /closed/a HTTP/1.1\r\nHost: g\r\nX-Client-ID: 000000000000000000000000\r\n"
     b"X-Profile-ID: 000000000000000000000000\r\n\r\n", 403, "access_denied", False),
    (b"GET /open/a HTTP/1.1\r\nHost: g\r\nX-Client-ID: " + CLIENT.encode() + b"\r\n\r\n",
     403, "access_denied", False),
    (b"GET /" + b"a" * 17000 + b" HTTP/1.1\r\nHost: g\r\n\r\n", 414, "uri_too_long", False),
    (b"GET /open/a HTTP/1.1\r\nHost: g\r\nExpect: 200-ok\r\n\r\n", 417, "expectation_failed", False),
    (b"GET /open/a HTTP/1.1\r\nHost: g\r\nX: " + b"a" * 70000 + b"\r\n\r\n", 431, "headers_too_large", True),
    (b"GET /open/a HTTP/1.1\r\nHost: g\r\n" + b"A: b\r\n" * 300 + b"\r\n", 431, "headers_too_large", True),
    (b"TRACE /open/a HTTP/1.1\r\nHost: g\r\n\r\n", 501, "not_implemented", False),
    (b"BREW /open/a HTTP/1.1\r\nHost: g\r\n\r\n", 501, "not_implemented", False),
    (b"CONNECT g:443 HTTP/1.1\r\nHost: g:443\r\n\r\n", 501, "not_implemented", False),
    (b"GET /open/a HTTP/3.0\r\nHost: g\r\n\r\n", 505, "http_version_not_supported", False),
]


@pytest.mark.parametrize("sent,status,code,closes", RAW, ids=lambda v: str(v)[:40] if isinstance(v, bytes) else str(v))
def test_refused_at_the_door(gateway, origin, sent, status, code, closes):
    with gateway.peer() as peer:
        peer.send(sent)
        answer = peer.read_answer()
        record = check(gateway, answer, status, code, closes)
        if closes:
            assert peer.is_closed_within(3)
    assert record.get("upstream") in (None, {}) or not record["upstream"].get("address")
    assert origin.received == []


def identity(**changes):
    base = {"client": CLIENT, "profile": TOKEN_PROFILE, "token": f"Bearer {TOKEN}"} | changes
    headers = [("X-Client-ID", base["client"]), ("X-Profile-ID", base["profile"])]
    return headers + ([("Authorization", base["token"])] if base["token"] else [])


@pytest.mark.parametrize("headers", [
    identity(token=None), identity(token="Bearer wrong"), identity(token=f"Bearer {TOKEN}x"),
    identity(token=f"Basic {TOKEN}"), identity(token="Bearer"),
    identity() + [("Authorization", f"Bearer {TOKEN}")],
], ids=["none", "wrong", "longer", "basic", "empty", "twice"])
def test_invalid_token(gateway, origin, headers):
    answer = gateway.fetch("GET", "/closed/a", headers)
    check(gateway, answer, 401, "invalid_token")
    assert answer.get("WWW-Authenticate") == 'Bearer realm="zerq", error="invalid_token"'
    assert origin.received == []


@pytest.mark.parametrize("headers", [
    identity(client="ffffffffffffffffffffffff"), identity(profile="ffffffffffffffffffffffff"),
    identity() + [("X-Client-ID", CLIENT)], identity(client="short"),
], ids=["client", "profile", "twice", "short"])
def test_access_denied(gateway, headers):
    check(gateway, gateway.fetch("GET", "/closed/a", headers), 403, "access_denied")


def test_the_reason_is_only_in_the_record(gateway):
    unknown = gateway.fetch("GET", "/closed/a", identity(client="ffffffffffffffffffffffff"))
    profile = gateway.fetch("GET", "/closed/a", identity(profile="ffffffffffffffffffffffff"))
    strip = lambda a: {k: v for k, v in a.json.items() if k != "request_id"}
    assert strip(unknown) == strip(profile)
    reasons = {gateway.record_of(a)["reason"] for a in (unknown, profile)}
    assert len(reasons) == 2 and None not in reasons


def test_method_not_allowed_names_the_others(start, origin):
    proxies = [{"name": "r", "methods": ["GET"], "path": "/pets/{id}", "target_path": "/p/{id}", "status": "published"},
               {"name": "w", "methods": ["PUT"], "path": "/pets/*", "target_path": "/*", "status": "published"}]
    gateway = start(open_config(origin.port, proxies=None) | {"collections": [
        collection("Open", "/open", origin.port, proxies, anonymous_profile="acme/internal"),
        collection("Closed", "/closed", origin.port)]})
    answer = gateway.fetch("DELETE", "/open/pets/1")
    check(gateway, answer, 405, "method_not_allowed")
    assert {m.strip() for m in answer.get("Allow").split(",")} >= {"GET", "PUT"}


def test_insufficient_scope(start, origin):
    config = open_config(origin.port)
    config["collections"][1]["proxies"][0]["required_scopes"] = ["pets:write"]
    gateway = start(config)
    answer = gateway.fetch("GET", "/closed/a", IDENTITY)
    record = check(gateway, answer, 403, "insufficient_scope")
    assert "insufficient_scope" in answer.get("WWW-Authenticate")
    assert record["scopes"]["required"] == ["pets:write"]


def test_rate_limit(start, origin):
    gateway = start(open_config(origin.port, policy={"rate_limit": {"requests": 2, "interval": "1m"}}))
    for _ in range(2):
        assert gateway.fetch("GET", "/open/a").status == 200
    answer = gateway.fetch("GET", "/open/a")
    check(gateway, answer, 429, "rate_limit_exceeded")
    assert 0 < int(answer.get("Retry-After")) <= 60


def test_slow_head_is_408(start, origin):
    gateway = start(open_config(origin.port, settings={"peer": {"head_ms": 300}}))
    with gateway.peer() as peer:
        peer.send("GET /open/a HT")
        check(gateway, peer.read_answer(), 408, "request_timeout", closes=True)


def test_slow_body_is_408(start, origin):
    gateway = start(open_config(origin.port, settings={"peer": {"body_idle_ms": 300}}))
    with gateway.peer() as peer:
        peer.send("POST /open/a HTTP/1.1\r\nHost: g\r\nContent-Length: 10\r\n\r\nabc")
        check(gateway, peer.read_answer(), 408, "request_timeout", closes=True)


def test_unreachable_upstream(start):
    gateway = start(open_config(closed_port()))
    record = check(gateway, gateway.fetch("GET", "/open/a"), 502, "upstream_unreachable")
    assert record["upstream"]["address"].startswith("127.0.0.1:")


@pytest.mark.parametrize("nonsense", [
    b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nBad Header: x\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nX: a\r\n folded\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: " + b"a" * 140000 + b"\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
], ids=["ssh", "status", "name", "lengths", "both", "fold", "size", "nul"])
def test_invalid_upstream(gateway, origin, nonsense):
    origin.answer("/", lambda call: (call.send(nonsense), call.close()))
    check(gateway, gateway.fetch("GET", "/open/a"), 502, "upstream_invalid")


def test_upstream_that_closes_without_an_answer(gateway, origin):
    origin.answer("/", lambda call: call.close())
    check(gateway, gateway.fetch("POST", "/open/a", body=b"x"), 502, "upstream_unreachable")


def test_silent_upstream_is_504(start, origin):
    origin.answer("/hang", lambda call: call.hold())
    gateway = start(open_config(origin.port, timeouts={"request_ms": 300}))
    begin = time.monotonic()
    answer = gateway.fetch("GET", "/open/hang")
    assert 0.29 < time.monotonic() - begin < 1.5
    check(gateway, answer, 504, "upstream_timeout")


def test_while_draining_the_last_answer_closes(start, origin):
    origin.answer("/slow", lambda call: (time.sleep(1.5), call.reply()))
    gateway = start(open_config(origin.port))
    with gateway.peer() as busy, gateway.peer() as late:
        busy.send(build_request("GET", "/open/slow"))
        late.send(b"GET /open/a HTTP/1.1\r\nHost: g\r\n")  # Its request has begun: it is in flight.
        origin.wait_for(lambda r: r)
        gateway.process.terminate()
        time.sleep(0.2)
        late.send(b"\r\n")
        answer = late.read_answer()
        assert answer.status == 200 or answer.json["error"] == "draining"
        assert answer.get("Connection") == "close"
        assert busy.read_answer().status == 200


def test_no_method_has_a_body_error_on_head(gateway):
    with gateway.peer() as peer:
        answer = peer.request("HEAD", "/nowhere")
        assert (answer.status, answer.body) == (404, b"")
        assert peer.get("/open/a").status == 200


def test_options_star(gateway):
    answer = gateway.fetch("OPTIONS", "*")
    assert (answer.status, answer.body) == (204, b"")
    assert "GET" in answer.get("Allow")
    assert gateway.fetch("GET", "*").status == 400
