"""Servers that follow the cluster are no part of what people approve: not of a digest, a saved plan or a window."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.avi.markers import Marker
from sync.compare.fields import field_values
from sync.guard import refusals
from sync.model.live import LiveState
from sync.model.plan import Plan, SavedPlan
from sync.model.problem import Severity
from sync.plan.drift import drift_of
from sync.plan.make import make_plan
from sync.plan.saving import described, fingerprints, moved
from sync.plan.takeover import adopted
from tests.cluster.following import FOLLOWING, READY, STARTING, Endpoints, Following, apps, enabled
from tests.shared.builders import make_options
from tests.shared.perfect_controller import PerfectController
from tests.shared.tree import gateway, service

BEFORE = Following(*apps("a", "b"))
AFTER = Following(
    gateway("a", hostname="new.avi.internal"),
    service("a-svc", gateway="a"),
    gateway("b", address="10.10.10.77"),
    service("b-svc", gateway="b"),
    *apps("c"),
)
"""Changes one owner, replaces another, and creates a third."""

SERVERS: st.SearchStrategy[Endpoints] = st.dictionaries(
    st.integers(1, 40).map("10.0.0.{}".format), st.sampled_from([READY, STARTING]), max_size=12
).map(lambda found: {"10.0.1.1": READY, **found})


def deployed(endpoints: Endpoints) -> LiveState:
    """What is live after a first deploy with these endpoints."""
    controller = PerfectController()
    cluster = BEFORE.cluster({"a": endpoints, "b": endpoints})
    controller.apply(make_plan(BEFORE.desired(cluster), controller.live, make_options()))
    return controller.live


def plan_of(tree: Following, live: LiveState, endpoints: Endpoints) -> Plan:
    """The plan while all Services have these endpoints."""
    return make_plan(tree.desired(tree.cluster(dict.fromkeys("abc", endpoints))), live, make_options())


def saved(plan: Plan, live: LiveState) -> SavedPlan:
    """The plan as `plan --out` saves it."""
    return SavedPlan(
        source="",
        ref="",
        path="",
        controller="",
        cluster="test",
        commit="c0ffee",
        digest=plan.digest,
        options=make_options(),
        changes=tuple(described(change) for change in plan.reviewed),
        writes=fingerprints(plan, live),
    )


def written(live: LiveState, endpoints: Endpoints) -> LiveState:
    """The same after a run with `--servers-only`; the Controller counts a new version of each pool."""
    controller = PerfectController()
    controller.live = live
    plan = plan_of(BEFORE, live, endpoints)
    assert plan.reviewed == ()
    controller.apply(plan)
    pools = {
        key: replace(item, body={**item.body, "_last_modified": "2"}) if key.kind == "Pool" else item
        for key, item in controller.live.objects.items()
    }
    return LiveState(objects=pools)


@settings(max_examples=40, deadline=None)
@given(first=SERVERS, planned=SERVERS, current=SERVERS)
def test_an_approved_plan_stays_the_same_plan_whatever_the_cluster_does(
    first: Endpoints, planned: Endpoints, current: Endpoints
) -> None:
    """With an update, a replace and a create in it; whether a run has written the servers meanwhile or not."""
    live = deployed(first)
    plan = plan_of(AFTER, live, planned)
    approved = saved(plan, live)

    for now in (live, written(live, current)):
        again = plan_of(AFTER, now, current)

        assert moved(approved, "c0ffee", again, now) == ()
        assert again.digest == plan.digest


@settings(max_examples=40, deadline=None)
@given(first=SERVERS, current=SERVERS)
def test_what_the_cluster_moved_is_no_drift(first: Endpoints, current: Endpoints) -> None:
    """Nor a warning that something is pending."""
    plan = plan_of(BEFORE, deployed(first), current)

    found = drift_of(plan)

    assert (found.changes, found.problems) == ((), plan.problems)


def test_servers_alone_need_no_window_and_other_changes_do() -> None:
    """The change has happened in the cluster; to wait would send connections to Pods that are gone."""
    live = deployed({"10.0.0.1": READY})
    windows = [{"from": "22:00", "to": "23:00"}]
    tree = Following(*apps("a", "b"), values={**FOLLOWING, "SyncSettings": {"backends": "cluster", "windows": windows}})
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def refused(plan: Plan) -> Sequence[object]:
        return refusals(plan, live, tree.settings.sync, None, None, noon)

    assert refused(plan_of(BEFORE, live, {"10.0.0.2": READY})) == ()
    assert len(refused(plan_of(AFTER, live, {"10.0.0.2": READY}))) == 1


def test_a_file_that_cannot_be_parsed_freezes_no_servers() -> None:
    """Git proves nothing then, but the cluster says where its Pods are. What did not follow before stays."""
    broken = Following(*apps("a", "b"), broken="kind: EndpointSlice\napiVersion: discovery.k8s.io/v1\nmetadata: {")
    live = deployed({"10.0.0.1": READY, "10.0.0.2": READY})
    unmarked = LiveState(
        objects={
            key: replace(item, body={**item.body, "markers": item.markers.without({Marker.SERVERS}).to_json()})
            for key, item in live.objects.items()
        }
    )
    controller = PerfectController()
    controller.live = live

    plan = plan_of(broken, live, {"10.0.0.3": READY})
    controller.apply(plan)

    assert (plan.held, enabled(controller.live, "a")) == ((), {"10.0.0.3"})
    assert len(plan_of(broken, unmarked, {"10.0.0.3": READY}).held) == 2


def test_an_adopted_pool_whose_servers_have_moved_is_no_edit() -> None:
    """Nobody can tell whose its servers are until the next run has written them; the rest is marked as ever."""
    tree = Following(*apps("a"))
    live = deployed({"10.0.0.1": READY})
    desired = tree.desired(tree.cluster({"a": {"10.0.0.2": READY}}))
    (pool,) = (item for item in desired if item.key.kind == "Pool")
    akos = {**live.objects[pool.key].body, "markers": []}

    same = adopted(tree.desired(tree.cluster({"a": {"10.0.0.1": READY}})).objects[pool.key], akos)
    other = adopted(pool, akos)

    assert [marker["key"] for marker in same.body["markers"]].count("Servers") == 1
    assert not any(marker["key"] == "Servers" for marker in other.body["markers"])
    assert (other.left, other.body["servers"]) == ((), akos["servers"])


def test_explain_compares_servers_that_follow_the_cluster_like_any_field() -> None:
    """They differ where a plan would move them."""
    tree = Following(*apps("a"))
    live = deployed({"10.0.0.1": READY})
    desired = tree.desired(tree.cluster({"a": {"10.0.0.2": READY}}))
    (pool,) = (item for item in desired if item.key.kind == "Pool")

    servers, other = field_values(pool, live.objects[pool.key].body, [("servers",), ("lb_algorithm",)])

    assert (servers.is_equal, other.is_equal) == (False, True)


def test_a_first_look_at_the_cluster_is_judged_by_the_limits_of_owners() -> None:
    """Where Git told the servers until now, the switch takes them away: only what has followed before may shrink."""
    many = {f"10.0.0.{number}": READY for number in range(1, 11)}
    live = deployed(many)
    git = LiveState(
        objects={
            key: replace(item, body={**item.body, "markers": item.markers.without({Marker.SERVERS}).to_json()})
            for key, item in live.objects.items()
        }
    )
    plan = plan_of(BEFORE, live, {"10.9.9.9": READY})
    switched = plan_of(BEFORE, git, {"10.9.9.9": READY})

    def refused(plan: Plan, live: LiveState) -> bool:
        return bool(refusals(plan, live, BEFORE.settings.sync, None, None, datetime(2026, 3, 1, 12, tzinfo=UTC)))

    assert (refused(plan, live), refused(switched, git)) == (False, True)
    assert not any(each.severity is Severity.ERROR for each in switched.problems)
