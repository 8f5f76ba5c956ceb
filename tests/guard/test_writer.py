"""Who writes now, and who wrote last."""

from dataclasses import replace

import pytest

from sync.guard.writer import Writer, wrong_writer
from sync.model.lock import Doubt, LastRun

LAST = LastRun(
    source="https://git.example.com/net",
    path="prod",
    commit="1" * 40,
    time="2026-03-01 12:00 UTC",
    run_id="one",
)
SAME = Writer(source=LAST.source, path=LAST.path, commit="2" * 40)
OTHER = replace(SAME, source="https://git.example.com/fork")
OLDER = replace(SAME, doubt=Doubt(reason="it is older"))


def said(writer: Writer, last: LastRun | None = LAST, *, source: bool = False, older: bool = False) -> list[str]:
    """What speaks against the writer."""
    found = wrong_writer(last, writer, accepts_source=source, accepts_older_commit=older)
    return [refusal.message for refusal in found]


@pytest.mark.parametrize(
    "writer",
    [
        pytest.param(SAME, id="a later commit of the same source"),
        pytest.param(replace(OLDER, commit=LAST.commit), id="the same commit, however little is known of it"),
        pytest.param(replace(SAME, source="ssh://git.example.com/net"), id="over ssh"),
    ],
)
def test_the_same_source_may_go_on(writer: Writer) -> None:
    """Nothing speaks against it."""
    assert said(writer) == []


def test_nobody_has_written_before() -> None:
    """The first run of all may come from anywhere."""
    assert said(replace(OTHER, doubt=Doubt(reason="unknown")), None) == []


@pytest.mark.parametrize(
    ("writer", "place"),
    [
        pytest.param(OTHER, "https://git.example.com/fork (folder prod)", id="another repository"),
        pytest.param(replace(SAME, path="test"), "https://git.example.com/net (folder test)", id="another folder"),
        pytest.param(replace(SAME, path=""), "https://git.example.com/net", id="the whole repository"),
        pytest.param(
            replace(SAME, source="http://git.example.com/net"),
            "http://git.example.com/net (folder prod)",
            id="without encryption, so perhaps from somebody else",
        ),
    ],
)
def test_another_source_is_refused(writer: Writer, place: str) -> None:
    """Both places and the last run are named."""
    assert said(writer) == [
        "run one of 2026-03-01 12:00 UTC wrote from https://git.example.com/net (folder prod); this one reads " + place
    ]


def test_a_commit_that_does_not_descend_is_refused() -> None:
    """Both commits are named, and why."""
    assert said(OLDER) == [
        "commit 222222222222 does not descend from 111111111111, which run one applied on 2026-03-01 12:00 UTC: "
        "it is older"
    ]


@pytest.mark.parametrize(
    ("fix", "expected"), [("", "--accept-older-commit"), ("give SYNC_GIT_TOKEN", "give SYNC_GIT_TOKEN")]
)
def test_accepting_is_the_way_out_only_where_nothing_better_is_known(fix: str, expected: str) -> None:
    """A history that could not be read is a reason to read it, not to switch the check off."""
    (refusal,) = wrong_writer(LAST, replace(SAME, doubt=Doubt(reason="unknown", fix=fix)))

    assert expected in refusal.fix
    assert fix == "" or "--accept" not in refusal.fix


BOTH_WRONG = replace(OTHER, doubt=Doubt(reason="no common history"))


@pytest.mark.parametrize(
    ("source", "older", "expected"),
    [
        pytest.param(False, False, ["wrote from", "does not descend"], id="neither accepted"),
        pytest.param(True, False, ["does not descend"], id="source accepted"),
        pytest.param(False, True, ["wrote from"], id="older commit accepted"),
        pytest.param(True, True, [], id="both accepted"),
    ],
)
def test_each_is_accepted_for_itself(source: bool, older: bool, expected: list[str]) -> None:
    """Who accepts another source has not accepted an older commit, and the other way round."""
    found = said(BOTH_WRONG, source=source, older=older)

    assert [words in message for words, message in zip(expected, found, strict=True)] == [True] * len(expected)
