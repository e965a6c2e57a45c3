# SPDX-License-Identifier: Apache-2.0
"""A thousand peers that send a byte a second cost little memory and nobody's time."""
import selectors
import socket
import time

import pytest

from config_files import open_config

pytestmark = [pytest.mark.alone, pytest.mark.native]
PEERS = 1000


def test_slow_heads(start, origin):
    head_ms = 12000
    gateway = start(open_config(origin.port, settings={"peer": {"head_ms": head_ms}}))
    for _ in range(50):
        gateway.fetch("GET", "/open/warm")
    before = gateway.rss_kb()
    text = b"GET /open/slow HTTP/1.1\r\nHost: gateway.test\r\nX-Slow: " + b"a" * 1000
    slow, answered = {}, {}
    selector = selectors.DefaultSelector()
    for _ in range(PEERS):
        sock = socket.create_connection(("127.0.0.1", gateway.port))
        sock.setblocking(False)
        slow[sock] = time.monotonic()
        selector.register(sock, selectors.EVENT_READ)
        sock.send(text[:1])
    worst, grown, sent = 0.0, 0, 1
    with gateway.peer() as honest:
        honest.get("/open/a")
        end = time.monotonic() + head_ms / 1000 + 3
        next_byte = time.monotonic() + 1
        while time.monotonic() < end and len(answered) < PEERS:
            began = time.monotonic()
            assert honest.get("/open/a").status == 200
            worst = max(worst, time.monotonic() - began)
            grown = max(grown, gateway.rss_kb() - before)
            if time.monotonic() > next_byte:
                next_byte += 1
                for sock in slow:
                    if sock not in answered:
                        try:
                            sock.send(text[sent:sent + 1])
                        except OSError:
                            pass
                sent += 1
            for key, _ in selector.select(0.02):
                sock = key.fileobj
                try:
                    answer = sock.recv(4096)
                except OSError:
                    answer = b""
                if sock not in answered:
                    answered[sock] = (time.monotonic() - slow[sock], answer[:12])
                selector.unregister(sock)
    for sock in slow:
        sock.close()
    assert len(answered) == PEERS
    assert {text for _, text in answered.values()} == {b"HTTP/1.1 408"}
    waits = [wait for wait, _ in answered.values()]
    assert min(waits) > head_ms / 1000 - 0.1 and max(waits) < head_ms / 1000 + 1
    assert grown <= 16 * 1024, f"grew by {grown} KB"
    assert worst <= 0.010, f"an honest request took {worst * 1000:.1f} ms"
    assert gateway.fetch("GET", "/open/a").status == 200
