# SPDX-License-Identifier: Apache-2.0
"""While nothing can be sealed, requests that were refused before their caller was known fill half of
the journal at most; from then on they are counted in `summary` records, and nothing is lost."""
import contextlib
import json
import sqlite3

from config_files import IDENTITY, open_config
from gateway import read_offline, run_command
from raw_client import build_request

CAP = 16 * 1024 * 1024  # The smallest one that may be set.
STRANGERS = 6000        # Of some 4.7 KB each: more than the whole cap.
ADMITTED = 40


@contextlib.contextmanager
def stalled_sealer(gateway):
    """Holds the write lock of the newest audit file, so that no commit succeeds."""
    newest = sorted((gateway.data_dir / "audit").glob("*.db"))[-1]
    holder = sqlite3.connect(newest, isolation_level=None, timeout=20)
    holder.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        holder.execute("ROLLBACK")
        holder.close()


def send_strangers(gateway):
    """Pipelined requests that no route, and then no credential, lets in."""
    wrong = [*IDENTITY[:2], ("Authorization", "Bearer no")]
    path = "x" * 4000
    with gateway.peer(timeout=30) as peer:
        for i in range(0, STRANGERS, 20):
            head = (build_request("GET", f"/nowhere/{path}") if i % 40 else
                    build_request("GET", f"/closed/{path}", wrong))
            peer.send(head * 20)
            assert {peer.read_answer().status for _ in range(20)} <= {401, 404}


def split(records):
    summaries = [r for r in records if r["kind"] == "summary"]
    return summaries, [r for r in records if r["kind"] == "request"]


def counted(summaries):
    total = {}
    for record in summaries:
        for reason, records in record["summary"]["reasons"].items():
            total[reason] = total.get(reason, 0) + records
        assert record["summary"]["records"] == sum(record["summary"]["reasons"].values())
        assert record["summary"]["records"] == sum(lane["records"] for lane in record["summary"]["lanes"])
    return total


def metric(gateway, name):
    lines = gateway.admin("GET", "/metrics").body.decode().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(name + " ")))


def test_strangers_are_counted_and_admitted_callers_keep_their_records(start, origin):
    gateway = start(open_config(origin.port, settings={"audit": {"journal_max_bytes": CAP}}))
    gateway.record_of(gateway.fetch("GET", "/closed/first", IDENTITY), sealed=True)
    with stalled_sealer(gateway):
        send_strangers(gateway)
        for i in range(ADMITTED):
            assert gateway.fetch("GET", f"/closed/let-in/{i}", IDENTITY).status == 200
        pending = gateway.wait_records(kind="summary")
        assert all(r["seq"] is None for r in pending)
        assert metric(gateway, "zerq_audit_journal_bytes") < CAP * 3 // 4
    last = gateway.fetch("GET", "/closed/last", IDENTITY)
    gateway.wait_records(seconds=15, sealed=True, request_id=last.get("X-Request-ID"))
    records = gateway.records()
    summaries, single = split(records)
    assert len(summaries) + len(single) == len(records), "nothing but requests and summaries"
    reasons = counted(summaries)
    assert len(single) + sum(reasons.values()) == 1 + STRANGERS + ADMITTED + 1
    assert len(single) < STRANGERS * 0.75
    assert sorted(r["path"] for r in single if r["path"].startswith("/closed/let-in/")) == sorted(
        f"/closed/let-in/{i}" for i in range(ADMITTED))
    refused = {r["reason"] or r["error"] for r in single if r["status"] in (401, 404)}
    assert set(reasons) <= refused and "no_collection" in reasons, (reasons, refused)
    assert metric(gateway, "zerq_audit_records_condensed_total") == sum(reasons.values())
    assert metric(gateway, "zerq_audit_gaps_total") == 0
    seqs = [r["seq"] for r in records]
    assert seqs == list(range(1, len(seqs) + 1))
    # One a second, or one a commit where several fall into a second.
    assert len(summaries) <= 20
    assert gateway.records(kind="summary") == summaries
    gateway.stop()
    done = run_command("audit", "query", "--data-dir", gateway.data_dir, "--kind", "summary")
    assert [json.loads(line) for line in done.stdout.splitlines()][::-1] == summaries


def test_a_kill_loses_no_count(start, origin):
    gateway = start(open_config(origin.port, settings={"audit": {"journal_max_bytes": CAP}}))
    gateway.record_of(gateway.fetch("GET", "/closed/first", IDENTITY), sealed=True)
    with stalled_sealer(gateway):
        send_strangers(gateway)
        gateway.kill()
    before = read_offline(gateway.data_dir, limit=100_000)
    gateway.start()
    last = gateway.fetch("GET", "/closed/last", IDENTITY)
    gateway.wait_records(seconds=15, sealed=True, request_id=last.get("X-Request-ID"))
    for records, more in ((before, 1), (gateway.records(), 2)):
        summaries, single = split(records)
        assert summaries
        assert len(single) + sum(counted(summaries).values()) == STRANGERS + more
