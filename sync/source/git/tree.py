"""The files of one commit, read from its objects."""

import difflib
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sync.errors import SourceError
from sync.model.source import Snapshot, SourceLimits
from sync.source.git.command import DamagedRepositoryError, GitContext, run_git
from sync.source.git.selection import FREEZE_FILE, Entry, EntryKind, make_snapshot, readable_path

ENTRY_KINDS = {"10": EntryKind.FILE, "12": EntryKind.LINK, "16": EntryKind.SUBMODULE}
"""By the first digits of the mode in `git ls-tree`: 100644, 100755, 120000, 160000 (git-fast-import(1))."""

PATH_RULES = (
    (re.compile(r"/"), "begins with a slash"),
    (re.compile(r"-"), "begins with a dash"),
    (re.compile(r"(.*/)?\.\.(/|$)", re.DOTALL), "leads out of the repository"),
    (re.compile(r"(.*/)?\.git(/|$)", re.DOTALL | re.IGNORECASE), "names Git's own folder"),
    (re.compile(r".*[\x00-\x1f\x7f]", re.DOTALL), "holds a control character or a line break"),
)


def clean_path(path: str) -> str:
    """`path` without empty and `.` parts; raises SourceError where it would lead out of the tree."""
    for rule, complaint in PATH_RULES:
        if rule.match(path):
            raise SourceError(
                f"the path {path!r} {complaint}", fix="give a folder inside the repository, such as clusters/prod"
            )
    return "/".join(part for part in path.split("/") if part not in ("", "."))


def read_commit(context: GitContext, commit: str, path: str, limits: SourceLimits) -> Snapshot:
    """The files below `path` in a commit whose full SHA is known.

    Two git processes whatever the number of files: one lists, one hands out all contents.
    Raises SourceError for a path that is no folder, DamagedRepositoryError where objects are missing.
    """
    entries = list(_list_entries(context, _tree_of(context, commit, path)))
    return make_snapshot(
        _with_link_targets(context, entries),
        lambda chosen: _read_blobs(context, [entry.handle for entry in chosen]),
        limits,
        location=context.location,
        commit=commit,
        path=path,
        above=list(_freezing_above(context, commit, path)),
    )


def folders_above(path: str) -> list[str]:
    """The folders that hold `path`, the nearest first and the root, an empty name, last; none for the root itself."""
    parts = path.split("/") if path else []
    return ["/".join(parts[:depth]) for depth in reversed(range(len(parts)))]


def object_named(context: GitContext, name: str) -> tuple[str, str]:
    """SHA and type (`commit`, `tree`, `blob`, `tag`) of what a revision such as `v1.0^{commit}` names, or two blanks.

    The name goes through standard input, where nothing is an option and `^name` or `a..b` name nothing.
    """
    answer = run_git(context, "cat-file", "--batch-check", standard_input=os.fsencode(f"{name}\n"))
    words = answer.text.split() if answer.is_success else []
    return (words[0], words[1]) if len(words) == 3 and words[2].isdecimal() else ("", "")


def _tree_of(context: GitContext, commit: str, path: str) -> str:
    """The SHA of the folder `path`, or another name for the whole tree."""
    whole = f"{commit}^{{tree}}"
    if not path:
        return whole
    sha, kind = object_named(context, f"{commit}:{path}")
    if kind == "tree":
        return sha
    folders = run_git(context, "ls-tree", "-r", "-d", "-t", "-z", "--name-only", "--full-tree", whole)
    if not folders.is_success:
        raise _damaged(context, folders.words)
    names = [readable_path(name) for name in folders.output.split(b"\0") if name]
    raise SourceError(
        f"{path} is not a folder in commit {commit}" if kind else f"no folder {path} in commit {commit}",
        where=context.location,
        fix=near_names("--path", path, names, "the repository has no folders: leave --path out"),
    )


def near_names(flag: str, wanted: str, names: Sequence[str], none_exist: str) -> str:
    """What to write instead of a name that does not exist: the nearest ones, else the first few."""
    if not names:
        return none_exist
    near = difflib.get_close_matches(wanted, names, n=3, cutoff=0.6)
    if near:
        return f"did you mean {flag} {' or '.join(near)}?"
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return f"give one that exists: {', '.join(names[:8])}{more}"


def _freezing_above(context: GitContext, commit: str, path: str) -> Iterator[Entry]:
    """The freeze files of the folders above `path`. Sizes are not requested: a partial clone need not have the rest."""
    for folder in folders_above(path):
        listing = run_git(context, "ls-tree", "-z", "--full-tree", f"{commit}:{folder}")
        if not listing.is_success:
            raise _damaged(context, listing.words)
        for record in listing.output.split(b"\0"):
            attributes, _, name = record.partition(b"\t")
            if name.lower() == os.fsencode(FREEZE_FILE):
                mode, _, sha = attributes.decode("ascii").split()
                yield Entry(path=readable_path(name), kind=ENTRY_KINDS.get(mode[:2], EntryKind.LINK), handle=sha)


def _list_entries(context: GitContext, tree: str) -> Iterator[Entry]:
    listing = run_git(context, "ls-tree", "-r", "-z", "-l", "--full-tree", tree)
    if not listing.is_success:
        raise _damaged(context, listing.words)
    for record in listing.output.split(b"\0"):
        # 100644 blob 3f786850e387550fdab836ed7e6dc881de23001b      12<TAB>gateways/web.yaml
        attributes, _, name = record.partition(b"\t")
        if not name:
            continue
        mode, _, sha, size = attributes.decode("ascii").split()
        kind = ENTRY_KINDS.get(mode[:2])
        if kind is None or (kind is EntryKind.FILE and not size.isdecimal()):
            raise _damaged(context, f"{readable_path(name)} is missing")
        yield Entry(path=readable_path(name), kind=kind, handle=sha, size_bytes=int(size) if size.isdecimal() else 0)


def _with_link_targets(context: GitContext, entries: Sequence[Entry]) -> Sequence[Entry]:
    links = [entry for entry in entries if entry.kind is EntryKind.LINK and entry.size_bytes < 4096]
    if not links:
        return entries
    contents = _read_blobs(context, [entry.handle for entry in links])
    targets = {entry.path: readable_path(content) for entry, content in zip(links, contents, strict=True)}
    return [
        replace(entry, target=targets.get(entry.path, "")) if entry.kind is EntryKind.LINK else entry
        for entry in entries
    ]


def _read_blobs(context: GitContext, shas: Sequence[str]) -> list[bytes]:
    """The contents of these blobs, in order; one process, and equal blobs are requested once."""
    if not shas:
        return []
    asked = list(dict.fromkeys(shas))
    answer = run_git(
        context, "cat-file", "--batch", "--buffer", standard_input="".join(f"{sha}\n" for sha in asked).encode()
    )
    contents: dict[str, bytes] = {}
    start = 0
    for sha in asked:
        # 3f786850e387550fdab836ed7e6dc881de23001b blob 12<LF>twelve bytes<LF>
        end = answer.output.find(b"\n", start)
        header = answer.output[start:end].split()
        if end < 0 or len(header) != 3 or header[1] != b"blob":
            raise _damaged(context, answer.words or f"object {sha} is missing")
        size = int(header[2])
        contents[sha] = answer.output[end + 1 : end + 1 + size]
        if len(contents[sha]) != size:
            raise _damaged(context, answer.words or f"object {sha} was cut off")
        start = end + 1 + size + 1
    return [contents[sha] for sha in shas]


def _damaged(context: GitContext, words: str) -> DamagedRepositoryError:
    return DamagedRepositoryError(
        f"the objects of the commit cannot be read: {words}",
        where=context.location,
        fix="run git fsck in the repository; a partial clone must fetch the missing objects first",
    )
