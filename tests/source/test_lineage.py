"""Where a source comes from, and which commit descends from which."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sync.source.git.lineage import NOT_IN_HISTORY, doubt_of_descent, origin_of
from sync.source.git.source import SourceRequest

Git = Callable[..., str]
Make = Callable[..., Path]
Commit = Callable[..., str]


@pytest.fixture
def request_for(tmp_path: Path) -> Callable[[object], SourceRequest]:
    """A request with a cache folder of the test's own."""

    def make(location: object) -> SourceRequest:
        return SourceRequest(location=str(location), cache_dir=tmp_path / "cache")

    return make


Request = Callable[[object], SourceRequest]


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("https://git.example.com/net/lb", id="plain"),
        pytest.param("https://GIT.example.com:443/net/lb.git/", id="host, port and suffix"),
        pytest.param("https://ci:hush@git.example.com/net/lb.git", id="a login"),
        pytest.param("https://x-access-token:p@ss@git.example.com/net/lb", id="a login with an at sign"),
    ],
)
def test_a_clone_is_named_by_its_origin(make_repository: Make, git: Git, request_for: Request, written: str) -> None:
    """In one spelling, and never with a login."""
    clone = make_repository()
    git(clone, "remote", "add", "origin", written)

    assert origin_of(request_for(clone)) == "https://git.example.com/net/lb"


@pytest.mark.parametrize("written", ["git@git.example.com:net/lb.git", "ssh://git@git.example.com:22/net/lb"])
def test_both_forms_of_ssh_are_one(make_repository: Make, git: Git, request_for: Request, written: str) -> None:
    """As the origin of a clone and as the source itself; who logs in does not matter."""
    clone = make_repository()
    git(clone, "remote", "add", "origin", written)

    assert origin_of(request_for(clone)) == "ssh://git.example.com/net/lb"
    assert origin_of(request_for(written)) == "ssh://git.example.com/net/lb"


def test_a_repository_without_origin_is_named_by_its_path(
    make_repository: Make, request_for: Request, tmp_path: Path
) -> None:
    """Whichever way leads there: a folder, a file:// URL, a link, or a clone of it."""
    repository = make_repository()
    (tmp_path / "link").symlink_to(repository)

    named = {origin_of(request_for(where)) for where in (repository, repository.as_uri(), tmp_path / "link")}

    assert named == {repository.as_uri()}


@pytest.mark.parametrize("origin", ["../repository", "{path}", "file://{path}"])
def test_a_clone_of_a_folder_is_named_by_that_folder(
    make_repository: Make, git: Git, request_for: Request, tmp_path: Path, origin: str
) -> None:
    """An origin that is a path is read as Git reads it."""
    repository, clone = make_repository(), make_repository(name="clone")
    git(clone, "remote", "add", "origin", origin.format(path=repository))

    assert origin_of(request_for(clone)) == origin_of(request_for(repository))


def test_a_clone_knows_its_own_history(make_repository: Make, commit_files: Commit, request_for: Request) -> None:
    """A commit descends from its parents and itself, not from its children, nor from what is unknown."""
    clone = make_repository()
    first, second = commit_files(clone), commit_files(clone)
    request = request_for(clone)

    assert doubt_of_descent(request, second, first) is None
    assert doubt_of_descent(request, second, second) is None
    assert doubt_of_descent(request, first, second) == NOT_IN_HISTORY
    assert doubt_of_descent(request, second, "0" * 40) == NOT_IN_HISTORY


def test_the_history_of_a_remote_is_fetched_as_far_as_needed(
    make_repository: Make, commit_files: Commit, request_for: Request, git: Git
) -> None:
    """An ancestor 70 commits back is found although the mirror holds one commit, also from an annotated tag."""
    repository = make_repository()
    first = git(repository, "rev-parse", "HEAD")
    for _ in range(70):
        last = commit_files(repository)
    git(repository, "tag", "--annotate", "--message", "v1", "v1")
    request = request_for(repository.as_uri())

    assert doubt_of_descent(request, last, first) is None
    assert doubt_of_descent(request, first, last) == NOT_IN_HISTORY


def test_a_rewritten_history_does_not_descend(
    make_repository: Make, commit_files: Commit, request_for: Request, git: Git
) -> None:
    """A force-push leaves what was applied outside of the history."""
    repository = make_repository()
    applied = commit_files(repository, {"a.yaml": "1"})
    git(repository, "reset", "--quiet", "--hard", "HEAD~1")
    pushed = commit_files(repository, {"a.yaml": "2"})

    assert doubt_of_descent(request_for(repository.as_uri()), pushed, applied) == NOT_IN_HISTORY


def test_a_shallow_clone_asks_its_origin_and_stays_shallow(
    make_repository: Make, commit_files: Commit, request_for: Request, git: Git, tmp_path: Path
) -> None:
    """As a CI job has it; the history comes into the mirror, the clone is not touched."""
    repository = make_repository()
    first, second = commit_files(repository), commit_files(repository)
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth=1", repository.as_uri(), "clone")

    assert doubt_of_descent(request_for(clone), second, first) is None
    assert git(clone, "rev-list", "HEAD") == second


@pytest.mark.parametrize("origin", ["gone", "none"])
def test_a_shallow_clone_that_cannot_ask_its_origin_needs_its_history(
    origin: str, make_repository: Make, commit_files: Commit, request_for: Request, git: Git, tmp_path: Path
) -> None:
    """Unknown counts as no; the way out is the history or a token, for the commit may be newer all the same."""
    repository = make_repository()
    first, second = commit_files(repository), commit_files(repository)
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth=1", repository.as_uri(), "clone")
    if origin == "gone":
        repository.rename(tmp_path / "moved")
    else:
        git(clone, "remote", "remove", "origin")

    doubt = doubt_of_descent(request_for(clone), second, first)

    assert doubt is not None
    assert doubt.reason.startswith("the clone is shallow, and" if origin == "gone" else "the clone is shallow")
    assert "SYNC_GIT_TOKEN" in doubt.fix
