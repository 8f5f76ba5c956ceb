"""Where the fields of a desired object come from."""

from dataclasses import dataclass
from typing import Any

from sync.model.desired import AviObject
from sync.model.live import LiveObject
from sync.model.provenance import Source

NOT_THERE = "not there"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldValues:
    """A field, desired and live. `is_equal` is None where the two are not compared."""

    desired: Any = None
    live: Any = None
    is_equal: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedField:
    """A field, where it comes from, and its values, none of them secret."""

    field: str
    sources: tuple[Source, ...]
    values: FieldValues


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One desired object, field by field.

    `live` is the object as it was read, None where there is none; `is_looked_up` is whether live was read.
    """

    commit: str
    item: AviObject
    fields: tuple[ExplainedField, ...]
    live: LiveObject | None = None
    is_looked_up: bool = False

    @property
    def whose(self) -> str | None:
        """The ownership of the live object, `not there` if there is none, None if live was not read."""
        if not self.is_looked_up:
            return None
        return self.live.ownership.value if self.live else NOT_THERE
