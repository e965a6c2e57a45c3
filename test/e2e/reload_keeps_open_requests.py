# SPDX-License-Identifier: Apache-2.0
"""SIGHUP: the new file is live at once, nothing is dropped, a bad file changes nothing."""
import threading
import time

import pytest

from config_files import open_config
from raw_client import RawClient, build_request


def marked(origin, mark):
    """A configuration that the upstream can tell from others."""
    return open_config(origin.port, headers=[{"name": "X-Mark", "value": str(mark)}])


def mark_seen(gateway, origin):
    gateway.fetch("GET", "/open/mark")
    return origin.last().get("X-Mark")


def test_change_is_live(start, origin):
    gateway = start(marked(origin, 1))
    assert mark_seen(gateway, origin) == "1"
    gateway.reload(marked(origin, 2), lambda: mark_seen(gateway, origin) == "2", seconds=1)


def test_open_request_ends_under_the_old_configuration(start, origin):
    gate = threading.Event()
    origin.answer("/wait", lambda call: (gate.wait(10), call.reply(body=b"old")))
    gateway = start(marked(origin, 1))
    with gateway.peer() as peer:
        peer.send(build_request("GET", "/open/wait"))
        origin.wait_for(lambda r: r)
        gateway.reload(marked(origin, 2), lambda: mark_seen(gateway, origin) == "2")
        gate.set()
        answer = peer.read_answer()
        assert (answer.status, answer.body) == (200, b"old")
        assert peer.get("/open/mark").status == 200
        assert origin.last().get("X-Mark") == "2"
        revision = gateway.record_of(answer)["config_revision"]
    later = gateway.record_of(gateway.fetch("GET", "/open/a"))["config_revision"]
    assert later > revision


@pytest.mark.parametrize("broken", ["version: 1\ncollections: [", "version: 1\ncolections: []\n", "",
                                    "version: 2\n", "\x00\x01"])
def test_bad_file_changes_nothing(start, origin, broken):
    gateway = start(marked(origin, 1))
    seen = len(gateway.log)
    gateway.reload(broken)
    end = time.monotonic() + 3
    while len(gateway.log) == seen and time.monotonic() < end:
        time.sleep(0.01)
    assert len(gateway.log) > seen, "the refusal is not on stderr"
    assert mark_seen(gateway, origin) == "1"
    gateway.reload(marked(origin, 3), lambda: mark_seen(gateway, origin) == "3")


def test_withdrawn_collection_is_404_and_connections_stay(start, origin):
    gateway = start(marked(origin, 1))
    with gateway.peer() as peer:
        assert peer.get("/open/a").status == 200
        smaller = marked(origin, 1)
        smaller["collections"][1]["status"] = "draft"
        gateway.reload(smaller, lambda: gateway.fetch("GET", "/closed/a").status == 404)
        assert peer.get("/open/a").status == 200


def test_two_hundred_reloads_under_load(start, origin):
    gateway = start(marked(origin, 0))
    stop = threading.Event()
    results = [[0, []] for _ in range(4)]

    def load(result):
        with RawClient(gateway.port) as peer:
            while not stop.is_set():
                try:
                    answer = peer.get("/open/load")
                    if answer.status != 200:
                        result[1].append(answer.body)
                except Exception as error:
                    result[1].append(repr(error))
                    return
                result[0] += 1

    threads = [threading.Thread(target=load, args=(r,)) for r in results]
    for thread in threads:
        thread.start()
    for number in range(1, 201):
        gateway.reload(marked(origin, number))
        time.sleep(0.01)
    gateway.reload(marked(origin, "last"), lambda: mark_seen(gateway, origin) == "last")
    stop.set()
    for thread in threads:
        thread.join()
    assert [errors for _, errors in results] == [[]] * 4
    assert sum(count for count, _ in results) > 400


@pytest.mark.alone
@pytest.mark.native
def test_live_within_20_ms(start, origin):
    gateway = start(marked(origin, 0))
    took = []
    with gateway.peer() as peer:
        for number in range(1, 21):
            began = time.monotonic()
            gateway.reload(marked(origin, number))
            while True:
                peer.get("/open/mark")
                if origin.last().get("X-Mark") == str(number):
                    break
                assert time.monotonic() - began < 2
            took.append(time.monotonic() - began)
    assert sorted(took)[len(took) // 2] < 0.020, took


@pytest.mark.alone
@pytest.mark.native
def test_memory_is_flat_over_a_thousand_reloads_with_open_streams(start, origin):
    origin.answer("/stream", lambda call: (call.head(200, [("Transfer-Encoding", "chunked")]),
                                           call.send(b"1\r\nx\r\n"), call.hold(110)))
    gateway = start(marked(origin, 0))
    streams = []
    for _ in range(200):
        peer = RawClient(gateway.port)
        peer.send(build_request("GET", "/open/stream"))
        streams.append(peer)
    for peer in streams:
        peer.read_head()
    sizes = []
    for number in range(1, 1001):
        gateway.reload(marked(origin, number))
        if number % 100 == 0:
            wanted = str(number)
            gateway.reload(marked(origin, number), lambda: mark_seen(gateway, origin) == wanted)
            sizes.append(gateway.rss_kb())
        else:
            time.sleep(0.012)
    for peer in streams:
        assert peer.read_until(b"\r\n") == b"1"
        peer.reset()  # A FIN alone would be a half-close: its stream goes on.
    assert sizes[-1] - sizes[1] < 2048, f"RSS in KB every 100 reloads: {sizes}"
