"""What is read of a tree, and what its absence means."""

import pytest

from sync.model.problem import Severity
from sync.model.source import Snapshot, SourceLimits
from sync.source.git.selection import LFS_POINTER, Entry, EntryKind, make_snapshot, readable_path


def snapshot_of(*entries: Entry, content: bytes = b"x", max_file_bytes: int = 100) -> Snapshot:
    return make_snapshot(
        entries,
        lambda chosen: [content for _ in chosen],
        SourceLimits(max_file_bytes=max_file_bytes),
        location="somewhere",
        commit="",
    )


def file(path: str, size_bytes: int = 1) -> Entry:
    return Entry(path=path, kind=EntryKind.FILE, size_bytes=size_bytes)


def link(path: str, target: str) -> Entry:
    return Entry(path=path, kind=EntryKind.LINK, target=target)


@pytest.mark.parametrize("path", ["a.yaml", "d/a.yml", "a.json", "t/pool.json.j2", ".hidden.yaml"])
def test_read(path: str) -> None:
    """Manifests and templates are read, wherever they lie."""
    assert [path] == [found.path for found in snapshot_of(file(path)).files]


@pytest.mark.parametrize(
    "path", ["README.md", "yaml", "a.yaml.bak", "x.avi-sync-freeze", "..", "../a.yaml", ".git/a.yaml"]
)
def test_not_read(path: str) -> None:
    """All else is not read and not worth a word."""
    snapshot = snapshot_of(file(path))

    assert (snapshot.files, snapshot.problems, snapshot.is_complete) == ((), (), True)


@pytest.mark.parametrize(("size_bytes", "is_read"), [(99, True), (100, True), (101, False)])
def test_size_limit(size_bytes: int, is_read: bool) -> None:
    """A manifest over the limit is an error and makes the tree incomplete; at the limit it is read."""
    snapshot = snapshot_of(file("big.yaml", size_bytes), file("big.bin", 10**9))

    assert is_read == bool(snapshot.files) == snapshot.is_complete
    assert ([] if is_read else [(Severity.ERROR, "big.yaml")]) == [(p.severity, p.file) for p in snapshot.problems]


def test_lfs_pointer() -> None:
    """A manifest in Git LFS is an error, because what the commit holds is not the manifest."""
    snapshot = snapshot_of(file("web.yaml"), content=LFS_POINTER + b"v1\noid sha256:00\n")

    assert (snapshot.files, snapshot.is_complete, [p.file for p in snapshot.problems]) == ((), False, ["web.yaml"])


@pytest.mark.parametrize(
    ("freeze", "said"),
    [
        pytest.param(file(".avi-sync-freeze"), "x", id="file"),
        pytest.param(file(".Avi-Sync-FREEZE"), "x", id="in another case"),
        pytest.param(file(".avi-sync-freeze", 101), "", id="too big to read"),
        pytest.param(link(".avi-sync-freeze", "../freeze"), "", id="link"),
    ],
)
def test_a_freeze_file_is_never_overlooked(freeze: Entry, said: str) -> None:
    """A freeze file freezes by being there, whether it can be read or not."""
    assert snapshot_of(freeze).freeze == said


@pytest.mark.parametrize("path", ["a.yaml", "teams/.avi-sync-freeze", "x.avi-sync-freeze"])
def test_another_file_does_not_freeze(path: str) -> None:
    """A freeze file below the folder, and a file with nearly its name, freeze nothing."""
    assert snapshot_of(file(path)).freeze is None


@pytest.mark.parametrize(
    ("target", "is_complete"),
    [
        pytest.param("web.yaml", True, id="file beside it"),
        pytest.param("../base/pool.yaml", True, id="file in another folder"),
        pytest.param("../base", True, id="folder"),
        pytest.param("../base/", True, id="folder with a slash"),
        pytest.param("README.md", True, id="file that does not matter"),
        pytest.param("../../outside", False, id="outside"),
        pytest.param("/etc/passwd", False, id="absolute"),
        pytest.param("missing.yaml", False, id="nothing"),
        pytest.param("../base/../prod/web.yaml", False, id="through a folder and back"),
        pytest.param("other/web.yaml", False, id="through another link"),
        pytest.param("", False, id="unknown target"),
    ],
)
def test_links(target: str, is_complete: bool) -> None:
    """A link makes the tree incomplete unless what it points to is read under its own name."""
    snapshot = snapshot_of(
        file("prod/web.yaml"), file("prod/README.md"), file("base/pool.yaml"), link("prod/link", target)
    )

    assert is_complete == snapshot.is_complete
    assert [problem.file for problem in snapshot.problems] == ["prod/link"]
    assert is_complete == ("deleted" not in snapshot.problems[0].message)


def test_submodule() -> None:
    """A submodule is named and makes the tree incomplete."""
    snapshot = snapshot_of(file("web.yaml"), Entry(path="vendor", kind=EntryKind.SUBMODULE))

    assert (snapshot.is_complete, [problem.file for problem in snapshot.problems]) == (False, ["vendor"])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"web.yaml", "web.yaml"),
        ("größe.yaml".encode(), "größe.yaml"),
        (b"\xff.yaml", "\\xff.yaml"),
        (b"a\nb\x1b.yaml", "a\\x0ab\\x1b.yaml"),
    ],
)
def test_readable_path(name: bytes, expected: str) -> None:
    """Every file name becomes printable text."""
    assert expected == readable_path(name)
