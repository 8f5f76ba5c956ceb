"""What became of a plan: never more than what happened."""

from dataclasses import dataclass
from enum import StrEnum

from sync.model.plan import ChangeSet, Write


class WriteState(StrEnum):
    """How one write ended."""

    APPLIED = "applied"
    FAILED = "failed"
    NOT_TRIED = "not tried"


class SetState(StrEnum):
    """How one change set ended."""

    APPLIED = "applied"
    FAILED = "failed"
    RESTORED = "restored"
    """A create was refused for good and what was deleted for it has been put back."""
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOutcome:
    """One write and how it ended; `said` is the Controller's own text where it failed."""

    write: Write
    state: WriteState
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One change set and how it ended. `is_stale` asks for reading and planning again (412)."""

    change_set: ChangeSet
    state: SetState
    writes: tuple[WriteOutcome, ...]
    said: str = ""
    is_stale: bool = False

    @property
    def is_success(self) -> bool:
        """Whether every write was applied."""
        return self.state is SetState.APPLIED
