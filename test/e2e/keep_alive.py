# SPDX-License-Identifier: Apache-2.0
"""Connections stay open between requests, on both sides, as HTTP says and no longer."""
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
