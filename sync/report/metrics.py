"""How a run ended, for Prometheus: metric families in the types of its own client library.

A family that a run knows has all its series, including those that are 0: a missing series is unknown.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sync.errors import ExitCode
from sync.kinds import KINDS, LIMITS, Part
from sync.model.ending import Ending, Memory, Phase
from sync.model.outcome import ChangeState
from sync.model.plan import Action, Cause, Change
from sync.model.problem import Severity
from sync.model.run import Run
from sync.plan.outages import Gravity, effects_of
from sync.plan.rollouts import keeping_last_servers

Series = Mapping[tuple[str, ...], float]
"""Label values (without `target`) → value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One metric: its name, help text, labels beside `target`, and the source of its values.

    `series` is None if this run does not know them.
    """

    name: str
    help: str
    labels: tuple[str, ...] = ()
    is_counter: bool = False
    series: Callable[[Ending, Memory], Series | None]


OBJECT_STATES = ("desired", "foreign", "live", "orphan", "owned")
BLOCKED_REASONS = ("foreign", "held", "locked", "refused")
SERVER_STATES = ("disabled", "enabled", "kept")
RESULTS = tuple(state.value for state in ChangeState)


def registry_of(ending: Ending, memory: Memory) -> CollectorRegistry:
    """A registry with the metrics of one run; `memory` is what is known after it."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(tuple(metrics_of(ending, memory))))
    return registry


def metrics_of(ending: Ending, memory: Memory) -> Iterator[Metric]:
    """Each family that this run knows, in a fixed order."""
    for family in FAMILIES:
        series = family.series(ending, memory)
        if series is None:
            continue
        kind = CounterMetricFamily if family.is_counter else GaugeMetricFamily
        metric = kind(family.name, family.help, labels=("target", *family.labels))
        for values, value in sorted(series.items()):
            metric.add_metric((ending.target, *values), value)
        yield metric


class _Collector(Collector):
    """What a registry asks for families that were made elsewhere."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        """The families."""
        return self._metrics


def _last_success(ending: Ending, memory: Memory) -> Series | None:
    del ending
    return None if memory.last_success is None else {(): memory.last_success}


def _objects(ending: Ending, memory: Memory) -> Series | None:
    """By kind and state. An orphan is ours, and neither requested nor held: a run will delete it."""
    del memory
    run = ending.run
    if run is None or run.plan is None or run.live is None:
        return None
    desired = run.desired
    held = {item.name for item in (*run.plan.held, *desired.held)}
    owned = [item for item in run.live if item.is_ours]
    found = {
        "desired": desired.objects,
        "foreign": run.plan.foreign,
        "live": [item.key for item in run.live],
        "orphan": [item.key for item in owned if item.key not in desired.objects and item.owner_name not in held],
        "owned": [item.key for item in owned],
    }
    counts = {state: Counter(key.kind for key in keys) for state, keys in found.items()}
    return {(kind, state): counts[state][kind] for kind, state in product(KINDS, OBJECT_STATES)}


def _changes(ending: Ending, memory: Memory) -> Series | None:
    """The changes that this run planned, by outcome."""
    del memory
    if ending.run is None or ending.run.is_dry:
        return None
    counts = Counter(
        (item.change.key.kind, item.change.action.value, item.state.value)
        for outcome in ending.run.outcomes
        for item in outcome.changes
    )
    return {series: counts[series] for series in product(KINDS, _ACTIONS, RESULTS)}


def _pending(ending: Ending, memory: Memory) -> Series | None:
    """The changes that remain after the run."""
    del memory
    left = _left(ending.run)
    if left is None:
        return None
    counts = Counter((change.key.kind, change.action.value) for change in left)
    return {series: counts[series] for series in product(KINDS, _ACTIONS)}


def _left(run: Run | None) -> tuple[Change, ...] | None:
    """The changes that remain; None if unknown."""
    if run is None or run.plan is None or run.lost:
        return None
    return (run.plan if run.remaining is None else run.remaining).changes


def _drifted(ending: Ending, memory: Memory) -> Series | None:
    """Objects that were edited on the Controller, as the run found them."""
    del memory
    if ending.run is None or ending.run.plan is None:
        return None
    changed = {change.key for change in ending.run.plan.changes if change.cause is Cause.LIVE}
    counts = Counter(key.kind for key in changed | {edit.key for edit in ending.run.edits})
    return {(kind,): counts[kind] for kind in KINDS}


def _blocked(ending: Ending, memory: Memory) -> Series | None:
    del memory
    plan = ending.run.plan if ending.run is not None else None
    if ending.exit_code is ExitCode.LOCKED:
        return {("locked",): 1}
    if ending.run is None or plan is None:
        return None
    counts = {"foreign": len(plan.foreign), "held": len(plan.held), "refused": len(ending.run.refusals)}
    return {(reason,): counts.get(reason, 0) for reason in BLOCKED_REASONS}


def _outages(ending: Ending, memory: Memory) -> Series | None:
    """Owners with an outage, by their most severe loss."""
    del memory
    if ending.run is None or ending.run.plan is None:
        return None
    effects = effects_of(ending.run.plan, ending.run.before).values()
    counts = Counter(next(gravity for gravity in Gravity if effect.has(gravity)) for effect in effects if effect.losses)
    return {(gravity.value,): counts[gravity] for gravity in Gravity}


def _problems(ending: Ending, memory: Memory) -> Series | None:
    del memory
    if ending.run is None:
        return None
    counts = Counter(problem.severity for problem in ending.run.problems)
    return {(severity.value,): counts[severity] for severity in Severity}


def _headroom(ending: Ending, memory: Memory) -> Series | None:
    """The headroom of the fullest of our objects; 1 is empty."""
    del memory
    if ending.run is None or ending.run.live is None:
        return None
    pools = [item for item in ending.run.live if item.is_ours and item.key.part is Part.BACK_ENDS]
    fullest = {
        "pools_per_virtualservice": max(Counter(pool.owner_name for pool in pools).values(), default=0),
        "servers_per_pool": max((len(pool.body.get("servers") or ()) for pool in pools), default=0),
    }
    return {(limit,): 1 - fullest[limit] / allowed for limit, allowed in LIMITS.items()}


def _servers(ending: Ending, memory: Memory) -> Series | None:
    """Each server of a pool of ours, once. Kept are those of which nobody can tell whether they are still right."""
    del memory
    run = ending.run
    if run is None or run.live is None:
        return None
    counts: Counter[str] = Counter()
    planned = keeping_last_servers(run.desired, run.live)
    for item in run.live:
        if item.is_ours and item.key.part is Part.BACK_ENDS:
            desired = planned.objects.get(item.key)
            unknown = desired.unknown_servers if desired is not None else None
            is_kept = unknown is not None and unknown.is_everything
            for server in item.body.get("servers") or ():
                counts["kept" if is_kept else "enabled" if server.get("enabled", True) else "disabled"] += 1
    return {(state,): counts[state] for state in SERVER_STATES}


def _last_cluster_read(ending: Ending, memory: Memory) -> Series | None:
    del ending
    return None if memory.last_cluster_read is None else {(): memory.last_cluster_read}


def _commit(ending: Ending, memory: Memory) -> Series | None:
    del memory
    commit = ending.run.desired.commit if ending.run is not None else ""
    return {(commit,): 1} if commit else None


_ACTIONS = tuple(action.value for action in Action)

FAMILIES: tuple[Family, ...] = (
    Family(
        name="avi_sync_last_run_timestamp_seconds",
        help="When the last run ended.",
        series=lambda ending, _: {(): ending.ended},
    ),
    Family(
        name="avi_sync_last_success_timestamp_seconds",
        help="When a run last ended with exit code 0 or 2.",
        series=_last_success,
    ),
    Family(
        name="avi_sync_run_duration_seconds",
        help="How long the last run took: until its first write (plan), and from it on (apply).",
        labels=("phase",),
        series=lambda ending, _: {(phase.value,): ending.seconds.get(phase, 0.0) for phase in Phase},
    ),
    Family(
        name="avi_sync_run_exit_code",
        help="Exit code of the last run.",
        series=lambda ending, _: {(): int(ending.exit_code)},
    ),
    Family(
        name="avi_sync_objects",
        help="Objects on the Controller and in Git after the last run; foreign: desired names of other objects; "
        "orphan: ours, and no longer requested.",
        labels=("kind", "state"),
        series=_objects,
    ),
    Family(
        name="avi_sync_changes",
        help="Changes of the last run that was not a dry run, by outcome.",
        labels=("kind", "action", "result"),
        series=_changes,
    ),
    Family(
        name="avi_sync_pending_changes",
        help="Changes that remained when the last run ended.",
        labels=("kind", "action"),
        series=_pending,
    ),
    Family(
        name="avi_sync_drifted_objects",
        help="Objects that somebody had changed on the Controller since we wrote them, as the last run found them.",
        labels=("kind",),
        series=_drifted,
    ),
    Family(
        name="avi_sync_blocked",
        help="What the last run could not go on with: owners that are held, names that are foreign, "
        "refusals of a guard, a lock that another run has.",
        labels=("reason",),
        series=_blocked,
    ),
    Family(
        name="avi_sync_outages",
        help="Owners with an outage in the last plan: gone, drained or disrupted.",
        labels=("gravity",),
        series=_outages,
    ),
    Family(
        name="avi_sync_problems",
        help="Problems of the last run, by severity.",
        labels=("severity",),
        series=_problems,
    ),
    Family(
        name="avi_sync_api_requests_total",
        help="Requests to the Controller.",
        labels=("method", "status"),
        is_counter=True,
        series=lambda _, memory: {(method, status): n for (method, status), n in memory.traffic.requests.items()},
    ),
    Family(
        name="avi_sync_api_retries_total",
        help="Retried requests to the Controller, by reason.",
        labels=("reason",),
        is_counter=True,
        series=lambda _, memory: {(reason,): n for reason, n in memory.traffic.repetitions.items()},
    ),
    Family(
        name="avi_sync_limit_headroom_ratio",
        help="How much of what the Controller allows is left to the fullest object of ours, after the last run: "
        "1 is all, 0 none.",
        labels=("limit",),
        series=_headroom,
    ),
    Family(
        name="avi_sync_servers",
        help="Servers of our pools after the last run. enabled: gets new connections; disabled: does not, as while its "
        "Pod starts or ends; kept: nobody could tell whether it is still right, so it stays as it is.",
        labels=("state",),
        series=_servers,
    ),
    Family(
        name="avi_sync_cluster_last_read_timestamp_seconds",
        help="When the Kubernetes cluster that tells servers was last read as a whole.",
        series=_last_cluster_read,
    ),
    Family(
        name="avi_sync_git_commit_info",
        help="The commit that the last run read; always 1.",
        labels=("sha",),
        series=_commit,
    ),
)
"""Every metric. The names are part of what changes only by addition."""
