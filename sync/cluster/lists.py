"""Lists of an API server: page by page, whole or not at all (Kubernetes 1.30, API concepts)."""

from collections.abc import Callable, Iterator, Mapping

from sync.cluster.client import ClusterClient, ClusterError
from sync.cluster.objects import I, Page, page_of

PAGE_SIZE = 500
"""That of kubectl: a page of EndpointSlices has about 1 MB."""
MOST_RESTARTS = 2
MOST_PAGES = 10_000


def read_list(
    client: ClusterClient,
    path: str,
    kind: type[I],
    counts: Callable[[I], bool],
    *,
    selector: str = "",
    page_size: int = PAGE_SIZE,
) -> tuple[I, ...]:
    """Everything below a path that counts, parsed page by page: no more than one page is held. Raises ClusterError.

    A list that expires between two pages (410) begins again; the remainder that the server then offers would be of
    another time, and is never used. After two such restarts it is read in one answer.
    """
    query: dict[str, str | int] = {"labelSelector": selector} if selector else {}
    for restart in range(MOST_RESTARTS + 1):
        limited = query if restart == MOST_RESTARTS else {**query, "limit": page_size}
        try:
            return tuple(
                item for page in _pages(client, path, kind, limited) for item in page.items or () if counts(item)
            )
        except ClusterError as error:
            if error.status != 410 or restart == MOST_RESTARTS:
                raise
    raise ClusterError("the list expires while it is read", status=410)


def _pages(client: ClusterClient, path: str, kind: type[I], query: Mapping[str, str | int]) -> Iterator[Page[I]]:
    """The pages. All are of one version, and the chain ends."""
    token, version = "", ""
    for number in range(MOST_PAGES):
        page = page_of(kind, client.get_body(path, {**query, "continue": token} if token else query))
        if number and page.metadata.resource_version != version:
            raise ClusterError(f"the pages of {kind.GROUP_KIND.kind}s are of different times", status=410)
        version = page.metadata.resource_version
        yield page
        if not page.metadata.next_token:
            return
        if page.metadata.next_token == token:
            break
        token = page.metadata.next_token
    raise ClusterError(f"the list of {kind.GROUP_KIND.kind}s does not end", status=200)
