"""The source tree's `values.yaml` → Settings, and flags and environment → Target."""

import hashlib
import os
import re
import secrets
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import platformdirs
from pydantic import ValidationError

from sync.cluster.place import ClusterPlace
from sync.controller.address import ControllerAddress
from sync.credentials import note
from sync.errors import UsageError
from sync.model.problem import Origin, Problem, Severity
from sync.model.run import Target
from sync.model.settings import VALUES_FILE, Settings
from sync.model.source import Snapshot
from sync.model.wording import did_you_mean, shown
from sync.source.ako_values import keys_of_other_releases, problems_of_keys, with_other_releases
from sync.source.empty_fields import empty_fields, problems_of_empty
from sync.source.git.command import GitLogin
from sync.source.git.source import SourceRequest
from sync.source.unknown_fields import Fields, corrected, fields_of, unknown_fields
from sync.source.validation import adapter_of, problems_of
from sync.source.yaml_documents import YamlError, parse_only_document

EMBEDDED = "embedded"
"""The controller that runs in this process."""


def read_settings(snapshot: Snapshot, *, max_aliases: int) -> tuple[Settings | None, tuple[Problem, ...]]:
    """The settings of a source tree, or None with the errors that make them unusable."""
    file = next((file for file in snapshot.files if file.path == VALUES_FILE), None)
    if file is None:
        return None, (_no_values(snapshot),)
    origin = Origin(file=VALUES_FILE)
    try:
        document = parse_only_document(file.content, max_aliases=max_aliases)
    except YamlError as error:
        place = Origin(file=VALUES_FILE, line=error.line)
        return None, (Problem(severity=Severity.ERROR, message=error.message, fix=error.fix, origin=place),)
    value = document.value
    unknown = tuple(unknown_fields(value, _known_keys()))
    networks = (path for path in empty_fields(value, _known_keys(), document) if path[:-1] and path[0] == _NETWORKS)
    found = [
        *problems_of_keys(unknown),
        *keys_of_other_releases(value),
        *problems_of_empty(networks, origin=origin),
    ]
    try:
        settings: Settings = adapter_of(Settings).validate_python(corrected(value, unknown))
    except ValidationError as error:
        return None, (*found, *problems_of(error, adapter_of(Settings), value, origin=origin))
    found += [*_wrong_host(settings), *_without_effect(settings)]
    is_usable = all(problem.severity is not Severity.ERROR for problem in found)
    return settings if is_usable else None, tuple(found)


_NETWORKS = "NetworkSettings"
"""The section whose lists decide where VIPs are; others may be without any keys, or without items."""


@cache
def _known_keys() -> Fields:
    return with_other_releases(fields_of(adapter_of(Settings), {}))


APPLICATION = "avi-sync"


def state_folder(environment: Mapping[str, str]) -> Path:
    """The folder for state that later runs may use: SYNC_STATE_DIR, or the system's default."""
    if given := environment.get("SYNC_STATE_DIR"):
        return Path(given)
    return _own_folder(platformdirs.user_state_dir, "state", "SYNC_STATE_DIR")


def _cache_folder(given: str) -> Path:
    """Where mirrors of remote repositories are kept."""
    if given:
        return Path(given)
    return _own_folder(platformdirs.user_cache_dir, "cache", "SYNC_CACHE_DIR")


def _own_folder(folder_of: Callable[[str], str], name: str, variable: str) -> Path:
    """The folder of the application, or one of this user among the temporary ones where the account has no home.

    Raises UsageError if somebody else has a folder of that name: what is read from there must be ours.
    """
    with suppress(RuntimeError):  # platformdirs: neither HOME nor an entry in passwd
        folder = Path(folder_of(APPLICATION))
        if folder.is_absolute():
            return folder
    temporary = Path(tempfile.gettempdir(), f"{APPLICATION}-{os.getuid()}")
    fix = f"set HOME, or name a folder with {variable}"
    try:
        temporary.mkdir(mode=0o700, exist_ok=True)
        found = temporary.lstat()
    except OSError as error:
        raise UsageError(
            f"there is no home folder, and no temporary one can be made: {error.strerror}",
            where=str(temporary),
            fix=fix,
        ) from None
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise UsageError(
            "there is no home folder, and the temporary one is open to others", where=str(temporary), fix=fix
        )
    return temporary / name


def actor_of(environment: Mapping[str, str]) -> str:
    """The CI user and job that run this; empty outside a known CI.

    The variables are those of GitHub Actions, GitLab CI (2026) and Jenkins (2.4).
    """
    get = environment.get
    if get("GITHUB_ACTIONS") == "true":
        job = f"{get('GITHUB_SERVER_URL', '')}/{get('GITHUB_REPOSITORY', '')}/actions/runs/{get('GITHUB_RUN_ID', '')}"
        return f"{get('GITHUB_ACTOR', 'somebody')} in {job}"
    if get("GITLAB_CI") == "true":
        return f"{get('GITLAB_USER_LOGIN', 'somebody')} in {get('CI_JOB_URL', 'GitLab')}"
    if get("JENKINS_URL"):
        return f"{get('BUILD_USER_ID', 'somebody')} in {get('BUILD_URL', 'Jenkins')}"
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOptions:
    """Where the manifests come from, as options name it."""

    source: str = field(default="", repr=False)
    ref: str = ""
    path: str = ""
    git_token_file: str = ""
    git_username: str = ""
    git_auth: str = "basic"
    ssh_key_file: str = ""
    known_hosts_file: str = ""
    cache_dir: str = ""
    working_tree: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerOptions:
    """The Controller, as options name it."""

    controller: str = field(default="", repr=False)
    username: str = "admin"
    password_file: str = ""
    token_file: str = ""
    ca_bundle: str = ""
    insecure_skip_verify: bool = False
    timeout: float = 30.0
    deadline: float = 3600.0
    parallelism: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterOptions:
    """Where the Kubernetes cluster is, as options name it."""

    kubeconfig: str = ""
    kube_context: str = ""
    cluster_state: str = ""
    cluster_state_max_age: float = 3600.0
    rollout_wait: float = 5.0


def cluster_place(options: ClusterOptions) -> ClusterPlace:
    """Where the cluster is that tells servers."""
    return ClusterPlace(
        kubeconfig=Path(options.kubeconfig).expanduser() if options.kubeconfig else None,
        context=options.kube_context,
        state_file=Path(options.cluster_state) if options.cluster_state else None,
        max_age_seconds=options.cluster_state_max_age,
        rollout_wait_seconds=options.rollout_wait,
    )


def source_request(options: SourceOptions, environment: Mapping[str, str], *, writes: bool) -> SourceRequest:
    """Where the manifests come from. A run that writes reads only commits, never uncommitted files."""
    if writes and options.working_tree:
        raise UsageError("--working-tree would apply files that are not committed", fix="commit them, or add --dry-run")
    return SourceRequest(
        location=options.source,
        ref=options.ref,
        path=options.path,
        login=_git_login(options, environment),
        ssh_key_file=options.ssh_key_file,
        known_hosts_file=options.known_hosts_file,
        cache_dir=_cache_folder(options.cache_dir),
        working_tree=options.working_tree,
        plain_folder_allowed=not writes,
    )


def _git_login(options: SourceOptions, environment: Mapping[str, str]) -> GitLogin:
    """The login for https://; a name that could inject another header is refused."""
    username, is_bearer = options.git_username, options.git_auth == "bearer"
    if not username.isprintable() or ":" in username:
        raise UsageError("--git-username contains a colon or a control character", fix="give only the name")
    if username and is_bearer:
        raise UsageError("a Bearer token has no user name", fix="leave out --git-username, or use --git-auth basic")
    token = secret("SYNC_GIT_TOKEN", options.git_token_file, environment)
    if not token.isprintable():
        raise UsageError("the Git token contains a line break or a control character", fix="correct SYNC_GIT_TOKEN")
    return GitLogin(token=token, username=username, is_bearer=is_bearer)


def target(options: ControllerOptions, environment: Mapping[str, str], *, source: str) -> Target:
    """Where the run writes to. Credentials come from files or the environment only."""
    password = secret("SYNC_PASSWORD", options.password_file, environment)
    token = secret("SYNC_TOKEN", options.token_file, environment)
    controller = options.controller
    if controller != EMBEDDED:
        controller = ControllerAddress(url=controller).url
    if not password and not token and controller != EMBEDDED:
        raise UsageError(
            "no password and no token",
            fix="set SYNC_PASSWORD or SYNC_TOKEN, or name a file with --password-file or --token-file",
        )
    return Target(
        controller=controller,
        username=options.username,
        password=password,
        token=token,
        ca_bundle=options.ca_bundle,
        is_verified=not options.insecure_skip_verify,
        timeout_seconds=options.timeout,
        deadline_seconds=options.deadline,
        parallelism=options.parallelism,
        state_folder=str(state_folder(environment)),
        emulator_file=_emulator_file(source, environment) if controller == EMBEDDED else "",
    )


def _emulator_file(source: str, environment: Mapping[str, str]) -> str:
    """Where an embedded emulator keeps its state: one file for each source, so that trees do not share one."""
    where = source if "://" in source else str(Path(source).resolve())
    name = re.sub(r"[^a-z0-9.]+", "-", where.lower()).strip("-.")[-40:]
    return str(state_folder(environment) / f"emulator-{name}-{hashlib.sha256(where.encode()).hexdigest()[:8]}.sqlite")


def new_run_id(now: datetime) -> str:
    """A unique name for a run; names sort by time."""
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def secret(variable: str, file: str, environment: Mapping[str, str]) -> str:
    """A secret from its file, else from its variable; never from a flag, where `ps` would show it."""
    found = _text_of(file, variable) if file else environment.get(variable, "")
    secrets_read.add(found)
    note(found, variable)
    return found


secrets_read: set[str] = set()
"""Every secret that this process was given, to remove them from unexpected errors."""


def _text_of(file: str, variable: str) -> str:
    """The text, without the line end and byte order mark that editors add."""
    fix = f"correct {variable}_FILE"
    try:
        return Path(file).read_text("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise UsageError("the file is not UTF-8 text", where=file, fix=fix) from None
    except OSError as error:
        raise UsageError(f"the file cannot be read: {error.strerror}", where=file, fix=fix) from None


def _no_values(snapshot: Snapshot) -> Problem:
    elsewhere = [file.path for file in snapshot.files if file.path.endswith(f"/{VALUES_FILE}")]
    hint = f"use --path {elsewhere[0].rpartition('/')[0]}, or " if elsewhere else ""
    return Problem(
        severity=Severity.ERROR,
        message=f"{snapshot.location} has no values.yaml at its root",
        fix=f"{hint}commit AKO's values.yaml there, with AKOSettings.clusterName at least",
    )


def _without_effect(settings: Settings) -> Iterator[Problem]:
    """Warnings about settings in values.yaml that do not have the intended effect."""
    if isinstance(settings.avicredentials, dict) and any(settings.avicredentials.values()):
        message = "avicredentials is never read, and a password in Git is readable by everybody"
        fix = "remove it; give credentials through SYNC_PASSWORD_FILE or SYNC_TOKEN_FILE"
        yield _warning(("avicredentials",), message, fix)
    if str(settings.ako.delete_config).lower() == "true":
        message = "deleteConfig has no effect: avi-sync deletes nothing because of it"
        yield _warning(("AKOSettings", "deleteConfig"), message, "remove it")
    selector = settings.ako.namespace_selector
    if (selector.label_key or selector.label_value) and not selector.is_active:
        message = "namespaceSelector needs labelKey and labelValue: with only one of them, every namespace is served"
        yield _warning(("AKOSettings", "namespaceSelector"), message, "give both, or neither")
    if settings.node_port_selector.value and not settings.node_port_selector.key:
        message = "nodePortSelector has no key, so every Node is used"
        yield _warning(("nodePortSelector",), message, "give key and value, or neither")
    if settings.l4.auto_fqdn not in _NAME_FORMATS:
        message = f"autoFQDN is {shown(settings.l4.auto_fqdn)}, which counts as disabled"
        yield _warning(("L4Settings", "autoFQDN"), message, did_you_mean(settings.l4.auto_fqdn, _NAME_FORMATS))
    if settings.sync.ip_mode and not settings.sync.cluster_status:
        message = "ipMode has no effect: no status is written to the cluster"
        yield _warning(("SyncSettings", "ipMode"), message, "write clusterStatus: true, or leave it out")


_NAME_FORMATS = ("default", "flat", "disabled")


def _warning(field: tuple[str, ...], message: str, fix: str) -> Problem:
    origin = Origin(file=VALUES_FILE)
    return Problem(severity=Severity.WARNING, message=message, fix=fix, origin=origin, field=field)


_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def _wrong_host(settings: Settings) -> Iterator[Problem]:
    """An error if `controllerHost` is not a host: then it is unknown which Controller the tree is for."""
    stated = settings.controller.controller_host.strip()
    if stated and not host_of(stated):
        fix = "write a name, an IP address or a URL, such as avi.example.com"
        problem = _warning(
            ("ControllerSettings", "controllerHost"), f"{shown(stated)} is not the address of a host", fix
        )
        yield replace(problem, severity=Severity.ERROR)


def controller_host_problem(settings: Settings, controller: str) -> Problem | None:
    """An error if values.yaml was written for another Controller than the one that would be changed."""
    stated = settings.controller.controller_host.strip()
    given = host_of(controller)
    if not stated or controller == EMBEDDED or given in _LOOPBACK or host_of(stated) == given:
        return None
    return Problem(
        severity=Severity.ERROR,
        message=f'ControllerSettings.controllerHost is "{stated}", but --controller is "{controller}"',
        fix="use the tree that belongs to this Controller, or correct one of the two",
        origin=Origin(file=VALUES_FILE),
        field=("ControllerSettings", "controllerHost"),
    )


def host_of(address: str) -> str:
    """The host of a URL, of `host:port` or of a bare host, in lower case; empty for any other text."""
    if "//" not in address and address.count(":") > 1 and not address.startswith("["):
        address = f"[{address}]"  # a bare IPv6 address
    try:
        return (urlsplit(address if "//" in address else f"//{address}").hostname or "").lower()
    except ValueError:  # half an IPv6 address
        return ""
