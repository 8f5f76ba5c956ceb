"""Problems → the same problems at the exact line of their field."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sync.model.problem import Origin, Problem
from sync.model.provenance import Source
from sync.model.source import Snapshot
from sync.source.yaml_documents import YamlError, line_of, parse_documents

Path = tuple[str | int, ...]


def with_lines(problems: Iterable[Problem], snapshot: Snapshot) -> tuple[Problem, ...]:
    """Each problem once, at the line of its field, sorted by file and line.

    Lines are looked up only now, and only in the files that have a problem.
    """
    contents = {file.path: file.content for file in snapshot.files}
    located = {_located(problem, contents) for problem in problems}
    return tuple(sorted(located, key=lambda problem: problem.sort_key))


def _located(problem: Problem, contents: dict[str, bytes]) -> Problem:
    origin = problem.origin
    if origin is None or not (problem.field or origin.path) or origin.file not in contents:
        return problem
    return problem.at_line(line_in(contents[origin.file], problem))


def line_in(content: bytes, problem: Problem) -> int:
    """The line of the problem's field in the text of its file."""
    origin = problem.origin
    if origin is None:
        return 1
    try:
        return line_of(content, origin.document, (*origin.path, *problem.field))
    except YamlError:
        return origin.line


class WrittenText:
    """The texts of a tree: their values, and the lines of these. Each file is parsed once, on demand.

    Only for files that could be parsed before.
    """

    def __init__(self, snapshot: Snapshot, *, max_aliases: int) -> None:
        self._contents = {file.path: file.content for file in snapshot.files}
        self._max_aliases = max_aliases
        self._documents: dict[str, dict[int, Any]] = {}

    def _is_written(self, origin: Origin, path: Path) -> bool:
        """Whether the resource has a value at the path that is not empty; `false` and 0 are values."""
        here = self._document(origin)
        for step in (*origin.path, *path):
            here = _step(here, step)
        return here not in (None, "", [], {})

    def located(self, place: Source) -> Source:
        """The place with the line of its field, or its default where the field is not written.

        A place without a field stands at the right line already.
        """
        origin = place.origin
        if origin is not None and origin.is_cluster:
            return Source(said=f"{origin.file}: {place.said}")
        if origin is None or not place.field:
            return place
        if place.default and not self._is_written(origin, place.field):
            return Source(said=place.default)
        line = line_of(self._contents[origin.file], origin.document, (*origin.path, *place.field))
        return replace(place, origin=replace(origin, line=line))

    def _document(self, origin: Origin) -> Any:
        if origin.file not in self._documents:
            parsed = parse_documents(self._contents[origin.file], max_aliases=self._max_aliases)
            self._documents[origin.file] = {item.index: item.value for item in parsed}
        return self._documents[origin.file].get(origin.document)


def _step(value: Any, step: str | int) -> Any:
    if isinstance(value, dict):
        return value.get(str(step))
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return None
