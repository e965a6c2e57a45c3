# SPDX-License-Identifier: Apache-2.0
"""A quota admits exactly N in a window of the calendar: over all shards, restarts and kill -9."""
import datetime
import random
import threading
import time

import pytest

from config_files import IDENTITY, open_config
from raw_client import ClosedEarly, RawClient, build_request


def limited(origin, requests, interval="30d", **more):
    return open_config(origin.port, policy={"quota": {"requests": requests, "interval": interval}, **more})


def hammer(gateway, threads, each, statuses):
    def ask():
        try:
            with RawClient(gateway.port, timeout=5) as peer:
                for _ in range(each):
                    statuses.append(peer.get("/open/a").status)
        except (OSError, ClosedEarly):
            pass

    running = [threading.Thread(target=ask) for _ in range(threads)]
    for thread in running:
        thread.start()
    return running


def join(threads):
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("requests", [1, 500])
def test_exactly_n_over_all_shards(start, origin, requests):
    gateway = start(limited(origin, requests), workers=4)
    statuses = []
    join(hammer(gateway, 12, requests // 8 + 20, statuses))
    assert set(statuses) == {200, 429}
    assert statuses.count(200) == requests == len(origin.received)


def test_zero_refuses_all(start, origin):
    assert start(limited(origin, 0)).fetch("GET", "/open/a").json["error"] == "quota_exceeded"


def window_of(interval, now):
    """Begin and end of the window that `now` is in."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if interval == "1d":
        return day, day + datetime.timedelta(days=1)
    if interval == "7d":
        monday = day - datetime.timedelta(days=day.weekday())
        return monday, monday + datetime.timedelta(days=7)
    first = day.replace(day=1)
    return first, (first + datetime.timedelta(days=31)).replace(day=1)


@pytest.mark.parametrize("interval", ["1d", "7d", "30d"])
def test_headers(start, origin, interval):
    gateway = start(limited(origin, 2, interval))
    now = datetime.datetime.now(datetime.timezone.utc)
    begin, end = window_of(interval, now)
    seconds, left = (end - begin).total_seconds(), (end - now).total_seconds()
    answers = [gateway.fetch("GET", "/open/a") for _ in range(3)]
    assert [a.status for a in answers] == [200, 200, 429]
    assert [a.get("RateLimit-Remaining") for a in answers] == ["1", "0", "0"]
    for answer in answers:
        assert answer.get("RateLimit-Policy") == f'"quota";q=2;w={seconds:.0f}'
        assert answer.get("RateLimit-Limit") == "2"
        assert abs(int(answer.get("RateLimit-Reset")) - left) < 5
    refused = answers[2]
    assert refused.json["error"] == "quota_exceeded"
    assert refused.get("Retry-After") == refused.get("RateLimit-Reset")
    record = gateway.record_of(refused)
    assert (record["error"], record["reason"]) == ("quota_exceeded", "quota")
    assert (record["limit"]["used"], record["limit"]["limit"]) == (2, 2)


def test_headers_of_rate_and_quota(start, origin):
    gateway = start(limited(origin, 3, rate_limit={"requests": 5, "interval": "1m"}))
    first = gateway.fetch("GET", "/open/a")
    policies = first.get("RateLimit-Policy").split(", ")
    assert policies[0] == '"rate";q=5;w=60' and policies[1].startswith('"quota";q=3;w=')
    assert [p.split(";t=")[0] for p in first.get("RateLimit").split(", ")] == ['"rate";r=4', '"quota";r=2']
    # The quota has the least left.
    assert (first.get("RateLimit-Limit"), first.get("RateLimit-Remaining")) == ("3", "2")
    for _ in range(2):
        gateway.fetch("GET", "/open/a")
    refused = gateway.fetch("GET", "/open/a")
    assert refused.json["error"] == "quota_exceeded"
    # Refused by the quota, it is not counted in the rate.
    assert refused.get("RateLimit").startswith('"rate";r=2;')
    assert int(refused.get("Retry-After")) == int(refused.get("RateLimit-Reset")) > 0


def test_what_the_rate_or_concurrency_refuses_uses_up_no_quota(start, origin):
    origin.answer("/hang", lambda call: call.hold(10))
    gateway = start(limited(origin, 100, rate_limit={"requests": 2, "interval": "1h"}, concurrency=1))
    with gateway.peer() as busy:
        busy.send(build_request("GET", "/open/hang"))
        assert origin.wait_for(lambda r: r)
        for _ in range(3):
            refused = gateway.fetch("GET", "/open/a")
            assert refused.json["error"] == "concurrency_exceeded"
            assert '"quota";r=99;' in refused.get("RateLimit") and refused.get("Retry-After") == "1"
        busy.reset()
    end = time.monotonic() + 2
    while (answer := gateway.fetch("GET", "/open/a")).status != 200:
        assert time.monotonic() < end
    for _ in range(3):
        refused = gateway.fetch("GET", "/open/a")
        assert refused.json["error"] == "rate_limit_exceeded"
        assert '"quota";r=98;' in refused.get("RateLimit")


def test_a_restart_forgets_nothing(start, origin):
    gateway = start(limited(origin, 5))
    assert [gateway.fetch("GET", "/open/a").status for _ in range(3)] == [200] * 3
    gateway.restart()
    assert [gateway.fetch("GET", "/open/a").status for _ in range(3)] == [200, 200, 429]
    gateway.restart()
    assert gateway.fetch("GET", "/open/a").status == 429


def test_a_request_that_reached_no_upstream_counts_over_a_kill(start, origin):
    config = limited(origin, 2)
    config["collections"][0]["target"] = "http://127.0.0.1:9"
    gateway = start(config)
    assert gateway.fetch("GET", "/open/a").status == 502
    gateway.kill()
    gateway.start()
    assert [gateway.fetch("GET", "/open/a").status for _ in range(2)] == [502, 429]


@pytest.mark.parametrize("per", ["client", "profile", "collection", "proxy"])
def test_per_over_a_kill(start, origin, per):
    gateway = start(limited(origin, 1, per=per))
    assert gateway.fetch("GET", "/open/a").status == 200
    gateway.kill()
    gateway.start()
    assert gateway.fetch("GET", "/open/a").status == 429
    assert gateway.fetch("GET", "/closed/a", IDENTITY).status == (429 if per == "client" else 200)


def test_a_change_of_n_applies_at_once(start, origin):
    gateway = start(limited(origin, 2))
    assert [gateway.fetch("GET", "/open/a").status for _ in range(3)] == [200, 200, 429]
    gateway.reload(limited(origin, 4), lambda: gateway.fetch("GET", "/open/a").status == 200)
    assert [gateway.fetch("GET", "/open/a").status for _ in range(2)] == [200, 429]


def test_exactly_n_over_kill_9_under_load(start, origin):
    quota = 3000
    origin.answer("/", lambda call: call.reply())
    gateway = start(limited(origin, quota), workers=2)
    random.seed(5)
    statuses, lives = [], 0
    while 429 not in statuses:
        threads = hammer(gateway, 6, 10_000, statuses)
        time.sleep(random.uniform(0.01, 0.06))
        gateway.kill()
        join(threads)
        gateway.start()
        lives += 1
        assert lives < 200
    assert lives > 5
    join(hammer(gateway, 6, 100, statuses))
    refused = gateway.fetch("GET", "/open/a")
    assert refused.json["error"] == "quota_exceeded"
    gateway.record_of(refused, sealed=True)
    records = gateway.records()
    crashed = [r for r in records if r["error"] == "gateway_crashed"]
    admitted = [r for r in records if r["status"] == 200] + crashed
    assert len(admitted) == quota, (len(admitted), len(crashed), lives)
    assert {r["error"] for r in records} <= {None, "gateway_crashed", "quota_exceeded", "client_aborted"}
    assert quota - len(crashed) <= statuses.count(200) + 6 * lives and statuses.count(200) <= quota
    assert len(origin.received) <= quota
