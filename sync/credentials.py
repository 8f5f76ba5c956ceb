"""The credentials of a command: removed from the environment while it runs, and known by name."""

import os
from collections import ChainMap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from urllib.parse import unquote, urlsplit

VARIABLES = (
    "SYNC_PASSWORD",
    "SYNC_TOKEN",
    "SYNC_GIT_TOKEN",
    "SYNC_GITHUB_TOKEN",
    "SYNC_WEBHOOK_URL",
    "GITHUB_TOKEN",
    "AVI_EMULATOR_PASSWORD",
)
"""Every variable that holds a credential which we read ourselves."""

_PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
"""These stay, because Git reads them."""

known: dict[str, str] = {}
"""Every secret that the running command was given, and the variable that it belongs to."""

_removed: dict[str, str] = {}


@contextmanager
def credentials_removed() -> Iterator[None]:
    """Remove all credentials from `os.environ`, so that neither templates nor child processes see them.

    `environment()` still has them. They are restored on exit, for a process that runs several commands.
    """
    known.clear()
    _removed.clear()
    _removed.update({name: os.environ.pop(name) for name in VARIABLES if name in os.environ})
    for name, value in _removed.items():
        note(value, name)
    for name in _PROXIES:
        with suppress(ValueError):
            note(unquote(urlsplit(os.environ.get(name, "")).password or ""), name)
    try:
        yield
    finally:
        os.environ.update(_removed)
        _removed.clear()
        known.clear()


def environment() -> Mapping[str, str]:
    """The environment of the command, with its credentials."""
    return ChainMap(_removed, os.environ)


def note(secret: str, name: str) -> None:
    """Remember a secret and its name."""
    if secret:
        known.setdefault(secret, name)
