"""Addresses and subnets that Git requests together."""

from sync.model.plan import Method, Plan
from tests.shared.builders import make_facts
from tests.shared.perfect_controller import PerfectController, converged, plan_for
from tests.shared.tree import VALUES, Manifest, app, infra_setting, namespace

SUBNET: tuple[Manifest, ...] = (
    namespace("shop", infra="there"),
    infra_setting("there", network={"vipNetworks": [{"networkName": "vip-network", "cidr": "10.10.10.0/28"}]}),
)


def plan_after(before: str, after: str) -> Plan:
    """The plan for a Gateway that requests another address of one network than it has."""
    controller = converged(*app(address=before), *SUBNET)
    return plan_for(controller.live, *app(address=after), *SUBNET)


def test_no_vip_is_deleted_for_an_address_outside_of_its_subnet() -> None:
    """The Controller could only refuse it, after the old VIP is gone (docs/safety.md#replace)."""
    plan = plan_after("10.10.10.11", "10.10.10.77")

    assert plan.is_empty
    assert [problem.message for problem in plan.problems] == [
        "held: address 10.10.10.77 is outside of 10.10.10.0/28, and the live VIP would have to be deleted first"
    ]


def test_a_vip_that_has_the_address_asked_for_stays_even_outside_of_its_subnet() -> None:
    """A new one would have the same address: replacing it would never end."""
    plan = plan_after("10.10.10.77", "10.10.10.77")

    assert (plan.is_empty, plan.problems) == (True, ())


def test_another_address_of_the_subnet_is_a_replace() -> None:
    """Nothing is held without need."""
    assert not plan_after("10.10.10.11", "10.10.10.12").is_empty


def test_two_gateways_swap_their_addresses_behind_a_t1_router() -> None:
    """One change set, all deletes first: the Controller fills in the router's VRF, which Git does not name."""
    behind = {**VALUES, "NetworkSettings": {**VALUES["NetworkSettings"], "nsxtT1LR": "/infra/tier-1s/t1-a"}}
    facts = make_facts(vtype="CLOUD_NSXT")
    controller = PerfectController()
    before = (*app("a", address="10.10.10.1"), *app("b", address="10.10.10.2"))
    after = (*app("a", address="10.10.10.2"), *app("b", address="10.10.10.1"))
    controller.apply(plan_for(controller.live, *before, values=behind, facts=facts))

    plan = plan_for(controller.live, *after, values=behind, facts=facts)

    (change_set,) = plan.change_sets
    methods = [write.method for write in change_set.writes]
    assert methods == [Method.DELETE] * 4 + [Method.POST] * 4
