"""A plan that was saved to be applied later: where it is for, its options, and what it must still be."""

from collections.abc import Mapping
from dataclasses import dataclass

from sync.model.plan import PlanOptions


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
    options: PlanOptions
    changes: tuple[str, ...]
    writes: Mapping[str, str]
