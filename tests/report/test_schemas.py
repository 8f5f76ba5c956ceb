"""docs/schemas/: they follow from the code, what is printed follows them, and they promise what documents will keep."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from sync.model.desired import DesiredState
from sync.model.plan import Refusal
from sync.model.run import Run
from sync.report.formats import RUN, VALIDATION, written
from sync.report.run_document import RefusalDocument
from tests.report.runs import runs
from tests.shared.schemas import closed, published
from tools.make_schemas import FOLDER, losses, schemas, text_of


@pytest.mark.parametrize("name", list(schemas()))
def test_a_schema_follows_from_the_code(name: str) -> None:
    """Otherwise: make schemas, which refuses to take anything away."""
    Draft202012Validator.check_schema(published(name))

    assert (FOLDER / f"{name}.json").read_text("utf-8") == text_of(schemas()[name])


@settings(max_examples=25, deadline=None)
@given(run=runs())
def test_what_is_printed_follows_its_schema(run: Run) -> None:
    """Every key is named, present, and of its type."""
    result = json.loads(written(run, "json", RUN))
    validated = json.loads(written(run.desired, "json", VALIDATION))

    assert list(Draft202012Validator(closed(published("result"))).iter_errors(result)) == []
    assert list(Draft202012Validator(closed(published("validate"))).iter_errors(validated)) == []


def test_a_value_without_a_key_makes_no_document() -> None:
    """Neither a gap nor a default takes its place."""
    with pytest.raises(ValidationError, match="fix"):
        RefusalDocument.of({"message": "frozen"})


@pytest.mark.parametrize("text", ["", "\ud83d", "\x00", "größer", "true", "1"])
def test_a_text_comes_into_a_document_as_it_is(text: str) -> None:
    """Half of a character too, which YAML can hold."""
    assert RefusalDocument.of(Refusal(message=text, fix=text)) == {"message": text, "fix": text}


def test_a_schema_lets_later_documents_pass() -> None:
    """They may have more keys, and more words."""
    desired = DesiredState(commit="", cluster="", objects={})
    document = json.loads(written(Run(desired=desired), "json", RUN))
    owner = {"kind": "Planet", "namespace": "", "name": "", "colour": "blue"}

    later = {**document, "held": [owner], "summary": {**document["summary"], "moved": 1}, "more": {}}

    assert list(Draft202012Validator(published("result")).iter_errors(later)) == []


SHAPE: dict[str, Any] = {
    "type": "object",
    "properties": {"a": {"type": "string"}, "b": {"type": "array", "items": {"$ref": "#/$defs/C"}}},
    "required": ["a", "b"],
    "$defs": {"C": {"type": "object", "properties": {"d": {"type": "integer"}}, "required": ["d"]}},
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({}, [], id="nothing"),
        pytest.param({"description": "better words"}, [], id="words"),
        pytest.param({"properties": {**SHAPE["properties"], "z": {"type": "string"}}}, [], id="a new key"),
        pytest.param({"properties": {"b": SHAPE["properties"]["b"]}}, [".a is gone"], id="a key is gone"),
        pytest.param({"required": ["a"]}, [".b may be missing"], id="no longer required"),
        pytest.param(
            {"properties": {**SHAPE["properties"], "a": {"type": "integer"}}},
            [".a has another type"],
            id="another type",
        ),
        pytest.param({"$defs": {"C": {"type": "object", "properties": {}}}}, [".C.d is gone"], id="deeper"),
    ],
)
def test_a_schema_may_grow_and_not_shrink(change: dict[str, Any], expected: list[str]) -> None:
    """What the tool refuses to write within one version."""
    assert sorted(losses(SHAPE, {**SHAPE, **change})) == expected
