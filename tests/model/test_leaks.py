"""Secrets are found in bodies however they are written, and ordinary words are not taken for one."""

import base64
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.model.desired import VsVipContent
from sync.model.leaks import CERTAIN, KnownSecrets

LONG = "Tr0ub4dor&3-planted"
SHORT = "s3cret/x"
TEXTS = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=CERTAIN)


def find(body: Any, *, data: Any = (), words: str = "", **names: str) -> str:
    """The name of the secret that is found."""
    return KnownSecrets(names={value: name for name, value in names.items()}, words=words).found_in(body, data)


@pytest.mark.parametrize("secret", [LONG, SHORT])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(lambda s: {"a": [{"b": f"x{s}y"}]}, id="in a text"),
        pytest.param(lambda s: {s: 1}, id="in a key"),
        pytest.param(lambda s: {"a": s.upper()}, id="in upper case"),
        pytest.param(lambda s: {"a": list(s)}, id="letter by letter"),
        pytest.param(lambda s: {"a": s[:4], "b": [{"c": s[4:]}]}, id="in two fields"),
        pytest.param(lambda s: {s[:4]: {s[4:]: 1}}, id="in two keys"),
        pytest.param(lambda s: {"a": s[::-1]}, id="backwards"),
        pytest.param(lambda s: {"a": quote(s, safe="")}, id="in a URL"),
    ],
)
def test_a_secret_is_found_however_it_is_written(secret: str, body: Any) -> None:
    """A long one and a short one."""
    assert find(body(secret), SYNC_TOKEN=secret) == "SYNC_TOKEN"


@given(TEXTS, st.binary(max_size=9), st.binary(max_size=9))
def test_a_secret_is_found_in_base64(secret: str, before: bytes, after: bytes) -> None:
    """Wherever in a group of three bytes it begins."""
    assert find([base64.b64encode(before + secret.encode() + after).decode()], SYNC_TOKEN=secret) == "SYNC_TOKEN"


@given(TEXTS)
def test_a_long_secret_counts_wherever_it_comes_from(secret: str) -> None:
    """No name or address is a password of sixteen characters by chance."""
    assert find({"a": secret}, data=[secret], words=secret, SYNC_PASSWORD=secret) == "SYNC_PASSWORD"


@pytest.mark.parametrize(
    ("secret", "body", "data", "words"),
    [
        pytest.param(
            "emulator", {"a": "/x/emulator--web"}, VsVipContent(vips=(), fqdns=("Emulator.x",)), "", id="data"
        ),
        pytest.param("admin", {"tenant": "admin"}, [], "tenant admin", id="a word of our templates"),
        pytest.param("8443", {"port": 8443}, {"port": 8443}, "", id="a port"),
        pytest.param("abc", {"a": "abc"}, [], "", id="three letters"),
        pytest.param("", {"a": ""}, [], "", id="none"),
        pytest.param("admin", {"a": ["ad", "min"]}, [], "", id="a short one in pieces"),
        pytest.param(LONG, {"a": "other", "b": True, "c": None}, [], "", id="another text"),
    ],
)
def test_an_ordinary_word_is_no_leak(secret: str, body: Any, data: Any, words: str) -> None:
    """A password that is one must not hold owners whose own data has it."""
    assert find(body, data=data, words=words, SYNC_PASSWORD=secret) == ""


def test_a_short_secret_counts_where_the_data_does_not_hold_it() -> None:
    """So the template has it from somewhere else."""
    assert find({"a": "the emulator"}, data=["web"], words="pool", SYNC_PASSWORD="emulator") == "SYNC_PASSWORD"


def test_no_secret_is_in_a_repr() -> None:
    """What is printed by chance shows nothing."""
    assert LONG not in repr(KnownSecrets(names={LONG: "SYNC_TOKEN"}))
