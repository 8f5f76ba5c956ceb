"""What must change, as a value: what is reviewed is what is applied."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any

from sync.avi.addresses import AddressPlace
from sync.avi.hostnames import Hostname
from sync.kinds import Part
from sync.model.desired import Held, ObjectKey, Owner
from sync.model.live import LiveObject
from sync.model.policy import Policy
from sync.model.problem import Problem
from sync.model.secrets import shown_at
from sync.model.wording import short


class Action(StrEnum):
    """What happens to an object; one vocabulary from planner to printed line."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    ADOPT = "adopt"
    """Marked as ours, and nothing else of it changed."""
    RELEASE = "release"
    """Marked as AKO's again."""


CHANGES_OF_HANDS = frozenset({Action.ADOPT, Action.RELEASE})
"""What changes whose an object is, and nothing else of it."""


class Cause(StrEnum):
    """Why an object differs from what is desired."""

    GIT = "git"
    """Git requests something else than what was written last."""
    LIVE = "live"
    """Somebody changed the live object since: Git requests what was written last."""
    INTERRUPTED = "interrupted"
    """A run that was interrupted in the middle of a replace had deleted it."""
    IN_PROGRESS = "in-progress"
    """The run that holds the lock has deleted it in a replace."""
    CLUSTER = "cluster"
    """Servers follow the cluster, and nothing else differs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Owners to plan for. Both empty: all. What is not selected is neither changed nor read as missing."""

    owners: frozenset[Owner] = frozenset()
    namespaces: frozenset[str] = frozenset()

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return not self.owners and not self.namespaces

    def includes(self, owner: Owner) -> bool:
        """Whether the owner is one of those that are named, or in a namespace that is named."""
        return self.is_everything or owner in self.owners or owner.namespace in self.namespaces


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """What somebody asked of a plan. `now` is the time by which pauses and windows are judged, with its zone."""

    now: datetime
    selection: Selection = field(default_factory=Selection)
    policy: Policy = Policy.SYNC
    may_replace: bool = True
    retry_refused: bool = False
    may_switch_off: bool = False
    """Whether owners that a switch in values.yaml no longer serves may be planned to go; a guard requires a permit."""
    may_undo: bool = False
    """Whether an edit on the Controller may be undone where that takes down its owner; a guard requires a permit."""


class Method(StrEnum):
    """How a write is sent."""

    POST = "POST"
    PUT = "PUT"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field that changes: path such as `services[0].port`, JSON values, None for nothing."""

    path: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerMove:
    """How the servers of a pool follow the cluster: their numbers before and after, and of these how many are new.

    `disabled` of the servers get no new connections: their Pods are starting or ending.
    """

    before: int
    after: int
    new: int
    disabled: int

    def __str__(self) -> str:
        counts = f"{_servers(self.before)} → {_servers(self.after)}"
        return f"{counts} ({self.new} new, {self.disabled} disabled), follows the cluster"


def _servers(number: int) -> str:
    return f"{number} server{'' if number == 1 else 's'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One object that changes. A replaced object is one change and two writes.

    Its fields are as they may be shown: whatever prints, sends or keeps a change cannot give a secret away.
    """

    action: Action
    key: ObjectKey
    owner: Owner
    reason: str
    fields: tuple[FieldChange, ...] = ()
    is_disruptive: bool = False
    """Whether connections break: a replace, a delete, another Service Engine group."""
    cause: Cause = Cause.GIT
    lost: tuple[str, ...] = ()
    """What of the live object the one that takes its place cannot have, in words; of one that is deleted, what others
    set on it.
    """

    moved: ServerMove | None = None
    """What the cluster moved, of a pool that follows it; its `fields` and the plan's digest are without that."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", tuple(map(_shown, self.fields)))

    @property
    def is_server_change(self) -> bool:
        """Whether a live pool follows the cluster, and nothing else changes: nobody has to review that."""
        return self.cause is Cause.CLUSTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What somebody set on a live object of ours in fields that Git has no say in: it is left alone.

    Of each field, `before` is the live value and `after` that of a new object, as they may be shown.
    """

    key: ObjectKey
    owner: Owner
    fields: tuple[FieldChange, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", tuple(map(_shown, self.fields)))


def _shown(item: FieldChange) -> FieldChange:
    return FieldChange(path=item.path, before=shown_at(item.path, item.before), after=shown_at(item.path, item.after))


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One request. `uuid` is that of the live object (PUT, DELETE), `body` what is sent (POST, PUT).

    `seen` is the live body that the plan was made with (PUT, DELETE): what is deleted must still be that.
    """

    method: Method
    key: ObjectKey
    owner: Owner
    uuid: str = ""
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    seen: Mapping[str, Any] | None = field(default=None, repr=False)
    is_disruptive: bool = False

    @property
    def requests_addresses(self) -> bool:
        """Whether it creates a VIP with an address that Git requests."""
        return self.method is Method.POST and bool(AddressPlace.all_of(self.key.kind, self.key.cloud, self.body or {}))

    @property
    def allocates(self) -> bool:
        """Whether it creates a VIP whose address the Controller chooses."""
        has_vips = self.key.part is Part.ADDRESS
        return has_vips and self.method is Method.POST and not self.requests_addresses


class Turn(IntEnum):
    """When a change set is applied: an address that Git requests is taken before the Controller chooses any."""

    REQUESTING = 0
    """No address is chosen by the Controller."""
    REQUESTING_AND_ALLOCATING = 1
    """Each alone, so that what one gives up and takes again is not chosen for another meanwhile."""
    ALLOCATING = 2
    REMOVING = 3
    """Creates come before deletes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """Writes that belong together, in order: those of one owner, or of owners between which something passes.

    `in_hand` are the positions of the writes between which something is missing: from the first that gives up what
    another one takes to the last that takes. If one of them is refused for good, those before it are undone.
    `restores` are the creates that restore what was deleted there; `replaced` are the same objects as they are live,
    for a run that dies in between cannot put anything back.
    `resumes` are the objects that such a run had deleted, climbing, each with the delete of what it had made in its
    place, if anything: the set goes on where that run ended.
    `takes` are the addresses and DNS names that none of its owners has before it.
    `desired_digest` is the fingerprint of what its owners request, by which a refused request is recognised; `names`
    are those of the owners' VirtualServices.
    """

    owners: tuple[Owner, ...]
    changes: tuple[Change, ...]
    writes: tuple[Write, ...]
    in_hand: range = range(0)
    restores: tuple[Write, ...] = ()
    replaced: tuple[LiveObject, ...] = field(default=(), repr=False)
    resumes: Mapping[ObjectKey, Write | None] = field(default_factory=dict)
    takes: frozenset[AddressPlace | Hostname] = frozenset()
    desired_digest: str = ""
    names: tuple[str, ...] = ()

    @property
    def turn(self) -> Turn:
        """When it is applied."""
        if all(write.method is Method.DELETE for write in self.writes):
            return Turn.REMOVING
        if not any(write.allocates for write in self.writes):
            return Turn.REQUESTING
        is_mixed = any(write.requests_addresses for write in self.writes)
        return Turn.REQUESTING_AND_ALLOCATING if is_mixed else Turn.ALLOCATING


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a guard does not let a plan through, and what would."""

    message: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """What somebody who has read one plan lets through: that plan (by its digest), and at most so many owners."""

    owners: int = 0
    digest: str = ""

    def __str__(self) -> str:
        """As it is given on the command line."""
        return f"--allow-deletes {self.owners} --plan-digest {short(self.digest)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that must change so that live becomes desired, in apply order.

    `foreign` are the desired names that somebody else's objects have; `held` the owners of which nothing is touched;
    `digest` covers changes and writes, not the commit; `switched_off` are owners that go only because of a switch;
    `edited` those that lose something only because somebody edited them on the Controller.
    """

    commit: str
    change_sets: tuple[ChangeSet, ...]
    unchanged: int
    foreign: tuple[ObjectKey, ...]
    held: tuple[Held, ...]
    problems: tuple[Problem, ...]
    digest: str
    switched_off: tuple[Owner, ...] = ()
    edited: tuple[Owner, ...] = ()

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes, set by set."""
        return tuple(change for change_set in self.change_sets for change in change_set.changes)

    @property
    def server_changes(self) -> tuple[Change, ...]:
        """The pools of which nothing changes but servers that follow the cluster."""
        return tuple(change for change in self.changes if change.is_server_change)

    @property
    def reviewed(self) -> tuple[Change, ...]:
        """All other changes: those that people approve, and that its digest covers."""
        return tuple(change for change in self.changes if not change.is_server_change)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.change_sets

    def only(self, owners: Collection[Owner]) -> "Plan":
        """The plan with those change sets alone that concern some of these owners."""
        return replace(self, change_sets=tuple(item for item in self.change_sets if set(owners) & set(item.owners)))

    def count(self, action: Action) -> int:
        """How many objects change in this way, without server changes."""
        return sum(change.action is action for change in self.reviewed)


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
