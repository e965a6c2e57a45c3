# SPDX-License-Identifier: Apache-2.0
"""Declarative files for our side of the scenarios, and the token of P2."""
import base64
import json
import pathlib
import subprocess
import time

CLIENT_ID = "66a1b2c3d4e5f6a7b8c9d0e1"
PROFILE_ID = "66a1b2c3d4e5f6a7b8c9d0a3"


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make_key(directory):
    key = pathlib.Path(directory) / "rs256.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048",
                    "-out", str(key)], check=True, capture_output=True)
    public = subprocess.run(["openssl", "pkey", "-in", str(key), "-pubout"], check=True,
                            capture_output=True, text=True).stdout
    return key, public


def make_token(key):
    head = _base64url(json.dumps({"alg": "RS256", "typ": "JWT"}).encode())
    claims = _base64url(json.dumps({
        "iss": "https://idp.example", "aud": "bench", "sub": "bench-user",
        "exp": int(time.time()) + 86400, "scope": "orders:read orders:write"}).encode())
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", str(key)], check=True,
                               capture_output=True, input=f"{head}.{claims}".encode()).stdout
    return f"{head}.{claims}.{_base64url(signature)}"


def plain(upstream, routes=1):
    """P1: anonymous forwarding. `routes` − 1 more routes stand beside the one that is called."""
    more = "".join(
        f"      - {{name: r{i}, methods: [GET], path: '/r{i}/{{id}}', target_path: /, status: published}}\n"
        for i in range(1, routes))
    return f"""version: 1
collections:
  - name: open
    base_path: /open
    target: http://127.0.0.1:{upstream}
    anonymous_profile: bench/anonymous
    status: published
    proxies:
      - {{name: all, methods: [GET, POST], path: /*, target_path: /*, status: published}}
{more}clients:
  - name: bench
    collections: [open]
    profiles: [{{name: anonymous, auth: {{type: none}}}}]
"""


def secured(upstream, public_key):
    """P2: RS256 token, scope and rate limit."""
    pem = "\n".join(" " * 14 + line for line in public_key.strip().splitlines())
    return f"""version: 1
policies:
  - {{name: high, rate_limit: {{requests: 2000000000, interval: 1m}}}}
collections:
  - name: orders
    base_path: /orders
    target: http://127.0.0.1:{upstream}
    status: published
    proxies:
      - {{name: all, methods: [GET], path: /*, target_path: /*, required_scopes: ["orders:read"], status: published}}
clients:
  - id: {CLIENT_ID}
    name: bench
    collections: [orders]
    policy: high
    profiles:
      - id: {PROFILE_ID}
        name: idp
        auth:
          type: oidc
          issuer: https://idp.example
          audience: bench
          algorithms: [RS256]
          public_key_pem: |
{pem}
"""


def secured_headers(token):
    return [f"X-Client-ID: {CLIENT_ID}", f"X-Profile-ID: {PROFILE_ID}", f"Authorization: Bearer {token}"]


def write(directory, name, text):
    path = pathlib.Path(directory) / name
    path.write_text(text)
    return path
