# SPDX-License-Identifier: Apache-2.0
"""clang-tidy over our sources, in parallel; a file that passed is not looked at again until it, one
of the project headers it includes, its compile command or .clang-tidy changes.

usage: run_tidy.py BUILD_DIRECTORY [--all]     --all looks at tests, fuzzers and benchmarks too
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys

import source_tree


def read_commands(build):
    """File -> compile command of the compilation database."""
    entries = json.loads((build / "compile_commands.json").read_text())
    return {entry["file"]: entry["command"] for entry in entries}


def reached_headers(root, path, seen):
    for match in source_tree.INCLUDE_LINE.finditer(path.read_text()):
        header = root / "src" / (match.group(1) or "")
        if match.group(1) and header.is_file() and header not in seen:
            seen.add(header)
            reached_headers(root, header, seen)
    return seen


def fingerprint(root, path, command):
    digest = hashlib.sha256(command.encode())
    for part in [root / ".clang-tidy", path, *sorted(reached_headers(root, path, set()))]:
        digest.update(part.name.encode() + b"\0" + part.read_bytes())
    return digest.hexdigest()


def select(root, commands, with_tests):
    for name in sorted(commands):
        path = pathlib.Path(name)
        if path.is_relative_to(root / "src") and (with_tests or not source_tree.is_test(path)):
            yield path


def check(build, path):
    done = subprocess.run(["clang-tidy-19", "--quiet", "-p", str(build), str(path)],
                          capture_output=True, text=True, timeout=300)
    return done.returncode == 0, done.stdout


def main(argv):
    root = source_tree.nearest_root()
    build = pathlib.Path(argv[1]).resolve()
    commands = read_commands(build)
    passed = build / "tidy-passed"
    passed.mkdir(exist_ok=True)
    todo = {}
    for path in select(root, commands, "--all" in argv):
        key = fingerprint(root, path, commands[str(path)])
        if not (passed / key).exists():
            todo[path] = key
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, (good, report) in zip(todo, pool.map(lambda p: check(build, p), todo)):
            if good:
                (passed / todo[path]).touch()
            else:
                failed += 1
                print(report)
    print(f"clang-tidy: {len(todo)} files looked at, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
