"""A remote repository, read through a bare mirror in a cache folder that several processes share.

    cache/
      example.com-net-lb-3f2a9c41d7e0/          bare, shallow; one ref per commit that was fetched, never collected
        refs/avi-sync/<SHA of the tip>        written by Git after all objects are there: its being there is the proof
      example.com-net-lb-3f2a9c41d7e0.lock      held while something is fetched or built, not while it is read

Objects never change and nothing collects them, so reading needs no lock. A mirror that is damaged (its writer was
killed, the disk was full) or that has too many packs is moved away and rebuilt; a process that was reading it retries
and finds the new one.
"""

import hashlib
import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout

from sync.errors import SourceError, UnreachableError
from sync.model.problem import Problem
from sync.model.source import Snapshot, SourceLimits
from sync.source.git.command import DamagedRepositoryError, GitContext, run_git
from sync.source.git.location import LOGIN_FIX, Location, Transport, normalised_location
from sync.source.git.repository import FULL_SHA, is_ancestor, same_name_warnings, unknown_ref
from sync.source.git.tree import object_named, read_commit

MOST_FETCHES = 256
"""After this number of fetches, a mirror is rebuilt: each leaves a pack, and Git gets slow with hundreds of them."""

SHORT_SHA = re.compile(r"[0-9a-fA-F]{4,63}")

REF_RULES = ("{}", "refs/{}", "refs/heads/{}", "refs/tags/{}")
"""How a short name becomes a ref: in Git's order (gitrevisions(7)), except that a branch wins over a tag of its name.

A tag must not stop somebody who follows a branch.
"""

UNKNOWN_OBJECT = re.compile(r"not our ref|unadvertised object|not valid|no such remote ref|couldn't find remote ref")
"""What servers answer for a SHA that they do not have or do not serve (upload-pack of Git 2.39, JGit)."""

REFUSED_LOGIN = re.compile(r"could not read (Username|Password)|Authentication failed|error: 40[13]")

FULL_DISK = re.compile(r"No space left on device|Disk quota exceeded|File too large")

FIXES = (
    (
        re.compile(r"Host key verification failed|host key is known|HOST IDENTIFICATION HAS CHANGED"),
        "put the host's key, after comparing its fingerprint, into the known_hosts file",
    ),
    (re.compile(r"Permission denied"), "give the private key file of an account that may read the repository"),
    (re.compile(r"[Cc]ertificate|SSL"), "name the CA that signed the certificate in GIT_SSL_CAINFO or SSL_CERT_FILE"),
    (re.compile(r"error: 30\d|redirect"), "use the address it redirects to; a token is not sent elsewhere"),
    (re.compile(r"not found|does not exist"), "check the URL, and that the token or key may read the repository"),
)
"""Fixes by the words of Git or ssh; the first match is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A remote repository: location, ref and credentials."""

    location: Location
    ref: str
    context: GitContext

    @property
    def address(self) -> str:
        """The URL, safe to give to Git and safe to print."""
        return self.location.address


class FetchFailedError(UnreachableError):
    """A fetch failed although the repository had just answered; the mirror may be to blame."""


def read_through_mirror(remote: Remote, path: str, limits: SourceLimits, cache_dir: Path) -> Snapshot:
    """The files below `path` at the remote's ref.

    Raises UnreachableError when the repository does not answer or refuses the login, SourceError when it does but has
    no such ref or folder.
    """
    name = mirror_name(remote.address)
    mirror = cache_dir.absolute() / name
    try:
        cache_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        first_seen = _identity(mirror)
        try:
            return _fetch_and_read(remote, mirror, path, limits)
        except (DamagedRepositoryError, FetchFailedError):
            with _lock(mirror, remote.context):
                if first_seen and _identity(mirror) == first_seen:
                    _discard(mirror)
            return _fetch_and_read(remote, mirror, path, limits)
    except Timeout:
        raise UnreachableError(
            "another run is still fetching the same repository", where=remote.address, fix="run again later"
        ) from None
    except OSError as error:
        raise SourceError(
            f"the cache folder cannot be used: {error.strerror}",
            where=str(error.filename or cache_dir),
            fix="free space there and make it writable, or name another folder (--cache-dir, SYNC_CACHE_DIR)",
        ) from None


DEPTHS = (64, 1024, 2**31 - 1)
"""How far back a history is fetched, step by step; the last one is Git's own word for all of it (git-fetch(1))."""


def reaches(remote: Remote, commit: str, ancestor: str, cache_dir: Path) -> bool:
    """Whether `ancestor` is in the history of `commit`; more of the history is fetched as long as it is not found.

    Raises SyncError where the history cannot be fetched.
    """
    mirror = cache_dir.absolute() / mirror_name(remote.address)
    inside = GitContext(location=remote.address, git_dir=str(mirror), timeout_seconds=remote.context.timeout_seconds)
    if mirror.exists() and is_ancestor(inside, ancestor, commit):
        return True
    try:
        cache_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _lock(mirror, remote.context):
            for depth in DEPTHS:
                _fetch(remote, mirror, _tip_of(inside, mirror, commit), depth=depth)
                if is_ancestor(inside, ancestor, commit):
                    return True
    except Timeout:
        raise UnreachableError("another run is still fetching the same repository", where=remote.address) from None
    except OSError as error:
        raise SourceError(f"the cache folder cannot be used: {error.strerror}", where=str(cache_dir)) from None
    return False


def _tip_of(inside: GitContext, mirror: Path, commit: str) -> str:
    """What was fetched in order to get this commit, which may be a tag; a server need not hand out anything else."""
    if not mirror.exists():
        return commit
    listed = run_git(inside, "for-each-ref", "--format=%(objectname) %(*objectname)", "refs/avi-sync")
    return next((line.split()[0] for line in listed.text.splitlines() if commit in line.split()), commit)


def mirror_name(address: str) -> str:
    """The name of a repository's folder in the cache: readable, and different for different repositories."""
    normal = normalised_location(address)
    slug = re.sub(r"[^a-z0-9.]+", "-", normal.partition("://")[2].rpartition("@")[2].lower())
    return f"{slug[-60:].strip('-.') or 'root'}-{hashlib.sha256(normal.encode()).hexdigest()[:12]}"


def _fetch_and_read(remote: Remote, mirror: Path, path: str, limits: SourceLimits) -> Snapshot:
    inside = GitContext(location=remote.address, git_dir=str(mirror), timeout_seconds=remote.context.timeout_seconds)
    pinned = remote.ref.lower() if FULL_SHA.fullmatch(remote.ref) else ""
    # What a full SHA names can never change: once it is here, the remote is not asked again.
    tip, warnings = (pinned, []) if pinned and _holds(mirror, pinned) else _ask_for_tip(remote, pinned)
    if not _holds(mirror, tip):
        with _lock(mirror, remote.context):
            if not _holds(mirror, tip):
                _fetch(remote, mirror, tip)
    commit, _ = object_named(inside, f"{tip}^{{commit}}")
    if not commit:
        raise _no_commit(inside, tip)
    snapshot = read_commit(inside, commit, path, limits)
    return replace(snapshot, problems=(*snapshot.problems, *warnings))


def _ask_for_tip(remote: Remote, pinned: str) -> tuple[str, list[Problem]]:
    """The SHA that the ref stands for now, and a warning if it stands for two.

    For a full SHA it only shows that the repository answers at all.
    """
    wanted = "HEAD" if pinned else remote.ref or "HEAD"
    if wanted != "HEAD" and not run_git(remote.context, "check-ref-format", "--allow-onelevel", wanted).is_success:
        raise SourceError(
            f"{wanted} is not the name of a branch, a tag or a commit",
            where=remote.address,
            fix="give a branch, a tag, a full ref or a full commit SHA",
        )
    tips = _ask(remote, wanted, f"{wanted}^{{}}")
    if pinned:
        return pinned, []
    for rule in REF_RULES:
        if tip := tips.get(rule.format(wanted)):
            tag = f"refs/tags/{wanted}"
            commit_of_tag = tips.get(f"{tag}^{{}}") or tips.get(tag, "")
            return tip, same_name_warnings(wanted, tips.get(f"refs/heads/{wanted}", ""), commit_of_tag)
    if SHORT_SHA.fullmatch(remote.ref):
        raise SourceError(
            f"no branch or tag {remote.ref}; a remote repository does not resolve abbreviated commits",
            where=remote.address,
            fix="give the full commit SHA",
        )
    raise unknown_ref(remote.ref, _branches_and_tags(_ask(remote)), remote.address)


def _ask(remote: Remote, *patterns: str) -> dict[str, str]:
    """The remote's refs and what they stand for, by full name."""
    answer = run_git(remote.context, "ls-remote", *_server_program(remote), "--", remote.address, *patterns)
    if not answer.is_success:
        raise _unreadable(remote, answer.words)
    lines = (line.partition("\t") for line in answer.text.splitlines())
    return {name: sha for sha, _, name in lines if name}


def _branches_and_tags(names: Iterable[str]) -> list[str]:
    return [
        re.sub(r"^refs/(heads|tags)/", "", name)
        for name in sorted(names)
        if name.startswith(("refs/heads/", "refs/tags/")) and not name.endswith("^{}")
    ]


def _fetch(remote: Remote, mirror: Path, tip: str, *, depth: int = 1) -> None:
    """Brings one commit with so much of its history into the mirror; the lock is held."""
    if mirror.exists() and len(list((mirror / "refs" / "avi-sync").glob("*"))) >= MOST_FETCHES:
        _discard(mirror)
    if not mirror.exists():
        _build(mirror, "sha256" if len(tip) == 64 else "sha1")
    answer = run_git(
        replace(remote.context, git_dir=str(mirror)),
        *("fetch", "--quiet", f"--depth={depth}", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"),
        *_server_program(remote),
        "--",
        remote.address,
        f"+{tip}:refs/avi-sync/{tip}",
    )
    if answer.is_success:
        return
    _require_room(answer.words, mirror)
    if remote.ref.lower() == tip and UNKNOWN_OBJECT.search(answer.words):
        raise SourceError(
            f"no commit {tip}, or the server does not serve it: {answer.words}",
            where=remote.address,
            fix="give a branch or a tag, or push the commit",
        )
    raise FetchFailedError(f"fetching {tip} failed: {answer.words}", where=remote.address, fix=_fix_for(answer.words))


def _build(mirror: Path, object_format: str) -> None:
    """An empty mirror, under its name only when complete; leftovers of killed processes are removed."""
    for leftover in mirror.parent.glob(f"{mirror.name}.*-half"):
        shutil.rmtree(leftover, ignore_errors=True)
    half = mirror.with_name(f"{mirror.name}.{os.getpid()}-half")
    answer = run_git(
        GitContext(location=str(mirror), git_dir=str(half)),
        *("init", "--quiet", "--bare", "--template=", "--initial-branch=none", f"--object-format={object_format}"),
    )
    if not answer.is_success:
        _require_room(answer.words, mirror)
        raise SourceError(f"no mirror can be made: {answer.words}", where=str(mirror), fix="check the cache folder")
    half.rename(mirror)


def _require_room(words: str, mirror: Path) -> None:
    """Raises SourceError if Git complains that the disk is full, which is not the repository's fault."""
    if FULL_DISK.search(words):
        raise SourceError(
            "the disk of the cache folder is full",
            where=str(mirror.parent),
            fix="free space there, or name another folder (--cache-dir, SYNC_CACHE_DIR)",
        )


def _discard(mirror: Path) -> None:
    away = mirror.with_name(f"{mirror.name}.{os.getpid()}-half")
    shutil.rmtree(away, ignore_errors=True)
    mirror.rename(away)
    shutil.rmtree(away, ignore_errors=True)


def _holds(mirror: Path, tip: str) -> bool:
    try:
        return (mirror / "refs" / "avi-sync" / tip).read_text("ascii").strip() == tip
    except (OSError, ValueError):
        return False


def _identity(mirror: Path) -> int | None:
    """The identity of a mirror, which changes when it is rebuilt."""
    try:
        return mirror.stat().st_ino
    except FileNotFoundError:
        return None


def _lock(mirror: Path, context: GitContext) -> FileLock:
    return FileLock(mirror.with_name(f"{mirror.name}.lock"), timeout=context.timeout_seconds)


def _no_commit(context: GitContext, tip: str) -> SourceError:
    _, kind = object_named(context, tip)
    if kind in ("tree", "blob"):
        return SourceError(f"{tip} is a {kind}, not a commit", where=context.location, fix="give a commit")
    return DamagedRepositoryError("the mirror is damaged", where=context.git_dir, fix="delete it and run again")


def _server_program(remote: Remote) -> tuple[str, ...]:
    """For file:// the Git that serves is ours: it may read a repository of another user, as for a plain folder."""
    is_file = remote.location.transport is Transport.FILE
    return ("--upload-pack=git -c 'safe.directory=*' upload-pack",) if is_file else ()


def _unreadable(remote: Remote, words: str) -> UnreachableError:
    """Why a repository cannot be read; Git itself only complains that it cannot prompt for a login."""
    if not REFUSED_LOGIN.search(words):
        return UnreachableError(f"the repository cannot be read: {words}", where=remote.address, fix=_fix_for(words))
    if not remote.context.secrets:
        return UnreachableError(
            "the repository asks for a login, and no token was given", where=remote.address, fix=LOGIN_FIX
        )
    return UnreachableError(
        "the repository refused the login, or the account may not read it",
        where=remote.address,
        fix="check the token and its rights; some hosts need --git-username or --git-auth bearer",
    )


def _fix_for(words: str) -> str:
    found = (fix for pattern, fix in FIXES if pattern.search(words))
    return next(found, "check the URL, and that this machine can reach it")
