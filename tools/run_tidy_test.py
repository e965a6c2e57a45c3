# SPDX-License-Identifier: Apache-2.0
"""A file is looked at again exactly when something that it is made of changed; findings fail."""
import contextlib
import io
import json
import pathlib
import tempfile
import unittest
from unittest import mock

import run_tidy
import source_tree

CLEAN = "int f(int a) { return a; }\n"
MOVED = "#include <string>\n#include <utility>\nstd::string f(std::string a) {\n" \
        "  std::string b = std::move(a);\n  return a + b;\n}\n"


class RunTidy(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.directory.name).resolve()
        (self.root / "src").mkdir()
        (self.root / "build").mkdir()
        (self.root / ".clang-tidy").write_text("Checks: '-*,bugprone-use-after-move'\nWarningsAsErrors: '*'\n")
        (self.root / "src" / "x.h").write_text("#pragma once\n")
        self.source = self.root / "src" / "x.cc"
        self.write(CLEAN)

    def tearDown(self):
        self.directory.cleanup()

    def write(self, text):
        self.source.write_text('#include "x.h"\n' + text)
        command = f"clang++-19 -std=c++23 -I{self.root}/src -c {self.source}"
        (self.root / "build" / "compile_commands.json").write_text(json.dumps(
            [{"directory": str(self.root), "file": str(self.source), "command": command}]))

    def run_it(self):
        out = io.StringIO()
        with mock.patch.object(source_tree, "nearest_root", lambda: self.root), \
                contextlib.redirect_stdout(out):
            status = run_tidy.main(["", str(self.root / "build")])
        return status, out.getvalue()

    def test_finding_fails_every_time(self):
        self.write(MOVED)
        for _ in range(2):
            status, text = self.run_it()
            self.assertEqual(status, 1)
            self.assertIn("use-after-move", text)

    def test_passed_file_is_looked_at_once_until_a_header_changes(self):
        self.assertIn("1 files looked at, 0 with", self.run_it()[1])
        self.assertIn("0 files looked at", self.run_it()[1])
        (self.root / "src" / "x.h").write_text("#pragma once\nint g();\n")
        self.assertIn("1 files looked at", self.run_it()[1])


if __name__ == "__main__":
    unittest.main()
