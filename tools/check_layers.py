# SPDX-License-Identifier: Apache-2.0
"""Compares the declared module graph (src/CMakeLists.txt) with the real #include edges.

Fails on: an edge that is not declared, a declared edge that nothing uses, an edge that goes up or
sideways, an include of another module's sub-folder, a third-party header outside its wrapper, a
file of the request walk that includes an earlier one, more than 60 project headers in a source.
"""
import pathlib
import re
import sys

import source_tree
from source_tree import Finding

HEADERS_PER_SOURCE_MAX = 60
# The middle of the walk is where everything meets: the exchange calls every later step, and what
# owns or begins it sees the same headers.
HEADERS_IN_MID_WALK_MAX = 72
MID_WALK = {"proxy/client_connection.cc", "proxy/exchange.cc", "proxy/forwarder.cc"}

# Third-party headers and the only places that may see them: (pattern, path prefixes, wrapper).
WRAPPED = [
    (r"openssl/", ("crypto/", "io/tls_"), "the types of crypto/"),
    (r"sqlite3\.h", ("store/sqlite/",), "store/"),
    (r"nghttp2/", ("http/h2/",), "http/server_codec.h"),
    (r"(mongoc|bson)", ("store/mongo/",), "store/store.h"),
    (r"hiredis", ("redis/",), "redis/"),
    (r"liburing", ("io/",), "io/event_loop.h"),
    (r"ares(_\w+)?\.h", ("io/",), "io/"),
    (r"yaml-cpp/", ("config/",), "config/"),
    (r"boost/json", ("text/",), "text/json.h"),
    (r"zstd", ("audit/",), "audit/"),
    (r"spdlog/", ("telemetry/",), "telemetry/log.h"),
    (r"CLI/", ("main/",), "main/"),
]
# http is bytes in, events out: no socket, descriptor or thread can be named in it.
WITHOUT_IO = re.compile(r"(sys/(socket|epoll|uio|eventfd)|netinet/|arpa/|unistd|thread|mutex)")


class Tree:
    def __init__(self, root):
        self.root = root
        self.src = root / "src"
        self.modules = source_tree.read_modules(root)
        self.files = source_tree.source_files(root)
        self.includes = {}  # path below src/ -> [(line, target, is_system)]
        for path in self.files:
            text = path.read_text()
            self.includes[self.name(path)] = [
                (source_tree.line_of(text, m.start(1) if m.group(1) else m.start(2)),
                 m.group(1) or m.group(2), m.group(1) is None)
                for m in source_tree.INCLUDE_LINE.finditer(text)
            ]

    def name(self, path):
        return path.relative_to(self.src).as_posix()


def module_of(name):
    return name.split("/")[0]


def check_edges(tree):
    used = {name: set() for name in tree.modules}
    for name, includes in tree.includes.items():
        owner = module_of(name)
        if owner != "main" and owner not in tree.modules:
            yield Finding(f"src/{name}", 1, f"folder {owner}/ is not declared with zerq_module")
            continue
        for line, target, is_system in includes:
            if is_system:
                continue
            if not (tree.src / target).exists():
                yield Finding(f"src/{name}", line, f'"{target}" does not exist below src/; '
                              "write project includes from src/, all others in <>")
                continue
            other = module_of(target)
            if other == owner:
                continue
            if target.count("/") > 1:
                yield Finding(f"src/{name}", line, f"{target} is private to {other}/; include a "
                              f"header that lies directly in src/{other}/")
            if owner == "main":
                continue
            yield from check_edge(tree, name, line, owner, other)
            if not source_tree.is_test(pathlib.PurePath(name)):
                used[owner].add(other)
    for module in tree.modules.values():
        has_source = any(module_of(name) == module.name for name in tree.includes)
        for unused in sorted(module.uses - used[module.name] - {"base"}):
            if has_source:
                yield Finding("src/CMakeLists.txt", 1, f"zerq_module({module.name}) declares "
                              f"{unused} but includes nothing of it; remove it from USES")


def check_edge(tree, name, line, owner, other):
    mine, theirs = tree.modules[owner], tree.modules.get(other)
    if theirs is None:
        yield Finding(f"src/{name}", line, f"{other}/ is no module that others may include")
        return
    if theirs.floor >= mine.floor:
        way = "up" if theirs.floor > mine.floor else "sideways"
        yield Finding(f"src/{name}", line, f"{owner} (floor {mine.floor}) includes {way} to {other} "
                      f"(floor {theirs.floor}); let {owner} declare a sink that {other} implements")
    elif other not in mine.uses:
        yield Finding(f"src/{name}", line, f"{owner} uses {other} without declaring it; add {other} "
                      f"to USES of zerq_module({owner}), or do without")


def check_graph(tree):
    for module in tree.modules.values():
        for other in sorted(module.uses):
            if other not in tree.modules:
                yield Finding("src/CMakeLists.txt", 1, f"zerq_module({module.name}) uses {other}, "
                              "which is not declared")
            elif tree.modules[other].floor >= module.floor:
                yield Finding("src/CMakeLists.txt", 1, f"zerq_module({module.name}) on floor "
                              f"{module.floor} uses {other} on floor {tree.modules[other].floor}")


def check_wrapped(tree):
    for name, includes in tree.includes.items():
        for line, target, is_system in includes:
            if not is_system:
                continue
            for pattern, allowed, wrapper in WRAPPED:
                if re.match(pattern, target) and not name.startswith(allowed):
                    yield Finding(f"src/{name}", line, f"<{target}> belongs to {', '.join(allowed)} "
                                  f"alone; use {wrapper}")
            if module_of(name) == "http" and WITHOUT_IO.match(target):
                yield Finding(f"src/{name}", line, f"http does no I/O: <{target}> has no place here")


def check_walk(tree):
    """In proxy/ a file includes only files later in the walk. A header beside the walk comes last, so it
    includes none of them; its .cc may (the owner of a shard makes the connections)."""
    walk = [f for number, f in source_tree.read_walk(tree.root)
            if f.startswith("proxy/") and number.isdigit()]
    rank = {pathlib.PurePath(f).stem: i for i, f in enumerate(walk)}
    for name, includes in tree.includes.items():
        path = pathlib.PurePath(name)
        if module_of(name) != "proxy" or source_tree.is_test(path):
            continue
        if path.stem not in rank and path.suffix == ".cc":
            continue
        mine = rank.get(path.stem, len(walk))
        for line, target, is_system in includes:
            stem = pathlib.PurePath(target).stem
            if is_system or module_of(target) != "proxy" or stem == path.stem:
                continue
            if stem in rank and rank[stem] < mine:
                yield Finding(f"src/{name}", line, f"{target} stands earlier in the request walk "
                              "(ARCHITECTURE.md) than this file; the walk goes forward only")


def check_weight(tree):
    def reach(name, seen):
        for _, target, is_system in tree.includes.get(name, []):
            if not is_system and target not in seen:
                seen.add(target)
                reach(target, seen)
        return seen

    for name in tree.includes:
        path = pathlib.PurePath(name)
        if path.suffix != ".cc" or source_tree.is_test(path) or module_of(name) == "main":
            continue
        count = len(reach(name, set()))
        most = HEADERS_IN_MID_WALK_MAX if name in MID_WALK else HEADERS_PER_SOURCE_MAX
        if count > most:
            yield Finding(f"src/{name}", 1, f"drags in {count} project headers, at most "
                          f"{most}; forward-declare, or split the file")


CHECKS = (check_graph, check_edges, check_wrapped, check_walk, check_weight)


def find_all(root):
    tree = Tree(root)
    return [finding for check in CHECKS for finding in check(tree)]


def main():
    findings = find_all(source_tree.nearest_root())
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
