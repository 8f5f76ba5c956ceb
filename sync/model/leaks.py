"""Whether a template's output contains a secret of the run."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any
from urllib.parse import quote

from sync.model.secrets import SHORTEST

CERTAIN = 16
"""A text of that length, or a longer one, that equals a secret is the secret."""

_PIECED = 8
"""A shorter secret is not searched for in pieces and encodings: too many texts contain it by chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSecrets:
    """The secrets of a run with their names, and the text of our own templates, whose words are no secrets."""

    names: Mapping[str, str] = field(default_factory=dict, repr=False)
    words: str = ""

    def found_in(self, body: Any, given: Any) -> str:
        """The name of a secret that a template wrote into a body, "" if there is none.

        A secret counts wherever it stands, also in pieces, backwards, in a URL or in base64, if it is long. One of
        less than 16 characters may be an ordinary word: it counts only if neither what the template was given nor our
        own templates hold it. One of less than four characters never counts.
        """
        secrets = {secret: name for secret, name in self.names.items() if len(secret) >= SHORTEST}
        if not secrets:
            return ""
        written = _Written(body)
        found = [secret for secret in secrets if written.holds(secret)]
        if not found:
            return ""
        innocent = _Written([given, self.words])
        counted = (secret for secret in found if len(secret) >= CERTAIN or not innocent.holds(secret))
        return next((secrets[secret] for secret in counted), "")


class _Written:
    """The texts of a value: each by itself, and one after the other."""

    def __init__(self, value: Any) -> None:
        keys: list[str] = []
        values: list[str] = []
        _collect(value, keys, values)
        self._plain = "\n".join((*keys, *values))
        self._folded = self._plain.casefold()
        self._joined = "".join(values).casefold() + "\n" + "".join(keys).casefold()

    def holds(self, secret: str) -> bool:
        """Whether the secret stands there, in upper or lower case."""
        folded = secret.casefold()
        if folded in self._folded:
            return True
        if len(secret) < _PIECED:
            return False
        forms = (folded, folded[::-1], quote(secret, safe="").casefold())
        return any(form in self._joined for form in forms) or any(form in self._plain for form in _base64(secret))


def _base64(secret: str) -> Iterator[str]:
    """What every base64 text has that holds the secret, wherever in a group of three bytes it begins."""
    content = secret.encode()
    for before in range(3):
        coded = base64.b64encode(bytes(before) + content).decode().rstrip("=")
        begin = -(-before * 8 // 6)
        end = (before + len(content)) * 8 // 6
        yield coded[begin:end]


def _collect(value: Any, keys: list[str], values: list[str]) -> None:
    if isinstance(value, Mapping):
        for key, item in value.items():
            keys.append(str(key))
            _collect(item, keys, values)
    elif isinstance(value, list | tuple):
        for item in value:
            _collect(item, keys, values)
    elif is_dataclass(value):
        for each in fields(value):
            _collect(getattr(value, each.name), keys, values)
    elif value is not None and not isinstance(value, bool):
        values.append(str(value))
