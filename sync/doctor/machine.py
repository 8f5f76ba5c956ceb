"""This machine: the programs and the folders that a run uses."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from sync.doctor.findings import ok, problem, warning
from sync.model.checkup import Finding
from sync.source.git.command import OLDEST_GIT, git_version


def check_git() -> Iterator[Finding]:
    """The program git, and its version. Raises SourceError if there is none."""
    version, oldest = (".".join(map(str, numbers)) for numbers in (git_version(), OLDEST_GIT))
    if git_version() < OLDEST_GIT:
        yield problem("git", f"git {version} is too old", f"install git {oldest} or newer")
    else:
        yield ok("git", f"git {version}")


def check_cache(folder: Path) -> Iterator[Finding]:
    """The folder for mirrors of remote repositories, which cannot be read without it."""
    if why := _unwritable(folder):
        yield problem("cache folder", f"{folder}: {why}", "make it writable, or name another one with --cache-dir")
    else:
        yield ok("cache folder", f"{folder} can be written to")


def check_state(folder: Path) -> Iterator[Finding]:
    """The folder for state that later runs may use but do not need."""
    if why := _unwritable(folder):
        message = f"{folder}: {why}: a run cannot see earlier runs, or others on this machine"
        yield warning("state folder", message, "make it writable, or name another one with SYNC_STATE_DIR")
    else:
        yield ok("state folder", f"{folder} can be written to")


def _unwritable(folder: Path) -> str:
    """Why no file can be made in a folder, which is made if need be as a run would; empty if one can."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or str(error)
