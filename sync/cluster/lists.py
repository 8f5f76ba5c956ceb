"""Lists of an API server: page by page, whole or not at all (Kubernetes 1.30, API concepts)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from sync.cluster.client import ClusterClient, ClusterError

PAGE_SIZE = 500
"""That of kubectl: a page of EndpointSlices has about 1 MB."""
MOST_RESTARTS = 2
MOST_PAGES = 10_000

T = TypeVar("T")
Item = Mapping[str, Any]


def read_list(
    client: ClusterClient,
    path: str,
    kind: str,
    parse: Callable[[Iterable[Item]], Iterable[T]],
    *,
    selector: str = "",
    page_size: int = PAGE_SIZE,
) -> tuple[T, ...]:
    """Everything below a path, parsed page by page, so that no more than one page is held. Raises ClusterError.

    A list that expires between two pages (410) begins again; the remainder that the server then offers would be of
    another time, and is never used. After two such restarts it is read in one answer.
    """
    query: dict[str, str | int] = {"labelSelector": selector} if selector else {}
    for restart in range(MOST_RESTARTS + 1):
        limited = query if restart == MOST_RESTARTS else {**query, "limit": page_size}
        try:
            return tuple(item for page in _pages(client, path, kind, limited) for item in parse(page))
        except ClusterError as error:
            if error.status != 410 or restart == MOST_RESTARTS:
                raise
    raise ClusterError("the list expires while it is read")


def _pages(client: ClusterClient, path: str, kind: str, query: Mapping[str, str | int]) -> Iterator[list[Item]]:
    """The items of each page. All are of one version, and the chain ends."""
    token, version = "", ""
    for number in range(MOST_PAGES):
        answer = client.get(path, {**query, "continue": token} if token else query)
        if answer.get("kind") != f"{kind}List":
            raise ClusterError(f"asked for a list of kind {kind}, the API server answers with something else")
        metadata, items = answer.get("metadata") or {}, answer.get("items")
        if items is None:
            items = []
        if (
            not isinstance(metadata, dict)
            or not isinstance(items, list)
            or not all(isinstance(each, dict) for each in items)
        ):
            raise ClusterError(f"the list of kind {kind} is not one of an API server")
        if number and metadata.get("resourceVersion", "") != version:
            raise ClusterError(f"the pages of kind {kind} are of different times", status=410)
        version = metadata.get("resourceVersion", "")
        yield items
        following = metadata.get("continue") or ""
        if not following:
            return
        if following == token:
            break
        token = following
    raise ClusterError(f"the list of kind {kind} does not end")
