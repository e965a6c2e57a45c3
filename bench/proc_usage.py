# SPDX-License-Identifier: Apache-2.0
"""CPU time and memory of a process tree, read from /proc."""
import os

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def tree(pid):
    """The process and all its descendants."""
    pids = [pid]
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                for child in file.read().split():
                    pids += tree(int(child))
        except FileNotFoundError:
            continue
    return pids


def cpu_seconds(pid):
    """User + system time of the tree, every thread that ever ran in it included."""
    ticks = 0
    for member in tree(pid):
        with open(f"/proc/{member}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / TICKS_PER_S


def rss_bytes(pid):
    total = 0
    for member in tree(pid):
        with open(f"/proc/{member}/status", encoding="ascii") as file:
            for line in file:
                if line.startswith("VmRSS:"):
                    total += int(line.split()[1]) * 1024
    return total
