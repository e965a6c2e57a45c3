# SPDX-License-Identifier: Apache-2.0
"""What goes wrong at start is one line of at most 200 characters that names the thing; exit 1 (or 2
for bad input), and no file is touched."""
import hashlib
import os
import socket
import subprocess

import pytest

from config_files import open_config
from gateway import ADMIN_TOKEN, binary, run_command, write_config


def serve(directory, config, *options, environment=None):
    path = write_config(directory / "gateway.yaml", config)
    command = [binary(), "serve", "--apply", str(path), "--workers", "2", "--io", "epoll",
               "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", *map(str, options)]
    return subprocess.run(command, capture_output=True, text=True, timeout=20,
                          env={**os.environ, "ZERQ_ADMIN_TOKEN": ADMIN_TOKEN, **(environment or {})})


def fault_line(done, status=1):
    assert done.returncode == status, (done.returncode, done.stderr[-2000:])
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert len(lines[0]) <= 200, lines[0]
    return lines[0]


def fingerprint(directory):
    """Every name in the directory, with mode, size and content."""
    return {str(p.relative_to(directory)): (p.stat().st_mode, hashlib.sha256(p.read_bytes()).hexdigest()
                                            if p.is_file() else None)
            for p in directory.rglob("*")}


DAMAGE = {
    "garbage": lambda good: os.urandom(len(good)),
    "cut": lambda good: good[:1000],
    "half": lambda good: good[:len(good) // 2 // 8192 * 8192 + 100],
    "header": lambda good: b"not a database at all" + good[21:],
    "pages": lambda good: good[:8192] + os.urandom(len(good) - 8192),
}


def refuses_and_changes_nothing(tmp_path, data_dir, name, **options):
    before = fingerprint(data_dir)
    line = fault_line(serve(tmp_path, open_config(1), "--data-dir", data_dir, **options))
    assert name in line
    assert ";" in line.split(name, 1)[1], "it says what to do: " + line
    assert fingerprint(data_dir) == before


@pytest.fixture
def used(start, origin, tmp_path):
    """A data directory that a gateway has used and left."""
    gateway = start(open_config(origin.port), directory=tmp_path)
    for _ in range(20):
        gateway.fetch("GET", "/open/a")
    gateway.wait_records(20)
    gateway.stop()
    return gateway


@pytest.mark.parametrize("option", ["--listen", "--admin-listen"])
def test_port_in_use(tmp_path, option):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        options = {"--listen": "127.0.0.1:0", "--admin-listen": "127.0.0.1:0"} | {option: address}
        path = write_config(tmp_path / "gateway.yaml", open_config(1))
        flat = [x for pair in options.items() for x in pair]
        done = run_command("serve", "--apply", path, "--data-dir", tmp_path / "data", "--io", "epoll", *flat)
        assert address in fault_line(done)


@pytest.mark.parametrize("place", ["/proc/zerq-data", "/dev/null/zerq", "FILE"])
def test_unwritable_directory(tmp_path, place):
    if place == "FILE":
        place = tmp_path / "plain"
        place.write_text("x")
    assert str(place) in fault_line(serve(tmp_path, open_config(1), "--data-dir", place))


def test_second_process(start, origin, tmp_path):
    gateway = start(open_config(origin.port), directory=tmp_path)
    line = fault_line(serve(tmp_path, open_config(1), "--data-dir", gateway.data_dir))
    assert str(gateway.pid) in line and str(gateway.data_dir) in line
    assert gateway.fetch("GET", "/open/a").status == 200


def key_files(data_dir):
    return [p for p in data_dir.rglob("*") if p.is_file() and "key" in p.name]


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 4096])
def test_malformed_key_file(used, tmp_path, content):
    keys = key_files(used.data_dir)
    assert keys, sorted(used.data_dir.rglob("*"))
    for key in keys:
        assert key.stat().st_mode & 0o077 == 0
        good = key.read_bytes()
        key.write_bytes(content)
        refuses_and_changes_nothing(tmp_path, used.data_dir, key.name)
        key.write_bytes(good)
    used.start()


@pytest.mark.parametrize("name", ["token-key", "admin-token", "node"])
def test_malformed_file_is_found_before_others_are_made(tmp_path, name):
    data_dir = tmp_path / "data"
    data_dir.mkdir(0o700)
    (data_dir / name).write_text("short\n")
    refuses_and_changes_nothing(tmp_path, data_dir, name, environment={"ZERQ_ADMIN_TOKEN": ""})


def test_unreadable_key_file(used, tmp_path):
    for key in key_files(used.data_dir):
        good = key.read_bytes()
        key.unlink()
        key.mkdir()
        assert key.name in fault_line(serve(tmp_path, open_config(1), "--data-dir", used.data_dir))
        key.rmdir()
        key.write_bytes(good)
        key.chmod(0o600)
    used.start()


@pytest.mark.parametrize("damage", DAMAGE)
def test_corrupt_database(used, tmp_path, damage):
    databases = [p for p in used.data_dir.rglob("*.db")]
    assert databases
    for database in databases:
        good = database.read_bytes()
        database.write_bytes(DAMAGE[damage](good))
        refuses_and_changes_nothing(tmp_path, used.data_dir, database.name)
        database.write_bytes(good)
    used.start()


@pytest.mark.parametrize("where", ["audit/*.db", "config.db"])
@pytest.mark.parametrize("index", ["with_index", "without_index"])
@pytest.mark.parametrize("damage", ["garbage", "cut", "header", "state"])
def test_corrupt_database_of_a_killed_process(used, tmp_path, damage, index, where):
    used.start()
    used.record_of(used.fetch("GET", "/open/a"), sealed=True)
    used.kill()
    database, = used.data_dir.glob(where)
    if index == "without_index":  # As in a copy that left it out.
        database.with_name(database.name + "-shm").unlink()
    good = database.read_bytes()
    log = database.with_name(database.name + "-wal")
    good_log = log.read_bytes()
    if damage == "state":
        # Everything is there; the pages behind the first one mean nothing.
        database.write_bytes(DAMAGE["pages"](good))
        log.write_bytes(b"")
    else:
        database.write_bytes(DAMAGE[damage](good))
    refuses_and_changes_nothing(tmp_path, used.data_dir, database.name)
    database.write_bytes(good)
    log.write_bytes(good_log)
    used.start()
    assert len(used.wait_records(21)) == 21


def test_corrupt_database_is_found_before_key_files_are_made(tmp_path):
    """Somebody brought the audit folder alone."""
    audit = tmp_path / "data" / "audit"
    audit.mkdir(0o700, parents=True)
    (audit / "2026-01-01-1.db").write_bytes(os.urandom(50_000))
    refuses_and_changes_nothing(tmp_path, tmp_path / "data", "2026-01-01-1.db",
                                environment={"ZERQ_ADMIN_TOKEN": ""})


def test_long_path_keeps_the_name_and_what_to_do(tmp_path):
    audit = tmp_path / ("d" * 120) / ("e" * 120) / "audit"
    audit.mkdir(0o700, parents=True)
    (audit / "2026-01-01-1.db").write_bytes(os.urandom(50_000))
    refuses_and_changes_nothing(tmp_path, audit.parent, "2026-01-01-1.db")


def test_missing_file(tmp_path):
    done = run_command("serve", "--apply", tmp_path / "gone.yaml", "--data-dir", tmp_path / "data")
    assert "gone.yaml" in fault_line(done, 2)


def test_unknown_option_names_the_nearest():
    done = run_command("serve", "--lisen", "127.0.0.1:0")
    assert done.returncode == 2
    assert "--listen" in done.stderr


def test_unknown_backend():
    assert run_command("serve", "--io", "kqueue").returncode == 2


def test_data_directory_is_private(used):
    assert used.data_dir.stat().st_mode & 0o777 == 0o700
    for path in used.data_dir.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


OUT_OF_BOUNDS = [("workers", "0"), ("workers", "many"), ("drain-max-s", "-1"),
                 ("drain-max-s", "86401"), ("drain-max-s", "1.5"), ("io", "kqueue")]


@pytest.mark.parametrize("given", ["flag", "environment", "file"])
@pytest.mark.parametrize("name, value", OUT_OF_BOUNDS)
def test_node_option_out_of_bounds(tmp_path, name, value, given):
    options, environment, place = [f"--{name}={value}"], {}, ""
    if given == "environment":
        options, environment = [], {"ZERQ_" + name.upper().replace("-", "_"): value}
    elif given == "file":
        place = str(tmp_path / "options.yaml")
        (tmp_path / "options.yaml").write_text(f'{name}: "{value}"\n')
        options = ["--config", place]
    line = fault_line(run_command("serve", "--demo", *options, environment=environment), 2)
    assert f'--{name}: found "{value}"; allowed: ' in line and place in line
