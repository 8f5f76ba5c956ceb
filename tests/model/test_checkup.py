"""What `doctor` found, summed up."""

import pytest

from sync.errors import ExitCode
from sync.model.checkup import Checkup, Finding, Health

OK, WARNING, NOT_CHECKED = (
    Finding(check="c", health=health, message="m") for health in (Health.OK, Health.WARNING, Health.NOT_CHECKED)
)
PROBLEM = Finding(check="c", health=Health.PROBLEM, message="m")
UNREACHABLE = Finding(check="c", health=Health.PROBLEM, message="m", is_unreachable=True)


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        pytest.param((), ExitCode.DONE, id="nothing found"),
        pytest.param((OK, WARNING, NOT_CHECKED), ExitCode.DONE, id="a run would work"),
        pytest.param((OK, PROBLEM), ExitCode.HELD_OR_FAILED, id="a problem"),
        pytest.param((PROBLEM, UNREACHABLE), ExitCode.UNREACHABLE, id="something does not answer"),
    ],
)
def test_the_exit_code_is_that_of_the_worst_finding(findings: tuple[Finding, ...], expected: ExitCode) -> None:
    """A warning is none."""
    assert Checkup(findings=findings).exit_code is expected


def test_every_way_to_end_is_counted() -> None:
    """Also those in which no check ended."""
    assert Checkup(findings=(OK, OK, PROBLEM)).counts == {
        Health.OK: 2,
        Health.WARNING: 0,
        Health.PROBLEM: 1,
        Health.NOT_CHECKED: 0,
    }
