# SPDX-License-Identifier: Apache-2.0
"""Declared parameters: every mistake at once with its pointer, and defaults that go upstream."""
import pytest

from config_files import open_config

PARAMETERS = [
    {"name": "id", "in": "path", "type": "integer"},
    {"name": "limit", "in": "query", "type": "integer", "default": 10, "enum": [10, 20, 50]},
    {"name": "sort by", "in": "query", "default": "a&b"},
    {"name": "ratio", "in": "query", "type": "number"},
    {"name": "deep", "in": "query", "type": "boolean"},
    {"name": "X-Mode", "in": "header", "required": True, "enum": ["fast", "safe"]},
]
GOOD = [("X-Mode", "fast")]


@pytest.fixture
def gateway(start, origin):
    return start(declaring(origin, PARAMETERS))


def declaring(origin, parameters, **more):
    proxy = {"name": "item", "methods": ["GET", "POST"], "path": "/item/{id}", "target_path": "/v1/{id}",
             "status": "published", "parameters": parameters}
    return open_config(origin.port, proxies=[proxy], **more)


def pointers(answer):
    assert answer.status == 400 and answer.get("Content-Type") == "application/json"
    assert answer.json["error"] == "validation_failed"
    assert answer.json["request_id"] == answer.get("X-Request-ID")
    return {d["pointer"]: d["message"] for d in answer.json["details"]}


def test_every_violation_has_its_pointer(gateway, origin):
    found = pointers(gateway.fetch("GET", "/open/item/7x?limit=11&ratio=1.2.3&deep=yes"))
    assert found == {"/path/id": "is not an integer", "/query/limit": "is not one of 10, 20, 50",
                     "/query/ratio": "is not a number", "/query/deep": "is not true or false",
                     "/header/X-Mode": "is required"}
    assert origin.received == []


def test_the_record_says_parameters(gateway):
    record = gateway.record_of(gateway.fetch("GET", "/open/item/x"))
    assert (record["status"], record["error"], record["reason"]) == (400, "validation_failed", "parameters")
    assert record["upstream"] is None


def test_missing_defaults_are_appended_to_the_callers_bytes(gateway, origin):
    for query, sent in [("", "?limit=10&sort%20by=a%26b"),
                        ("?limit=20", "?limit=20&sort%20by=a%26b"),
                        ("?x=%2f&&y", "?x=%2f&&y&limit=10&sort%20by=a%26b"),
                        ("?sort+by=&li%6Dit=50", "?sort+by=&li%6Dit=50"),
                        ("?", "?limit=10&sort%20by=a%26b")]:
        assert gateway.fetch("GET", f"/open/item/7{query}", GOOD).status == 200
        assert origin.last().target == f"/v1/7{sent}"


def test_the_record_has_the_callers_query(gateway):
    record = gateway.record_of(gateway.fetch("GET", "/open/item/7?limit=20", GOOD))
    assert record["query"] == "limit=20"


@pytest.mark.parametrize("query, good", [
    ("limit=10", True), ("limit=10&limit=20", True), ("limit=10&limit=11", False), ("limit", False),
    ("ratio=-1.5e3", True), ("ratio=", False), ("deep=true", True), ("deep=TRUE", False),
    ("li%6dit=11", False), ("other=anything", True)])
def test_queries(gateway, query, good):
    assert gateway.fetch("GET", f"/open/item/7?{query}", GOOD).status == (200 if good else 400)


@pytest.mark.parametrize("values, good", [(["fast"], True), (["FAST"], False), (["fast", "slow"], False),
                                          (["fast", "safe"], True), ([], False)])
def test_headers(gateway, values, good):
    headers = [("x-mode", value) for value in values]
    assert gateway.fetch("GET", "/open/item/7", headers).status == (200 if good else 400)


def test_the_connection_goes_on(gateway):
    with gateway.peer() as peer:
        assert peer.get("/open/item/x", GOOD).status == 400
        assert peer.get("/open/item/1", GOOD).status == 200
        answer = peer.request("HEAD", "/open/item/x", GOOD)
        assert answer.status == 400 and answer.body == b""
        assert peer.get("/open/item/1", GOOD).status == 200


def test_what_is_refused_counts_and_frees_its_slot(start, origin):
    policy = {"rate_limit": {"requests": 3, "interval": "1h"}, "concurrency": 1}
    gateway = start(declaring(origin, PARAMETERS, policy=policy))
    first = gateway.fetch("GET", "/open/item/x")
    assert (first.status, first.get("RateLimit-Remaining")) == (400, "2")
    assert [gateway.fetch("GET", "/open/item/1", GOOD).status for _ in range(3)] == [200, 200, 429]
