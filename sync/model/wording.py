"""How messages show values, and suggestions for unknown names."""

import difflib
from collections.abc import Mapping, Sequence
from posixpath import commonprefix
from typing import Any


def shown(value: Any) -> str:
    """A value as its author wrote it, short enough for one line."""
    if value is None:
        return "null"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, bool):
        return str(value).lower()
    text = str(getattr(value, "written", None) or value)
    text = text if len(text) <= 60 else text[:57] + "…"
    return f'"{text}"'.replace("\n", "\\n") if isinstance(value, str) else text


SHORT_LENGTH = 12
"""The length of a commit or digest in messages; a permit must name at least this much of a digest."""


def short(identity: str) -> str:
    """The beginning of a commit or digest, enough to know it by."""
    return identity[:SHORT_LENGTH]


def nearest(given: str, known: Sequence[str]) -> str:
    """The known name that was probably meant; empty if none is similar."""
    if near := difflib.get_close_matches(given, known, n=1):
        return near[0]
    return {name.lower(): name for name in known}.get(given.lower(), "")


def did_you_mean(given: str, known: Sequence[str]) -> str:
    """The fix for a name that is not known."""
    if near := nearest(given, known):
        return f'did you mean "{near}"?'
    return f"remove it, or use one of: {_listed(known)}" if known else "remove it"


def commit_or_rename(given: str, known: Sequence[str]) -> str:
    """The fix for a reference to something that is not in the tree."""
    if near := nearest(given, known):
        return f'did you mean "{near}"?'
    return f"commit it, or use one of: {_listed(known)}" if known else "commit it"


def is_slip(given: str, meant: str) -> bool:
    """Whether one text is probably a misspelling of the other."""
    return given != meant and bool(difflib.get_close_matches(given.lower(), [meant.lower()], cutoff=_ALIKE))


def is_meant(given: str, known: str) -> bool:
    """Whether a key is probably a misspelling of a known one: another case, other separators, a letter off."""
    return _letters(given) == _letters(known) or is_one_edit(given, known) or is_slip(given, known)


def _letters(text: str) -> str:
    return text.lower().replace("_", "").replace("-", "")


def is_one_edit(given: str, meant: str) -> bool:
    """Whether one text is the other with a letter changed, dropped, added or in the other case, or two swapped.

    For words that are too short for `is_slip`, such as `kind`.
    """
    if abs(len(given) - len(meant)) > 1:
        return False
    given, meant = given.lower(), meant.lower()
    start = len(commonprefix((given, meant)))
    end = min(len(commonprefix((given[::-1], meant[::-1]))), min(len(given), len(meant)) - start)
    one, other = given[start : len(given) - end], meant[start : len(meant) - end]
    return max(len(one), len(other)) <= 1 or (len(one) == 2 and one == other[::-1])


def is_near(given: str, meant: str) -> bool:
    """Whether one name is probably the other with one letter wrong; names that differ in a digit are both meant."""
    if given == meant or _without_digits(given) == _without_digits(meant):
        return False
    return max(len(given), len(meant)) > 2 and is_one_edit(given, meant)


def _without_digits(text: str) -> str:
    return "".join(letter for letter in text if not letter.isdigit())


_ALIKE = 0.85
"""How similar two words must be for a misspelling; AKO's L7Rule and L4Rule are less similar."""


def _listed(known: Sequence[str]) -> str:
    """The names, as many as a line holds."""
    names = sorted(known)
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


_SHOWN = 8
