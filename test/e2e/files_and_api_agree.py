# SPDX-License-Identifier: Apache-2.0
"""apply, export, backup, restore, token reset and status against a running gateway (semantics §2,
§10): a diff first, one revision or none, and what is exported applies without a change."""
import json
import os

import pytest
import yaml

from config_files import CLIENT, TOKEN, TOKEN_PROFILE, open_config, quickstart_text
from gateway import ADMIN_TOKEN, run_command

IDENTITY = [("X-Client-ID", CLIENT), ("X-Profile-ID", TOKEN_PROFILE),
            ("Authorization", f"Bearer {TOKEN}")]


@pytest.fixture
def empty(start):
    return start({"version": 1})


@pytest.fixture
def cli(empty, tmp_path):
    def run(command, *arguments, config=None, code=0):
        files = []
        if config is not None:
            file = tmp_path / "wanted.yaml"
            file.write_text(config if isinstance(config, str) else yaml.safe_dump(config))
            files = [file]
        done = run_command(command, *files, *arguments, "--data-dir", empty.data_dir)
        assert done.returncode == code, (done.stdout, done.stderr)
        return done
    return run


def revision(gateway):
    return gateway.admin("GET", "/api/v1/status").json["revision"]


def test_quickstart_applies_unchanged(cli, empty, origin):
    planned = cli("apply", "--dry-run", "--exit-code", config=quickstart_text(origin.port), code=3)
    assert '+ collection "Petstore"' in planned.stdout
    assert empty.fetch("GET", "/open/a").status == 404 and revision(empty) == 0
    done = cli("apply", "-m", "first", config=quickstart_text(origin.port))
    assert "revision 1" in done.stdout
    assert empty.fetch("GET", "/open/a").status == 200
    assert empty.admin("GET", "/api/v1/revisions/1").json["reason"] == "first"
    again = cli("apply", "--dry-run", "--exit-code", config=quickstart_text(origin.port))
    assert again.stdout == "no changes\n" and revision(empty) == 1


def test_export_is_a_fixed_point(cli, empty, origin, tmp_path):
    cli("apply", config=quickstart_text(origin.port))
    exported = cli("export").stdout
    assert TOKEN not in exported and "a-32-byte" not in exported
    document = yaml.safe_load(exported)
    assert document["clients"][0]["policy"] == "gold"
    assert [c["name"] for c in document["collections"]] == ["Open", "Petstore"]
    assert cli("apply", "--prune", config=exported).stdout == "no changes\n"
    assert cli("export").stdout == exported and revision(empty) == 1
    cli("export", "-o", tmp_path / "out.yaml")
    assert (tmp_path / "out.yaml").read_text() == exported
    assert run_command("check", tmp_path / "out.yaml").returncode == 0
    assert empty.fetch("GET", "/open/a").status == 200


def test_a_secret_that_only_another_server_has(cli, empty, origin):
    config = open_config(origin.port)
    config["clients"][0]["profiles"][1]["auth"]["token"] = {"set": True}
    done = cli("apply", config=config, code=2)
    assert "auth.token: {set: true}; no secret is stored here" in done.stderr
    assert revision(empty) == 0


def test_only_prune_deletes(cli, empty, origin):
    cli("apply", config=open_config(origin.port))
    smaller = open_config(origin.port)
    del smaller["collections"][1]
    smaller["clients"][0]["collections"] = ["Open"]
    cli("apply", config=smaller)
    assert len(empty.admin("GET", "/api/v1/collections").json["items"]) == 2
    planned = cli("apply", "--prune", "--dry-run", config=smaller).stdout
    assert '- collection "Closed"' in planned and '- proxy "Closed all"' in planned
    cli("apply", "--prune", config=smaller)
    assert [c["name"] for c in empty.admin("GET", "/api/v1/collections").json["items"]] == ["Open"]
    # A list that the file does not contain is not pruned.
    cli("apply", "--prune", config={"version": 1, "policies": []})
    assert len(empty.admin("GET", "/api/v1/clients").json["items"]) == 1


def test_an_id_with_a_new_name_renames(cli, empty, origin):
    cli("apply", config=open_config(origin.port))
    renamed = {"version": 1, "clients": [{"id": CLIENT, "name": "renamed",
                                          "collections": ["Open", "Closed"]}]}
    assert 'name: "acme" -> "renamed"' in cli("apply", config=renamed).stdout
    assert empty.fetch("GET", "/closed/a", IDENTITY).status == 200, "children are untouched"
    other = {"version": 1, "clients": [{"id": "66a1b2c3d4e5f6a7b8c9daaa", "name": "renamed"}]}
    assert f'the name "renamed" belongs to {CLIENT}' in cli("apply", config=other, code=2).stderr


@pytest.mark.parametrize("text,said", [
    ("version: 1\ncolections: []\n", ':2:1: colections: unknown field; did you mean "collections"?'),
    ("version: 1\nclients:\n  - name: a\n    policy: gold\n", ':4:13: clients[0].policy: no policy "gold"'),
    ("version: 1\npolicies:\n  - {name: a}\n  - {name: a}\n", ":4:5: policies[1]: the policy"),
    ("version: [", ":1:"), ("", ":1:1: an empty document"),
])
def test_problems_have_their_places(cli, empty, text, said):
    done = cli("apply", config=text, code=2)
    assert "wanted.yaml" + said in done.stderr
    assert revision(empty) == 0


def test_unreachable_and_unauthorised(empty, tmp_path, origin):
    file = tmp_path / "f.yaml"
    file.write_text("version: 1\npolicies: [{name: a}]\n")
    assert run_command("apply", file, "--server", "http://127.0.0.1:1").returncode == 1
    server = f"http://127.0.0.1:{empty.admin_port}"
    done = run_command("apply", file, "--server", server, "--token", "wrong" * 10)
    assert done.returncode == 1 and "401" in done.stderr
    token = tmp_path / "token"
    token.write_text(ADMIN_TOKEN + "\n")
    assert run_command("apply", file, "--server", server, "--token-file", token).returncode == 0


def test_backup_while_it_runs_and_restore(cli, empty, origin, tmp_path):
    cli("apply", config=open_config(origin.port))
    copy = tmp_path / "copy.db"
    cli("backup", copy)
    assert "is there already" in cli("backup", copy, code=1).stderr
    cli("apply", config={"version": 1, "policies": [{"name": "later"}]})
    assert "is in use by process" in cli("restore", copy, code=1).stderr
    empty.stop()
    garbage = tmp_path / "garbage.db"
    garbage.write_bytes(os.urandom(20000))
    assert "no sound backup" in cli("restore", garbage, code=1).stderr
    cli("restore", copy)
    empty.start()
    assert revision(empty) == 1
    assert empty.admin("GET", "/api/v1/policies").json["items"] == []
    assert empty.fetch("GET", "/closed/a", IDENTITY).status == 200


def test_another_encryption_key_is_refused_by_its_id(cli, empty, origin):
    cli("apply", config=open_config(origin.port))
    empty.stop()
    key = empty.data_dir / "encryption-key"
    good = key.read_text()
    key.write_text("A" * 43 + "\n")
    done = run_command("serve", "--data-dir", empty.data_dir, "--listen", "127.0.0.1:0",
                       "--admin-listen", "127.0.0.1:0")
    assert done.returncode == 1 and "encryption key" in done.stderr
    key.write_text(good)
    empty.start()
    assert empty.fetch("GET", "/closed/a", IDENTITY).status == 200


def test_token_reset_ends_a_lock_out(start, origin):
    gateway = start(open_config(origin.port), environment={"ZERQ_ADMIN_TOKEN": ""})
    old = (gateway.data_dir / "admin-token").read_text().strip()
    assert gateway.admin("GET", "/api/v1/status", token=old).status == 200
    done = run_command("token", "reset", "--data-dir", gateway.data_dir)
    new = done.stdout.strip()
    assert done.returncode == 0 and new != old
    assert (gateway.data_dir / "admin-token").read_text().strip() == new
    assert gateway.admin("GET", "/api/v1/status", token=old).status == 401
    assert gateway.admin("GET", "/api/v1/status", token=new).status == 200
    answer = gateway.admin("POST", "/api/v1/tokens/bootstrap", token=new, body=b"{}",
                           headers=[("Content-Type", "application/json")])
    assert answer.status == 403


def test_status_says_what_is_there(cli, origin):
    cli("apply", config=open_config(origin.port))
    status = json.loads(cli("status").stdout)
    assert status["ready"] is True and status["revision"] == 1
    assert status["objects"] == {"policies": 0, "credentials": 0, "collections": 2, "proxies": 2,
                                 "clients": 1, "profiles": 2}
