# SPDX-License-Identifier: Apache-2.0
"""Health, metrics and the edges of the admin listener (semantics §10, §11)."""
import re

from config_files import open_config
from raw_client import RawClient


def admin(gateway, method, target, host=None, headers=()):
    with RawClient(gateway.admin_port) as peer:
        return peer.request(method, target, headers, host=host or f"127.0.0.1:{gateway.admin_port}")


def test_health_on_both_listeners(gateway):
    for path in ("/healthz", "/readyz"):
        assert gateway.fetch("GET", path).status == 200
        assert admin(gateway, "GET", path).status == 200
        assert gateway.fetch("HEAD", path).status == 200


def test_reserved_paths_are_never_forwarded(gateway, origin):
    for path in ("/healthz", "/readyz"):
        gateway.fetch("GET", path)
    assert origin.received == []


def test_foreign_host_is_misdirected(gateway):
    answer = admin(gateway, "GET", "/api/v1/audit/requests", host="evil.example")
    assert (answer.status, answer.json["error"]) == (421, "misdirected")


def test_foreign_origin_is_forbidden(gateway):
    assert admin(gateway, "GET", "/api/v1/audit/requests", headers=[("Origin", "http://evil")]).status == 403


def test_unknown_paths_are_404(gateway):
    from gateway import ADMIN_TOKEN
    bearer = [("Authorization", f"Bearer {ADMIN_TOKEN}")]
    answer = admin(gateway, "GET", "/api/v1/nothing", headers=bearer)
    assert (answer.status, answer.json["error"]) == (404, "not_found")


def test_metrics_are_prometheus_text(gateway):
    for i in range(3):
        gateway.fetch("GET", f"/open/{i}")
    answer = admin(gateway, "GET", "/metrics")
    assert answer.status == 200
    assert answer.get("Content-Type").startswith("text/plain")
    text = answer.body.decode()
    for line in text.splitlines():
        assert re.match(r"# (HELP|TYPE) \w+ .*|\w+(\{[^}]*\})? [-+.\deEInfNa]+$", line), line
    assert re.search(r"^zerq_\w*(requests|responses)\w*(\{.*\})? [1-9]", text, re.M)


def test_metrics_series_do_not_grow_with_paths(gateway):
    count = lambda: len(admin(gateway, "GET", "/metrics").body.splitlines())
    gateway.fetch("GET", "/open/a")
    gateway.fetch("GET", "/nowhere")
    before = count()
    for i in range(50):
        gateway.fetch("GET", f"/open/{i}")
        gateway.fetch("GET", f"/nowhere/{i}")
    assert count() == before


def test_logs_are_json_lines_and_the_first_names_the_backend(start, origin):
    import json
    gateway = start(open_config(origin.port))
    entries = [json.loads(line) for line in gateway.log]
    assert gateway.io in json.dumps(entries[0])


def test_generated_token_is_private(start, origin):
    import os
    gateway = start(open_config(origin.port), environment={"ZERQ_ADMIN_TOKEN": ""})
    path = gateway.data_dir / "admin-token"
    assert path.stat().st_mode & 0o777 == 0o600
    token = path.read_text().strip()
    assert len(token) >= 32
    assert token not in "\n".join(gateway.log)
    assert gateway.admin("GET", "/api/v1/audit/requests", token=token).status == 200
    assert os.environ.get("ZERQ_ADMIN_TOKEN") is None
