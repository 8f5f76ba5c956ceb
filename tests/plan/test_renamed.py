"""An owner that takes another name: the plan names what others set on the objects that go."""

from typing import Any

import pytest

from sync.model.plan import Action, Plan
from tests.plan.apps import edited
from tests.shared.perfect_controller import converged, plan_for
from tests.shared.tree import Manifest, app, endpoints, gateway, namespace, service

HOSTNAME = "w.example.com"
DISABLED = "enabled: set to false on the Controller"


def planned(before: list[Manifest], after: list[Manifest], **fields: Any) -> Plan:
    """The plan from one tree to another, with these fields set on every VirtualService by hand."""
    live = converged(*before).live
    if fields:
        live = edited(live, "VirtualService", **fields)
    return plan_for(live, *after)


def renamed(name: str) -> list[Manifest]:
    """The Gateway of `app("web")` under another name, with the same Service behind it."""
    return [gateway(name), service("web-svc", gateway=name), endpoints("web-svc")]


def warnings(plan: Plan) -> list[str]:
    """The messages of a plan that speak of a rename."""
    return [problem.message for problem in plan.problems if "takes its place" in problem.message]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(app("web"), renamed("web2"), id="the same Service"),
        pytest.param(app("web", address="10.10.10.5"), app("other", address="10.10.10.5"), id="the same address"),
        pytest.param(
            app("web", hostname="w.example.com"), app("other", hostname="w.example.com"), id="the same hostname"
        ),
    ],
)
def test_what_a_renamed_gateway_loses_is_named(before: list[Manifest], after: list[Manifest]) -> None:
    """On the delete, and as a warning that names both Gateways."""
    plan = planned(before, after, enabled=False)

    (deleted,) = [c for c in plan.changes if c.action is Action.DELETE and c.key.kind == "VirtualService"]
    assert deleted.lost == (DISABLED,)
    (message,) = warnings(plan)
    name = after[0]["metadata"]["name"]
    assert message == (
        f"Gateway shop/web is deleted, and Gateway shop/{name} takes its place without: "
        f"VirtualService admin/test--shop-web {DISABLED}"
    )


def test_a_gateway_that_nobody_edited_is_renamed_without_a_word() -> None:
    """Nothing is lost."""
    plan = planned(app("web"), renamed("web2"))

    assert [change.lost for change in plan.changes if change.action is Action.DELETE] == [()] * 4
    assert warnings(plan) == []


def test_a_gateway_that_goes_for_good_names_its_edits_on_the_delete_alone() -> None:
    """Another Gateway that has nothing to do with it is no successor."""
    plan = planned(app("web"), app("other"), enabled=False)

    assert [c.lost for c in plan.changes if c.action is Action.DELETE and c.lost] == [(DISABLED,)]
    assert warnings(plan) == []


def test_a_move_to_another_tenant_loses_no_edit_that_it_carries_over() -> None:
    """The object that goes is the one that comes, elsewhere."""
    plan = planned(app("web"), [*app("web"), namespace("shop", tenant="team-a")], enabled=False)

    assert {change.key.tenant for change in plan.changes} == {"admin", "team-a"}
    assert [change.lost for change in plan.changes if change.lost and change.action is Action.DELETE] == []
