"""Values, and the places in a source tree that they come from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Generic, TypeVar

from sync.model.problem import Origin, dotted
from sync.model.resources.resource import Resource
from sync.model.settings import VALUES_FILE

Path = tuple[str | int, ...]
VALUES = Origin(file=VALUES_FILE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One place that a value comes from: a field of a file, or only words where no file says it.

    `origin` is where the resource stands, with its exact line once that is looked up; `field` leads on from there.
    `default` are the words that take the place of a field that the file does not have.
    """

    said: str = ""
    origin: Origin | None = None
    field: Path = ()
    default: str = ""

    @property
    def field_text(self) -> str:
        """The field as people write it: `spec.listeners[0].port`."""
        return dotted(self.field)


Sources = tuple[Source, ...]

FieldSources = Mapping[str, Sources]
"""Field of a body → its sources; `vip.*.ip_address` is a field of each item of a list."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced(Generic[T]):
    """A value with its sources."""

    value: T
    sources: Sources


@cache
def in_values(*path: str | int, said: str = "") -> Source:
    """A key of values.yaml, or its default."""
    return Source(origin=VALUES, field=path, said=said, default=f"default of {dotted(path)} in {VALUES_FILE}")


def in_manifest(resource: Resource, *path: str | int, said: str = "", default: str = "") -> Source:
    """A field of a manifest, or what counts without it."""
    return Source(origin=resource.origin, field=path, said=said, default=default)


def in_words(said: str) -> Source:
    """What no file says."""
    return Source(said=said)
