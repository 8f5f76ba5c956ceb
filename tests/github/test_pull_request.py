"""The comment on a pull request, against a local server that behaves like GitHub's for these calls."""

from collections.abc import Iterator
from typing import Any

import pytest

from sync.notify.pull_request import CommentError, PullRequest, write_comment
from tests.github.server import GitHub

MARKER = "<!-- avi-sync:prod -->"


@pytest.fixture
def start() -> Iterator[Any]:
    """Starts servers, and stops them when the test ends."""
    started: list[GitHub] = []

    def one(*comments: str, trouble: tuple[int, ...] = ()) -> GitHub:
        started.append(GitHub(list(comments), list(trouble)))
        return started[-1]

    yield one
    for server in started:
        server.stop()


def write(github: GitHub, text: str = "the plan") -> str:
    """Our comment on pull request 7."""
    where = PullRequest(api=github.url, repository="net/avi-config", number=7, token="t0ken")
    return write_comment(where, MARKER, text, wait_seconds=0.01)


def test_the_first_comment_is_made(start: Any) -> None:
    """Below the comments of others, with the marker in front."""
    github = start("hello")

    address = write(github)

    assert github.comments == {100: "hello", 101: f"{MARKER}\nthe plan"}
    assert (address, github.tokens) == ("https://github.example/c/101", {"Bearer t0ken"})


def test_our_comment_is_edited_in_place_wherever_it_is(start: Any) -> None:
    """On the second page of five comments; no second one is made, and others are not touched."""
    github = start("a", "b", "c", f"{MARKER}\nold", f"quoted: {MARKER}")

    write(github, "new")

    assert github.comments[103] == f"{MARKER}\nnew"
    assert [method for method, _ in github.requests] == ["GET", "GET", "PATCH"]
    assert github.comments[104] == f"quoted: {MARKER}"


def test_a_comment_of_another_target_is_not_ours(start: Any) -> None:
    """Two clusters of one repository have a comment each."""
    github = start("<!-- avi-sync:test -->\nother")

    write(github)

    assert len(github.comments) == 2


def test_a_busy_github_is_asked_again(start: Any) -> None:
    """5xx and 429 pass."""
    github = start(trouble=(502, 429))

    write(github)

    assert list(github.comments.values()) == [f"{MARKER}\nthe plan"]


@pytest.mark.parametrize(("status", "said"), [(403, "forks"), (404, "forks"), (401, "forks"), (422, "answered 422")])
def test_a_refusal_says_what_to_do(start: Any, status: int, said: str) -> None:
    """A pull request from a fork has no token that may write."""
    github = start(trouble=(status,))

    with pytest.raises(CommentError, match=said):
        write(github)


def test_no_server_is_an_error_and_no_traceback() -> None:
    """The address is wrong, or the network is down; the token is in no message."""
    where = PullRequest(api="http://127.0.0.1:9", repository="net/avi", number=1, token="t0ken")

    with pytest.raises(CommentError, match="cannot be reached") as caught:
        write_comment(where, MARKER, "x", wait_seconds=0.01)

    assert "t0ken" not in f"{caught.value}{where!r}"
