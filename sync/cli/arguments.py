"""Click's parameters → typed values. Past this module, no option is looked up by name."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from inspect import signature
from typing import Any, TypeVar

from sync.cli.files import OutputFile
from sync.cluster.place import ClusterPlace
from sync.config import (
    ClusterOptions,
    ControllerOptions,
    SourceOptions,
    cluster_place,
    host_of,
    new_run_id,
    source_request,
)
from sync.credentials import environment
from sync.errors import UsageError
from sync.model.desired import Owner, OwnerKind
from sync.model.plan import Permit, PlanOptions, Selection
from sync.model.policy import Policy
from sync.model.run import RunOptions
from sync.model.wording import did_you_mean, shown
from sync.source.git.source import SourceRequest

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyOptions:
    """Where the result of a run is sent; an empty text means nowhere."""

    journal: str = ""
    metrics_file: str = ""
    pushgateway: str = ""
    webhook_url_file: str = ""
    target_name: str = ""
    pull_request_comment: bool = False
    github_token_file: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """Source, Controller, notifications and output of a command; empty where the command has no such option."""

    source: SourceOptions
    controller: ControllerOptions
    cluster: ClusterPlace
    notify: NotifyOptions
    form: str
    """Of the result on stdout."""
    files: tuple[OutputFile, ...]

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Arguments":
        """The options that a command was given."""
        return cls(
            source=picked(SourceOptions, given),
            controller=picked(ControllerOptions, given),
            cluster=cluster_place(picked(ClusterOptions, given)),
            notify=picked(NotifyOptions, given),
            form=given.get("output", "text"),
            files=given.get("output_files", ()),
        )

    @property
    def target_name(self) -> str:
        """The name of a run in metrics and messages: `--target-name`, or the Controller and the path in Git."""
        host = host_of(self.controller.controller) or "unknown"
        return self.notify.target_name or "/".join(part for part in (host, self.source.path.strip("/")) if part)

    def request(self, *, writes: bool = False) -> SourceRequest:
        """Where the manifests come from; with the credentials for it."""
        return source_request(self.source, environment(), writes=writes)


def picked(kind: Callable[..., T], given: Mapping[str, Any]) -> T:
    """The options of one kind among those that a command was given."""
    return kind(**{name: given[name] for name in signature(kind).parameters if given.get(name) is not None})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanArguments:
    """Options that shape a plan and permit it."""

    only: tuple[str, ...] = ()
    namespace: tuple[str, ...] = ()
    policy: str = Policy.SYNC
    servers_only: bool = False
    no_replace: bool = False
    retry_refused: bool = False
    allow_deletes: int = 0
    plan_digest: str = ""
    accept_source: bool = False
    accept_cluster_name: bool = False
    accept_older_commit: bool = False
    wait: float = 0.0


def run_options(given: Mapping[str, Any], *, is_dry: bool) -> RunOptions:
    """The options of a run that starts now."""
    now = datetime.now(UTC)
    options = picked(PlanArguments, given)
    owners = frozenset(map(parse_owner, options.only))
    if options.servers_only and Policy(options.policy) is not Policy.SYNC:
        raise UsageError("--servers-only and --policy exclude each other", fix="leave out one of them")
    return RunOptions(
        is_dry=is_dry,
        run_id=new_run_id(now),
        plan=PlanOptions(
            now=now,
            selection=Selection(owners=owners, namespaces=frozenset(options.namespace)),
            policy=Policy.SERVERS_ONLY if options.servers_only else Policy(options.policy),
            may_replace=not options.no_replace,
            retry_refused=options.retry_refused,
            may_switch_off=options.allow_deletes > 0,
            may_undo=options.allow_deletes > 0,
        ),
        follows_git=not options.servers_only,
        accepts_source=options.accept_source,
        accepts_cluster_name=options.accept_cluster_name,
        accepts_older_commit=options.accept_older_commit,
        permit=Permit(owners=options.allow_deletes, digest=options.plan_digest) if options.plan_digest else None,
        wait_seconds=options.wait,
    )


def parse_owner(text: str) -> Owner:
    """`Gateway/shop/web` as an owner; the kind in upper or lower case."""
    kinds = {kind.value.lower(): kind for kind in OwnerKind}
    parts = text.split("/")
    if len(parts) != 3 or not all(parts):
        raise UsageError(f"{shown(text)} is not an owner", fix="write KIND/NAMESPACE/NAME, such as Gateway/shop/web")
    kind, namespace, name = parts
    if kind.lower() not in kinds:
        raise UsageError(f"{shown(kind)} is not a kind of owner", fix=did_you_mean(kind, _names(OwnerKind)))
    return Owner(kind=kinds[kind.lower()], namespace=namespace, name=name)


def _names(kinds: Iterable[OwnerKind]) -> list[str]:
    return [kind.value for kind in kinds]
