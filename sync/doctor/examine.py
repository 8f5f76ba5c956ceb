"""All checks, in the order in which a run needs what they check."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sync.backends import NO_PLACE
from sync.cluster.place import ClusterPlace
from sync.context import record_store
from sync.controller.address import ControllerAddress, Login
from sync.controller.client import ControllerClient
from sync.controller.facts import TENANT, read_facts
from sync.controller.live import read_live
from sync.controller.session import OLDEST_VERSION
from sync.desired import Source, load_source, make_desired, offline
from sync.doctor.account import check_rights
from sync.doctor.cluster import check_cluster
from sync.doctor.contact import make_contact
from sync.doctor.findings import attempt, from_error, not_checked, ok
from sync.doctor.machine import check_cache, check_git, check_state
from sync.doctor.others import check_ako, check_lock
from sync.doctor.tree import check_dns, check_manifests, check_references, check_source, check_vip_networks
from sync.errors import SyncError, UnreachableError, UsageError
from sync.model.checkup import Checkup, Finding
from sync.model.facts import Facts
from sync.model.run import Target
from sync.source.git.source import SourceRequest
from sync.timing import Timing
from sync.translate.references import references_of

AFTER_VERSION = ("rights", "references", "dns", "lock", "ako")
AFTER_LOGIN = ("version", *AFTER_VERSION)
"""The checks that need a login."""


def examine(
    request: SourceRequest,
    target: Target,
    clock: Callable[[], float] = time.time,
    cluster: ClusterPlace = NO_PLACE,
) -> Checkup:
    """Every check of a first run with these options. `clock` is seconds since 1970."""
    findings = [
        *attempt("git", check_git),
        *check_cache(request.cache_dir),
        *check_state(Path(target.state_folder)),
    ]
    source: Source | None = None
    try:
        source = load_source(request, controller=target.controller)
        findings += check_source(source)
        timing = Timing().ending_after(target.deadline_seconds)
        found, source = check_cluster(source, cluster, timing, location=request.location)
        findings += found
    except SyncError as error:
        findings.append(from_error("source", error))
    findings += _controller_findings(source, target, clock)
    return Checkup(findings=tuple(findings))


def _controller_findings(source: Source | None, target: Target, clock: Callable[[], float]) -> Iterator[Finding]:
    try:
        address = ControllerAddress.of(target)
        contact = make_contact(address, clock)
    except SyncError as error:
        yield from_error("connection", error)
        yield from _without_login(source, "the Controller was not contacted")
        return
    yield from contact.findings
    if not contact.is_reached:
        yield from _without_login(source, "the Controller does not answer")
        return
    settings = source.settings if source else None
    client = ControllerClient(
        address,
        Login.of(target),
        version=settings.controller.controller_version if settings else "",
        read_only=True,
        timing=Timing().ending_after(target.deadline_seconds),
    )
    try:
        with client:
            yield ok("login", f"{target.username} is logged in")
            oldest = ".".join(map(str, OLDEST_VERSION))
            yield ok("version", f"{client.version}; {oldest} or newer is needed")
            yield from _as_account(client, source, target, contact.now)
    except SyncError as error:
        if isinstance(error, UnreachableError | UsageError):
            yield from_error("login", error)
            yield from _without_login(source, "the login failed")
        else:
            yield from_error("version", error)
            yield from _without_login(source, "this version of the API does not show ownership", AFTER_VERSION)


def _without_login(source: Source | None, why: str, checks: Sequence[str] = AFTER_LOGIN) -> Iterator[Finding]:
    if source is not None:
        yield from check_manifests(offline(make_desired(source, None)))
    yield from (not_checked(check, why) for check in checks)


def _as_account(client: ControllerClient, source: Source | None, target: Target, now: float) -> Iterator[Finding]:
    """The checks with a login; most need a usable source."""
    if source is None or source.settings is None:
        if source is not None:
            yield from check_manifests(make_desired(source, None))
        yield from (not_checked(check, "values.yaml cannot be used") for check in AFTER_VERSION)
        return
    settings = source.settings
    references = references_of(source.resources, settings)
    named = {
        type_name: names for type_name, names in references.items() if type_name != TENANT
    }  # the check of rights covers those
    facts: Facts | None = None
    failed: Sequence[Finding] = ()
    try:
        facts = read_facts(client, cloud_name=settings.controller.cloud_name, references=references)
    except SyncError as error:
        failed = (from_error("references", error), not_checked("dns", "the cloud could not be read"))
    desired = make_desired(source, facts)
    yield from check_manifests(desired)
    needed = {settings.controller.tenant_name, *(key.tenant for key in desired.objects)}
    absent = {name for name in references[TENANT] if facts is not None and not facts.has(TENANT, name)}
    tenants = sorted(needed | absent)
    yield from attempt("rights", lambda: check_rights(client, target.username, tenants, sorted(named)))
    yield from failed
    if facts is not None:
        yield from check_references(named, facts)
        yield from check_vip_networks(desired)
        yield from check_dns(desired, settings, facts)
    yield from attempt("lock", lambda: check_lock(record_store(client, settings)))
    yield from attempt("ako", lambda: check_ako(read_live(client, settings), settings.cluster, now))
