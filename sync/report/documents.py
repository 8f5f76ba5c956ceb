"""JSON documents for machines, one class attribute per key: its type, description and source in the model.

docs/schemas/ is made from these classes (tools/make_schemas.py). Documents change by addition only: a key stays, and
keeps its type and meaning. Actions, states and similar values may be added; a schema lists the known ones as
examples. Every key is always present, in a stable order, without times (docs/reports.md#json).
"""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AliasChoices, AliasPath, BaseModel, BeforeValidator, ConfigDict, Field

from sync.model.desired import DesiredState, OwnerKind
from sync.model.problem import Severity
from sync.model.secrets import without_secrets

SCHEMA_VERSION = 1


class JsonDocument(BaseModel):
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
    """The path of attributes to the value of a key, if it differs from the key's name."""
    return Field(validation_alias=AliasPath(*path.split(".")))


def known(words: type[StrEnum]) -> Any:
    """The words of a text that are known today."""
    return Field(examples=[word.value for word in words])


def _of_key(name: str) -> Any:
    """A part of an ObjectKey, or of the key of a value that has one."""
    paths = ("key", "item.key", "write.key", "change.key")
    return Field(validation_alias=AliasChoices(*(AliasPath(*path.split("."), name) for path in paths), name))


Count = Annotated[int, Field(ge=0)]
Commit = Annotated[str, Field(description="The full id of the commit; empty where the files were read as they are.")]


class VersionedDocument(JsonDocument):
    """A document that is printed as a whole."""

    schema_version: Annotated[int, Field(ge=1)] = SCHEMA_VERSION
    """Grows only if a key is removed or changed."""


class KeyDocument(JsonDocument):
    """An object on the Controller."""

    kind: Annotated[str, Field(examples=["Pool", "VirtualService"])] = _of_key("kind")
    tenant: str = _of_key("tenant")
    name: str = _of_key("name")


class OwnerDocument(JsonDocument):
    """The Gateway, LoadBalancer Service or shared VIP that objects are made for."""

    kind: Annotated[str, known(OwnerKind)]
    namespace: str
    name: str


class EditedFieldDocument(JsonDocument):
    """One field that somebody set."""

    path: Annotated[str, Field(examples=["enabled"])]
    live: Any = at("before")
    """Null for none; a secret is masked."""
    default: Any = at("after")
    """What a new object has there; null for nothing."""


class EditDocument(KeyDocument):
    """An object of ours with an edit of a field that Git does not decide: it is left alone."""

    owner: OwnerDocument
    fields: list[EditedFieldDocument]


# --- problems and statuses --------------------------------------------------------------------------------------------


class ProblemDocument(JsonDocument):
    """A problem of a file, an owner or the tree."""

    severity: Annotated[str, known(Severity)]
    """An error holds something; everything else is a warning."""
    file: str
    """Relative to the folder that was read; empty if the problem is in no single file."""
    line: Count
    """From 1; 0 where there is no file."""
    resource: str
    """Such as `Gateway shop/web`; may be empty."""
    field: str = at("field_text")
    """Such as `spec.listeners[0].port`; may be empty."""
    message: str
    fix: str


class ConditionDocument(JsonDocument):
    """A condition as Kubernetes writes it."""

    type: str
    status: Annotated[str, Field(examples=["True", "False"])]
    reason: str
    message: str


class ListenerDocument(JsonDocument):
    """One listener of a Gateway."""

    port: int
    protocol: str
    conditions: Annotated[list[ConditionDocument], BeforeValidator(lambda condition: [condition])] = at("condition")


class StatusDocument(JsonDocument):
    """What AKO would write back to a Gateway or Service."""

    kind: str
    namespace: str
    name: str
    conditions: list[ConditionDocument]
    addresses: list[str]
    hostnames: list[str]
    listeners: list[ListenerDocument]


# --- of a source tree -------------------------------------------------------------------------------------------------


class ValidateSummaryDocument(JsonDocument):
    """The counts of a validation."""

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
