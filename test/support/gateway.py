# SPDX-License-Identifier: Apache-2.0
"""The real binary as a child process: starts it on free ports, finds them in its log, stops it."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from raw_client import RawClient, fetch

ADMIN_TOKEN = "end-to-end-admin-token-0123456789abcdef"
START_SECONDS = 15.0


def binary():
    path = os.environ.get("ZERQ_BINARY", "build/release/zerq-gateway")
    return str(pathlib.Path(path).resolve())


def write_config(path, config):
    """JSON is YAML; text is written as it is."""
    path = pathlib.Path(path)
    fresh = path.with_suffix(".new")
    fresh.write_text(config if isinstance(config, str) else json.dumps(config, indent=1))
    fresh.rename(path)
    return path


class Gateway:
    """One process life on one data directory; `restart()` begins the next life."""

    def __init__(self, config, io="epoll", workers=2, options=(), environment=None, directory=None,
                 start=True, wrapper=()):
        self.io, self.workers, self.options = io, workers, list(options)
        self.environment = {"PETSTORE_KEY": "backend-secret", **(environment or {})}
        self.wrapper = list(wrapper)
        self.owns_directory = directory is None
        self.directory = pathlib.Path(directory or tempfile.mkdtemp(prefix="zerq-e2e-"))
        self.data_dir = self.directory / "data"
        self.config_path = write_config(self.directory / "gateway.yaml", config)
        self.process = None
        self.log = []
        self.listening = {}
        if start:
            self.start()

    # --- Life ---

    def command(self):
        return [*self.wrapper, binary(), "serve", "--apply", str(self.config_path),
                "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0",
                "--data-dir", str(self.data_dir), "--workers", str(self.workers),
                "--io", self.io, *self.options]

    def start(self):
        self.log, self.listening = [], {}
        self.process = subprocess.Popen(
            self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env={**os.environ, "ZERQ_ADMIN_TOKEN": ADMIN_TOKEN,
                                         **self.environment})
        self.log_reader = threading.Thread(target=self.read_log, args=(self.process,), daemon=True)
        self.log_reader.start()
        end = time.monotonic() + START_SECONDS
        while not {"data", "admin"} <= set(self.listening):
            if self.process.poll() is not None or time.monotonic() > end:
                self.process.kill()
                self.log_reader.join(2)
                raise RuntimeError(f"the gateway did not start ({self.process.poll()}): "
                                   + "\n".join(self.log[-10:]))
            time.sleep(0.002)
        return self

    def read_log(self, process):
        for line in process.stderr:
            text = line.decode("utf-8", "replace").rstrip("\n")
            self.log.append(text)
            if '"listening"' in text:
                with contextlib.suppress(ValueError, KeyError):
                    entry = json.loads(text)
                    self.listening[entry["listener"]] = entry["address"]

    def stop(self, how=signal.SIGTERM, seconds=20.0):
        """Ends the process and returns its exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise
        self.log_reader.join(5)
        return self.process.returncode

    def kill(self):
        return self.stop(signal.SIGKILL)

    def restart(self):
        self.stop()
        return self.start()

    def dispose(self):
        """After the test: whatever the state, end it; say so if it had crashed."""
        status = None
        if self.process is not None:
            status = self.process.poll()
            if status is None:
                status = self.stop()
        if self.owns_directory:
            shutil.rmtree(self.directory, ignore_errors=True)
        faults = [line for line in self.log if "ERROR: AddressSanitizer" in line
                  or "runtime error:" in line or "ThreadSanitizer" in line or "CHECK failed" in line
                  or "LeakSanitizer" in line]
        assert not faults, "\n".join(self.log[-60:])
        assert status in (None, 0, -signal.SIGKILL, 1, 2), f"ended with {status}: {self.log[-20:]}"

    # --- Where it is ---

    @property
    def pid(self):
        return self.process.pid

    @property
    def port(self):
        return int(self.listening["data"].rsplit(":", 1)[1])

    @property
    def admin_port(self):
        return int(self.listening["admin"].rsplit(":", 1)[1])

    def peer(self, **options):
        return RawClient(self.port, **options)

    def fetch(self, method, target, headers=(), body=None, **more):
        return fetch(self.port, method, target, headers, body, **more)

    def rss_kb(self):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().split("\n"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise RuntimeError("no VmRSS")

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    # --- Changing it ---

    def reload(self, config, probe=None, seconds=5.0):
        """Writes the file and sends SIGHUP; waits until `probe()` is true."""
        write_config(self.config_path, config)
        self.process.send_signal(signal.SIGHUP)
        if probe is not None:
            end = time.monotonic() + seconds
            while not probe():
                assert time.monotonic() < end, f"reload is not live: {self.log[-5:]}"
                time.sleep(0.001)

    # --- Asking it ---

    def admin(self, method, target, token=ADMIN_TOKEN, headers=(), body=None):
        more = [("Authorization", f"Bearer {token}")] if token else []
        return fetch(self.admin_port, method, target, [*headers, *more], body,
                     host=f"127.0.0.1:{self.admin_port}")

    def records(self, **filters):
        """All records that match, oldest first, through the admin listener and its cursors."""
        found, cursor = [], None
        while True:
            query = dict(filters, limit=1000, **({"cursor": cursor} if cursor else {}))
            text = "&".join(f"{k}={quote(str(v))}" for k, v in query.items())
            answer = self.admin("GET", f"/api/v1/audit/requests?{text}")
            assert answer.status == 200, (answer.status, answer.body)
            found += answer.json["items"]
            cursor = answer.json["next_cursor"]
            if not cursor:
                return found[::-1]

    def wait_records(self, count=1, seconds=3.0, sealed=False, **filters):
        """The records that match, once there are `count` of them (semantics §9: within 1 s); with
        `sealed`, once they have their seq."""
        end = time.monotonic() + seconds
        while True:
            found = [r for r in self.records(**filters) if r["seq"] is not None or not sealed]
            if len(found) >= count or time.monotonic() > end:
                assert len(found) >= count, f"{len(found)} records for {filters}, not {count}"
                return found
            time.sleep(0.02)

    def record_of(self, answer, sealed=False):
        """The one record of an answer."""
        found = self.wait_records(sealed=sealed, request_id=answer.get("X-Request-ID"))
        assert len(found) == 1, found
        return found[0]


def quote(text):
    import urllib.parse
    return urllib.parse.quote(text, safe="")


def run_command(*arguments, environment=None, timeout=20):
    return subprocess.run([binary(), *map(str, arguments)], capture_output=True, text=True,
                          errors="surrogateescape", timeout=timeout, env={**os.environ, **(environment or {})})


def read_offline(data_dir, *options, limit=1000, environment=None):
    """The newest records of a data directory without a server, oldest first."""
    done = run_command("audit", "query", "--data-dir", data_dir, "--limit", limit, *options,
                       environment=environment, timeout=60)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")][::-1]


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
