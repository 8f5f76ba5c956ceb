"""What a policy leaves of an owner's changes."""

from dataclasses import replace
from typing import Any

import pytest

from sync.kinds import Scope
from sync.model.desired import DesiredState
from sync.model.plan import Action, Cause, Change, ServerMove
from sync.model.policy import Policy
from sync.model.problem import Origin, Severity
from sync.plan.changes import OwnerChanges
from sync.plan.outages import NO_EFFECT
from sync.plan.owners import OwnerState
from sync.plan.policy import allowed, left_by_servers_only, why_no_replace, withheld
from tests.shared.builders import make_options
from tests.shared.plans import make_change, make_owner

CREATE = make_change(Action.CREATE, kind="VsVip")
UPDATE = make_change(Action.UPDATE, kind="Pool")
DELETE = make_change(Action.DELETE, kind="L4PolicySet")
DESIRED = DesiredState(
    commit="c0ffee", cluster="north", objects={}, origins={"north--shop-web": Origin(file="web.yaml", line=3)}
)


def owner_with(*changes: Change, **fields: Any) -> OwnerChanges:
    """The Gateway shop/web with these changes."""
    state = OwnerState(name="north--shop-web", owner=make_owner(), desired={}, live={})
    return OwnerChanges(state=state, changes={change.key: change for change in changes}, **fields)


@pytest.mark.parametrize(
    ("policy", "left"),
    [
        pytest.param(Policy.SYNC, [CREATE, UPDATE, DELETE], id="sync"),
        pytest.param(Policy.UPSERT_ONLY, [CREATE, UPDATE], id="upsert-only"),
        pytest.param(Policy.CREATE_ONLY, [CREATE], id="create-only"),
    ],
)
def test_a_policy_leaves_out_what_it_does_not_allow(policy: Policy, left: list[Change]) -> None:
    """What is left out is kept, to be told; nothing is lost."""
    found = allowed(owner_with(CREATE, UPDATE, DELETE), make_options(policy=policy))

    assert [*found.changes.values()] == left
    assert {*found.changes.values(), *found.withheld} == {CREATE, UPDATE, DELETE}


def test_servers_only_leaves_everything_that_is_no_server_change() -> None:
    """A replace as well, and of an owner with which a run was interrupted all; one warning counts what is left."""
    moved = replace(UPDATE, moved=ServerMove(before=1, after=2, new=1, disabled=0), cause=Cause.CLUSTER)
    owner = owner_with(CREATE, moved, DELETE, scope=Scope.VIP)
    options = make_options(policy=Policy.SERVERS_ONLY)

    found = allowed(owner, options)
    (problem,) = left_by_servers_only([found, allowed(owner_with(moved), options)])

    assert ([*found.changes.values()], found.withheld, found.scope) == ([moved], (CREATE, DELETE), None)
    assert problem.message == "--servers-only leaves 2 changes of 1 owner to another run"


@pytest.mark.parametrize("policy", [each for each in Policy if each is not Policy.SERVERS_ONLY])
def test_an_owner_that_needs_a_replace_stays_whole(policy: Policy) -> None:
    """Half of a replace would be an outage: it is held instead."""
    owner = owner_with(CREATE, DELETE, scope=Scope.VIP)

    assert allowed(owner, make_options(policy=policy)) is owner


@pytest.mark.parametrize(
    ("options", "flag"),
    [
        pytest.param({}, None, id="sync"),
        pytest.param({"may_replace": False}, "--no-replace", id="no replace"),
        pytest.param({"policy": Policy.UPSERT_ONLY}, "--policy upsert-only", id="upsert-only"),
        pytest.param({"policy": Policy.CREATE_ONLY}, "--policy create-only", id="create-only"),
        pytest.param({"policy": Policy.CREATE_ONLY, "may_replace": False}, "--no-replace", id="both"),
    ],
)
def test_where_no_replace_is_allowed_an_owner_that_needs_one_is_held(options: Any, flag: str | None) -> None:
    """The reason names the flag, and what would be replaced for."""
    owner = owner_with(scope=Scope.VIP, scope_reason="another address")

    found = [message for message, _ in why_no_replace(owner, NO_EFFECT, make_options(**options))]

    expected = [f"it would have to be replaced (another address), which {flag} does not allow"] if flag else []
    assert found == expected


def test_an_owner_that_needs_no_replace_is_not_held_for_it() -> None:
    """Whatever the policy."""
    assert [*why_no_replace(owner_with(UPDATE), NO_EFFECT, make_options(may_replace=False))] == []


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        pytest.param([DELETE], "delete L4PolicySet admin/north--shop-web", id="one"),
        pytest.param([DELETE, UPDATE], "delete L4PolicySet admin/north--shop-web and 1 more", id="two"),
    ],
)
def test_what_is_left_out_is_a_warning(left_out: list[Change], said: str) -> None:
    """With the place of the manifest, so that nobody takes the Controller for converged."""
    owner = owner_with(withheld=tuple(left_out))

    (problem,) = withheld(owner, DESIRED, make_options(policy=Policy.CREATE_ONLY))

    assert (problem.severity, problem.file, problem.line) == (Severity.WARNING, "web.yaml", 3)
    assert problem.message == f"--policy create-only leaves this out: {said}"


def test_where_nothing_is_left_out_nothing_is_said() -> None:
    """The ordinary case."""
    assert [*withheld(owner_with(CREATE), DESIRED, make_options())] == []
