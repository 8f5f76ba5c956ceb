"""A place → the state of its cluster, from a file that stands in for it, or over its API."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from sync.cluster.client import ClusterClient
from sync.cluster.find import context_of
from sync.cluster.place import ClusterPlace, KubeContext
from sync.cluster.read import read_cluster, read_items
from sync.cluster.state_file import exported, read_state_file
from sync.model.cluster import ClusterNeeds, ClusterState
from sync.timing import Timing


def read_place(
    place: ClusterPlace, needs: ClusterNeeds, environment: Mapping[str, str], timing: Timing, *, source: str
) -> ClusterState:
    """What the tree needs of its cluster. Raises UsageError, and UnreachableError for a login that cannot be made."""
    if place.state_file is not None:
        return read_state_file(place.state_file, needs)
    context = context_at(place, environment, source=source)
    with ClusterClient(context, timing=timing) as client:
        return read_cluster(client, context.name, needs)


def exported_place(
    place: ClusterPlace, needs: ClusterNeeds, environment: Mapping[str, str], timing: Timing, *, source: str
) -> str:
    """The text of a file that stands in for the cluster. Raises as `read_place`, and if any list cannot be read."""
    context = context_at(place, environment, source=source)
    read_at = datetime.now(UTC)
    with ClusterClient(context, timing=timing) as client:
        return "".join(exported(context.name, read_at, read_items(client, needs)))


def context_at(place: ClusterPlace, environment: Mapping[str, str], *, source: str) -> KubeContext:
    """The cluster and the login; `source` is the URL or folder of the source. Raises UsageError."""
    return context_of(place, environment, source=Path(source) if source and "://" not in source else None)
