"""The short form of `make chaos`: a sample of every experiment, in less than a minute."""

import random
from pathlib import Path

import pytest

from tests.chaos.suite import experiments

SECONDS = 5.0
"""For each experiment; each tries at least one thing, and a run that waits for a lock takes a second more."""


@pytest.mark.timeout(300)
def test_nothing_is_lost_and_nothing_foreign_touched(tmp_path: Path) -> None:
    """Killed, disturbed, raced and fed with rubbish: every run or the one after it converges."""
    seed = random.SystemRandom().randrange(10**6)

    rows = list(experiments(tmp_path, seed, SECONDS))

    bad = [
        f"{row.name}: {row.converged} of {row.tried}, {row.lost} lost, {row.notes[:2]}"
        for row in rows
        if not row.is_good
    ]
    assert bad == [], f"seed {seed}: python -m tests.chaos --seed {seed}"
