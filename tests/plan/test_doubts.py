"""What may keep the Controller from creating a VIP is said where one is new, and holds where one would be lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.model.facts import Facts
from sync.model.plan import Action, Method, Plan
from sync.model.problem import Severity
from sync.plan.make import make_plan
from tests.shared.builders import make_facts, make_options
from tests.shared.perfect_controller import PerfectController, desired_for, plan_for
from tests.shared.tree import app

OLD, NEW = "10.10.10.11", "10.10.10.77"
NARROW = make_facts(network_ranges={"vip-network": ("10.10.10.10-10.10.10.19",)})
EMPTY = make_facts(network_ranges={"vip-network": ()})


def plan_with_address(controller: PerfectController, address: str, facts: Facts) -> Plan:
    """What a Gateway with this address comes to."""
    return plan_for(controller.live, *app("web", address=address), facts=facts)


def live_with(address: str) -> PerfectController:
    """A Controller on which the Gateway has this address, made before anybody doubted it."""
    controller = PerfectController()
    controller.apply(plan_with_address(controller, address, make_facts()))
    return controller


def test_a_new_vip_is_created_with_a_warning() -> None:
    """The Controller decides."""
    plan = plan_with_address(PerfectController(), NEW, NARROW)

    (warning,) = plan.problems
    assert (warning.severity, plan.count(Action.CREATE)) == (Severity.WARNING, 4)
    assert warning.message.startswith(f"address {NEW} is in no static range of network")


def test_a_vip_that_is_live_is_not_talked_about() -> None:
    """It has the address: there is nothing to doubt."""
    plan = plan_with_address(live_with(NEW), NEW, NARROW)

    assert (plan.is_empty, plan.problems) == (True, ())


def test_a_live_vip_is_not_deleted_for_a_doubtful_one() -> None:
    """The owner is held, at the place of the address in Git."""
    plan = plan_with_address(live_with(OLD), NEW, NARROW)

    (problem,) = plan.problems
    assert plan.is_empty
    assert (problem.severity, problem.resource, problem.file) == (Severity.ERROR, "Gateway shop/web", "all.yaml")
    assert problem.field_text == "spec.addresses[0].value"
    assert problem.message.startswith("held: address 10.10.10.77 is in no static range")
    assert problem.message.endswith("and the live VIP would have to be deleted first")


def test_a_network_that_two_new_vips_share_is_doubted_once() -> None:
    """The place is the same line of values.yaml."""
    desired = desired_for(*app("web"), *app("mail"), facts=EMPTY)

    plan = make_plan(desired, PerfectController().live, make_options())

    assert [problem.file for problem in plan.problems] == ["values.yaml"]


@given(st.sampled_from(["", OLD, NEW]), st.sampled_from(["", OLD, NEW]), st.sampled_from([NARROW, EMPTY]))
def test_nothing_is_ever_deleted_on_a_doubt(before: str, after: str, facts: Facts) -> None:
    """Whatever was live and whatever is requested."""
    plan = plan_with_address(live_with(before), after, facts)

    deletes = [write for item in plan.change_sets for write in item.writes if write.method is Method.DELETE]
    is_doubtful = facts is EMPTY or after == NEW
    assert not (deletes and is_doubtful)


@pytest.mark.parametrize("address", [OLD, ""])
def test_what_nobody_doubts_is_replaced(address: str) -> None:
    """Nothing is held without need."""
    plan = plan_with_address(live_with("10.10.10.12"), address, NARROW)

    assert plan.count(Action.REPLACE) == 2
