# SPDX-License-Identifier: Apache-2.0
"""CORS of a collection: preflights, and what every other answer tells a browser (semantics §4)."""
import pytest

from config_files import collection, open_config

APP = "https://app.example"
CORS = {"allow_origins": [APP, "https://*.shop.example"], "allow_methods": ["GET", "PUT"],
        "expose_headers": ["X-Total"], "allow_credentials": True, "max_age_s": 77}


def cors_config(port, cors=None, **more):
    config = open_config(port, cors=cors or CORS, **more)
    config["collections"][1]["cors"] = cors or CORS
    return config


@pytest.fixture(scope="module")
def cors(io, module_origin):
    from gateway import Gateway
    policy = {"rate_limit": {"requests": 2, "interval": "1h"}}
    config = cors_config(module_origin.port, policy=policy)
    config["collections"].append(collection("Plain", "/plain", module_origin.port,
                                            anonymous_profile="acme/internal"))
    config["clients"][0]["collections"].append("Plain")
    gateway = Gateway(config, io)
    yield gateway
    gateway.dispose()


def preflight(gateway, target, origin=APP, method="PUT", headers=()):
    return gateway.fetch("OPTIONS", target, [("Origin", origin),
                                             ("Access-Control-Request-Method", method), *headers])


def allowed(answer):
    return answer.all("Access-Control-Allow-Origin")


def test_preflight_is_answered_before_route_and_identity(cors, origin):
    asked = ("Access-Control-Request-Headers", "content-type,x-a")
    for target in ("/closed/a", "/closed", "/open/nothing/here"):
        answer = preflight(cors, target, headers=[asked])
        assert (answer.status, answer.body) == (204, b"")
        assert allowed(answer) == [APP]
        assert answer.all("Vary") == ["Origin"]
        assert answer.all("Access-Control-Allow-Methods") == ["GET, PUT"]
        assert answer.all("Access-Control-Allow-Headers") == ["content-type,x-a"]
        assert answer.all("Access-Control-Allow-Credentials") == ["true"]
        assert answer.all("Access-Control-Max-Age") == ["77"]
        assert answer.get("Content-Length") is None
    assert origin.received == []


def test_preflight_is_recorded_and_not_counted(cors, origin):
    for _ in range(5):  # More than the policy's two.
        answer = preflight(cors, "/open/a")
        assert answer.status == 204
        assert answer.get("RateLimit") is None
    record = cors.record_of(answer)
    assert (record["method"], record["status"], record["error"]) == ("OPTIONS", 204, None)
    assert record["route"]["collection_id"] and record["route"]["proxy_id"] is None
    assert record["client_id"] is None


def test_preflight_without_a_collection_is_404(cors):
    answer = preflight(cors, "/nobody/a")
    assert (answer.status, allowed(answer), answer.get("Vary")) == (404, [], None)


def test_preflight_of_a_foreign_origin_learns_nothing(cors):
    answer = preflight(cors, "/open/a", "https://evil.example")
    assert (answer.status, answer.all("Vary")) == (204, ["Origin"])
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def test_preflight_with_a_body_ends_its_connection(cors, origin):
    answer = cors.fetch("OPTIONS", "/open/a", [("Origin", APP), ("Access-Control-Request-Method", "PUT")],
                        body=b"hello")
    assert (answer.status, answer.get("Connection")) == (204, "close")


@pytest.mark.parametrize("sent", [[], [("Origin", APP)], [("Access-Control-Request-Method", "PUT")]])
def test_other_options_go_their_way(cors, origin, sent):
    answer = cors.fetch("OPTIONS", "/closed/a", sent)
    assert (answer.status, answer.json["error"]) == (403, "access_denied")


def test_without_cors_options_is_an_ordinary_method(cors, origin, start):
    gateway = start(open_config(origin.port))
    assert preflight(gateway, "/open/a").status == 200
    assert origin.last().method == "OPTIONS"
    origin.answer("/", lambda call: call.reply(headers=[("Access-Control-Allow-Origin", "its own")]))
    assert allowed(gateway.fetch("GET", "/open/a", [("Origin", APP)])) == ["its own"]


def test_the_upstreams_are_dropped(start, origin):
    gateway = start(cors_config(origin.port))
    origin.answer("/", lambda call: call.reply(headers=[
        ("Access-Control-Allow-Origin", "*"), ("access-control-allow-methods", "BREW"),
        ("Access-Control-Expose-Headers", "X-Secret"), ("Vary", "origin"), ("Vary", "Accept-Encoding")]))
    answer = gateway.fetch("GET", "/open/a", [("Origin", APP)])
    assert allowed(answer) == [APP]
    assert answer.all("Access-Control-Expose-Headers") == ["X-Total"]
    assert answer.all("Access-Control-Allow-Methods") == []
    assert answer.all("Access-Control-Allow-Credentials") == ["true"]
    assert sorted(answer.all("Vary")) == ["Accept-Encoding", "Origin"]
    assert origin.last().all("Origin") == [APP]
    foreign = gateway.fetch("GET", "/open/a", [("Origin", "https://evil.example")])
    assert (allowed(foreign), sorted(foreign.all("Vary"))) == ([], ["Accept-Encoding", "Origin"])
    assert "Origin" in gateway.fetch("GET", "/open/a").all("Vary")


@pytest.mark.parametrize("sent,is_allowed", [
    (APP, True), ("http://app.example", False), (APP + ":8443", False), (APP + ".evil", False),
    ("https://de.shop.example", True), ("https://a.b.shop.example", False),
    ("https://shop.example", False), ("https://evilshop.example", False), ("null", False)])
def test_origins(cors, sent, is_allowed):
    answer = cors.fetch("GET", "/closed/a", [("Origin", sent)])
    assert allowed(answer) == ([sent] if is_allowed else [])


def test_errors_tell_it_too(start, origin):
    config = cors_config(origin.port, policy={"rate_limit": {"requests": 1, "interval": "1h"}})
    config["collections"][0]["proxies"][0]["methods"] = ["GET"]
    gateway = start(config)
    assert gateway.fetch("GET", "/open/a", [("Origin", APP)]).status == 200
    for method, target, status in (("GET", "/open/a", 429), ("POST", "/open/a", 405),
                                   ("GET", "/closed/a", 403)):
        answer = gateway.fetch(method, target, [("Origin", APP)])
        assert (answer.status, allowed(answer), answer.all("Vary")) == (status, [APP], ["Origin"])


def test_any_origin(start, origin):
    gateway = start(cors_config(origin.port, {"allow_origins": ["*"], "allow_headers": ["X-A", "X-B"]}))
    answer = preflight(gateway, "/open/a", "https://anybody.example",
                       headers=[("Access-Control-Request-Headers", "x-c")])
    assert (allowed(answer), answer.all("Vary")) == (["*"], ["Origin"])
    assert answer.all("Access-Control-Allow-Headers") == ["X-A, X-B"]
    assert answer.all("Access-Control-Max-Age") == ["600"]
    assert "PATCH" in answer.get("Access-Control-Allow-Methods")
    assert answer.get("Access-Control-Allow-Credentials") is None
    assert allowed(gateway.fetch("GET", "/open/a")) == ["*"]


def test_denied_addresses_are_refused_all_the_same(start, origin):
    gateway = start(cors_config(origin.port) | {"settings": {"denied_ips": ["127.0.0.1"]}})
    assert preflight(gateway, "/open/a").status == 403
