# SPDX-License-Identifier: Apache-2.0
"""The README's table is that of the newest result, and says what was missed."""
import json
import pathlib
import tempfile
import unittest

import readme_bench


def result(date, value):
    return {"date": date, "commit": "abc", "machine": "2 × x", "kernel": "6.1", "rows": [
        {"scenario": "P1", "subject": "plain", "value": value, "unit": "×", "goal": 0.6, "note": ""}]}


class ReadmeBench(unittest.TestCase):
    def test_newest_wins_by_its_date(self):
        with tempfile.TemporaryDirectory() as name:
            directory = pathlib.Path(name)
            (directory / "z.json").write_text(json.dumps(result("2026-01-01", 1)))
            (directory / "a.json").write_text(json.dumps(result("2026-02-01", 2)))
            self.assertEqual(readme_bench.newest(directory)["rows"][0]["value"], 2)
            self.assertIsNone(readme_bench.newest(directory / "none"))

    def test_missed_goal_is_said(self):
        self.assertIn("reached", readme_bench.table(result("2026-01-01", 0.5)))
        self.assertIn("**missed**", readme_bench.table(result("2026-01-01", 0.7)))

    def test_only_the_region_changes(self):
        text = "a\n<!-- bench -->\nold\n<!-- /bench -->\nb\n"
        self.assertEqual(readme_bench.rewrite(text, "new\n"),
                         "a\n<!-- bench -->\nnew\n<!-- /bench -->\nb\n")


if __name__ == "__main__":
    unittest.main()
