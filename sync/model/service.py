"""How a VirtualService is doing after it was changed: what the Controller says, and what that means."""

from dataclasses import dataclass
from enum import StrEnum

from sync.model.desired import ObjectKey, Owner


class Verdict(StrEnum):
    """What the state of a VirtualService means for the run that changed it."""

    UP = "up"
    IDLE = "idle"
    """Not up, and nobody can expect it to be: somebody has disabled it, or it has no server to send to."""
    NOT_UP = "not up"
    UNKNOWN = "unknown"
    """The Controller could not be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """A VirtualService that was changed; `idle_because` is empty where it is expected to come up."""

    key: ObjectKey
    owner: Owner
    uuid: str
    idle_because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """How it was when the run stopped looking. `state` is the Controller's word (`OPER_UP`), `said` its reason."""

    key: ObjectKey
    owner: Owner
    verdict: Verdict
    state: str = ""
    said: str = ""

    @property
    def is_well(self) -> bool:
        """Whether there is nothing to worry about."""
        return self.verdict in (Verdict.UP, Verdict.IDLE)
