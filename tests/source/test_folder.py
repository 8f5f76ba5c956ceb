"""Reading a folder without Git, for commands that write nothing."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from sync.errors import SourceError
from sync.model.source import Snapshot, SourceLimits
from sync.source.git.folder import read_folder

Read = Callable[..., Snapshot]
Write = Callable[..., None]


def paths(snapshot: Snapshot) -> list[str]:
    return [file.path for file in snapshot.files]


def test_plain_folder(tmp_path: Path, write_files: Write, read: Read) -> None:
    """Where it is allowed, a folder is read as it lies there, and no commit is claimed."""
    write_files(tmp_path / "plain", {"b.yaml": "2", "a/b.json": "1", "c.txt": ""})

    snapshot = read(tmp_path / "plain", plain_folder_allowed=True)

    assert (snapshot.commit, paths(snapshot)) == ("", ["a/b.json", "b.yaml"])
    assert [file.content for file in snapshot.files] == [b"1", b"2"]
    assert (str(tmp_path / "plain"), True) == (snapshot.location, snapshot.is_complete)


def test_plain_folder_is_refused_for_writing(tmp_path: Path, write_files: Write, read: Read) -> None:
    """Elsewhere a folder without Git is an error that says how to go on."""
    write_files(tmp_path / "plain", {"b.yaml": "2"})

    with pytest.raises(SourceError, match="not the root of a Git repository") as caught:
        read(tmp_path / "plain")

    assert "git init" in caught.value.fix
    assert "--dry-run" in caught.value.fix


def test_sub_folder(tmp_path: Path, write_files: Write, read: Read) -> None:
    """The path works as in a repository."""
    write_files(tmp_path / "plain", {"clusters/prod/a.yaml": "1", "clusters/test/b.yaml": "2"})

    snapshot = read(tmp_path / "plain", path="clusters/prod", plain_folder_allowed=True)

    assert paths(snapshot) == ["a.yaml"]


def test_missing_sub_folder(tmp_path: Path, write_files: Write, read: Read) -> None:
    """A path that does not exist is an error with near names; a link to a folder does not exist either."""
    write_files(tmp_path / "plain", {"clusters/prod/a.yaml": "1"})
    (tmp_path / "plain/clusters/prd").symlink_to("prod")

    with pytest.raises(SourceError, match="no folder clusters/prd") as caught:
        read(tmp_path / "plain", path="clusters/prd", plain_folder_allowed=True)

    assert caught.value.fix == "did you mean --path prod?"


def test_ref_of_a_plain_folder(tmp_path: Path, write_files: Write, read: Read) -> None:
    """A ref makes no sense without Git and is not ignored."""
    write_files(tmp_path / "plain", {"a.yaml": "1"})

    with pytest.raises(SourceError, match="no ref main"):
        read(tmp_path / "plain", ref="main", plain_folder_allowed=True)


def test_nothing_is_followed(tmp_path: Path, write_files: Write, read: Read) -> None:
    """Links and repositories inside are named; pipes and sockets are passed by and never opened."""
    write_files(tmp_path / "plain", {"a.yaml": "1", "inner/.git/HEAD": "", "inner/b.yaml": "2"})
    write_files(tmp_path / "outside", {"c.yaml": "3"})
    (tmp_path / "plain/link").symlink_to(tmp_path / "outside")
    (tmp_path / "plain/link.yaml").symlink_to(tmp_path / "outside/c.yaml")
    os.mkfifo(tmp_path / "plain/pipe.yaml")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(tmp_path / "plain/socket.yaml"))

        snapshot = read(tmp_path / "plain", plain_folder_allowed=True)

    assert paths(snapshot) == ["a.yaml"]
    assert [problem.file for problem in snapshot.problems] == ["inner", "link", "link.yaml"]
    assert not snapshot.is_complete


def test_odd_names(tmp_path: Path, write_files: Write, read: Read) -> None:
    """Files whose names are not UTF-8 or hold line breaks are read under a name that can be printed."""
    write_files(tmp_path / "plain", {"a\nb.yaml": "1", os.fsdecode(b"\xff.yaml"): "2"})

    snapshot = read(tmp_path / "plain", plain_folder_allowed=True)

    assert paths(snapshot) == ["\\xff.yaml", "a\\x0ab.yaml"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file(tmp_path: Path, write_files: Write, read: Read) -> None:
    """A file that may not be read is an error, never a smaller tree."""
    write_files(tmp_path / "plain", {"a.yaml": "1"})
    (tmp_path / "plain/a.yaml").chmod(0)

    with pytest.raises(SourceError, match="Permission denied"):
        read(tmp_path / "plain", plain_folder_allowed=True)


def test_folder_that_vanishes(tmp_path: Path) -> None:
    """A folder that goes away while it is read is an error of the source."""
    with pytest.raises(SourceError, match="No such file"):
        read_folder(tmp_path / "gone", "", SourceLimits(), location="gone")


def test_size_limit(tmp_path: Path, write_files: Write, read: Read) -> None:
    """Sizes are limited as in a repository."""
    write_files(tmp_path / "plain", {"a.yaml": "12345", "b.yaml": "1234"})

    snapshot = read(tmp_path / "plain", plain_folder_allowed=True, limits=SourceLimits(max_file_bytes=4))

    assert (paths(snapshot), snapshot.is_complete) == (["b.yaml"], False)
