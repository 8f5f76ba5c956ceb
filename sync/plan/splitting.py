"""An update that gives up what goes, and takes nothing yet: the first half of one that is sent twice."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sync.avi.references import parse_reference
from sync.kinds import KINDS
from sync.model.plan import Write

Item = Mapping[str, Any]


def without_what_is_new(write: Write) -> Mapping[str, Any] | None:
    """The body that an update sends, less the names, ports and rules that the object does not have yet.

    The markers stay those of the live object, so that a run that ends in between is seen not to have finished. None
    where nothing is new.
    """
    seen: Mapping[str, Any] = write.seen or {}
    body: Mapping[str, Any] = write.body or {}
    for path, keys in KINDS[write.key.kind].precious.items():
        body = _filtered(body, path, _Known.of(_items(seen, path), keys))
    return None if body == write.body else {**body, "markers": seen.get("markers", [])}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The items of a list, by what tells them apart, with what each refers to."""

    keys: tuple[str, ...]
    items: Mapping[tuple[str, ...], frozenset[str]]

    @classmethod
    def of(cls, items: Iterable[Item], keys: tuple[str, ...]) -> "_Known":
        """These items."""
        return cls(keys=keys, items={_identity(item, keys): frozenset(_references(item)) for item in items})

    def has(self, item: Item) -> bool:
        """Whether it is one of these, and refers to nothing else."""
        before = self.items.get(_identity(item, self.keys))
        return before is not None and before.issuperset(_references(item))


def _identity(item: Item, keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(str(_at(item, key)).lower() for key in keys)


def _at(value: Any, path: str) -> Any:
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _items(body: Item, path: str) -> list[Item]:
    return _at(body, path) or []


def _filtered(body: Item, path: str, known: _Known) -> Item:
    """The body with only the known items of a list, which may be deep inside it."""
    step, _, rest = path.partition(".")
    if not body.get(step):
        return body
    value = _filtered(body[step], rest, known) if rest else [item for item in body[step] if known.has(item)]
    return {**body, step: value}


def _references(value: Any) -> Iterator[str]:
    """What an item refers to, by name."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)
    elif isinstance(value, str) and "/api/" in value and (reference := parse_reference(value)) is not None:
        yield str(reference)
