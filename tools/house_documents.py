# SPDX-License-Identifier: Apache-2.0
"""House rules for what is written beside the code: module READMEs and ARCHITECTURE.md."""
import re

import source_tree
from source_tree import Finding

HEADS = ("Is for", "Is not for", "Start reading at", "Owns", "Threads", "Uses", "Used by")
HEAD_LINE = re.compile(r"^\W*(Is for|Is not for|Start reading at|Owns|Threads|Uses|Used by)\b(.*)$")
README_LINES_MAX = 25
WALK_FILES_MAX = 13
WALK_LINES_MAX = 3500


def read_heads(text):
    """Head -> text up to the next head."""
    heads, current = {}, None
    for line in text.split("\n"):
        match = HEAD_LINE.match(line)
        if match:
            current = match.group(1)
            heads[current] = match.group(2)
        elif current:
            heads[current] += " " + line
    return heads


def check_readmes(tree):
    for folder in sorted(p for p in tree.src.iterdir() if p.is_dir()):
        name = f"src/{folder.name}/README.md"
        path = folder / "README.md"
        if not any(folder.rglob("*.cc")) and not any(folder.rglob("*.h")):
            continue
        if not path.exists():
            yield Finding(name, 1, f"missing; about ten lines with the heads {', '.join(HEADS)}")
            continue
        text = path.read_text()
        if text.count("\n") > README_LINES_MAX:
            yield Finding(name, README_LINES_MAX, f"more than {README_LINES_MAX} lines; the rest "
                          "belongs into docs/")
        heads = read_heads(text)
        for head in HEADS:
            if head not in heads:
                yield Finding(name, 1, f"the head `{head}` is missing")
        module = tree.modules.get(folder.name)
        if module and "Uses" in heads:
            words = set(re.findall(r"[a-z_]+", heads["Uses"].split(".")[0]))
            said = words & set(tree.modules)
            if said | {"base"} != set(module.uses) | {"base"}:
                yield Finding(name, 1, f"Uses says {' '.join(sorted(said)) or 'nothing'}, zerq_module "
                              f"declares {' '.join(sorted(module.uses)) or 'nothing'}")


def check_architecture(tree):
    path = tree.root / "ARCHITECTURE.md"
    if not path.exists():
        yield Finding("ARCHITECTURE.md", 1, "missing")
        return
    text = path.read_text()
    for match in re.finditer(r"`([\w./-]+)`", text):
        named = match.group(1)
        if "/" not in named or named.startswith("/"):
            continue
        if not ((tree.root / named).exists() or (tree.src / named).exists()):
            yield Finding("ARCHITECTURE.md", source_tree.line_of(text, match.start()),
                          f"`{named}` does not exist")
    walk = [path for _, path in source_tree.read_walk(tree.root)]
    if not walk:
        yield Finding("ARCHITECTURE.md", 1, "no request walk between <!-- walk --> and <!-- /walk -->")
        return
    if len(walk) > WALK_FILES_MAX:
        yield Finding("ARCHITECTURE.md", 1, f"the request walk has {len(walk)} files, at most "
                      f"{WALK_FILES_MAX}")
    lines = sum((tree.src / f).read_text().count("\n") for f in walk if (tree.src / f).exists())
    if lines > WALK_LINES_MAX:
        yield Finding("ARCHITECTURE.md", 1, f"the request walk has {lines} lines, at most "
                      f"{WALK_LINES_MAX}")


def check_error_page(tree):
    """docs/guide/errors.md names every code of the closed list."""
    codes, page = tree.src / "http" / "reply_code.h", tree.root / "docs" / "guide" / "errors.md"
    if not codes.exists() or not page.exists():
        return
    listed = re.search(r"enum class ReplyCode[^{]*\{(.*?)\};", codes.read_text(), re.S).group(1)
    listed = re.sub(r"//[^\n]*", "", listed)
    text = page.read_text()
    for name in re.findall(r"\bk(\w+)", listed):
        code = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
        if code not in ("none", "count") and f"`{code}`" not in text:
            yield Finding("docs/guide/errors.md", 1, f"`{code}` of http/reply_code.h is not described")


CHECKS = (check_readmes, check_architecture, check_error_page)
