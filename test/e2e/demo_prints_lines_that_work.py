# SPDX-License-Identifier: Apache-2.0
"""`serve --demo`: every printed line does what it says when copied into a shell."""
import json
import os
import re
import subprocess
import time

import pytest

from gateway import binary


@pytest.fixture
def demo(io, tmp_path):
    log = open(tmp_path / "log", "w+b")
    directory = os.path.dirname(binary())
    process = subprocess.Popen(
        [binary(), "serve", "--demo", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
         "--data-dir", str(tmp_path / "data"), "--workers", "2", "--io", io],
        stdout=log, stderr=log, cwd=tmp_path)
    end = time.monotonic() + 15
    text = ""
    while text.count('"listening"') < 2 or text.count("curl") < 3 or "audit query" not in text:
        assert process.poll() is None and time.monotonic() < end, text
        time.sleep(0.02)
        text = (tmp_path / "log").read_text()
    yield text, {**os.environ, "PATH": f"{directory}:{os.environ['PATH']}"}, tmp_path
    process.terminate()
    assert process.wait(10) == 0


def shell(line, environment, directory):
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=20,
                          env=environment, cwd=directory)
    return done.stdout


def test_curl_lines_and_the_audit_query(demo):
    text, environment, directory = demo
    lines = [m.group(0).strip() for m in re.finditer(r"curl .*$", text, re.M) if "{" != m.group(0)[0]]
    codes = [shell(re.sub(r"^curl ", "curl -s -o /dev/null -w '%{http_code}' ", line), environment, directory)
             for line in lines]
    assert "200" in codes and set(codes) & {"401", "403"}, list(zip(lines, codes))
    time.sleep(1.2)
    query = re.search(r"^.*?((?:\S*zerq-gateway) audit query.*)$", text, re.M).group(1)
    out = shell(query, environment, directory)
    statuses = {json.loads(line)["status"] for line in out.splitlines() if line.startswith("{")}
    assert 200 in statuses and statuses & {401, 403}, out
