"""The last look before a VIP is deleted: whatever others did since the plan was made keeps it from being deleted."""

from collections.abc import Callable
from typing import Any

import pytest

from sync.controller.client import ControllerClient
from sync.controller.preflight import check_before_replacing
from sync.model.outcome import Outcome, SetState
from sync.model.plan import ChangeSet, Plan
from tests.controller.workshop import Workshop, settings_of
from tests.shared.tree import VALUES, app

OLD, NEW = "10.10.10.11", "10.10.10.12"


def applied(workshop: Workshop, plan: Plan) -> Outcome:
    """What became of a plan for one owner."""
    with workshop.client() as client:
        settings = settings_of(VALUES)
        (outcome,) = workshop.apply(
            plan, preflight=lambda change_set: check_before_replacing(change_set, client, settings)
        )
    return outcome


def _take_the_address(client: ControllerClient) -> None:
    vip = {"vip_id": "0", "ip_address": {"addr": NEW, "type": "V4"}}
    client.post("/api/vsvip", {"name": "theirs", "vip": [vip]}, tenant="team-a")


def _use_the_vip(client: ControllerClient) -> None:
    body = {"name": "theirs", "vsvip_ref": "/api/vsvip?name=test--shop-web", "services": [{"port": 9999}]}
    client.post("/api/virtualservice", body, tenant="admin")


def _network(client: ControllerClient) -> dict[str, Any]:
    (found,) = client.list_all("/api/network", {"name": "vip-network", "include_name": "true"})
    return found


def _shrink_the_network(client: ControllerClient) -> None:
    found = _network(client)
    subnet = {"prefix": {"ip_addr": {"addr": "10.99.0.0", "type": "V4"}, "mask": 24}}
    client.put(f"/api/network/{found['uuid']}", {**found, "configured_subnets": [subnet]}, tenant="admin")


def _rename_the_network(client: ControllerClient) -> None:
    found = _network(client)
    client.put(f"/api/network/{found['uuid']}", {**found, "name": "renamed"}, tenant="admin")


@pytest.mark.parametrize(
    ("meanwhile", "said"),
    [
        pytest.param(_take_the_address, f"address {NEW} is taken by VsVip team-a/theirs", id="address taken"),
        pytest.param(_use_the_vip, "VirtualService admin/theirs refers to VsVip admin/test--shop-web", id="VIP used"),
        pytest.param(_shrink_the_network, f"address {NEW} is in no subnet of network", id="network without it"),
        pytest.param(_rename_the_network, 'the Controller has no network "vip-network"', id="no such network"),
    ],
)
def test_what_would_strand_the_owner_is_found_before_the_first_delete(
    workshop: Workshop, meanwhile: Callable[[ControllerClient], None], said: str
) -> None:
    """Something came up after the plan was made: nothing is deleted, and the outcome says what it was."""
    workshop.converge(*app("web", address=OLD))
    plan = workshop.plan(*app("web", address=NEW))
    with workshop.client() as other:
        meanwhile(other)
    workshop.faults()

    outcome = applied(workshop, plan)

    assert (outcome.state, workshop.writes()) == (SetState.FAILED, [])
    assert said in outcome.said


def test_an_edit_after_the_plan_is_not_lost_in_a_replace(workshop: Workshop) -> None:
    """The VIP's VirtualService was edited: nothing is deleted, and the plan is made again, with the edit."""
    workshop.converge(*app("web", address=OLD))
    plan = workshop.plan(*app("web", address=NEW))
    (service,) = (item for item in workshop.live() if item.key.kind == "VirtualService")
    with workshop.client() as other:
        path = f"/api/virtualservice/{service.uuid}"
        other.put(path, {**service.body, "description": "by hand"}, tenant="admin")

    stale = applied(workshop, plan)
    again = applied(workshop, workshop.plan(*app("web", address=NEW)))

    (service,) = (item for item in workshop.live() if item.key.kind == "VirtualService")
    assert (stale.state, stale.is_stale, again.state) == (SetState.FAILED, True, SetState.APPLIED)
    assert service.body["description"] == "by hand"


def test_a_network_that_may_not_be_read_does_not_stop_a_replace(workshop: Workshop) -> None:
    """The plan said so before; an account with fewer rights can still move a VIP."""
    workshop.converge(*app("web", address=OLD))
    plan = workshop.plan(*app("web", address=NEW))
    workshop.faults({"method": "GET", "path": "/api/network*", "do": "status", "status": 403})

    outcome = applied(workshop, plan)

    assert outcome.state is SetState.APPLIED


def test_an_edit_while_the_objects_are_stored_keeps_them_from_being_deleted(workshop: Workshop) -> None:
    """Storing comes before looking: whoever edits in the time that it takes is seen, and nothing is deleted."""
    workshop.converge(*app("web", address=OLD))
    plan = workshop.plan(*app("web", address=NEW))
    workshop.faults()
    calls: list[str] = []

    def keep(_: ChangeSet) -> None:
        calls.append("stored")
        with workshop.client() as other:
            (found,) = other.list_all("/api/virtualservice", {"name": "test--shop-web"})
            other.put(f"/api/virtualservice/{found['uuid']}", {**found, "enabled": False}, tenant="admin")

    (outcome,) = workshop.apply(plan, back_up=keep, drop=lambda _: calls.append("forgotten"))

    assert (outcome.state, outcome.is_stale, calls) == (SetState.FAILED, True, ["stored", "forgotten"])
    assert workshop.writes() == ["PUT virtualservice"]
