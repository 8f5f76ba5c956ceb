"""Rollout or outage: a rollout is never refused, and no pool is emptied by an accident."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.guard import refusals
from sync.model.cluster import ClusterState, Unread
from sync.model.live import LiveState
from sync.model.plan import Plan
from sync.model.problem import Severity
from sync.model.resources.core import EndpointSlice
from sync.plan.make import make_plan
from sync.plan.rollouts import is_unsettled
from tests.cluster.following import (
    DRAINING,
    NOW,
    READY,
    STARTING,
    STOPPING,
    Endpoints,
    Following,
    allowing_none,
    apps,
    enabled,
    servers,
)
from tests.shared.builders import make_options
from tests.shared.perfect_controller import PerfectController

NAMES = ("a", "b", "c")
TREE = Following(*apps(*NAMES))


# --- a workload that changes its Pods, step by step -------------------------------------------------------------------


Event = tuple[Callable[[str], None], str]
"""What may happen, and to which Pod."""


@dataclass(slots=True, kw_only=True)
class Workload:
    """A Deployment or StatefulSet as its controller, the kubelet and people move it, one event at a time."""

    replicas: int
    surge: int
    unavailable: int
    is_recreate: bool = False
    pods: dict[str, Mapping[str, bool]] = field(default_factory=dict)
    old: set[str] = field(default_factory=set)
    made: int = 0

    def __post_init__(self) -> None:
        for _ in range(self.replicas):
            self._create(READY)

    @property
    def ready(self) -> set[str]:
        """The Pods that serve new connections."""
        return {each for each, conditions in self.pods.items() if conditions["ready"]}

    def roll(self) -> None:
        """Another version is wanted: all Pods are old."""
        self.old = {each for each, conditions in self.pods.items() if not conditions["terminating"]}

    def drain(self, share: int) -> None:
        """A node goes: some Pods are evicted, as far as the budget allows, and made again elsewhere."""
        for each in sorted(self.ready)[::share]:
            if len(self.ready) > max(1, self.replicas - max(1, self.unavailable)):
                self.pods[each] = DRAINING

    def step(self, choice: int) -> None:
        """One of the events that may happen now, if any."""
        events = [*self._controller(), *self._kubelet()]
        if events:
            act, pod = events[choice % len(events)]
            act(pod)

    def finish(self) -> None:
        """All events until nothing happens any more."""
        while events := [*self._controller(), *self._kubelet()]:
            act, pod = events[0]
            act(pod)

    def _controller(self) -> Iterator[Event]:
        alive = {each for each, conditions in self.pods.items() if not conditions["terminating"]}
        wanted = alive - self.old
        if self.is_recreate:
            if self.old & alive:
                yield from ((self._terminate, each) for each in sorted(self.old & alive))
                return
            if self.old & self.pods.keys():
                return  # new Pods are made once the old ones are gone
        surplus = sorted(wanted, key=lambda each: self.pods[each]["ready"])[: max(0, len(wanted) - self.replicas)]
        yield from ((self._terminate, each) for each in surplus)
        if len(wanted) < self.replicas and len(alive) < self.replicas + self.surge:
            yield self._create_starting, ""
        for each in sorted(alive & self.old):
            is_spare = len(self.ready) > max(0, self.replicas - self.unavailable) or not self.pods[each]["ready"]
            if is_spare or (len(wanted) >= self.replicas and wanted <= self.ready):
                yield self._terminate, each
                return

    def _kubelet(self) -> Iterator[Event]:
        for each, conditions in sorted(self.pods.items()):
            if conditions == STARTING:
                yield self._start, each
            elif conditions["terminating"]:
                yield self._end, each

    def _create(self, conditions: Mapping[str, bool]) -> None:
        self.made += 1
        self.pods[f"10.{self.made // 65536}.{self.made // 256 % 256}.{self.made % 256}"] = conditions

    def _create_starting(self, pod: str) -> None:
        del pod
        self._create(STARTING)

    def _start(self, pod: str) -> None:
        self.pods[pod] = READY

    def _terminate(self, pod: str) -> None:
        self.pods[pod] = DRAINING

    def _end(self, pod: str) -> None:
        if self.pods[pod] == DRAINING:
            self.pods[pod] = STOPPING
        else:
            del self.pods[pod]
            self.old.discard(pod)


def everywhere(endpoints: Endpoints) -> ClusterState:
    """The cluster in which all Services have these endpoints: they roll at the same time."""
    return TREE.cluster(dict.fromkeys(NAMES, endpoints))


def run(live: LiveState, cluster: ClusterState, tree: Following = TREE, **options: object) -> tuple[Plan, LiveState]:
    """One run: the plan, and what is live afterwards; no guard may refuse it."""
    plan = make_plan(tree.desired(cluster), live, make_options(**options))
    assert refusals(plan, live, tree.settings.sync, None, None, NOW) == ()
    controller = PerfectController()
    controller.live = live
    controller.apply(plan)
    return plan, controller.live


def errors(plan: Plan) -> list[str]:
    """What the run ends with 5 for."""
    return [each.message for each in plan.problems if each.severity is Severity.ERROR]


REPLICAS = st.one_of(st.integers(1, 4), st.integers(1, 100))
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["step", "step", "step", "roll", "scale", "drain"]), st.integers(0, 10**6), st.booleans()
    ),
    max_size=60,
)


@st.composite
def workloads(draw: st.DrawFn, *, is_recreate: bool = False) -> Workload:
    """With any surge and unavailability that Kubernetes takes: not both zero."""
    replicas = draw(REPLICAS)
    surge, unavailable = draw(st.integers(0, replicas)), draw(st.integers(0, replicas))
    return Workload(
        replicas=replicas, surge=surge or (not unavailable), unavailable=unavailable, is_recreate=is_recreate
    )


def happen(workload: Workload, event: str, number: int) -> None:
    """One event. A run comes between any two."""
    match event:
        case "roll":
            workload.roll()
        case "scale":
            workload.replicas = 1 + number % 100
        case "drain":
            workload.drain(1 + number % 5)
        case _:
            for each in range(1 + number % 40):
                workload.step(number + each)


# --- the laws ---------------------------------------------------------------------------------------------------------

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(workload=workloads(), events=EVENTS)
def test_a_rollout_is_never_refused_and_never_below_what_is_serving(
    workload: Workload, events: list[tuple[str, int, bool]]
) -> None:
    """RollingUpdate with any surge and unavailability, StatefulSets, scaling and drains; a run at any moment."""
    _, live = run(LiveState(), everywhere(workload.pods))
    for event, number, runs in events:
        happen(workload, event, number)
        if runs:
            plan, live = run(live, everywhere(workload.pods))

            assert plan.held == ()
            assert plan.reviewed == ()
            assert errors(plan) == [] or not workload.ready
            for name in NAMES:
                assert len(enabled(live, name)) >= max(1, len(workload.ready))

    workload.finish()
    plan, live = run(live, everywhere(workload.pods))
    assert errors(plan) == []
    assert [enabled(live, name) for name in NAMES] == [workload.ready] * len(NAMES)
    assert make_plan(TREE.desired(everywhere(workload.pods)), live, make_options()).is_empty


@SLOW
@given(workload=workloads(is_recreate=True), events=EVENTS)
def test_with_recreate_a_pool_keeps_its_servers_until_there_are_new_ones(
    workload: Workload, events: list[tuple[str, int, bool]]
) -> None:
    """While there are none, the old ones stay; the first read that shows new ones brings them. Nobody has to act."""
    _, live = run(LiveState(), everywhere(workload.pods))
    for event, number, runs in events:
        happen(workload, event, number)
        if runs:
            before = servers(live, "a")

            plan, live = run(live, everywhere(workload.pods))

            if workload.ready:
                assert (errors(plan), enabled(live, "a")) == ([], workload.ready)
            else:
                assert servers(live, "a") == before
                assert len(errors(plan)) == len(NAMES)


@st.composite
def vanished(draw: st.DrawFn) -> tuple[Endpoints, Endpoints | None]:
    """A pool's endpoints, and the same after something took all of them away without terminating any."""
    before = {f"10.0.0.{number + 1}": READY for number in range(draw(st.integers(1, 100)))}
    after: dict[str, Endpoints | None] = {
        "no slice": None,
        "placeholder": {},
        "all fail their probes": dict.fromkeys(before, STARTING),
        "others that are not ready": {f"10.1.0.{number + 1}": STARTING for number in range(draw(st.integers(1, 9)))},
        "some are left, none is ready": dict.fromkeys([*before][: len(before) // 2 + 1], STARTING),
    }
    return before, after[draw(st.sampled_from(sorted(after)))]


@SLOW
@given(case=vanished(), is_unread=st.booleans())
def test_whatever_makes_all_servers_vanish_never_empties_a_pool(
    case: tuple[Endpoints, Endpoints | None], is_unread: bool
) -> None:
    """The pool keeps every server, and the servers of the others move."""
    before, after = case
    _, live = run(LiveState(), everywhere(before))
    others: dict[str, Endpoints] = {name: {"10.9.9.1": READY, "10.9.9.2": READY} for name in ("b", "c")}
    cluster = TREE.cluster(others if after is None else {"a": after, **others})
    if is_unread:
        unread = Unread(group_kind=EndpointSlice.GROUP_KIND, namespace="shop", reason="the token has expired")
        cluster = replace(cluster, slices=(), unread=(unread,))

    for _ in range(2):
        plan, live = run(live, cluster)

    assert servers(live, "a") == dict.fromkeys(before, True)
    assert enabled(live, "b") == (set(before) if is_unread else {"10.9.9.1", "10.9.9.2"})
    assert plan.is_empty


# --- single situations ------------------------------------------------------------------------------------------------


def rolled(before: Endpoints, after: Endpoints, tree: Following = TREE) -> tuple[Plan, LiveState]:
    """The second of two runs, when the endpoints of the Service of `a` have changed."""
    others: dict[str, Endpoints] = {name: {"10.9.9.1": READY} for name in ("b", "c")}
    _, live = run(LiveState(), tree.cluster({"a": before, **others}), tree)
    return run(live, tree.cluster({"a": after, **others}), tree)


def pods(*numbers: int, **conditions: bool) -> Endpoints:
    """Endpoints with these numbers, ready ones unless told otherwise."""
    return {f"10.0.0.{number}": conditions or READY for number in numbers}


def test_a_drop_to_none_is_an_error_of_that_pool_with_the_way_out() -> None:
    """It names the Service and both ways to mean it."""
    plan, live = rolled(pods(1, 2), {})

    (problem,) = (each for each in plan.problems if each.severity is Severity.ERROR)
    assert enabled(live, "a") == set(pods(1, 2))
    assert problem.message == (
        "held: Pool admin/test--shop-a-svc-a-TCP-80 keeps its live servers (2 enabled): "
        "the cluster has no ready back end for Service shop/a-svc"
    )
    assert "SyncSettings.guards.servers.allowNone" in problem.fix
    assert problem.resource == "Gateway shop/a"


@pytest.mark.parametrize("names", [["shop/a-svc"], ["shop/*"], ["other/x", "*/a-svc"]])
def test_a_pool_that_may_be_empty_follows_to_none(names: list[str]) -> None:
    """`allowNone` holds globs over namespace/name; all others keep their guard."""
    tree = Following(*apps(*NAMES), values=allowing_none(*names))

    plan, live = rolled(pods(1, 2), pods(1, ready=False, serving=True, terminating=True), tree)

    assert (errors(plan), servers(live, "a")) == ([], {"10.0.0.1": False})


def test_a_service_that_is_gone_from_git_takes_its_pool_along() -> None:
    """A word from Git: no guard of servers keeps it."""
    _, live = run(LiveState(), everywhere(pods(1, 2)))
    smaller = Following(*(item for item in apps(*NAMES) if item["metadata"]["name"] not in ("a", "a-svc")))

    plan, live = run(live, smaller.cluster({name: {} for name in NAMES}), smaller)

    assert not any(item.owner and item.owner.name == "a" for item in live)
    assert {each.owner.name for each in plan.changes} == {"a"}


def test_a_pool_that_had_none_may_have_none() -> None:
    """Nothing is lost, so nothing is refused."""
    plan, live = rolled({}, pods(1, ready=False, serving=False, terminating=False))

    assert (errors(plan), servers(live, "a")) == ([], {"10.0.0.1": False})


def test_an_owner_that_is_held_anyway_is_told_once() -> None:
    """Of its pool nothing changes in any case."""
    tree = Following(*apps("a"))
    _, live = run(LiveState(), tree.cluster({"a": pods(1)}), tree)
    paused = {
        key: replace(item, body={**item.body, "markers": [*item.body["markers"], PAUSE]})
        for key, item in live.objects.items()
    }

    plan, _ = run(LiveState(objects=paused), tree.cluster({"a": {}}), tree)

    assert len(plan.held) == 1
    assert not any("keeps its live servers" in message for message in errors(plan))


PAUSE = {"key": "PausedUntil", "values": ["2030-01-01T00:00:00Z", "maintenance"]}


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param(pods(1, 2, 3), False, id="nothing moves"),
        pytest.param({**pods(1), **pods(2, 3, **DRAINING)}, True, id="most are terminating"),
        pytest.param({**pods(1, 2), **pods(3, **DRAINING)}, False, id="most are left"),
        pytest.param(pods(1, 2, 3, **DRAINING), True, id="all are terminating"),
        pytest.param(pods(1, 2, 3, **STARTING), False, id="all fail their probes"),
        pytest.param({}, False, id="all are gone"),
        pytest.param({**pods(4, 5, 6), **pods(1, 2, 3, **DRAINING)}, False, id="exchanged"),
    ],
)
def test_a_second_look_is_worth_it_where_most_servers_go_with_terminating_pods(
    after: Endpoints, expected: bool
) -> None:
    """Only a rollout goes on; what vanished without a word does not come back within seconds."""
    tree = Following(*apps("a"))
    _, live = run(LiveState(), tree.cluster({"a": pods(1, 2, 3)}), tree)
    cluster = tree.cluster({"a": after})

    assert is_unsettled(tree.desired(cluster), live, cluster) is expected
    assert not is_unsettled(tree.desired(cluster), live, None)
