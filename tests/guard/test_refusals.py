"""Everything that speaks against applying a plan, together."""

from datetime import UTC, datetime, time

import pytest

from sync.guard import refusals
from sync.model.plan import Action, Permit, Plan
from sync.model.settings import SyncSettings, Window
from tests.shared.plans import DIGEST, live_services, make_change, make_plan_of

SUNDAY = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CLOSED = SyncSettings(windows=(Window(days=("Mon",), start=time(9), end=time(17)),))
OPEN = SyncSettings()
LIVE = live_services("a", "b")
MASS_DELETE = make_plan_of(*(make_change(Action.DELETE, name) for name in "ab"))
PERMIT = Permit(owners=2, digest=DIGEST)


def said(
    plan: Plan, settings: SyncSettings = OPEN, *, freeze: str | None = None, permit: Permit | None = None
) -> list[str]:
    """What the refusals say."""
    return [refusal.message for refusal in refusals(plan, LIVE, settings, permit, freeze, SUNDAY)]


def test_a_plan_without_changes_is_never_refused() -> None:
    """Nothing is to be written, frozen and closed or not."""
    assert said(make_plan_of(), CLOSED, freeze="") == []


@pytest.mark.parametrize(
    ("freeze", "expected"),
    [
        pytest.param("", "Git holds .avi-sync-freeze: nothing is written", id="empty"),
        pytest.param("quarter\n end\n", "Git holds .avi-sync-freeze: nothing is written (quarter end)", id="a reason"),
    ],
)
def test_a_freeze_file_refuses_every_plan(freeze: str, expected: str) -> None:
    """Its text is the reason, in one line."""
    assert said(make_plan_of(make_change(Action.UPDATE, "a", fields=["services"])), freeze=freeze) == [expected]


def test_a_permit_lifts_the_limits() -> None:
    """Without it the same plan is refused."""
    assert (bool(said(MASS_DELETE)), said(MASS_DELETE, permit=PERMIT)) == (True, [])


def test_no_permit_opens_a_window() -> None:
    """The plan's own digest does not, either."""
    (message,) = said(MASS_DELETE, CLOSED, permit=PERMIT)

    assert "no change window is open" in message


def test_no_permit_lifts_a_freeze() -> None:
    """The plan's own digest does not, either."""
    assert said(MASS_DELETE, freeze="", permit=PERMIT) == ["Git holds .avi-sync-freeze: nothing is written"]


def test_all_that_speaks_against_a_plan_is_said_at_once() -> None:
    """Freeze, window, limit and the last owner."""
    assert len(said(MASS_DELETE, CLOSED, freeze="")) == 4
