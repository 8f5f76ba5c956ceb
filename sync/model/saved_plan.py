"""A plan that was saved to be applied later: where it is for, what was asked of it, and what it must still be."""

from collections.abc import Mapping
from dataclasses import dataclass

from sync.model.plan import Policy
from sync.model.selection import Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPlan:
    """Enough to know a plan again. No bodies: they may hold what others keep secret on the Controller.

    `writes` has one fingerprint per write, by method and object, over its body and over the version of the live object
    that it was planned for; `changes` one line per change, without values.
    """

    source: str
    ref: str
    path: str
    controller: str
    cluster: str
    commit: str
    digest: str
    selection: Selection
    policy: Policy
    may_replace: bool
    retry_refused: bool
    may_switch_off: bool
    changes: tuple[str, ...]
    writes: Mapping[str, str]
    may_undo: bool = False
