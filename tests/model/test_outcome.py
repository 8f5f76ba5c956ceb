"""What became of a plan: never more than what happened."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.model.outcome import ChangeState, Outcome, SetState, WriteState, by_owner
from sync.model.plan import Action, ChangeSet, Refusal
from tests.shared.plans import make_change, make_outcome, make_owner, make_set

APPLIED, FAILED = WriteState.APPLIED, WriteState.FAILED
SKIPPED, NOT_TRIED = WriteState.SKIPPED, WriteState.NOT_TRIED

UPDATE = make_set(make_change(Action.UPDATE))
REPLACE = make_set(make_change(Action.REPLACE))
BOTH = make_set(make_change(Action.UPDATE, kind="Pool"), make_change(Action.UPDATE))


def ended(change_set: ChangeSet, *ends: WriteState, state: SetState = SetState.FAILED, said: str = "no") -> Outcome:
    """A set that did not end well."""
    return make_outcome(change_set, *ends, state=state, said=said)


@pytest.mark.parametrize(
    ("change_set", "ends", "expected"),
    [
        pytest.param(UPDATE, [APPLIED], ChangeState.APPLIED, id="written"),
        pytest.param(UPDATE, [FAILED], ChangeState.FAILED, id="refused"),
        pytest.param(UPDATE, [SKIPPED], ChangeState.SKIPPED, id="after one that failed"),
        pytest.param(UPDATE, [NOT_TRIED], ChangeState.NOT_TRIED, id="after the run was stopped"),
        pytest.param(REPLACE, [APPLIED, APPLIED], ChangeState.APPLIED, id="deleted and created"),
        pytest.param(REPLACE, [APPLIED, FAILED], ChangeState.FAILED, id="deleted and not created"),
        pytest.param(REPLACE, [APPLIED, SKIPPED], ChangeState.FAILED, id="deleted, the create skipped"),
        pytest.param(REPLACE, [APPLIED, NOT_TRIED], ChangeState.FAILED, id="deleted, the create not tried"),
        pytest.param(REPLACE, [FAILED, SKIPPED], ChangeState.FAILED, id="not deleted"),
        pytest.param(REPLACE, [SKIPPED, SKIPPED], ChangeState.SKIPPED, id="nothing sent"),
    ],
)
def test_a_change_is_applied_with_all_its_writes(
    change_set: ChangeSet, ends: list[WriteState], expected: ChangeState
) -> None:
    """A replaced object that is deleted and not there again is a failure, whatever stopped it."""
    (found,) = ended(change_set, *ends).changes

    assert found.state is expected


@given(ends=st.lists(st.sampled_from([*WriteState]), min_size=2, max_size=2))
def test_nothing_is_told_as_applied_that_was_not(ends: list[WriteState]) -> None:
    """However the writes of a replace ended."""
    (found,) = ended(REPLACE, *ends).changes

    assert (found.state is ChangeState.APPLIED) is (set(ends) == {APPLIED})


def test_an_object_that_was_put_back_is_restored() -> None:
    """Whatever its writes say: they are older."""
    key = REPLACE.changes[0].key
    outcome = make_outcome(REPLACE, APPLIED, FAILED, state=SetState.RESTORED, restored=frozenset({key}))

    assert [item.state for item in outcome.changes] == [ChangeState.RESTORED]


def test_a_change_without_a_write_was_not_tried() -> None:
    """The set was stopped before anything was recorded."""
    outcome = Outcome(change_set=UPDATE, state=SetState.NOT_TRIED, writes=())

    assert [item.state for item in outcome.changes] == [ChangeState.NOT_TRIED]


def test_what_was_not_applied_tells_why_and_what_was_applied_does_not() -> None:
    """The words of the set, where the write has none of its own."""
    assert [(item.state, item.said) for item in ended(BOTH, APPLIED, FAILED).changes] == [
        (ChangeState.APPLIED, ""),
        (ChangeState.FAILED, "no"),
    ]


def test_only_a_set_that_is_applied_is_a_success() -> None:
    """A set that was restored has done nothing that was requested."""
    assert [state for state in SetState if ended(UPDATE, APPLIED, state=state).is_success] == [SetState.APPLIED]


# --- a set that is planned again --------------------------------------------------------------------------------------


def test_of_a_set_that_is_planned_again_the_applied_part_is_kept() -> None:
    """With its own writes only."""
    done = ended(BOTH, APPLIED, FAILED).done()

    assert done is not None
    assert (done.state, [change.key.kind for change in done.change_set.changes]) == (SetState.APPLIED, ["Pool"])
    assert [item.write.key.kind for item in done.writes] == ["Pool"]


def test_a_set_of_which_nothing_was_applied_leaves_nothing() -> None:
    """Half of a replace is nothing, either."""
    assert (ended(UPDATE, FAILED).done(), ended(REPLACE, APPLIED, FAILED).done()) == (None, None)


def test_why_a_set_was_not_tried_again_is_added_to_its_words() -> None:
    """The first trouble stays."""
    outcome = ended(UPDATE, FAILED).explained(Refusal(message="frozen", fix="wait"))

    assert outcome.said == "no; the new plan is refused: frozen"


# --- owner by owner ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        pytest.param([APPLIED, APPLIED], ChangeState.APPLIED, id="all applied"),
        pytest.param([APPLIED, NOT_TRIED], ChangeState.NOT_TRIED, id="one not tried"),
        pytest.param([NOT_TRIED, SKIPPED], ChangeState.SKIPPED, id="one skipped"),
        pytest.param([SKIPPED, FAILED], ChangeState.FAILED, id="one failed"),
    ],
)
def test_an_owner_is_as_badly_off_as_the_worst_of_its_changes(ends: list[WriteState], expected: ChangeState) -> None:
    """Also if all others were applied."""
    (found,) = by_owner([ended(BOTH, *ends)])

    assert (found.owner, found.state) == (make_owner("web"), expected)


def test_an_owner_in_two_sets_has_the_words_of_the_one_that_has_some() -> None:
    """The applied part of a set that was planned again, and what became of the rest."""
    applied = make_outcome(make_set(make_change(Action.UPDATE, kind="Pool")))

    for outcomes in ([applied, ended(UPDATE, FAILED)], [ended(UPDATE, FAILED), applied]):
        (found,) = by_owner(outcomes)
        assert (found.state, found.said) == (ChangeState.FAILED, "no")


def test_owners_come_in_order() -> None:
    """However they were applied."""
    outcomes = [make_outcome(make_set(make_change(Action.UPDATE, name))) for name in ("web", "api")]

    assert [item.owner.name for item in by_owner(outcomes)] == ["api", "web"]
