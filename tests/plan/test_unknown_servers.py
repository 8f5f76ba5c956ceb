"""Servers that are Nodes, where Git does not tell where a Node is (serviceType NodePort)."""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sync.model.desired import DesiredState
from sync.model.live import Backup, LiveState
from sync.model.plan import Cause, Plan
from sync.plan.adoption import plan_adoption
from sync.plan.make import make_plan
from tests.shared.builders import make_options
from tests.shared.perfect_controller import PerfectController, desired_for
from tests.shared.tree import VALUES, Manifest, load_balancer, namespace

BY_NODE = {**VALUES, "L7Settings": {"serviceType": "NodePort"}}


class Told(StrEnum):
    """What Git says of a Node."""

    WHERE_IT_IS = "where it is"
    NO_ADDRESS = "an address that is none"
    NO_SERVER = "an address that no server can have"
    NOTHING = "a Node without addresses"
    BROKEN = "a Node that cannot be read"
    GONE = "nothing"


SOUND = (Told.WHERE_IT_IS, Told.GONE)
NODES = st.dictionaries(st.integers(1, 4), st.sampled_from(Told))


def address_of(number: int) -> str:
    """Where a Node is."""
    return f"192.0.2.{number}"


def node(number: int, told: Told) -> Manifest:
    """The manifest of a Node."""
    texts = {
        Told.WHERE_IT_IS: address_of(number),
        Told.NO_ADDRESS: f"192.0.2.30{number}",
        Told.NO_SERVER: "127.0.0.1",
    }
    addresses = [{"type": "InternalIP", "address": texts[told]}] if told in texts else []
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": f"n{number}"},
        "status": {"addresses": "none" if told is Told.BROKEN else addresses},
    }


def desired_with(nodes: Mapping[int, Told], *, port: int = 30025, tenant: str = "admin") -> DesiredState:
    """A LoadBalancer Service in front of some Nodes."""
    service = load_balancer()
    service["spec"]["ports"][0]["nodePort"] = port
    manifests = [node(number, told) for number, told in nodes.items() if told is not Told.GONE]
    home = namespace("shop", tenant=tenant)
    return desired_for(service, home, *manifests, values=BY_NODE)


def plan_for(desired: DesiredState, live: LiveState) -> Plan:
    """The plan of a run."""
    return make_plan(desired, live, make_options())


def controller_with(*numbers: int) -> PerfectController:
    """A Controller on which these Nodes are servers."""
    controller = PerfectController()
    nodes = dict.fromkeys(numbers, Told.WHERE_IT_IS)
    controller.apply(plan_for(desired_with(nodes), controller.live))
    return controller


def servers_on(controller: PerfectController) -> dict[str, Any]:
    """The live servers of the only pool, by address."""
    (pool,) = [item for item in controller.live if item.key.kind == "Pool"]
    return {server["ip"]["addr"]: server for server in pool.body.get("servers", ())}


@settings(deadline=None, max_examples=60)
@given(before=st.sets(st.integers(1, 4), min_size=1), told=NODES, port=st.sampled_from([30025, 30026]))
@example(before={1, 2}, told={1: Told.WHERE_IT_IS, 2: Told.NO_ADDRESS}, port=30026)
def test_a_server_goes_only_if_git_proves_that_it_is_no_node(
    before: set[int], told: dict[int, Told], port: int
) -> None:
    """Servers of Nodes that tell where they are follow Git; the others stay exactly as they are while one does not."""
    controller = controller_with(*before)
    live = servers_on(controller)
    desired = desired_with({**dict.fromkeys(before, Told.GONE), **told}, port=port)
    if not any(told.get(number, Told.GONE) is not Told.GONE for number in range(1, 5)):
        return  # a tree without Nodes does not say which servers there are

    controller.apply(plan_for(desired, controller.live))
    after = servers_on(controller)

    known = {address_of(number) for number, each in told.items() if each is Told.WHERE_IT_IS}
    has_unknown = any(each not in SOUND for each in told.values())
    assert after.keys() == known | (live.keys() if has_unknown else set())
    assert all(after[address] == live[address] for address in after.keys() - known)
    assert all(after[address]["port"] == port for address in known)
    assert plan_for(desired, controller.live).changes == ()


@pytest.mark.parametrize("told", [each for each in Told if each not in SOUND])
def test_a_pool_that_keeps_a_server_is_an_error_that_names_both(told: Told) -> None:
    """Until the Node is corrected, or gone from Git."""
    controller = controller_with(1, 2)

    (error,) = plan_for(desired_with({1: Told.WHERE_IT_IS, 2: told}), controller.live).problems
    fixed = plan_for(desired_with({1: Told.WHERE_IT_IS, 2: Told.GONE}), controller.live)

    assert (error.severity, error.resource) == ("error", "Service shop/direct")
    assert "192.0.2.2:30025" in error.message
    assert "Node n2" in error.message
    assert fixed.problems == ()


def test_many_kept_servers_are_named_by_the_first_of_them() -> None:
    """One line is enough to know what happens."""
    controller = controller_with(1, 2, 3, 4, 5)

    (error,) = plan_for(desired_with({5: Told.NOTHING}), controller.live).problems

    assert "keeps 192.0.2.1:30025, 192.0.2.2:30025, 192.0.2.3:30025 and 2 more: " in error.message


def test_what_an_interrupted_run_has_deleted_is_created_with_the_server() -> None:
    """As that run has stored it."""
    controller = controller_with(1, 2)
    stored = tuple(Backup(group="g", before=item) for item in controller.live)
    desired = desired_with({1: Told.WHERE_IT_IS, 2: Told.NOTHING})

    plan = plan_for(desired, LiveState(backups=stored))

    (pool,) = [write.body or {} for item in plan.change_sets for write in item.writes if write.key.kind == "Pool"]
    assert [server["ip"]["addr"] for server in pool["servers"]] == ["192.0.2.1", "192.0.2.2"]


def test_an_owner_that_is_held_anyway_is_named_once() -> None:
    """It is left unchanged, whatever its Nodes say."""
    controller = controller_with(1, 2)
    desired = replace(desired_with({1: Told.NOTHING}), holds_everything=True)

    assert plan_for(desired, controller.live).problems == ()


def test_a_pool_that_moves_to_another_tenant_takes_the_server_along() -> None:
    """What is live for the Node is live in the tenant that it leaves."""
    controller = controller_with(1, 2)
    moved = desired_with({1: Told.WHERE_IT_IS, 2: Told.NO_ADDRESS}, tenant="retail")

    controller.apply(plan_for(moved, controller.live))

    assert servers_on(controller).keys() == {"192.0.2.1", "192.0.2.2"}
    assert {item.key.tenant for item in controller.live} == {"retail"}


def test_an_edit_by_hand_is_one_beside_a_server_that_is_kept_too() -> None:
    """Git requests what it requested before, as far as it can be told."""
    controller = controller_with(1, 2)
    (pool,) = [item for item in controller.live if item.key.kind == "Pool"]
    edited = replace(pool, body={**pool.body, "lb_algorithm": "LB_ALGORITHM_ROUND_ROBIN", "sni_enabled": True})
    live = LiveState(objects={**controller.live.objects, pool.key: edited})

    (change,) = plan_for(desired_with({1: Told.WHERE_IT_IS, 2: Told.NOTHING}), live).changes

    assert change.cause is Cause.LIVE


def test_a_take_over_keeps_the_server_and_reports_no_difference() -> None:
    """What AKO made for the Node is no difference from Git."""
    controller = controller_with(1, 2)
    desired = desired_with({1: Told.WHERE_IT_IS, 2: Told.NOTHING})

    assert plan_adoption(desired, controller.live, make_options()).problems == ()
