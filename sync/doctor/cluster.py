"""The Kubernetes cluster that servers come from: whether it answers, what the account may do, which Services it has."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sync.cluster.client import ClusterClient, ClusterError
from sync.cluster.place import ClusterPlace
from sync.cluster.read import NODES, ListedKind, kinds_of, read_cluster
from sync.cluster.reading import context_at
from sync.cluster.state_file import read_state_file
from sync.credentials import environment
from sync.desired import Source
from sync.doctor.findings import from_error, not_checked, ok, problem, some, warning
from sync.doctor.tree import place_of
from sync.errors import SyncError
from sync.model.checkup import Finding
from sync.model.cluster import ClusterNeeds, ClusterState, Unread
from sync.model.problem import Problem, Severity
from sync.model.resources.core import Service
from sync.model.resources.gateway import Gateway
from sync.model.settings import Settings
from sync.report.words import counted
from sync.timing import Timing
from sync.translate.cluster import needs_of, with_cluster

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
READ_FIX = "grant the rights of deploy/kubernetes/overlays/in-cluster"
STATUS_FIX = (
    "grant the rights of deploy/kubernetes/overlays/in-cluster-status, or take clusterStatus out of values.yaml"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Right:
    """One thing that an account may do; `resource` as in roles: `gateways/status`."""

    verb: str
    group: str
    resource: str
    has_namespaces: bool = True

    def __str__(self) -> str:
        return f"{self.verb} {self.resource}"


_STATUS_RIGHTS = tuple(
    _Right(verb=verb, group=group, resource=f"{plural}{below}")
    for group, plural in ((Gateway.GROUP_KIND.group, "gateways"), ("", "services"))
    for verb, below in (("get", ""), ("patch", "/status"))
)


def check_cluster(
    source: Source, place: ClusterPlace, timing: Timing, *, location: str
) -> tuple[tuple[Finding, ...], Source]:
    """What there is to say of the cluster, and the source with its servers; nothing where the tree needs no cluster."""
    settings = source.settings
    needs = needs_of(source.resources, settings) if settings is not None else None
    if settings is None or (needs is None and not settings.sync.cluster_status):
        return (), source
    try:
        if place.state_file is not None:
            findings, state = _of_file(place, needs)
        else:
            context = context_at(place, environment(), source=location)
            with ClusterClient(context, timing=timing) as client:
                client.login()
                findings, state = _of_api(client, context.name, source, settings, needs)
    except SyncError as error:
        state = _nothing_read("the cluster", needs, error.message)
        findings = (from_error("cluster", error), *_not_looked_at("the cluster cannot be read"))
    if needs is None or state is None:
        return findings, source
    resources, problems = with_cluster(source.resources, state, settings)
    if not state.unread:
        findings = (*findings, *_services(needs, problems))
    return findings, replace(source, resources=resources)


def _of_file(place: ClusterPlace, needs: ClusterNeeds | None) -> tuple[tuple[Finding, ...], ClusterState | None]:
    """A file that stands in for the cluster."""
    if needs is None or place.state_file is None:
        return (not_checked("cluster", "--cluster-state names a file, which takes no status"),), None
    state = read_state_file(place.state_file, needs)
    age_seconds = (datetime.now(UTC) - state.read_at).total_seconds()
    told = f"{place.state_file} is {age_seconds / 60:.0f} min old"
    if age_seconds > place.max_age_seconds:
        fix = "export it again, or raise --cluster-state-max-age"
        return (problem("cluster", f"{told}, so nothing is written with it", fix),), state
    return (ok("cluster", told), *_unread(state)), state


def _of_api(
    client: ClusterClient, name: str, source: Source, settings: Settings, needs: ClusterNeeds | None
) -> tuple[tuple[Finding, ...], ClusterState | None]:
    try:
        version = str(client.get("/version").get("gitVersion", ""))
    except ClusterError as error:
        if error.status in (0, 401):
            fix = "check --kubeconfig and --kube-context, and that this machine reaches the API server"
            failed = problem("cluster", f"{name} cannot be read: {error.reason}", fix)
            state = _nothing_read(name, needs, error.reason)
            return (failed, *_not_looked_at("the cluster does not answer, or refuses the login")), state
        version = ""  # who may not ask for it may read all that is needed
    findings = [ok("cluster", f"{name} answers{f', Kubernetes {version}' if version else ''}")]
    if needs is not None:
        rights = [_right_of(kind) for kind in kinds_of(needs)]
        findings += _rights(client, rights, needs.namespaces, "cluster rights", READ_FIX)
    if settings.sync.cluster_status:
        findings += _rights(client, _STATUS_RIGHTS, _namespaces(source), "cluster status", STATUS_FIX)
    state = read_cluster(client, name, needs) if needs is not None else None
    return (*findings, *(_unread(state) if state is not None else ())), state


def _right_of(kind: ListedKind) -> _Right:
    group = kind.group_kind.group
    return _Right(verb="list", group=group, resource=kind.plural, has_namespaces=kind is not NODES)


def _rights(
    client: ClusterClient, rights: Sequence[_Right], namespaces: Sequence[str], check: str, fix: str
) -> Iterator[Finding]:
    """Whether the account may do this in the whole cluster, or in each of these namespaces."""
    try:
        lacking = {right: where for right in rights if (where := _lacking(client, right, namespaces))}
    except ClusterError as error:
        yield not_checked(check, f"the cluster does not report what the account may do: {error.reason}")
        return
    if lacking:
        missing = "; ".join(f"{right}{_in(where)}" for right, where in lacking.items())
        # A status that cannot be written stops no run.
        yield (warning if rights is _STATUS_RIGHTS else problem)(check, f"the account may not {missing}", fix)
    else:
        yield ok(check, f"the account may {', '.join(map(str, rights))}")


def _lacking(client: ClusterClient, right: _Right, namespaces: Sequence[str]) -> tuple[str, ...]:
    """The namespaces in which the account may not; an empty one stands for the whole cluster."""
    if _may(client, right, ""):
        return ()
    return tuple(each for each in namespaces if not _may(client, right, each)) if right.has_namespaces else ("",)


def _may(client: ClusterClient, right: _Right, namespace: str) -> bool:
    resource, _, subresource = right.resource.partition("/")
    attributes = {"verb": right.verb, "group": right.group, "resource": resource, "subresource": subresource}
    answer = client.post(
        REVIEWS,
        {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {**attributes, "namespace": namespace}},
        },
    )
    return bool((answer.get("status") or {}).get("allowed"))


def _in(namespaces: Sequence[str]) -> str:
    return f" in {some(namespaces)}" if any(namespaces) else ""


def _namespaces(source: Source) -> tuple[str, ...]:
    """Those of everything that may get a status."""
    resources = source.resources
    services = (each for each in resources.of(Service) if each.spec.type == "LoadBalancer")
    return tuple(sorted({each.namespace for each in (*resources.of(Gateway), *services)}))


def _services(needs: ClusterNeeds, problems: Sequence[Problem]) -> Iterator[Finding]:
    """Whether the cluster has the Services of the tree, of the same type and with the same ports."""
    if not problems:
        yield ok("cluster services", f"{counted(len(needs.services), 'Service')} there, as in Git")
        return
    first = problems[0]
    message = f"{counted(len(problems), 'difference')} between Git and the cluster; the first: {place_of(first)}"
    yield (problem if first.severity is Severity.ERROR else warning)("cluster services", message, first.fix)


def _unread(state: ClusterState) -> Iterator[Finding]:
    for each in state.unread:
        where = f" of namespace {each.namespace}" if each.namespace else ""
        message = f"{each.group_kind.kind}s{where} could not be read: {each.reason}"
        yield problem("cluster", message, "make sure that the cluster answers, and that the account may list them")
    if state.unread:
        yield not_checked("cluster services", "not all of the cluster could be read")


def _nothing_read(name: str, needs: ClusterNeeds | None, reason: str) -> ClusterState | None:
    if needs is None:
        return None
    unread = tuple(Unread(group_kind=kind.group_kind, namespace="", reason=reason) for kind in kinds_of(needs))
    return ClusterState(name=name, read_at=datetime.now(UTC), unread=unread)


def _not_looked_at(why: str) -> Iterator[Finding]:
    yield from (not_checked(check, why) for check in ("cluster rights", "cluster services"))
