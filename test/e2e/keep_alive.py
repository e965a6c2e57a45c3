# SPDX-License-Identifier: Apache-2.0
"""Connections stay open between requests, on both sides, as HTTP says and no longer."""
import time

import pytest

from raw_client import build_request


def test_two_requests_use_one_connection(gateway, origin):
    with gateway.peer() as peer:
        for _ in range(3):
            answer = peer.get("/open/a")
            assert (answer.status, answer.body) == (200, b"ok\n")
    assert len(origin.received) == 3


def test_upstream_connection_is_used_again(gateway, origin):
    with gateway.peer() as peer:
        for _ in range(5):
            peer.get("/open/a")
    assert len({r.connection for r in origin.received}) == 1


def test_connection_close_is_honoured(gateway):
    with gateway.peer() as peer:
        answer = peer.get("/open/a", [("Connection", "close")])
        assert answer.status == 200
        assert answer.get("Connection") == "close"
        assert peer.is_closed_within(2)


def test_upstream_that_closes_does_not_close_the_peer(gateway, origin):
    origin.answer("/bye", lambda call: (call.reply(headers=[("Connection", "close")]), call.close()))
    with gateway.peer() as peer:
        assert peer.get("/open/bye").status == 200
        assert peer.get("/open/a").status == 200


def test_stale_upstream_connection_is_retried(gateway, origin):
    with gateway.peer() as peer:
        assert peer.get("/open/a").status == 200
        origin.drop_connections()
        for _ in range(3):
            assert peer.get("/open/b").status == 200


def test_unfinished_post_is_not_sent_twice(gateway, origin):
    seen = []

    def die(call):
        call.read_body()
        seen.append(call.received.body)
        call.reset()

    origin.answer("/die", die)
    with gateway.peer() as peer:
        assert peer.get("/open/a").status == 200
        answer = peer.request("POST", "/open/die", body=b"pay 5")
        assert (answer.status, answer.json["error"]) == (502, "upstream_unreachable")
    assert seen == [b"pay 5"]


def dying_once(origin):
    """The first call is reset once body bytes came; the second is answered. Returns the bodies that
    were answered, and the calls."""
    bodies, calls = [], []

    def script(call):
        calls.append(call)
        if len(calls) == 1:
            call.reader.receive()
            time.sleep(0.05)
            call.reset()
        else:
            call.read_body()
            bodies.append(call.received.body)
            call.reply()

    origin.answer("/dies", script)
    return bodies, calls


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("is_whole", [True, False])
def test_body_that_was_kept_is_sent_again(gateway, origin, framing, is_whole):
    bodies, calls = dying_once(origin)
    if framing == "length":
        header, first, rest = ("Content-Length", "11"), b"hello", b" world"
    else:
        header, first = ("Transfer-Encoding", "chunked"), b"5\r\nhello\r\n"
        rest = b"6\r\n world\r\n0\r\nX-End: yes\r\n\r\n"
    with gateway.peer() as peer:
        assert peer.get("/open/a").status == 200
        peer.send(build_request("PUT", "/open/dies", [header]))
        time.sleep(0.05)
        peer.send(first)
        if is_whole:
            time.sleep(0.02)
            peer.send(rest)
        else:
            assert origin.wait_for(lambda _: len(calls) == 2)
            peer.send(rest)
        answer = peer.read_answer()
        assert answer.status == 200
        assert bodies == [b"hello world"]
        if framing == "chunked":
            assert origin.last().trailers == [("X-End", "yes")]
        assert peer.get("/open/a").status == 200
    assert gateway.record_of(answer)["upstream"]["attempts"] == 2


@pytest.mark.parametrize("method, bytes_sent", [("POST", 5), ("PUT", 200 * 1024)])
def test_body_that_may_not_be_sent_again_is_502(gateway, origin, method, bytes_sent):
    calls = []
    origin.answer("/dies", lambda call: (calls.append(call), time.sleep(0.2), call.reset()))
    with gateway.peer() as peer:
        assert peer.get("/open/a").status == 200
        peer.send(build_request(method, "/open/dies", [("Content-Length", str(bytes_sent + 1))]))
        time.sleep(0.05)
        peer.send(b"x" * bytes_sent)
        answer = peer.read_answer()
        assert (answer.status, answer.json["error"]) == (502, "upstream_unreachable")
    assert len(calls) == 1


def test_http_1_0_closes_after_its_answer(gateway):
    with gateway.peer() as peer:
        answer = peer.request("GET", "/open/a", version="HTTP/1.0")
        assert answer.status == 200
        assert peer.is_closed_within(2)


def test_http_1_0_keep_alive_on_request(gateway):
    with gateway.peer() as peer:
        for _ in range(2):
            answer = peer.request("GET", "/open/a", [("Connection", "keep-alive")], version="HTTP/1.0")
            assert answer.status == 200
            assert answer.get("Connection", "").lower() == "keep-alive"


def test_http_1_0_gets_no_chunks(gateway, origin):
    origin.answer("/c", lambda call: call.chunks([b"one ", b"two"]))
    with gateway.peer() as peer:
        answer = peer.request("GET", "/open/c", version="HTTP/1.0")
        assert (answer.framing, answer.body) == ("close", b"one two")


def test_http_1_0_needs_no_host(gateway):
    with gateway.peer() as peer:
        assert peer.request("GET", "/open/a", host=None, version="HTTP/1.0").status == 200


def test_idle_connection_closes_after_keepalive_ms(start, origin):
    from config_files import open_config
    gateway = start(open_config(origin.port, settings={"peer": {"keepalive_ms": 300}}))
    with gateway.peer() as peer:
        assert peer.get("/open/a").status == 200
        assert not peer.is_closed_within(0.15)
        assert peer.is_closed_within(1.5)


def test_pipelined_requests_are_answered_in_order(gateway, origin):
    origin.answer("/", lambda call: (call.read_body(), call.reply(body=call.received.target.encode())))
    with gateway.peer() as peer:
        peer.send(b"".join(build_request("GET", f"/open/{i}") for i in range(40)))
        for i in range(40):
            assert peer.read_answer().body == f"/{i}".encode()


def test_pipelined_request_waits_behind_a_body(gateway, origin):
    origin.answer("/", lambda call: (call.read_body(), call.reply(body=call.received.body or b"none")))
    with gateway.peer() as peer:
        peer.send(build_request("POST", "/open/a", body=b"x" * 70000) + build_request("GET", "/open/b"))
        assert len(peer.read_answer().body) == 70000
        assert peer.read_answer().body == b"none"


def test_empty_lines_before_a_request_are_skipped(gateway):
    with gateway.peer() as peer:
        peer.send(b"\r\n" + build_request("GET", "/open/a"))
        assert peer.read_answer().status == 200


def test_head_in_single_bytes(gateway):
    with gateway.peer() as peer:
        for byte in build_request("GET", "/open/a"):
            peer.send(bytes([byte]))
        assert peer.read_answer().status == 200
