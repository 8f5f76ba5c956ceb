"""Two normal forms → the fields in which they differ."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sync.avi.references import has_uuids, names_in, with_names
from sync.avi.schema import SCHEMA
from sync.compare.normal_form import NOTHING_KNOWN, normal_form, plain
from sync.compare.vips import without_vip_identity
from sync.kinds import COMPUTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One field that differs: path such as `services[0].port`; None on a side that lacks it."""

    path: str
    before: Any
    after: Any


Computed = Mapping[str, frozenset[str]]
"""Message type → fields that count only where they are desired."""


def differences(
    desired: dict[str, Any], live: dict[str, Any], kind: str, computed: Computed = COMPUTED
) -> tuple[Difference, ...]:
    """Where the normal forms of two bodies of a kind differ, in field order; empty if they mean the same."""
    return tuple(_differences(desired, live, kind, "", computed))


def differences_from(
    live: Mapping[str, Any],
    wanted: dict[str, Any],
    kind: str,
    fields: Iterable[str],
    computed: Computed = COMPUTED,
) -> tuple[Difference, ...]:
    """Where some fields of a live body differ from a normal form, apart from what identifies a VIP (`vips`)."""
    fields = tuple(fields)
    present = normal_form(live, kind, fields)
    found = differences(without_vip_identity(wanted), without_vip_identity(present), kind, computed)
    if not found or not has_uuids(wanted):
        return found
    wanted, present = in_the_same_words(wanted, live, kind, fields)
    return differences(without_vip_identity(wanted), without_vip_identity(present), kind, computed)


def in_the_same_words(
    wanted: Mapping[str, Any], live: Mapping[str, Any], kind: str, fields: Iterable[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A normal form, and that of some fields of a live body, that refer to each object in one and the same way.

    By name, where live shows the name of a uuid; by uuid, where two objects in the live body share that name.
    """
    body = {name: live[name] for name in fields if name in live}
    names = names_in(body)
    return (
        normal_form(with_names(wanted, names), kind, wanted),
        normal_form(with_names(body, names), kind, body),
    )


def _differences(desired: Any, live: Any, message: str, path: str, computed: Computed) -> Iterator[Difference]:
    if desired == live:
        return
    if isinstance(desired, dict) and isinstance(live, dict):
        schema = SCHEMA.get(message, {})
        keys = desired.keys() | (live.keys() - computed.get(message, frozenset()))
        for key in sorted(key for key in keys if desired.get(key) != live.get(key)):
            here = f"{path}.{key}" if path else key
            known = schema.get(key, NOTHING_KNOWN)  # an absent field has its default: show that
            after, before = desired.get(key, known.default), live.get(key, known.default)
            yield from _differences(after, before, known.message, here, computed)
    elif isinstance(desired, list) and isinstance(live, list):
        yield from _list_differences(desired, live, message, path, computed)
    else:
        yield Difference(path=path, before=plain(live), after=plain(desired))


def _list_differences(
    desired: list[Any], live: list[Any], message: str, path: str, computed: Computed
) -> Iterator[Difference]:
    if len(desired) == len(live):
        for position, (after, before) in enumerate(zip(desired, live, strict=True)):
            yield from _differences(after, before, message, f"{path}[{position}]", computed)
        return
    gone = [item for item in live if not any(_same(other, item, message, computed) for other in desired)]
    new = [item for item in desired if not any(_same(item, other, message, computed) for other in live)]
    yield from (Difference(path=f"{path}[]", before=plain(item), after=None) for item in gone)
    yield from (Difference(path=f"{path}[]", before=None, after=plain(item)) for item in new)
    if not gone and not new:  # the same item more often on one side
        yield Difference(path=path, before=plain(live), after=plain(desired))


def _same(desired: Any, live: Any, message: str, computed: Computed) -> bool:
    return next(_differences(desired, live, message, "", computed), None) is None
