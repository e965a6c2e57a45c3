# SPDX-License-Identifier: Apache-2.0
"""nginx as upstream; curl, wrk, h2load, httpx and Node's fetch as callers."""
import hashlib
import json
import os
import pathlib
import re
import subprocess
import time

import httpx
import pytest

from config_files import open_config
from gateway import Gateway, is_listening
from origin import closed_port

MB = 1024 * 1024


@pytest.fixture(scope="module")
def nginx(tmp_path_factory):
    """nginx serving and accepting files on a port of its own."""
    root = tmp_path_factory.mktemp("nginx")
    (root / "files").mkdir()
    (root / "bodies").mkdir()
    for directory in (root, root / "files", root / "bodies", *root.parents):
        if str(directory).startswith("/tmp/"):
            os.chmod(directory, 0o777 if directory.name in ("files", "bodies") else 0o755)
    port = closed_port()
    (root / "nginx.conf").write_text(f"""
daemon off; master_process off; pid {root}/pid; error_log {root}/error.log; worker_processes 1;
events {{ worker_connections 512; }}
http {{
  access_log off; client_body_temp_path {root}/bodies; client_max_body_size 0;
  proxy_temp_path {root}/p; fastcgi_temp_path {root}/f; uwsgi_temp_path {root}/u; scgi_temp_path {root}/s;
  server {{ listen 127.0.0.1:{port}; root {root}/files;
    location / {{ dav_methods PUT; create_full_put_path on; }} }}
}}""")
    process = subprocess.Popen(["/usr/sbin/nginx", "-p", str(root), "-c", str(root / "nginx.conf")],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 5
    while not is_listening(port):
        assert process.poll() is None and time.monotonic() < end, (root / "error.log").read_text()
        time.sleep(0.01)
    yield port, root / "files"
    process.terminate()
    process.wait(5)


@pytest.fixture(scope="module")
def before_nginx(io, nginx):
    gateway = Gateway(open_config(nginx[0], timeouts={"request_ms": 300000}), io)
    yield gateway
    gateway.dispose()


def make_file(path, size):
    seed = os.urandom(MB)
    digest = hashlib.sha256()
    with open(path, "wb") as file:
        for number in range(size // MB):
            piece = number.to_bytes(8, "big") + seed[8:]
            file.write(piece)
            digest.update(piece)
    return digest.hexdigest()


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(MB):
            digest.update(piece)
    return digest.hexdigest()


def run(*command, timeout=60):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=timeout)
    assert done.returncode == 0, (done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


def transfer(gateway, nginx, tmp_path, size):
    _, files = nginx
    want = make_file(files / "big.bin", size)
    url = f"http://127.0.0.1:{gateway.port}/open"
    run("curl", "-s", "-o", "/dev/null", f"{url}/big.bin", "-r", "0-1000")
    before = gateway.rss_kb()
    run("curl", "-sf", "-o", tmp_path / "got.bin", f"{url}/big.bin", timeout=600)
    assert sha256(tmp_path / "got.bin") == want
    run("curl", "-sf", "-T", tmp_path / "got.bin", f"{url}/put.bin", timeout=600)
    assert sha256(files / "put.bin") == want
    run("curl", "-sf", "-H", "Transfer-Encoding: chunked", "-T", tmp_path / "got.bin",
        f"{url}/chunked.bin", timeout=600)
    assert sha256(files / "chunked.bin") == want
    for name in ("big.bin", "put.bin", "chunked.bin"):
        (files / name).unlink()
    return gateway.rss_kb() - before


def test_64_mb_down_and_up_are_identical(before_nginx, nginx, tmp_path):
    transfer(before_nginx, nginx, tmp_path, 64 * MB)


@pytest.mark.alone
@pytest.mark.native
def test_memory_is_flat_over_256_mb(before_nginx, nginx, tmp_path):
    assert transfer(before_nginx, nginx, tmp_path, 256 * MB) < 4096


@pytest.mark.soak
@pytest.mark.native
@pytest.mark.timeout(1800)
def test_1_gb_down_and_up_are_identical(before_nginx, nginx, tmp_path):
    assert transfer(before_nginx, nginx, tmp_path, 1024 * MB) < 4096


def test_ranges_and_conditions_of_nginx(before_nginx, nginx):
    (nginx[1] / "a.txt").write_text("0123456789")
    with httpx.Client(base_url=f"http://127.0.0.1:{before_nginx.port}/open") as client:
        part = client.get("/a.txt", headers={"Range": "bytes=2-4"})
        assert (part.status_code, part.text) == (206, "234")
        whole = client.get("/a.txt")
        again = client.get("/a.txt", headers={"If-None-Match": whole.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert client.get("/gone").status_code == 404


def test_curl(gateway):
    url = f"http://127.0.0.1:{gateway.port}/open"
    assert run("curl", "-sf", f"{url}/a") == "ok\n"
    head = run("curl", "-sI", f"{url}/a")
    assert head.startswith("HTTP/1.1 200")
    assert run("curl", "-sf", "--http1.0", f"{url}/a") == "ok\n"
    assert run("curl", "-sf", "-d", "x" * 3000, "-H", "Expect: 100-continue", f"{url}/a") == "ok\n"
    assert run("curl", "-sf", *[f"{url}/{i}" for i in range(20)]) == "ok\n" * 20


def test_httpx(gateway):
    with httpx.Client(base_url=f"http://127.0.0.1:{gateway.port}/open") as client:
        for _ in range(20):
            assert client.get("/a").text == "ok\n"
        assert client.post("/a", content=iter([b"a", b"b"])).status_code == 200
        assert client.post("/a", json={"a": [1, 2]}).status_code == 200


def test_node_fetch(gateway, origin):
    script = f"""
      const u = 'http://127.0.0.1:{gateway.port}/open';
      const all = await Promise.all([...Array(50).keys()].map(i => fetch(u + '/' + i).then(r => r.text())));
      const post = await fetch(u + '/p', {{method: 'POST', body: 'x'.repeat(200000)}});
      const nowhere = await fetch('http://127.0.0.1:{gateway.port}/nowhere').then(r => r.json());
      console.log(JSON.stringify({{ok: all.every(t => t === 'ok\\n'), post: post.status, nowhere: nowhere.error}}));
    """
    out = run("node", "--input-type=module", "-e", script)
    assert json.loads(out) == {"ok": True, "post": 200, "nowhere": "route_not_found"}


def test_wrk(before_nginx, nginx):
    (nginx[1] / "a.txt").write_text("x" * 128)
    out = run("wrk", "-t1", "-c32", "-d2", f"http://127.0.0.1:{before_nginx.port}/open/a.txt")
    assert "Non-2xx" not in out and "Socket errors" not in out, out
    assert float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)) > 100


def test_h2load_h1(before_nginx, nginx):
    (nginx[1] / "a.txt").write_text("x" * 128)
    out = run("h2load", "--h1", "-n3000", "-c16", f"http://127.0.0.1:{before_nginx.port}/open/a.txt")
    assert "3000 succeeded, 0 failed, 0 errored" in out, out
    assert re.search(r"status codes: 3000 2xx", out), out


def test_everything_left_a_record(before_nginx, nginx):
    (nginx[1] / "a.txt").write_text("x")
    answer = before_nginx.fetch("GET", "/open/a.txt")
    assert pathlib.Path(before_nginx.record_of(answer)["path"]).name == "a.txt"
