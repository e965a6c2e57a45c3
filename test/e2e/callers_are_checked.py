# SPDX-License-Identifier: Apache-2.0
"""Who may call: the quickstart's four profiles, tokens good and bad, lists and dates (product §5)."""
import base64
import datetime
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from config_files import CLIENT, QUICKSTART, TOKEN, open_config, quickstart_text
from gateway import Gateway, run_command

SECRET = "a-32-byte-minimum-secret-for-hs256!"
# The key pair of RFC 8037, appendix A, whose public half is in the quickstart.
ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(
    base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="))
OPAQUE, HMAC, IDP, INTERNAL = (f"66a1b2c3d4e5f6a7b8c9d0a{n}" for n in "1234")


def ids(profile, token=None):
    headers = [("X-Client-ID", CLIENT), ("X-Profile-ID", profile)]
    return headers + ([("Authorization", f"Bearer {token}")] if token else [])


def claims(**changes):
    now = int(time.time())
    made = {"iss": "acme", "aud": "petstore", "exp": now + 300, "iat": now, "scope": "pets:read",
            "sub": "user-1"} | changes
    return {k: v for k, v in made.items() if v is not None}


def hs256(secret=SECRET, headers=None, algorithm="HS256", **changes):
    return jwt.encode(claims(**changes), secret, algorithm=algorithm, headers=headers)


def eddsa(headers=None, key=ED25519, **changes):
    return jwt.encode(claims(**({"iss": "https://idp.example"} | changes)), key, algorithm="EdDSA",
                      headers=headers or {"kid": "demo"})


@pytest.fixture(scope="module")
def quickstart(io, module_origin):
    gateway = Gateway(quickstart_text(module_origin.port), io)
    yield gateway
    gateway.dispose()


def status(gateway, headers, target="/petstore/pets/7", method="GET", body=None):
    return gateway.fetch(method, target, headers, body).status


def test_the_quickstart_checks_clean_as_it_is():
    done = run_command("check", QUICKSTART)
    assert done.returncode == 0, done.stderr


def test_the_quickstart_serves_unchanged(start, io):
    gateway = start(QUICKSTART.read_text())
    assert gateway.admin("GET", "/readyz").status == 200
    text = "\n".join(gateway.log)
    for feature in ("request_schema",):
        assert feature in text, f"{feature} is accepted without a warning"


def test_token_profile(quickstart, origin):
    assert status(quickstart, ids(OPAQUE, TOKEN), "/petstore/files/a/b") == 200
    assert origin.last().target == "/storage/a/b"
    assert origin.last().get("X-Env") == "demo"


def test_token_profile_without_the_scope(quickstart):
    assert status(quickstart, ids(OPAQUE, TOKEN)) == 403


def test_jwt_profile(quickstart, origin):
    assert status(quickstart, ids(HMAC, hs256())) == 200
    assert origin.last().target == "/v2/pets/7"
    assert origin.last().get("X-Zerq-Scopes") == "pets:read"


def test_oidc_profile(quickstart):
    assert status(quickstart, ids(IDP, eddsa())) == 200


def test_anonymous_profile(quickstart):
    assert status(quickstart, [], "/open/anything") == 200
    assert status(quickstart, []) == 403


def test_method_of_the_profile(quickstart):
    answer = quickstart.fetch("PUT", "/petstore/files/a", ids(IDP, eddsa()), b"x")
    allowed = {method.strip() for method in answer.get("Allow").split(",")}
    assert (answer.status, allowed | {"HEAD"}) == (405, {"GET", "HEAD"})


GOOD_HS = [
    {"aud": ["other", "petstore"]}, {"nbf": int(time.time()) - 10}, {"scope": "a pets:read b"},
    {"scope": ["pets:read"]}, {"iat": None}, {"exp": int(time.time()) - 2},
]


@pytest.mark.parametrize("changes", GOOD_HS)
def test_accepted_claims(quickstart, changes):
    if "exp" in changes:
        changes = {"exp": int(time.time()) - 2}  # Within the skew of 5 s.
    assert status(quickstart, ids(HMAC, hs256(**changes))) == 200


BAD_HS = {
    "expired": lambda: hs256(exp=int(time.time()) - 30),
    "no exp": lambda: hs256(exp=None),
    "not yet": lambda: hs256(nbf=int(time.time()) + 60),
    "issued later": lambda: hs256(iat=int(time.time()) + 60),
    "issuer": lambda: hs256(iss="other"), "no issuer": lambda: hs256(iss=None),
    "audience": lambda: hs256(aud="other"), "no audience": lambda: hs256(aud=None),
    "secret": lambda: hs256(secret="another-32-byte-minimum-secret-xx!!"),
    "algorithm": lambda: hs256(secret=SECRET * 2, algorithm="HS512"),
    "none": lambda: jwt.encode(claims(), None, algorithm="none"),
    "typ": lambda: hs256(headers={"typ": "id+jwt"}),
    "crit": lambda: hs256(headers={"crit": ["x"], "x": 1}),
    "cut": lambda: hs256()[:-4], "no signature": lambda: hs256().rsplit(".", 1)[0] + ".",
    "two dots": lambda: hs256() + ".x", "not base64": lambda: "a!b." + hs256().split(".", 1)[1],
    "padding": lambda: hs256() + "=",
    "huge": lambda: hs256(big="x" * 20000),
    "exp as text": lambda: sign_raw(
        '{"iss":"acme","aud":"petstore","exp":"9999999999"}'),
    "duplicate member": lambda: sign_raw('{"iss":"acme","iss":"acme","aud":"petstore","exp":9999999999}'),
    "array": lambda: sign_raw("[1]"), "not json": lambda: sign_raw("{"),
    "empty": lambda: "", "opaque": lambda: TOKEN,
}


def sign_raw(payload):
    return jwt.PyJWS().encode(payload.encode(), SECRET, algorithm="HS256")


@pytest.mark.parametrize("kind", BAD_HS)
def test_refused_tokens(quickstart, origin, kind):
    answer = quickstart.fetch("GET", "/petstore/pets/7", ids(HMAC, BAD_HS[kind]()))
    assert answer.status in ((401, 431) if kind == "huge" else (401,)), kind
    assert origin.received == []


BAD_EDDSA = {
    "unknown kid": lambda: eddsa(headers={"kid": "other"}),
    "other key": lambda: eddsa(key=ed25519.Ed25519PrivateKey.generate()),
    "issuer": lambda: eddsa(iss="https://evil.example"),
    "hs256 with the public key": lambda: jwt.api_jws.PyJWS().encode(
        json.dumps(claims(iss="https://idp.example")).encode(),
        base64.urlsafe_b64decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="),
        algorithm="HS256", headers={"kid": "demo"}),
    "embedded jwk": lambda: eddsa(key=ed25519.Ed25519PrivateKey.generate(), headers={
        "kid": "demo", "jwk": {"kty": "OKP", "crv": "Ed25519", "x": "AA"}}),
}


@pytest.mark.parametrize("kind", BAD_EDDSA)
def test_refused_oidc_tokens(quickstart, kind):
    assert status(quickstart, ids(IDP, BAD_EDDSA[kind]())) == 401


def test_token_of_one_profile_is_none_of_another(quickstart):
    token = hs256()
    assert status(quickstart, ids(HMAC, token)) == 200
    assert status(quickstart, ids(IDP, token)) == 401
    assert status(quickstart, ids(OPAQUE, token)) == 401
    assert status(quickstart, ids(HMAC, eddsa())) == 401


def test_one_token_two_profiles_with_different_audiences(start, origin):
    config = open_config(origin.port)
    auth = {"type": "jwt", "secret": {"value": SECRET}, "algorithms": ["HS256"], "issuer": "acme"}
    config["clients"][0]["profiles"] += [
        {"id": "aaaaaaaaaaaaaaaaaaaaaaa1", "name": "a", "auth": auth | {"audience": "petstore"}},
        {"id": "aaaaaaaaaaaaaaaaaaaaaaa2", "name": "b", "auth": auth | {"audience": "elsewhere"}}]
    gateway = start(config)
    token = hs256()
    with gateway.peer() as peer:
        for _ in range(50):
            assert peer.get("/closed/a", ids("aaaaaaaaaaaaaaaaaaaaaaa1", token)).status == 200
            assert peer.get("/closed/a", ids("aaaaaaaaaaaaaaaaaaaaaaa2", token)).status == 401


def test_cached_token_expires(start, origin):
    config = open_config(origin.port)
    config["clients"][0]["profiles"].append({"id": HMAC, "name": "hmac", "auth": {
        "type": "jwt", "secret": {"value": SECRET}, "algorithms": ["HS256"], "issuer": "acme",
        "audience": "petstore", "clock_skew_s": 0}})
    gateway = start(config)
    token = hs256(exp=int(time.time()) + 2)
    with gateway.peer() as peer:
        assert peer.get("/closed/a", ids(HMAC, token)).status == 200
        end = time.monotonic() + 4
        while peer.get("/closed/a", ids(HMAC, token)).status == 200:
            assert time.monotonic() < end
            time.sleep(0.05)
        assert peer.get("/closed/a", ids(HMAC, token)).status == 401


KEYS = {
    "RS256": rsa.generate_private_key(65537, 2048), "PS384": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()), "ES384": ec.generate_private_key(ec.SECP384R1()),
    "ES512": ec.generate_private_key(ec.SECP521R1()), "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


@pytest.mark.parametrize("algorithm", KEYS)
def test_public_key_pem(start, origin, algorithm):
    key = KEYS[algorithm]
    pem = key.public_key().public_bytes(serialization.Encoding.PEM,
                                        serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    config = open_config(origin.port)
    config["clients"][0]["profiles"].append({"id": IDP, "name": "idp", "auth": {
        "type": "oidc", "issuer": "https://idp.example", "audience": "petstore", "algorithms": [algorithm],
        "public_key_pem": pem, "required_claims": {"/team/name": ["red", "blue"]}}})
    gateway = start(config)

    def call(signer=key, **changes):
        token = jwt.encode(claims(iss="https://idp.example", **changes), signer, algorithm=algorithm)
        return status(gateway, ids(IDP, token), "/closed/a")

    assert call(team={"name": "red"}) == 200
    assert call(team={"name": "green"}) == 401
    assert call() == 401
    other = {"RS256": "PS384", "PS384": "RS256"}.get(algorithm)
    if other:
        assert call(KEYS[other], team={"name": "red"}) == 401


def test_inactive_expired_and_foreign_addresses(start, origin):
    config = open_config(origin.port, settings={"trusted_proxies": ["127.0.0.1"]})
    past = (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(days=1)).isoformat()
    none = {"type": "none"}
    config["clients"][0]["profiles"] += [
        {"id": "bbbbbbbbbbbbbbbbbbbbbbb1", "name": "off", "active": False, "auth": none},
        {"id": "bbbbbbbbbbbbbbbbbbbbbbb2", "name": "old", "expires_at": past.replace("+00:00", "Z"), "auth": none},
        {"id": "bbbbbbbbbbbbbbbbbbbbbbb3", "name": "net", "auth": none,
         "allowed_ips": ["10.0.0.0/8", "2001:db8::/32", "192.0.2.7"]}]
    config["clients"].append({"id": "cccccccccccccccccccccccc", "name": "ungranted", "collections": ["Open"],
                              "profiles": [{"id": "ccccccccccccccccccccccc1", "name": "p", "auth": none}]})
    gateway = start(config)

    def reason(headers, expected=403):
        answer = gateway.fetch("GET", "/closed/a", headers)
        assert answer.status == expected, answer.body
        return gateway.record_of(answer)["reason"]

    reasons = [reason(ids("bbbbbbbbbbbbbbbbbbbbbbb1")), reason(ids("bbbbbbbbbbbbbbbbbbbbbbb2")),
               reason(ids("bbbbbbbbbbbbbbbbbbbbbbb3")),
               reason([("X-Client-ID", "c" * 24), ("X-Profile-ID", "c" * 23 + "1")])]
    assert len(set(reasons)) == 4, reasons
    for address in ("10.1.2.3", "2001:db8::5", "192.0.2.7", "::ffff:10.0.0.1"):
        assert reason(ids("bbbbbbbbbbbbbbbbbbbbbbb3") + [("X-Forwarded-For", address)], 200) in (None, "")
    for address in ("11.0.0.1", "2001:db9::1", "192.0.2.8"):
        reason(ids("bbbbbbbbbbbbbbbbbbbbbbb3") + [("X-Forwarded-For", address)])


def test_scopes_all_or_any(start, origin):
    config = open_config(origin.port)
    proxy = config["collections"][1]["proxies"][0]
    proxy["required_scopes"] = ["pets:read", "pets:write"]
    gateway = start(config)
    headers = [("X-Client-ID", CLIENT), ("X-Profile-ID", OPAQUE), ("Authorization", f"Bearer {TOKEN}")]
    assert status(gateway, headers, "/closed/a") == 403
    proxy["required_scopes_mode"] = "any"
    gateway.reload(config, lambda: status(gateway, headers, "/closed/a") == 200)


def test_secret_from_the_environment(start, origin):
    config = open_config(origin.port)
    config["clients"][0]["profiles"][1]["auth"]["token"] = {"env": "E2E_TOKEN"}
    headers = [("X-Client-ID", CLIENT), ("X-Profile-ID", OPAQUE), ("Authorization", f"Bearer {TOKEN}")]
    assert status(start(config, environment={"E2E_TOKEN": TOKEN}), headers, "/closed/a") == 200
    unset = start(config)
    answer = unset.fetch("GET", "/closed/a", headers)
    assert (answer.status, answer.json["error"]) == (500, "secret_unavailable")
    assert "E2E_TOKEN" in "\n".join(unset.log)


def test_token_header_of_a_collection(start, origin):
    config = open_config(origin.port)
    config["collections"][1]["token_header"] = "X-API-Key"
    gateway = start(config)
    headers = [("X-Client-ID", CLIENT), ("X-Profile-ID", OPAQUE)]
    assert status(gateway, headers + [("X-API-Key", TOKEN)], "/closed/a") == 200
    assert origin.last().all("X-API-Key") == []
    assert status(gateway, headers + [("X-API-Key", "wrong")], "/closed/a") == 401
