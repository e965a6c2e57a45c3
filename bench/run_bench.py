# SPDX-License-Identifier: Apache-2.0
"""./dev bench: measures us and our peers, prints one table, writes bench/results/*.json and a plot.

usage: run_bench.py [--only P1,P7,...] [--seconds N] [--runs N] [--no-write]
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import resource
import shutil
import subprocess
import sys
import tempfile

import plot
import scenarios
from servers import BENCH, ROOT

GROUPS = {
    "P1": lambda d, a: scenarios.forwarding(d, a.seconds, a.runs),
    "P7": lambda d, a: scenarios.latency(d, a.seconds),
    "P9": lambda d, _: scenarios.memory(d),
    "P10": lambda d, _: scenarios.cold_start(d),
    "P16": lambda d, _: scenarios.first_requests(d),
    "P17": lambda d, _: scenarios.in_flight(d),
}


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
    return f"{os.cpu_count()} × {model}"


def commit():
    out = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True,
                         text=True, check=False).stdout.strip()
    dirty = subprocess.run(["git", "status", "--porcelain", "src"], cwd=ROOT, capture_output=True,
                           text=True, check=False).stdout.strip()
    return out + ("+changes" if dirty else "")


def table(rows):
    lines = ["| Scenario | Subject | Measured | Goal | |", "|---|---|---|---|---|"]
    for r in rows:
        goal = "" if r["goal"] is None else f"≤ {r['goal']:g} {r['unit']}"
        verdict = "" if r["goal"] is None else "reached" if r["value"] <= r["goal"] else "**missed**"
        note = f" ({r['note']})" if r["note"] else ""
        lines.append(f"| {r['scenario']} | {r['subject']} | {r['value']:g} {r['unit']}{note} | {goal} | {verdict} |")
    return "\n".join(lines)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--only", default=",".join(GROUPS))
    arguments.add_argument("--seconds", type=int, default=5)
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("--no-write", action="store_true")
    chosen = arguments.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    rows = []
    for name in chosen.only.split(","):
        if name not in GROUPS:
            sys.exit(f"run_bench: unknown scenario {name!r}; there are {', '.join(GROUPS)}")
        directory = tempfile.mkdtemp(prefix="zerq-bench-")
        try:
            for r in GROUPS[name](directory, chosen):
                rows.append(r)
                print(f"{r['scenario']:4} {r['subject']:40} {r['value']:12g} {r['unit']}", flush=True)
        finally:
            shutil.rmtree(directory, ignore_errors=True)
    print("\n" + table(rows))
    if chosen.no_write:
        return
    now = datetime.datetime.now(datetime.timezone.utc)
    result = {"date": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "commit": commit(), "machine": machine(),
              "kernel": platform.release(), "rows": rows}
    path = pathlib.Path(BENCH) / "results" / now.strftime("%Y-%m-%dT%H%M%SZ.json")
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    plot.write_svg(result, path.with_suffix(".svg"))
    print(f"written: {path.relative_to(ROOT)}")


main()
