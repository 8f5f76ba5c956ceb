"""Which VirtualServices a run waits for."""

from typing import Any

import pytest

from sync.model.live import LiveObject
from sync.model.outcome import Outcome, SetState, WriteState
from sync.model.plan import Action
from sync.plan.awaiting import awaited
from tests.shared.plans import live_of, make_change, make_live, make_outcome, make_pool, make_set

SERVES = live_of(make_live("web"), make_pool("web"), make_live("api"), make_pool("api"))


def applied(action: Action, name: str = "web", kind: str = "Pool") -> Outcome:
    """A change that was applied."""
    return make_outcome(make_set(make_change(action, name, kind)))


def waits_for(*outcomes: Outcome) -> list[str]:
    """The names of the owners that are waited for."""
    return [item.owner.name for item in awaited(outcomes, SERVES)]


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (Action.CREATE, ["web"]),
        (Action.UPDATE, ["web"]),
        (Action.REPLACE, ["web"]),
        (Action.ADOPT, []),
        (Action.RELEASE, []),
    ],
)
def test_a_service_is_waited_for_when_anything_of_its_owner_changed(action: Action, expected: list[str]) -> None:
    """A change of its pool is enough; one of hands changes no traffic."""
    assert waits_for(applied(action)) == expected


def test_what_was_put_back_is_waited_for() -> None:
    """It was down in between."""
    change_set = make_set(make_change(Action.REPLACE))
    restored = frozenset({change_set.changes[0].key})

    back = make_outcome(change_set, WriteState.APPLIED, WriteState.FAILED, state=SetState.RESTORED, restored=restored)

    assert waits_for(back) == ["web"]


def test_what_was_not_tried_is_not_waited_for() -> None:
    """None of its objects has changed."""
    outcome = make_outcome(make_set(make_change(Action.UPDATE)), WriteState.NOT_TRIED, state=SetState.NOT_TRIED)

    assert waits_for(outcome) == []


def test_services_come_in_key_order() -> None:
    """However they were applied."""
    assert waits_for(applied(Action.UPDATE, "web"), applied(Action.CREATE, "api")) == ["api", "web"]


def test_a_service_that_is_gone_is_not_waited_for() -> None:
    """The owner was deleted."""
    assert awaited([applied(Action.DELETE, "old")], SERVES) == ()


NO_SERVER = "it has no server to send to"


def pool(**fields: Any) -> LiveObject:
    """A live pool."""
    return make_live("web", "Pool", **fields)


@pytest.mark.parametrize(
    ("service", "pools", "expected"),
    [
        pytest.param({}, [make_pool()], "", id="serves"),
        pytest.param({"enabled": False}, [make_pool()], "it is disabled", id="disabled"),
        pytest.param({}, [], NO_SERVER, id="no pool"),
        pytest.param({}, [pool()], NO_SERVER, id="a pool without servers"),
        pytest.param({}, [pool(servers=[{"enabled": False}])], NO_SERVER, id="no enabled server"),
        pytest.param({}, [pool(servers=[{"enabled": False}, {"enabled": True}])], "", id="one enabled server"),
        pytest.param({}, [pool(servers=[{}], enabled=False)], NO_SERVER, id="a disabled pool"),
        pytest.param({}, [pool(), pool(servers=[{}], suffix="-2")], "", id="one of two pools has a server"),
    ],
)
def test_who_cannot_come_up_is_told_with_the_reason(
    service: dict[str, Any], pools: list[LiveObject], expected: str
) -> None:
    """A service without an enabled server stays down, whatever a run does."""
    live = live_of(make_live("web", **service), *pools)

    (found,) = awaited([applied(Action.UPDATE, "web", "VirtualService")], live)

    assert found.idle_because == expected
