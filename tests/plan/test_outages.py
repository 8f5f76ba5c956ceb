"""What a plan takes away from those who connect: one count of what serves, before and after."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.kinds import KINDS
from sync.model.desired import ObjectKey
from sync.model.live import LiveState, Ownership
from sync.model.plan import Cause, Plan
from sync.plan.make import make_plan
from sync.plan.outages import Effect, Gravity, effects_of
from sync.plan.serving import Listener, serving_of
from tests.shared.builders import make_facts, make_options
from tests.shared.perfect_controller import PerfectController, desired_for
from tests.shared.plans import make_key, make_live, make_pool, servers
from tests.shared.tree import VALUES, Manifest, app, endpoints, gateway, load_balancer, service

Values = Mapping[str, Any]


def converged(*manifests: Manifest, values: Values = VALUES) -> PerfectController:
    """A Controller on which these manifests are applied."""
    controller = PerfectController()
    controller.apply(planned(controller.live, *manifests, values=values))
    return controller


def planned(live: LiveState, *manifests: Manifest, values: Values = VALUES, **options: Any) -> Plan:
    """The plan for some manifests; names are made for those of `avi.internal` only."""
    facts = make_facts(domains=["avi.internal"] if values is not VALUES else [])
    return make_plan(desired_for(*manifests, values=values, facts=facts), live, make_options(**options))


def web(
    *ready: bool, ports: tuple[int, ...] = (80,), hostname: str = "", address: str = "", first: int = 1
) -> list[Manifest]:
    """The Gateway shop/web with a back end for each of these, ready or not."""
    ends = endpoints("web-svc", ports=ports, addresses=[f"192.0.2.{first + each}" for each in range(len(ready))])
    told = [{**end, "conditions": {"ready": is_ready}} for end, is_ready in zip(ends["endpoints"], ready, strict=True)]
    return [
        gateway("web", ports=ports, hostname=hostname, address=address),
        service("web-svc", gateway="web", ports=ports),
        {**ends, "endpoints": told},
    ]


def effect(live: LiveState, plan: Plan) -> Effect:
    """What the plan does to its only owner."""
    (found,) = effects_of(plan, live).values()
    return found


FQDN = {**VALUES, "L4Settings": {"defaultDomain": "avi.internal"}}


def fqdn(value: str) -> Values:
    """Settings with names of another form, or without names."""
    return {**FQDN, "L4Settings": {**FQDN["L4Settings"], "autoFQDN": value}}


# --- what is an outage ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "gravity", "words"),
    [
        pytest.param(
            web(True, True),
            web(False, False),
            Gravity.DRAINED,
            "TCP 80 has no server left that gets traffic (2 before)",
            id="no endpoint is ready any more",
        ),
        pytest.param(
            web(True, True, True),
            web(True, False, False),
            Gravity.DRAINED,
            "TCP 80 keeps 1 of 3 enabled servers",
            id="most are not ready any more",
        ),
        pytest.param(web(True, True), web(True, False), None, "", id="half is not ready any more"),
        pytest.param(web(True, True), web(True, True, first=9), None, "", id="an exchange"),
        pytest.param(web(False, False), web(False), None, "", id="none served before"),
        pytest.param(
            web(True, ports=(80, 443)),
            web(True, ports=(80,)),
            Gravity.DRAINED,
            "TCP 443 is no longer served",
            id="a listener goes",
        ),
        pytest.param(
            web(True, hostname="a.example.com"),
            web(True, hostname="b.example.com"),
            Gravity.DISRUPTED,
            "DNS name a.example.com becomes b.example.com",
            id="another name",
        ),
        pytest.param(
            web(True, hostname="a.example.com"),
            web(True),
            Gravity.DISRUPTED,
            "DNS name a.example.com is lost",
            id="a name goes",
        ),
        pytest.param(web(True), web(True, hostname="a.example.com"), None, "", id="a name comes"),
        pytest.param(
            web(True, address="10.10.10.1"),
            web(True, address="10.10.10.2"),
            Gravity.DISRUPTED,
            "the VIP is down between delete and create: connections break",
            id="another address",
        ),
        pytest.param(web(True), [], Gravity.GONE, "connections end", id="the owner goes"),
        pytest.param([], web(True), None, "", id="the owner comes"),
    ],
)
def test_what_those_who_connect_lose(
    before: list[Manifest], after: list[Manifest], gravity: Gravity | None, words: str
) -> None:
    """One loss at most, of its gravity and in its words; what Git requests is never laid on the Controller."""
    live = converged(*before).live

    found = effect(live, planned(live, *after))

    assert [(loss.gravity, loss.words, loss.cause) for loss in found.losses if loss.words == words] == (
        [(gravity, words, Cause.GIT)] * len(found.losses)
    )
    assert bool(found.losses) is (gravity is not None)


def test_a_pool_under_another_name_with_as_many_servers_takes_nothing_away() -> None:
    """The Service is renamed: one pool goes, another one comes, and the listener serves as before."""
    live = converged(*web(True, True)).live
    renamed = [
        gateway("web"),
        service("other-svc", gateway="web"),
        endpoints("other-svc", addresses=("192.0.2.1", "192.0.2.2")),
    ]

    assert effect(live, planned(live, *renamed)).losses == ()


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("Pool", "enabled", False),
        ("Pool", "min_servers_up", 3),
        ("VirtualService", "enabled", False),
        ("VirtualService", "traffic_enabled", False),
    ],
)
def test_a_switch_in_a_body_turns_everything_off(kind: str, field: str, value: object) -> None:
    """A template or an L4Rule that disables a pool or a VirtualService, or wants more servers than there are."""
    live = converged(*web(True, True)).live
    desired = desired_for(*web(True, True))
    objects = {
        key: replace(item, body={**item.body, field: value}, normal={**item.normal, field: value})
        if key.kind == kind
        else item
        for key, item in desired.objects.items()
    }

    plan = make_plan(replace(desired, objects=objects), live, make_options(may_undo=True))

    assert effect(live, plan).words == ("TCP 80 has no server left that gets traffic (2 before)",)
    assert effect(live, plan).is_emptied


@pytest.mark.parametrize("value", ["flat", "disabled"])
def test_a_switch_that_renames_every_name_is_an_outage_of_each_owner(value: str) -> None:
    """`autoFQDN` alone changes what clients look up."""
    live = converged(*app("a"), *app("b"), values=FQDN).live

    effects = effects_of(planned(live, *app("a"), *app("b"), values=fqdn(value)), live)

    assert [found.has(Gravity.DISRUPTED) for found in effects.values()] == [True, True]


def test_servers_that_are_left_alone_count_as_they_are_live() -> None:
    """Git no longer holds the back ends: the live ones stay, and nobody loses anything."""
    live = converged(*web(True, True)).live

    plan = planned(live, gateway("web", hostname="a.example.com"), service("web-svc", gateway="web"))

    assert effect(live, plan).after.enabled == 2
    assert effect(live, plan).losses == ()


def test_a_pool_to_which_no_rule_leads_counts_by_itself() -> None:
    """A DataScript may choose it, which nobody can see from here."""
    live = [make_live(), make_pool(number=3)]
    bodies = {item.key: item.body for item in live}

    found = serving_of(bodies)

    assert [*found.loose] == [make_pool().key.name]
    assert (found.pools, found.enabled) == ({make_pool().key.name: 3}, 3)


def test_a_listener_is_served_by_one_that_covers_it() -> None:
    """A range of ports, and a VirtualService without rules, serve what single rules served before."""
    pool = make_key(kind="Pool")
    bodies: dict[ObjectKey, Any] = {
        make_key(): {"services": [{"port": 80, "port_range_end": 90}], "pool_ref": f"/api/pool?name={pool.name}"},
        pool: {"servers": servers(2)},
    }

    found = serving_of(bodies)

    assert found.at(Listener(first=81, last=81, protocol="TCP")) == 2
    assert found.at(Listener(first=91, last=91, protocol="TCP")) is None
    assert [str(listener) for listener in found.listeners] == ["port 80–90"]


BODIES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 99) | st.sampled_from(["", "/api/pool?name=north--shop-web", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("services", "port", "port_range_end", "l4_policies", "l4_policy_set_ref", "rules", "match"),
                    *("ports", "protocol", "action", "select_pool", "pool_ref", "servers", "enabled", "vsvip_ref"),
                    *("l4_connection_policy", "vip", "dns_info", "fqdn", "addr", "ip_address"),
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(found=st.dictionaries(st.sampled_from([*KINDS]), BODIES))
def test_a_body_of_any_shape_serves_something_or_nothing(found: Mapping[str, Any]) -> None:
    """Templates of others and Controllers of any version: never an error."""
    bodies: dict[ObjectKey, Any] = {make_key(kind=kind): body for kind, body in found.items() if isinstance(body, dict)}

    assert serving_of(bodies).enabled >= 0


def test_a_listener_leads_through_whatever_chooses_among_pools() -> None:
    """By its references, whatever field they are in; what refers to itself leads nowhere."""
    service, policy, pool = (make_key(kind=kind) for kind in ("VirtualService", "L4PolicySet", "Pool"))
    chooser = [f"/api/l4policyset?name={policy.name}", f"/api/pool?name={pool.name}"]
    bodies: dict[ObjectKey, Any] = {
        service: {"services": [{"port": 80}], "pool_ref": chooser[0]},
        policy: {"members": [{"ref": reference} for reference in chooser]},
        pool: {"servers": [{"ip": {"addr": "192.0.2.1"}}]},
    }

    assert serving_of(bodies).listeners == {Listener(first=80, last=80): 1}


# --- laws -------------------------------------------------------------------------------------------------------------

WEBS = st.builds(
    web,
    *(st.booleans() for _ in range(3)),
    ports=st.sampled_from([(80,), (80, 443), (443,)]),
    hostname=st.sampled_from(["", "a.example.com", "b.example.com"]),
    address=st.sampled_from(["", "10.10.10.1", "10.10.10.2"]),
)


@settings(max_examples=60, deadline=None)
@given(first=WEBS, second=WEBS)
def test_what_is_lost_on_the_controller_was_told_by_the_plan(first: list[Manifest], second: list[Manifest]) -> None:
    """Counted on the Controller itself: ports that lose most of their servers, names and addresses that are gone."""
    controller = converged(*first)
    before, names = dict(_served(controller.live)), _names(controller.live)
    plan = planned(controller.live, *second)
    effects = effects_of(plan, controller.live)

    controller.apply(plan)

    after = dict(_served(controller.live))
    is_drained = any(2 * after.get(port, 0) < number for port, number in before.items())
    is_renamed = bool(names - _names(controller.live))
    (found,) = effects.values() or [None]
    assert is_drained is (found is not None and found.has(Gravity.DRAINED))
    assert not is_renamed or (found is not None and found.has(Gravity.DISRUPTED))


def _served(live: LiveState) -> Iterator[tuple[int, int]]:
    """Port → enabled servers, by uuids, as a Service Engine goes its way."""
    by_uuid = {item.uuid: item.body for item in live}

    def at(reference: str) -> Mapping[str, Any]:
        return by_uuid[reference.rpartition("/")[2].partition("#")[0]]

    for item in live:
        for policy in item.body.get("l4_policies") or ():
            for rule in at(policy["l4_policy_set_ref"])["l4_connection_policy"]["rules"]:
                pool = at(rule["action"]["select_pool"]["pool_ref"])
                (port,) = rule["match"]["port"]["ports"]
                yield port, sum(server["enabled"] for server in pool.get("servers", ()))


def _names(live: LiveState) -> set[str]:
    return {record["fqdn"] for item in live for record in item.body.get("dns_info") or ()}


def _renamed_vip(live: LiveState) -> LiveState:
    """Somebody renames the VsVip; what refers to it shows the new name."""
    found = {}
    for key, item in live.objects.items():
        if key.kind == "VsVip":
            new = replace(key, name="renamed")
            found[new] = replace(item, key=new, body={**item.body, "name": "renamed"}, ownership=Ownership.CLONE)
        elif key.kind == "VirtualService":
            reference = item.body["vsvip_ref"].partition("#")[0]
            found[key] = replace(item, body={**item.body, "vsvip_ref": f"{reference}#renamed"})
        else:
            found[key] = item
    return LiveState(objects=found)


def _edit(kind: str, **fields: Any) -> Callable[[LiveState], LiveState]:
    def edit(live: LiveState) -> LiveState:
        objects = {
            key: replace(item, body={**item.body, **fields}) if key.kind == kind else item
            for key, item in live.objects.items()
        }
        return LiveState(objects=objects)

    return edit


VIP = {"auto_allocate_ip": True, "ip_address": {"addr": "10.10.99.9", "type": "V4"}}
EDITS = [
    pytest.param(_edit("VsVip", vip=[{**VIP, "vip_id": "0"}, {**VIP, "vip_id": "1"}]), id="a second VIP"),
    pytest.param(
        _edit("VirtualService", se_group_ref="https://c/api/serviceenginegroup/x#other"), id="another SE group"
    ),
    pytest.param(_edit("VsVip", dns_info=[{"fqdn": "by-hand.example.com"}]), id="a name by hand"),
    pytest.param(_edit("Pool", servers=servers(9)), id="many servers by hand"),
    pytest.param(_edit("VirtualService", vrf_context_ref="https://c/api/vrfcontext/x#other"), id="another VRF"),
    pytest.param(_renamed_vip, id="a renamed VsVip"),
]


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_on_the_controller_takes_nobody_down(edit: Callable[[LiveState], LiveState]) -> None:
    """Git requests what it requested before: the owner is held, with the permit for the plan that undoes the edit."""
    controller = converged(*web(True, True), *app("other"))
    live = edit(LiveState(objects={key: item for key, item in controller.live.objects.items() if "web" in key.name}))
    live = LiveState(objects={**controller.live.objects, **live.objects})
    live = LiveState(objects={key: item for key, item in live.objects.items() if key != _gone(live, key)})

    plan = planned(live, *web(True, True), *app("other"))
    allowed = planned(live, *web(True, True), *app("other"), may_undo=True, may_switch_off=True)

    assert plan.change_sets == ()
    (problem,) = [problem for problem in plan.problems if problem.severity == "error"]
    assert problem.message.startswith(
        "held: it was edited on the Controller, and undoing the edit would take it down ("
    )
    assert problem.fix.endswith(f"--allow-deletes 1 --plan-digest {allowed.digest[:12]}")
    assert [str(owner) for owner in allowed.edited] == ["Gateway shop/web"]


def _gone(live: LiveState, key: ObjectKey) -> ObjectKey | None:
    """The name that a renamed VsVip had."""
    is_renamed = any(other.name == "renamed" for other in live.objects)
    return key if is_renamed and key.kind == "VsVip" and key.name.endswith("-web") else None


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(_edit("Pool", servers=[]), id="servers taken away"),
        pytest.param(_edit("VirtualService", enabled=True, traffic_enabled=False), id="turned off"),
        pytest.param(_edit("Pool", graceful_disable_timeout=9), id="a field that serves nobody"),
    ],
)
def test_an_edit_is_undone_where_nobody_loses_anything(edit: Callable[[LiveState], LiveState]) -> None:
    """Drift is corrected as ever."""
    live = edit(converged(*web(True, True)).live)

    assert len(planned(live, *web(True, True)).changes) == 1


def test_a_change_in_git_that_would_do_the_same_is_not_laid_on_the_edit() -> None:
    """Git takes the listener away, and somebody has edited the pool of the other one."""
    live = _edit("Pool", graceful_disable_timeout=9)(converged(*web(True, ports=(80, 443))).live)

    plan = planned(live, *web(True, ports=(80,)))

    assert [loss.cause for loss in effect(live, plan).losses] == [Cause.GIT]


def test_an_edit_beside_a_change_in_git_is_still_an_edit() -> None:
    """Git takes a name away, which is requested; the move to another group is not."""
    before, after = web(True, hostname="a.example.com"), web(True)
    live = _edit("VirtualService", se_group_ref="https://c/api/serviceenginegroup/x#other")(converged(*before).live)

    plan = planned(live, *after)

    assert plan.change_sets == ()


# --- policies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "is_held"),
    [
        pytest.param(web(True, hostname="a.example.com"), web(True), True, id="a name is lost"),
        pytest.param(web(True), web(False), False, id="a drain is for the guard"),
        pytest.param(web(True), web(True, hostname="a.example.com"), False, id="a name comes"),
    ],
)
def test_no_replace_holds_whatever_loses_an_address_or_a_name(
    before: list[Manifest], after: list[Manifest], is_held: bool
) -> None:
    """Whatever kind of write does it."""
    live = converged(*before).live

    plan = planned(live, *after, may_replace=False)

    assert bool(plan.held) is is_held


@pytest.mark.parametrize(
    ("after", "is_shrunken"),
    [
        pytest.param(web(True, False, False, ports=(80, 443)), True, id="both stay with one server of three"),
        pytest.param(web(True, True, True, ports=(80,)), False, id="one goes, the other one is as before"),
    ],
)
def test_a_listener_that_goes_may_make_room_for_another(after: list[Manifest], is_shrunken: bool) -> None:
    """Only one that stays and loses most of its servers tells that a tree is not whole."""
    live = converged(*web(True, True, True, ports=(80, 443))).live

    found = effect(live, planned(live, *after))

    assert (found.has(Gravity.DRAINED), found.is_shrunken) == (True, is_shrunken)


def test_a_load_balancer_is_counted_like_a_gateway() -> None:
    """One with its own VirtualService, and a template without rules."""
    live = converged(load_balancer("lb"), endpoints("lb", ports=(25,))).live

    plan = planned(live, load_balancer("lb"), endpoints("lb", ports=(25,), addresses=()))

    assert effect(live, plan).words == ("TCP 25 has no server left that gets traffic (2 before)",)
