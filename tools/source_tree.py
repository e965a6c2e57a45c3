# SPDX-License-Identifier: Apache-2.0
"""What the gates share: which files there are, modules as declared, code without its comments."""
import dataclasses
import pathlib
import re

SOURCE_SUFFIXES = (".cc", ".h")
MODULE_LINE = re.compile(r"^\s*zerq_module\(\s*(\w+)\s+([^)]*)\)", re.M)
INCLUDE_LINE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.M)
# One alternative each: line comment, block comment, raw string, string, character.
LEXEMES = re.compile(
    r'//(?:\\\n|[^\n])*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|'
    r"(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'", re.S)


@dataclasses.dataclass(frozen=True)
class Module:
    name: str
    floor: int
    uses: frozenset


@dataclasses.dataclass(frozen=True)
class Finding:
    path: str
    line: int
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}"


def read_modules(root):
    """The modules of src/CMakeLists.txt by name; `base` is part of every `uses` but its own."""
    text = (root / "src" / "CMakeLists.txt").read_text()
    text = re.sub(r"#[^\n]*", "", text)
    modules = {}
    for match in MODULE_LINE.finditer(text):
        words = match.group(2).split()
        uses, floor, key = set(), None, None
        for word in words:
            if word in ("FLOOR", "USES", "LIBS"):
                key = word
            elif key == "FLOOR":
                floor = int(word)
            elif key == "USES":
                uses.add(word)
        name = match.group(1)
        if name != "base":
            uses.add("base")
        modules[name] = Module(name, floor, frozenset(uses))
    return modules


def source_files(root):
    return sorted(p for p in (root / "src").rglob("*") if p.suffix in SOURCE_SUFFIXES)


def is_test(path):
    return path.stem.endswith(("_test", "_fuzz", "_bench"))


def blank(match):
    """Spaces in place of a comment or literal, so that lines and columns stay."""
    text = match.group(0)
    return re.sub(r"[^\n]", " ", text)


def code_only(text):
    """The text with comments and literals blanked, except the paths of #include lines."""
    kept = []
    for line in text.split("\n"):
        kept.append("" if re.match(r'\s*#\s*include\b', line) else line)
    return LEXEMES.sub(blank, "\n".join(kept))


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def read_walk(root):
    """ARCHITECTURE.md's request walk: (its number or "–", path below src/) a row; [] without one."""
    document = root / "ARCHITECTURE.md"
    if not document.exists():
        return []
    match = re.search(r"<!-- walk -->(.*?)<!-- /walk -->", document.read_text(), re.S)
    rows = re.findall(r"^\|\s*([\d–]+)\s*\|([^|]*)\|", match.group(1), re.M) if match else []
    return [(number, path) for number, cell in rows
            for path in re.findall(r"`([\w/]+\.(?:cc|h))`", cell)]


def nearest_root():
    return pathlib.Path(__file__).resolve().parent.parent
