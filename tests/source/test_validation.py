"""What pydantic says → what people can act on: one problem per field, its place, the range, a suggestion."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from sync.model.problem import Origin, Problem
from sync.model.types import Flag, Label, OptionalPort, Port, QuotedFlag, Subdomain, Text, Whole
from sync.source.places import line_in, with_lines
from sync.source.validation import problems_of
from tests.shared.builders import make_snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """A nested type that knows its keys."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    port: Port = 1
    name: Annotated[Text, Field(min_length=2, max_length=4)] = "ab"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    """A type with a field of every sort that manifests and settings use."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")
    text: Text = ""
    flag: Flag = False
    quoted: QuotedFlag = False
    whole: Whole = 0
    positive: Annotated[Whole, Field(ge=1)] = 1
    small: Annotated[Whole, Field(le=9)] = 1
    optional: OptionalPort = 0
    label: Label = "a"
    subdomain: Subdomain = "a"
    cluster: Annotated[Text, Field(pattern=r"^[a-zA-Z0-9_-]+$")] = "a"
    choice: Literal["one", "two"] = "one"
    maybe: Flag | None = None
    either: Whole | Text = 0
    inner: Inner = field(default_factory=Inner)
    many: Annotated[tuple[Inner, ...], Field(max_length=2)] = ()
    several: Annotated[tuple[Text, ...], Field(min_length=1)] = ("a",)
    table: Mapping[Text, Text] = field(default_factory=dict)


def problems_in(value: Any) -> tuple[Problem, ...]:
    adapter = TypeAdapter(Outer)
    with pytest.raises(ValidationError) as caught:
        adapter.validate_python(value)
    return problems_of(caught.value, adapter, value, origin=Origin(file="a.yaml"))


@pytest.mark.parametrize(
    ("value", "place", "message", "fix"),
    [
        pytest.param({"text": 8}, "text", "8 is not text", 'put it in quotes: "8"', id="number for text"),
        pytest.param({"text": []}, "text", "a list is not text", "write a text", id="list for text"),
        pytest.param({"text": {}}, "text", "a mapping is not text", "write a text", id="mapping for text"),
        pytest.param({"flag": "true"}, "flag", '"true" is neither true nor false', "without quotes", id="quoted flag"),
        pytest.param({"quoted": "yes"}, "quoted", '"yes" is neither true nor false', "write true", id="quoted yes"),
        pytest.param({"whole": "1"}, "whole", '"1" is not a whole number', "without quotes", id="quoted number"),
        pytest.param({"text": True}, "text", "true is not text", "put it in quotes", id="flag for text"),
        pytest.param({"whole": True}, "whole", "true is not a whole number", "write a number", id="flag for number"),
        pytest.param({"positive": 0}, "positive", "0 is out of range", "use a number from 1 on", id="too small"),
        pytest.param({"small": 10}, "small", "10 is out of range", "use a number up to 9", id="too big"),
        pytest.param({"optional": -1}, "optional", "-1 is out of range", "from 0 to 65535", id="no port"),
        pytest.param(
            {"label": "a.b"}, "label", '"a.b" is not a valid name', "lower-case letters, digits and -,", id="label"
        ),
        pytest.param({"subdomain": "a..b"}, "subdomain", '"a..b" is not a valid name', "each part", id="subdomain"),
        pytest.param(
            {"cluster": "a.b"}, "cluster", '"a.b" is not a valid name', "letters, digits, - and _ only", id="cluster"
        ),
        pytest.param({"label": "a" * 64}, "label", "is too long", "write up to 63 characters", id="long label"),
        pytest.param(
            {"choice": "three"}, "choice", '"three" is not known here', "use one of 'one' or 'two'", id="choice"
        ),
        pytest.param({"maybe": "x"}, "maybe", '"x" is neither true nor false', "write true", id="optional flag"),
        pytest.param({"either": {}}, "either", "a mapping is not a whole number", "write", id="either of two"),
        pytest.param(
            {"either": []},
            "either",
            "a list is not a whole number",
            "write",
            id="list for either of two",
        ),
        pytest.param({"inner": []}, "inner", "a list is not a mapping", "key: value", id="list for mapping"),
        pytest.param({"inner": {"prot": 1}}, "inner.prot", 'unknown key "prot"', 'did you mean "port"?', id="typo"),
        pytest.param({"inner": {"Port": 1}}, "inner.Port", 'unknown key "Port"', 'did you mean "port"?', id="case"),
        pytest.param({"inner": {"zzz": 1}}, "inner.zzz", 'unknown key "zzz"', "use one of: name, port", id="unknown"),
        pytest.param({"inner": {"name": "a"}}, "inner.name", '"a" is too short', "2 to 4 characters", id="short"),
        pytest.param({"many": [{}] * 3}, "many", "the list has too many items", "give up to 2 items", id="too many"),
        pytest.param({"many": [{}, {"port": 0}]}, "many[1].port", "0 is out of range", "1 to 65535", id="in a list"),
        pytest.param({"many": {}}, "many", "a mapping is not a list", "`- `", id="mapping for list"),
        pytest.param({"several": []}, "several", "the list has too few items", "give at least 1 items", id="too few"),
        pytest.param({"table": {"a": 5}}, "table.a", "5 is not text", 'put it in quotes: "5"', id="in a table"),
        pytest.param({"table": []}, "table", "a list is not a mapping", "key: value", id="list for table"),
        pytest.param([], "", "a list is not a mapping", "key: value", id="the whole"),
    ],
)
def test_a_wrong_value_is_told_in_our_words(value: Any, place: str, message: str, fix: str) -> None:
    """What it is, where it stands, and how to put it right."""
    (problem,) = problems_in(value)

    assert problem.field_text == place
    assert message in problem.message
    assert fix in problem.fix


def test_one_field_has_one_problem() -> None:
    """Alternatives of a type do not multiply it."""
    value = {"maybe": [], "either": {}, "many": [{"port": "x"}, 5], "several": [1]}

    assert [p.field_text for p in problems_in(value)] == [
        "maybe",
        "either",
        "many[0].port",
        "many[1]",
        "several[0]",
    ]


def test_a_long_value_is_shown_short() -> None:
    """A message stays on its line."""
    (problem,) = problems_in({"choice": "x\n" * 500})

    assert len(problem.message) < 120
    assert "\n" not in problem.message


@pytest.mark.parametrize(
    ("value", "expected"),
    [("true", True), ("True", True), ("false", False), ("False", False), (True, True), (False, False)],
)
def test_a_boolean_of_akos_chart_may_stand_in_quotes(value: object, expected: bool) -> None:
    """As AKO's own values.yaml has them."""
    assert TypeAdapter(Outer).validate_python({"quoted": value}).quoted is expected


def test_equal_problems_are_told_once_and_sorted_by_place() -> None:
    """By file and line, whatever order they were found in."""
    snapshot = make_snapshot({"a.yaml": "x: 1\ny: 2\n", "b.yaml": "z: 3\n"})
    (first,) = problems_in({"text": 1})
    at = {
        place: Problem(severity=first.severity, message="m", fix="f", origin=Origin(file=file), field=(field_name,))
        for place, (file, field_name) in {1: ("b.yaml", "z"), 2: ("a.yaml", "y"), 3: ("a.yaml", "x")}.items()
    }

    told = with_lines([at[1], at[2], at[3], at[2]], snapshot)

    assert [(p.file, p.line) for p in told] == [("a.yaml", 1), ("a.yaml", 2), ("b.yaml", 1)]


def test_a_problem_without_place_keeps_none() -> None:
    """Some problems are about the whole tree, or about a file that is not in it."""
    snapshot = make_snapshot({})
    (problem,) = problems_in({"text": 1})
    nowhere = Problem(severity=problem.severity, message="m", fix="f")

    assert [(p.file, p.line) for p in with_lines([nowhere, problem], snapshot)] == [("", 0), ("a.yaml", 1)]
    assert line_in(b"text: 1", nowhere) == 1


def test_a_file_that_no_longer_parses_leaves_the_line_as_it_was() -> None:
    """The line of the resource is better than none."""
    (problem,) = problems_in({"text": 1})

    assert line_in(b"text: [", problem.at_line(7)) == 7
