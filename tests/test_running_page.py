"""The page about unattended runs says what is so."""

import json
import re
from pathlib import Path

from sync.errors import ExitCode
from sync.model.ending import Ending, SyncState, Topic
from sync.report.message import message_document
from sync.report.metrics import BLOCKED_REASONS, FAMILIES, OBJECT_STATES
from tests.test_readme import rows_under

PAGE = (Path(__file__).parent.parent / "docs" / "running.md").read_text("utf-8")


def test_every_metric_is_described_with_its_labels() -> None:
    """In the order in which they are written, and no other."""
    told = [(row[0].strip("`"), tuple(re.findall(r"`(\w+)`", row[1]))) for row in rows_under(PAGE, "Metrics")]

    assert told == [(family.name, family.labels) for family in FAMILIES]


def test_states_and_reasons_are_those_that_are_counted() -> None:
    """What a label may be is listed where it cannot be guessed."""
    rows = {row[0].strip("`"): set(re.findall(r"`(\w+)`", row[2])) for row in rows_under(PAGE, "Metrics")}

    assert rows["avi_sync_objects"] == set(OBJECT_STATES)
    assert rows["avi_sync_blocked"] == set(BLOCKED_REASONS)


def test_the_message_has_the_keys_that_are_shown() -> None:
    """And the topics are those that are named."""
    (shown,) = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, flags=re.DOTALL))
    ending = Ending(target="production", exit_code=ExitCode.UNREACHABLE, ended=0, seconds={})

    sent = message_document(ending, Topic.FAILING, SyncState.IN_SYNC)

    assert list(shown) == list(sent)
    assert all(f"`{topic}`" in PAGE for topic in Topic)


def test_the_exit_codes_that_fail_a_job_are_those_of_the_cronjob() -> None:
    """The page and the policy say the same."""
    cronjob = (Path(__file__).parent.parent / "deploy" / "kubernetes" / "base" / "cronjob.yaml").read_text("utf-8")
    (policy,) = re.findall(r"values: \[([\d, ]+)\]", cronjob)
    (told,) = re.findall(r"whether a Job is retried\.\*\* ([\d, and]+) fail it", PAGE)

    assert re.findall(r"\d+", told) == re.findall(r"\d+", policy)
