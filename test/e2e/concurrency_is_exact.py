# SPDX-License-Identifier: Apache-2.0
"""Never more than `concurrency` requests in flight over all shards; every way out frees the slot."""
import signal
import threading
import time

import pytest

from config_files import open_config
from raw_client import RawClient, build_request


def limited(origin, concurrency=1, settings=None, rate=None, **more):
    policy = {"concurrency": concurrency, **({"rate_limit": rate} if rate else {}), **more}
    return open_config(origin.port, policy=policy, settings=settings)


def hold_one(gateway, origin, peer, target="/open/hang"):
    """Sends a request that the origin has received and does not answer."""
    before = len(origin.received)
    peer.send(build_request("GET", target))
    assert origin.wait_for(lambda r: len(r) > before)


def is_free_within(gateway, seconds=1.0):
    """Whether the one slot comes back within so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if gateway.fetch("GET", "/open/a").status == 200:
            return True
        time.sleep(0.005)
    return False


def test_refusal_says_when_to_come_back(start, origin):
    origin.answer("/hang", lambda call: call.hold(10))
    gateway = start(limited(origin))
    with gateway.peer() as busy:
        hold_one(gateway, origin, busy)
        refused = gateway.fetch("GET", "/open/a")
        assert (refused.status, refused.json["error"]) == (429, "concurrency_exceeded")
        assert refused.get("Retry-After") == "1"
        assert not [n for n, _ in refused.headers if n.lower().startswith("ratelimit")]
        record = gateway.record_of(refused)
        assert (record["error"], record["reason"]) == ("concurrency_exceeded", "concurrency")
        assert (record["limit"]["used"], record["limit"]["limit"]) == (1, 1)
        assert len(origin.received) == 1


def test_zero_refuses_all(start, origin):
    assert start(limited(origin, 0)).fetch("GET", "/open/a").status == 429


def test_never_more_in_flight_than_the_limit(start, origin):
    limit, now, most, lock = 5, 0, 0, threading.Lock()

    def count(call):
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.003)
        with lock:
            now -= 1
        call.reply()

    origin.answer("/", count)
    gateway = start(limited(origin, limit), workers=4)
    answers = []

    def hammer():
        with RawClient(gateway.port) as peer:
            answers.extend(peer.get("/open/a").status for _ in range(60))

    threads = [threading.Thread(target=hammer) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) == {200, 429}
    assert most == limit
    assert answers.count(200) == len(origin.received)
    # Nothing is left behind: all slots are there again.
    origin.clear()
    origin.answer("/hang", lambda call: call.hold(10))
    peers = [gateway.peer() for _ in range(limit)]
    for peer in peers:
        hold_one(gateway, origin, peer)
    assert gateway.fetch("GET", "/open/a").status == 429
    for peer in peers:
        peer.close()


def test_an_answer_that_was_read_has_freed_its_slot(start, origin):
    gateway = start(limited(origin))
    with gateway.peer() as peer:
        assert [peer.get("/open/a").status for _ in range(300)] == [200] * 300
    # On another connection, and so on another shard, at once.
    assert [gateway.fetch("GET", "/open/a").status for _ in range(100)] == [200] * 100


def test_a_peer_that_aborts_frees_its_slot(start, origin):
    origin.answer("/hang", lambda call: call.hold(10))
    gateway = start(limited(origin))
    for leave in (RawClient.reset, RawClient.close):
        peer = gateway.peer()
        hold_one(gateway, origin, peer)
        assert gateway.fetch("GET", "/open/a").status == 429
        leave(peer)
        # A FIN is a half-close, and leaving only half_close_ms later.
        assert is_free_within(gateway, 1.0 if leave is RawClient.reset else 7.0)


def test_a_peer_that_aborts_inside_its_body_frees_its_slot(start, origin):
    origin.answer("/", lambda call: (call.read_body(), call.reply()))
    gateway = start(limited(origin))
    with gateway.peer() as peer:
        peer.send(b"POST /open/b HTTP/1.1\r\nHost: g\r\nContent-Length: 10\r\n\r\nabc")
        assert origin.wait_for(lambda r: r)
        assert gateway.fetch("GET", "/open/a").status == 429
    assert is_free_within(gateway)


def test_a_timeout_frees_the_slot(start, origin):
    origin.answer("/hang", lambda call: call.hold(10))
    config = limited(origin)
    config["collections"][0]["timeouts"] = {"request_ms": 300}
    gateway = start(config)
    assert gateway.fetch("GET", "/open/hang").status == 504
    assert gateway.fetch("GET", "/open/a").status == 200


def test_an_upstream_that_resets_frees_the_slot(start, origin):
    origin.answer("/reset", lambda call: call.reset())
    gateway = start(limited(origin))
    assert gateway.fetch("GET", "/open/reset").status == 502
    assert gateway.fetch("GET", "/open/a").status == 200


def test_an_upstream_that_resets_inside_its_answer_frees_the_slot(start, origin):
    def cut(call):
        call.head(200, [("Content-Length", "1000")])
        call.send(b"some")
        call.reset()

    origin.answer("/cut", cut)
    gateway = start(limited(origin))
    with gateway.peer() as peer:
        peer.send(build_request("GET", "/open/cut"))
        with pytest.raises(Exception):
            peer.read_answer()
    assert is_free_within(gateway)


def test_nobody_at_the_target_frees_the_slot(start, origin):
    gateway = start(limited(origin))
    config = limited(origin)
    config["collections"][0]["target"] = "http://127.0.0.1:9"
    gateway.reload(config, lambda: gateway.fetch("GET", "/open/a").status == 502)
    assert [gateway.fetch("GET", "/open/a").status for _ in range(3)] == [502] * 3


def test_a_stream_holds_its_slot_to_its_end(start, origin):
    go_on = threading.Event()

    def stream(call):
        call.head(200, [("Transfer-Encoding", "chunked"), ("Content-Type", "text/event-stream")])
        call.send(b"7\r\ndata: 1\r\n")
        go_on.wait(10)
        call.send(b"0\r\n\r\n")

    origin.answer("/stream", stream)
    gateway = start(limited(origin))
    with gateway.peer() as peer:
        peer.send(build_request("GET", "/open/stream"))
        assert peer.read_head()
        for _ in range(20):
            assert gateway.fetch("GET", "/open/a").status == 429
            time.sleep(0.01)
        go_on.set()
        assert is_free_within(gateway)


def test_a_drain_lets_the_holder_finish_and_refuses_the_next(start, origin):
    go_on = threading.Event()
    origin.answer("/slow", lambda call: (go_on.wait(10), call.reply(body=b"whole")))
    gateway = start(limited(origin))
    with gateway.peer() as busy, gateway.peer() as other:
        assert other.get("/open/a").status == 200
        hold_one(gateway, origin, busy, "/open/slow")
        # Inside a request when the drain begins, so that its connection is served still.
        other.send(b"GET /open/a HTTP/1.1\r\n")
        time.sleep(0.1)
        gateway.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        other.send(b"Host: g\r\n\r\n")
        assert other.read_answer().status == 429
        go_on.set()
        assert busy.read_answer().body == b"whole"
    assert gateway.process.wait(10) == 0


def test_a_drain_that_cuts_the_holder_ends_whole(start, origin):
    origin.answer("/hang", lambda call: call.hold(30))
    gateway = start(limited(origin), options=["--drain-max-s", "1"])
    with gateway.peer() as busy:
        hold_one(gateway, origin, busy)
        gateway.process.send_signal(signal.SIGTERM)
        gateway.process.wait(15)
    gateway.start()
    assert gateway.fetch("GET", "/open/a").status == 200


def test_what_concurrency_refuses_uses_up_no_rate(start, origin):
    origin.answer("/hang", lambda call: call.hold(10))
    gateway = start(limited(origin, rate={"requests": 3, "interval": "1h"}))
    with gateway.peer() as busy:
        hold_one(gateway, origin, busy)
        for _ in range(5):
            refused = gateway.fetch("GET", "/open/a")
            assert refused.json["error"] == "concurrency_exceeded"
            assert (refused.get("Retry-After"), refused.get("RateLimit-Remaining")) == ("1", "2")
            assert refused.get("RateLimit").startswith('"rate";r=2;')
        busy.reset()
    assert is_free_within(gateway)
    assert gateway.fetch("GET", "/open/a").status == 200
    last = gateway.fetch("GET", "/open/a")
    assert (last.status, last.json["error"]) == (429, "rate_limit_exceeded")


def test_what_the_rate_refuses_holds_no_slot(start, origin):
    gateway = start(limited(origin, rate={"requests": 1, "interval": "1s"}))
    assert gateway.fetch("GET", "/open/a").status == 200
    for _ in range(5):
        gateway.fetch("GET", "/open/a")
    assert is_free_within(gateway, 2.0)


@pytest.mark.parametrize("per", ["client", "profile", "collection", "proxy"])
def test_per(start, origin, per):
    from config_files import IDENTITY
    origin.answer("/hang", lambda call: call.hold(10))
    gateway = start(limited(origin, per=per))
    with gateway.peer() as busy:
        hold_one(gateway, origin, busy)
        assert gateway.fetch("GET", "/open/a").status == 429
        other = gateway.fetch("GET", "/closed/a", IDENTITY)
        assert other.status == (429 if per == "client" else 200)


def test_a_change_of_the_limit_applies_to_what_is_in_flight(start, origin):
    origin.answer("/hang", lambda call: call.hold(10))
    gateway = start(limited(origin, 1))
    with gateway.peer() as busy:
        hold_one(gateway, origin, busy)
        assert gateway.fetch("GET", "/open/a").status == 429
        gateway.reload(limited(origin, 2), lambda: gateway.fetch("GET", "/open/a").status == 200)
        with gateway.peer() as second:
            hold_one(gateway, origin, second)
            assert gateway.fetch("GET", "/open/a").status == 429
