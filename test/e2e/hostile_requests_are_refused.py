# SPDX-License-Identifier: Apache-2.0
"""Every row of test/conformance/h1_hostile.json against the running gateway: the answer it names, no
whole request at the upstream, and after doubt about framing a closed connection."""
import json

import pytest

from config_files import ROOT, collection, open_config
from gateway import Gateway
from raw_client import ClosedEarly

CASES = json.loads((ROOT / "test" / "conformance" / "h1_hostile.json").read_text())
# After these the framing is not in doubt, so the connection may live on.
MAY_STAY = {"expect", "path", "host"}


def bytes_of(raw):
    """Text, or pieces of text and [text, times], as latin-1."""
    pieces = [raw] if isinstance(raw, str) else raw
    return b"".join(p.encode("latin-1") if isinstance(p, str) else p[0].encode("latin-1") * p[1]
                    for p in pieces)


@pytest.fixture(scope="module")
def everything(io, module_origin):
    """A gateway that forwards every path of every host for anybody."""
    config = open_config(module_origin.port)
    config["collections"] = [collection("Open", "/", module_origin.port, anonymous_profile="acme/internal")]
    config["clients"][0]["collections"] = ["Open"]
    gateway = Gateway(config, io)
    yield gateway
    gateway.dispose()


def test_there_are_at_least_150_cases():
    assert len(CASES) >= 150
    assert len({c["name"] for c in CASES}) == len(CASES)
    assert all(c["rfc"] for c in CASES)


def test_the_same_gateway_forwards_what_is_well_formed(everything, origin):
    with everything.peer() as peer:
        peer.send("POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "3;a=b\r\nabc\r\n0\r\nX-T: 1\r\n\r\n")
        assert peer.read_answer().status == 200
    assert origin.last().body == b"abc"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_hostile(everything, origin, case):
    may_close = "close" in case["expect"]
    with everything.peer(timeout=1.0 if may_close else 5.0) as peer:
        status = None
        try:
            peer.send(bytes_of(case["raw"]))
        except OSError:
            pass  # Refused before all of it was sent; the answer is still there to read.
        try:
            answer = peer.read_answer()
            status = answer.status
        except (ClosedEarly, ConnectionResetError):
            assert may_close, "closed without an answer"
        except TimeoutError:
            assert may_close, "no answer"
            peer.half_close()
            assert peer.is_closed_within(5)
        if status is not None:
            assert status in case["expect"], answer.body
            assert peer.pending == b"", "something was answered behind the refusal"
            if status == 400 and case["row"] not in MAY_STAY:
                assert peer.is_closed_within(5)
    assert [r for r in origin.received if r.is_whole] == []
    assert len(origin.received) <= 1
