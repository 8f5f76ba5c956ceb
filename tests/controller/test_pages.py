"""Lists are whole or an error."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from sync.controller.client import ControllerClient
from sync.controller.errors import BrokenAnswerError, IncompleteListError
from tests.shared.scripted_controller import Answer, ScriptedController, Seen, page

Connect = Callable[..., ControllerClient]

LINE = "GET /api/pool"


def make_pools(count: int) -> list[dict[str, Any]]:
    """So many objects."""
    return [{"uuid": f"pool-{number}", "name": f"p{number}"} for number in range(count)]


def paged(pools: Sequence[dict[str, Any]], *, largest_page: int = 200) -> Callable[[Seen], Answer]:
    """What a Controller with these objects answers."""

    def answer(seen: Seen) -> Answer:
        size = min(int(seen.query["page_size"]), largest_page)
        begin = (int(seen.query["page"]) - 1) * size
        if begin > len(pools):
            return Answer(status=404, body={"detail": "Invalid page."})
        return page(pools[begin : begin + size], count=len(pools))

    return answer


@pytest.mark.parametrize(
    ("count", "requests"),
    [
        pytest.param(0, 1, id="none"),
        pytest.param(1, 1, id="one"),
        pytest.param(200, 1, id="one full page"),
        pytest.param(201, 2, id="one more than a page"),
        pytest.param(1250, 7, id="many pages"),
    ],
)
def test_a_list_takes_one_request_per_page(
    controller: ScriptedController, connect: Connect, count: int, requests: int
) -> None:
    """All objects arrive, in order, with a request per 200 of them."""
    pools = make_pools(count)
    controller.on_each(LINE, paged(pools))

    with connect() as client:
        found = client.list_all("/api/pool", {"include_name": "true"}, tenant="blue")

    assert found == pools
    assert controller.lines == [LINE] * requests
    reads = [seen for seen in controller.seen if seen.path == "/api/pool"]
    assert {seen.query["page_size"] for seen in reads} == {"200"}
    assert {seen.query["include_name"] for seen in reads} == {"true"}
    assert {seen.headers["x-avi-tenant"] for seen in reads} == {"blue"}


def test_smaller_pages_are_followed(controller: ScriptedController, connect: Connect) -> None:
    """A Controller that gives fewer objects per page than requested is read to the end."""
    pools = make_pools(60)
    controller.on_each(LINE, paged(pools, largest_page=25))

    with connect() as client:
        found = client.list_all("/api/pool", {})

    assert found == pools


@pytest.mark.parametrize(
    "changing",
    [
        pytest.param([page(make_pools(3), count=4)], id="cut"),
        pytest.param([page([], count=2)], id="empty though counted"),
        pytest.param([page(make_pools(1) * 2)], id="an object twice"),
        pytest.param([page(make_pools(200), count=201), page(make_pools(1), count=201)], id="an object on two pages"),
        pytest.param([page(make_pools(200), count=201), page([], count=200)], id="one was deleted meanwhile"),
        pytest.param([page(make_pools(200), count=201), Answer(status=404)], id="the last page is gone"),
    ],
)
def test_a_list_that_changed_is_read_again(
    controller: ScriptedController, connect: Connect, changing: list[Answer]
) -> None:
    """A list whose pages do not fit together is read from its beginning once more."""
    controller.on(LINE, *changing, page(make_pools(3)))

    with connect() as client:
        found = client.list_all("/api/pool", {})

    assert found == make_pools(3)


def test_a_list_that_never_fits_is_an_error(controller: ScriptedController, connect: Connect) -> None:
    """A list that stays incomplete is never taken for a complete one."""
    controller.on(LINE, page(make_pools(3), count=4))

    with connect() as client, pytest.raises(IncompleteListError, match="3 of 4 objects") as failed:
        client.list_all("/api/pool", {})

    assert failed.value.path == "/api/pool"
    assert [seen.query["page"] for seen in controller.seen if seen.path == "/api/pool"] == ["1", "2"] * 3


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"name": "p"}, id="an object"),
        pytest.param([], id="a bare list"),
        pytest.param({"count": "1", "results": []}, id="a count that is no number"),
        pytest.param({"count": 1, "results": [{"name": "p"}]}, id="an object without uuid"),
    ],
)
def test_what_is_no_list_is_an_error(controller: ScriptedController, connect: Connect, body: object) -> None:
    """An answer in another shape than that of a list is broken."""
    controller.on(LINE, Answer(body=body))

    with connect() as client, pytest.raises(BrokenAnswerError, match="list of objects"):
        client.list_all("/api/pool", {})


def test_a_failing_page_fails_the_list(controller: ScriptedController, connect: Connect) -> None:
    """A page that cannot be read is raised, not left out."""

    def answer(seen: Seen) -> Answer:
        return paged(make_pools(700))(seen) if seen.query["page"] != "3" else Answer(status=500)

    controller.on_each(LINE, answer)

    with connect() as client, pytest.raises(BrokenAnswerError, match="500"):
        client.list_all("/api/pool", {})
