# SPDX-License-Identifier: Apache-2.0
"""The servers of a measurement: the origin, the peers, and ourselves. Each listens on loopback,
runs pinned to a core, and is stopped by its process id."""
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

BENCH = pathlib.Path(__file__).resolve().parent
ROOT = BENCH.parent
PROXY_CORE, LOAD_CORE = "0", "1"
BODY = "x" * 127 + "\n"


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, process, seconds=15):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"server ended with {process.returncode}: {process.args}")
        with contextlib.closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise RuntimeError(f"nothing listens on {port}: {process.args}")


class Server:
    """A process that listens on `port`."""

    def __init__(self, name, command, port, core, log, env=None):
        self.name, self.port = name, port
        self.log = open(log, "ab")
        self.process = subprocess.Popen(
            ["taskset", "-c", core, *command], stdout=self.log, stderr=self.log,
            env={**os.environ, **(env or {})}, start_new_session=True)
        wait_for_port(port, self.process)

    @property
    def pid(self):
        return self.process.pid

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def fill(template, directory, **values):
    """Writes peers/<template> with @NAME@ replaced into `directory`."""
    text = (BENCH / "peers" / template).read_text()
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    path = pathlib.Path(directory) / template
    path.write_text(text)
    return path


def origin(directory):
    port = free_port()
    config = fill("origin_nginx.conf", directory, PORT=port, DIR=directory, BODY=BODY.strip())
    return Server("origin", ["nginx", "-c", str(config)], port, LOAD_CORE, f"{directory}/origin.log")


def uring_origin(directory):
    """Answers every request with the same 128 bytes; parses nothing."""
    port = free_port()
    return Server("uring_origin", [str(ROOT / "build/release/bench/uring_origin"), str(port)], port,
                  LOAD_CORE, f"{directory}/uring_origin.log")


def haproxy(directory, upstream, extra=""):
    port = free_port()
    config = fill("haproxy.cfg", directory, PORT=port, UPSTREAM=upstream, EXTRA=extra)
    return Server("haproxy", ["haproxy", "-f", str(config)], port, PROXY_CORE,
                  f"{directory}/haproxy.log")


def nginx(directory, upstream):
    port = free_port()
    config = fill("proxy_nginx.conf", directory, PORT=port, DIR=directory, UPSTREAM=upstream)
    return Server("nginx", ["nginx", "-c", str(config)], port, PROXY_CORE, f"{directory}/nginx.log")


def go_proxy(directory, upstream):
    port = free_port()
    binary = pathlib.Path(directory) / "go_proxy"
    source = pathlib.Path(directory) / "go_proxy.go"
    shutil.copy(BENCH / "peers" / "go_proxy.go.txt", source)
    subprocess.run(["go", "build", "-o", str(binary), str(source)], check=True,
                   env={**os.environ, "GO111MODULE": "off"}, cwd=directory)
    return Server("go", [str(binary), f"127.0.0.1:{port}", f"http://127.0.0.1:{upstream}"], port,
                  PROXY_CORE, f"{directory}/go.log", env={"GOMAXPROCS": "1"})


def floor(directory, upstream):
    port = free_port()
    return Server("floor", [str(ROOT / "build/release/bench/uring_floor"), str(port), str(upstream)],
                  port, PROXY_CORE, f"{directory}/floor.log")


def gateway_binary():
    return str(ROOT / "build/release/zerq-gateway")


def gateway(directory, config, io="uring", workers=1, name=None, arguments=()):
    """Ourselves; `config` is the path of a declarative file. A fresh data directory each time."""
    port, admin_port = free_port(), free_port()
    data = pathlib.Path(directory) / f"zerq-{port}"
    data.mkdir()
    server = Server(
        name or f"zerq-{io}",
        [gateway_binary(), "serve", "--apply", str(config), "--listen", f"127.0.0.1:{port}",
         "--admin-listen", f"127.0.0.1:{admin_port}", "--data-dir", str(data), "--io", io,
         "--workers", str(workers), *arguments],
        port, PROXY_CORE if workers == 1 else f"{PROXY_CORE},{LOAD_CORE}",
        f"{directory}/zerq-{io}.log")
    server.data_dir, server.admin_port = data, admin_port
    return server
