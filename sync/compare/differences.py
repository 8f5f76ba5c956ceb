"""Two normal forms → the fields in which they differ."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sync.avi_schema import SCHEMA
from sync.compare.normal_form import NOTHING_KNOWN, plain
from sync.kinds import COMPUTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field that differs: path such as `services[0].port`; None for a side that has nothing there."""

    path: str
    before: Any
    after: Any


def differences(desired: dict[str, Any], live: dict[str, Any], kind: str) -> tuple[Difference, ...]:
    """Where the normal forms of two bodies of a kind differ, in field order; empty if they mean the same."""
    return tuple(_differences(desired, live, kind, ""))


def _differences(desired: Any, live: Any, message: str, path: str) -> Iterator[Difference]:
    if desired == live:
        return
    if isinstance(desired, dict) and isinstance(live, dict):
        computed = COMPUTED.get(message, frozenset())
        schema = SCHEMA.get(message, {})
        keys = desired.keys() | (live.keys() - computed)
        for key in sorted(key for key in keys if desired.get(key) != live.get(key)):
            here = f"{path}.{key}" if path else key
            known = schema.get(key, NOTHING_KNOWN)  # what is absent has its default, and a person is shown that
            after, before = desired.get(key, known.default), live.get(key, known.default)
            yield from _differences(after, before, known.message, here)
    elif isinstance(desired, list) and isinstance(live, list):
        yield from _list_differences(desired, live, message, path)
    else:
        yield Difference(path=path, before=plain(live), after=plain(desired))


def _list_differences(desired: list[Any], live: list[Any], message: str, path: str) -> Iterator[Difference]:
    if len(desired) == len(live):
        for position, (after, before) in enumerate(zip(desired, live, strict=True)):
            yield from _differences(after, before, message, f"{path}[{position}]")
        return
    gone = [item for item in live if not any(_same(other, item, message) for other in desired)]
    new = [item for item in desired if not any(_same(item, other, message) for other in live)]
    yield from (Difference(path=f"{path}[]", before=plain(item), after=None) for item in gone)
    yield from (Difference(path=f"{path}[]", before=None, after=plain(item)) for item in new)
    if not gone and not new:  # the same item more often on one side
        yield Difference(path=path, before=plain(live), after=plain(desired))


def _same(desired: Any, live: Any, message: str) -> bool:
    return next(_differences(desired, live, message, ""), None) is None
