"""Who holds the lock, and who wrote last, as people read it."""

import pytest

from sync.model.lock import BEATS_PER_TTL, Holder, LastRun

HOLDER = Holder(name="alice@laptop", pid=4711, run_id="one", ttl_seconds=60)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, "about 0 s"),
        (45, "about 45 s"),
        (105, "about 105 s"),
        (120, "about 2 min"),
        (7185, "about 119 min"),
        (7200, "about 2 h"),
    ],
)
def test_the_age_of_a_lock_is_told_in_a_unit_that_fits(seconds: int, expected: str) -> None:
    """As far as its beats tell."""
    holder = Holder(name="a", pid=1, run_id="r", ttl_seconds=60, beats=seconds // 15)

    assert holder.age_text == expected


def test_a_holder_beats_several_times_before_its_silence_counts() -> None:
    """So that one lost beat takes no lock away; a beat changes nothing else."""
    assert (HOLDER.beat_seconds * BEATS_PER_TTL, BEATS_PER_TTL > 1) == (60, True)
    assert HOLDER.beating().beating() == Holder(name="alice@laptop", pid=4711, run_id="one", ttl_seconds=60, beats=2)


def test_a_holder_is_named_so_that_somebody_can_find_it() -> None:
    """Person, process, run."""
    assert str(HOLDER) == "alice@laptop (pid 4711, run one)"


@pytest.mark.parametrize(("path", "expected"), [("", "https://g/net"), ("prod", "https://g/net (folder prod)")])
def test_a_place_is_repository_and_folder(path: str, expected: str) -> None:
    """The folder only where there is one."""
    assert LastRun(source="https://g/net", path=path, commit="c", time="t", run_id="r").place == expected
