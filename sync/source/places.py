"""Problems → the same problems at the exact line of their field."""

from collections.abc import Iterable

from sync.model.problem import Problem
from sync.model.source import Snapshot
from sync.source.yaml_documents import YamlError, line_of


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
