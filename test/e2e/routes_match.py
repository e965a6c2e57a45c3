# SPDX-License-Identifier: Apache-2.0
"""Which proxy a request meets: host, base path, literal > {param} > /* (semantics §4)."""
import pytest

from config_files import collection, open_config


def proxy(name, path, target_path, methods=("GET",), status="published"):
    return {"name": name, "methods": list(methods), "path": path, "target_path": target_path, "status": status}


def routed(start, origin):
    anyone = {"anonymous_profile": "acme/internal"}
    config = open_config(origin.port)
    config["collections"] = [
        collection("Pets", "/pets", origin.port, [
            proxy("me", "/me", "/literal"), proxy("one", "/{id}", "/param/{id}"),
            proxy("rest", "/*", "/rest/*"), proxy("deep", "/{id}/toys/{toy}", "/t/{toy}/of/{id}"),
            proxy("post", "/me", "/posted", ("POST",)), proxy("hidden", "/draft/x", "/no", status="draft"),
        ], **anyone),
        collection("Shop", "/pets/shop", origin.port, [proxy("only", "/only", "/only")], **anyone),
        collection("Hosted", "/h", origin.port, [proxy("h", "/*", "/exact/*")], hosts=["a.example"], **anyone),
        collection("Wild", "/h", origin.port, [proxy("w", "/*", "/wild/*")], hosts=["*.example"], **anyone),
        collection("Any", "/h", origin.port, [proxy("any", "/*", "/any/*")], **anyone),
        collection("Draft", "/draft", origin.port, status="draft", **anyone),
        collection("Fixed", "/fixed", origin.port, [proxy("f", "/q", "/q?fixed=1")], **anyone),
    ]
    config["clients"][0]["collections"] = [c["name"] for c in config["collections"]]
    return start(config)


CASES = [  # (method, target, host, what the upstream sees or the status)
    ("GET", "/pets/me", "x", "/literal"), ("GET", "/pets/7", "x", "/param/7"),
    ("GET", "/pets/a%2Db", "x", "/param/a-b"), ("GET", "/pets/a%20b", "x", "/param/a%20b"),
    ("GET", "/pets/7/", "x", "/rest/7/"), ("GET", "/pets/7/toys/ball", "x", "/t/ball/of/7"),
    ("GET", "/pets/7/toys/ball/x", "x", "/rest/7/toys/ball/x"), ("GET", "/pets/", "x", "/rest/"),
    ("GET", "/pets", "x", "/rest/"), ("HEAD", "/pets/me", "x", "/literal"), ("POST", "/pets/me", "x", "/posted"),
    ("POST", "/pets/7", "x", 405), ("GET", "/Pets/me", "x", 404), ("GET", "/pets/draft/x", "x", "/rest/draft/x"),
    ("GET", "/pets/shop/only", "x", "/only"), ("GET", "/pets/shop/other", "x", 404),
    ("GET", "/pets/shopping", "x", "/param/shopping"), ("GET", "/draft/a", "x", 404),
    ("GET", "/h/1", "a.example", "/exact/1"), ("GET", "/h/1", "A.EXAMPLE:8080", "/exact/1"),
    ("GET", "/h/1", "a.example.", "/exact/1"), ("GET", "/h/1", "b.example", "/wild/1"),
    ("GET", "/h/1", "c.b.example", "/any/1"), ("GET", "/h/1", "example", "/any/1"),
    ("GET", "http://b.example/h/2", "b.example", "/wild/2"), ("GET", "http://b.example/h/2", "c.example", 400),
    ("GET", "/fixed/q", "x", "/q?fixed=1"), ("GET", "/fixed/q?a=b", "x", "/q?fixed=1&a=b"),
    ("GET", "/pets/me?", "x", "/literal?"),
]


@pytest.fixture(scope="module")
def routing(io, module_origin):
    from gateway import Gateway
    started = []
    gateway = routed(lambda config: started.append(Gateway(config, io)) or started[-1], module_origin)
    yield gateway
    gateway.dispose()


@pytest.mark.parametrize("method,target,host,expected", CASES)
def test_route(routing, origin, method, target, host, expected):
    answer = routing.fetch(method, target, host=host)
    if isinstance(expected, int):
        assert answer.status == expected
        assert origin.received == []
    else:
        assert answer.status == 200, answer.body
        assert origin.last().target.rstrip("?") == expected.rstrip("?")


@pytest.mark.parametrize("hosts", [[], ["a", "b"], ["a b"], ["a", "a"]])
def test_missing_double_or_broken_host_is_400(routing, origin, hosts):
    with routing.peer() as peer:
        peer.send("GET /pets/me HTTP/1.1\r\n" + "".join(f"Host: {h}\r\n" for h in hosts) + "\r\n")
        assert peer.read_answer().status == 400
    assert origin.received == []


PATHS = [  # (sent, seen by the upstream or status)
    ("/open/a/../b", "/b"), ("/open/%2e%2e/open/x", "/x"), ("/open/a/%2E/b", "/a/b"), ("/../open/a", 400),
    ("/open/../../a", 400), ("/open/a%2fb", 400), ("/open/a%3Bb", 400), ("/open/a\\b", 400),
    ("/open/a%5cb", 400), ("/open/a%00", 400), ("/open/a%1f", 400), ("/open/a%7F", 400),
    ("/open/a%252e", 400), ("/open/a%25252fb", 400), ("/open/a%2541", "/a%2541"), ("/open/a%2", 400),
    ("/open/a%zz", 400), ("/open/%c3%28", 400), ("/open/%c0%ae", 400), ("/open/%C3%A9", "/%C3%A9"),
    ("/open/%e2%82%ac", "/%E2%82%AC"), ("/open/a#b", 400), ("/open/a b", 400), ("/open/a\xe9", 400),
    ("/open/a<b", 400), ("/open/a?b=\xe9", 400), ("/open/a?b#c", 400), ("/open/!$&'()*+,=:@-._~", "/!$&'()*+,=:@-._~"),
]


@pytest.mark.parametrize("sent,expected", PATHS)
def test_canonical_path(gateway, origin, sent, expected):
    answer = gateway.fetch("GET", sent)
    if expected == 400:
        assert answer.status == 400
        assert origin.received == []
        assert gateway.record_of(answer)["raw_target"] is not None
    else:
        assert (answer.status, origin.last().target) == (200, expected)
        assert gateway.record_of(answer)["path"] == "/open" + expected


def test_path_options(start, origin):
    gateway = start(open_config(origin.port, path_options={
        "encoded_slash": "keep", "semicolon": "keep", "empty_segments": "keep"}))
    for sent, expected in (("/open/a%2Fb", "/a%2Fb"), ("/open/a;v=1", "/a;v=1"), ("/open/a//b", "/a//b")):
        assert gateway.fetch("GET", sent).status == 200
        assert origin.last().target == expected
    for refused in ("/open/a%2F..%2Fb", "/open/a%2F%2Fb"):
        assert gateway.fetch("GET", refused).status == 400
