# SPDX-License-Identifier: Apache-2.0
"""Writes README.md's benchmark table from the newest file of bench/results/.

usage: readme_bench.py [--check]      --check changes nothing and fails when the table is not current
"""
import json
import sys

import source_tree

BEGIN, END = "<!-- bench -->\n", "<!-- /bench -->"


def newest(directory):
    """The result with the latest date inside it, or None."""
    results = [json.loads(path.read_text()) for path in directory.glob("*.json")]
    return max(results, key=lambda result: result["date"], default=None)


def verdict(row):
    if row.get("goal") is None:
        return ""
    return "reached" if row["value"] <= row["goal"] else "**missed**"


def table(result):
    if result is None:
        return "No result has been committed yet.\n"
    lines = ["| | What | Measured | Goal | |", "|---|---|---|---|---|"]
    for row in result["rows"]:
        note = f" ({row['note']})" if row.get("note") else ""
        goal = "" if row.get("goal") is None else f"≤ {row['goal']:g} {row['unit']}"
        lines.append(f"| {row['scenario']} | {row['subject']} | {row['value']:g} {row['unit']}{note} | "
                     f"{goal} | {verdict(row)} |")
    where = f"{result['date'][:10]}, commit `{result['commit']}`, {result['machine']}, {result['kernel']}."
    return "\n".join([*lines, "", where]) + "\n"


def rewrite(readme, text):
    head, rest = readme.split(BEGIN, 1)
    return head + BEGIN + text + END + rest.split(END, 1)[1]


def main(argv):
    root = source_tree.nearest_root()
    path = root / "README.md"
    present = path.read_text()
    wanted = rewrite(present, table(newest(root / "bench" / "results")))
    if "--check" not in argv:
        path.write_text(wanted)
        return 0
    if wanted != present:
        print("README.md: the benchmark table is not that of the newest result; run tools/readme_bench.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
