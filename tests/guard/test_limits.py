"""How many owners a plan may take down, and what lets through more."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.guard.limits import beyond_limits, beyond_the_first_plan
from sync.model.live import LiveState, Ownership
from sync.model.plan import Action, Change, Permit, Plan
from sync.model.settings import GuardLimit, GuardSettings
from tests.shared.plans import (
    DIGEST,
    live_of,
    live_services,
    make_change,
    make_key,
    make_live,
    make_owner,
    make_plan_of,
    make_pool,
    servers,
)

FREE = GuardLimit(count=1000, percent=100)
ALL_MAY = GuardSettings(deletes=FREE, replaces=FREE)
DEFAULTS = GuardSettings()
TOO_MANY_DRAINED = (
    "2 of 3 live owners would be deleted or drained (a listener goes, or most of its servers); the limit is 1 per run"
)


def names(number: int) -> list[str]:
    """Names of so many Gateways."""
    return [f"g{each:03}" for each in range(number)]


def deleting(gone: Iterable[str]) -> Plan:
    """A plan that deletes the VirtualServices of these Gateways."""
    return make_plan_of(*(make_change(Action.DELETE, name) for name in gone))


def replacing(moved: Iterable[str]) -> Plan:
    """A plan that replaces the VirtualServices of these Gateways."""
    return make_plan_of(*(make_change(Action.REPLACE, name) for name in moved))


def said(plan: Plan, live: LiveState, limits: GuardSettings = DEFAULTS, permit: Permit | None = None) -> list[str]:
    """What the refusals say."""
    return [refusal.message for refusal in beyond_limits(plan, live, limits, permit)]


# --- number and share -------------------------------------------------------------------------------------------------

LIMITS = st.builds(GuardLimit, count=st.integers(0, 12), percent=st.integers(0, 100))


@given(live=st.integers(1, 40), gone=st.integers(0, 39), limit=LIMITS)
def test_owners_are_deleted_within_the_number_and_the_share(live: int, gone: int, limit: GuardLimit) -> None:
    """Refused exactly if there are more than `count`, or more than that share of the live ones and more than one."""
    gone = min(gone, live - 1)
    limits = GuardSettings(deletes=limit, replaces=FREE)

    refused = said(deleting(names(gone)), live_services(*names(live)), limits)

    assert bool(refused) is (gone > limit.count or (gone > 1 and gone * 100 > limit.percent * live))


@given(live=st.integers(1, 40), moved=st.integers(0, 40), limit=LIMITS)
def test_owners_are_replaced_within_the_number_and_the_share(live: int, moved: int, limit: GuardLimit) -> None:
    """Refused exactly if there are more than `count`, or more than that share of the live ones and more than two."""
    moved = min(moved, live)
    limits = GuardSettings(deletes=FREE, replaces=limit)

    refused = said(replacing(names(moved)), live_services(*names(live)), limits)

    assert bool(refused) is (moved > limit.count or (moved > 2 and moved * 100 > limit.percent * live))


@pytest.mark.parametrize(
    ("live", "gone", "expected"),
    [
        pytest.param(100, 5, [], id="at the number"),
        pytest.param(100, 6, ["6 of 100 live owners would be deleted; the limit is 5 per run"], id="over the number"),
        pytest.param(10, 3, [], id="at the share"),
        pytest.param(10, 4, ["4 of 10 live owners would be deleted; the limit is 3 per run"], id="over the share"),
        pytest.param(2, 1, [], id="always one"),
    ],
)
def test_the_default_limits_of_deletes(live: int, gone: int, expected: list[str]) -> None:
    """Five, and 30 % of those that are live; the refusal tells all three numbers."""
    assert expected == said(deleting(names(gone)), live_services(*names(live)))


def test_several_objects_of_one_owner_count_once() -> None:
    """The unit is the owner: its VirtualService and two pools are one delete."""
    live = live_of(make_live("a"), make_pool("a"), make_pool("a", suffix="-2"), make_live("b"))
    plan = make_plan_of(
        make_change(Action.DELETE, "a"),
        make_change(Action.DELETE, "a", "Pool"),
        make_change(Action.DELETE, "a", "Pool", suffix="-2"),
    )

    assert said(plan, live) == []


def test_objects_of_others_make_no_share_larger() -> None:
    """Thirty owners of somebody else's do not allow to delete two of three."""
    others = (make_live(name, ownership=Ownership.FOREIGN) for name in names(30))
    live = live_of(*others, make_live("a"), make_live("b"), make_live("c"))

    assert said(deleting("ab"), live) == ["2 of 3 live owners would be deleted; the limit is 1 per run"]


def test_creates_and_changes_in_place_are_not_counted() -> None:
    """Any number of owners may come, or change without breaking a connection."""
    plan = make_plan_of(
        *(make_change(Action.CREATE, name) for name in names(50)),
        *(make_change(Action.UPDATE, name, fields=["services[0].port"]) for name in "abc"),
    )

    assert said(plan, live_services(*"abc")) == []


def test_a_change_in_place_that_breaks_connections_counts_like_a_replace() -> None:
    """Three of three move to another Service Engine group."""
    plan = make_plan_of(
        *(make_change(Action.UPDATE, name, fields=["se_group_ref"], is_disruptive=True) for name in "abc")
    )

    assert said(plan, live_services(*"abc")) == [
        "3 of 3 live owners would be replaced or disrupted; the limit is 2 per run"
    ]


def test_a_move_to_another_tenant_is_no_delete() -> None:
    """What comes back there is disrupted, not deleted."""
    plan = make_plan_of(
        *(make_change(Action.DELETE, name) for name in "abc"),
        *(make_change(Action.CREATE, name, tenant="blue") for name in "abc"),
    )

    assert said(plan, live_services(*"abc")) == [
        "3 of 3 live owners would be replaced or disrupted; the limit is 2 per run"
    ]


# --- servers ----------------------------------------------------------------------------------------------------------


def with_servers(has: dict[str, int]) -> Plan:
    """A plan after which these owners' pools have so many servers."""
    changes = [make_change(Action.UPDATE, name, "Pool", fields=["servers"]) for name in has]
    return make_plan_of(*changes, bodies={make_key(name, "Pool"): {"servers": servers(n)} for name, n in has.items()})


@pytest.mark.parametrize(
    ("had", "has", "counts"),
    [
        pytest.param(1, 0, True, id="the last"),
        pytest.param(5, 2, True, id="more than half"),
        pytest.param(4, 2, False, id="just half"),
        pytest.param(4, 4, False, id="all exchanged"),
        pytest.param(0, 0, False, id="none before"),
        pytest.param(2, 3, False, id="one more"),
    ],
)
def test_taking_the_last_server_or_more_than_half_counts_like_a_delete(had: int, has: int, counts: bool) -> None:
    """Two of three owners lose servers of their pools."""
    live = live_of(*(item for name in "abc" for item in (make_live(name), make_pool(name, had))))

    refused = said(with_servers({"a": has, "b": has}), live)

    assert refused == ([TOO_MANY_DRAINED] if counts else [])


def test_a_pool_that_goes_counts_like_a_delete() -> None:
    """The VirtualServices stay, and two of three serve nobody on a port."""
    live = live_of(*(item for name in "abc" for item in (make_live(name), make_pool(name))))
    plan = make_plan_of(*(make_change(Action.DELETE, name, "Pool") for name in "ab"))

    assert said(plan, live) == [TOO_MANY_DRAINED]


def test_a_pool_that_moves_to_another_tenant_takes_nothing_away() -> None:
    """The pool that goes here comes back there."""
    live = live_of(*(item for name in "abc" for item in (make_live(name), make_pool(name))))
    comes = [make_change(Action.CREATE, name, "Pool", tenant="blue") for name in "ab"]
    serves = [make_change(Action.CREATE, name, tenant="blue") for name in "ab"]
    plan = make_plan_of(
        *(make_change(Action.DELETE, name, "Pool") for name in "ab"),
        *comes,
        *serves,
        bodies={change.key: {"servers": servers(2)} for change in comes},
    )

    assert said(plan, live) == []


# --- the last owner, protection, switches -----------------------------------------------------------------------------

NOBODY_LEFT = "no owner would be left; an empty tree is usually a mistake"


def test_the_last_owner_is_not_deleted() -> None:
    """Whatever the limits."""
    assert said(deleting("ab"), live_services("a", "b"), ALL_MAY) == [NOBODY_LEFT]


def test_the_last_owner_may_go_where_another_one_comes() -> None:
    """A tree that serves somebody is not empty."""
    plan = make_plan_of(make_change(Action.DELETE, "a"), make_change(Action.CREATE, "b"))

    assert said(plan, live_services("a"), ALL_MAY) == []


def test_the_last_servers_of_all_owners_are_not_taken() -> None:
    """A tree without back ends serves nobody, either."""
    live = live_of(make_live("a"), make_pool("a"), make_live("b"), make_pool("b"))

    assert said(with_servers({"a": 0, "b": 0}), live, ALL_MAY) == [NOBODY_LEFT]


def test_the_only_owner_may_exchange_a_pool_for_another() -> None:
    """Its Gateway listens on another port: one pool goes, one with servers comes."""
    live = live_of(make_live("a"), make_pool("a"))
    comes = make_change(Action.CREATE, "a", "Pool", suffix="-81")
    plan = make_plan_of(make_change(Action.DELETE, "a", "Pool"), comes, bodies={comes.key: {"servers": servers(2)}})

    assert said(plan, live) == []


@pytest.mark.parametrize(
    ("has", "counts"), [pytest.param(3, False, id="most stay"), pytest.param(2, True, id="most go")]
)
def test_the_last_owner_does_not_lose_most_of_its_servers(has: int, counts: bool) -> None:
    """That counts like a delete, and the last one is not deleted; the words say what is so."""
    live = live_of(make_live("a"), make_pool("a", 5))

    refused = said(with_servers({"a": has}), live)

    assert refused == (["every owner would lose most of its servers; this is rarely intended"] if counts else [])


def test_an_empty_pool_in_place_of_another_is_nobody_left() -> None:
    """A pool without servers serves as much as none."""
    live = live_of(make_live("a"), make_pool("a"))
    plan = make_plan_of(make_change(Action.DELETE, "a", "Pool"), make_change(Action.CREATE, "a", "Pool", suffix="-81"))

    assert said(plan, live) == [NOBODY_LEFT]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(make_change(Action.DELETE, "a"), id="deleted"),
        pytest.param(make_change(Action.REPLACE, "a"), id="replaced"),
        pytest.param(make_change(Action.UPDATE, "a", fields=["se_group_ref"], is_disruptive=True), id="disrupted"),
    ],
)
def test_a_protected_owner_is_not_taken_down(change: Change) -> None:
    """The mark on any of its live objects counts, though one owner may always go."""
    live = live_of(make_live("a"), make_live("a", "L4PolicySet", marks={"Protected": "true"}), make_live("b"))

    assert said(make_plan_of(change), live) == [
        "Gateway shop/a is protected (annotation avi-sync/protect), and the plan would take it down"
    ]


def test_a_protected_owner_may_change_in_place() -> None:
    """Protection is from outages."""
    live = live_of(make_live("a", marks={"Protected": "true"}), make_live("b"))

    assert said(make_plan_of(make_change(Action.UPDATE, "a", fields=["services"])), live) == []


def test_what_only_a_switch_takes_away_is_refused_and_named() -> None:
    """Also within the limits."""
    plan = make_plan_of(make_change(Action.DELETE, "a"), switched_off=[make_owner("a")])

    assert said(plan, live_services("a", "b")) == ["only a setting in values.yaml removes these: Gateway shop/a"]


# --- permits ----------------------------------------------------------------------------------------------------------

MANY = names(10)


@given(length=st.integers(0, len(DIGEST)), owners=st.integers(0, 20))
def test_a_permit_counts_with_twelve_digits_of_the_digest_and_enough_owners(length: int, owners: int) -> None:
    """Seven of ten are deleted; anything less than that is refused, and says so first."""
    permit = Permit(owners=owners, digest=DIGEST[:length])

    refused = said(deleting(MANY[:7]), live_services(*MANY), permit=permit)

    assert (refused == []) is (length >= 12 and owners >= 7)


@pytest.mark.parametrize(
    ("permit", "expected"),
    [
        pytest.param(
            Permit(owners=7, digest="0" * 32),
            f"--plan-digest {'0' * 32} is not this plan's digest ({DIGEST})",
            id="another plan's",
        ),
        pytest.param(
            Permit(owners=6, digest=DIGEST),
            "the plan deletes, replaces or disrupts 7 owners; 6 are allowed",
            id="too few owners",
        ),
    ],
)
def test_a_permit_that_does_not_fit_is_told_before_what_it_was_for(permit: Permit, expected: str) -> None:
    """Both the permit's fault and the limit are named."""
    first, second = said(deleting(MANY[:7]), live_services(*MANY), permit=permit)

    assert (first, "7 of 10" in second) == (expected, True)


def test_the_fix_of_a_refusal_is_the_permit_that_lets_the_plan_pass() -> None:
    """Who copies it is let through; owners that are deleted and replaced are counted together."""
    plan = make_plan_of(
        *(make_change(Action.DELETE, name) for name in MANY[:4]),
        *(make_change(Action.REPLACE, name) for name in MANY[4:8]),
    )
    live = live_services(*MANY)

    fixes = {refusal.fix for refusal in beyond_limits(plan, live, DEFAULTS, None)}

    assert fixes == {f"if this is intended: --allow-deletes 8 --plan-digest {DIGEST[:12]}"}
    assert said(plan, live, permit=Permit(owners=8, digest=DIGEST[:12])) == []


def test_a_permit_for_another_plan_stops_no_plan_within_the_limits() -> None:
    """Nothing needs it."""
    assert said(deleting("a"), live_services(*"abcd"), permit=Permit(owners=1, digest="0" * 32)) == []


def test_a_permit_lifts_protection_and_the_last_owner() -> None:
    """Whoever has read the plan has read that."""
    live = live_of(make_live("a", marks={"Protected": "true"}))

    assert said(deleting("a"), live, permit=Permit(owners=1, digest=DIGEST)) == []


# --- a plan that is made again in the middle of a run -----------------------------------------------------------------


def beyond(first: Plan, again: Plan, *, seen: LiveState, live: LiveState) -> list[str]:
    """What the second plan takes down that the first one did not say."""
    return [refusal.message for refusal in beyond_the_first_plan(first, seen, again, live)]


LIVE = live_services("a", "b", "c")


@pytest.mark.parametrize(
    ("first", "again", "expected"),
    [
        pytest.param(deleting("ab"), deleting("b"), [], id="what is left"),
        pytest.param(deleting("a"), deleting("ab"), ["b"], id="one more deleted"),
        pytest.param(replacing("a"), replacing("ac"), ["c"], id="one more replaced"),
        pytest.param(replacing("a"), deleting("a"), ["a"], id="deleted instead of replaced"),
        pytest.param(deleting("a"), replacing("a"), [], id="replaced instead of deleted"),
    ],
)
def test_a_second_plan_takes_down_nobody_else(first: Plan, again: Plan, expected: list[str]) -> None:
    """The permit and the eyes that let the first one pass did not see more."""
    found = beyond(first, again, seen=LIVE, live=LIVE)

    assert found == [f"Gateway shop/{name} would now be taken down, which was not in the plan" for name in expected]


def test_who_has_been_protected_meanwhile_is_not_taken_down() -> None:
    """The first plan said it, but whoever let it pass did not know of the protection."""
    live = live_of(make_live("a", marks={"Protected": "true"}), make_live("b"))

    found = beyond(deleting("a"), deleting("a"), seen=LIVE, live=live)

    assert found == ["Gateway shop/a would now be taken down, which was not in the plan"]


def test_who_was_protected_before_is_let_through_with_the_first_plan() -> None:
    """Its permit was given knowing that."""
    live = live_of(make_live("a", marks={"Protected": "true"}), make_live("b"))

    assert beyond(deleting("a"), deleting("a"), seen=live, live=live) == []
