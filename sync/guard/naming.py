"""Whether a run would create live objects a second time, under other names. Pure.

Names and ownership depend on `AKOSettings.clusterName` and `enableEVH`. Where one of them changes, earlier
objects are no longer found: everything would be created a second time, and the old objects would have no owner.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from sync.guard.writer import Writer, is_same_source
from sync.model.desired import DesiredState, Owner
from sync.model.live import LiveState, Ownership
from sync.model.lock import LastRun, Record
from sync.model.plan import Refusal

RENAMED = frozenset({Ownership.RENAMED, Ownership.AKO_RENAMED})


def may_be_renamed(live: LiveState, record: Record) -> bool:
    """Whether nothing of this clusterName is live, or was taken down by an interrupted run.

    Only then does another clusterName matter. An earlier run of this name proves nothing: a name may be used again
    after its objects were deleted.
    """
    return not record.backups and not any(item.is_ours for item in live)


def nothing_desired(desired: DesiredState) -> DesiredState:
    """An empty desired state, for a tree with owners that are live under other names.

    A plan would see them as missing, and their addresses and DNS names as somebody else's.
    """
    return replace(desired, objects={}, held=(), holds_everything=True)


def other_cluster_name(
    live: LiveState, named: Collection[Owner], cluster: str, writer: Writer, last_runs: Mapping[str, LastRun]
) -> Iterator[Refusal]:
    """The clusterNames under which the same source has written before, or owners that it names are live.

    For what `may_be_renamed`. `last_runs` are those of other clusterNames; where such a record is missing, live owners
    that Git names (`named`) show the same.
    """
    for name, owners in sorted(_owners_by_cluster(live).items()):
        last, again = last_runs.get(name), sorted(owners & {*named})
        if name == cluster or not (is_same_source(last, writer) if last else again):
            continue
        who = f"run {last.run_id} of {last.time}" if last else "an earlier run"
        yield Refusal(
            message=f"clusterName is {cluster}, but {who} made {_listed(again or sorted(owners))} with clusterName "
            f"{name}: this run would create everything again and leave those behind",
            fix=f"set AKOSettings.clusterName back to {name}; if the new name is intended, delete what {name} has "
            "first, or run once with --accept-cluster-name",
        )


def other_encoding(live: LiveState, named: Collection[Owner], *, is_encoded: bool) -> Iterator[Refusal]:
    """Refused while owners that Git names (`named`) are live only under the names of the other `enableEVH`."""
    owners = {owner for item in live if item.ownership in RENAMED and (owner := Owner.of(item.markers))}
    left = sorted((owners & {*named}) - {item.owner for item in live if item.is_ours})
    if left:
        before, now = str(not is_encoded).lower(), str(is_encoded).lower()
        yield Refusal(
            message=f"AKOSettings.enableEVH is {now}, but {_listed(left)} was made with enableEVH: {before}, which "
            "gives other names: this run would create everything again",
            fix=f"set enableEVH back to {before}; if the new names are intended, delete what has the old ones first",
        )


def _owners_by_cluster(live: LiveState) -> Mapping[str, frozenset[Owner]]:
    """What runs of this product have made, by the clusterName in its markers."""
    found: dict[str, set[Owner]] = defaultdict(set)
    for item in live:
        cluster = item.markers.our_cluster
        if cluster is not None and (owner := Owner.of(item.markers)):
            found[cluster].add(owner)
    return {name: frozenset(owners) for name, owners in found.items()}


def _listed(owners: list[Owner]) -> str:
    more = f" and {len(owners) - 1} more" if len(owners) > 1 else ""
    return f"{owners[0]}{more}"
