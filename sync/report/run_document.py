"""The JSON document of a run: its plan, and its outcome."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import WithJsonSchema

from sync.model.desired import Owner, ServersFrom
from sync.model.outcome import ChangeState, SetState, Verdict, WriteState
from sync.model.plan import Action, Cause, Method, Plan
from sync.model.run import Run
from sync.plan.outages import Effect, Gravity, effects_of
from sync.report.documents import (
    Commit,
    Count,
    EditDocument,
    JsonDocument,
    KeyDocument,
    OwnerDocument,
    ProblemDocument,
    StatusDocument,
    VersionedDocument,
    at,
    known,
)

ActionName = Annotated[str, known(Action)]
CauseName = Annotated[str, known(Cause)]


class FieldDocument(JsonDocument):
    """One field that changes."""

    path: str
    """Such as `services[0].port`; with `[]` at its end for an item of a list without order."""
    before: Any
    """The live value, null for none; a secret is masked."""
    after: Any
    """The desired value, null for none; a secret is masked."""


class ServerMoveDocument(JsonDocument):
    """How the servers of a pool follow the cluster."""

    before: Count
    after: Count
    new: Count
    disabled: Count
    """Of those afterwards: they get no new connections."""


class ChangeDocument(KeyDocument):
    """One object that changes; a replaced one is one change and two writes."""

    action: ActionName
    reason: str
    cause: CauseName
    """Whether Git requests something new, or the live object was changed."""
    owner: OwnerDocument
    fields: list[FieldDocument]
    servers: ServerMoveDocument | None = at("moved")
    """What else moves with the cluster, of a pool that follows it; not in `fields`, nor in the digest."""
    lost: list[str]
    """What cannot be carried over to the replacement; for a deleted object, what others set on it."""


class ServerChangeDocument(KeyDocument):
    """A live pool of which nothing changes but servers that follow the cluster."""

    owner: OwnerDocument
    servers: ServerMoveDocument = at("moved")


class LossDocument(JsonDocument):
    """One thing that clients of an owner lose."""

    gravity: Annotated[str, known(Gravity)]
    """`gone`: the owner is deleted; `drained`: a listener goes, or its last server, or most; `disrupted`: the rest."""
    said: str = at("words")
    cause: CauseName
    """Whether Git requests it, or it results from undoing an edit on the Controller."""


class OutageDocument(JsonDocument):
    """The outage of one owner: what its clients lose by the plan."""

    owner: OwnerDocument
    losses: list[LossDocument]
    enabled_before: Count
    """Servers that get traffic now."""
    enabled_after: Count
    """Servers that would get it afterwards."""


class WriteDocument(KeyDocument):
    """One request."""

    method: Annotated[str, known(Method)]


class ChangeSetDocument(JsonDocument):
    """Writes that belong together, in the order in which they are sent."""

    owners: list[OwnerDocument]
    writes: list[WriteDocument]


# --- outcome ----------------------------------------------------------------------------------------------------------


class WriteOutcomeDocument(KeyDocument):
    """How one write ended."""

    method: Annotated[str, known(Method)] = at("write.method")
    state: Annotated[str, known(WriteState)]
    said: str
    """The Controller's words; empty where there is nothing to say."""


class ChangeOutcomeDocument(KeyDocument):
    """How one change ended. `restored`: the object is as it was before; `skipped`: one before it in its set failed."""

    action: ActionName = at("change.action")
    owner: OwnerDocument = at("change.owner")
    state: Annotated[str, known(ChangeState)]
    said: str
    """Why it was not applied; empty where it was."""


class OutcomeDocument(JsonDocument):
    """How one change set ended."""

    owners: list[OwnerDocument] = at("change_set.owners")
    state: Annotated[str, known(SetState)]
    said: str
    """Why; empty where all went well."""
    writes: list[WriteOutcomeDocument]
    changes: list[ChangeOutcomeDocument]


class OwnerOutcomeDocument(JsonDocument):
    """The worst result of an owner's changes."""

    owner: OwnerDocument
    state: Annotated[str, known(ChangeState)]
    said: str
    """Why; empty where all went well."""


class ServiceDocument(KeyDocument):
    """The state of a changed VirtualService."""

    owner: OwnerDocument
    verdict: Annotated[str, known(Verdict)]
    state: str
    """The Controller's word, such as OPER_UP; empty where it could not be asked."""
    said: str
    """Why it is not up; empty where it is."""


class PoolDocument(KeyDocument):
    """A pool that should exist, and where its servers come from."""

    owner: OwnerDocument
    servers_from: Annotated[str, known(ServersFrom)]
    """`git`, the Kubernetes `cluster`, or `unknown`: then live servers stay as they are."""


class RefusalDocument(JsonDocument):
    """Why the plan was not written, and how to permit it."""

    message: str
    fix: str


# --- the whole --------------------------------------------------------------------------------------------------------

_COUNTS = (*Action, "servers", "unchanged", "foreign", "held")

Summary = Annotated[
    dict[str, int],
    WithJsonSchema(
        {
            "type": "object",
            "description": "Objects of the plan by action; in `servers` pools that only follow the cluster; "
            "unchanged and foreign objects; held owners.",
            "properties": {str(name): {"type": "integer", "minimum": 0} for name in _COUNTS},
            "required": list(map(str, _COUNTS)),
        }
    ),
]


class RunDocument(VersionedDocument):
    """What `sync` and all commands that plan print: the plan, its outcome, and all problems."""

    commit: Commit
    dry_run: bool
    """Whether the run was only to show what would change."""
    summary: Summary
    changes: list[ChangeDocument]
    """In the order in which they are applied."""
    server_changes: list[ServerChangeDocument]
    """Pools that follow the cluster, and of which nothing else changes; not in the digest."""
    change_sets: list[ChangeSetDocument]
    outages: list[OutageDocument]
    """The owners with an outage."""
    pools: list[PoolDocument]
    """Where the servers of each pool come from."""
    held: list[OwnerDocument]
    """Owners that are left unchanged."""
    foreign: list[KeyDocument]
    """Desired names of objects that are not ours."""
    owners: list[OwnerOutcomeDocument]
    """The result of each owner; empty unless the plan was applied."""
    outcomes: list[OutcomeDocument]
    """Empty unless the plan was applied."""
    remaining: list[ChangeDocument]
    """The changes that remain after applying; empty if live equals desired."""
    edits: list[EditDocument]
    """Edits that runs leave alone; only `drift` looks for them."""
    refusals: list[RefusalDocument]
    stale: bool
    """Whether a saved plan is stale; the refusals say what has changed."""
    services: list[ServiceDocument]
    """With --wait: the state of the changed VirtualServices."""
    lost: str
    """Why the Controller could not be read again after applying; empty where it could."""
    locked: str
    """Who holds the lock, or why it was lost; empty where it was held to the end."""
    problems: list[ProblemDocument]
    statuses: list[StatusDocument]
    digest: str
    """Of the plan's changes and writes, without the commit; empty without a plan."""


def run_document(run: Run) -> dict[str, Any]:
    """What `sync` prints."""
    plan = run.plan
    return RunDocument.of(
        {
            "commit": run.desired.commit,
            "dry_run": run.is_dry,
            "summary": _summary(plan),
            "changes": plan.reviewed if plan else (),
            "server_changes": plan.server_changes if plan else (),
            "change_sets": plan.change_sets if plan else (),
            "outages": _outages(effects_of(plan, run.before)) if plan else (),
            "pools": [item for item in run.desired if item.servers_from is not None],
            "held": [held.owner for held in plan.held] if plan else (),
            "foreign": plan.foreign if plan else (),
            "owners": run.owner_outcomes,
            "outcomes": run.outcomes,
            "remaining": run.remaining.changes if run.remaining else (),
            "edits": run.edits,
            "refusals": run.refusals,
            "stale": run.is_stale,
            "services": run.services,
            "lost": run.lost,
            "locked": run.locked,
            "problems": run.problems,
            "statuses": run.statuses,
            "digest": plan.digest if plan else "",
        }
    )


def _summary(plan: Plan | None) -> dict[str, int]:
    """The counts: objects, but `held`, which counts owners."""
    return {
        **{action.value: plan.count(action) if plan else 0 for action in Action},
        "servers": len(plan.server_changes) if plan else 0,
        "unchanged": plan.unchanged if plan else 0,
        "foreign": len(plan.foreign) if plan else 0,
        "held": len(plan.held) if plan else 0,
    }


def _outages(effects: Mapping[Owner, Effect]) -> list[Mapping[str, Any]]:
    return [
        {
            "owner": owner,
            "losses": effect.losses,
            "enabled_before": effect.before.enabled,
            "enabled_after": effect.after.enabled,
        }
        for owner, effect in effects.items()
        if effect.losses
    ]


class PlanFileDocument(VersionedDocument):
    """What `plan --out` writes and `apply` reads."""

    saved_plan: dict[str, Any]
    """Fingerprints by which `apply` recognises the plan; not for other readers."""
    document: RunDocument
    """The plan, as a dry run prints it."""
    checksum: str
    """Over all else in the file: an edited file is refused."""
