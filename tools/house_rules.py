# SPDX-License-Identifier: Apache-2.0
"""The house rules that a program can check: STYLE.md gives the reasons.

A rule names what is banned, what to use instead, and the paths that are exempt. The lists of exempt
paths may only shrink.
"""
import pathlib
import re
import subprocess
import sys

import house_documents
import source_tree
from source_tree import Finding

FILE_LINES_MAX = 600
TEST_LINES_MAX = 1000
TOP_COMMENT_LINES_MAX = 8

# Pattern in code without comments and literals, what to use instead, paths below src/ that may,
# and whether a test may (it drives real threads at the code; it never waits for the clock).
THREADS = ("io/", "telemetry/", "base/clock", "base/frame_pool")
CONSTRUCTS = [
    (r"std::(\w*mutex|lock_guard|unique_lock|scoped_lock|condition_variable\w*)\b",
     "a message through io/mailbox.h", THREADS + ("control/live_config",), True),
    (r"std::atomic\w*", "state of one shard, io/mailbox.h, or io/published.h",
     THREADS + ("limits/", "audit/"), True),
    (r"\bthread_local\b", "a member of the shard", THREADS, False),
    (r"\bthis_thread::sleep_\w+|\bu?sleep\s*\(|\bnanosleep\b",
     "EventLoop::sleep_until, or an injected base/clock.h", ("io/", "telemetry/"), False),
    (r"\b(system_clock|steady_clock|high_resolution_clock|clock_gettime|gettimeofday)\b"
     r"|[^\w.>:]time\s*\(\s*(nullptr|NULL|0)", "base/clock.h", THREADS, False),
    (r"\b(getaddrinfo|gethostbyname)\b", "the resolver thread of io/", ("io/",), False),
    (r"std::shared_ptr\s*<(?!\s*const\b)|std::weak_ptr|enable_shared_from_this",
     "one owner (std::unique_ptr); references borrow", ("io/published.h",), False),
    (r"std::shared_ptr\s*<\s*const\b", "one owner; only control shares, and only const",
     ("control/", "io/published.h"), True),
    (r"\bstd::w?regex\b", "a hand-written match, or RE2", (), False),
    (r"\bstd::(cout|cerr|clog)\b", "telemetry/log.h, or std::fputs in main/", (), False),
    (r"\busing\s+namespace\b(?!\s+std::(\w+_)?literals)", "the names themselves", (), False),
    (r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|alloca|atoi|atol)\s*\(",
     "base/bytes.h, std::from_chars, fmt", (), False),
    (r"\b(GTEST_SKIP|DISABLED_\w+)", "a test that runs, or none", (), False),
]
# (pattern in the whole text, comments too, instead of it)
WORDS = [
    (r"\b(TODO|FIXME|XXX|HACK)\b", "do it, or open an issue"),
    (r"\bNOLINT\w*|clang-format off", "mend the code; the gates have no exceptions"),
]
# Anywhere in the repository. Split here so that this file does not contain it.
REVERSED = "down" + "stream"

VAGUE = {"util", "utils", "helper", "helpers", "misc", "common", "manager", "impl", "data", "info",
         "handler"}
# Words of the product that contain a vague one.
TERMS = re.compile(r"data_?dir(ectory)?|data_(plane|shard|address|listen(er)?)s?|local_handler|user_data",
                   re.I)
# Names that belong to someone else; we cannot rename them.
FOREIGN = re.compile(r"^_*(io_uring|SSL|EVP|BIO|X509|OPENSSL|OSSL|CRYPTO|sqlite3|ares|ZSTD|std|boost|"
                     r"YAML|yaml|fmt|testing|CLI|addrinfo|siginfo|sig|epoll|kInfo$|msg_|dl_|nghttp2)")
IDENTIFIER = re.compile(r"(?<![\w])([A-Za-z_]\w*)")
TEST_NAME = re.compile(r"\bTEST(?:_[FP])?\(\s*(\w+)\s*,\s*(\w+)\s*\)")
CALL = r"\([^()]*(\([^()]*\)[^()]*)*\)"
COMMENTED_CODE = re.compile(
    r"\s*//\s*(([\w:*&<>]+\s)?[\w:.\->]+(" + CALL + r"|\s*=[^=].*);|[}{]|#include.*)\s*$")
PARSER = re.compile(r"_(parser|decoder|codec|reader)$")


def words_of(identifier):
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", identifier)
    spaced = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", spaced)
    return [w for w in spaced.lower().split("_") if w]


def vague_word(identifier):
    """The banned word in a name of ours, or None."""
    if identifier.isupper() or FOREIGN.match(identifier):
        return None
    words = words_of(TERMS.sub("term", re.sub(r"([a-z])([A-Z])", r"\1_\2", identifier)))
    for word in words:
        if word in VAGUE:
            return word
    if len(words) > 1 and words[-1] == "base":
        return "base"
    return None


class Tree:
    def __init__(self, root, tracked=None):
        self.root = root
        self.src = root / "src"
        self.modules = source_tree.read_modules(root)
        self.files = source_tree.source_files(root)
        self.text = {p: p.read_text() for p in self.files}
        self.code = {p: source_tree.code_only(t) for p, t in self.text.items()}
        self.tracked = tracked if tracked is not None else sorted(
            p for p in root.rglob("*")
            if p.is_file() and not {"build", ".git"} & set(p.relative_to(root).parts))

    def name(self, path):
        return path.relative_to(self.root).as_posix()


def check_constructs(tree):
    for path in tree.files:
        below = path.relative_to(tree.src).as_posix()
        for pattern, instead, exempt, tests_may in CONSTRUCTS:
            if below.startswith(exempt) or tests_may and source_tree.is_test(path):
                continue
            for match in re.finditer(pattern, tree.code[path]):
                yield Finding(tree.name(path), source_tree.line_of(tree.code[path], match.start()),
                              f"`{match.group(0).strip()}` is not used here; instead: {instead}")
        for pattern, instead in WORDS:
            for match in re.finditer(pattern, tree.text[path]):
                yield Finding(tree.name(path), source_tree.line_of(tree.text[path], match.start()),
                              f"`{match.group(0)}`: {instead}")
        for number, line in enumerate(tree.text[path].split("\n"), 1):
            if COMMENTED_CODE.match(line):
                yield Finding(tree.name(path), number, "code in a comment; delete it, git remembers")


def check_names(tree):
    implementers = set()
    for code in tree.code.values():
        implementers |= set(re.findall(r"class\s+(\w*Handler)\b[^;{]*\bLocalHandler\b", code))
    allowed = implementers | {"_".join(words_of(name)) for name in implementers}
    for path in tree.files:
        code = tree.code[path]
        seen = set()
        for match in IDENTIFIER.finditer(code):
            name = match.group(1)
            bare = name.rstrip("_")
            if name in seen or bare in allowed or words_of(bare) and "_".join(words_of(bare)) in allowed:
                continue
            before = code[max(0, match.start() - 40):match.start()].rstrip()
            # A member of a foreign type: ours are found where they are declared.
            if before.endswith((".", "->", "std::", "YAML::")) or re.search(r"std::[\w:]*$", before):
                continue
            after = code[match.end():match.end() + 2].lstrip()
            verb = re.match(r"(do|process)_\w", name)
            if verb and after.startswith("(") and not before.endswith("::"):
                seen.add(name)
                yield Finding(tree.name(path), source_tree.line_of(code, match.start()),
                              f"`{name}(`: say what it does to which object")
            word = vague_word(name)
            # data() beside size() is the protocol of contiguous ranges.
            if word and not (name == "data" and after.startswith("(")):
                seen.add(name)
                yield Finding(tree.name(path), source_tree.line_of(code, match.start()),
                              f"`{name}`: `{word}` says nothing; name what it is")
        for match in TEST_NAME.finditer(code):
            if re.search(r"Test|Works|Correctly|^(Basic|Simple|Basics)$", match.group(2)):
                yield Finding(tree.name(path), source_tree.line_of(code, match.start()),
                              f"TEST({match.group(1)}, {match.group(2)}): name the fact that holds")


def check_files(tree):
    by_name = {}
    for path in tree.tracked:
        name = tree.name(path)
        parts = pathlib.PurePath(name).parts
        if parts[0] == "third_party" or parts[0] in ("docs", "fuzz") and path.suffix not in (".cc", ".md"):
            continue
        if path.suffix in (".cc", ".h", ".py", ".cmake", ".sh") and path.stem not in ("conftest", "__init__"):
            by_name.setdefault(path.name, []).append(name)
            word = vague_word(path.stem)
            implements = any("LocalHandler" in tree.code.get(path.with_suffix(s), "")
                             for s in (".h", ".cc"))
            if word and not (word == "handler" and implements):
                yield Finding(name, 1, f"`{word}` in a file name says nothing; name what it is")
        yield from check_spdx(tree, path, name)
    for names in by_name.values():
        if len(names) > 1:
            yield Finding(names[1], 1, f"base name is taken by {names[0]}; one name, one file")
    for path in tree.tracked:
        if path.suffix not in (".cc", ".h", ".py") or tree.name(path).startswith("third_party"):
            continue
        is_test = source_tree.is_test(path) or tree.name(path).startswith("test/")
        most = TEST_LINES_MAX if is_test else FILE_LINES_MAX
        lines = path.read_text().count("\n")
        if lines > most:
            yield Finding(tree.name(path), most, f"{lines} lines, at most {most}; split it where "
                          "a second thought begins")


def check_spdx(tree, path, name):
    if path.suffix not in (".cc", ".h", ".py", ".cmake", ".sh") and path.name != "CMakeLists.txt":
        return
    lines = path.read_text().split("\n")
    first = lines[1] if lines[0].startswith("#!") and len(lines) > 1 else lines[0]
    if not re.match(r"(//|#) SPDX-License-Identifier: Apache-2\.0$", first):
        yield Finding(name, 1, "the first line is `SPDX-License-Identifier: Apache-2.0`")


def check_headers(tree):
    for path in tree.files:
        if path.suffix != ".h":
            continue
        lines = tree.text[path].split("\n")
        if "#pragma once" not in lines:
            yield Finding(tree.name(path), 1, "a header says `#pragma once`")
        top = 0
        while top + 1 < len(lines) and lines[top + 1].startswith("//"):
            top += 1
        if top == 0:
            yield Finding(tree.name(path), 2, "a header begins with a comment: what it is, rung and "
                          "thread, what it does not do")
        elif top > TOP_COMMENT_LINES_MAX:
            yield Finding(tree.name(path), 2, f"top comment of {top} lines, at most "
                          f"{TOP_COMMENT_LINES_MAX}")


def check_fuzzers(tree):
    seen = "".join(text for path, text in tree.text.items() if path.stem.endswith("_fuzz"))
    for path in tree.files:
        if path.suffix != ".cc" or source_tree.is_test(path) or not PARSER.search(path.stem):
            continue
        if f"/{path.stem}.h" not in seen:
            yield Finding(tree.name(path), 1, f"parses bytes but no _fuzz.cc includes {path.stem}.h; "
                          f"add {path.stem}_fuzz.cc beside it")


def check_reversed_word(tree):
    for path in tree.tracked:
        if path.suffix in (".json", ".db", ".png", ".zst") or path.name == "LICENSE":
            continue
        name = tree.name(path)
        if name.startswith("third_party/"):
            continue
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        for match in re.finditer(REVERSED, text, re.I):
            # STYLE.md has to name the word in order to ban it.
            if name != "STYLE.md":
                yield Finding(name, source_tree.line_of(text, match.start()),
                              f"`{REVERSED}` means opposite things to different people; say client, "
                              "peer or upstream")


CHECKS = (check_constructs, check_names, check_files, check_headers, check_fuzzers,
          check_reversed_word) + house_documents.CHECKS


def find_all(root, tracked=None):
    tree = Tree(root, tracked)
    return [finding for check in CHECKS for finding in check(tree)]


def main():
    root = source_tree.nearest_root()
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            cwd=root, capture_output=True, text=True, check=True).stdout
    tracked = [root / n for n in listed.split("\0") if n and (root / n).is_file()]
    findings = find_all(root, tracked)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
