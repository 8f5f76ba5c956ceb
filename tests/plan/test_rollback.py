"""What a run touched becomes what it was before it, and nothing else is touched."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.model.desired import ObjectKey
from sync.model.journal import RecordedChange, RecordedRun
from sync.model.live import LiveState
from sync.model.outcome import ChangeState
from sync.model.plan import Action, Cause, Plan
from sync.model.selection import Selection
from sync.plan.make import make_plan
from sync.plan.rollback import plan_rollback
from tests.builders import make_options
from tests.end_to_end.tree import Manifest, app, infra_setting, namespace
from tests.plan.controller import PerfectController, wish_for
from tests.plan.recording import BEGAN, broken_off, performed
from tests.plan.test_laws import APPS, manifests_of
from tests.plans import live_of, make_key, make_live, make_owner

Apps = dict[str, tuple[str, tuple[int, ...], bool]]
Configuration = Mapping[ObjectKey, Any]

WEB_AND_API = [*app("web"), *app("api")]
NAMED = [*app("web", hostname="web.example.com"), *app("api", hostname="api.example.com")]


def plan_for(manifests: Sequence[Manifest], live: LiveState) -> Plan:
    """The plan for some manifests."""
    return make_plan(wish_for(*manifests).desired, live, make_options())


def rollback(run: RecordedRun, live: LiveState, *later: RecordedRun, **options: Any) -> Plan:
    """The plan that takes a run back."""
    return plan_rollback(run, later, live, make_options(**options))


def converged(manifests: Sequence[Manifest]) -> PerfectController:
    """A Controller on which some manifests are live."""
    controller = PerfectController()
    controller.apply(plan_for(manifests, controller.live))
    return controller


def ran(before: Sequence[Manifest], after: Sequence[Manifest]) -> tuple[PerfectController, RecordedRun]:
    """A Controller on which a run has gone from some manifests to others, and what is written down of that run."""
    controller = converged(before)
    return controller, performed(controller, plan_for(after, controller.live))


def configuration(live: LiveState) -> Configuration:
    """All objects, without what tells one from another that was made just like it."""
    return {item.key: _timeless(item.body) for item in live}


def _timeless(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _timeless(item) for key, item in value.items() if key not in ("uuid", "url")}
    if isinstance(value, list):
        return [_timeless(item) for item in value]
    if isinstance(value, str) and "/api/" in value and "#" in value:
        return value.partition("/api/")[2].partition("/")[0] + value.partition("#")[2]
    return value


def errors(plan: Plan) -> list[str]:
    """Why owners are held."""
    return [problem.message for problem in plan.problems]


# --- laws -------------------------------------------------------------------------------------------------------------


@settings(max_examples=25, deadline=None)
@given(first=APPS, second=APPS)
def test_a_run_that_is_taken_back_leaves_everything_as_it_was_or_holds_the_owner(first: Apps, second: Apps) -> None:
    """From any tree to any other and back: what is not as it was is of an owner that is held, and said so."""
    controller = converged(manifests_of(first))
    before = controller.live
    run = performed(controller, plan_for(manifests_of(second), controller.live))

    plan = rollback(run, controller.live)
    controller.apply(plan)

    assert not_held(controller.live, plan) == not_held(before, plan)


def not_held(live: LiveState, plan: Plan) -> Configuration:
    """The objects of the owners that a plan does not hold."""
    held = {item.name for item in plan.held}
    return configuration(live_of(*(item for item in live if item.owner_name not in held)))


@settings(max_examples=15, deadline=None)
@given(first=APPS, second=APPS)
def test_a_second_rollback_of_the_same_run_plans_nothing(first: Apps, second: Apps) -> None:
    """What is as it was needs nothing."""
    controller, run = ran(manifests_of(first), manifests_of(second))
    controller.apply(rollback(run, controller.live))

    assert rollback(run, controller.live).changes == ()


@settings(max_examples=15, deadline=None)
@given(first=APPS, second=APPS, third=APPS)
def test_only_owners_that_the_run_touched_are_touched(first: Apps, second: Apps, third: Apps) -> None:
    """Whatever a later run did."""
    controller, run = ran(manifests_of(first), manifests_of(second))
    later = performed(controller, plan_for(manifests_of(third), controller.live), run="two", minutes=5)

    plan = rollback(run, controller.live, later)

    assert {change.owner for change in plan.changes} <= {change.owner for change in run.changes}


@settings(max_examples=15, deadline=None)
@given(first=APPS, second=APPS, writes=st.integers(0, 40))
def test_a_run_that_broke_off_is_taken_back_as_far_as_it_came(first: Apps, second: Apps, writes: int) -> None:
    """Owner by owner: as before, or held."""
    controller = converged(manifests_of(first))
    before = controller.live
    run = broken_off(controller, plan_for(manifests_of(second), controller.live), writes)

    plan = rollback(run, controller.live)
    controller.apply(plan)

    assert not_held(controller.live, plan) == not_held(before, plan)


# --- case by case -----------------------------------------------------------------------------------------------------

MOVED_TENANT = [namespace("shop", tenant="blue"), *app("web")]
OTHER_NETWORK = [
    infra_setting("other", network={"vipNetworks": [{"networkName": "other"}]}),
    namespace("shop", infra="other"),
    *app("web"),
]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(app("web"), [], id="deleted"),
        pytest.param([], app("web"), id="created"),
        pytest.param(app("web"), app("web", ports=(80, 443)), id="updated"),
        pytest.param(app("web", address="10.10.10.5"), app("web", address="10.10.10.6"), id="replaced"),
        pytest.param(app("web"), MOVED_TENANT, id="moved to another tenant"),
        pytest.param(app("web"), OTHER_NETWORK, id="moved to another network"),
    ],
)
def test_each_kind_of_change_is_taken_back(before: list[Manifest], after: list[Manifest]) -> None:
    """Object by object, field by field."""
    controller = converged(before)
    was = configuration(controller.live)
    run = performed(controller, plan_for(after, controller.live))

    plan = rollback(run, controller.live)
    controller.apply(plan)

    assert (errors(plan), configuration(controller.live)) == ([], was)


@pytest.mark.parametrize(
    ("before", "after", "reasons"),
    [
        pytest.param([], app("web"), {"created by run one"}, id="created"),
        pytest.param(app("web"), [], {"deleted by run one"}, id="deleted"),
        pytest.param(app("web"), NAMED[:3], {"changed by run one"}, id="updated"),
    ],
)
def test_the_reason_is_what_the_run_did(before: list[Manifest], after: list[Manifest], reasons: set[str]) -> None:
    """And the cause is not somebody's edit."""
    controller, run = ran(before, after)

    plan = rollback(run, controller.live)

    assert {change.reason for change in plan.changes} == reasons
    assert {change.cause for change in plan.changes} == {Cause.GIT}


def test_a_replace_keeps_the_reason_for_the_outage() -> None:
    """Who reads the plan must see what breaks."""
    controller, run = ran(app("web", address="10.10.10.5"), app("web", address="10.10.10.6"))

    plan = rollback(run, controller.live)

    assert {change.reason for change in plan.changes if change.action is Action.REPLACE} == {
        "address 10.10.10.6 → 10.10.10.5"
    }


def edited(controller: PerfectController, kind: str, **fields: Any) -> None:
    """Somebody edits an object of the Gateway shop/web."""
    (key,) = (item.key for item in controller.live if item.key.kind == kind and item.owner_name == "test--shop-web")
    item = controller.live.objects[key]
    changed = replace(item, body={**item.body, **fields})
    controller.live = LiveState(objects={**controller.live.objects, key: changed})


def test_what_was_edited_since_is_held_and_the_others_are_taken_back() -> None:
    """An owner is taken back as a whole or not at all."""
    controller, run = ran(WEB_AND_API, NAMED)
    edited(controller, "VsVip", dns_info=[{"fqdn": "by.hand"}])

    plan = rollback(run, controller.live)

    assert errors(plan) == ["held: VsVip admin/test--shop-web has been changed since by somebody else"]
    assert [item.name for item in plan.held] == ["test--shop-web"]
    assert {change.owner.name for change in plan.changes} == {"api"}


def test_what_a_later_run_changed_is_held_and_that_run_is_named() -> None:
    """Runs are taken back in reverse; of several, the last one first."""
    controller, first = ran(app("web"), app("web", hostname="a.example.com"))
    runs = [
        performed(controller, plan_for(app("web", hostname=name), controller.live), run=name, minutes=minutes)
        for minutes, name in enumerate(["b.example.com", "c.example.com"])
    ]

    plan = rollback(first, controller.live, *runs)

    assert errors(plan) == ["held: VsVip admin/test--shop-web has been changed since by run c.example.com"]
    assert plan.problems[0].fix == "take that run back first"


def test_fields_of_others_neither_hold_nor_change() -> None:
    """What somebody attached since stays."""
    controller, run = ran(app("web"), app("web", ports=(80, 443)))
    edited(controller, "VirtualService", description="call Ada")

    plan = rollback(run, controller.live)
    controller.apply(plan)

    service = next(item for item in controller.live if item.key.kind == "VirtualService")
    assert (errors(plan), service.body["description"]) == ([], "call Ada")


def test_only_the_owners_that_are_selected_are_taken_back() -> None:
    """`--only` narrows it."""
    controller, run = ran(WEB_AND_API, NAMED)

    plan = rollback(run, controller.live, selection=Selection(owners=frozenset({make_owner("api")})))

    assert {change.owner.name for change in plan.changes} == {"api"}


def test_a_run_that_changed_nothing_needs_nothing() -> None:
    """Selecting nobody must not select everybody: no delete of all that is live."""
    controller = converged(WEB_AND_API)

    plan = rollback(RecordedRun(began=BEGAN), controller.live)

    assert (plan.is_empty, plan.held) == (True, ())


@pytest.mark.parametrize("state", [ChangeState.SKIPPED, ChangeState.NOT_TRIED, ChangeState.RESTORED])
def test_what_the_run_did_not_change_is_not_its_business(state: ChangeState) -> None:
    """Not even where somebody has edited it since."""
    controller, run = ran(app("web"), app("web", hostname="a.example.com"))
    undone = replace(run, changes=tuple(replace(change, state=state) for change in run.changes))
    edited(controller, "VsVip", dns_info=[])

    plan = rollback(undone, controller.live)

    assert (plan.is_empty, errors(plan)) == (True, [])


def test_a_write_that_was_refused_is_not_taken_back() -> None:
    """It has changed nothing: what is there now is somebody else's doing, and stays."""
    controller, run = ran(app("web"), app("web", hostname="a.example.com"))
    failed = replace(run, changes=tuple(replace(change, state=ChangeState.FAILED) for change in run.changes))
    edited(controller, "VsVip", dns_info=[{"fqdn": "by.hand"}])

    plan = rollback(failed, controller.live)

    assert (plan.is_empty, errors(plan)) == (True, [])


def test_a_write_that_failed_and_took_effect_nevertheless_is_taken_back() -> None:
    """Its answer was lost, and the object is as the run wanted it."""
    controller, run = ran(app("web"), app("web", hostname="a.example.com"))
    failed = replace(run, changes=tuple(replace(change, state=ChangeState.FAILED) for change in run.changes))

    plan = rollback(failed, controller.live)

    assert [str(change.key) for change in plan.changes] == ["VsVip admin/test--shop-web"]


@pytest.mark.parametrize(
    ("action", "fix"),
    [(Action.ADOPT, "use avi-sync release"), (Action.RELEASE, "use avi-sync adopt")],
)
def test_a_change_of_hands_is_not_taken_back(action: Action, fix: str) -> None:
    """Besides marks there is AKO's checksum: the inverse command knows that."""
    controller, run = ran(app("web"), app("web", hostname="a.example.com"))
    handed = replace(run, changes=tuple(replace(change, action=action) for change in run.changes))

    plan = rollback(handed, controller.live)

    assert plan.is_empty
    assert errors(plan) == [
        "held: run one changed whose VsVip admin/test--shop-web is, which a rollback does not take back"
    ]
    assert plan.problems[0].fix == fix


# --- secrets, which the journal does not hold -------------------------------------------------------------------------


SECRET = {"key": [{"aes_key": "canary"}]}


def with_secret(body: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The body of a VirtualService as a template with a secret renders it; any other body is as it was."""
    if body is None or "vsvip_ref" not in body:
        return None if body is None else dict(body)
    marks = [mark for mark in body["markers"] if mark["key"] != "Fields"]
    fields = {"key": "Fields", "values": ["oauth_vs_config"]}
    return {**body, "oauth_vs_config": SECRET, "markers": [*marks, fields]}


def secretly(plan: Plan) -> Plan:
    """A plan that writes the secret, too."""
    sets = tuple(
        replace(item, writes=tuple(replace(write, body=with_secret(write.body)) for write in item.writes))
        for item in plan.change_sets
    )
    return replace(plan, change_sets=sets)


def test_an_object_that_is_gone_with_its_secret_cannot_be_made_again() -> None:
    """It would be made without it: held, with what is missing."""
    controller = PerfectController()
    controller.apply(secretly(plan_for(app("web"), controller.live)))
    run = performed(controller, plan_for([], controller.live))

    plan = rollback(run, controller.live)

    assert plan.is_empty
    assert errors(plan) == [
        "held: VirtualService admin/test--shop-web cannot be made as it was before run one: the journal holds no "
        "secrets (oauth_vs_config)"
    ]


def test_a_secret_that_stayed_stays() -> None:
    """The rest of the object is as it was."""
    controller = PerfectController()
    controller.apply(secretly(plan_for(app("web"), controller.live)))
    run = performed(controller, secretly(plan_for(app("web", ports=(80, 443)), controller.live)))

    back = rollback(run, controller.live)
    controller.apply(back)

    service = next(item for item in controller.live if item.key.kind == "VirtualService")
    assert (errors(back), len(service.body["services"])) == ([], 1)
    assert service.body["oauth_vs_config"] == SECRET


def test_an_owner_that_nothing_names_is_held_without_a_name() -> None:
    """The journal tells of a pool alone, and that is there no more."""
    change = RecordedChange(
        action=Action.UPDATE,
        key=make_key(kind="Pool"),
        owner=make_owner(),
        reason="changed",
        state=ChangeState.APPLIED,
        before={"servers": []},
        after={"servers": [{"port": 80}]},
    )

    plan = rollback(RecordedRun(began=BEGAN, changes=(change,)), live_of(make_live("api")))

    assert ([item.name for item in plan.held], plan.is_empty) == ([""], True)
