"""What `doctor` finds before the first run: one finding per check, independent of the others."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sync.errors import ExitCode


class Health(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    """A run would work, but the user should know."""
    PROBLEM = "problem"
    """A run would not do what is requested."""
    NOT_CHECKED = "not checked"
    """It is unknown, or another check must succeed first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check and its result. `fix` says what to do where something is to be done."""

    check: str
    health: Health
    message: str
    fix: str = ""
    is_unreachable: bool = False
    """Whether Git or the Controller does not answer, or refuses the login."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """All findings, in the order in which a run would meet them."""

    findings: tuple[Finding, ...]

    @property
    def counts(self) -> Mapping[Health, int]:
        """How many checks ended in each way."""
        found = Counter(finding.health for finding in self.findings)
        return {health: found[health] for health in Health}

    @property
    def exit_code(self) -> ExitCode:
        """6 where something does not answer, 5 for any other problem, else 0."""
        problems = [finding for finding in self.findings if finding.health is Health.PROBLEM]
        if any(finding.is_unreachable for finding in problems):
            return ExitCode.UNREACHABLE
        return ExitCode.HELD_OR_FAILED if problems else ExitCode.DONE
