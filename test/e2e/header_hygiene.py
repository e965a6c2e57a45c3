# SPDX-License-Identifier: Apache-2.0
"""Which headers reach the upstream and the caller, and which are remade (semantics §5)."""
import re

import pytest

from config_files import CLIENT, IDENTITY, PROFILE, TOKEN_PROFILE, collection, open_config

UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")


def forwarded(gateway, origin, headers, target="/open/a", **more):
    answer = gateway.fetch("GET", target, headers, **more)
    assert answer.status == 200, answer
    return origin.last()


def test_end_to_end_headers_pass_unchanged(gateway, origin):
    sent = [("Accept", "a/b, c/d;q=0.5"), ("X-Custom", "  padded\tinside"), ("Cookie", "a=1; b=2"),
            ("User-Agent", "t/1"), ("X-Twice", "1"), ("X-Twice", "2"), ("X-Empty", "")]
    got = forwarded(gateway, origin, sent)
    for name, value in sent:
        assert value.strip() in [v.strip() for v in got.all(name)]
    assert got.all("X-Twice") == ["1", "2"]


def test_host_is_the_targets(gateway, origin):
    assert forwarded(gateway, origin, []).all("Host") == [f"127.0.0.1:{origin.port}"]


def test_preserve_host(start, origin):
    gateway = start(open_config(origin.port, preserve_host=True))
    assert forwarded(gateway, origin, [], host="shop.example").all("Host") == ["shop.example"]


def test_hop_by_hop_headers_end_here(gateway, origin):
    got = forwarded(gateway, origin, [
        ("Connection", "X-Private, keep-alive"), ("X-Private", "1"), ("Keep-Alive", "timeout=5"),
        ("Proxy-Connection", "close"), ("Proxy-Authorization", "x"), ("Upgrade", "h2c"),
        ("TE", "gzip")])
    for name in ("X-Private", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Upgrade", "TE"):
        assert got.all(name) == [], name


@pytest.mark.parametrize("name", ["Content-Length", "Transfer-Encoding", "Host", "Authorization",
                                  "X-Forwarded-For", "Forwarded", "X-Zerq-Client", "X-Request-ID"])
def test_connection_cannot_name_what_matters(gateway, origin, name):
    answer = gateway.fetch("POST", "/open/a", [("Connection", name), ("Authorization", "Basic eA==")],
                           body=b"12345")
    if answer.status == 400:
        return
    assert answer.status == 200
    got = origin.last()
    assert got.body == b"12345"
    assert got.all("Content-Length") == ["5"]
    assert len(got.all("Host")) == 1
    assert got.all("Authorization") == ["Basic eA=="]
    assert got.all("X-Forwarded-For") == ["127.0.0.1"]
    assert got.all("X-Zerq-Client") == [CLIENT]
    assert len(got.all("X-Request-ID")) == 1


def test_identity_headers_are_ours(gateway, origin):
    got = forwarded(gateway, origin, [
        ("X-Zerq-Client", "evil"), ("X-Zerq-Scopes", "admin"), ("x-zerq-anything", "evil")])
    assert got.all("X-Zerq-Client") == [CLIENT]
    assert got.all("X-Zerq-Profile") == [PROFILE]
    assert got.all("X-Zerq-Anything") == []
    assert "admin" not in "".join(got.all("X-Zerq-Scopes"))


def test_underscore_twins_of_our_headers_are_dropped(gateway, origin):
    got = forwarded(gateway, origin, [("X_Zerq_Client", "evil"), ("X_Forwarded_For", "6.6.6.6"),
                                      ("X_Request_ID", "evil"), ("x_forwarded_proto", "https"),
                                      ("X_Harmless", "1")])
    for name in ("X_Zerq_Client", "X_Forwarded_For", "X_Request_ID", "x_forwarded_proto"):
        assert got.all(name) == [], name
    assert got.all("X_Harmless") == ["1"]


def test_consumed_credential_is_not_forwarded(gateway, origin):
    got = forwarded(gateway, origin, IDENTITY, "/closed/a")
    for name in ("Authorization", "X-Client-ID", "X-Profile-ID"):
        assert got.all(name) == [], name
    assert got.all("X-Zerq-Profile") == [TOKEN_PROFILE]
    assert got.all("X-Zerq-Scopes") == ["pets:read"]


def test_authorization_passes_where_nobody_consumed_it(gateway, origin):
    got = forwarded(gateway, origin, [("Authorization", "Bearer for-the-upstream")])
    assert got.all("Authorization") == ["Bearer for-the-upstream"]


def test_forward_credentials(start, origin):
    config = open_config(origin.port)
    config["collections"][1]["forward_credentials"] = True
    got = forwarded(start(config), origin, IDENTITY, "/closed/a")
    for name, value in IDENTITY:
        assert got.all(name) == [value]


def test_forwarded_headers_are_rebuilt_for_strangers(gateway, origin):
    got = forwarded(gateway, origin, [
        ("X-Forwarded-For", "1.2.3.4"), ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "evil"), ("Forwarded", "for=1.2.3.4")], host="shop.example")
    assert got.all("X-Forwarded-For") == ["127.0.0.1"]
    assert got.all("X-Forwarded-Proto") == ["http"]
    assert got.all("X-Forwarded-Host") == ["shop.example"]
    assert len(got.all("Forwarded")) == 1 and "1.2.3.4" not in got.get("Forwarded")
    assert "for=127.0.0.1" in got.get("Forwarded").replace('"', "")


def test_trusted_proxy_is_believed(start, origin):
    gateway = start(open_config(origin.port, settings={"trusted_proxies": ["127.0.0.0/8"]}))
    answer = gateway.fetch("GET", "/open/a", [
        ("X-Forwarded-For", "9.9.9.9, 203.0.113.7, 127.0.0.5"), ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "shop.example"), ("X-Request-ID", "from-the-edge.1")])
    got = origin.last()
    assert got.all("X-Forwarded-For") == ["9.9.9.9, 203.0.113.7, 127.0.0.5, 127.0.0.1"]
    assert got.all("X-Forwarded-Proto") == ["https"]
    assert got.all("X-Forwarded-Host") == ["shop.example"]
    assert got.all("X-Request-ID") == ["from-the-edge.1"]
    assert answer.get("X-Request-ID") == "from-the-edge.1"
    record = gateway.record_of(answer)
    assert (record["client_ip"], record["peer_ip"]) == ("203.0.113.7", "127.0.0.1")


@pytest.mark.parametrize("forwarded_for,expected", [
    ("127.0.0.9", "127.0.0.9"),                      # All trusted: the leftmost.
    ("203.0.113.7, junk, 127.0.0.5", "127.0.0.5"),   # Unparsable: stop at its right neighbour.
    ("[2001:db8::1]:443", "2001:db8::1"),            # Ports and brackets are stripped.
    ("::ffff:203.0.113.9", "203.0.113.9"),           # IPv4-mapped is IPv4.
    ("203.0.113.7:1234", "203.0.113.7"),
])
def test_walk_over_trusted_hops(start, origin, forwarded_for, expected):
    gateway = start(open_config(origin.port, settings={"trusted_proxies": ["127.0.0.0/8"]}))
    answer = gateway.fetch("GET", "/open/a", [("X-Forwarded-For", forwarded_for)])
    assert gateway.record_of(answer)["client_ip"] == expected


def test_ill_formed_request_id_of_a_trusted_peer_is_replaced(start, origin):
    gateway = start(open_config(origin.port, settings={"trusted_proxies": ["127.0.0.1"]}))
    for bad in ("a b", "x" * 129, 'a"b'):
        answer = gateway.fetch("GET", "/open/a", [("X-Request-ID", bad)])
        assert UUID7.match(answer.get("X-Request-ID")), answer.headers


def test_request_id_is_made_here(gateway, origin):
    origin.answer("/", lambda call: call.reply(headers=[("X-Request-ID", "of-the-upstream")]))
    ids = set()
    for _ in range(5):
        answer = gateway.fetch("GET", "/open/a", [("X-Request-ID", "of-a-stranger")])
        assert answer.all("X-Request-ID") == origin.last().all("X-Request-ID")
        assert UUID7.match(answer.get("X-Request-ID"))
        ids.add(answer.get("X-Request-ID"))
    assert len(ids) == 5


def test_response_hop_by_hop_headers_end_here(gateway, origin):
    origin.answer("/", lambda call: call.reply(headers=[
        ("Connection", "X-Private"), ("X-Private", "1"), ("Keep-Alive", "timeout=9"),
        ("Proxy-Authenticate", "Basic"), ("X-Public", "2")]))
    answer = gateway.fetch("GET", "/open/a")
    assert answer.all("X-Public") == ["2"]
    for name in ("X-Private", "Keep-Alive", "Proxy-Authenticate"):
        assert answer.all(name) == [], name


def test_several_set_cookies_stay_several(gateway, origin):
    origin.answer("/", lambda call: call.reply(headers=[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]))
    assert gateway.fetch("GET", "/open/a").all("Set-Cookie") == ["a=1", "b=2"]


def test_configured_headers_replace_the_callers(start, origin):
    proxies = [{"name": "p", "methods": ["GET"], "path": "/*", "target_path": "/*",
                "status": "published", "headers": [{"name": "X-Layer", "value": "proxy"}]}]
    config = open_config(origin.port)
    config["collections"][0] = collection(
        "Open", "/open", origin.port, proxies, anonymous_profile="acme/internal",
        headers=[{"name": "X-Env", "value": "demo"}, {"name": "X-Layer", "value": "collection"}],
        response_headers={"set": [{"name": "X-Powered", "value": "us"}], "remove": ["Server"]})
    origin.answer("/", lambda call: call.reply(headers=[("Server", "secret/1"), ("X-Powered", "it")]))
    gateway = start(config)
    answer = gateway.fetch("GET", "/open/a", [("X-Env", "callers"), ("x-env", "again")])
    assert origin.last().all("X-Env") == ["demo"]
    assert origin.last().all("X-Layer") == ["proxy"]
    assert answer.all("X-Powered") == ["us"]
    assert answer.all("Server") == []


def test_query_passes_byte_for_byte(gateway, origin):
    query = "a=%41&b=%2F%2f&c&&=;d=/../x?y=1"
    forwarded(gateway, origin, [], f"/open/q?{query}")
    assert origin.last().target == f"/q?{query}"


def test_path_is_forwarded_canonical(gateway, origin):
    for sent, got in (("/open/a/./b/../c", "/a/c"), ("/open//a", "/a"), ("/open/%41%7e", "/A~"),
                      ("/open/x%2b%3a", "/x%2B%3A"), ("/open/a/", "/a/")):
        forwarded(gateway, origin, [], sent)
        assert origin.last().target == got, sent
