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


def cpu_side_by_side(subjects, rounds, connections=64):
    """Median over rounds of each subject's CPU in µs a request, and its throughput in that round.
    `subjects`: {label: (server, path, headers)}. They take turns of one second, so that what the
    machine does beside us in one minute and not in the next meets all of them alike."""
    for server, path, headers in subjects.values():
        wrk(server.port, path, seconds=1, headers=headers, connections=connections)
    results = {label: [] for label in subjects}
    for _ in range(rounds):
        for label, (server, path, headers) in subjects.items():
            before = proc_usage.cpu_seconds(server.pid)
            served, failed = wrk(server.port, path, seconds=1, headers=headers,
                                 connections=connections)
            used = proc_usage.cpu_seconds(server.pid) - before
            if failed or served == 0:
                raise RuntimeError(f"{label}: {failed} of {served} requests failed")
            results[label].append((used / served * 1e6, served))
    return {label: sorted(rows)[len(rows) // 2] for label, rows in results.items()}


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
