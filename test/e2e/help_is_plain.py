# SPDX-License-Identifier: Apache-2.0
"""--help is for people, and the guide names the same options."""
import re

import pytest

from config_files import ROOT
from gateway import run_command

COMMANDS = [(), ("serve",), ("check",), ("fields",), ("audit",), ("audit", "query"), ("audit", "tail"),
            ("healthcheck",), ("version",)]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: "-".join(command) or "none")
def test_plain_lines(command):
    done = run_command(*command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    for line in done.stdout.splitlines():
        assert len(line) <= 100, line
        assert line.isascii() and line.replace(" ", "").isprintable(), line
        assert not re.search(r"ENUM|UINT|TEXT:|INT in|->|\bTEXT \.\.\.|: *filter$", line), line


def test_fields_are_the_page_of_the_reference():
    done = run_command("fields")
    page = (ROOT / "docs" / "reference" / "configuration-fields.md").read_text()
    assert (done.returncode, done.stderr, done.stdout) == (0, "", page)


def test_guide_has_the_options_of_serve():
    offered = re.findall(r"^  (--[a-z-]+)", run_command("serve", "--help").stdout, re.M)
    guide = (ROOT / "docs" / "guide" / "configuration.md").read_text()
    told = re.findall(r"^\| `(--[a-z-]+)", guide, re.M)
    assert sorted(told) == sorted(offered)
