"""Where the fields of one object come from, for people and machines: `avi-sync explain`."""

from collections.abc import Iterator, Sequence
from typing import Any

from sync.avi.references import parse_reference
from sync.model.explanation import ExplainedField, Explanation, Source
from sync.report.documents import ExplainedFieldDocument, ExplanationDocument, ExplanationsDocument, FieldSourceDocument
from sync.report.json import SCHEMA_VERSION, key_document, owner_document
from sync.report.text import Paint
from sync.report.words import commit_text, counted, one_line, shown

NOT_THERE = "not there"


def explanation_lines(explanation: Explanation, paint: Paint) -> Iterator[str]:
    """The object, then each field with its value, its sources, and the live value where that is another one."""
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
        return "live values unknown: no Controller was asked"
    if explanation.live is None:
        return "the object is not there yet"
    if not explanation.live.is_ours:
        return f"{different} different on the Controller, where the object is not ours"
    return f"{different} different on the Controller"


def _readable(value: Any) -> Any:
    """References by name, as both sides can be written."""
    if isinstance(value, dict):
        return {key: _readable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_readable(item) for item in value]
    found = parse_reference(value) if isinstance(value, str) else None
    return f"{found.type} {found}" if found else value


def explanation_document(explanation: Explanation) -> ExplanationDocument:
    """The same for machines."""
    live = explanation.live.ownership.value if explanation.live else NOT_THERE
    return {
        "schema_version": SCHEMA_VERSION,
        "commit": explanation.commit,
        **key_document(explanation.item.key),
        "owner": owner_document(explanation.item.owner),
        "live": live if explanation.is_looked_up else None,
        "fields": [_field_document(field) for field in explanation.fields],
    }


def explanations_document(explanations: Sequence[Explanation]) -> ExplanationsDocument:
    """All objects of one owner, for machines."""
    return {
        "schema_version": SCHEMA_VERSION,
        "explanations": [explanation_document(each) for each in explanations],
    }


def _field_document(field: ExplainedField) -> ExplainedFieldDocument:
    return {
        "field": field.field,
        "sources": [_source_document(source) for source in field.sources],
        "desired": field.values.desired,
        "live": field.values.live,
        "equal": field.values.is_equal,
    }


def _source_document(source: Source) -> FieldSourceDocument:
    return {
        "file": source.origin.file if source.origin else "",
        "line": source.origin.line if source.origin else 0,
        "field": source.field_text,
        "said": source.said,
    }
