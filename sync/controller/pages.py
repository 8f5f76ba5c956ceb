"""Answers of a Controller: objects of the shape that its API has, and lists that are read completely or not at all.

`count` is the number of all matches (AVI-LIST-ENVELOPE), and a page has 200 objects at most (AVI-PAGE-SIZE).
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from sync.avi.schema import SCHEMA, Field
from sync.controller.errors import BrokenAnswerError, IncompleteListError, NotFoundError
from sync.kinds import KINDS

PAGE_SIZE = 200
MOST_READINGS = 3
MOST_OBJECTS = 200_000
MOST_PAGES = 2_000
"""Ten times what the largest Controller has of any kind (SystemLimits of 30.2)."""

Body = dict[str, Any]
ReadPage = Callable[[int], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """One page, and how many objects there were in all while it was made."""

    count: int
    bodies: list[Body]


def read_whole_list(path: str, read_page: ReadPage, threads: Executor) -> list[Body]:
    """All objects of a list, in its order; `read_page` gives the JSON of a page by its number, from 1.

    Objects may be created and deleted meanwhile, so that a page repeats or skips one. The result counts only if its
    length is what every page reported and no object is in it twice; otherwise all pages are read again. Raises
    IncompleteListError.
    """
    seen = "nothing"
    for _reading in range(MOST_READINGS):
        first = _page(path, read_page(1))
        pages = _all_pages(path, first, read_page, threads)
        bodies = [body for page in pages for body in page.bodies]
        if _is_whole(bodies, pages):
            return bodies
        seen = f"{len({body['uuid'] for body in bodies})} of {first.count} objects"
    raise IncompleteListError(
        f"GET {path} gave no complete list in {MOST_READINGS} readings: the last one had {seen}",
        method="GET",
        path=path,
        fix="run again when nobody else changes many objects at once",
    )


def _all_pages(path: str, first: _Page, read_page: ReadPage, threads: Executor) -> list[_Page]:
    if not first.bodies or len(first.bodies) >= first.count:
        return [first]
    # A Controller may use smaller pages than requested.
    last = -(-first.count // len(first.bodies))
    if first.count > MOST_OBJECTS or last > MOST_PAGES:
        raise BrokenAnswerError(
            f"GET {path} claims to have {first.count} objects, {len(first.bodies)} a page",
            method="GET",
            path=path,
            status=200,
            fix="check what answers at --controller: no Controller has that many",
        )
    return [first, *threads.map(lambda number: _later_page(path, number, read_page), range(2, last + 1))]


def _later_page(path: str, number: int, read_page: ReadPage) -> _Page:
    try:
        return _page(path, read_page(number))
    except NotFoundError:  # the list has become shorter than this page's beginning
        return _Page(count=-1, bodies=[])


def _is_whole(bodies: list[Body], pages: list[_Page]) -> bool:
    return {page.count for page in pages} == {len(bodies)} == {len({body["uuid"] for body in bodies})}


def _page(path: str, answer: Any) -> _Page:
    match answer:
        case {"count": int(count), "results": list(bodies)} if type(count) is int and all(
            isinstance(body, dict) and isinstance(body.get("uuid"), str) for body in bodies
        ):
            return _Page(count=count, bodies=bodies)
    raise BrokenAnswerError(
        f"GET {path} did not answer with a list of objects", method="GET", path=path, status=200, fix="report this"
    )


_KIND_OF_PATH = {**{kind.path: kind.name for kind in KINDS.values()}, "stringgroup": "StringGroup"}
_MARKERS = "RoleFilterMatchLabel"
_SCHEMA: Mapping[str, Mapping[str, Field]] = {
    **SCHEMA,
    "StringGroup": {"kv": Field(message="KeyValue"), "markers": Field(message=_MARKERS)},
}
"""With the object that holds our lock and record."""
_TEXTS = frozenset({"name", "uuid", "url", "tenant_ref", "cloud_ref", "created_by", "_last_modified"})
_LISTS = frozenset(
    {"kv", *(name for kind in KINDS.values() for name in kind.managed if SCHEMA[kind.name][name].is_list)}
)
_ANYTHING = Field()


def wrong_shape(path: str, answer: Any) -> str:
    """The first defect of the object or list that a request to `path` returned, "" if there is none.

    Avi's API has no null, objects are objects, references are texts, and a marker has a key and texts as values. Types
    that we do not write are not checked.
    """
    kind = _KIND_OF_PATH.get(path.removeprefix("/api/").partition("/")[0])
    if kind is None or not isinstance(answer, dict):
        return ""
    results = answer.get("results")
    bodies = results if isinstance(results, list) else [answer]
    for body in bodies:
        if isinstance(body, dict) and (what := next(_wrong(body, kind), "")):
            return f"{body.get('name', '')}: {what}"
    return ""


def _wrong(body: Mapping[str, Any], kind: str) -> Iterator[str]:
    for name in body.keys() & (_TEXTS | _LISTS):
        if not isinstance(body[name], str if name in _TEXTS else list):
            yield f"{name} is not a {'text' if name in _TEXTS else 'list'}"
    yield from _wrong_message(body, kind, "")


def _wrong_message(value: Mapping[str, Any], message: str, place: str) -> Iterator[str]:
    schema = _SCHEMA.get(message, {})
    for name, item in value.items():
        field = schema.get(name, _ANYTHING)
        if type(item) is list:
            for index, each in enumerate(item):
                yield from _wrong_value(each, field, f"{place}{name}[{index}]")
        else:
            yield from _wrong_value(item, field, f"{place}{name}")
    if message == _MARKERS and not _is_marker(value):
        yield f"{place.rstrip('.')} is not a marker"


def _wrong_value(value: Any, field: Field, place: str) -> Iterator[str]:
    if value is None:
        yield f"{place} is null"
    elif field.message:
        if isinstance(value, dict):
            yield from _wrong_message(value, field.message, f"{place}.")
        else:
            yield f"{place} is not an object"
    elif field.is_reference and not isinstance(value, str):
        yield f"{place} is not a reference"


def _is_marker(value: Mapping[str, Any]) -> bool:
    values = value.get("values", [])
    return (
        isinstance(value.get("key"), str) and isinstance(values, list) and all(isinstance(each, str) for each in values)
    )
