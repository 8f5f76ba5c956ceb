"""A Git repository on this machine: where it is, which commit a ref names, what is not committed."""

import os
import re
from dataclasses import replace
from pathlib import Path

from sync.errors import SourceError
from sync.model.problem import Problem, Severity
from sync.model.source import Snapshot, SourceLimits
from sync.model.wording import short
from sync.source.git.command import GitContext, run_git
from sync.source.git.folder import read_folder
from sync.source.git.selection import Entry, EntryKind, readable_path
from sync.source.git.tree import near_names, object_named

STATUS_WORDS = {"??": "new", " D": "deleted", "D ": "deleted"}
"""By the two letters of `git status --porcelain`; all others are changes."""

FULL_SHA = re.compile(r"[0-9a-fA-F]{40}|[0-9a-fA-F]{64}")

NAMED_FILES = 20
"""How many uncommitted files a warning names before it only counts."""


def git_dir_of(folder: Path) -> Path | None:
    """Where the repository of exactly this folder keeps its objects, or nothing where it is not one.

    A clone or a worktree has a `.git` of its own, a bare repository is one itself (gitrepository-layout(5)). A folder
    inside a repository is none: its parent's commit would be read by surprise.
    """
    if (folder / ".git").exists():
        return folder / ".git"
    is_bare = (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir()
    return folder if is_bare else None


def commit_of(context: GitContext, ref: str) -> str:
    """The full SHA of the commit that `ref` (or HEAD) names; raises SourceError, naming refs that exist.

    A branch wins over a tag of the same name: a tag must not stop a run that follows a branch.
    """
    sha = _branch(context, ref) or _commit(context, ref or "HEAD")
    if sha:
        return sha
    listed = run_git(context, "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags")
    if not listed.is_success:
        raise SourceError(
            f"this is not a repository that Git can read: {listed.words}", where=context.location, fix="run git fsck"
        )
    raise unknown_ref(ref, listed.text.splitlines(), context.location)


def same_name_problems(context: GitContext, ref: str) -> list[Problem]:
    """One warning where `ref` is both a branch and a tag of another commit, or none."""
    branch = _branch(context, ref)
    return same_name_warnings(ref, branch, _commit(context, f"refs/tags/{ref}") if branch else "")


def same_name_warnings(ref: str, branch: str, tag: str) -> list[Problem]:
    """One warning where a name stands for a branch and for a tag, and their commits differ; empty means no such ref."""
    if not branch or tag in ("", branch):
        return []
    return [
        Problem(
            severity=Severity.WARNING,
            message=f"{ref} is both a branch and a tag; the branch is used ({short(branch)}, the tag is {short(tag)})",
            fix=f"rename one of them, or give --ref refs/heads/{ref} or refs/tags/{ref}",
        )
    ]


def _branch(context: GitContext, ref: str) -> str:
    """The commit of the branch of that name, empty if there is none. A full SHA is never the name of a branch."""
    return "" if not ref or FULL_SHA.fullmatch(ref) else _commit(context, f"refs/heads/{ref}")


def _commit(context: GitContext, revision: str) -> str:
    return object_named(context, f"{revision}^{{commit}}")[0]


def is_ancestor(context: GitContext, ancestor: str, commit: str) -> bool:
    """Whether a commit is in the history of another one, as far as that is here; False where either is unknown."""
    return run_git(context, "merge-base", "--is-ancestor", "--end-of-options", ancestor, commit).is_success


def unknown_ref(ref: str, names: list[str], location: str) -> SourceError:
    """The error for a ref that does not exist among these branches and tags."""
    if not names:
        return SourceError("the repository has no commit yet", where=location, fix="commit the manifests first")
    message = f"no branch, tag or commit {ref}" if ref else "HEAD names no branch that exists"
    return SourceError(message, where=location, fix=near_names("--ref", ref, names, ""))


def uncommitted_problems(context: GitContext, path: str) -> list[Problem]:
    """One warning that names the files below `path` which a commit cannot show, or none."""
    states = _status(context, path, "--untracked-files=all")
    below = len(os.fsencode(f"{path}/")) if path else 0
    changes = [(readable_path(name[below:]), STATUS_WORDS.get(state, "changed")) for state, name in states]
    entries = [(Entry(path=name, kind=EntryKind.FILE), word) for name, word in changes]
    files = [f"{entry.path} ({word})" for entry, word in entries if entry.matters or entry.freezes]
    if not files:
        return []
    more = f" and {len(files) - NAMED_FILES} more" if len(files) > NAMED_FILES else ""
    return [
        Problem(
            severity=Severity.WARNING,
            message=f"uncommitted changes are not read: {', '.join(sorted(files)[:NAMED_FILES])}{more}",
            fix="commit them; --working-tree reads them for validate, render and --dry-run",
        )
    ]


def read_working_tree(context: GitContext, path: str, limits: SourceLimits) -> Snapshot:
    """The files that `git add --all` would commit, as they lie in the work tree; no commit vouches for them."""
    states = _status(context, path, "--untracked-files=all", "--ignored=matching")
    staged = run_git(context, "ls-files", "--stage", "-z")
    submodules = [record.partition(b"\t")[2] for record in staged.output.split(b"\0") if record.startswith(b"160000 ")]
    snapshot = read_folder(
        Path(context.work_tree),
        path,
        limits,
        location=context.location,
        ignored={os.fsdecode(name).rstrip("/") for state, name in states if state == "!!"},
        submodules={os.fsdecode(name) for name in submodules},
    )
    return replace(snapshot, path=path)


def _status(context: GitContext, path: str, *options: str) -> list[tuple[str, bytes]]:
    """What `git status` says below `path`: its two letters and the file, relative to the root.

    The repository's own filter programs are switched off: the status of somebody else's folder must run nothing.
    """
    quiet = replace(context, configuration=(*context.configuration, *_without_filters(context)))
    arguments = ("status", "--porcelain=v1", "-z", "--no-renames", "--ignore-submodules=all", *options)
    answer = run_git(quiet, *arguments, "--", *([path] if path else []))
    if not answer.is_success:
        raise SourceError(f"git status failed: {answer.words}", where=context.location, fix="run git fsck")
    return [(record[:2].decode("ascii"), record[3:]) for record in answer.output.split(b"\0") if record]


def _without_filters(context: GitContext) -> list[tuple[str, str]]:
    names = run_git(context, "config", "--list", "--name-only", "-z").output.split(b"\0")
    keys = {os.fsdecode(name) for name in names if name.startswith(b"filter.")}
    return [(key, "false" if key.endswith(".required") else "") for key in sorted(keys)]
