# SPDX-License-Identifier: Apache-2.0
"""The sum counts every case, and is not fooled by silence."""
import contextlib
import io
import pathlib
import tempfile
import unittest

import sum_results

GOOD = '<testsuites><testsuite><testcase name="a"/><testcase name="b"/></testsuite></testsuites>'
BAD = ('<testsuite><testcase classname="S" name="c"><failure/></testcase><testcase name="d"><skipped/>'
       '</testcase><testcase name="e"><error/></testcase></testsuite>')


class SumResults(unittest.TestCase):
    def total(self, **files):
        with tempfile.TemporaryDirectory() as name:
            for stem, text in files.items():
                (pathlib.Path(name) / f"{stem}.xml").write_text(text)
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                status = sum_results.main(["", name])
            return status, out.getvalue()

    def test_all_passed(self):
        status, text = self.total(unit=GOOD)
        self.assertEqual(status, 0)
        self.assertIn("total: 2 passed, 0 failed, 0 skipped", text)

    def test_failures_and_errors_fail(self):
        status, text = self.total(unit=GOOD, e2e=BAD)
        self.assertEqual(status, 1)
        self.assertIn("total: 2 passed, 2 failed, 1 skipped", text)
        self.assertIn("failed: S.c", text)

    def test_nothing_to_count_fails(self):
        self.assertEqual(self.total()[0], 1)

    def test_broken_file_fails(self):
        self.assertEqual(self.total(unit=GOOD, e2e="<testsuite>")[0], 1)


if __name__ == "__main__":
    unittest.main()
