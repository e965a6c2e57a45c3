# SPDX-License-Identifier: Apache-2.0
"""kill -9 under load, again and again on one data directory: every answer that a peer saw and every
request that the upstream received has its record, `seq` has no hole, nothing stands twice."""
import collections
import random
import subprocess
import threading
import time

from config_files import open_config
from raw_client import ClosedEarly, RawClient, build_request

LIVES = 22


def load(gateway, seen, stop, number):
    """Requests until the process dies; keeps the ids of what was answered 2xx."""
    try:
        with RawClient(gateway.port, timeout=5) as peer:
            turn = 0
            while not stop.is_set():
                turn += 1
                if number % 2:
                    peer.send(build_request("GET", f"/open/{number}/{turn}") * 4)
                    answers = [peer.read_answer() for _ in range(4)]
                else:
                    answers = [peer.request("POST", f"/open/{number}/{turn}", body=b"x" * 2000)]
                seen += [a.get("X-Request-ID") for a in answers if 200 <= a.status < 300]
    except (OSError, ClosedEarly):
        pass


def test_crash_loses_no_record(start, origin):
    gateway = start(open_config(origin.port), workers=2)
    random.seed(9)
    origin.answer("/1/", lambda call: (call.read_body(), time.sleep(random.random() / 50), call.reply()))
    seen = []
    for life in range(LIVES):
        if life:
            gateway.start()
        stop = threading.Event()
        threads = [threading.Thread(target=load, args=(gateway, seen, stop, n)) for n in range(6)]
        for thread in threads:
            thread.start()
        time.sleep(random.uniform(0.02, 0.5))
        gateway.kill()
        stop.set()
        for thread in threads:
            thread.join()
    gateway.start()
    received = [r.get("X-Request-ID") for r in list(origin.received)]
    last = gateway.fetch("GET", "/open/end")
    gateway.record_of(last, sealed=True)
    records = gateway.records()
    assert gateway.stop() == 0
    by_id = collections.Counter(r["request_id"] for r in records)
    assert len(seen) > LIVES and len(received) > LIVES, (len(seen), len(received))
    assert [i for i in seen if i not in by_id] == [], "answered without a record"
    assert [i for i in received if i not in by_id] == [], "received upstream without a record"
    assert [i for i, n in by_id.items() if n > 1] == [], "recorded twice"
    seqs = [r["seq"] for r in records]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs))), "seq has a hole"
    crashed = [r for r in records if r["error"] == "gateway_crashed"]
    assert all(r["status"] == 0 for r in crashed)
    assert not {r["request_id"] for r in crashed} & set(seen)
    assert not [r for r in records if r["kind"] == "gap"]


def test_a_request_at_the_upstream_when_killed_is_gateway_crashed(start, origin):
    origin.answer("/hang", lambda call: call.hold(10))
    gateway = start(open_config(origin.port))
    with gateway.peer() as peer:
        peer.send(build_request("GET", "/open/hang"))
        assert origin.wait_for(lambda r: r)
        wanted = origin.last().get("X-Request-ID")
        gateway.kill()
    gateway.start()
    record = gateway.wait_records(request_id=wanted)[0]
    assert (record["error"], record["status"]) == ("gateway_crashed", 0)
    assert record["client_id"] and record["profile_id"]


def test_configuration_is_complete_after_a_kill(start, origin):
    gateway = start(open_config(origin.port))
    for _ in range(5):
        gateway.kill()
        gateway.start()
        assert gateway.fetch("GET", "/open/a").status == 200


def test_kill_during_start(start, origin):
    gateway = start(open_config(origin.port))
    gateway.fetch("GET", "/open/a")
    for delay in (0.0, 0.001, 0.003, 0.005, 0.01, 0.02, 0.05):
        gateway.kill()
        early = subprocess.Popen(gateway.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        early.kill()
        early.wait()
        gateway.start()
    assert gateway.fetch("GET", "/open/b").status == 200
    assert len(gateway.wait_records(2)) == 2
