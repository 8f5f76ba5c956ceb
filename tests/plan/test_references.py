"""However Git writes a reference, and whatever the Controller shows."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.model.plan import Plan
from tests.shared.perfect_controller import PerfectController, plan_for
from tests.shared.tree import VALUES, Manifest, app

# Sorted by uuid they stand in another order than by name; two share a name.
NETWORKS = {"network-9": "a", "network-5": "b", "network-1": "c", "network-3": "twin", "network-7": "twin"}

ONE_WAY = [{"networkUUID": uuid} for uuid in NETWORKS]
OTHER_WAY = [{"networkName": name} for name in ("a", "b", "c")]
NODE_NETWORKS = st.lists(
    st.tuples(st.sampled_from([*ONE_WAY, *OTHER_WAY]), st.sampled_from([["10.1.0.0/24"], ["10.2.0.0/24"]])),
    max_size=5,
).map(lambda items: [{**network, "cidrs": cidrs} for network, cidrs in items])


def plan_with(controller: PerfectController, *, nodes: Any = (), vips: Any = ({"networkName": "a"},)) -> Plan:
    """The plan for one Gateway with these networks."""
    networks = {"vipNetworkList": list(vips), "nodeNetworkList": list(nodes)}
    values: Manifest = {**VALUES, "NetworkSettings": networks}
    return plan_for(controller.live, *app("web"), values=values)


@settings(max_examples=60, deadline=None)
@given(nodes=NODE_NETWORKS, network=st.sampled_from([*ONE_WAY, *OTHER_WAY]))
def test_planning_after_a_perfect_apply_is_empty_for_networks_by_name_and_by_uuid(
    nodes: list[Manifest], network: Manifest
) -> None:
    """Also for lists that are sorted by reference, and for two networks of one name."""
    controller = PerfectController(NETWORKS)
    controller.apply(plan_with(controller, nodes=nodes, vips=[network]))

    plan = plan_with(controller, nodes=nodes, vips=[network])

    assert plan.changes == ()


@settings(max_examples=40, deadline=None)
@given(before=NODE_NETWORKS, after=NODE_NETWORKS)
def test_other_networks_are_never_taken_for_the_same(before: list[Manifest], after: list[Manifest]) -> None:
    """The plan is empty exactly where both lists name the same networks, each with the same subnets."""
    controller = PerfectController(NETWORKS)
    controller.apply(plan_with(controller, nodes=before))

    plan = plan_with(controller, nodes=after)

    assert (plan.changes == ()) is (_meant(before) == _meant(after))


def _meant(networks: list[Manifest]) -> list[tuple[str, str]]:
    uuids = {name: uuid for uuid, name in NETWORKS.items()}
    return sorted(
        (network.get("networkUUID") or uuids[network["networkName"]], network["cidrs"][0]) for network in networks
    )


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        pytest.param("network-9", "network-5", "network a → network-5", id="another network"),
        pytest.param("network-3", "network-7", "network twin → network-7", id="another network of the same name"),
    ],
)
def test_another_vip_network_is_a_replace(before: str, after: str, reason: str) -> None:
    """By its identity, not by how it is called."""
    controller = PerfectController(NETWORKS)
    controller.apply(plan_with(controller, vips=[{"networkUUID": before}]))

    plan = plan_with(controller, vips=[{"networkUUID": after}])

    assert {change.reason for change in plan.changes if change.key.kind == "VsVip"} == {reason}
