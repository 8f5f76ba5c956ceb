"""After a run: statuses of its owners into the Kubernetes cluster (`SyncSettings.clusterStatus`).

Whatever goes wrong here is a warning and changes nothing about how the run ends.
"""

from collections.abc import Iterator

from sync.avi.addresses import addresses
from sync.cluster.client import ClusterClient
from sync.cluster.place import ClusterPlace
from sync.cluster.reading import context_at
from sync.cluster.statuses import StatusWriter
from sync.credentials import environment
from sync.errors import SyncError
from sync.model.desired import Owner, Status
from sync.model.live import LiveState, Ownership
from sync.model.plan import Action, Selection
from sync.model.problem import Origin, Problem, Severity
from sync.model.run import Run, RunOptions
from sync.model.settings import VALUES_FILE, SyncSettings
from sync.timing import Timing


def write_back(
    run: Run, options: RunOptions, settings: SyncSettings, place: ClusterPlace, timing: Timing, *, location: str
) -> tuple[Problem, ...]:
    """Warnings about what could not be written. `location` is that of the source.

    A dry run writes nothing, nor does one that does not know what is live, or that left the field to another.
    """
    if not settings.cluster_status or options.is_dry or run.live is None or run.locked:
        return ()
    if place.state_file is not None:
        return (_unwritten("--cluster-state names a file", "name the cluster with --kubeconfig instead"),)
    if timing.is_over():
        return (_unwritten("the time of the run is over", "raise --deadline; the next run tries again"),)
    try:
        context = context_at(place, environment(), source=location)
        with ClusterClient(context, timing=timing) as client:
            writer = StatusWriter(client=client, now=options.plan.now, ip_mode=settings.ip_mode)
            return _written(writer, run, run.live, options)
    except SyncError as error:
        return (_unwritten(error.message, error.fix),)


def _written(writer: StatusWriter, run: Run, live: LiveState, options: RunOptions) -> tuple[Problem, ...]:
    """A run that changes hands knows nothing of what Git requests beyond that: it looks after finalizers alone."""
    selection = options.plan.selection
    match options.changes_hands:
        case Action.ADOPT:
            return writer.remove_finalizers(sorted(_ours_alone(live, selection)))
        case Action.RELEASE:
            return writer.restore_finalizers(sorted(_akos_alone(live, selection)))
    return writer.write(_selected(run, selection)) if options.follows_git else ()


def _ours_alone(live: LiveState, selection: Selection) -> set[Owner]:
    """The owners that AKO has nothing of."""
    theirs = {item.ako_owner for item in live if item.ownership is Ownership.AKO}
    return {owner for owner in _ours(live) - theirs if selection.includes(owner)}


def _akos_alone(live: LiveState, selection: Selection) -> set[Owner]:
    """The owners that we have nothing of; with an address, as AKO puts its finalizer on no other."""
    theirs = [item for item in live if item.ownership is Ownership.AKO]
    served = {item.ako_owner_name for item in theirs if addresses(item.body)}
    owners = {item.ako_owner for item in theirs if item.ako_owner is not None and item.ako_owner_name in served}
    return {owner for owner in owners - _ours(live) if selection.includes(owner)}


def _ours(live: LiveState) -> set[Owner]:
    return {item.owner for item in live if item.is_ours and item.owner is not None}


def _selected(run: Run, selection: Selection) -> Iterator[Status]:
    """The statuses of the owners that this run planned: it does not know how others stand.

    Without those of Services behind Gateways that are no load balancers: the cluster refuses addresses there.
    """
    names = {item.owner_name for item in run.desired if selection.includes(item.owner)}
    held = (*run.desired.held, *(run.plan.held if run.plan is not None else ()))
    names |= {item.name for item in held if selection.includes(item.owner)}
    for status in run.statuses:
        if status.has_addresses and (selection.is_everything or status.owner_name in names):
            yield status


def _unwritten(reason: str, fix: str) -> Problem:
    return Problem(
        severity=Severity.WARNING,
        message=f"no status could be written to the cluster: {reason}",
        fix=fix,
        origin=Origin(file=VALUES_FILE),
        field=("SyncSettings", "clusterStatus"),
    )
