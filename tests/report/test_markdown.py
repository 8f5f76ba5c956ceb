"""Markdown for a reviewer: what must be seen comes first, and it fits where it is to be posted."""

import re
from dataclasses import replace

import pytest

from sync.model.plan import Action, ChangeSet
from sync.model.run import Run
from sync.report.markdown import MAX_COMMENT_BYTES, MAX_SUMMARY_BYTES, run_markdown
from tests.report.scene import files_after, files_before, planned


@pytest.fixture(scope="module")
def scene() -> Run:
    """A dry run with a bit of everything."""
    return planned(files_before(), files_after())


@pytest.fixture(scope="module")
def large(scene: Run) -> Run:
    """The same a thousand times."""
    return times(1_000, scene)


def times(number: int, run: Run) -> Run:
    """The run as if there were so many of each of its owners and problems."""
    plan = run.plan
    assert plan is not None
    sets = tuple(_renamed(item, each) for each in range(number) for item in plan.change_sets)
    problems = tuple(
        replace(one, resource=f"{one.resource}-{n}") for n in range(number) for one in run.desired.problems
    )
    return replace(run, plan=replace(plan, change_sets=sets), desired=replace(run.desired, problems=problems))


def _renamed(change_set: ChangeSet, number: int) -> ChangeSet:
    owners = {owner: replace(owner, name=f"{owner.name}-{number:05}") for owner in change_set.owners}
    changes = tuple(
        replace(one, owner=owners[one.owner], key=replace(one.key, name=f"{one.key.name}-{number:05}"))
        for one in change_set.changes
    )
    return replace(change_set, owners=tuple(owners.values()), changes=changes)


def test_the_verdict_is_the_first_line(scene: Run) -> None:
    """Whoever reads no further has read what matters."""
    first, *_ = run_markdown(scene).splitlines()

    assert first == "### 4 owners would change, with an outage for 3; 1 owner is held"


def test_outages_come_before_everything_else(scene: Run) -> None:
    """Each with what is lost and the reason, then the problems, then the details, folded."""
    text = run_markdown(scene)

    places = [text.index(part) for part in ("#### Outages", "#### Problems", "#### Changes", "<details>")]
    table = text[places[0] : places[1]]
    assert places == sorted(places)
    assert "| `-/+` | Gateway shop/storefront `teams/shop/storefront.yaml:1` | the VIP is down between" in table
    assert "| address 10.10.10.50 → 10.10.10.60 |" in table
    assert "| `-` | Gateway red/legacy | connections end |" in table
    assert "| TCP 8443 is no longer served |" in table


@pytest.mark.parametrize("limit", [4_000, MAX_COMMENT_BYTES, MAX_SUMMARY_BYTES])
def test_it_fits_where_it_is_posted(large: Run, limit: int) -> None:
    """However large the plan is: details go first, each part says how much is missing, and the counts stay whole."""
    text = run_markdown(large, max_bytes=limit)

    assert len(text.encode()) <= limit
    assert "| 5000 | 3000 | 2000 | 5000 | 12 | 0 | 1 |" in text
    assert "-00000" in text.partition("#### Problems")[0]
    left = [int(number) for number in re.findall(r"(\d+) more owners? (?:is|are) left out here", text)]
    assert text.count("| `-/+` |") + text.count("| `-` |") + sum(left[:-1]) == 2_000
    assert text.count("<details>") + left[-1] == 4_000


def test_a_plan_that_fits_is_told_in_full(scene: Run) -> None:
    """Nothing is left out of it, and nothing says so."""
    text = run_markdown(scene)

    assert "left out" not in text
    assert text.count("<details>") == 4


def test_a_single_huge_change_does_not_push_out_the_others(scene: Run) -> None:
    """Of one object some fields are shown, the others are counted."""
    plan = scene.plan
    assert plan is not None
    sets = [_with_many_fields(item, 5_000) for item in plan.change_sets]

    text = run_markdown(replace(scene, plan=replace(plan, change_sets=tuple(sets))))

    assert text.count("… and 4960 more fields") == 3
    assert text.count("<details>") == 4
    assert "left out" not in text


def _with_many_fields(change_set: ChangeSet, number: int) -> ChangeSet:
    changes = [
        replace(one, fields=tuple(replace(one.fields[0], path=f"x[{n}]") for n in range(number)))
        if one.action is Action.UPDATE
        else one
        for one in change_set.changes
    ]
    return replace(change_set, changes=tuple(changes))
