# SPDX-License-Identifier: Apache-2.0
"""A peer that leaves takes its upstream request with it within 50 ms; a half-closed one is answered."""
import time

import pytest

from config_files import open_config
from raw_client import build_request

WITHIN = 0.050


def left_after(gateway, origin, leave, request=None):
    """Seconds from leave(peer) to the upstream's connection ending."""
    origin.answer("/hang", lambda call: call.hold(10))
    with gateway.peer() as peer:
        peer.send(request or build_request("GET", "/open/hang"))
        assert origin.wait_for(lambda r: r)
        time.sleep(0.05)
        began = time.monotonic()
        leave(peer)
        assert origin.wait_for(lambda r: r[-1].gone_at, 5), "the upstream was never cancelled"
    return origin.last().gone_at - began


def test_reset_cancels_upstream(gateway, origin):
    assert left_after(gateway, origin, lambda peer: peer.reset()) < WITHIN


def test_fin_inside_a_request_cancels_upstream(gateway, origin):
    unfinished = b"POST /open/hang HTTP/1.1\r\nHost: g\r\nContent-Length: 10\r\n\r\nabc"
    assert left_after(gateway, origin, lambda peer: peer.half_close(), unfinished) < WITHIN


def test_reset_while_the_answer_flows(gateway, origin):
    def pour(call):
        call.head(200, [("Transfer-Encoding", "chunked")])
        try:
            while True:
                call.send(b"4\r\nmore\r\n")
                time.sleep(0.005)
        except OSError:
            call.received.gone_at = time.monotonic()
            call.close()

    origin.answer("/pour", pour)
    with gateway.peer() as peer:
        peer.send(build_request("GET", "/open/pour"))
        peer.read_head()
        began = time.monotonic()
        peer.reset()
        assert origin.wait_for(lambda r: r[-1].gone_at, 5)
    assert origin.last().gone_at - began < WITHIN + 0.02  # The origin looks every 5 ms.


def test_the_record_says_client_aborted(gateway, origin):
    left_after(gateway, origin, lambda peer: peer.reset())
    record = gateway.wait_records(error="client_aborted")[-1]
    assert record["status"] == 499
    assert record["path"] == "/open/hang"


def test_half_closed_peer_is_answered(gateway, origin):
    origin.answer("/", lambda call: (time.sleep(0.3), call.reply(body=b"late")))
    with gateway.peer() as peer:
        peer.send(build_request("GET", "/open/a"))
        peer.half_close()
        answer = peer.read_answer()
        assert (answer.status, answer.body) == (200, b"late")
        assert peer.is_closed_within(2)


def test_half_closed_peer_gets_all_pipelined_answers(gateway, origin):
    with gateway.peer() as peer:
        peer.send(build_request("GET", "/open/a") * 5)
        peer.half_close()
        assert [peer.read_answer().status for _ in range(5)] == [200] * 5


def test_half_closed_peer_has_left_after_half_close_ms(start, origin):
    gateway = start(open_config(origin.port, settings={"peer": {"half_close_ms": 300}}))
    took = left_after(gateway, origin, lambda peer: peer.half_close())
    assert 0.2 < took < 1.0


def test_half_closed_peer_has_left_in_a_later_request_too(start, origin):
    gateway = start(open_config(origin.port, settings={"peer": {"half_close_ms": 300}}))
    origin.answer("/hang", lambda call: call.hold(10))
    with gateway.peer() as peer:
        peer.send(build_request("GET", "/open/a") + build_request("GET", "/open/hang"))
        peer.half_close()
        assert peer.read_answer().status == 200
        began = time.monotonic()
        assert origin.wait_for(lambda r: any(x.gone_at for x in r if x.target == "/hang"), 5)
        assert 0.1 < time.monotonic() - began < 1.5


@pytest.mark.parametrize("rounds", [100])
def test_many_aborts_leave_nothing_behind(gateway, origin, rounds):
    origin.answer("/hang", lambda call: call.hold(10))
    for _ in range(rounds):
        peer = gateway.peer()
        peer.send(build_request("GET", "/open/hang"))
        peer.reset()
    with gateway.peer() as peer:
        assert peer.get("/open/a").status == 200
    assert origin.wait_for(lambda r: all(x.gone_at for x in r if x.target == "/hang"), 10)
