"""Taking over what AKO made and giving it back, as plans: what changes hands, what does not, and why."""

from collections.abc import Iterable, Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.avi.addresses import addresses
from sync.model.desired import OwnerKind
from sync.model.live import LiveState
from sync.model.plan import Method, Plan, Selection
from sync.plan.adoption import plan_adoption
from sync.plan.takeover import plan_release
from tests.plan.apps import APPS, manifests_of
from tests.shared.ako import ako_objects
from tests.shared.builders import make_options, markers
from tests.shared.perfect_controller import PerfectController, desired_for, plan_for
from tests.shared.tree import (
    VALUES,
    Manifest,
    app,
    endpoints,
    gateway,
    infra_setting,
    load_balancer,
    namespace,
    service,
)

SERVERS = ("192.0.2.1", "192.0.2.2")


def _is_possible(apps: dict[str, tuple[str, tuple[int, ...], bool]]) -> bool:
    requested = [address for address, _, _ in apps.values() if address]
    return len(requested) == len(set(requested))


LIVE_APPS = APPS.filter(_is_possible)
"""What can be live: a Controller gives an address to one VsVip."""


def controller_of_ako(manifests: Iterable[Manifest], values: Manifest = VALUES) -> PerfectController:
    """A Controller that holds what AKO makes of some manifests."""
    controller = PerfectController()
    made = ako_objects(desired_for(*manifests, values=values))
    for key, body in sorted(made, key=lambda item: not addresses(item[1])):  # those that Git requests are still free
        controller.put(body, key.kind, key.tenant)
    return controller


def adoption(manifests: Iterable[Manifest], live: LiveState, **options: Any) -> Plan:
    """The take-over that some manifests ask for."""
    return plan_adoption(desired_for(*manifests), live, make_options(**options))


def release(live: LiveState) -> Plan:
    """Giving back everything."""
    return plan_release(desired_for(), live, make_options())


def edit(controller: PerfectController, kind: str, name: str, **fields: Any) -> None:
    """Somebody changes an object."""
    (found,) = (item for item in controller.live if (item.key.kind, item.key.name) == (kind, name))
    controller.put({**found.body, **fields}, kind, found.key.tenant)


def bodies(live: LiveState) -> Mapping[str, Mapping[str, Any]]:
    """Every object, by kind and name."""
    return {str(item.key): item.body for item in live}


def reasons(plan: Plan) -> list[str]:
    """Why owners are not taken over."""
    return [problem.message for problem in plan.problems if problem.severity == "error"]


def warnings(plan: Plan) -> list[str]:
    """What else is said."""
    return [problem.message for problem in plan.problems if problem.severity == "warning"]


# --- what changes hands -----------------------------------------------------------------------------------------------


@settings(max_examples=10, deadline=None)
@given(apps=LIVE_APPS)
def test_what_ako_made_becomes_ours_by_updates_and_nothing_remains_to_be_done(
    apps: dict[str, tuple[str, tuple[int, ...], bool]],
) -> None:
    """Whatever the tree: only PUTs, the next plan is empty, and so is the next adoption."""
    manifests = manifests_of(apps)
    controller = controller_of_ako(manifests)
    plan = adoption(manifests, controller.live)

    controller.apply(plan)

    assert {write.method for item in plan.change_sets for write in item.writes} <= {Method.PUT}
    assert plan_for(controller.live, *manifests).changes == ()
    assert adoption(manifests, controller.live).changes == ()


@settings(max_examples=10, deadline=None)
@given(apps=LIVE_APPS, dropped=st.sampled_from(["a", "b", "d", "none"]))
def test_release_is_the_inverse_of_adoption(apps: dict[str, tuple[str, tuple[int, ...], bool]], dropped: str) -> None:
    """Every object is as it was before, byte for byte; also where Git has changed in between."""
    controller = controller_of_ako(manifests_of(apps))
    before = bodies(controller.live)
    asked = manifests_of({name: row for name, row in apps.items() if name != dropped})
    controller.apply(adoption(asked, controller.live))

    controller.apply(release(controller.live))

    assert bodies(controller.live) == before


def test_adoption_changes_marks_and_nothing_else() -> None:
    """The bodies differ in created_by and markers only; VirtualServices come last."""
    controller = controller_of_ako(app("web"))
    before = bodies(controller.live)

    plan = adoption(app("web"), controller.live)

    changed = {
        name
        for item in plan.change_sets
        for write in item.writes
        for name, value in (write.body or {}).items()
        if before[str(write.key)].get(name) != value
    }
    assert changed == {"created_by", "markers"}
    assert [write.key.kind for item in plan.change_sets for write in item.writes] == [
        "VsVip",
        "Pool",
        "L4PolicySet",
        "VirtualService",
    ]


def test_the_order_that_ako_leaves_to_chance_is_put_right() -> None:
    """AKO numbers the rules of a Gateway as they come; they exclude each other, so ours may be written at once."""
    manifests = app("web", ports=(80, 81))
    manifests[1:] = [
        service("web-svc", gateway="web", ports=(80, 81)),
        endpoints("web-svc", ports=(80, 81), addresses=SERVERS),
    ]
    controller = controller_of_ako(manifests)
    policy = bodies(controller.live)["L4PolicySet admin/test--shop-web"]["l4_connection_policy"]
    turned = [{**rule, "index": 1 - rule["index"]} for rule in policy["rules"]]
    edit(controller, "L4PolicySet", "test--shop-web", l4_connection_policy={"rules": turned[::-1]})

    controller.apply(adoption(manifests, controller.live))

    assert plan_for(controller.live, *manifests).changes == ()


def test_a_live_server_that_git_does_not_know_stays_until_the_next_plan() -> None:
    """The pool is taken over with its servers, the warning says so, and a plain plan shows the removal."""
    controller = controller_of_ako(app("web"))
    asked = [*app("web")[:2], endpoints("web-svc", addresses=SERVERS[:1])]
    plan = adoption(asked, controller.live)

    controller.apply(plan)

    (pool,) = (body for key, body in bodies(controller.live).items() if key.startswith("Pool"))
    assert [server["ip"]["addr"] for server in pool["servers"]] == list(SERVERS)
    assert warnings(plan) == ["Pool admin/test--shop-web-svc-web-TCP-80 differs from Git in servers: adopted unchanged"]
    (change,) = plan_for(controller.live, *asked).changes
    assert [(field.path, field.after) for field in change.fields] == [("servers[]", None)]
    assert "Digest" not in {marker["key"] for marker in pool["markers"]}


def test_what_is_missing_is_not_created() -> None:
    """Git requests one more Gateway and one more listener: both are for the next plan."""
    controller = controller_of_ako(app("web"))
    asked = [*app("web", ports=(80, 81)), service("more", gateway="web", ports=(81,)), *app("new")]
    asked += [endpoints("more", ports=(81,))]

    plan = adoption(asked, controller.live)
    controller.apply(plan)

    assert (len(plan.changes), {change.owner.name for change in plan.changes}) == (4, {"web"})
    counts = plan_for(controller.live, *asked)
    assert {change.action.value for change in counts.changes if change.owner.name == "web"} == {"create", "update"}


def test_unmarked_objects_with_wanted_names_are_taken_over() -> None:
    """What somebody made by hand, for Git to take on from here; labels of his stay."""
    controller = PerfectController()
    for key, body in ako_objects(desired_for(*app("web"))):
        without = {name: value for name, value in body.items() if name != "created_by"}
        controller.put({**without, "markers": markers(team="shop")}, key.kind)

    controller.apply(adoption(app("web"), controller.live))

    assert plan_for(controller.live, *app("web")).changes == ()
    assert all({"key": "team", "values": ["shop"]} in item.body["markers"] for item in controller.live)


def test_an_object_of_the_owner_that_git_no_longer_asks_for_comes_along_and_goes_with_the_next_plan() -> None:
    """Left behind, AKO's pool of a listener that is gone would outlive everything."""
    before = [*app("web", ports=(80, 81)), service("more", gateway="web", ports=(81,)), endpoints("more", ports=(81,))]
    controller = controller_of_ako(before)
    plan = adoption(app("web"), controller.live)

    controller.apply(plan)

    extra = "Pool admin/test--shop-more-web-TCP-81"
    assert [change.reason for change in plan.changes if str(change.key) == extra] == ["made by AKO; no longer in Git"]
    gone = [str(change.key) for change in plan_for(controller.live, *app("web")).changes if change.action == "delete"]
    assert gone == [extra]


def test_an_interrupted_adoption_goes_on_where_it_stopped() -> None:
    """Until the VirtualService is ours a plain run holds the owner, whatever happened to the rest."""
    controller = controller_of_ako(app("web"))
    (whole,) = adoption(app("web"), controller.live).change_sets
    for write in whole.writes[:2]:
        controller.put(write.body or {}, write.key.kind)

    between = plan_for(controller.live, *app("web"))
    controller.apply(adoption(app("web"), controller.live))

    assert (between.changes, [item.owner.name for item in between.held]) == ((), ["web"])
    assert plan_for(controller.live, *app("web")).changes == ()


def test_only_what_is_selected_changes_hands() -> None:
    """Of two Gateways one is named; nothing is said of the other."""
    controller = controller_of_ako([*app("a"), *app("b")])
    (first, _) = adoption([*app("a"), *app("b")], controller.live).change_sets

    plan = adoption([*app("a"), *app("b")], controller.live, selection=Selection(owners=frozenset(first.owners)))

    assert [item.owners for item in plan.change_sets] == [first.owners]


# --- what does not ----------------------------------------------------------------------------------------------------


def test_an_owner_with_one_object_that_would_be_created_again_is_not_taken_over_at_all() -> None:
    """Another address in Git: the reason names it, the other Gateway goes on."""
    controller = controller_of_ako([*app("a", address="10.10.10.1"), *app("b")])
    asked = [*app("a", address="10.10.10.2"), *app("b")]

    plan = adoption(asked, controller.live)

    assert reasons(plan) == [
        "not taken over: VsVip admin/test--shop-a would have to be created again (address 10.10.10.1 → 10.10.10.2)"
    ]
    assert [item.owner.name for item in plan.held] == ["a"]
    assert {change.owner.name for change in plan.changes} == {"b"}


def test_nothing_of_another_cluster_is_taken_over() -> None:
    """Neither by created_by nor by marker, also where one name is the beginning of the other."""
    for other in ("test-2", "tes", "prod"):
        controller = controller_of_ako(app("web"))
        for item in [*controller.live]:
            theirs = [*markers(clustername=other), *(m for m in item.body["markers"] if m["key"] != "clustername")]
            controller.put({**item.body, "created_by": f"ako-{other}", "markers": theirs}, item.key.kind)

        plan = adoption(app("web"), controller.live)

        assert (plan.changes, len(plan.foreign)) == ((), 4)
        assert reasons(plan) == [
            "not taken over: L4PolicySet admin/test--shop-web belongs to somebody else "
            f"(created_by: ako-{other}, clustername: {other})"
        ]


def test_one_object_of_somebody_else_keeps_the_whole_owner_back() -> None:
    """A pool that another tool marked under a wanted name."""
    controller = controller_of_ako(app("web"))
    edit(controller, "Pool", "test--shop-web-svc-web-TCP-80", created_by="", markers=markers(ManagedBy="terraform"))

    plan = adoption(app("web"), controller.live)

    assert plan.changes == ()
    assert reasons(plan) == [
        "not taken over: Pool admin/test--shop-web-svc-web-TCP-80 belongs to somebody else (marked by another tool)"
    ]


def test_a_copy_of_what_ako_made_is_reported_and_left() -> None:
    """Its markers spell another name: it came from a clone, and Git requests none of it."""
    controller = controller_of_ako(app("web"))
    pool = bodies(controller.live)["Pool admin/test--shop-web-svc-web-TCP-80"]
    controller.put({**pool, "name": "experiment"}, "Pool")

    plan = adoption(app("web"), controller.live)

    assert warnings(plan) == [
        "Pool admin/experiment is a copy: it has AKO's markers, but for another name; left unchanged"
    ]
    assert "experiment" not in {change.key.name for change in plan.changes}


def test_a_copy_under_a_wanted_name_keeps_the_owner_back() -> None:
    """Marks that spell another name count more than the name."""
    controller = controller_of_ako(app("web"))
    edit(
        controller,
        "VirtualService",
        "test--shop-web",
        markers=markers(clustername="test", Namespace="shop", GatewayName="other"),
    )

    plan = adoption(app("web"), controller.live)

    assert plan.changes == ()
    assert "VirtualService admin/test--shop-web is a copy: its markers are for another name" in reasons(plan)[0]


def test_what_ako_made_for_another_owner_of_the_same_name_keeps_the_owner_back() -> None:
    """A Gateway and a LoadBalancer Service of one name share the names of their objects."""
    controller = controller_of_ako([gateway("web")])
    asked = [load_balancer("web"), endpoints("web", ports=(25,))]

    plan = adoption(asked, controller.live)

    assert plan.changes == ()
    assert reasons(plan) == ["not taken over: AKO made VirtualService admin/test--shop-web for Gateway shop/web"]


def test_objects_in_another_tenant_keep_the_owner_back() -> None:
    """They cannot move in place, and beside them new ones would come into being."""
    controller = controller_of_ako(app("web"))
    asked = [*app("web"), namespace("shop", tenant="team-a")]

    plan = adoption(asked, controller.live)

    assert plan.changes == ()
    assert reasons(plan) == [
        "not taken over: L4PolicySet admin/test--shop-web is in tenant admin, but Git requests team-a, "
        "and it cannot be moved in place"
    ]


def test_a_virtualservice_on_another_vsvip_keeps_the_owner_back() -> None:
    """Its addresses are those of a VsVip that Git does not ask for: they would change with the next plan."""
    controller = controller_of_ako(app("web"))
    controller.put({"name": "by-hand", "vip": [{"vip_id": "0"}]}, "VsVip")
    edit(controller, "VirtualService", "test--shop-web", vsvip_ref="/api/vsvip?name=by-hand")

    plan = adoption(app("web"), controller.live)

    assert plan.changes == ()
    assert "VirtualService admin/test--shop-web uses VsVip by-hand, but Git requests" in reasons(plan)[0]


def test_an_object_that_belongs_to_another_owner_of_ours_keeps_the_owner_back() -> None:
    """Service `a` of Gateway `b-c` and Service `a-b` of Gateway `c` spell the name of one pool."""
    controller = controller_of_ako([gateway("c"), service("a-b", gateway="c"), endpoints("a-b")])
    ours = [gateway("b-c"), service("a", gateway="b-c"), endpoints("a")]
    edit(controller, "Pool", "test--shop-a-b-c-TCP-80", created_by="", markers=[])
    controller.apply(adoption(ours, controller.live))

    plan = adoption([gateway("c"), service("a-b", gateway="c"), endpoints("a-b")], controller.live)

    assert plan.changes == ()
    assert reasons(plan) == ["not taken over: Pool admin/test--shop-a-b-c-TCP-80 belongs to Gateway shop/b-c"]


def test_what_git_does_not_ask_for_stays_with_ako_and_is_listed_by_owner() -> None:
    """Taken over it would be deleted by the next plan."""
    controller = controller_of_ako([*app("web"), *app("old")])

    plan = adoption(app("web"), controller.live)

    assert {change.owner.name for change in plan.changes} == {"web"}
    assert warnings(plan) == [
        "AKO made L4PolicySet admin/test--shop-old and 2 more, and it is not in Git: left with AKO"
    ]


def test_what_a_switch_leaves_out_stays_with_ako() -> None:
    """layer7Only in values.yaml: LoadBalancer Services are in Git, and not requested."""
    direct = [load_balancer(), endpoints("direct", ports=(25,))]
    controller = controller_of_ako(direct)
    values = {**VALUES, "AKOSettings": {**VALUES["AKOSettings"], "layer7Only": True}}

    plan = plan_adoption(desired_for(*direct, values=values), controller.live, make_options())

    assert plan.changes == ()
    assert "and AKOSettings.layer7Only is true: left with AKO" in warnings(plan)[0]


def test_a_held_owner_is_not_taken_over_and_not_called_unasked_for() -> None:
    """Its manifest is there and wrong: nobody knows what it requests."""
    controller = controller_of_ako(app("web"))

    plan = adoption(app("web", label_name="other"), controller.live)

    assert (plan.changes, plan.problems) == ((), ())
    assert [item.owner.name for item in plan.held] == ["web"]


def test_layer_7_objects_of_ako_are_nothing_of_ours() -> None:
    """Those of an Ingress carry its markers; the shared parent none that would name an owner."""
    controller = PerfectController()
    host = markers(clustername="test", Namespace="shop", Host="shop.example.com")
    controller.put({"name": "test--shop.example.com", "created_by": "ako-test", "markers": host}, "VirtualService")
    parent = {"name": "test--Shared-L7-0", "created_by": "ako-test", "markers": markers(clustername="test")}
    controller.put(parent, "VirtualService")

    plan = adoption([], controller.live)

    assert (plan.changes, plan.problems) == ((), ())


# --- giving back ------------------------------------------------------------------------------------------------------


def test_what_we_made_ourselves_is_given_to_ako_so_that_it_recognises_it() -> None:
    """AKO's marks alone, and a checksum that makes AKO write the object once more."""
    controller = PerfectController()
    controller.apply(plan_for(controller.live, *app("web")))

    controller.apply(release(controller.live))

    live = bodies(controller.live)
    service_ = live["VirtualService admin/test--shop-web"]
    assert (service_["created_by"], service_["cloud_config_cksum"]) == ("ako-test", "0")
    assert live["VsVip admin/test--shop-web"]["markers"] == markers(clustername="test")
    assert live["VsVip admin/test--shop-web"]["vsvip_cloud_config_cksum"] == "0"
    assert {item.ownership for item in controller.live} == {"ako"}


def test_a_checksum_of_ako_does_not_outlive_a_change_of_ours() -> None:
    """It would tell AKO that the object is as AKO wrote it."""
    controller = controller_of_ako(app("web"))
    controller.apply(adoption(app("web"), controller.live))
    asked = [*app("web")[:2], endpoints("web-svc", addresses=SERVERS[:1])]
    controller.apply(plan_for(controller.live, *asked))

    controller.apply(release(controller.live))

    live = bodies(controller.live)
    assert live["Pool admin/test--shop-web-svc-web-TCP-80"]["cloud_config_cksum"] == "0"
    assert live["VirtualService admin/test--shop-web"]["cloud_config_cksum"] != "0"


def test_release_leaves_copies_and_what_is_not_ours() -> None:
    """A clone of ours is reported; objects of others are not in the plan."""
    controller = PerfectController()
    controller.apply(plan_for(controller.live, *app("web")))
    pool = bodies(controller.live)["Pool admin/test--shop-web-svc-web-TCP-80"]
    controller.put({**pool, "name": "experiment"}, "Pool")
    controller.put({"name": "theirs"}, "Pool")

    plan = release(controller.live)

    assert {change.key.name for change in plan.changes} == {"test--shop-web", "test--shop-web-svc-web-TCP-80"}
    assert "Pool admin/experiment" in warnings(plan)[0]


def test_a_shared_vip_is_taken_over_under_its_key() -> None:
    """AKO marks its objects as those of a Gateway that is called like the key."""
    shared = [
        {**load_balancer(name, port=port), "metadata": {**load_balancer(name)["metadata"], "annotations": SHARED}}
        for name, port in (("one", 25), ("two", 26))
    ]
    manifests = [*shared, *(endpoints(name, ports=(port,)) for name, port in (("one", 25), ("two", 26)))]
    controller = controller_of_ako(manifests)

    plan = adoption(manifests, controller.live)
    controller.apply(plan)

    assert {change.owner.kind for change in plan.changes} == {OwnerKind.SHARED_VIP}
    assert plan_for(controller.live, *manifests).changes == ()


SHARED = {"ako.vmware.com/enable-shared-vip": "mail"}


def test_a_service_engine_group_that_differs_is_left_to_the_next_plan() -> None:
    """Moving to another one breaks connections: guards count it, so it is none of adoption's business."""
    controller = controller_of_ako(app("web"))
    asked = [*app("web"), namespace("shop", infra="gold"), infra_setting("gold", seGroup={"name": "gold"})]
    plan = adoption(asked, controller.live)

    controller.apply(plan)

    assert not any(change.is_disruptive for change in plan.changes)
    assert [change.is_disruptive for change in plan_for(controller.live, *asked).changes] == [True]
