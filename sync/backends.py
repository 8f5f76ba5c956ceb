"""Servers that Git leaves to a cluster: what is read of it for one tree, and how the tree looks with them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from sync.cluster.place import ClusterPlace
from sync.credentials import environment
from sync.desired import Source
from sync.errors import SourceError, UsageError
from sync.model.cluster import ClusterNeeds, ClusterState
from sync.model.problem import Origin, Problem, Severity
from sync.model.settings import VALUES_FILE, SyncSettings
from sync.timing import Timing
from sync.translate.cluster import needs_of, with_cluster

NO_PLACE = ClusterPlace()


def follows_cluster(source: Source) -> bool:
    """Whether a cluster tells any server of the tree."""
    return _needs(source) is not None


def read_back_ends(source: Source, place: ClusterPlace, timing: Timing, *, location: str) -> ClusterState | None:
    """The tree's back ends as the cluster has them; None where it needs none of them, and then nothing is read.

    A cluster that does not answer is a state in which all is unread. Raises UsageError for a place that is none or is
    wrong, UnreachableError for a login that cannot be made. `location` is that of the source.
    """
    needs = _needs(source)
    if needs is None:
        return None
    from sync.cluster.reading import read_place  # not for trees that need no cluster: httpx takes a while to read

    return read_place(place, needs, environment(), timing, source=location)


def export_back_ends(source: Source, place: ClusterPlace, timing: Timing, *, location: str) -> str:
    """The text of a file that stands in for the tree's cluster. Raises as `read_back_ends`, UsageError without one."""
    from sync.cluster.reading import exported_place

    needs = _needs(source)
    if needs is None:
        raise UsageError(
            "this tree needs nothing from a cluster",
            where=VALUES_FILE,
            fix="write SyncSettings.backends: cluster, and leave EndpointSlices out of Git",
        )
    return exported_place(place, needs, environment(), timing, source=location)


def with_back_ends(
    source: Source, cluster: ClusterState | None, place: ClusterPlace, now: datetime, *, writes: bool
) -> Source:
    """The tree with the back ends that the cluster has. Raises SourceError for a file that is too old to write from."""
    problems = tuple(_idle_options(source, place))
    if cluster is None or source.settings is None:
        return replace(source, problems=(*source.problems, *problems)) if problems else source
    old = tuple(_untimely(cluster, place, now))
    if old and writes:
        raise SourceError(old[0].message, where=str(place.state_file), fix=old[0].fix)
    resources, found = with_cluster(source.resources, cluster, source.settings)
    return replace(source, resources=resources, problems=(*source.problems, *problems, *old, *found))


def is_same(one: ClusterState | None, other: ClusterState | None) -> bool:
    """Whether two reads of a cluster found the same."""
    if one is None or other is None:
        return one is other
    return replace(one, read_at=other.read_at) == other


def _needs(source: Source) -> ClusterNeeds | None:
    return needs_of(source.resources, source.settings) if source.settings is not None else None


def _idle_options(source: Source, place: ClusterPlace) -> Iterator[Problem]:
    """A warning where options name a cluster, and values.yaml does not use one."""
    settings = source.settings.sync if source.settings is not None else SyncSettings(backends="cluster")
    if place.given and settings.backends != "cluster" and not settings.cluster_status:
        yield Problem(
            severity=Severity.WARNING,
            message=f"{' and '.join(place.given)} has no effect: SyncSettings.backends is {settings.backends}",
            fix="write SyncSettings.backends: cluster, or leave the option out",
            origin=Origin(file=VALUES_FILE),
            field=("SyncSettings", "backends"),
        )


MOST_CLOCK_SKEW_SECONDS = 300.0
"""How far the clock of the machine that exported a file may be ahead of ours."""


def _untimely(cluster: ClusterState, place: ClusterPlace, now: datetime) -> Iterator[Problem]:
    """Why a file does not show the cluster of today: it is too old, or its time is none that has been."""
    age_seconds = (now - cluster.read_at).total_seconds()
    if place.state_file is None or -MOST_CLOCK_SKEW_SECONDS <= age_seconds <= place.max_age_seconds:
        return
    state = f"the state of cluster {cluster.name} is"
    if age_seconds < 0:
        message, fix = f"{state} dated {_minutes(-age_seconds)} in the future", "check the clocks, and export it again"
    else:
        message = f"{state} {_minutes(age_seconds)} old, and may be {_minutes(place.max_age_seconds)}"
        fix = "export it again, or raise --cluster-state-max-age"
    yield Problem(severity=Severity.WARNING, message=message, fix=fix)


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min"
