# SPDX-License-Identifier: Apache-2.0
"""SIGTERM: not ready first, requests in flight finish, exit 0; a second one ends at once."""
import json
import signal
import time

import pytest

from config_files import open_config
from gateway import is_listening, read_offline
from raw_client import RawClient, build_request


def test_request_in_flight_finishes(start, origin):
    origin.answer("/slow", lambda call: (call.read_body(), time.sleep(1), call.reply(body=b"whole")))
    gateway = start(open_config(origin.port))
    with gateway.peer() as peer:
        peer.send(build_request("GET", "/open/slow"))
        origin.wait_for(lambda r: r)
        gateway.process.send_signal(signal.SIGTERM)
        answer = peer.read_answer()
        assert (answer.status, answer.body) == (200, b"whole")
    assert gateway.process.wait(10) == 0


def test_readyz_is_503_while_draining(start, origin):
    origin.answer("/slow", lambda call: (time.sleep(1.5), call.reply()))
    gateway = start(open_config(origin.port))
    with gateway.peer() as busy, RawClient(gateway.admin_port) as admin:
        host = f"127.0.0.1:{gateway.admin_port}"
        assert admin.request("GET", "/readyz", host=host).status == 200
        busy.send(build_request("GET", "/open/slow"))
        origin.wait_for(lambda r: r)
        gateway.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        answer = admin.request("GET", "/readyz", host=host)
        assert answer.status == 503
        assert "draining" in answer.json["reasons"]
        assert busy.read_answer().status == 200
    assert gateway.process.wait(10) == 0


def test_idle_connections_do_not_hold_the_end(start, origin):
    gateway = start(open_config(origin.port))
    with gateway.peer() as idle, gateway.peer() as silent:
        idle.get("/open/a")
        began = time.monotonic()
        gateway.process.send_signal(signal.SIGTERM)
        assert gateway.process.wait(10) == 0
        assert time.monotonic() - began < 5
        assert idle.is_closed_within(1) and silent.is_closed_within(1)


@pytest.mark.parametrize("given", ["flag", "environment", "file"])
def test_what_takes_too_long_is_cut(start, origin, tmp_path, given):
    origin.answer("/hang", lambda call: call.hold(30))
    options, environment = [], {}
    if given == "flag":
        options = ["--drain-max-s", "1"]
    elif given == "environment":
        environment = {"ZERQ_DRAIN_MAX_S": "1"}
    else:
        (tmp_path / "options.yaml").write_text("drain-max-s: 1\n")
        options = ["--config", str(tmp_path / "options.yaml")]
    gateway = start(open_config(origin.port), options=options, environment=environment)
    with gateway.peer() as peer:
        peer.send(build_request("GET", "/open/hang"))
        origin.wait_for(lambda r: r)
        began = time.monotonic()
        gateway.process.send_signal(signal.SIGTERM)
        assert gateway.process.wait(10) == 0
        assert 1 <= time.monotonic() - began < 5
        assert peer.is_closed_within(1)
    gateway.stop()
    gave_up = [json.loads(line) for line in gateway.log if "drain_gave_up" in line]
    assert [line["open_connections"] for line in gave_up] == [1]
    record, = read_offline(gateway.data_dir)
    assert (record["path"], record["reason"]) == ("/open/hang", "torn_down")


def test_second_signal_ends_at_once(start, origin):
    origin.answer("/hang", lambda call: call.hold(30))
    gateway = start(open_config(origin.port))
    with gateway.peer() as peer:
        peer.send(build_request("GET", "/open/hang"))
        origin.wait_for(lambda r: r)
        gateway.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert gateway.process.poll() is None
        gateway.process.send_signal(signal.SIGTERM)
        gateway.process.wait(2)


def test_records_of_the_last_requests_are_there(start, origin):
    gateway = start(open_config(origin.port))
    ids = [gateway.fetch("GET", "/open/a").get("X-Request-ID") for _ in range(50)]
    assert gateway.stop() == 0
    assert not is_listening(gateway.port)
    found = [record["request_id"] for record in read_offline(gateway.data_dir)]
    assert [i for i in ids if i not in found] == []


def test_port_is_free_at_once(start, origin):
    gateway = start(open_config(origin.port))
    gateway.fetch("GET", "/open/a")
    port = gateway.port
    gateway.kill()
    gateway.options += ["--listen", f"127.0.0.1:{port}"]
    gateway.start()
    assert is_listening(port)
