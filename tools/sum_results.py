# SPDX-License-Identifier: Apache-2.0
"""Adds up every JUnit file of a directory: `total: N passed, N failed, N skipped`.

Exit 1 when anything failed, when a file is broken, or when there is nothing to count.
"""
import pathlib
import sys
import xml.etree.ElementTree as ElementTree


def count_file(path):
    """(passed, failed, skipped, names of the failed) of one JUnit file."""
    passed = failed = skipped = 0
    names = []
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
            names.append(f"{case.get('classname')}.{case.get('name')}")
        elif case.find("skipped") is not None or case.get("result") in ("skipped", "suppressed"):
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped, names


def main(argv):
    directory = pathlib.Path(argv[1])
    total = [0, 0, 0]
    broken = False
    for path in sorted(directory.glob("*.xml")):
        try:
            passed, failed, skipped, names = count_file(path)
        except ElementTree.ParseError as error:
            print(f"{path.name}: not readable: {error}")
            broken = True
            continue
        print(f"{path.stem}: {passed} passed, {failed} failed, {skipped} skipped")
        for name in names:
            print(f"  failed: {name}")
        total = [total[0] + passed, total[1] + failed, total[2] + skipped]
    print(f"total: {total[0]} passed, {total[1]} failed, {total[2]} skipped")
    return 1 if broken or total[1] or not total[0] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
