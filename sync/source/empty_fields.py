"""Lists and mappings of which only the key is written.

Such a key does not prove that its content is no longer wanted: its only line may have been lost. An API server drops a
null, and a VIP whose `vipNetworks` is empty would move to another network. To remove the content, remove the key too.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from sync.model.problem import Origin, Problem, Severity
from sync.source.unknown_fields import Fields
from sync.source.validation import Path
from sync.source.yaml_documents import Document


def empty_fields(value: Any, fields: Fields, document: Document) -> Iterator[Path]:
    """Every list and mapping that we read, at any depth of a value of the document, that is written with null."""
    return _empty(value, fields, document, ()) if document.nulls else iter(())


def _empty(value: Any, fields: Fields, document: Document, path: Path) -> Iterator[Path]:
    if type(value) is list:
        for number, item in enumerate(value):
            yield from _empty(item, fields, document, (*path, number))
    elif type(value) is dict:
        yield from ((*path, key) for key in sorted(document.nulls_in(value) & fields.collections))
        for key, below in fields.read.items():
            if below is not None and key in value:
                yield from _empty(value[key], below, document, (*path, key))


def problems_of_empty(found: Iterable[Path], *, origin: Origin, resource: str = "") -> Iterator[Problem]:
    """The problems for these fields."""
    for path in found:
        yield Problem(
            severity=Severity.ERROR,
            message=f'"{path[-1]}" is empty',
            fix="write what belongs below it, or remove the line if nothing does",
            origin=origin,
            resource=resource,
            field=path,
        )
