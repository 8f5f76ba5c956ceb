"""The shape of every JSON document, key by key; docs/schemas/ is made from these classes (tools/make_schemas.py).

Documents change by addition only: a key stays, and keeps its type and meaning. Words such as actions and states may
become more; a schema names those known when it was made and does not forbid others.
"""

from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import ConfigDict, Field, WithJsonSchema, with_config
from typing_extensions import TypedDict  # pydantic reads no other before Python 3.12

from sync.kinds import KINDS
from sync.model.checkup import Health
from sync.model.desired import OwnerKind
from sync.model.ending import Condition as ConditionOfRun
from sync.model.ending import Event
from sync.model.outcome import ChangeState, SetState, WriteState
from sync.model.plan import Action, Cause, Method
from sync.model.problem import Severity
from sync.model.service import Verdict
from sync.plan.outages import Gravity

T = TypeVar("T")


def _described(shape: type[T]) -> type[T]:
    """Take the descriptions of a schema from the texts below the keys."""
    return with_config(ConfigDict(use_attribute_docstrings=True))(shape)


def _known(words: type[StrEnum]) -> Any:
    return Field(examples=[word.value for word in words])


KindName = Annotated[str, Field(examples=list(KINDS))]
ActionName = Annotated[str, _known(Action)]
Count = Annotated[int, Field(ge=0)]
Version = Annotated[int, Field(ge=1, description="Grows only if something of the document is taken away or changed.")]
Commit = Annotated[str, Field(description="The full id of the commit; empty where the files were read as they are.")]

Summary = Annotated[
    dict[str, int],
    WithJsonSchema(
        {
            "type": "object",
            "description": "Objects of the plan by action; unchanged and foreign objects; held owners.",
            "properties": {
                name: {"type": "integer", "minimum": 0}
                for name in (*(action.value for action in Action), "unchanged", "foreign", "held")
            },
            "required": [*(action.value for action in Action), "unchanged", "foreign", "held"],
        }
    ),
]


@_described
class KeyDocument(TypedDict):
    """An object on the Controller."""

    kind: KindName
    tenant: str
    name: str


@_described
class OwnerDocument(TypedDict):
    """The Gateway, LoadBalancer Service or shared VIP that objects are made for."""

    kind: Annotated[str, _known(OwnerKind)]
    namespace: str
    name: str


@_described
class FieldDocument(TypedDict):
    """One field that changes."""

    path: str
    """Such as `services[0].port`; with `[]` at its end for an item of a list without order."""
    before: Any
    """The live value, null for none; a secret is masked."""
    after: Any
    """The value that is wanted, null for none; a secret is masked."""


@_described
class ChangeDocument(KeyDocument):
    """One object that changes; a replaced one is one change and two writes."""

    action: ActionName
    reason: str
    cause: Annotated[str, _known(Cause)]
    """Whether Git asks for something new, or the live object was changed."""
    owner: OwnerDocument
    fields: list[FieldDocument]
    lost: list[str]
    """What of the live object the one that takes its place cannot have; of a deleted one, what others set on it."""


@_described
class EditedFieldDocument(TypedDict):
    """One field that somebody set."""

    path: Annotated[str, Field(examples=["enabled"])]
    live: Any
    """Null for none; a secret is masked."""
    default: Any
    """What a new object has there; null for nothing."""


@_described
class EditDocument(KeyDocument):
    """An object of ours on which somebody set what Git has no say in: it is left alone."""

    owner: OwnerDocument
    fields: list[EditedFieldDocument]


@_described
class LossDocument(TypedDict):
    """One thing that those who connect to an owner lose."""

    gravity: Annotated[str, _known(Gravity)]
    """`gone`: the owner is deleted; `drained`: a listener goes, or its last server, or most; `disrupted`: the rest."""
    said: str
    cause: Annotated[str, _known(Cause)]
    """Whether Git requests it, or it would come of undoing an edit on the Controller."""


@_described
class OutageDocument(TypedDict):
    """What the plan takes away from those who connect to one owner."""

    owner: OwnerDocument
    losses: list[LossDocument]
    enabled_before: Count
    """Servers that get traffic now."""
    enabled_after: Count
    """Those that would get it afterwards."""


@_described
class WriteDocument(KeyDocument):
    """One request."""

    method: Annotated[str, _known(Method)]


@_described
class ChangeSetDocument(TypedDict):
    """Writes that belong together, in the order in which they are sent."""

    owners: list[OwnerDocument]
    writes: list[WriteDocument]


@_described
class WriteOutcomeDocument(WriteDocument):
    """How one write ended."""

    state: Annotated[str, _known(WriteState)]
    said: str
    """The Controller's words; empty where there is nothing to say."""


@_described
class ChangeOutcomeDocument(KeyDocument):
    """How one change ended. `restored`: the object is as it was before; `skipped`: one before it in its set failed."""

    action: Annotated[str, _known(Action)]
    owner: OwnerDocument
    state: Annotated[str, _known(ChangeState)]
    said: str
    """Why it was not applied; empty where it was."""


@_described
class OutcomeDocument(TypedDict):
    """How one change set ended."""

    owners: list[OwnerDocument]
    state: Annotated[str, _known(SetState)]
    said: str
    """Why; empty where all went well."""
    writes: list[WriteOutcomeDocument]
    changes: list[ChangeOutcomeDocument]


@_described
class OwnerOutcomeDocument(TypedDict):
    """The worst of what became of an owner's changes."""

    owner: OwnerDocument
    state: Annotated[str, _known(ChangeState)]
    said: str
    """Why; empty where all went well."""


@_described
class ServiceDocument(KeyDocument):
    """How a VirtualService that was changed is doing."""

    owner: OwnerDocument
    verdict: Annotated[str, _known(Verdict)]
    state: str
    """The Controller's word, such as OPER_UP; empty where it could not be asked."""
    said: str
    """Why it is not up; empty where it is."""


@_described
class RefusalDocument(TypedDict):
    """Why nothing was written although there is a plan, and what would let it through."""

    message: str
    fix: str


@_described
class ProblemDocument(TypedDict):
    """What is wrong with a file, an owner or the tree."""

    severity: Annotated[str, _known(Severity)]
    """An error holds something; everything else is a warning."""
    file: str
    """Relative to the folder that was read; empty where no single file is to blame."""
    line: Annotated[int, Field(ge=0)]
    """From 1; 0 where there is no file."""
    resource: str
    """Such as `Gateway shop/web`; may be empty."""
    field: str
    """Such as `spec.listeners[0].port`; may be empty."""
    message: str
    fix: str


@_described
class ConditionDocument(TypedDict):
    """A condition as Kubernetes writes it."""

    type: str
    status: Annotated[str, Field(examples=["True", "False"])]
    reason: str
    message: str


@_described
class ListenerDocument(TypedDict):
    """One listener of a Gateway."""

    port: int
    protocol: str
    conditions: list[ConditionDocument]


@_described
class StatusDocument(TypedDict):
    """What AKO would write back to a Gateway or Service."""

    kind: str
    namespace: str
    name: str
    conditions: list[ConditionDocument]
    addresses: list[str]
    hostnames: list[str]
    listeners: list[ListenerDocument]


@_described
class RunDocument(TypedDict):
    """What `sync` and all commands that plan print: the plan, what became of it, and all problems."""

    schema_version: Version
    commit: Commit
    dry_run: bool
    """Whether it was only to be shown what would change."""
    summary: Summary
    changes: list[ChangeDocument]
    """In the order in which they are applied."""
    change_sets: list[ChangeSetDocument]
    outages: list[OutageDocument]
    """The owners from which the plan takes something away."""
    held: list[OwnerDocument]
    """Owners of which nothing is touched."""
    foreign: list[KeyDocument]
    """Wanted names that somebody else's objects have."""
    owners: list[OwnerOutcomeDocument]
    """How each owner fared; empty unless the plan was applied."""
    outcomes: list[OutcomeDocument]
    """Empty unless the plan was applied."""
    remaining: list[ChangeDocument]
    """What there is still to do after applying; empty if live is as it is wanted."""
    edits: list[EditDocument]
    """What somebody edited and runs leave alone; only `drift` looks for it."""
    services: list[ServiceDocument]
    """With --wait: how the VirtualServices that were changed are doing."""
    refusals: list[RefusalDocument]
    stale: bool
    """Whether a saved plan no longer fits; the refusals say what has moved."""
    lost: str
    """Why the Controller could not be read again after applying; empty where it could."""
    locked: str
    """Who holds the lock, or why it was lost; empty where it was held to the end."""
    problems: list[ProblemDocument]
    statuses: list[StatusDocument]
    digest: str
    """That of the plan's changes and writes, the commit left out; empty without a plan."""


@_described
class ValidateSummaryDocument(TypedDict):
    """How much was found to be right, and how much wrong."""

    owners: Count
    objects: Count
    held: Count
    """Owners with an error."""
    errors: Count
    warnings: Count


@_described
class ValidateDocument(TypedDict):
    """What `validate` prints: every problem of a source tree."""

    schema_version: Version
    commit: Commit
    summary: ValidateSummaryDocument
    ignored: dict[str, int]
    """How many manifests are of a kind that is not read, by `apiVersion/kind`."""
    problems: list[ProblemDocument]
    statuses: list[StatusDocument]


@_described
class ObjectDocument(KeyDocument):
    """One object that should exist."""

    owner: OwnerDocument
    body: dict[str, Any]
    """What a create would send, references as `/api/<type>?name=<name>`; secrets are masked."""


@_described
class RenderDocument(TypedDict):
    """What `render` prints: the objects that a source tree asks for."""

    schema_version: Version
    commit: Commit
    objects: list[ObjectDocument]
    problems: list[ProblemDocument]
    statuses: list[StatusDocument]


@_described
class PlanFileDocument(TypedDict):
    """What `plan --out` writes and `apply` reads."""

    schema_version: Version
    saved_plan: dict[str, Any]
    """What `apply` knows the plan again by; nothing for other readers."""
    document: RunDocument
    """The plan, as a dry run prints it."""
    checksum: str
    """Over all else in the file: an edited file is refused."""


@_described
class HolderDocument(TypedDict):
    """A run that holds the lock."""

    name: str
    """`user@host`."""
    pid: int
    run: str
    beats: Count
    """How often it has shown that it lives: since about `beats` × `beat_seconds`."""
    beat_seconds: float
    ttl_seconds: float
    """After so long a silence it counts as gone."""


@_described
class LastRunDocument(TypedDict):
    """The last run that changed something."""

    source: str
    """The repository in one spelling, without a login."""
    path: str
    """The folder in it; empty for its root."""
    commit: Commit
    time: str
    """UTC, by the clock of the machine that ran."""
    run: str


@_described
class LockDocument(TypedDict):
    """What `lock status` prints."""

    schema_version: Version
    lock: str
    """The name of the StringGroup that is the lock."""
    holder: HolderDocument | None
    """Null while the lock is free."""
    last_run: LastRunDocument | None
    """Null if no run has changed anything yet."""
    kept: list[KeyDocument]
    """Objects that are stored because they are being replaced, or were when a run died."""


@_described
class CheckDocument(TypedDict):
    """One check of `doctor`."""

    check: str
    health: Annotated[str, _known(Health)]
    message: str
    fix: str
    """Empty where nothing is to be done."""


@_described
class CheckupSummaryDocument(TypedDict):
    """How many checks ended in each way."""

    ok: Count
    warning: Count
    problem: Count
    not_checked: Count


@_described
class CheckupDocument(TypedDict):
    """What `doctor` prints."""

    schema_version: Version
    checks: list[CheckDocument]
    summary: CheckupSummaryDocument
    exit_code: int


@_described
class MessageDocument(TypedDict):
    """What a webhook is sent when the condition changes."""

    schema_version: Version
    event: Annotated[str, _known(Event)]
    target: str
    """What metrics and messages call the run."""
    before: Annotated[str | None, _known(ConditionOfRun)]
    """Null for the first run."""
    now: Annotated[str | None, _known(ConditionOfRun)]
    exit_code: int
    cluster: str
    """Empty where it is not known."""
    commit: str
    digest: str
    """Of the plan; empty where there is none."""
    dry_run: bool | None
    """Null where the run had no result."""
    changes: dict[str, Count]
    """Objects by action; empty where the run had no result."""
    problems: list[str]
    """The first ones, a line each."""
    text: str
    """All of it in words, for a chat."""


@_described
class DeployedOwnerDocument(TypedDict):
    """How one Gateway, LoadBalancer Service or shared VIP stands."""

    owner: OwnerDocument
    standing: Annotated[str, Field(examples=["in sync", "edited on the Controller", "not applied yet", "held"])]
    addresses: list[str]
    objects: Count
    """Live objects that are ours."""
    servers: Count
    """Servers of its pools."""
    enabled_servers: Count
    """Those that get traffic: enabled ones of enabled pools of an enabled VirtualService."""
    protected: bool
    edits: list[EditDocument]
    """What somebody edited on them and runs leave alone."""


@_described
class DeploymentDocument(TypedDict):
    """What `status` prints."""

    schema_version: Version
    lock: str
    holder: str | None
    """Who holds the lock; null while it is free."""
    last_run: LastRunDocument | None
    """Null if no run has changed anything yet."""
    commit: Commit
    owners: list[DeployedOwnerDocument]


@_described
class FieldSourceDocument(TypedDict):
    """One place that a field comes from."""

    file: str
    """Empty where no file says it: then `said` does."""
    line: int
    """From 1; 0 where there is no file."""
    field: str
    """The field of the manifest or of values.yaml, such as `spec.listeners[0].port`; empty for the file as such."""
    said: str
    """What no file says: a default, or why."""


@_described
class ExplainedFieldDocument(TypedDict):
    """One field of an object."""

    field: str
    """Such as `services`, or `vip[0].ip_address`."""
    sources: list[FieldSourceDocument]
    desired: Any
    """Null where live counts; a secret is masked."""
    live: Any
    """Null where there is none, or nobody looked; a secret is masked."""
    equal: bool | None
    """Whether a plan leaves the field as it is; null where the two are not compared."""


@_described
class ExplanationDocument(KeyDocument):
    """What `explain` prints."""

    schema_version: Version
    commit: Commit
    owner: OwnerDocument
    live: Annotated[str | None, Field(examples=["ours", "ako", "foreign", "not there"])]
    """Whose the live object is, or `not there`; null where no Controller was asked."""
    fields: list[ExplainedFieldDocument]


class ExplanationsDocument(TypedDict):
    """What `explain` prints of an owner: each of its objects as for one object."""

    schema_version: Version
    explanations: list[ExplanationDocument]
