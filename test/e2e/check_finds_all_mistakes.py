# SPDX-License-Identifier: Apache-2.0
"""`check FILE`: all mistakes at once, each with file, line, column and the nearest name; exit 2."""
import pytest

from gateway import run_command

GOOD = """version: 1
collections:
  - name: A
    base_path: /a
    target: http://127.0.0.1:9000
    status: published
    anonymous_profile: c/p
    proxies:
      - {name: all, methods: [GET], path: /*, target_path: /*, status: published}
clients:
  - name: c
    collections: [A]
    profiles:
      - {name: p, auth: {type: none}}
"""


def check(tmp_path, text):
    path = tmp_path / "file.yaml"
    path.write_text(text)
    return run_command("check", path)


def test_good_file(tmp_path):
    done = check(tmp_path, GOOD)
    assert (done.returncode, done.stderr) == (0, "")


MISTAKES = [  # (old, new, line, part of the message)
    ("base_path", "base_pth", 4, "base_path"), ("version: 1", "version: 3", 1, "version"),
    ("version: 1\n", "", 1, "version"), ("status: published\n    anon", "status: live\n    anon", 6, "published"),
    ("http://127.0.0.1:9000", "127.0.0.1:9000", 5, "target"), ("[GET]", "[GRAB]", 9, "GRAB"),
    ("c/p", "c/q", 7, "q"), ("collections: [A]", "collections: [B]", 12, "B"), ("/a\n", "a\n", 4, "base_path"),
    ("{type: none}", "{type: nine}", 14, "none"), ("name: A", "name: [A]", 3, "name"),
    ("target_path: /*", "target_path: /{id}", 9, "id"), ("name: c", "name: c/d", 11, "name"),
    ("clients:", "clients: &x", 10, ""), ("  - name: c", "  - name: c\n    name: d", 12, "duplicate key"),
    ("collections: [A]", "workflow: {}", 12, ""), ("base_path: /a", "base_path: /healthz", 4, "reserved"),
    ("status: published}", "status: published, request_schma: {}}", 9, "request_schema"),
    ("target: http", "timeouts: {connect_ms: -1}\n    target: http", 5, "connect_ms"),
    ("target: http", "protocol: h2\n    target: http", 5, "not_supported"),
    ("{type: none}", "{type: token, token: zerq_tok_bare}", 14, "value"),
    ("{type: none}", "{type: jwt, secret: {value: short}, algorithms: [HS256]}", 14, "32"),
]


@pytest.mark.parametrize("old,new,line,part", [m for m in MISTAKES if m[1] != "clients: &x"])
def test_mistake(tmp_path, old, new, line, part):
    assert old in GOOD
    done = check(tmp_path, GOOD.replace(old, new, 1))
    assert done.returncode == 2, done.stderr
    first = [text for text in done.stderr.splitlines() if f"file.yaml:{line}:" in text]
    assert first, done.stderr
    assert part in "\n".join(first), done.stderr


def test_all_at_once(tmp_path):
    text = GOOD.replace("base_path", "base_pth").replace("[GET]", "[GRAB]").replace("{type: none}", "{type: nine}")
    lines = check(tmp_path, text).stderr.splitlines()
    for number in (4, 9, 14):
        assert any(f"file.yaml:{number}:" in line for line in lines), lines


def test_two_collections_of_one_base_path(tmp_path):
    second = GOOD.split("collections:\n")[1].split("clients:")[0].replace("name: A", "name: B")
    assert check(tmp_path, GOOD.replace("clients:", second + "clients:")).returncode == 2


@pytest.mark.parametrize("text", ["", "[]", "a", "version: 1\n\tx: 1", "{", "version: 1\n--- \nversion: 1",
                                  "&a [*a]", "x: " + "[" * 20000, "\xff"])
def test_not_a_document(tmp_path, text):
    path = tmp_path / "file.yaml"
    path.write_bytes(text.encode("latin-1"))
    done = run_command("check", path)
    assert done.returncode == 2, done.stderr
    assert "file.yaml:" in done.stderr
