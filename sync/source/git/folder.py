"""The files of a folder as they lie there, for commands that write nothing."""

import os
import posixpath
import stat
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from sync.errors import SourceError
from sync.model.source import Snapshot, SourceLimits
from sync.source.git.selection import Entry, EntryKind, make_snapshot, readable_path
from sync.source.git.tree import folders_above, near_names


def read_folder(
    root: Path,
    path: str,
    limits: SourceLimits,
    *,
    location: str,
    ignored: Collection[str] = (),
    submodules: Collection[str] = (),
) -> Snapshot:
    """The files below `path` in the folder `root`; symbolic links and repositories inside it are not followed.

    `ignored` and `submodules` are paths relative to `root`, as os.fsdecode spells them; an ignored folder is left out
    with all it holds. Raises SourceError where `path` is no folder or something cannot be read.
    """
    try:
        top = _folder_at(root, path, location)
        return make_snapshot(
            _entries_below(top, path, ignored, submodules),
            lambda chosen: _read_files(chosen, limits, location),
            limits,
            location=location,
            commit="",
            above=[
                entry
                for folder in folders_above(path)
                for item in os.scandir(root / folder)
                for entry in _leaf(item, item.name)
                if entry.freezes
            ],
        )
    except OSError as error:
        raise SourceError(
            f"{error.filename or root} cannot be read: {error.strerror}", where=location, fix="check its permissions"
        ) from None


def _folder_at(root: Path, path: str, location: str) -> Path:
    """The folder `path` below `root`, reached without following a link."""
    folder = root
    for part in path.split("/") if path else ():
        siblings = {item.name for item in os.scandir(folder) if item.is_dir(follow_symlinks=False)}
        if part not in siblings:
            raise SourceError(
                f"no folder {path} in {root}",
                where=location,
                fix=near_names("--path", part, sorted(siblings - {".git"}), f"{folder} has no folders"),
            )
        folder /= part
    return folder


def _entries_below(top: Path, path: str, ignored: Collection[str], submodules: Collection[str]) -> Iterator[Entry]:
    waiting = [""]
    while waiting:
        inside = waiting.pop()
        with os.scandir(top / inside) as items:
            for item in items:
                name = posixpath.join(inside, item.name)
                from_root = posixpath.join(path, name)
                if item.name.lower() == ".git" or from_root in ignored:
                    continue
                if not item.is_dir(follow_symlinks=False):
                    yield from _leaf(item, name)
                elif from_root in submodules or os.path.lexists(top / name / ".git"):
                    yield Entry(path=_readable(name), kind=EntryKind.SUBMODULE)
                else:
                    waiting.append(name)


def _leaf(item: "os.DirEntry[str]", name: str) -> Iterator[Entry]:
    """The entry of a file or link; pipes, sockets and devices are none, as in Git."""
    if item.is_symlink():
        target = _readable(str(Path(item.path).readlink()))
        yield Entry(path=_readable(name), kind=EntryKind.LINK, handle=item.path, target=target)
    elif item.is_file(follow_symlinks=False):
        size_bytes = item.stat(follow_symlinks=False).st_size
        yield Entry(path=_readable(name), kind=EntryKind.FILE, handle=item.path, size_bytes=size_bytes)


def _read_files(entries: Sequence[Entry], limits: SourceLimits, location: str) -> Iterator[bytes]:
    for entry in entries:
        # Between listing and reading, a file can become a link or a pipe.
        descriptor = os.open(entry.handle, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            content = file.read(limits.max_file_bytes + 1) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
        if content is None or len(content) > limits.max_file_bytes:
            raise SourceError(f"{entry.path} changed while it was read", where=location, fix="run again")
        yield content


def _readable(name: str) -> str:
    return readable_path(os.fsencode(name))
