"""Which cluster is meant: a file that stands in for it, a kubeconfig, or the cluster of the pod that we run in."""

import os
from collections.abc import Mapping
from pathlib import Path

from sync.cluster.in_cluster import in_cluster, is_in_cluster
from sync.cluster.kubeconfig import read_kubeconfig
from sync.cluster.place import ClusterPlace, KubeContext
from sync.errors import UsageError


def context_of(place: ClusterPlace, environment: Mapping[str, str], *, source: Path | None = None) -> KubeContext:
    """The cluster and the login. Raises UsageError.

    A kubeconfig that is named counts; else the files of `KUBECONFIG`, the service account of the pod, and with a
    context also `~/.kube/config`: whatever happens to be current there is not taken by itself. `source` is the folder
    of the source tree, in which no kubeconfig may be: a commit must not choose programs that we run.
    """
    files = _files(place, environment)
    for file in files:
        if source is not None and file.resolve().is_relative_to(source.resolve()):
            raise UsageError(
                "the kubeconfig is in the source tree, where a commit can change it",
                where=str(file),
                fix="keep it outside of the repository: it can run programs and read files",
            )
    if files:
        return read_kubeconfig(files, place.context)
    if is_in_cluster(environment):
        return in_cluster(environment)
    raise UsageError(
        "SyncSettings.backends is cluster, but no cluster is given",
        fix="give --kubeconfig FILE, or --cluster-state FILE",
    )


def _files(place: ClusterPlace, environment: Mapping[str, str]) -> tuple[Path, ...]:
    if place.kubeconfig is not None:
        return (place.kubeconfig,)
    listed = tuple(Path(each) for each in environment.get("KUBECONFIG", "").split(os.pathsep) if each)
    if listed:
        return tuple(file for file in listed if file.exists()) or listed
    if place.context:
        return (Path("~/.kube/config").expanduser(),)
    return ()
