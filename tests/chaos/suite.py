"""All experiments, one after the other."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

from tests.chaos import (
    clusters,
    crashes,
    endless,
    faults,
    inputs,
    interruptions,
    outages,
    together,
    trees,
    typing_errors,
)
from tests.chaos.lab import Row, scenario


def experiments(folder: Path, seed: int, seconds: float) -> Iterator[Row]:
    """Each with the same time and a chance of its own; the undisturbed run is made once."""
    with scenario() as wanted:
        for run in (
            crashes.crash,
            interruptions.interrupt,
            faults.inject,
            together.race,
            together.edit,
            endless.answers,
        ):
            yield run(wanted, _chance(seed), time.monotonic() + seconds)
    yield trees.compare(folder, _chance(seed), time.monotonic() + seconds)
    yield endless.templates(folder, _chance(seed), time.monotonic() + seconds)
    yield outages.drain(folder, _chance(seed), time.monotonic() + seconds)
    yield outages.edit(folder, _chance(seed), time.monotonic() + seconds)
    yield typing_errors.slip(_chance(seed), time.monotonic() + seconds)
    yield inputs.spoil(folder, _chance(seed), time.monotonic() + seconds)
    yield clusters.follow(_chance(seed), time.monotonic() + seconds)


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 -- chance that can be repeated, no secret
