"""What an apply does between the first delete and the last create of a replace, where something is missing."""

from collections.abc import Callable
from typing import Any

import pytest

from sync.avi.addresses import addresses
from sync.controller.apply import NAME_IS_FREE_WITHIN_SECONDS, PATIENCE_SECONDS
from sync.model.outcome import Outcome, SetState
from sync.model.plan import Method
from tests.controller.workshop import UPGRADE, Workshop
from tests.shared.builders import make_facts
from tests.shared.tree import Manifest, app, endpoints, infra_setting, load_balancer, namespace, service

OLD, NEW = "10.10.10.11", "10.10.10.12"
REFUSED = {"do": "status", "status": 400, "body": {"error": "not on a Thursday"}}


def live_addresses(workshop: Workshop) -> dict[str, set[str]]:
    """VsVip → its addresses."""
    return {item.key.name: set(addresses(item.body)) for item in workshop.live() if item.key.kind == "VsVip"}


def services(workshop: Workshop) -> list[str]:
    """The VirtualServices that are there."""
    return sorted(item.key.name for item in workshop.live() if item.key.kind == "VirtualService")


def clear_after(workshop: Workshop, seconds: float) -> Callable[[float], None]:
    """What ends the trouble once that much time has passed."""

    def on_sleep(now: float) -> None:
        if now > seconds:
            workshop.faults()

    return on_sleep


def replaced(workshop: Workshop, *faults: dict[str, Any]) -> Outcome:
    """A replace from the old to the new address, with some requests going wrong."""
    workshop.converge(*app("web", address=OLD))
    plan = workshop.plan(*app("web", address=NEW))
    workshop.faults(*faults)
    (outcome,) = workshop.apply(plan)
    return outcome


@pytest.mark.parametrize(
    ("kind", "trouble"),
    [
        ("vsvip", {"do": "status", "status": 503}),
        ("vsvip", {"do": "status", **UPGRADE}),
        ("vsvip", {"do": "commit-and-reset"}),
        ("virtualservice", {"do": "reset"}),
    ],
    ids=["503", "an upgrade", "lost answers", "lost requests"],
)
def test_a_replace_outlasts_trouble_that_passes(workshop: Workshop, kind: str, trouble: dict[str, Any]) -> None:
    """After the delete a create is tried for minutes, not for seconds."""
    workshop.clock.on_sleep = clear_after(workshop, PATIENCE_SECONDS - 40)

    outcome = replaced(workshop, {"method": "POST", "path": f"/api/{kind}", **trouble})

    assert outcome.state is SetState.APPLIED
    assert live_addresses(workshop) == {"test--shop-web": {NEW}}


def test_a_name_that_stays_taken_after_its_delete_is_waited_for(workshop: Workshop) -> None:
    """409 within the time that a Controller may hold a name is met by waiting."""
    workshop.clock.on_sleep = clear_after(workshop, NAME_IS_FREE_WITHIN_SECONDS - 15)

    outcome = replaced(workshop, {"method": "POST", "path": "/api/vsvip", "do": "status", "status": 409})

    assert outcome.state is SetState.APPLIED


def test_a_create_that_arrives_late_is_recognised(workshop: Workshop) -> None:
    """Its requests were lost and nothing was found, again and again; then the object is there after all, and ours."""
    workshop.converge(*app("web", address=OLD))
    plan = workshop.plan(*app("web", address=NEW))
    create = next(w for w in plan.change_sets[0].writes if (w.method, w.key.kind) == (Method.POST, "VsVip"))

    def on_sleep(now: float) -> None:
        if now > 10 and not arrived:
            arrived.append(create)
            workshop.faults()
            with workshop.client() as late:
                late.post("/api/vsvip", create.body or {}, tenant="admin")

    arrived: list[object] = []
    workshop.clock.on_sleep = on_sleep
    workshop.faults({"method": "POST", "path": "/api/vsvip", "do": "reset"})

    (outcome,) = workshop.apply(plan)

    assert (outcome.state, len(arrived)) == (SetState.APPLIED, 1)
    assert live_addresses(workshop) == {"test--shop-web": {NEW}}


def test_an_address_that_was_freed_here_is_waited_for(workshop: Workshop) -> None:
    """Two Gateways swap addresses; the first creates are refused with 400, as if the addresses were still taken."""
    workshop.converge(*app("a", address=OLD), *app("b", address=NEW))
    plan = workshop.plan(*app("a", address=NEW), *app("b", address=OLD))
    workshop.faults({"method": "POST", "path": "/api/vsvip", "times": 3, **REFUSED})

    outcomes = workshop.apply(plan)

    assert [outcome.state for outcome in outcomes] == [SetState.APPLIED]


@pytest.mark.parametrize("kind", ["vsvip", "virtualservice"])
def test_what_is_refused_for_good_is_put_back_with_the_reason(workshop: Workshop, kind: str) -> None:
    """The old VsVip and VirtualService are there again, and next time the owner is held with the Controller's words."""
    outcome = replaced(workshop, {"method": "POST", "path": f"/api/{kind}", "nth": 1, **REFUSED})

    assert outcome.state is SetState.RESTORED
    assert {item.state.value for item in outcome.changes} == {"restored"}
    assert live_addresses(workshop) == {"test--shop-web": {OLD}}
    again = workshop.plan(*app("web", address=NEW))
    assert (again.changes, "not on a Thursday" in again.problems[0].message) == ((), True)


def test_a_delete_that_is_refused_halfway_puts_back_what_went_before_it(workshop: Workshop) -> None:
    """The VsVip cannot be deleted: the VirtualService is restored on it."""
    outcome = replaced(workshop, {"method": "DELETE", "path": "/api/vsvip/*", **REFUSED})

    assert outcome.state is SetState.RESTORED
    assert (live_addresses(workshop), services(workshop)) == ({"test--shop-web": {OLD}}, ["test--shop-web"])


def test_a_swap_is_put_back_as_a_whole(workshop: Workshop) -> None:
    """The last create is refused after three others succeeded: those are taken away, all old objects are back."""
    workshop.converge(*app("a", address=OLD), *app("b", address=NEW))
    plan = workshop.plan(*app("a", address=NEW), *app("b", address=OLD))
    workshop.faults({"method": "POST", "path": "/api/virtualservice", "nth": 2, **REFUSED})

    (outcome,) = workshop.apply(plan)

    assert outcome.state is SetState.RESTORED
    assert live_addresses(workshop) == {"test--shop-a": {OLD}, "test--shop-b": {NEW}}
    assert services(workshop) == ["test--shop-a", "test--shop-b"]
    assert workshop.plan(*app("a", address=NEW), *app("b", address=OLD)).changes == ()


def test_an_address_that_cannot_be_passed_on_stays_with_its_owner(workshop: Workshop) -> None:
    """A Gateway that comes takes the address of one that is deleted, and is refused: the old one is restored."""
    workshop.converge(*app("old", address=OLD), *app("stay"))
    plan = workshop.plan(*app("new", address=OLD), *app("stay"))
    workshop.faults({"method": "POST", "path": "/api/virtualservice", "nth": 1, **REFUSED})

    (outcome,) = workshop.apply(plan)

    assert outcome.state is SetState.RESTORED
    assert live_addresses(workshop)["test--shop-old"] == {OLD}
    assert services(workshop) == ["test--shop-old", "test--shop-stay"]


def test_what_cannot_be_put_back_is_said_and_created_by_the_next_run(workshop: Workshop) -> None:
    """Nothing can be created for longer than the patience: the report says what is missing."""
    outcome = replaced(workshop, {"method": "POST", "path": "/api/vsvip", "do": "status", "status": 503})

    assert outcome.state is SetState.FAILED
    assert "the next run creates them again" in outcome.said
    workshop.faults()
    workshop.converge(*app("web", address=NEW))


def test_a_replace_that_is_complete_is_not_undone_by_what_fails_after_it(workshop: Workshop) -> None:
    """A pool that is no longer needed cannot be deleted: the new VIP stays."""
    more = [service("more", gateway="web", ports=(81,)), endpoints("more", ports=(81,))]
    workshop.converge(*app("web", address=OLD, ports=(80, 81)), *more)
    plan = workshop.plan(*app("web", address=NEW))
    workshop.faults({"method": "DELETE", "path": "/api/pool/*", **REFUSED})

    (outcome,) = workshop.apply(plan)

    assert outcome.state is SetState.FAILED
    assert live_addresses(workshop) == {"test--shop-web": {NEW}}
    assert {item.state.value for item in outcome.changes if item.change.key.kind == "VsVip"} == {"applied"}


GOLD: list[Manifest] = [namespace("shop", infra="gold"), infra_setting("gold", seGroup={"name": "gold"})]


def test_a_service_that_moves_only_while_disabled_is_disabled_for_a_moment(workshop: Workshop) -> None:
    """The first update is refused: disable, move, enable."""
    workshop.converge(*app("web"))
    plan = workshop.plan(*app("web"), *GOLD)
    workshop.faults({"method": "PUT", "path": "/api/virtualservice/*", "nth": 1, **REFUSED})

    (outcome,) = workshop.apply(plan)

    live = next(item.body for item in workshop.live() if item.key.kind == "VirtualService")
    assert (outcome.state, live["enabled"]) == (SetState.APPLIED, True)
    assert live["se_group_ref"].endswith("#gold")
    assert len(workshop.writes()) == 4


def test_a_service_that_a_crash_left_disabled_is_enabled_by_the_next_run(workshop: Workshop) -> None:
    """The last step of the move fails: a marker on the object tells the next run to enable it."""
    workshop.converge(*app("web"))
    plan = workshop.plan(*app("web"), *GOLD)
    workshop.faults(
        {"method": "PUT", "path": "/api/virtualservice/*", "nth": 1, **REFUSED},
        {"method": "PUT", "path": "/api/virtualservice/*", "nth": 4, "times": 99, "do": "reset"},
    )
    (outcome,) = workshop.apply(plan)
    left = next(item.body for item in workshop.live() if item.key.kind == "VirtualService")
    workshop.faults()

    workshop.converge(*app("web"), *GOLD)

    live = next(item.body for item in workshop.live() if item.key.kind == "VirtualService")
    assert (outcome.state, left["enabled"], live["enabled"]) == (SetState.FAILED, False, True)


def test_what_somebody_has_disabled_stays_disabled_when_it_moves(workshop: Workshop) -> None:
    """A refusal of a disabled service is no reason to enable it."""
    workshop.converge(*app("web"))
    item = next(item for item in workshop.live() if item.key.kind == "VirtualService")
    with workshop.client() as other:
        other.put(f"/api/virtualservice/{item.uuid}", {**item.body, "enabled": False}, tenant="admin")

    workshop.converge(*app("web"), *GOLD)

    live = next(item.body for item in workshop.live() if item.key.kind == "VirtualService")
    assert live["enabled"] is False


# --- what passes by updates -------------------------------------------------------------------------------------------


DNS = make_facts(domains=["avi.internal"])


def hostnames(workshop: Workshop) -> dict[str, list[str]]:
    """VsVip → its DNS names."""
    return {
        item.key.name: [record["fqdn"] for record in item.body.get("dns_info", ())]
        for item in workshop.live()
        if item.key.kind == "VsVip"
    }


BEFORE = (*app("a", hostname="x.avi.internal"), *app("b", hostname="y.avi.internal"))
SWAPPED = (*app("a", hostname="y.avi.internal"), *app("b", hostname="x.avi.internal"))


def test_two_gateways_swap_their_hostnames(workshop: Workshop) -> None:
    """By updates in place, one of them twice; no connection breaks."""
    workshop.facts = DNS
    workshop.converge(*BEFORE)
    plan = workshop.plan(*SWAPPED)
    workshop.faults()

    outcomes = workshop.apply(plan)

    assert [outcome.state for outcome in outcomes] == [SetState.APPLIED]
    assert workshop.writes() == ["PUT vsvip", "PUT vsvip", "PUT vsvip"]
    assert hostnames(workshop) == {"test--shop-a": ["y.avi.internal"], "test--shop-b": ["x.avi.internal"]}


@pytest.mark.parametrize("nth", [2, 3])
def test_a_swap_of_hostnames_that_is_refused_is_undone(workshop: Workshop, nth: int) -> None:
    """Everybody has the name that it had, and the next run holds both with the Controller's words."""
    workshop.facts = DNS
    workshop.converge(*BEFORE)
    plan = workshop.plan(*SWAPPED)
    workshop.faults({"method": "PUT", "path": "/api/vsvip/*", "nth": nth, "do": "status", "status": 422})

    (outcome,) = workshop.apply(plan)

    assert outcome.state is SetState.RESTORED
    assert hostnames(workshop) == {"test--shop-a": ["x.avi.internal"], "test--shop-b": ["y.avi.internal"]}
    workshop.faults()
    again = workshop.plan(*SWAPPED)
    assert (again.changes, any("answered 422" in problem.message for problem in again.problems)) == ((), True)


def test_what_one_owner_of_a_refused_swap_requests_now_lets_both_go_on(workshop: Workshop) -> None:
    """The mark names both: Git has changed for one of them, so that nothing is known to be refused any more."""
    workshop.facts = DNS
    workshop.converge(*BEFORE)
    plan = workshop.plan(*SWAPPED)
    workshop.faults({"method": "PUT", "path": "/api/vsvip/*", "nth": 2, "do": "status", "status": 422})
    workshop.apply(plan)
    workshop.faults()

    workshop.converge(*app("a", hostname="y.avi.internal"), *app("b", hostname="z.avi.internal"))

    assert hostnames(workshop) == {"test--shop-a": ["y.avi.internal"], "test--shop-b": ["z.avi.internal"]}


def member(name: str, port: int, *, is_shared: bool) -> list[Manifest]:
    """A LoadBalancer Service, on its own or of the shared VIP `k`."""
    found = load_balancer(name, port=port)
    annotations = {"ako.vmware.com/enable-shared-vip": "k"} if is_shared else {}
    return [{**found, "metadata": {**found["metadata"], "annotations": annotations}}, endpoints(name, ports=(port,))]


def test_a_service_whose_shared_vip_refuses_it_gets_its_own_back(workshop: Workshop) -> None:
    """Its VirtualService was deleted so that the shared VIP could have its name."""
    workshop.facts = DNS
    workshop.converge(*member("x", 26, is_shared=True), *member("y", 27, is_shared=False))
    joined = (*member("x", 26, is_shared=True), *member("y", 27, is_shared=True))
    plan = workshop.plan(*joined)
    workshop.faults({"method": "PUT", "path": "/api/vsvip/*", "nth": 1, "do": "status", "status": 422})

    (outcome,) = workshop.apply(plan)

    assert outcome.state is SetState.RESTORED
    assert services(workshop) == ["test--shop-k", "test--shop-y"]
    workshop.faults()
    assert workshop.plan(*joined).changes == ()
    workshop.apply(workshop.plan(*joined, retry_refused=True))
    assert services(workshop) == ["test--shop-k"]


def test_a_service_that_cannot_have_its_own_vip_stays_with_the_shared_one(workshop: Workshop) -> None:
    """Its name goes back, and its port has not gone."""
    workshop.facts = DNS
    together = (*member("x", 26, is_shared=True), *member("y", 27, is_shared=True))
    workshop.converge(*together)
    before = hostnames(workshop)
    plan = workshop.plan(*member("x", 26, is_shared=True), *member("y", 27, is_shared=False))
    workshop.faults({"method": "POST", "path": "/api/virtualservice", "nth": 1, **REFUSED})

    (outcome,) = workshop.apply(plan)

    assert outcome.state is SetState.RESTORED
    assert (services(workshop), hostnames(workshop)) == (["test--shop-k"], before)
    assert workshop.plan(*together, retry_refused=True).change_sets[0].names == ("test--shop-k",)


def test_an_edit_in_the_middle_of_a_swap_is_not_taken_for_a_refusal(workshop: Workshop) -> None:
    """412: everything goes back without a mark, and is planned again."""
    workshop.facts = DNS
    workshop.converge(*BEFORE)
    plan = workshop.plan(*SWAPPED)
    workshop.faults({"method": "PUT", "path": "/api/vsvip/*", "nth": 2, "do": "status", "status": 412})

    (outcome,) = workshop.apply(plan)

    workshop.faults()
    assert (outcome.state, outcome.is_stale) == (SetState.RESTORED, True)
    assert hostnames(workshop) == {"test--shop-a": ["x.avi.internal"], "test--shop-b": ["y.avi.internal"]}
    workshop.converge(*SWAPPED)


def test_who_requests_an_address_gets_it_before_the_controller_chooses_it_for_another(workshop: Workshop) -> None:
    """The lowest free address is the one that is requested."""
    workshop.converge(*app("probe"))
    (lowest,) = live_addresses(workshop)["test--shop-probe"]
    workshop.converge()

    outcomes = workshop.apply(workshop.plan(*app("a"), *app("z", address=lowest)))

    assert {outcome.state for outcome in outcomes} == {SetState.APPLIED}
    assert live_addresses(workshop)["test--shop-z"] == {lowest}
