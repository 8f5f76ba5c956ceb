"""What is wrong with the source, as values: where, what, and how to put it right."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class Severity(StrEnum):
    """An error means that something is held or nothing is usable; everything else is a warning."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a resource stands: file, number of its YAML document (from 0), its first line (from 1).

    `path` leads from the document to the resource, for a resource inside a `kind: List`. A resource that a cluster has
    (`is_cluster`) stands in no file: `file` then names the cluster.
    """

    file: str
    line: int = 1
    document: int = 0
    path: tuple[str | int, ...] = ()
    is_cluster: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing the author of a manifest (or of values.yaml) should know.

    `resource` names it as `Gateway blue/web`; `field` is the path of the field inside the resource, from its root.
    `reason` is the word that AKO has for it in the status of a Gateway (AKO-STATUS-REASONS), empty if it has none.
    `is_cause` marks what keeps a file from being read: other problems may follow from it, and are listed after it.
    """

    severity: Severity
    message: str
    fix: str
    origin: Origin | None = None
    resource: str = ""
    field: tuple[str | int, ...] = ()
    reason: str = ""
    is_cause: bool = False

    @property
    def file(self) -> str:
        """The file as the source tree names it, empty where no single file is to blame."""
        return self.origin.file if self.origin else ""

    @property
    def line(self) -> int:
        """The line in the file, from 1; 0 where there is no file."""
        return self.origin.line if self.origin and not self.origin.is_cluster else 0

    @property
    def field_text(self) -> str:
        """The field as people write it: `spec.listeners[0].port`."""
        return dotted(self.field)

    def at_line(self, line: int) -> "Problem":
        """The same problem, at the exact line of its field."""
        return replace(self, origin=replace(self.origin, line=line)) if self.origin else self

    @property
    def sort_key(self) -> tuple[bool, str, int, tuple[str, ...]]:
        """Causes first, then by file and line, then by all that is said: equal input gives an equal order."""
        said = (self.resource, self.field_text, self.severity.value, self.message, self.fix)
        return (not self.is_cause, self.file, self.line, said)


def dotted(path: Iterable[str | int]) -> str:
    """The path as people write it: keys joined by dots, list positions in brackets."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text
