# SPDX-License-Identifier: Apache-2.0
"""Each limit of a message is a setting, live on reload, and is met exactly."""
import pytest

from config_files import open_config
from raw_client import ClosedEarly


def status(gateway, text):
    with gateway.peer() as peer:
        peer.send(text)
        try:
            return peer.read_answer().status
        except (ClosedEarly, ConnectionResetError):
            return None


def head_of(size):
    start = b"GET /open/a HTTP/1.1\r\nHost: g\r\nX: "
    return start + b"a" * (size - len(start) - 4) + b"\r\n\r\n"


def test_head_max_bytes(start, origin):
    gateway = start(open_config(origin.port, settings={"head_max_bytes": 2000}))
    assert status(gateway, head_of(2000)) == 200
    assert status(gateway, head_of(2001)) == 431


def test_headers_max(start, origin):
    gateway = start(open_config(origin.port, settings={"headers_max": 10}))
    text = lambda count: b"GET /open/a HTTP/1.1\r\nHost: g\r\n" + b"A: b\r\n" * (count - 1) + b"\r\n"
    assert status(gateway, text(10)) == 200
    assert status(gateway, text(11)) == 431


def test_target_max_bytes(start, origin):
    gateway = start(open_config(origin.port, settings={"target_max_bytes": 100}))
    text = lambda size: b"GET /open/" + b"a" * (size - 6) + b" HTTP/1.1\r\nHost: g\r\n\r\n"
    assert status(gateway, text(100)) == 200
    assert status(gateway, text(101)) == 414


@pytest.mark.parametrize("setting,body", [
    ({"chunk_extension_max_bytes": 50}, b"1;" + b"a" * 60 + b"\r\nx\r\n0\r\n\r\n"),
    ({"trailers_max": 2}, b"1\r\nx\r\n0\r\nA: 1\r\nB: 1\r\nC: 1\r\n\r\n"),
])
def test_chunk_extensions_and_trailers(start, origin, setting, body):
    head = b"POST /open/a HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n"
    generous = start(open_config(origin.port))
    assert status(generous, head + body) == 200
    strict = start(open_config(origin.port, settings=setting))
    assert status(strict, head + body) in (400, None)


def test_upstream_head_limits(start, origin):
    origin.answer("/big", lambda call: call.reply(headers=[("X-Big", "b" * 3000)]))
    origin.answer("/many", lambda call: call.reply(headers=[(f"X-{i}", "1") for i in range(30)]))
    generous = start(open_config(origin.port))
    assert generous.fetch("GET", "/open/big").status == 200
    assert generous.fetch("GET", "/open/many").status == 200
    strict = start(open_config(origin.port, settings={"upstream": {"head_max_bytes": 2000, "headers_max": 20}}))
    for path in ("/open/big", "/open/many"):
        answer = strict.fetch("GET", path)
        assert (answer.status, answer.json["error"]) == (502, "upstream_invalid")


def test_settings_change_on_reload(start, origin):
    gateway = start(open_config(origin.port))
    assert status(gateway, head_of(5000)) == 200
    gateway.reload(open_config(origin.port, settings={"head_max_bytes": 2000}),
                   lambda: status(gateway, head_of(5000)) == 431)
