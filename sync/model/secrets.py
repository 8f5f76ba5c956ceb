"""What must never be shown, and values and texts without it.

Fields are recognised by name, at any depth: those in column `secret` of `sync/kinds.py`, and those whose name says so.
A `Change` cannot hold a secret, for it is made of what comes from here; every other body that is printed or kept goes
through `without_secrets` on its way.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from sync.kinds import KINDS

MASK = "<secret>"
"""Stands where a secret was. Not the Controller's own mask: that one must never come from us."""

BLANK = "***"
"""Stands in a text where a secret was."""

SHORTEST = 4
"""A shorter text is no secret, and to blank it would leave nothing to read."""

_BY_KIND = frozenset().union(*(kind.secret for kind in KINDS.values()))
_WORDS = frozenset(
    {
        "certificate",
        "certificates",
        "credential",
        "credentials",
        "passphrase",
        "passwd",
        "password",
        "passwords",
        "private",
        "secret",
        "secrets",
        "token",
        "tokens",
    }
)
_LAST_WORDS = frozenset({"key", "keys"})
_REFERENCES = frozenset({"ref", "refs"})
"""A field that refers to a secret object tells its name only."""

_USER_INFO = re.compile(r"(?<=://)[^/?#\s@]+@")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_POSITION = re.compile(r"\[[^]]*\]")


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """Whether a field of this name holds what must not be shown."""
    if name in _BY_KIND:
        return True
    words = re.findall(r"[a-z0-9]+", re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower())
    if not words or words[-1] in _REFERENCES:
        return False
    return words[-1] in _LAST_WORDS or not _WORDS.isdisjoint(words)


def without_secrets(value: Any) -> Any:
    """A JSON value with `MASK` in place of each secret.

    Every field of a plan comes through here: exact types are checked first, which halves the time.
    """
    kind = type(value)
    if kind is str:
        return _without_secret_parts(value)
    if kind is dict or isinstance(value, Mapping):
        return {
            key: _masked(item) if _is_secret_among(key, value) else without_secrets(item) for key, item in value.items()
        }
    if kind is list or kind is tuple:
        return [without_secrets(item) for item in value]
    return value


def shown_at(path: str, value: Any) -> Any:
    """The value of the field at a path such as `oauth[0].client_secret`, as it may be shown."""
    return _masked(value) if _is_secret_path(path) else without_secrets(value)


@lru_cache(maxsize=4096)
def _is_secret_path(path: str) -> bool:
    return any(map(is_secret, _POSITION.sub("", path).split(".")))


def secret_texts(value: Any) -> frozenset[str]:
    """Every secret in a JSON value: the texts that must not turn up in what is said about it."""
    return frozenset(_secret_texts(value))


def blanked(text: str, secrets: Iterable[str]) -> str:
    """A text in which none of these secrets stands, also not as it is written in a URL or in JSON."""
    forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, BLANK)
    return text


def _forms(secret: str) -> tuple[str, ...]:
    return (secret, quote(secret, safe=""), json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])


def without_user_info(text: str) -> str:
    """A text whose URLs name no user and no password."""
    return _USER_INFO.sub(f"{BLANK}@", text) if "://" in text else text


def _is_secret_among(name: str, siblings: Mapping[str, Any]) -> bool:
    """A `key` beside `value` or `values` is that of a label (RoleFilterMatchLabel, KeyValueTuple of the schema)."""
    return is_secret(name) and not (name == "key" and ("values" in siblings or "value" in siblings))


def _masked(value: Any) -> Any:
    """Nothing and switches stay: they tell whether there is a secret, not which."""
    return value if value is None or value == "" or isinstance(value, bool) else MASK


def _without_secret_parts(text: str) -> str:
    if "PRIVATE KEY" in text and _PRIVATE_KEY.search(text):
        return MASK
    return without_user_info(text) if "://" in text else text


def _secret_texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item) if _is_secret_among(key, value) else _secret_texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _secret_texts(item)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield str(value)
