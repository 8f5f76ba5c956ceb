"""What a plan that deletes depends on: nobody else uses what goes, and what comes instead has what it refers to."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.model.desired import ObjectKey
from sync.model.live import LiveObject, LiveState, Ownership, Surroundings, UserObject
from sync.model.plan import Action, Method, Plan
from tests.shared.perfect_controller import converged, plan_for
from tests.shared.plans import make_key
from tests.shared.tree import Manifest, app, load_balancer

WEB, MAIL = app("web", address="10.10.10.11"), [load_balancer("mail")]
TREES: dict[str, list[Manifest]] = {
    "unchanged": [*WEB, *MAIL],
    "one gone": WEB,
    "another address": [*app("web", address="10.10.10.12"), *MAIL],
    "another port": [*WEB, load_balancer("mail", port=26)],
}


def used_by(live: LiveState, *items: LiveObject) -> LiveState:
    """With a PoolGroup that refers to these."""
    key = ObjectKey(kind="PoolGroup", tenant="admin", cloud="", name="theirs")
    user = UserObject(key=key, field="members", uuids=frozenset(item.uuid for item in items))
    return replace(live, surroundings=Surroundings(users=(user,)))


def deleted(plan: Plan) -> set[str]:
    """The uuids of what the plan deletes."""
    return {write.uuid for item in plan.change_sets for write in item.writes if write.method is Method.DELETE}


@given(st.sampled_from(sorted(TREES)), st.data())
def test_nothing_that_somebody_else_uses_is_deleted(tree: str, data: st.DataObject) -> None:
    """Whatever changes, and whichever object is used."""
    live = converged(*WEB, *MAIL).live
    used = data.draw(st.sampled_from(sorted(live, key=lambda item: item.key)))

    plan = plan_for(used_by(live, used), *TREES[tree])

    assert used.uuid not in deleted(plan)


@given(st.sampled_from(sorted(TREES)))
def test_what_stays_may_be_used(tree: str) -> None:
    """Who uses what no plan deletes is nobody's business: the plan is the same."""
    live = converged(*WEB, *MAIL).live
    going = deleted(plan_for(live, *TREES[tree]))
    staying = [item for item in live if item.uuid not in going]

    assert plan_for(used_by(live, *staying), *TREES[tree]) == plan_for(live, *TREES[tree])


def test_an_owner_of_which_something_is_used_is_held_as_a_whole() -> None:
    """The message names who uses what by which field; the others go on."""
    live = converged(*WEB, *MAIL).live
    (pool,) = (item for item in live if item.key.kind == "Pool" and "mail" in item.key.name)

    plan = plan_for(used_by(live, pool), *app("web", address="10.10.10.12"))

    (problem,) = plan.problems
    assert problem.message == (f"held: PoolGroup admin/theirs refers to {pool.key}, which would be deleted")
    assert problem.fix == "remove the reference from members of PoolGroup admin/theirs first"
    assert [held.owner.name for held in plan.held] == ["mail"]
    assert plan.count(Action.REPLACE) == 2


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        pytest.param("VsVip", {"vsvip_ref": "{}"}, id="another service on the VIP"),
        pytest.param("L4PolicySet", {"l4_policies": [{"index": 0, "l4_policy_set_ref": "{}"}]}, id="a policy set"),
        pytest.param("Pool", {"pool_ref": "{}"}, id="a pool"),
        pytest.param(
            "Pool", {"service_pool_select": [{"service_port": 80, "service_pool_ref": "{}"}]}, id="a pool by port"
        ),
        pytest.param("VirtualService", {"vh_parent_vs_ref": "{}"}, id="a parent"),
    ],
)
def test_a_virtual_service_of_somebody_else_uses_what_it_refers_to(kind: str, field: dict[str, object]) -> None:
    """Wherever in it the reference stands."""
    live = converged(*WEB, *MAIL).live
    (used,) = (item for item in live if item.key.kind == kind and "mail" in item.key.name)
    body = _filled(field, f"https://c/api/{kind.lower()}/{used.uuid}#{used.key.name}")
    other = LiveObject(key=make_key("theirs"), uuid="theirs", body=body, ownership=Ownership.FOREIGN)

    plan = plan_for(replace(live, objects={**live.objects, other.key: other}), *WEB)

    assert (deleted(plan), [held.owner.name for held in plan.held]) == (set(), ["mail"])


def _filled(value: object, reference: str) -> dict[str, object]:
    """The body with the reference in place of `{}`."""

    def fill(item: object) -> object:
        match item:
            case dict():
                return {key: fill(each) for key, each in item.items()}
            case list():
                return [fill(each) for each in item]
            case _:
                return reference if item == "{}" else item

    filled = fill(value)
    assert isinstance(filled, dict)
    return filled


def test_types_that_the_account_may_not_read_are_named_where_something_is_deleted() -> None:
    """It cannot be checked, and nobody is held for it."""
    blind = Surroundings(unreadable_users=frozenset({"PoolGroup"}))
    live = replace(converged(*WEB, *MAIL).live, surroundings=blind)

    said = [problem.message for problem in plan_for(live, *WEB).problems]
    unsaid = plan_for(live, *WEB, *MAIL).problems

    assert said == ["the account may not read any PoolGroup: whether one refers to a deleted object is not checked"]
    assert unsaid == ()


def test_an_owner_whose_new_objects_lack_something_is_held() -> None:
    """Before anything of it is deleted; the message names the object and what it refers to."""
    live = converged(*WEB, *MAIL).live
    (vsvip,) = (item for item in live if item.key.kind == "VsVip" and "web" in item.key.name)
    around = Surroundings(missing={vsvip.key: ('network "vips"',)}, unreadable=frozenset({"vrfcontext"}))

    plan = plan_for(replace(live, surroundings=around), *app("web", address="10.10.10.12"), *MAIL)

    held, warning = plan.problems
    assert plan.is_empty
    assert held.message == (
        f'held: {vsvip.key} would refer to network "vips", which the Controller does not have, '
        "and live objects would have to be deleted first"
    )
    assert warning.message.startswith("the account may not read any vrfcontext: whether those of new objects exist")
