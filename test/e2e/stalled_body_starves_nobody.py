# SPDX-License-Identifier: Apache-2.0
"""Bodies that nobody takes hold their own connections and no others."""
import threading
import time

import pytest

from raw_client import build_request

STALLED = 200


@pytest.mark.alone
@pytest.mark.native
def test_uploads_that_stall_beside_honest_requests(gateway, origin):
    release = threading.Event()
    origin.answer("/stall", lambda call: (release.wait(30), call.close()))
    before = gateway.rss_kb()
    stalled = []
    for _ in range(STALLED):
        peer = gateway.peer()
        peer.socket.setblocking(False)
        peer.send(b"PUT /open/stall HTTP/1.1\r\nHost: g\r\nContent-Length: 100000000\r\n\r\n")
        stalled.append(peer)
    # Each pours until nobody takes more.
    end = time.monotonic() + 2
    while time.monotonic() < end:
        for peer in stalled:
            try:
                peer.socket.send(b"x" * 65536)
            except BlockingIOError:
                pass
    worst = 0.0
    with gateway.peer() as honest:
        for _ in range(300):
            began = time.monotonic()
            assert honest.request("POST", "/open/a", body=b"y" * 10000).status == 200
            worst = max(worst, time.monotonic() - began)
    grown = gateway.rss_kb() - before
    release.set()
    for peer in stalled:
        peer.close()
    assert worst < 0.1, f"an honest request took {worst * 1000:.0f} ms"
    assert grown < STALLED * 300, f"grew by {grown} KB for {STALLED} stalled bodies"


def test_downloads_that_stall_beside_honest_requests(gateway, origin):
    def pour(call):
        call.head(200, [("Content-Length", 100_000_000)])
        call.socket.settimeout(20)
        for _ in range(1000):
            call.send(b"z" * 100_000)

    origin.answer("/pour", pour)
    stalled = [gateway.peer(receive_buffer=4096) for _ in range(50)]
    for peer in stalled:
        peer.send(build_request("GET", "/open/pour"))
    time.sleep(0.5)
    with gateway.peer() as honest:
        for _ in range(100):
            assert honest.get("/open/a").status == 200
    for peer in stalled:
        peer.reset()
    with gateway.peer() as honest:
        assert honest.get("/open/a").status == 200
