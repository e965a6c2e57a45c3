# SPDX-License-Identifier: Apache-2.0
"""Configurations of the end-to-end tests, as plain dictionaries that each test may change."""
import copy
import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
QUICKSTART = ROOT / "docs" / "examples" / "quickstart.yaml"

ALL_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]
CLIENT = "66a1b2c3d4e5f6a7b8c9d0e1"
PROFILE = "66a1b2c3d4e5f6a7b8c9d0a4"
TOKEN_PROFILE = "66a1b2c3d4e5f6a7b8c9d0a1"
TOKEN = "zerq_tok_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH"
IDENTITY = [("X-Client-ID", CLIENT), ("X-Profile-ID", TOKEN_PROFILE),
            ("Authorization", f"Bearer {TOKEN}")]


def collection(name, base_path, port, proxies=None, **more):
    anything = {"name": f"{name} all", "methods": ALL_METHODS, "path": "/*", "target_path": "/*",
                "status": "published"}
    return {"name": name, "base_path": base_path, "target": f"http://127.0.0.1:{port}",
            "status": "published", "proxies": proxies or [anything], **more}


def open_config(port, settings=None, policy=None, **more):
    """Collection `/open` for anybody and `/closed` for token callers, both to 127.0.0.1:port."""
    client = {"id": CLIENT, "name": "acme", "collections": ["Open", "Closed"], "profiles": [
        {"id": PROFILE, "name": "internal", "auth": {"type": "none"}},
        {"id": TOKEN_PROFILE, "name": "opaque", "scopes": ["pets:read"],
         "auth": {"type": "token", "token": {"value": TOKEN}}}]}
    config = {
        "version": 1,
        "collections": [collection("Open", "/open", port, anonymous_profile="acme/internal", **more),
                        collection("Closed", "/closed", port)],
        "clients": [client],
    }
    if settings:
        config["settings"] = settings
    if policy:
        config["policies"] = [{"name": "gold", **policy}]
        client["policy"] = "gold"
    return copy.deepcopy(config)


def quickstart_text(port):
    """The quickstart with its upstream on another port."""
    return QUICKSTART.read_text().replace("127.0.0.1:9000", f"127.0.0.1:{port}")
