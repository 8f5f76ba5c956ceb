"""What passes from one owner to another: given up first, taken then, in one change set."""

from dataclasses import replace
from typing import Any

import pytest

from sync.model.desired import DesiredState, Owner, OwnerKind
from sync.model.live import LiveState
from sync.model.plan import Action, Method, Plan, Turn
from sync.model.problem import Severity
from sync.plan.make import make_plan
from sync.plan.obstacles import obstacles
from sync.plan.owners import owner_states
from tests.shared.builders import make_facts, make_options
from tests.shared.perfect_controller import PerfectController, desired_for
from tests.shared.tree import VALUES, Manifest, app, endpoints, gateway, load_balancer, service

DNS = make_facts(domains=["example.com"])
SHARED = "ako.vmware.com/enable-shared-vip"


def desired_of(*manifests: Manifest, **arguments: Any) -> DesiredState:
    """What some manifests request of a Controller whose cloud has a DNS profile."""
    return desired_for(*manifests, **{"facts": DNS, **arguments})


def plan_of(controller: PerfectController, *manifests: Manifest, **options: Any) -> Plan:
    """The plan for some manifests."""
    return make_plan(desired_of(*manifests), controller.live, make_options(**options))


def converged(*manifests: Manifest) -> PerfectController:
    """A Controller on which some manifests are live."""
    controller = PerfectController()
    controller.apply(plan_of(controller, *manifests))
    return controller


def why(plan: Plan) -> list[str]:
    """Why owners are held, without the word itself."""
    return [item.message.removeprefix("held: ") for item in plan.problems if item.severity is Severity.ERROR]


def sent(plan: Plan) -> list[str]:
    """The writes of the only change set: `PUT VsVip a`, by the owner's name."""
    (change_set,) = plan.change_sets
    return [f"{write.method} {write.key.kind} {write.owner.name}" for write in change_set.writes]


def member(name: str, port: int, *, shared: str = "k") -> list[Manifest]:
    """A LoadBalancer Service, of a shared VIP unless that is empty."""
    found = load_balancer(name, port=port)
    annotations = {SHARED: shared} if shared else {}
    metadata = {**found["metadata"], "annotations": annotations}
    return [{**found, "metadata": metadata}, endpoints(name, ports=(port,))]


# --- DNS names --------------------------------------------------------------------------------------------------------


def test_a_hostname_is_given_up_before_it_is_taken() -> None:
    """Both by an update in place; the spelling of a name does not matter."""
    controller = converged(*app("a"), *app("b", hostname="Shop.example.com"))

    plan = plan_of(controller, *app("a", hostname="shop.EXAMPLE.com"), *app("b"))

    assert sent(plan) == ["PUT VsVip b", "PUT VsVip a"]


def test_two_owners_swap_their_hostnames() -> None:
    """One of them gives up before the other takes, and takes after that; in between it keeps its other names."""
    controller = converged(*app("a", hostname="x.example.com"), *app("b", hostname="y.example.com"))

    plan = plan_of(controller, *app("a", hostname="y.example.com"), *app("b", hostname="x.example.com"))

    assert sent(plan) == ["PUT VsVip a", "PUT VsVip b", "PUT VsVip a"]
    first, _, last = plan.change_sets[0].writes
    assert [first.body and first.body["dns_info"], last.body and last.body["dns_info"]] == [
        [],
        [{"fqdn": "y.example.com"}],
    ]
    controller.apply(plan)
    assert plan_of(controller, *app("a", hostname="y.example.com"), *app("b", hostname="x.example.com")).is_empty


def test_an_update_that_only_gives_up_is_seen_not_to_be_finished() -> None:
    """A run that ends in between leaves no digest of what Git requests: what is missing was not deleted by hand."""
    controller = converged(*app("a", hostname="x.example.com"), *app("b", hostname="y.example.com"))
    swapped = (*app("a", hostname="y.example.com"), *app("b", hostname="x.example.com"))
    plan = plan_of(controller, *swapped)
    (change_set,) = plan.change_sets

    controller.apply(replace(plan, change_sets=(replace(change_set, writes=change_set.writes[:1]),)))

    assert {change.cause.value for change in plan_of(controller, *swapped).changes} == {"git"}


def test_a_hostname_that_its_holder_still_wants_is_not_given_up() -> None:
    """Also where the holder's VIP is replaced in the same plan."""
    controller = converged(*app("a", hostname="x.example.com", address="10.10.10.1"))

    plan = plan_of(
        controller, *app("a", hostname="x.example.com", address="10.10.10.2"), *app("b", hostname="x.example.com")
    )

    assert why(plan) == ["hostname x.example.com is taken by VsVip admin/test--shop-a"]
    assert {change.owner.name for change in plan.changes} == {"a"}


def theirs(controller: PerfectController) -> None:
    """Somebody else has a hostname."""
    controller.put({"name": "theirs", "vip": [], "dns_info": [{"fqdn": "X.example.com"}]}, "VsVip")


def test_a_hostname_of_somebody_else_is_found_before_anything_is_deleted() -> None:
    """The new VIP could only be refused for it."""
    controller = converged(*app("a", address="10.10.10.1"))
    theirs(controller)

    plan = plan_of(controller, *app("a", address="10.10.10.2", hostname="x.example.com"))

    assert (plan.is_empty, why(plan)) == (True, ["hostname x.example.com is taken by VsVip admin/theirs"])


def test_where_the_cloud_has_no_dns_several_may_have_one_hostname() -> None:
    """The Controller does not look at the names there, and nobody is held for them."""
    controller = PerfectController(has_dns=False)
    theirs(controller)
    both = (*app("a", hostname="x.example.com"), *app("b", hostname="x.example.com"))

    plan = make_plan(desired_of(*both, facts=make_facts()), controller.live, make_options())
    controller.apply(plan)

    assert (why(plan), {change.owner.name for change in plan.changes}) == ([], {"a", "b"})


def test_of_two_who_request_a_free_hostname_nobody_gets_it() -> None:
    """As with addresses: nobody can tell which of them is meant."""
    plan = plan_of(PerfectController(), *app("a", hostname="x.example.com"), *app("b", hostname="x.example.com"))

    assert plan.is_empty
    assert why(plan) == [
        "Gateway shop/b requests the same hostname x.example.com",
        "Gateway shop/a requests the same hostname x.example.com",
    ]


# --- Services ---------------------------------------------------------------------------------------------------------


def test_a_service_that_moves_serves_in_its_new_place_before_it_goes_from_the_old_one() -> None:
    """Its name passes in between, by updates in place; the old rule, port and pool go last."""
    front = service("front", gateway="a")
    moved = service("front", gateway="b")
    back = endpoints("front")
    controller = converged(gateway("a"), gateway("b"), front, back)

    plan = plan_of(controller, gateway("a"), gateway("b"), moved, back)

    assert sent(plan) == [
        "POST Pool b",
        "POST L4PolicySet b",
        "PUT VirtualService b",
        "PUT VsVip a",
        "PUT VsVip b",
        "PUT VirtualService a",
        "DELETE L4PolicySet a",
        "DELETE Pool a",
    ]


def test_a_service_that_leaves_a_shared_vip_has_its_own_before_its_port_goes() -> None:
    """Only its name has to be free before."""
    controller = converged(*member("x", 26), *member("y", 27))

    plan = plan_of(controller, *member("x", 26), *member("y", 27, shared=""))

    assert sent(plan) == [
        "POST Pool y",
        "POST L4PolicySet y",
        "PUT VsVip k",
        "POST VsVip y",
        "POST VirtualService y",
        "PUT L4PolicySet k",
        "PUT VirtualService k",
        "DELETE Pool k",
    ]


def test_a_service_that_joins_a_shared_vip_is_put_back_if_that_is_refused() -> None:
    """Its own VIP goes for the name: from there to the last update it can be restored."""
    controller = converged(*member("x", 26), *member("y", 27, shared=""))

    plan = plan_of(controller, *member("x", 26), *member("y", 27))

    (change_set,) = plan.change_sets
    assert [f"{change_set.writes[n].method} {change_set.writes[n].key.kind}" for n in change_set.in_hand] == [
        "DELETE VirtualService",
        "DELETE VsVip",
        "PUT VsVip",
    ]
    assert [write.key.kind for write in change_set.restores] == ["VsVip", "VirtualService"]


# --- object names -----------------------------------------------------------------------------------------------------


def test_the_name_of_a_pool_passes_from_one_gateway_to_another() -> None:
    """Two Services and two Gateways whose names are spelled alike together."""
    before = (gateway("b-c"), gateway("c"), service("a", gateway="b-c"), endpoints("a"))
    after = (gateway("b-c"), gateway("c"), service("a-b", gateway="c"), endpoints("a-b"))
    controller = converged(*before)

    plan = plan_of(controller, *after)

    writes = [(write.method, write.key.kind, write.owner.name) for write in plan.change_sets[0].writes]
    assert writes.index((Method.DELETE, "Pool", "b-c")) < writes.index((Method.POST, "Pool", "c"))
    controller.apply(plan)
    assert plan_of(controller, *after).is_empty


def test_the_names_of_two_pools_are_swapped() -> None:
    """A rule goes before its pool does, and comes back for another one: the policy is sent twice."""
    gateways = (gateway("b-c"), gateway("c"))
    before = (service("a", gateway="b-c"), endpoints("a"), service("x-b", gateway="c"), endpoints("x-b"))
    after = (service("x", gateway="b-c"), endpoints("x"), service("a-b", gateway="c"), endpoints("a-b"))
    controller = converged(*gateways, *before)

    controller.apply(plan_of(controller, *gateways, *after))

    assert plan_of(controller, *gateways, *after).is_empty


def test_the_name_of_an_object_is_not_taken_from_an_owner_that_keeps_it() -> None:
    """Here it is held: what it has stays its own."""
    before = (gateway("b-c"), gateway("c"), service("a", gateway="b-c"), endpoints("a"))
    after = (gateway("b-c"), gateway("c"), service("a-b", gateway="c"), endpoints("a-b"))
    controller = converged(*before)
    held = replace(desired_of(*after), tenant_unknown=frozenset())
    paused = {
        key: replace(item, body={**item.body, "markers": [*item.body["markers"], _PAUSE]})
        if item.owner is not None and item.owner.name == "b-c"
        else item
        for key, item in controller.live.objects.items()
    }

    plan = make_plan(held, LiveState(objects=paused), make_options())

    assert "Pool admin/test--shop-a-b-c-TCP-80 still belongs to Gateway shop/b-c" in why(plan)
    assert plan.is_empty


_PAUSE = {"key": "PausedUntil", "values": ["2026-03-02T00:00:00+00:00"]}


# --- addresses --------------------------------------------------------------------------------------------------------


def test_an_address_that_git_requests_is_taken_before_the_controller_chooses_any() -> None:
    """The first free address is the one that is requested."""
    plan = plan_of(PerfectController(), *app("a"), *app("z", address="10.10.10.1"))

    assert [(item.owners[0].name, item.turn) for item in plan.change_sets] == [
        ("z", Turn.REQUESTING),
        ("a", Turn.ALLOCATING),
    ]


def test_who_has_an_address_by_chance_makes_way_for_who_requests_it() -> None:
    """The VIP of the one is replaced, for the reason that is given; the other one takes the address first."""
    controller = converged(*app("a"))

    plan = plan_of(controller, *app("a"), *app("b", address="10.10.10.1"))

    assert {(change.key.kind, change.reason) for change in plan.changes if change.owner.name == "a"} == {
        ("VsVip", "Gateway shop/b requests address 10.10.10.1"),
        ("VirtualService", "Gateway shop/b requests address 10.10.10.1"),
    }
    assert {change.cause.value for change in plan.changes} == {"git"}
    controller.apply(plan)
    assert plan_of(controller, *app("a"), *app("b", address="10.10.10.1")).is_empty


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"may_replace": False}, id="no replace is allowed"),
        pytest.param({"protected": True}, id="it is protected"),
        pytest.param({"paused": True}, id="it is paused"),
        pytest.param({"used": True}, id="somebody else uses its VIP"),
        pytest.param({"rival": True}, id="two request the address"),
    ],
)
def test_nobody_makes_way_who_must_not_or_for_nothing(options: dict[str, bool]) -> None:
    """Whoever requests the address is held then; the one that has it is not, unless for reasons of its own."""
    controller = converged(*app("a"))
    marks = [_PAUSE] if options.get("paused") else []
    marks += [{"key": "Protected", "values": ["true"]}] if options.get("protected") else []
    objects = {
        key: replace(item, body={**item.body, "markers": [*item.body["markers"], *marks]})
        for key, item in controller.live.objects.items()
    }
    controller.live = LiveState(objects=objects)
    if options.get("used"):
        controller.put({"name": "theirs", "vsvip_ref": "/api/vsvip?name=test--shop-a"}, "VirtualService")
    rivals = app("c", address="10.10.10.1") if options.get("rival") else []

    plan = plan_of(
        controller,
        *app("a"),
        *app("b", address="10.10.10.1"),
        *rivals,
        may_replace=options.get("may_replace", True),
    )

    assert Action.REPLACE not in {change.action for change in plan.changes}
    assert any("address 10.10.10.1" in message for message in why(plan))
    assert ("test--shop-a" in {item.name for item in plan.held}) is options.get("paused", False)


def test_who_requests_an_address_of_a_vip_that_is_replaced_does_not_get_it_either() -> None:
    """The holder lets go of it for a moment, so that it has no better claim to it than the other one."""
    network = {"networkName": "other"}
    values = {**VALUES, "NetworkSettings": {**VALUES["NetworkSettings"], "vipNetworkList": [network]}}
    controller = converged(*app("a", address="10.10.10.1"))

    desired = desired_of(*app("a", address="10.10.10.1"), *app("b", address="10.10.10.1"), values=values)
    plan = make_plan(desired, controller.live, make_options())

    assert (plan.is_empty, why(plan)) == (
        True,
        [
            "Gateway shop/b requests the same address 10.10.10.1",
            "Gateway shop/a requests the same address 10.10.10.1",
        ],
    )


# --- the last look before a delete ------------------------------------------------------------------------------------


def test_what_a_set_updates_itself_is_no_obstacle() -> None:
    """Two Gateways swap addresses, and one of them drops a port: its policy drops the pool before that goes."""
    before = (*app("a", address="10.10.10.1"), *member("x", 26), *member("y", 27))
    after = (*app("a"), *member("x", 26), *member("y", 27, shared=""))
    two_ports = (gateway("b", ports=(80, 81), address="10.10.10.2"), service("b-svc", gateway="b", ports=(80, 81)))
    one_port = (gateway("b", address="10.10.10.1"), service("b-svc", gateway="b"))
    controller = converged(*before, *two_ports)

    plan = plan_of(controller, *after, *one_port)

    assert [found for item in plan.change_sets for found in obstacles(item, controller.live)] == []


def test_a_hostname_that_somebody_took_after_the_plan_was_made_is_an_obstacle() -> None:
    """As an address is."""
    controller = converged(*app("a", address="10.10.10.1"))
    plan = plan_of(controller, *app("a", address="10.10.10.2", hostname="x.example.com"))

    theirs(controller)

    assert [found for item in plan.change_sets for found in obstacles(item, controller.live)] == [
        "hostname x.example.com is taken by VsVip admin/theirs"
    ]


# --- owners -----------------------------------------------------------------------------------------------------------


def test_what_git_says_of_an_owner_counts_more_than_the_markers_of_what_is_live() -> None:
    """A Gateway and a Service of one name have one VirtualService: the plan is that of the Service."""
    controller = converged(*app("web"))

    (state,) = owner_states(desired_of(load_balancer("web"), endpoints("web", ports=(25,))), controller.live)

    assert state.owner == Owner(kind=OwnerKind.SERVICE, namespace="shop", name="web")
