"""Which entries of a tree are read, and the problems for those that are not."""

import posixpath
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import dropwhile

from sync.errors import SourceError
from sync.model.problem import Origin, Problem, Severity
from sync.model.source import Snapshot, SourceFile, SourceLimits

FREEZE_FILE = ".avi-sync-freeze"
"""Stops every write while it is in the folder that is synchronised, or in one above it (in upper or lower case)."""

READ_SUFFIXES = (".yaml", ".yml", ".json", ".j2")
"""Manifests, values.yaml and templates."""

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
"""What Git holds in place of a file kept in Git LFS (git-lfs specification, version 1)."""


class EntryKind(StrEnum):
    """What an entry of a tree is; devices and the like are no entries, Git does not know them."""

    FILE = "file"
    LINK = "link"
    SUBMODULE = "submodule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One leaf of a tree; `path` is relative to the folder that is synchronised, as `readable_path` spells it.

    `handle` is what its reader finds the content by: an object's SHA or a path on this machine.
    `target` is what a link points to.
    """

    path: str
    kind: EntryKind
    handle: str = ""
    size_bytes: int = 0
    target: str = ""

    @property
    def matters(self) -> bool:
        """Whether it would be read if it were a file of a decent size."""
        return self.path.endswith(READ_SUFFIXES)

    @property
    def freezes(self) -> bool:
        """Whether it is a freeze file of its folder, in upper or lower case; a link and a submodule count, too."""
        return posixpath.basename(self.path).lower() == FREEZE_FILE


ReadContents = Callable[[Sequence[Entry]], Iterable[bytes]]
"""The contents of the given files, in their order."""


def make_snapshot(
    entries: Iterable[Entry],
    read_contents: ReadContents,
    limits: SourceLimits,
    *,
    location: str,
    commit: str,
    path: str | None = None,
    above: Sequence[Entry] = (),
) -> Snapshot:
    """The snapshot of a tree with these entries, and a problem for each that was not read and might have mattered.

    `above` are the entries of the folders above this one, up to the root of the repository: a freeze file there holds,
    too. Raises SourceError when there are more files than the limit.
    """
    listed = sorted((entry for entry in entries if not _is_hostile(entry.path)), key=lambda entry: entry.path)
    relevant = [entry for entry in listed if entry.kind is EntryKind.FILE and entry.matters]
    if len(relevant) > limits.max_files:
        raise SourceError(
            f"{len(relevant)} YAML, JSON and template files are more than the limit of {limits.max_files}",
            where=location,
            fix="give --path to read one folder, or raise the limit",
        )
    readable = [entry for entry in relevant if entry.size_bytes <= limits.max_file_bytes]
    files: list[SourceFile] = []
    pointers: list[Problem] = []
    for entry, content in zip(readable, read_contents(readable), strict=True):
        if content.startswith(LFS_POINTER):
            pointers.append(_lfs_problem(entry))
        else:
            files.append(SourceFile(path=entry.path, content=content))
    too_big = [_size_problem(entry, limits) for entry in relevant if entry.size_bytes > limits.max_file_bytes]
    left_out = [entry for entry in listed if entry.kind is not EntryKind.FILE]
    hiding = [entry for entry in left_out if _could_hide_manifests(entry, listed)]
    problems = [*too_big, *pointers, *(_left_out_problem(entry, hides=entry in hiding) for entry in left_out)]
    return Snapshot(
        location=location,
        commit=commit,
        path=path,
        files=tuple(files),
        problems=tuple(sorted(problems, key=lambda problem: problem.sort_key)),
        is_complete=not (too_big or pointers or hiding),
        freeze=_freeze([*(entry for entry in listed if "/" not in entry.path), *above], read_contents, limits),
    )


def _freeze(entries: Iterable[Entry], read_contents: ReadContents, limits: SourceLimits) -> str | None:
    """What the freeze file says, None without one. It freezes by being there, whether it can be read or not."""
    found = next((entry for entry in entries if entry.freezes), None)
    if found is None:
        return None
    if found.kind is not EntryKind.FILE or found.size_bytes > limits.max_file_bytes:
        return ""
    return b"".join(read_contents([found])).decode("utf-8", "replace")


def readable_path(path: bytes) -> str:
    """A file's name as text that can be printed: odd bytes and control characters are written out in hexadecimal."""
    return re.sub(
        r"[\x00-\x1f\x7f-\x9f]", lambda found: f"\\x{ord(found[0]):02x}", path.decode("utf-8", "backslashreplace")
    )


def _is_hostile(path: str) -> bool:
    """Names that Git refuses to check out; a tree made by hand can hold them (git-fsck(1), hasDot…, hasDotgit)."""
    return any(part.lower() in ("", ".", "..", ".git") for part in path.split("/"))


def _could_hide_manifests(entry: Entry, listed: Sequence[Entry]) -> bool:
    """Whether there may be manifests behind an entry that are not read under a name of their own.

    A link to something that lies in the folder that is read hides nothing; what is behind all others is not known,
    nor where `folder/..` leads, because `folder` may be a link itself.
    """
    steps = list(dropwhile(lambda step: step == "..", entry.target.split("/")))
    if entry.kind is EntryKind.SUBMODULE or not entry.target or ".." in steps:
        return True
    target = posixpath.normpath(posixpath.join(posixpath.dirname(entry.path), entry.target))
    return not any(
        other.kind is EntryKind.FILE and (other.path == target or other.path.startswith(f"{target}/"))
        for other in listed
    )


def _left_out_problem(entry: Entry, *, hides: bool) -> Problem:
    message, fix = LEFT_OUT[entry.kind]
    consequence = ": it may hide manifests, so nothing is deleted from the Controller while it is there"
    return Problem(
        severity=Severity.WARNING,
        message=f"{message}{consequence if hides else ''}",
        fix=fix,
        origin=Origin(file=entry.path),
    )


LEFT_OUT = {
    EntryKind.LINK: (
        "a symbolic link is not followed",
        "remove it, or put a copy of the file or folder in its place",
    ),
    EntryKind.SUBMODULE: (
        "a submodule, or another repository inside this one, is not read",
        "move it out of the folder, and copy the manifests that are needed into this repository",
    ),
}


def _size_problem(entry: Entry, limits: SourceLimits) -> Problem:
    return Problem(
        severity=Severity.ERROR,
        message=f"the file is not read: {entry.size_bytes} bytes are more than the limit of {limits.max_file_bytes}",
        fix="split it into several files, or raise the limit",
        origin=Origin(file=entry.path),
        is_cause=True,
    )


def _lfs_problem(entry: Entry) -> Problem:
    return Problem(
        severity=Severity.ERROR,
        message="the file is kept in Git LFS: the commit holds only a pointer to it",
        fix="take the file out of Git LFS (git lfs untrack) and commit it again",
        origin=Origin(file=entry.path),
        is_cause=True,
    )
