"""Lists that are read completely or not at all.

`count` is the number of all matches (AVI-LIST-ENVELOPE), and a page has 200 objects at most (AVI-PAGE-SIZE).
"""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from sync.controller.errors import BrokenAnswerError, IncompleteListError, NotFoundError

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
