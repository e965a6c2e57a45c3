# SPDX-License-Identifier: Apache-2.0
"""One record for each event of semantics §9 that can occur, with the fields of product §8."""
import datetime
import json
import os
import re
import subprocess
import threading
import time

import pytest

from config_files import CLIENT, IDENTITY, PROFILE, TOKEN, TOKEN_PROFILE, open_config
from gateway import ADMIN_TOKEN, binary, read_offline, run_command
from raw_client import RawClient, build_request

FIELDS = {"seq", "node", "time", "request_id", "config_revision", "client_ip", "peer_ip", "protocol",
          "tls", "method", "host", "path", "route", "client_id", "profile_id", "auth", "status", "error",
          "bytes_in", "bytes_out", "timings_us", "kind"}


def test_answered_request(gateway, origin):
    before = datetime.datetime.now(datetime.timezone.utc)
    answer = gateway.fetch("POST", "/closed/pets?token=secret&page=2", IDENTITY, b"hello", host="shop.example")
    record = gateway.record_of(answer)
    assert FIELDS <= set(record), FIELDS - set(record)
    assert record["kind"] == "request"
    assert (record["method"], record["path"], record["host"]) == ("POST", "/closed/pets", "shop.example")
    assert (record["status"], record["error"], record["protocol"]) == (200, None, "HTTP/1.1")
    assert (record["client_id"], record["profile_id"]) == (CLIENT, TOKEN_PROFILE)
    assert (record["client_ip"], record["peer_ip"]) == ("127.0.0.1", "127.0.0.1")
    assert record["auth"]["type"] == "token" and record["auth"]["result"] == "ok"
    assert record["upstream"] == record["upstream"] | {
        "address": f"127.0.0.1:{origin.port}", "status": 200, "attempts": 1}
    assert record["route"]["collection_id"] and record["route"]["proxy_id"]
    assert record["bytes_in"] >= 5 and record["bytes_out"] >= 3
    assert record["tls"] in (False, None)
    when = datetime.datetime.fromisoformat(record["time"].replace("Z", "+00:00"))
    assert abs((when - before).total_seconds()) < 5
    assert "." in record["time"] and len(record["time"].split(".")[1]) == 7
    timings = record["timings_us"]
    assert {"read_head", "route", "auth", "ttfb", "total"} <= set(timings)
    assert "workflow" not in timings
    assert timings["total"] >= timings["ttfb"]


def test_secrets_are_not_in_the_record(gateway, origin):
    answer = gateway.fetch("GET", "/closed/a?access_token=hunter2&api_key=hunter3&password=hunter4&x=seen", IDENTITY)
    text = json.dumps(gateway.record_of(answer))
    assert "seen" in text
    for secret in ("hunter2", "hunter3", "hunter4", TOKEN):
        assert secret not in text


def test_refused_request_has_the_same_fields_with_null(gateway):
    answer = gateway.fetch("GET", "/nowhere")
    record = gateway.record_of(answer)
    assert FIELDS <= set(record)
    assert (record["status"], record["error"]) == (404, "route_not_found")
    assert record["client_id"] is None and record["profile_id"] is None
    assert record["raw_target"] == "/nowhere"


def test_unparsable_request_has_the_same_fields_with_null(gateway):
    with gateway.peer() as peer:
        peer.send(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")
        record = gateway.record_of(peer.read_answer())
    assert FIELDS <= set(record)
    assert record["status"] == 400
    assert record["method"] is None and record["path"] is None and record["host"] is None


def test_refused_credential(gateway):
    answer = gateway.fetch("GET", "/closed/a", IDENTITY[:2] + [("Authorization", "Bearer no")])
    record = gateway.record_of(answer)
    assert (record["status"], record["auth"]["result"]) == (401, "refused")
    assert record["reason"]


def test_slow_head(start, origin):
    gateway = start(open_config(origin.port, settings={"peer": {"head_ms": 200}}))
    with gateway.peer() as peer:
        peer.send("GET /open/a HTTP/1.1\r\nHost: g\r\n")
        assert peer.read_answer().status == 408
    assert gateway.wait_records(status=408)[0]["error"] == "request_timeout"


def test_silent_peer_and_health_leave_no_record(start, origin):
    gateway = start(open_config(origin.port, settings={"peer": {"head_ms": 300}}))
    gateway.peer().close()
    with gateway.peer() as silent:
        silent.is_closed_within(0.5)
    for path in ("/healthz", "/readyz"):
        assert gateway.fetch("GET", path).status == 200
    last = gateway.fetch("GET", "/open/a")
    gateway.record_of(last)
    assert [r["path"] for r in gateway.records()] == ["/open/a"]


def test_caller_leaves(gateway, origin):
    origin.answer("/hang", lambda call: call.hold(10))
    peer = gateway.peer()
    peer.send(build_request("GET", "/open/hang/leaves"))
    origin.wait_for(lambda r: r)
    peer.reset()
    record = gateway.wait_records(path_prefix="/open/hang/leaves")[0]
    assert (record["status"], record["error"]) == (499, "client_aborted")


def test_long_request_has_an_open_and_an_end_record(start, origin):
    gate = threading.Event()
    origin.answer("/long", lambda call: (gate.wait(30), call.reply()))
    gateway = start(open_config(origin.port))
    with gateway.peer(timeout=30) as peer:
        peer.send(build_request("GET", "/open/long"))
        opened = gateway.wait_records(seconds=13, path_prefix="/open/long")
        assert [r["phase"] for r in opened] == ["open"]
        gate.set()
        answer = peer.read_answer()
    both = gateway.wait_records(2, path_prefix="/open/long")
    assert [r["phase"] for r in both] == ["open", "end"]
    assert {r["request_id"] for r in both} == {answer.get("X-Request-ID")}
    assert both[1]["status"] == 200


def test_record_is_visible_within_a_second(gateway):
    for _ in range(3):
        answer = gateway.fetch("GET", "/open/a")
        began = time.monotonic()
        gateway.record_of(answer)
        assert time.monotonic() - began <= 1.0


def test_seq_is_gap_free_over_shards(start, origin):
    gateway = start(open_config(origin.port), workers=4)
    threads = [threading.Thread(target=lambda: [gateway.fetch("GET", f"/open/{i}") for i in range(100)])
               for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    records = gateway.wait_records(600, sealed=True)
    assert [r["seq"] for r in records] == list(range(records[0]["seq"], records[0]["seq"] + 600))
    assert len({r["request_id"] for r in records}) == 600
    assert len({r["node"] for r in records}) == 1


def test_node_survives_restarts_and_seq_goes_on(start, origin):
    gateway = start(open_config(origin.port))
    first = gateway.record_of(gateway.fetch("GET", "/open/a"), sealed=True)
    gateway.restart()
    second = gateway.record_of(gateway.fetch("GET", "/open/a"), sealed=True)
    assert second["node"] == first["node"]
    assert second["seq"] == first["seq"] + 1


# --- Asking ---

def ask(gateway, query):
    answer = gateway.admin("GET", f"/api/v1/audit/requests?{query}")
    assert answer.status == 200, answer.body
    return answer.json["items"]


def test_filters(start, origin):
    gateway = start(open_config(origin.port))
    made = [gateway.fetch("GET", "/open/one"), gateway.fetch("GET", "/open/two"),
            gateway.fetch("GET", "/nowhere"), gateway.fetch("GET", "/closed/x", IDENTITY),
            gateway.fetch("GET", "/closed/x")]
    gateway.wait_records(5)
    by = lambda query: sorted(r["path"] for r in ask(gateway, query))
    assert by("status=200") == ["/closed/x", "/open/one", "/open/two"]
    assert by("status=4xx") == ["/closed/x", "/nowhere"]
    assert by("status=403-404") == ["/closed/x", "/nowhere"]
    assert by("path_prefix=/open/t") == ["/open/two"]
    assert by(f"client_id={CLIENT}") == ["/closed/x", "/open/one", "/open/two"]
    assert by(f"profile_id={PROFILE}") == ["/open/one", "/open/two"]
    assert by("error=route_not_found") == ["/nowhere"]
    assert by(f"request_id={made[1].get('X-Request-ID')}") == ["/open/two"]
    times = [r["time"] for r in ask(gateway, "limit=10")]
    assert times == sorted(times, reverse=True)
    assert len(ask(gateway, f"from={times[2]}")) == 3
    assert len(ask(gateway, f"to={times[3]}")) in (1, 2)


def test_unknown_parameter_is_400(gateway):
    assert gateway.admin("GET", "/api/v1/audit/requests?clientid=x").status == 400
    assert gateway.admin("GET", "/api/v1/audit/requests?limit=0").status == 400
    assert gateway.admin("GET", "/api/v1/audit/requests?limit=1001").status == 400


def test_cursor_is_stable_while_records_arrive(start, origin):
    gateway = start(open_config(origin.port))
    for i in range(30):
        gateway.fetch("GET", f"/open/{i}")
    gateway.wait_records(30, sealed=True)
    seen, cursor = [], ""
    while True:
        answer = gateway.admin("GET", f"/api/v1/audit/requests?limit=7{cursor}").json
        seen += [r["seq"] for r in answer["items"]]
        gateway.fetch("GET", "/open/later")
        if not answer["next_cursor"]:
            break
        cursor = f"&cursor={answer['next_cursor']}"
    assert seen == list(range(seen[0], seen[0] - 30, -1))


def test_only_the_admin_token_may_ask(gateway):
    for token in (None, "wrong", ADMIN_TOKEN[:-1]):
        answer = gateway.admin("GET", "/api/v1/audit/requests", token=token)
        assert (answer.status, answer.json["error"]) == (401, "unauthorized")
    assert gateway.fetch("GET", "/api/v1/audit/requests").status == 404


def test_local_socket_needs_no_token(gateway):
    socket_path = gateway.data_dir / "admin.sock"
    assert socket_path.stat().st_mode & 0o777 == 0o600
    done = subprocess.run(["curl", "-s", "--unix-socket", socket_path, "http://localhost/api/v1/audit/requests?limit=1"],
                          capture_output=True, text=True, timeout=10)
    assert "items" in json.loads(done.stdout), done.stdout


def test_command_line_beside_a_running_server_and_offline(start, origin):
    gateway = start(open_config(origin.port))
    answers = [gateway.fetch("GET", f"/open/{i}") for i in range(20)]
    gateway.wait_records(20, sealed=True)
    ids = [a.get("X-Request-ID") for a in answers]
    live = read_offline(gateway.data_dir)
    assert [r["request_id"] for r in live] == ids
    gateway.stop()
    assert read_offline(gateway.data_dir) == live
    one = run_command("audit", "query", "--data-dir", gateway.data_dir, "--request-id", ids[3])
    assert [json.loads(line)["request_id"] for line in one.stdout.splitlines()] == [ids[3]]


def test_offline_query_of_a_killed_process_reads_what_is_not_sealed(start, origin):
    gateway = start(open_config(origin.port))
    answer = gateway.fetch("GET", "/open/last-words")
    gateway.kill()
    assert answer.get("X-Request-ID") in [r["request_id"] for r in read_offline(gateway.data_dir)]


@pytest.fixture
def token_file(tmp_path):
    path = tmp_path / "token"
    path.write_text(ADMIN_TOKEN + "\n")
    return path


def forms(gateway, token_file):
    """The ways to name where records come from: options, variables, working directory."""
    plain = {"ZERQ_ADMIN_TOKEN": "", "ZERQ_DATA_DIR": ""}
    link = gateway.directory / "cwd" / "zerq-data"
    link.parent.mkdir()
    link.symlink_to(gateway.data_dir)
    return {"directory": (["--data-dir", str(gateway.data_dir)], plain, None),
            "server": (["--server", f"http://127.0.0.1:{gateway.admin_port}",
                        "--token-file", str(token_file)], plain, None),
            "socket": ([], plain, link.parent)}


@pytest.mark.parametrize("form", ["directory", "server", "socket"])
def test_tail_shows_records_as_they_come(start, origin, token_file, form):
    gateway = start(open_config(origin.port))
    gateway.record_of(gateway.fetch("GET", "/open/before"), sealed=True)
    options, environment, directory = forms(gateway, token_file)[form]
    tail = subprocess.Popen([binary(), "audit", "tail", *options, "--path-prefix", "/open/"],
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env={**os.environ, **environment}, cwd=directory)
    try:
        time.sleep(0.5)
        lines, found = [], threading.Event()
        wanted = [gateway.fetch("GET", f"/open/after/{i}").get("X-Request-ID") for i in range(1200)]
        gateway.fetch("GET", "/nowhere")

        def read():
            for line in tail.stdout:
                lines.append(json.loads(line))
                if lines[-1]["request_id"] == wanted[-1]:
                    found.set()

        threading.Thread(target=read, daemon=True).start()
        assert found.wait(5), (len(lines), tail.poll())
        assert [r["request_id"] for r in lines] == wanted
        assert all(r["seq"] for r in lines)
    finally:
        tail.terminate()
        tail.wait(5)


def test_tail_without_a_server_says_so(tmp_path):
    done = run_command("audit", "tail", "--server", "http://127.0.0.1:1")
    assert done.returncode == 1
    assert "127.0.0.1:1" in done.stderr and "--data-dir" in done.stderr


@pytest.mark.parametrize("form", ["directory", "server", "socket"])
def test_next_cursor_is_printed_beside_the_records(start, origin, token_file, form):
    gateway = start(open_config(origin.port))
    ids = [gateway.fetch("GET", f"/open/{i}").get("X-Request-ID") for i in range(5)]
    gateway.wait_records(5, sealed=True)
    options, environment, directory = forms(gateway, token_file)[form]

    def page(*more):
        done = subprocess.run([binary(), "audit", "query", *options, "--limit", "2", *more],
                              capture_output=True, text=True, timeout=20, cwd=directory,
                              env={**os.environ, **environment})
        assert done.returncode == 0, done.stderr
        return [json.loads(line)["request_id"] for line in done.stdout.splitlines()], done.stderr

    seen, more = [], []
    for left in (3, 1, 0):
        records, note = page(*more)
        seen += records
        if left:
            assert re.fullmatch(r"next: --cursor \S+\n", note), note
            more = note.split()[1:]
    assert note == ""
    assert seen == ids[::-1]


def test_rings_outside_the_data_directory_are_read_offline(start, origin, tmp_path):
    rings = tmp_path / "rings"
    rings.mkdir()
    gateway = start(open_config(origin.port, settings={"audit": {"sync_ms": 60000}}),
                    options=["--audit-ring-dir", str(rings)])
    wanted = gateway.fetch("GET", "/open/last-words").get("X-Request-ID")
    gateway.kill()
    # What left the rings already; they still hold it.
    for segment in gateway.data_dir.rglob("*.segment"):
        segment.unlink()
    found = lambda *options, **more: [r["request_id"] for r in read_offline(gateway.data_dir, *options, **more)]
    assert found() == []
    assert found("--audit-ring-dir", rings) == [wanted]
    assert found(environment={"ZERQ_AUDIT_RING_DIR": str(rings)}) == [wanted]
    done = run_command("audit", "query", "--data-dir", gateway.data_dir, "--audit-ring-dir", rings / "gone")
    assert done.returncode == 1
    assert "--audit-ring-dir" in done.stderr and str(rings / "gone") in done.stderr


@pytest.mark.parametrize("count", [64])
def test_large_heads_are_cut_not_lost(gateway, count):
    answer = gateway.fetch("GET", "/open/" + "x" * 8000, [(f"X-{i}", "y" * 400) for i in range(count)])
    assert answer.status == 200
    record = gateway.record_of(answer)
    assert record["path"].startswith("/open/xxx")


def test_admin_calls_are_not_in_the_request_stream(gateway):
    gateway.admin("GET", "/metrics")
    assert all(r["kind"] == "request" for r in gateway.records())
    with RawClient(gateway.admin_port) as peer:
        assert peer.request("GET", "/", host="127.0.0.1").status == 200
