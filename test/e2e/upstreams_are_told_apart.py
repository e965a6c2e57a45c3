# SPDX-License-Identifier: Apache-2.0
"""502, 503 and 504 mean different things; names are resolved beside the shards (semantics §6)."""
import contextlib
import socket
import threading
import time

from config_files import open_config
from origin import Origin, closed_port
from raw_client import RawClient, build_request


@contextlib.contextmanager
def deaf_port():
    """A port whose queue of connections is full, so that connecting to it takes for ever."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                filler.connect(listener.getsockname())
            fillers.append(filler)
        time.sleep(0.05)
        yield listener.getsockname()[1]
        for filler in fillers:
            filler.close()


def ask(gateway, target="/open/a"):
    began = time.monotonic()
    answer = gateway.fetch("GET", target)
    return answer.status, (answer.json["error"] if answer.status >= 500 else None), time.monotonic() - began


def test_nobody_listens(start):
    status, error, took = ask(start(open_config(closed_port())))
    assert (status, error) == (502, "upstream_unreachable")
    assert took < 1


def test_connecting_takes_too_long(start):
    with deaf_port() as port:
        status, error, took = ask(start(open_config(port, timeouts={"connect_ms": 400})))
    assert (status, error) == (504, "upstream_timeout")
    assert 0.35 < took < 1.5


def test_answer_takes_too_long(start, origin):
    origin.answer("/", lambda call: call.hold())
    status, error, took = ask(start(open_config(origin.port, timeouts={"request_ms": 400})))
    assert (status, error) == (504, "upstream_timeout")
    assert 0.35 < took < 1.5
    assert origin.wait_for(lambda r: r[-1].gone_at, 1), "the upstream was not cancelled"


def test_request_ms_is_for_the_head_not_the_body(start, origin):
    def slow_body(call):
        call.head(200, [("Content-Length", 6)])
        for piece in (b"ab", b"cd", b"ef"):
            time.sleep(0.3)
            call.send(piece)

    origin.answer("/", slow_body)
    gateway = start(open_config(origin.port, timeouts={"request_ms": 400}))
    assert gateway.fetch("GET", "/open/a").body == b"abcdef"


def test_silence_inside_a_body_resets(start, origin):
    origin.answer("/", lambda call: (call.head(200, [("Content-Length", 10)]), call.send(b"ab"), call.hold(5)))
    gateway = start(open_config(origin.port, timeouts={"idle_ms": 300}))
    with gateway.peer() as peer:
        peer.send(build_request("GET", "/open/a"))
        peer.read_head()
        began = time.monotonic()
        peer.read_exactly(2)
        assert peer.is_closed_within(3)
        assert 0.2 < time.monotonic() - began < 1.5


def test_slow_upload_does_not_count_as_a_slow_upstream(start, origin):
    gateway = start(open_config(origin.port, timeouts={"request_ms": 400}))
    with gateway.peer() as peer:
        peer.send("PUT /open/a HTTP/1.1\r\nHost: g\r\nContent-Length: 4\r\n\r\n")
        for byte in "slow":
            time.sleep(0.25)
            peer.send(byte)
        assert peer.read_answer().status == 200


def test_target_by_name(start, origin):
    config = open_config(origin.port)
    config["collections"][0]["target"] = f"http://localhost:{origin.port}"
    gateway = start(config)
    assert ask(gateway)[0] == 200
    assert origin.last().get("Host") == f"localhost:{origin.port}"


def test_unknown_name_is_unreachable_and_delays_nobody(start, origin):
    config = open_config(origin.port, timeouts={"connect_ms": 1500})
    config["collections"][1].update(target="http://no-such-host.invalid:1", anonymous_profile="acme/internal")
    gateway = start(config)
    answers = []
    lost = threading.Thread(target=lambda: answers.append(gateway.fetch("GET", "/closed/a")))
    lost.start()
    with gateway.peer() as peer:
        for _ in range(50):
            assert peer.get("/open/a").status == 200
    lost.join()
    assert answers[0].status in (502, 504)


def test_path_of_the_target_comes_first(start, origin):
    config = open_config(origin.port)
    config["collections"][0]["target"] = f"http://127.0.0.1:{origin.port}/base/v1"
    start(config).fetch("GET", "/open/a?b=c")
    assert origin.last().target == "/base/v1/a?b=c"


def test_upstream_that_comes_back_is_used_again(start):
    port = closed_port()
    gateway = start(open_config(port))
    assert ask(gateway)[0] == 502
    with Origin(port):
        assert ask(gateway)[0] == 200
    assert ask(gateway)[0] == 502
    with Origin(port):
        assert ask(gateway)[0] == 200


def test_requests_in_flight_do_not_wait_for_each_other(start, origin):
    origin.answer("/slow", lambda call: (time.sleep(1), call.reply()))
    gateway = start(open_config(origin.port))
    peers = [RawClient(gateway.port) for _ in range(300)]
    for peer in peers:
        peer.send(build_request("GET", "/open/slow"))
    began = time.monotonic()
    assert gateway.fetch("GET", "/open/quick").status == 200
    assert time.monotonic() - began < 0.5
    assert [peer.read_answer().status for peer in peers] == [200] * 300
    assert time.monotonic() - began < 4
