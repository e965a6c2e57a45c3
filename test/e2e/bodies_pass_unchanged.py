# SPDX-License-Identifier: Apache-2.0
"""Bodies arrive byte for byte in both directions, whatever the framing on either side."""
import os
import threading
import time

import pytest

from raw_client import ClosedEarly, build_request

BIG = os.urandom(3_000_000)


def echo(call):
    call.read_body()
    call.reply(body=call.received.body)


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 4097, 65536, 1_000_000])
def test_content_length_both_ways(gateway, origin, size):
    origin.answer("/", echo)
    body = BIG[:size]
    with gateway.peer() as peer:
        answer = peer.request("POST", "/open/echo", body=body)
    assert answer.body == body
    assert origin.last().get("Content-Length") == str(size)
    assert origin.last().get("Transfer-Encoding") is None


def test_chunked_upload_is_framed_anew(gateway, origin):
    origin.answer("/", echo)
    with gateway.peer() as peer:
        peer.send("POST /open/echo HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n")
        for size in (1, 10, 4096, 20000):
            peer.send(f"{size:x};note=1\r\n".encode(), BIG[:size], b"\r\n")
        peer.send("0\r\n\r\n")
        answer = peer.read_answer()
    assert answer.body == BIG[:1] + BIG[:10] + BIG[:4096] + BIG[:20000]
    assert origin.last().all("Transfer-Encoding") == ["chunked"]
    assert b"note" not in origin.last().raw_body


def test_request_trailers_reach_the_upstream(gateway, origin):
    with gateway.peer() as peer:
        peer.send("POST /open/t HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                  "3\r\nabc\r\n0\r\nX-Sum: 42\r\n\r\n")
        assert peer.read_answer().status == 200
    assert origin.last().body == b"abc"
    assert ("X-Sum", "42") in [(n.title(), v) for n, v in origin.last().trailers]


def test_forbidden_trailers_do_not_become_headers(gateway, origin):
    with gateway.peer() as peer:
        peer.send("POST /open/t HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n"
                  "3\r\nabc\r\n0\r\nContent-Length: 9\r\nX-Zerq-Client: evil\r\n"
                  "Authorization: Bearer x\r\nHost: evil\r\n\r\n")
        status = peer.read_answer().status
    if status == 200:
        assert not {n.lower() for n, _ in origin.last().trailers} & {
            "content-length", "x-zerq-client", "authorization", "host"}
    else:
        assert status == 400


def test_response_chunks_and_trailers(gateway, origin):
    origin.answer("/", lambda call: call.chunks([b"a" * 5, b"b" * 70000, b"c"],
                                                [("X-Checksum", "77")],
                                                headers=[("Trailer", "X-Checksum")]))
    with gateway.peer() as peer:
        answer = peer.request("GET", "/open/c", [("TE", "trailers")])
        assert answer.framing == "chunked"
        assert answer.body == b"a" * 5 + b"b" * 70000 + b"c"
        assert ("x-checksum", "77") in [(n.lower(), v) for n, v in answer.trailers]
        assert peer.get("/open/c").status == 200


def test_response_until_close_gets_a_frame(gateway, origin):
    def until_close(call):
        call.head(200, [("Connection", "close")])
        call.send(BIG[:100000])
        call.close()

    origin.answer("/", until_close)
    with gateway.peer() as peer:
        answer = peer.get("/open/u")
        assert (answer.framing, answer.body) == ("chunked", BIG[:100000])
        assert peer.get("/open/u").status == 200


def test_head_has_headers_and_no_body(gateway, origin):
    origin.answer("/", lambda call: call.head(200, [("Content-Length", 1234), ("X-A", "b")]))
    with gateway.peer() as peer:
        answer = peer.request("HEAD", "/open/h")
        assert (answer.status, answer.get("Content-Length"), answer.get("X-A")) == (200, "1234", "b")
        assert peer.request("HEAD", "/open/h").status == 200
    assert origin.last().method == "HEAD"


@pytest.mark.parametrize("status", [204, 304])
def test_answers_without_body(gateway, origin, status):
    origin.answer("/", lambda call: call.head(status, [("ETag", '"1"')]))
    with gateway.peer() as peer:
        for _ in range(2):
            answer = peer.get("/open/n")
            assert (answer.status, answer.body) == (status, b"")
            assert answer.get("Transfer-Encoding") is None
            assert answer.get("Content-Length") in (None, "0") or status == 304


def test_delete_with_body(gateway, origin):
    with gateway.peer() as peer:
        assert peer.request("DELETE", "/open/d", body=b"why").status == 200
    assert origin.last().body == b"why"


def test_early_hints_are_passed_on(gateway, origin):
    def hint(call):
        call.head(103, [("Link", "</a.css>; rel=preload")])
        call.reply(200)

    origin.answer("/", hint)
    with gateway.peer() as peer:
        answer = peer.get("/open/h")
        assert (answer.status, answer.interim) == (200, [103])


def test_http_1_0_peer_gets_no_interim_answers(gateway, origin):
    origin.answer("/", lambda call: (call.head(103), call.reply(200)))
    with gateway.peer() as peer:
        answer = peer.request("GET", "/open/h", version="HTTP/1.0")
        assert (answer.status, answer.interim) == (200, [])


def test_expect_continue_is_answered_before_the_body(gateway, origin):
    origin.answer("/", echo)
    with gateway.peer() as peer:
        peer.send("POST /open/e HTTP/1.1\r\nHost: g\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        status, _, _, _ = peer.read_head()
        assert status == 100
        peer.send("hello")
        assert peer.read_answer().body == b"hello"


def test_expect_continue_of_a_refused_request_is_refused(gateway):
    with gateway.peer() as peer:
        peer.send("POST /closed/e HTTP/1.1\r\nHost: g\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        answer = peer.read_answer()
        assert (answer.status, answer.interim) == (403, [])


def test_body_sent_without_waiting_for_continue(gateway, origin):
    origin.answer("/", echo)
    with gateway.peer() as peer:
        peer.send("POST /open/e HTTP/1.1\r\nHost: g\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello")
        assert peer.read_answer().body == b"hello"


def test_first_bytes_flow_before_the_last_are_known(gateway, origin):
    release = threading.Event()

    def slow(call):
        call.head(200, [("Transfer-Encoding", "chunked")])
        call.send(b"5\r\nfirst\r\n")
        release.wait(10)
        call.send(b"4\r\nlast\r\n0\r\n\r\n")

    origin.answer("/", slow)
    with gateway.peer() as peer:
        peer.send(build_request("GET", "/open/s"))
        peer.read_head()
        assert peer.read_until(b"\r\n") == b"5"
        assert peer.read_exactly(7) == b"first\r\n"
        release.set()
        assert peer.read_chunks() == (b"last", [])


def test_request_body_streams_to_the_upstream(gateway, origin):
    with gateway.peer() as peer:
        got = threading.Event()

        def watch(call):
            assert call.reader.read_exactly(5) == b"first"
            got.set()
            call.received.is_whole = True
            assert call.reader.read_exactly(4) == b"last"
            call.reply()

        origin.answer("/", watch)
        peer.send("PUT /open/s HTTP/1.1\r\nHost: g\r\nContent-Length: 9\r\n\r\nfirst")
        assert got.wait(5)
        peer.send("last")
        assert peer.read_answer().status == 200


def test_answer_before_the_whole_request(gateway, origin):
    origin.answer("/", lambda call: (call.reply(413, b"no"), call.close(), time.sleep(0.2)))
    with gateway.peer() as peer:
        peer.send("PUT /open/s HTTP/1.1\r\nHost: g\r\nContent-Length: 1000000\r\n\r\nbegin")
        answer = peer.read_answer()
        assert (answer.status, answer.body) == (413, b"no")


def test_slow_reader_slows_the_upstream(gateway, origin):
    sent = []

    def pour(call):
        call.head(200, [("Content-Length", 64_000_000)])
        call.socket.settimeout(1.0)
        piece = b"x" * 100_000
        try:
            for _ in range(640):
                call.send(piece)
                sent.append(len(piece))
        except TimeoutError:
            call.close()

    origin.answer("/", pour)
    with gateway.peer(receive_buffer=65536) as peer:
        peer.send(build_request("GET", "/open/p"))
        origin.wait_for(lambda received: received)
        time.sleep(1.5)
        assert sum(sent) < 24_000_000, "the gateway buffers what its peer does not read"


def test_truncated_content_length_resets(gateway, origin):
    origin.answer("/", lambda call: (call.head(200, [("Content-Length", 1000)]), call.send(b"half"),
                                     call.close()))
    with gateway.peer() as peer:
        peer.send(build_request("GET", "/open/t"))
        with pytest.raises((ConnectionResetError, ClosedEarly)):
            peer.read_answer()


def test_truncated_chunks_reset(gateway, origin):
    origin.answer("/", lambda call: (call.head(200, [("Transfer-Encoding", "chunked")]),
                                     call.send(b"4\r\nhalf\r\n"), call.close()))
    with gateway.peer() as peer:
        peer.send(build_request("GET", "/open/t"))
        with pytest.raises((ConnectionResetError, ClosedEarly)):
            peer.read_answer()


def test_truncated_answer_to_http_1_0_is_a_reset_not_an_end(gateway, origin):
    origin.answer("/", lambda call: (call.head(200, [("Transfer-Encoding", "chunked")]),
                                     call.send(b"4\r\nhalf\r\n"), time.sleep(0.1), call.close()))
    with gateway.peer() as peer:
        peer.send(build_request("GET", "/open/t", version="HTTP/1.0"))
        with pytest.raises(ConnectionResetError):
            peer.read_answer()


def test_truncated_answer_has_its_record(gateway, origin):
    origin.answer("/cut", lambda call: (call.head(200, [("Content-Length", 1000)]), call.send(b"half"),
                                        call.close()))
    with gateway.peer() as peer:
        peer.send(build_request("GET", "/open/cut"))
        with pytest.raises((ConnectionResetError, ClosedEarly)):
            peer.read_answer()
    record = gateway.wait_records(error="upstream_truncated", path_prefix="/open/cut")[-1]
    assert (record["status"], record["upstream"]["status"]) == (200, 200)
