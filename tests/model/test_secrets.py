"""Which fields are never shown, and that nothing is left of them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.avi.schema import SCHEMA
from sync.model.desired import ObjectKey, Owner, OwnerKind
from sync.model.plan import Action, Change, FieldChange
from sync.model.secrets import (
    MASK,
    blanked,
    is_secret,
    secret_texts,
    shown_at,
    without_secrets,
    without_user_info,
)

SECRET = "hush-hush"
KEY = ObjectKey(kind="VirtualService", tenant="admin", cloud="Default-Cloud", name="north--shop-web")
OWNER = Owner(kind=OwnerKind.GATEWAY, namespace="shop", name="web")


@pytest.mark.parametrize(
    "name",
    [
        "aes_key",
        "auth_password",
        "authentication_token",
        "authToken",
        "certificate",
        "client_secret",
        "hmac_key",
        "key",
        "key_passphrase",
        "private_key",
        "server_secret",
        "tls_ticket_key",
    ],
)
def test_a_secret_is_told_by_its_name(name: str) -> None:
    """Fields of the schema that hold a secret, and what the Controller may add to it later."""
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    ["ssl_key_and_certificate_refs", "pki_profile_ref", "monkey", "name", "keyed", "tokenizer", "", "tier1_lr"],
)
def test_other_fields_are_shown(name: str) -> None:
    """What merely refers to a secret tells nothing but a name."""
    assert not is_secret(name)


def test_of_the_fields_that_we_compare_only_these_are_secret() -> None:
    """A field that is needed to read a plan is never masked by mistake."""
    found = {f"{message}.{name}" for message, fields in SCHEMA.items() for name in fields if is_secret(name)}

    labels = {"KeyValueTuple.key", "RoleFilterMatchLabel.key"}  # shown all the same, where a value stands beside it
    assert found - labels == {
        "HttpCookiePersistenceKey.aes_key",
        "HttpCookiePersistenceKey.hmac_key",
        "OAuthAppSettings.client_secret",
        "OAuthResourceServer.opaque_token_params",
        "OAuthVSConfig.key",
        "OpaqueTokenValidationParams.server_secret",
        "SAMLSPConfig.key",
        "URIParam.tokens",
    }


def test_a_label_keeps_its_key() -> None:
    """The key of a marker is no secret; a key that stands alone is one."""
    body = {"markers": [{"key": "Namespace", "values": ["shop"]}], "pair": {"key": "a", "value": "b"}, "key": SECRET}

    assert without_secrets(body) == {**body, "key": MASK}


def test_what_tells_only_whether_there_is_a_secret_stays() -> None:
    """None, empty texts and switches are no secrets; everything else under such a name is."""
    body = {"password": None, "token": "", "use_token": True, "secrets": ["a", "b"], "pin_secret": 1234}

    assert without_secrets(body) == {**body, "secrets": MASK, "pin_secret": MASK}


def test_logins_in_urls_and_private_keys_are_masked_anywhere() -> None:
    """Not every secret is in a field of its own."""
    body = {"url": f"https://u:{SECRET}@a.example/p", "text": f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}"}

    assert without_secrets(body) == {"url": "https://***@a.example/p", "text": MASK}


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        pytest.param("oauth[0].client_secret", SECRET, MASK, id="the field itself"),
        pytest.param("oauth[]", {"client_secret": SECRET, "id": "web"}, {"client_secret": MASK, "id": "web"}, id="in"),
        pytest.param("saml.key[0].name", "first", MASK, id="below it"),
        pytest.param("markers[Token]", "a", "a", id="a marker is no field"),
        pytest.param("services[0].port", 80, 80, id="another"),
        pytest.param("client_secret", None, None, id="nothing there"),
    ],
)
def test_a_path_tells_too(path: str, value: Any, expected: Any) -> None:
    """A difference names one field deep inside, or holds a whole subtree."""
    assert shown_at(path, value) == expected


def test_a_change_cannot_hold_a_secret() -> None:
    """Old and new value are masked when the change is made, so no report has to think of it."""
    field = FieldChange(path="oauth.client_secret", before=SECRET, after=f"{SECRET}2")

    change = Change(action=Action.UPDATE, key=KEY, owner=OWNER, reason="changed", fields=(field,))

    assert change.fields == (FieldChange(path="oauth.client_secret", before=MASK, after=MASK),)
    assert SECRET not in repr(change)


def test_words_are_blanked_however_they_are_written() -> None:
    """A secret comes back as it is, as part of a URL, or as JSON."""
    secret = 'p"w/ü&x'

    said = blanked(f"{secret} p%22w%2F%C3%BC%26x {json.dumps(secret)}", {secret, "", "abc"})

    assert said == '*** *** "***"'


def test_the_longer_secret_goes_first() -> None:
    """Nothing is left of a secret that contains another one."""
    assert blanked("secret-secret2", {"secret", "secret-secret2"}) == "***"


def test_user_info_is_blanked() -> None:
    """Only what stands before the host."""
    assert without_user_info("http://u:p@h:1/x@y and a@b") == "http://***@h:1/x@y and a@b"


TEXTS = st.text(min_size=9, max_size=20)
NAMES = st.sampled_from(["password", "client_secret", "apiToken", "aes_key", "credentials"])
BODIES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just("plain"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "vip", "a"]), inner),
    max_leaves=8,
)


@given(secret=TEXTS, name=NAMES, around=BODIES, deep=st.booleans())
def test_nothing_of_a_secret_is_left(secret: str, name: str, around: Any, deep: bool) -> None:
    """Wherever a secret is planted in a body: no trace of it, the rest unchanged, and it is known to words."""
    planted = {name: {"inner": [secret]} if deep else secret}
    body = {"around": around, "list": [around, planted]}

    shown = without_secrets(body)

    assert shown == {"around": around, "list": [around, {name: MASK}]}
    assert secret in secret_texts(body)
    assert secret not in blanked(f"refused: {secret}!", secret_texts(body))
    assert without_secrets(shown) == shown
