"""Words and signs that all reports share."""

import json
from collections.abc import Mapping
from posixpath import commonprefix
from typing import Any

from sync.model.plan import CHANGES_OF_HANDS, Action, Change, FieldChange

SYMBOLS: Mapping[Action, str] = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPLACE: "-/+",
    Action.DELETE: "-",
    Action.ADOPT: "<=",
    Action.RELEASE: "=>",
}

HELD_SYMBOL = "!"

MAX_VALUE_LENGTH = 100


def one_line(text: str) -> str:
    """The text on one line; control and invisible characters are escaped.

    Texts of manifests and of the Controller may contain line breaks, escape sequences or marks that change the writing
    direction, which could falsify a report.
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def shown(value: Any, *, limit: int = MAX_VALUE_LENGTH) -> str:
    """A JSON value on one line; `none` for nothing."""
    return cut(_text(value), limit)


def shown_pair(before: Any, after: Any, *, limit: int = MAX_VALUE_LENGTH) -> tuple[str, str]:
    """Two JSON values, each on one line; long values are cut to the part that differs."""
    old, new = _text(before), _text(after)
    same = len(commonprefix((old, new)))
    if same < limit // 2 or max(len(old), len(new)) <= limit:
        return cut(old, limit), cut(new, limit)
    start = same - limit // 4
    return cut(f"…{old[start:]}", limit), cut(f"…{new[start:]}", limit)


def _text(value: Any) -> str:
    if value is None:
        return "none"
    return one_line(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def cut(text: str, limit: int) -> str:
    """The text, or as much of it as the limit allows."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def counted(number: int, noun: str) -> str:
    """A number with its noun."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def commit_text(commit: str) -> str:
    """The commit as every output names it."""
    return f"commit {commit}" if commit else "no commit (files as they are)"


def loss_word(change: Change) -> str:
    """The words for what is lost with a change."""
    return "lost with it" if change.action is Action.DELETE else "not carried over"


def told_fields(change: Change) -> tuple[FieldChange, ...]:
    """The fields to show: none of a create, which sets all, and no mark whose change the reason already gives."""
    if change.action is Action.CREATE:
        return ()
    return tuple(field for field in change.fields if not _is_said_by_reason(change, field))


def _is_said_by_reason(change: Change, field: FieldChange) -> bool:
    """Whether a field is a mark whose change the reason already gives."""
    is_marker = field.path.startswith("markers[")
    if change.action in CHANGES_OF_HANDS:
        return is_marker or field.path == "created_by"
    return is_marker and change.action is Action.REPLACE
