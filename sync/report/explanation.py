"""Where the fields of one object come from, for people and machines: `avi-sync explain`."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from sync.avi.references import parse_reference
from sync.model.explanation import NOT_THERE, ExplainedField, Explanation
from sync.model.provenance import Source
from sync.report.documents import Commit, JsonDocument, KeyDocument, OwnerDocument, VersionedDocument, at
from sync.report.text import Paint
from sync.report.words import commit_text, counted, one_line, shown


def explanation_lines(explanation: Explanation, paint: Paint) -> Iterator[str]:
    """The object, then each field with its value, its sources, and the live value if it differs."""
    yield paint(one_line(f"{explanation.item.key} of {explanation.item.owner}"), "title")
    for field in explanation.fields:
        yield from _field_lines(field, explanation, paint)
    different = sum(field.values.is_equal is False for field in explanation.fields)
    fields = counted(len(explanation.fields), "field")
    yield f"Explain: {fields}, {_live_text(explanation, different)}   {commit_text(explanation.commit)}"


def _field_lines(field: ExplainedField, explanation: Explanation, paint: Paint) -> Iterator[str]:
    values = field.values
    is_left_alone = field.field in explanation.item.left_alone
    yield f"  {field.field}: {'left as it is' if is_left_alone else shown(_readable(values.desired))}"
    for source in field.sources:
        yield paint(f"      {_source_text(source)}", "quiet")
    if values.is_equal is False or (is_left_alone and explanation.live is not None):
        yield paint(f"      live: {shown(_readable(values.live))}", "warning")


def _source_text(source: Source) -> str:
    origin = source.origin
    if origin is None:
        return one_line(source.said)
    place = f"{origin.file}:{origin.line}"
    said = f"({source.said})" if source.said else ""
    return one_line("  ".join(part for part in (place, source.field_text, said) if part))


def _live_text(explanation: Explanation, different: int) -> str:
    if not explanation.is_looked_up:
        return "live values unknown: no Controller was read"
    if explanation.live is None:
        return "the object does not exist yet"
    if not explanation.live.is_ours:
        return f"{different} different on the Controller, where the object is not ours"
    return f"{different} different on the Controller"


def _readable(value: Any) -> Any:
    """The value with references by name."""
    if isinstance(value, dict):
        return {key: _readable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_readable(item) for item in value]
    found = parse_reference(value) if isinstance(value, str) else None
    return f"{found.type} {found}" if found else value


class FieldSourceDocument(JsonDocument):
    """One place that a field comes from."""

    file: Annotated[str, BeforeValidator(lambda origin: origin.file if origin else "")] = at("origin")
    """Empty if no file gives the value; `said` explains it then."""
    line: Annotated[int, BeforeValidator(lambda origin: origin.line if origin else 0)] = at("origin")
    """From 1; 0 where there is no file."""
    field: str = at("field_text")
    """The field of the manifest or of values.yaml, such as `spec.listeners[0].port`; empty for the file as such."""
    said: str
    """The source in words, such as a default."""


class ExplainedFieldDocument(JsonDocument):
    """One field of an object."""

    field: str
    """Such as `services`, or `vip[0].ip_address`."""
    sources: list[FieldSourceDocument]
    desired: Any = at("values.desired")
    """Null where live counts; a secret is masked."""
    live: Any = at("values.live")
    """Null if there is none, or if live was not read; a secret is masked."""
    equal: bool | None = at("values.is_equal")
    """Whether a plan leaves the field as it is; null where the two are not compared."""


class ExplanationDocument(KeyDocument, VersionedDocument):
    """What `explain` prints."""

    commit: Commit
    owner: OwnerDocument = at("item.owner")
    live: Annotated[str | None, Field(examples=["ours", "ako", "foreign", NOT_THERE])] = at("whose")
    """The ownership of the live object, or `not there`; null if live was not read."""
    fields: list[ExplainedFieldDocument]


class ExplanationsDocument(VersionedDocument):
    """What `explain` prints of an owner: each of its objects as for one object."""

    explanations: list[ExplanationDocument]


def explanation_document(explanation: Explanation) -> dict[str, Any]:
    """What `explain` prints as JSON."""
    return ExplanationDocument.of(explanation)


def explanations_document(explanations: Sequence[Explanation]) -> dict[str, Any]:
    """What `explain` prints as JSON of all objects of one owner."""
    return ExplanationsDocument.of({"explanations": explanations})
