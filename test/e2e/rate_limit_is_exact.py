# SPDX-License-Identifier: Apache-2.0
"""Never more than N in any window, over all shards, and nothing that fits is refused."""
import math
import threading
import time

import pytest

from config_files import open_config
from raw_client import RawClient


def limited(origin, requests, interval, **more):
    return open_config(origin.port, policy={"rate_limit": {"requests": requests, "interval": interval}} | more)


@pytest.mark.parametrize("requests", [1, 100, 1000])
def test_a_burst_is_admitted_whole_and_no_more(start, origin, requests):
    gateway = start(limited(origin, requests, "1h"), workers=4)
    counts = []

    def hammer():
        admitted = refused = 0
        with RawClient(gateway.port) as peer:
            for _ in range(requests // 8 + 20):
                status = peer.get("/open/a").status
                admitted += status == 200
                refused += status == 429
                assert status in (200, 429)
        counts.append((admitted, refused))

    threads = [threading.Thread(target=hammer) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(counts) == 12
    assert sum(a for a, _ in counts) == requests
    assert len(origin.received) == requests


def test_no_window_holds_more(start, origin):
    requests, window = 50, 1.0
    gateway = start(limited(origin, requests, "1s"), workers=4)
    admitted, lock = [], threading.Lock()
    stop = time.monotonic() + 4

    def hammer():
        with RawClient(gateway.port) as peer:
            while time.monotonic() < stop:
                began = time.monotonic()
                if peer.get("/open/a").status == 200:
                    with lock:
                        admitted.append((began, time.monotonic()))

    threads = [threading.Thread(target=hammer) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A request was admitted somewhere between its begin and its end. Requests that surely fall into
    # one window of length W: begun at or after t, ended before t + W.
    admitted.sort()
    for index, (begin, _) in enumerate(admitted):
        inside = sum(1 for b, e in admitted[index:index + requests + 30] if e < begin + window)
        assert inside <= requests
    assert len(admitted) >= requests * 4


def test_headers_of_an_admitted_request(start, origin):
    gateway = start(limited(origin, 3, "1m"))
    origin.answer("/", lambda call: call.reply(headers=[("RateLimit-Limit", "9"), ("RateLimit", "theirs")]))
    left = []
    for _ in range(3):
        answer = gateway.fetch("GET", "/open/a")
        assert answer.all("RateLimit-Policy") == ['"rate";q=3;w=60']
        assert answer.all("RateLimit-Limit") == ["3"]
        left.append(int(answer.get("RateLimit-Remaining")))
        fields = dict(p.split("=") for p in answer.get("RateLimit").split(";")[1:])
        assert int(fields["r"]) == left[-1] and 0 < int(fields["t"]) <= 60
        assert answer.get("Retry-After") is None
    assert left == [2, 1, 0]
    refused = gateway.fetch("GET", "/open/a")
    assert refused.status == 429
    assert refused.get("RateLimit-Remaining") == "0"
    assert refused.get("Retry-After") == refused.get("RateLimit-Reset")


def test_slot_returns_when_the_window_has_passed(start, origin):
    gateway = start(limited(origin, 1, "1s"))
    with gateway.peer() as peer:
        assert peer.get("/open/a").status == 200
        began = time.monotonic()
        answer = peer.get("/open/a")
        assert (answer.status, answer.get("Retry-After")) == (429, "1")
        while peer.get("/open/a").status == 429:
            assert time.monotonic() - began < 2
        assert 0.9 < time.monotonic() - began < 1.2


def test_refused_requests_do_not_count(start, origin):
    gateway = start(limited(origin, 2, "1s"))
    with gateway.peer() as peer:
        assert [peer.get("/open/a").status for _ in range(2)] == [200, 200]
        end = time.monotonic() + 0.9
        while time.monotonic() < end:
            assert peer.get("/open/a").status == 429
        time.sleep(0.25)
        assert peer.get("/open/a").status == 200


def test_requests_refused_before_the_limit_do_not_count(start, origin):
    gateway = start(limited(origin, 2, "1h"))
    for _ in range(5):
        assert gateway.fetch("GET", "/closed/a").status == 403
        assert gateway.fetch("GET", "/nowhere").status == 404
    assert [gateway.fetch("GET", "/open/a").status for _ in range(3)] == [200, 200, 429]


def test_zero_refuses_all(start, origin):
    assert start(limited(origin, 0, "1m")).fetch("GET", "/open/a").status == 429


def test_change_of_n_applies_to_the_running_window(start, origin):
    gateway = start(limited(origin, 2, "1h"))
    assert [gateway.fetch("GET", "/open/a").status for _ in range(3)] == [200, 200, 429]
    remaining = lambda: gateway.fetch("GET", "/closed/nobody").status
    gateway.reload(limited(origin, 5, "1h"), lambda: remaining() == 403)
    end = time.monotonic() + 2
    admitted = 0
    while time.monotonic() < end and admitted < 3:
        admitted += gateway.fetch("GET", "/open/a").status == 200
    assert admitted == 3
    assert gateway.fetch("GET", "/open/a").status == 429


def test_per_profile(start, origin):
    from config_files import IDENTITY
    config = limited(origin, 1, "1h", per="profile")
    gateway = start(config)
    assert gateway.fetch("GET", "/open/a").status == 200
    assert gateway.fetch("GET", "/open/a").status == 429
    assert gateway.fetch("GET", "/closed/a", IDENTITY).status == 200


def test_large_limit_is_never_passed(start, origin):
    gateway = start(limited(origin, 5000, "1h"), workers=4)
    counts = []

    def hammer():
        with RawClient(gateway.port) as peer:
            counts.append(sum(peer.get("/open/a").status == 200 for _ in range(700)))

    threads = [threading.Thread(target=hammer) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 5000


def test_record_has_the_decision(start, origin):
    gateway = start(limited(origin, 2, "1h"))
    records = [gateway.record_of(gateway.fetch("GET", "/open/a")) for _ in range(3)]
    assert [r["limit"]["limit"] for r in records] == [2, 2, 2]
    assert [r["limit"]["used"] for r in records][:2] == [1, 2]
    assert records[2]["error"] == "rate_limit_exceeded"
    assert math.isfinite(records[0]["timings_us"]["total"])
