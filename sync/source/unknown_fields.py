"""Unknown fields: an error if the name is close to a known one, else a warning; fields of the API are neither.

A misspelt field is not an absent one: read as absent, `adresses` would move a VIP, and `lables` would remove the back
ends of a Gateway.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from sync.model.problem import Origin, Problem, Severity
from sync.model.resources.registry import ManifestKind
from sync.model.wording import did_you_mean, is_meant, nearest
from sync.source.validation import Path, Schema, adapter_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What a mapping may hold: the fields that we read, with what may stand below them, and those that others read.

    `collections` are those of `read` that hold a list or mapping and may be left out.
    """

    read: Mapping[str, "Fields | None"]
    others: frozenset[str] = frozenset()
    collections: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownField:
    """A field that neither we nor its API know; `meant` is what it is nearly, empty if nothing is near.

    `known` are the fields that may stand in its place.
    """

    path: Path
    meant: str
    known: tuple[str, ...] = field(repr=False)

    @property
    def name(self) -> str:
        """The field without its place."""
        return str(self.path[-1])


def fields_of(adapter: TypeAdapter[Any], others: Mapping[str, Iterable[str]]) -> Fields:
    """The fields of a type; `others` are those that its API has besides, by the dotted path of their mapping.

    A mapping of which the type itself refuses unknown keys is left out, and so is one that may have any key.
    """
    mappings = Schema(adapter).mappings()
    own = {path: {key: each for key, each in keys.items() if key != _ORIGIN} for path, keys in mappings.items()}
    return _fields("", own, others)


@cache
def known_fields(kind: ManifestKind) -> Fields:
    """The fields of a kind: what we read of it, and what its API has besides."""
    return fields_of(adapter_of(kind.type), kind.api_fields)


_ORIGIN = "origin"
"""Where a manifest stands: the reader adds it, no author writes it."""


def _fields(path: str, mappings: Mapping[str, Mapping[str, bool]], others: Mapping[str, Iterable[str]]) -> Fields:
    below = {key: f"{path}.{key}".lstrip(".") for key in mappings[path]}
    return Fields(
        read={key: _fields(each, mappings, others) if each in mappings else None for key, each in below.items()},
        others=frozenset(others.get(path, ())),
        collections=frozenset(key for key, is_collection in mappings[path].items() if is_collection),
    )


def unknown_fields(value: Any, fields: Fields) -> Iterator[UnknownField]:
    """Every unknown field of a value, at any depth."""
    return _unknown(value, fields, ())


def _unknown(value: Any, fields: Fields, path: Path) -> Iterator[UnknownField]:
    if type(value) is list:
        for number, item in enumerate(value):
            yield from _unknown(item, fields, (*path, number))
    elif type(value) is dict:
        for key, item in value.items():
            if key in fields.read:
                below = fields.read[key]
                if below is not None:
                    yield from _unknown(item, below, (*path, key))
            elif key not in fields.others:
                yield UnknownField(
                    path=(*path, key), meant=_meant(key, fields.read), known=(*fields.read, *fields.others)
                )


def lost_parents(value: Mapping[str, Any], found: Iterable[UnknownField], fields: Fields) -> Mapping[str, UnknownField]:
    """Top-level mappings and lists whose line is lost, each with a field of theirs that stands in another one."""
    missing = {name: below for name, below in fields.read.items() if below is not None and name not in value}
    lost: dict[str, UnknownField] = {}
    for each in found:
        for name, below in missing.items():
            if sum(isinstance(step, str) for step in each.path) == 2 and each.name in (*below.read, *below.others):
                lost.setdefault(name, each)
    return lost


def problems_of_parents(lost: Mapping[str, UnknownField], *, origin: Origin, resource: str) -> Iterator[Problem]:
    """The problems for lost lines of a manifest."""
    for name, each in lost.items():
        message = f'"{name}" is missing: its field "{each.name}" is below {each.path[0]}'
        fix = f"add a line `{name}:` above it"
        yield Problem(
            severity=Severity.ERROR, message=message, fix=fix, origin=origin, resource=resource, field=each.path
        )


def _meant(key: str, known: Iterable[str]) -> str:
    near = [name for name in known if is_meant(key, name)]
    return nearest(key, near) or next(iter(near), "")


def problems_of_fields(found: Iterable[UnknownField], *, origin: Origin, resource: str) -> Iterator[Problem]:
    """The problems for unknown fields of a manifest."""
    for each in found:
        ignores_case = each.name.lower() == each.meant.lower()
        taken = f'; AKO, which ignores case, reads it as "{each.meant}"' if ignores_case else ""
        yield Problem(
            severity=Severity.ERROR if each.meant else Severity.WARNING,
            message=f'unknown field "{each.name}"{taken}' if each.meant else f'the field "{each.name}" has no effect',
            fix=did_you_mean(each.name, (each.meant,)) if each.meant else _fix(each),
            origin=origin,
            resource=resource,
            field=each.path,
        )


def _fix(unknown: UnknownField) -> str:
    near = nearest(unknown.name, unknown.known)
    return f'did you mean "{near}"? Else remove it' if near else "remove it, or move it to where it belongs"


def corrected(value: Mapping[str, Any], found: Iterable[UnknownField]) -> Mapping[str, Any]:
    """The value with every misspelt field under its right name, unless that exists too."""
    slips = [each for each in found if each.meant]
    if not slips:
        return value
    copy: dict[str, Any] = _copy(value)
    for each in slips:
        holder: Any = copy
        for step in each.path[:-1]:
            holder = holder[step]
        holder.setdefault(each.meant, holder.pop(each.name))
    return copy


def _copy(value: Any) -> Any:
    if type(value) is dict:
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if type(value) is list else value
