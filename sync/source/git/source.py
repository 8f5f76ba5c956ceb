"""Repository or folder, ref, path → Snapshot: step 2 of the pipeline."""

import shlex
from dataclasses import dataclass, field, replace
from pathlib import Path

from sync.errors import SourceError
from sync.model.source import Snapshot, SourceLimits
from sync.source.git.command import GitContext, GitLogin
from sync.source.git.folder import read_folder
from sync.source.git.location import (
    Location,
    Transport,
    parse_location,
    refuse_unsafe_text,
)
from sync.source.git.mirror import Remote, read_through_mirror
from sync.source.git.repository import (
    commit_of,
    git_dir_of,
    read_working_tree,
    same_name_problems,
    uncommitted_problems,
)
from sync.source.git.tree import clean_path, read_commit


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRequest:
    """Where the manifests are and how to log in there.

    An empty `ref` is HEAD, an empty `path` the whole repository. `login` is for https://, the two files are for
    ssh://, where unknown hosts are refused with or without them. `working_tree` (uncommitted files) and
    `plain_folder_allowed` (a folder without Git) are for commands that write nothing to a Controller.
    """

    location: str
    ref: str = ""
    path: str = ""
    login: GitLogin = field(default_factory=GitLogin)
    ssh_key_file: str = ""
    known_hosts_file: str = ""
    cache_dir: Path
    working_tree: bool = False
    plain_folder_allowed: bool = False
    timeout_seconds: float = 120.0


def read_source(request: SourceRequest, limits: SourceLimits) -> Snapshot:
    """The files of one commit, or those of a folder where the request allows it.

    Writes only to `cache_dir`. Raises SourceError if the source is wrong, UnreachableError if a remote one does not
    answer, refuses the login or takes too long.
    """
    location = parse_location(request.location)
    refuse_unsafe_text(request.ref, "ref")
    path = clean_path(request.path)
    try:
        if location.transport is Transport.FOLDER:
            return _read_local(request, path, limits)
        remote = remote_of(request, location)
    except OSError as error:
        raise SourceError(
            f"{error.filename} cannot be read: {error.strerror}", where=location.address, fix="check its permissions"
        ) from None
    if request.working_tree:
        raise SourceError(
            "a remote repository has no work tree",
            where=location.address,
            fix="leave --working-tree out, or give a folder",
        )
    return read_through_mirror(remote, path, limits, request.cache_dir)


def _read_local(request: SourceRequest, path: str, limits: SourceLimits) -> Snapshot:
    folder = _existing_folder(request.location, request.location)
    git_dir = git_dir_of(folder)
    if git_dir is None:
        return _read_plain_folder(request, folder, path, limits)
    has_work_tree = git_dir != folder and folder.name != ".git"
    context = GitContext(
        location=request.location,
        git_dir=str(git_dir),
        work_tree=str(folder) if has_work_tree else "",
        timeout_seconds=request.timeout_seconds,
    )
    if request.working_tree:
        _refuse_ref(request, "the work tree")
        if not has_work_tree:
            raise SourceError(
                "a bare repository has no work tree", where=request.location, fix="leave --working-tree out"
            )
        return read_working_tree(context, path, limits)
    snapshot = read_commit(context, commit_of(context, request.ref), path, limits)
    warnings = [
        *same_name_problems(context, request.ref),
        *(uncommitted_problems(context, path) if has_work_tree else ()),
    ]
    return replace(snapshot, problems=(*snapshot.problems, *warnings))


def _read_plain_folder(request: SourceRequest, folder: Path, path: str, limits: SourceLimits) -> Snapshot:
    if request.plain_folder_allowed:
        _refuse_ref(request, "a folder without Git")
        return read_folder(folder, path, limits, location=request.location)
    root = next((parent for parent in folder.parents if git_dir_of(parent)), None)
    raise SourceError(
        "this folder is not the root of a Git repository",
        where=request.location,
        fix=f"give --source {root} --path {folder.relative_to(root)}"
        if root
        else "git init it and commit the manifests, or use validate, render or --dry-run",
    )


def _refuse_ref(request: SourceRequest, what: str) -> None:
    if request.ref:
        raise SourceError(f"{what} has no ref {request.ref}", where=request.location, fix="leave --ref out")


def _existing_folder(folder: str, where: str) -> Path:
    path = Path(folder).absolute()
    if path.is_dir():
        return path
    what = "this is a file, not a folder" if path.exists() else "there is no such folder"
    raise SourceError(what, where=where, fix="give the folder of a repository, or a file://, https:// or ssh:// URL")


def remote_of(request: SourceRequest, location: Location) -> Remote:
    """A remote repository, with its credentials. Raises SourceError for an invalid one."""
    context = GitContext(
        location=location.address,
        protocols=(location.transport.value,),
        timeout_seconds=request.timeout_seconds,
    )
    match location.transport:
        case Transport.FILE:
            _require_repository(location)
        case Transport.SSH:
            context = replace(context, environment={"GIT_SSH_COMMAND": _ssh_command(request)})
        case Transport.HTTPS | Transport.HTTP if request.login.token:
            # Git repeats extra headers to whatever server it is redirected to (http.extraHeader, Git 2.39).
            login = (("http.extraHeader", request.login.header), ("http.followRedirects", "false"))
            context = replace(context, configuration=login, secrets=request.login.secrets)
    return Remote(location=location, ref=request.ref, context=context)


def _require_repository(location: Location) -> None:
    """Raises SourceError if the folder does not exist; Git would call it unreachable."""
    bare = Path(f"{location.folder}.git")
    if not bare.is_dir() and git_dir_of(_existing_folder(location.folder, location.address)) is None:
        raise SourceError("this folder is not a Git repository", where=location.address, fix="check the URL")


def _ssh_command(request: SourceRequest) -> str:
    """The ssh that Git runs: it asks nothing, and talks to known hosts only (ssh_config(5), OpenSSH 9)."""
    options = ["BatchMode=yes", "StrictHostKeyChecking=yes", "ControlPath=none"]
    identity: list[str] = []
    if request.known_hosts_file:
        known_hosts = _ssh_file(request.known_hosts_file, "known_hosts file")
        options += [f'UserKnownHostsFile="{known_hosts}"', "GlobalKnownHostsFile=/dev/null"]
    if request.ssh_key_file:
        options.append("IdentitiesOnly=yes")
        identity = ["-i", _ssh_file(request.ssh_key_file, "key file")]
    return shlex.join(["ssh", *(part for option in options for part in ("-o", option)), *identity])


def _ssh_file(name: str, what: str) -> str:
    """The absolute path as ssh reads it, which expands `%` and splits at quotes."""
    file = Path(name).absolute()
    if not file.is_file() or '"' in str(file):
        raise SourceError(f"there is no {what} {name}", fix="give an existing file, without quotes in its name")
    return str(file).replace("%", "%%")
