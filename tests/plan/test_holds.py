"""Which owners are not touched, and why."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from sync.model.desired import DesiredState, Held
from sync.model.live import Backup, LiveObject, LiveState, Ownership
from sync.model.plan import Plan
from sync.model.problem import Severity
from sync.plan.make import make_plan
from sync.plan.owners import owner_states
from tests.shared.builders import make_options
from tests.shared.perfect_controller import converged, desired_for
from tests.shared.plans import make_owner
from tests.shared.tree import Manifest, app, endpoints, gateway, namespace, service

WEB = app("web")


def desired_of(*manifests: Manifest, **fields: Any) -> DesiredState:
    """What some manifests ask for, with these fields changed."""
    return replace(desired_for(*manifests), **fields)


def plan_of(desired: DesiredState, live: LiveState, **options: Any) -> Plan:
    """The plan."""
    return make_plan(desired, live, make_options(**options))


def only(live: LiveState, kind: str, name: str = "test--shop-web") -> LiveObject:
    """The one object of a kind of the owner with this VirtualService."""
    (found,) = (item for item in live if item.key.kind == kind and item.owner_name == name)
    return found


def with_object(live: LiveState, item: LiveObject) -> LiveState:
    """The same objects, and this one in place of what has its key."""
    return replace(live, objects={**live.objects, item.key: item})


def why(plan: Plan) -> list[str]:
    """Why owners are held, without the word itself."""
    errors = (problem for problem in plan.problems if problem.severity is Severity.ERROR)
    return [problem.message.removeprefix("held: ") for problem in errors]


# --- what the source says ---------------------------------------------------------------------------------------------


def test_an_owner_that_the_source_holds_is_not_touched() -> None:
    """It is live, and missing among what is wanted: that is no request to delete it. The others go on."""
    controller = converged(*WEB, *app("api"))
    held = (Held(owner=make_owner("web"), name="test--shop-web"),)

    plan = plan_of(desired_of(*app("new"), held=held), controller.live)

    assert {change.owner.name for change in plan.changes} == {"api", "new"}


def test_where_everything_is_held_nothing_is_touched() -> None:
    """What all owners depend on is wrong."""
    controller = converged(*WEB)

    plan = plan_of(desired_of(*app("new"), holds_everything=True), controller.live)

    assert (plan.is_empty, [item.name for item in plan.held]) == (True, ["test--shop-new", "test--shop-web"])


MOVE = "its Namespace is not in the tree, so its tenant is unknown (tenant blue → admin)"


@pytest.mark.parametrize(
    ("unknown", "expected"),
    [
        pytest.param({"test--shop-web"}, [MOVE], id="not in the tree"),
        pytest.param(set(), [], id="in the tree, and without the annotation"),
    ],
)
def test_an_owner_whose_namespace_is_unknown_does_not_move(unknown: set[str], expected: list[str]) -> None:
    """Its annotation may just not be there: everything would be created again in the wrong tenant."""
    controller = converged(namespace("shop", tenant="blue"), *WEB)

    plan = plan_of(desired_of(*WEB, tenant_unknown=frozenset(unknown)), controller.live)

    assert (why(plan), plan.is_empty) == (expected, bool(expected))


@pytest.mark.parametrize(
    ("may_switch_off", "is_held"),
    [pytest.param(False, True, id="not requested"), pytest.param(True, False, id="requested")],
)
def test_a_switch_deletes_nothing_unless_somebody_asks_to_see_it(may_switch_off: bool, is_held: bool) -> None:
    """The owner is in Git; only values.yaml no longer serves it."""
    controller = converged(*WEB)
    desired = desired_of(switched_off={"test--shop-web": "servicesAPI is false"})

    plan = plan_of(desired, controller.live, may_switch_off=may_switch_off)

    assert plan.is_empty is is_held
    assert plan.switched_off == (() if is_held else (make_owner("web"),))


# --- an incomplete tree -----------------------------------------------------------------------------------------------

TWO_PORTS = (gateway("web", ports=(80, 81)), service("web-svc", ports=(80, 81)), endpoints("web-svc", ports=(80, 81)))
NAMED = app("web", hostname="web.example.com")


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        pytest.param(WEB, [], "L4PolicySet admin/test--shop-web and 3 more", id="the owner"),
        pytest.param(
            WEB,
            [*WEB[:2], endpoints("web-svc", addresses=["192.0.2.1"])],
            "Pool admin/test--shop-web-svc-web-TCP-80 servers: 192.0.2.2:8080",
            id="a server",
        ),
        pytest.param(NAMED, WEB, "VsVip admin/test--shop-web dns_info: web.example.com", id="a name"),
        pytest.param(
            app("web", address="10.10.10.5"),
            app("web", address="10.10.10.6"),
            "VirtualService admin/test--shop-web and 1 more",
            id="an address",
        ),
        pytest.param(
            TWO_PORTS,
            WEB,
            "L4PolicySet admin/test--shop-web l4_connection_policy.rules: PROTOCOL_TCP:[81] and 2 more",
            id="a port",
        ),
    ],
)
def test_an_incomplete_tree_takes_nothing_away(
    before: Sequence[Manifest], after: Sequence[Manifest], lost: str
) -> None:
    """What is missing may stand in a file that could not be read; the first loss is named."""
    controller = converged(*before)

    plan = plan_of(desired_of(*after, is_complete=False), controller.live)

    assert plan.is_empty
    assert why(plan) == [f"some files could not be read, so removals are off; this change would remove {lost}"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param([], WEB, id="an owner"),
        pytest.param(WEB, NAMED, id="a name"),
        pytest.param(
            WEB, [*WEB[:2], endpoints("web-svc", addresses=["192.0.2.1", "192.0.2.2", "192.0.2.3"])], id="server"
        ),
    ],
)
def test_an_incomplete_tree_may_add(before: Sequence[Manifest], after: Sequence[Manifest]) -> None:
    """One broken file does not stop a rollout of the others."""
    controller = converged(*before)

    plan = plan_of(desired_of(*after, is_complete=False), controller.live)

    assert (why(plan), plan.is_empty) == ([], False)


def test_servers_that_are_left_alone_are_none_that_an_incomplete_tree_loses() -> None:
    """Live servers stay in any case: Git does not say which there are."""
    controller = converged(*WEB)
    desired = desired_of(*NAMED, is_complete=False)
    alone = {
        key: replace(
            item,
            body={name: value for name, value in item.body.items() if name != "servers"},
            normal={name: value for name, value in item.normal.items() if name != "servers"},
            left_alone=frozenset({"servers"}),
        )
        if key.kind == "Pool"
        else item
        for key, item in desired.objects.items()
    }

    plan = plan_of(replace(desired, objects=alone), controller.live)

    assert why(plan) == []


# --- names that somebody else has -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ownership", "expected"),
    [
        pytest.param(Ownership.CLONE, "is a copy: it has our markers, but for another name", id="a copy of ours"),
        pytest.param(Ownership.AKO, "was made by this cluster's AKO and is not ours", id="AKO's"),
        pytest.param(
            Ownership.AKO_CLONE, "already exists and is not ours (created by terraform)", id="a copy of AKO's"
        ),
        pytest.param(Ownership.STRIPPED, "was made by avi-sync, but some of its markers were removed", id="stripped"),
        pytest.param(Ownership.UNMARKED, "already exists and is not marked by any tool", id="nobody's"),
        pytest.param(Ownership.FOREIGN, "already exists and is not ours (created by terraform)", id="others'"),
    ],
)
def test_a_wanted_name_that_is_not_ours_holds_its_owner(ownership: Ownership, expected: str) -> None:
    """None of its other objects is created, and the object is listed as foreign."""
    pool = only(converged(*WEB).live, "Pool")
    theirs = replace(
        pool, ownership=ownership, owner=None, owner_name="", body={**pool.body, "created_by": "terraform"}
    )

    plan = plan_of(desired_of(*WEB), with_object(LiveState(), theirs))

    assert (plan.is_empty, plan.foreign) == (True, (pool.key,))
    assert f"{pool.key} {expected}" in why(plan)


def test_who_made_it_is_told_as_somebody_else_where_nobody_signed() -> None:
    """A foreign object without `created_by`."""
    pool = only(converged(*WEB).live, "Pool")
    body = {name: value for name, value in pool.body.items() if name != "created_by"}
    theirs = replace(pool, ownership=Ownership.FOREIGN, owner=None, owner_name="", body=body)

    plan = plan_of(desired_of(*WEB), with_object(LiveState(), theirs))

    assert why(plan) == [f"{pool.key} already exists and is not ours (created by somebody else)"]


# --- what would break off halfway -------------------------------------------------------------------------------------


def refused(live: LiveState, desired: DesiredState, words: str) -> LiveState:
    """The same objects, with the mark of a request that the Controller has refused."""
    (state,) = owner_states(desired, live)
    item = only(live, "VirtualService")
    mark = {"key": "RefusedDigest", "values": [state.desired_digest, words]}
    return with_object(live, replace(item, body={**item.body, "markers": [*item.body["markers"], mark]}))


MOVED = app("web", address="10.10.10.6")


@pytest.mark.parametrize(
    ("asked", "options", "is_held"),
    [
        pytest.param(MOVED, {}, True, id="the same request"),
        pytest.param(MOVED, {"retry_refused": True}, False, id="the same request, to be tried again"),
        pytest.param(app("web", address="10.10.10.7"), {}, False, id="another request"),
    ],
)
def test_what_the_controller_has_refused_is_not_tried_again(
    asked: list[Manifest], options: dict[str, Any], is_held: bool
) -> None:
    """Each try is an outage; the Controller's words are reported."""
    controller = converged(*app("web", address="10.10.10.5"))
    live = refused(controller.live, desired_of(*MOVED), "no such subnet")

    plan = plan_of(desired_of(*asked), live, **options)

    assert plan.is_empty is is_held
    assert any("the old objects were restored: no such subnet" in message for message in why(plan)) is is_held


def test_nothing_is_deleted_that_somebody_else_refers_to() -> None:
    """The Controller would refuse the delete after the VirtualService is gone."""
    controller = converged(*app("web", address="10.10.10.5"))
    vsvip = only(controller.live, "VsVip")
    controller.put({"name": "theirs", "vsvip_ref": f"/api/vsvip?name={vsvip.key.name}"}, "VirtualService")

    plan = plan_of(desired_of(*MOVED), controller.live)

    assert plan.is_empty
    assert why(plan) == ["VirtualService admin/theirs refers to VsVip admin/test--shop-web, which would be deleted"]


def test_what_somebody_else_refers_to_may_change_in_place() -> None:
    """Only deletes are in the way."""
    controller = converged(*WEB)
    controller.put({"name": "theirs", "vsvip_ref": "/api/vsvip?name=test--shop-web"}, "VirtualService")

    plan = plan_of(desired_of(*NAMED), controller.live)

    assert (why(plan), plan.is_empty) == ([], False)


# --- addresses --------------------------------------------------------------------------------------------------------


def theirs(address: str) -> dict[str, Any]:
    """A VsVip of somebody else in the VRF of ours."""
    return {
        "name": "theirs",
        "vrf_context_ref": "/api/vrfcontext?name=global",
        "vip": [{"vip_id": "0", "ip_address": {"addr": address, "type": "V4"}}],
    }


def test_an_address_of_somebody_else_holds_whoever_asks_for_it() -> None:
    """It will not become free by anything that we do."""
    controller = converged(*app("web", address="10.10.10.5"))
    vrf = only(controller.live, "VsVip").body.get("vrf_context_ref", "")
    controller.put(theirs("10.10.10.6") | ({"vrf_context_ref": vrf} if vrf else {}), "VsVip")

    plan = plan_of(desired_of(*MOVED), controller.live)

    assert (plan.is_empty, why(plan)) == (True, ["address 10.10.10.6 is taken by VsVip admin/theirs"])


def test_two_who_ask_for_a_free_address_do_not_get_it() -> None:
    """Nobody can tell which of them is meant."""
    plan = plan_of(desired_of(*app("web", address="10.10.10.5"), *app("api", address="10.10.10.5")), LiveState())

    assert plan.is_empty
    assert why(plan) == [
        "Gateway shop/web requests the same address 10.10.10.5",
        "Gateway shop/api requests the same address 10.10.10.5",
    ]


def test_of_two_who_ask_for_an_address_the_one_that_has_it_keeps_it() -> None:
    """The other one is held, and the first goes on."""
    controller = converged(*app("web", address="10.10.10.5"))
    both = (*app("web", address="10.10.10.5", hostname="web.example.com"), *app("api", address="10.10.10.5"))

    plan = plan_of(desired_of(*both), controller.live)

    assert why(plan) == ["Gateway shop/web requests the same address 10.10.10.5"]
    assert {change.owner.name for change in plan.changes} == {"web"}


def test_an_address_is_passed_on_in_one_plan() -> None:
    """Its holder gives it up in the same plan."""
    controller = converged(*app("web", address="10.10.10.5"))

    plan = plan_of(desired_of(*MOVED, *app("api", address="10.10.10.5")), controller.live)

    assert (why(plan), {change.owner.name for change in plan.changes}) == ([], {"web", "api"})


def test_an_address_is_not_passed_on_by_an_owner_that_is_held() -> None:
    """A paused holder keeps it, so whoever waits for it is held as well."""
    controller = converged(*app("web", address="10.10.10.5"))
    item = only(controller.live, "Pool")
    pause = {"key": "PausedUntil", "values": ["2026-03-02T00:00:00+00:00"]}
    live = with_object(controller.live, replace(item, body={**item.body, "markers": [*item.body["markers"], pause]}))

    plan = plan_of(desired_of(*MOVED, *app("api", address="10.10.10.5")), live)

    assert plan.is_empty
    assert "address 10.10.10.5 is taken by VsVip admin/test--shop-web" in why(plan)


# --- what an interrupted run has left ---------------------------------------------------------------------------------


def interrupted(*manifests: Manifest) -> LiveState:
    """A run died after it had deleted VirtualService and VsVip of the Gateway shop/web."""
    live = converged(*manifests).live
    gone = [
        item for item in live if item.key.kind in ("VirtualService", "VsVip") and item.owner_name == "test--shop-web"
    ]
    return LiveState(
        objects={key: item for key, item in live.objects.items() if item not in gone},
        backups=tuple(Backup(group="g", before=item) for item in gone),
    )


def test_the_address_of_an_interrupted_owner_is_passed_on_as_planned() -> None:
    """Git gives it to another owner, and the first one requests another."""
    live = interrupted(*app("web", address="10.10.10.5"))

    plan = plan_of(desired_of(*MOVED, *app("api", address="10.10.10.5")), live)

    assert (why(plan), {change.owner.name for change in plan.changes}) == ([], {"web", "api"})


def test_an_interrupted_owner_that_an_incomplete_tree_does_not_show_is_put_back() -> None:
    """It may still be in the file that could not be read, so none of its objects is deleted."""
    plan = plan_of(desired_of(is_complete=False), interrupted(*WEB))

    assert {(change.action.value, change.key.kind) for change in plan.changes} == {
        ("create", "VsVip"),
        ("create", "VirtualService"),
    }
