"""What was read from Git: the files of one commit, as bytes."""

from dataclasses import dataclass

from sync.model.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One regular file; `path` is relative to the folder that is synchronised, with `/`."""

    path: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The files of one commit (or of a plain folder), sorted by path.

    `commit` is the full SHA, or empty for a plain folder and for a working tree, whose files no commit vouches for.
    `location` is the repository or folder as the user named it, without credentials, for messages.
    `problems` tells what was in the tree and was not read: symbolic links, submodules, oversized files.
    """

    location: str
    commit: str
    files: tuple[SourceFile, ...]
    problems: tuple[Problem, ...] = ()
    is_complete: bool = True
    """False when a file that might hold manifests was not read: absence then proves nothing."""
    path: str | None = None
    """The folder that was read, from the root of its repository (empty for the root); None where that is unknown."""
    freeze: str | None = None
    """The text of the freeze file, in the folder itself or in one above it; None if there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLimits:
    """The limits above which a tree is considered hostile or a mistake."""

    max_file_bytes: int = 4 * 1024 * 1024
    max_files: int = 20_000
    max_yaml_aliases: int = 1_000
