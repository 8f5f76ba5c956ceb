"""Where a source really comes from, and whether one commit of it descends from another."""

import re
from pathlib import Path
from urllib.parse import unquote

from sync.errors import SyncError
from sync.model.lock import Doubt
from sync.source.git.command import GitContext, run_git
from sync.source.git.location import Transport, normalised_location, parse_location
from sync.source.git.mirror import reaches
from sync.source.git.repository import git_dir_of, is_ancestor
from sync.source.git.source import SourceRequest, remote_of

NOT_IN_HISTORY = Doubt(reason="it is not in the history of this one")

FULL_HISTORY = "check out the full history (fetch-depth: 0), or give SYNC_GIT_TOKEN so that it can be fetched"


def origin_of(request: SourceRequest) -> str:
    """The repository as a URL that is the same from every machine and for every way to write it, without a login.

    A clone is named by its `origin`, a repository without one and a plain folder by the path on this machine.
    """
    location = parse_location(request.location)
    if location.transport is Transport.FOLDER:
        folder = Path(location.folder).resolve()
        return _origin(folder, request) or normalised_location(str(folder))
    if location.transport is Transport.FILE:
        return normalised_location(str(Path(location.folder).resolve()))
    return _without_login(normalised_location(request.location))


def doubt_of_descent(request: SourceRequest, commit: str, ancestor: str) -> Doubt | None:
    """Why `commit` is not known to have `ancestor` in its history; None if it has.

    A history that is cut off is fetched as far as needed: into the mirror, never into a clone of the user.
    """
    location = parse_location(request.location)
    try:
        if location.transport is Transport.FOLDER:
            return _doubt_of_clone(request, Path(location.folder).resolve(), commit, ancestor)
        is_descendant = reaches(remote_of(request, location), commit, ancestor, request.cache_dir)
    except SyncError as error:
        return Doubt(reason=f"its history cannot be read: {error.message}", fix=error.fix)
    return None if is_descendant else NOT_IN_HISTORY


def _doubt_of_clone(request: SourceRequest, folder: Path, commit: str, ancestor: str) -> Doubt | None:
    git_dir = git_dir_of(folder)
    if git_dir is None:
        return Doubt(reason="a folder without Git has no history")
    context = _inside(folder, git_dir, request)
    if is_ancestor(context, ancestor, commit):
        return None
    if run_git(context, "rev-parse", "--is-shallow-repository").text != "true":
        return NOT_IN_HISTORY
    origin = _origin(folder, request)
    if not origin:
        return Doubt(reason="the clone is shallow and has no origin", fix=FULL_HISTORY)
    try:
        is_descendant = reaches(remote_of(request, parse_location(origin)), commit, ancestor, request.cache_dir)
    except SyncError as error:
        return Doubt(reason=f"the clone is shallow, and its origin cannot be read: {error.message}", fix=FULL_HISTORY)
    return None if is_descendant else NOT_IN_HISTORY


def _origin(folder: Path, request: SourceRequest) -> str:
    """The URL of a clone's origin in its one spelling, empty if it has none."""
    git_dir = git_dir_of(folder)
    if git_dir is None:
        return ""
    answer = run_git(_inside(folder, git_dir, request), "config", "--get", "remote.origin.url")
    url = answer.text if answer.is_success else ""
    if not url:
        return ""
    bare = re.sub(r"(?<=://)[^/]*@", "", url)
    if "://" not in bare and not re.match(r"[^/]+:", bare):
        return normalised_location(str((folder / bare).resolve()))
    if bare.startswith("file://"):
        return normalised_location(str(Path(unquote(bare.removeprefix("file://"))).resolve()))
    return _without_login(normalised_location(bare))


def _inside(folder: Path, git_dir: Path, request: SourceRequest) -> GitContext:
    return GitContext(location=str(folder), git_dir=str(git_dir), timeout_seconds=request.timeout_seconds)


def _without_login(url: str) -> str:
    return re.sub(r"(?<=://)[^/]*@", "", url)
