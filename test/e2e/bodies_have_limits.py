# SPDX-License-Identifier: Apache-2.0
"""`body_max_bytes` of settings and proxies: 413 before or while a body arrives (semantics §7, §8)."""
import pytest

from config_files import open_config

CHUNKED = "POST {} HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n"


def proxy(name, **more):
    return {"name": name, "methods": ["POST"], "path": f"/{name}", "status": "published", **more}


@pytest.fixture(scope="module")
def limited(io, module_origin):
    from gateway import Gateway
    config = open_config(module_origin.port, settings={"body_max_bytes": 100},
                         policy={"rate_limit": {"requests": 100000, "interval": "1m"}})
    config["collections"][0]["proxies"] = [
        proxy("default"), proxy("less", body_max_bytes=10), proxy("more", body_max_bytes=1000),
        proxy("none", body_max_bytes=0)]
    gateway = Gateway(config, io)
    yield gateway
    gateway.dispose()


LIMITS = [("default", 100), ("less", 10), ("more", 1000), ("none", 0)]


def test_nothing_is_said_to_be_without_effect(limited):
    assert not [line for line in limited.log if "not enforced" in line]


@pytest.mark.parametrize("name,limit", LIMITS)
def test_content_length(limited, origin, name, limit):
    assert limited.fetch("POST", f"/open/{name}", body=b"x" * limit).status == 200
    assert origin.last().body == b"x" * limit
    origin.clear()
    answer = limited.fetch("POST", f"/open/{name}", body=b"x" * (limit + 1))
    assert (answer.status, answer.json["error"]) == (413, "body_too_large")
    assert answer.get("Connection") == "close"
    assert answer.get("RateLimit")  # Step 11: it was counted.
    assert origin.received == []
    record = limited.record_of(answer)
    assert (record["error"], record["reason"]) == ("body_too_large", "content_length")


@pytest.mark.parametrize("name,limit", LIMITS)
def test_chunks_that_are_here_already(limited, origin, name, limit):
    with limited.peer() as peer:
        peer.send(CHUNKED.format(f"/open/{name}") + f"{limit:x}\r\n" + "x" * limit + "\r\n0\r\n\r\n"
                  if limit else CHUNKED.format(f"/open/{name}") + "0\r\n\r\n")
        assert peer.read_answer().status == 200
        assert origin.last().body == b"x" * limit
        origin.clear()
        peer.send(CHUNKED.format(f"/open/{name}") + f"{limit + 1:x}\r\n" + "x" * (limit + 1)
                  + "\r\n0\r\n\r\n")
        answer = peer.read_answer()
    assert (answer.status, answer.json["error"]) == (413, "body_too_large")
    assert origin.received == []


def test_chunks_that_come_later(limited, origin):
    with limited.peer() as peer:
        peer.send(CHUNKED.format("/open/less") + "8\r\n12345678\r\n")
        assert origin.wait_for(lambda received: received)
        peer.send("8\r\n12345678\r\n")
        answer = peer.read_answer()
        assert (answer.status, answer.json["error"]) == (413, "body_too_large")
    assert not origin.last().is_whole
    assert b"12345678" * 2 not in origin.last().raw_body


def test_nobody_is_told_to_go_on_with_too_much(limited, origin):
    with limited.peer() as peer:
        peer.send("POST /open/less HTTP/1.1\r\nHost: g\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n")
        answer = peer.read_answer()
    assert (answer.status, answer.interim) == (413, [])


@pytest.mark.parametrize("is_answering", [True, False])
def test_a_head_that_was_sent_is_followed_by_a_reset(limited, origin, is_answering):
    def answer_early(call):
        call.head(200, [("Content-Length", 100_000_000 if is_answering else 100)])
        if is_answering:
            call.keep = False
            call.send(b"y" * 50_000_000)  # Nobody reads it: the gateway waits for its caller.
        else:
            call.send(b"y" * 10)
    origin.answer("/", answer_early)
    with limited.peer() as peer:
        peer.send(CHUNKED.format("/open/less") + "8\r\n12345678\r\n")
        status, _, headers, _ = peer.read_head()
        assert status == 200
        peer.send("8\r\n12345678\r\n")
        with pytest.raises(ConnectionResetError):
            peer.read_to_end()
    request_id = dict(headers)["X-Request-ID"]
    record = limited.wait_records(request_id=request_id)[0]
    assert (record["status"], record["error"]) == (200, "body_too_large")


def test_limits_change_on_reload(start, origin):
    gateway = start(open_config(origin.port))
    assert gateway.fetch("POST", "/open/a", body=b"x" * 200000).status == 200
    config = open_config(origin.port)
    config["collections"][0]["proxies"][0]["body_max_bytes"] = 199999
    gateway.reload(config, lambda: gateway.fetch("POST", "/open/a", body=b"x" * 200000).status == 413)
