# SPDX-License-Identifier: Apache-2.0
"""Load from wrk (closed loop, for CPU per request) and h2load (constant arrival, for latency)."""
import pathlib
import re
import subprocess

import proc_usage
from servers import LOAD_CORE


def wrk(port, path="/", connections=64, seconds=5, headers=()):
    """Requests served, and the failed ones. A closed loop: as fast as the answers come."""
    command = ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s"]
    for header in headers:
        command += ["-H", header]
    out = subprocess.run([*command, f"http://127.0.0.1:{port}{path}"], check=True,
                         capture_output=True, text=True).stdout
    served = int(re.search(r"(\d+) requests in", out).group(1))
    failed = sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", out)))
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", out)
    failed += sum(map(int, errors.groups())) if errors else 0
    return served, failed


def cpu_per_request(server, path="/", seconds=5, headers=(), runs=3, connections=64):
    """Median over runs of the server's CPU in µs a request, and the throughput of that run."""
    wrk(server.port, path, seconds=1, headers=headers, connections=connections)
    results = []
    for _ in range(runs):
        before = proc_usage.cpu_seconds(server.pid)
        served, failed = wrk(server.port, path, seconds=seconds, headers=headers,
                             connections=connections)
        used = proc_usage.cpu_seconds(server.pid) - before
        if failed or served == 0:
            raise RuntimeError(f"{server.name}: {failed} of {served} requests failed")
        results.append((used / served * 1e6, served / seconds))
    return sorted(results)[len(results) // 2]


def latencies(port, path, rate, seconds, clients, directory, headers=()):
    """Sorted request times in µs at a constant arrival rate; waiting for a turn counts."""
    log = pathlib.Path(directory) / "h2load.log"
    log.unlink(missing_ok=True)
    command = ["taskset", "-c", LOAD_CORE, "h2load", "--h1", f"-c{clients}", f"-D{seconds}",
               f"--rps={rate / clients}", f"--log-file={log}"]
    for header in headers:
        command += ["-H", header]
    subprocess.run([*command, f"http://127.0.0.1:{port}{path}"], check=True, capture_output=True)
    times = []
    for line in log.read_text().splitlines():
        _, status, elapsed = line.split("\t")[:3]
        if status != "200":
            raise RuntimeError(f"status {status} at {rate} requests a second")
        times.append(int(elapsed))
    return sorted(times)


def percentile(times, share):
    return times[min(len(times) - 1, int(len(times) * share))]
