"""How messages show values, and what they suggest for a name that is not known."""

import difflib
from collections.abc import Mapping, Sequence
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
    text = str(value)
    text = text if len(text) <= 60 else text[:57] + "…"
    return f'"{text}"'.replace("\n", "\\n") if isinstance(value, str) else text


def did_you_mean(given: str, known: Sequence[str]) -> str:
    """The fix for a name that is not known."""
    if near := difflib.get_close_matches(given, known, n=1):
        return f'did you mean "{near[0]}"?'
    by_lower_case = {name.lower(): name for name in known}
    if same := by_lower_case.get(given.lower()):
        return f'did you mean "{same}"?'
    return f"remove it; known here: {', '.join(sorted(known))}" if known else "remove it"
