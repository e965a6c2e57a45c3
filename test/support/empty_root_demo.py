# SPDX-License-Identifier: Apache-2.0
"""usage: empty_root_demo.py ROOT IO — serves the demo from ROOT, which holds the binary and nothing
else, and calls it. Runs as a program of its own, so that it can stand in a network namespace."""
import json
import pathlib
import re
import subprocess
import sys
import time

from raw_client import fetch


def main(root, io):
    # In a fresh namespace even the loopback is down; where it is up already this changes nothing.
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    log = open(f"{root}.log", "w+b")
    process = subprocess.Popen(
        ["chroot", root, "/zerq-gateway", "serve", "--demo", "--listen", "127.0.0.1:0", "--admin-listen",
         "127.0.0.1:0", "--data-dir", "/state", "--workers", "2", "--io", io], stdout=log, stderr=log)
    try:
        end = time.monotonic() + 15
        addresses = {}
        while not {"data", "admin"} <= set(addresses):
            assert process.poll() is None and time.monotonic() < end, pathlib.Path(log.name).read_text()
            for line in pathlib.Path(log.name).read_text().split("\n"):
                if '"listening"' in line:
                    entry = json.loads(line)
                    addresses[entry["listener"]] = entry["address"]
            time.sleep(0.01)
        port = int(addresses["data"].rsplit(":", 1)[1])
        printed = pathlib.Path(log.name).read_text()
        path = re.search(rf"http://127\.0\.0\.1:{port}(/\S*?)['\"]?\s", printed)
        assert path, f"the demo prints no curl line for its port: {printed}"
        answer = fetch(port, "GET", path.group(1))
        assert answer.status == 200, answer
        print("served", answer.body[:60])
    finally:
        process.terminate()
        process.wait(10)


if __name__ == "__main__":
    main(*sys.argv[1:])
