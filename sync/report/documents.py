"""JSON documents for machines, each key once: its type, its description, and where the model has its value.

docs/schemas/ is made from these classes (tools/make_schemas.py). Documents change by addition only: a key stays, and
keeps its type and meaning. Words such as actions and states may become more; a schema names those known when it was
made and does not forbid others. Every key is always present, in a stable order, without times (docs/reports.md#json).
"""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AliasChoices, AliasPath, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from sync.kinds import KINDS
from sync.model.desired import DesiredState, Owner, OwnerKind
from sync.model.outcome import ChangeState, SetState, WriteState
from sync.model.plan import Action, Cause, Method, Plan
from sync.model.problem import Severity
from sync.model.run import Run
from sync.model.secrets import without_secrets
from sync.model.service import Verdict
from sync.plan.outages import Effect, Gravity, effects_of

SCHEMA_VERSION = 1


class Document(BaseModel):
    """A JSON object made from a value of the model: from its attributes of the same names, or those that `at` names."""

    model_config = ConfigDict(
        from_attributes=True,
        use_attribute_docstrings=True,
        defer_build=True,
        json_schema_serialization_defaults_required=True,
    )

    @classmethod
    def of(cls, value: object) -> dict[str, Any]:
        """The document of a value, or of a mapping of its keys. A missing key is an error, never a gap."""
        return cls.model_validate(value).model_dump(mode="json")


def to_text(document: Mapping[str, Any]) -> str:
    """The document as it is printed."""
    return json.dumps(document, indent=2, ensure_ascii=False)


def at(path: str) -> Any:
    """Where the value of the model has a key that is called otherwise there: attributes joined by dots."""
    return Field(validation_alias=AliasPath(*path.split(".")))


def known(words: type[StrEnum]) -> Any:
    """The words of a text that are known today."""
    return Field(examples=[word.value for word in words])


def _of_key(name: str) -> Any:
    owners_of_keys = ("key", "item.key", "write.key", "change.key")
    return Field(validation_alias=AliasChoices(*(AliasPath(*path.split("."), name) for path in owners_of_keys), name))


Count = Annotated[int, Field(ge=0)]
Line = Annotated[int, Field(ge=0)]
Commit = Annotated[str, Field(description="The full id of the commit; empty where the files were read as they are.")]
ActionName = Annotated[str, known(Action)]
CauseName = Annotated[str, known(Cause)]


class VersionedDocument(Document):
    """A document that is printed as a whole."""

    schema_version: Annotated[int, Field(ge=1)] = SCHEMA_VERSION
    """Grows only if something of the document is taken away or changed."""


class KeyDocument(Document):
    """An object on the Controller."""

    kind: Annotated[str, Field(examples=list(KINDS))] = _of_key("kind")
    tenant: str = _of_key("tenant")
    name: str = _of_key("name")


class OwnerDocument(Document):
    """The Gateway, LoadBalancer Service or shared VIP that objects are made for."""

    kind: Annotated[str, known(OwnerKind)]
    namespace: str
    name: str


# --- a plan -----------------------------------------------------------------------------------------------------------


class FieldDocument(Document):
    """One field that changes."""

    path: str
    """Such as `services[0].port`; with `[]` at its end for an item of a list without order."""
    before: Any
    """The live value, null for none; a secret is masked."""
    after: Any
    """The desired value, null for none; a secret is masked."""


class ChangeDocument(KeyDocument):
    """One object that changes; a replaced one is one change and two writes."""

    action: ActionName
    reason: str
    cause: CauseName
    """Whether Git requests something new, or the live object was changed."""
    owner: OwnerDocument
    fields: list[FieldDocument]
    lost: list[str]
    """What the replacement of the live object cannot have; of a deleted object, what others set on it."""


class EditedFieldDocument(Document):
    """One field that somebody set."""

    path: Annotated[str, Field(examples=["enabled"])]
    live: Any = at("before")
    """Null for none; a secret is masked."""
    default: Any = at("after")
    """What a new object has there; null for nothing."""


class EditDocument(KeyDocument):
    """An object of ours on which somebody set what Git has no say in: it is left alone."""

    owner: OwnerDocument
    fields: list[EditedFieldDocument]


class LossDocument(Document):
    """One thing that those who connect to an owner lose."""

    gravity: Annotated[str, known(Gravity)]
    """`gone`: the owner is deleted; `drained`: a listener goes, or its last server, or most; `disrupted`: the rest."""
    said: str = at("words")
    cause: CauseName
    """Whether Git requests it, or it would come of undoing an edit on the Controller."""


class OutageDocument(Document):
    """What the plan takes away from those who connect to one owner."""

    owner: OwnerDocument
    losses: list[LossDocument]
    enabled_before: Count
    """Servers that get traffic now."""
    enabled_after: Count
    """Those that would get it afterwards."""


class WriteDocument(KeyDocument):
    """One request."""

    method: Annotated[str, known(Method)]


class ChangeSetDocument(Document):
    """Writes that belong together, in the order in which they are sent."""

    owners: list[OwnerDocument]
    writes: list[WriteDocument]


# --- what became of it ------------------------------------------------------------------------------------------------


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


class OutcomeDocument(Document):
    """How one change set ended."""

    owners: list[OwnerDocument] = at("change_set.owners")
    state: Annotated[str, known(SetState)]
    said: str
    """Why; empty where all went well."""
    writes: list[WriteOutcomeDocument]
    changes: list[ChangeOutcomeDocument]


class OwnerOutcomeDocument(Document):
    """The worst of what became of an owner's changes."""

    owner: OwnerDocument
    state: Annotated[str, known(ChangeState)]
    said: str
    """Why; empty where all went well."""


class ServiceDocument(KeyDocument):
    """How a VirtualService that was changed is doing."""

    owner: OwnerDocument
    verdict: Annotated[str, known(Verdict)]
    state: str
    """The Controller's word, such as OPER_UP; empty where it could not be asked."""
    said: str
    """Why it is not up; empty where it is."""


class RefusalDocument(Document):
    """Why nothing was written although there is a plan, and what would let it through."""

    message: str
    fix: str


# --- problems and statuses --------------------------------------------------------------------------------------------


class ProblemDocument(Document):
    """What is wrong with a file, an owner or the tree."""

    severity: Annotated[str, known(Severity)]
    """An error holds something; everything else is a warning."""
    file: str
    """Relative to the folder that was read; empty where no single file is to blame."""
    line: Line
    """From 1; 0 where there is no file."""
    resource: str
    """Such as `Gateway shop/web`; may be empty."""
    field: str = at("field_text")
    """Such as `spec.listeners[0].port`; may be empty."""
    message: str
    fix: str


class ConditionDocument(Document):
    """A condition as Kubernetes writes it."""

    type: str
    status: Annotated[str, Field(examples=["True", "False"])]
    reason: str
    message: str


class ListenerDocument(Document):
    """One listener of a Gateway."""

    port: int
    protocol: str
    conditions: Annotated[list[ConditionDocument], BeforeValidator(lambda condition: [condition])] = at("condition")


class StatusDocument(Document):
    """What AKO would write back to a Gateway or Service."""

    kind: str
    namespace: str
    name: str
    conditions: list[ConditionDocument]
    addresses: list[str]
    hostnames: list[str]
    listeners: list[ListenerDocument]


# --- whole documents --------------------------------------------------------------------------------------------------

_COUNTS = (*Action, "unchanged", "foreign", "held")

Summary = Annotated[
    dict[str, int],
    WithJsonSchema(
        {
            "type": "object",
            "description": "Objects of the plan by action; unchanged and foreign objects; held owners.",
            "properties": {str(name): {"type": "integer", "minimum": 0} for name in _COUNTS},
            "required": list(map(str, _COUNTS)),
        }
    ),
]


class RunDocument(VersionedDocument):
    """What `sync` and all commands that plan print: the plan, what became of it, and all problems."""

    commit: Commit
    dry_run: bool
    """Whether the run was only to show what would change."""
    summary: Summary
    changes: list[ChangeDocument]
    """In the order in which they are applied."""
    change_sets: list[ChangeSetDocument]
    outages: list[OutageDocument]
    """The owners from which the plan takes something away."""
    held: list[OwnerDocument]
    """Owners that are left unchanged."""
    foreign: list[KeyDocument]
    """Desired names that somebody else's objects have."""
    owners: list[OwnerOutcomeDocument]
    """How each owner fared; empty unless the plan was applied."""
    outcomes: list[OutcomeDocument]
    """Empty unless the plan was applied."""
    remaining: list[ChangeDocument]
    """What there is still to do after applying; empty if live equals desired."""
    edits: list[EditDocument]
    """What somebody edited and runs leave alone; only `drift` looks for it."""
    refusals: list[RefusalDocument]
    stale: bool
    """Whether a saved plan no longer fits; the refusals say what has moved."""
    services: list[ServiceDocument]
    """With --wait: how the VirtualServices that were changed are doing."""
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
            "changes": plan.changes if plan else (),
            "change_sets": plan.change_sets if plan else (),
            "outages": _outages(effects_of(plan, run.before)) if plan else (),
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


class ValidateSummaryDocument(Document):
    """How much was found to be right, and how much wrong."""

    owners: Count
    objects: Count
    held: Count
    """Owners with an error."""
    errors: Count
    warnings: Count


class ValidateDocument(VersionedDocument):
    """What `validate` prints: every problem of a source tree."""

    commit: Commit
    summary: ValidateSummaryDocument
    ignored: dict[str, int]
    """How many manifests are of a kind that is not read, by `apiVersion/kind`."""
    problems: list[ProblemDocument]
    statuses: list[StatusDocument]


def validate_document(desired: DesiredState) -> dict[str, Any]:
    """What `validate` prints."""
    severities = [problem.severity for problem in desired.problems]
    return ValidateDocument.of(
        {
            "commit": desired.commit,
            "summary": {
                "owners": len({item.owner for item in desired}),
                "objects": len(desired.objects),
                "held": len(desired.held),
                "errors": severities.count(Severity.ERROR),
                "warnings": severities.count(Severity.WARNING),
            },
            "ignored": dict(sorted(desired.ignored.items())),
            "problems": desired.problems,
            "statuses": desired.statuses,
        }
    )


class ObjectDocument(KeyDocument):
    """One object that should exist."""

    owner: OwnerDocument
    body: Annotated[dict[str, Any], BeforeValidator(without_secrets)]
    """What a create would send, references as `/api/<type>?name=<name>`; secrets are masked."""


class RenderDocument(VersionedDocument):
    """What `render` prints: the objects that a source tree requests."""

    commit: Commit
    objects: list[ObjectDocument]
    problems: list[ProblemDocument]
    statuses: list[StatusDocument]


def render_document(desired: DesiredState) -> dict[str, Any]:
    """What `render` prints."""
    return RenderDocument.of(
        {
            "commit": desired.commit,
            "objects": list(desired),
            "problems": desired.problems,
            "statuses": desired.statuses,
        }
    )


class PlanFileDocument(VersionedDocument):
    """What `plan --out` writes and `apply` reads."""

    saved_plan: dict[str, Any]
    """What `apply` knows the plan again by; nothing for other readers."""
    document: RunDocument
    """The plan, as a dry run prints it."""
    checksum: str
    """Over all else in the file: an edited file is refused."""
