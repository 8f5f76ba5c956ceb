"""YAML and JSON text → values and lines, as a Kubernetes API server would take them."""

import json
import math
import string
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sync.model.wording import shown
from sync.source.yaml_documents import YamlError, line_of, parse_documents


def parse(text: str | bytes, *, max_aliases: int = 100) -> list[Any]:
    content = text if isinstance(text, bytes) else text.encode()
    return [document.value for document in parse_documents(content, max_aliases=max_aliases)]


def refusal_of(content: bytes) -> YamlError | None:
    try:
        parse_documents(content, max_aliases=5)
    except YamlError as error:
        return error
    return None


def error_of(text: str | bytes, *, max_aliases: int = 100) -> YamlError:
    with pytest.raises(YamlError) as caught:
        parse(text, max_aliases=max_aliases)
    return caught.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: on", True, id="on is a boolean in YAML 1.1"),
        pytest.param("a: No", False, id="no is a boolean in YAML 1.1"),
        pytest.param("a: 'on'", "on", id="a quoted boolean is text"),
        pytest.param("a: 2024-01-31", "2024-01-31", id="a date is text"),
        pytest.param("a: 2024-01-31T10:00:00Z", "2024-01-31T10:00:00Z", id="a timestamp is text"),
        pytest.param("a: 0755", 493, id="a leading zero means octal"),
        pytest.param("a: -0755", -493, id="negative octal"),
        pytest.param("a: 0x1F", 31, id="hexadecimal"),
        pytest.param("a: 0b101", 5, id="binary"),
        pytest.param("a: 0o17", 15, id="octal as Go writes it"),
        pytest.param("a: -0o17", -15, id="negative octal as Go writes it"),
        pytest.param("a: '0o17'", "0o17", id="a quoted octal is text"),
        pytest.param("a: !!binary aGk=", "hi", id="binary is the text that it stands for"),
        pytest.param("a: !!binary '%'", "", id="binary that is none"),
        pytest.param("a: !own x", "x", id="a tag of somebody's own on a text"),
        pytest.param("a: !Ref [b]", ["b"], id="a tag of somebody's own on a list"),
        pytest.param("a: !own {b: 1}", {"b": 1}, id="a tag of somebody's own on a mapping"),
        pytest.param("b: &x 1\nc: &x [2]\na: *x", [2], id="an anchor's name used again"),
        pytest.param("a: 1_000", 1000, id="underscores group digits"),
        pytest.param("a: +7", 7, id="plus sign"),
        pytest.param("a: 0", 0, id="zero"),
        pytest.param("a: 22:22", "22:22", id="base 60 is text"),
        pytest.param("a: 190:20:30.15", "190:20:30.15", id="base 60 with fraction is text"),
        pytest.param("a: 1.5", 1.5, id="fraction"),
        pytest.param("a: -.inf", -math.inf, id="minus infinity"),
        pytest.param("a: !!str 12", "12", id="a tag that says text"),
        pytest.param("a: !!int twelve", "twelve", id="a tag that lies leaves the text"),
        pytest.param("a: '8080'", "8080", id="a quoted number is text"),
        pytest.param("a: =", "=", id="the value tag is text"),
        pytest.param("a: |\n  one\n  two\n", "one\ntwo\n", id="block text"),
        pytest.param("a: {b: [1, x]}", {"b": [1, "x"]}, id="flow style"),
        pytest.param("a: &x [1]\nb: *x", [1], id="anchor"),
    ],
)
def test_a_plain_value_means_what_it_means_to_an_api_server(text: str, expected: object) -> None:
    """Scalars are those of YAML 1.1 without timestamps and without base 60."""
    assert [{**parse(text)[0], "a": expected}] == parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: ~\nb: 1", {"b": 1}, id="null in a mapping"),
        pytest.param("a:\nb: 1", {"b": 1}, id="nothing in a mapping"),
        pytest.param("8080: x", {"8080": "x"}, id="a number as key is text"),
        pytest.param("on: x", {"on": "x"}, id="a boolean as key is text"),
        pytest.param("<<: {a: 1, b: 2}\nb: 3", {"a": 1, "b": 3}, id="own keys win over merged ones"),
        pytest.param("<<: [{a: 1}, {a: 2, b: 2}]", {"a": 1, "b": 2}, id="the first merged mapping wins"),
        pytest.param("<<: {a: 1, b: 2}\na: ~", {"b": 2}, id="null takes a merged key away"),
        pytest.param("\ufeffa: 1", {"a": 1}, id="byte order mark"),
        pytest.param('{\n\t"a": 1\n}', {"a": 1}, id="JSON indented by tabs"),
    ],
)
def test_a_mapping_means_what_it_means_to_an_api_server(text: str, expected: object) -> None:
    """Null means absent, keys are texts, merge keys merge."""
    assert parse(text) == [expected]


def test_empty_documents_are_left_out_and_the_others_keep_number_and_line() -> None:
    """The number counts all documents of the file, so that a line can be found again."""
    text = b"---\n# nothing\n---\na: 1\n---\n---\n\nb: 2\n"

    documents = parse_documents(text, max_aliases=0)

    assert [(d.value, d.index, d.line) for d in documents] == [({"a": 1}, 1, 4), ({"b": 2}, 3, 8)]
    assert [line_of(text, 1, ["a"]), line_of(text, 3, ["b"])] == [4, 8]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param("a: 1\nb: [", 3, "not valid YAML", id="open bracket"),
        pytest.param("a: 1\n b: 2", 2, "not valid YAML", id="indentation"),
        pytest.param("a:\n\tb: 1", 2, "not valid YAML", id="tab as indentation"),
        pytest.param("a: 1\nb: 2\na: 3", 3, 'the key "a" is written twice', id="a key twice"),
        pytest.param("a: ~\na: 3", 2, 'the key "a" is written twice', id="a key twice, once null"),
        pytest.param("1: x\n'1': y", 2, 'the key "1" is written twice', id="a key twice, once in quotes"),
        pytest.param("a: 1\n[b]: 2", 2, "a key is a list", id="a list as key"),
        pytest.param("a: *nowhere", 1, "not valid YAML", id="unknown alias"),
        pytest.param("a: &x\n  - *x", 1, "an alias refers to the value that contains it", id="endless alias"),
        pytest.param("a: 1\n<<: 2", 2, "<< merges something that is not a mapping", id="merge of a number"),
        pytest.param("a: 1\nb: \x07", 2, "control characters are not allowed", id="control character"),
        pytest.param(b"a: 1\nb: \xff", 2, "not UTF-8 text", id="not UTF-8"),
        pytest.param("a: 1\nname: {{ name }}-x", 2, "Helm template", id="template"),
        pytest.param(
            "a: 1\nname: {{ name }}",
            2,
            "Helm template",
            id="template that happens to be YAML",
        ),
        pytest.param("[" * 3000 + "]" * 3000, 1, "nested too deeply", id="deep and short"),
        pytest.param("a: 1\nb:" + " [" * 9000, 2, "nested too deeply", id="deep and long"),
        pytest.param("- " * 9000 + "b", 1, "nested too deeply", id="deep lists in one line"),
        pytest.param("[" * 9000 + "]" * 9000, 1, "nested too deeply", id="deep JSON"),
        pytest.param(
            "".join(f"{' ' * depth}a:\n" for depth in range(1200)), 201, "nested too deeply", id="deep and steep"
        ),
    ],
)
def test_a_text_that_is_wrong_says_where_and_how_to_put_it_right(text: str | bytes, line: int, words: str) -> None:
    """The first thing that is wrong is reported with its line and a fix."""
    error = error_of(text)

    assert words in error.message
    assert error.line == line
    assert error.fix


def test_each_use_of_an_alias_counts_against_the_limit() -> None:
    """Two aliases to a collection pass a limit of two, not one of one."""
    text = "a: &x {k: v}\nb: *x\nc: *x\n"

    assert len(parse(text, max_aliases=2)[0]) == 3
    assert "too many YAML aliases" in error_of(text, max_aliases=1).message


def test_aliases_of_aliases_do_not_explode() -> None:
    """A billion laughs end at the limit."""
    levels = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40)]

    assert "too many YAML aliases" in error_of("\n".join(levels), max_aliases=1000).message


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_byte_order_mark_names_the_encoding(encoding: str) -> None:
    """As editors on Windows save it; an API server takes both."""
    text = "a: büro\n" if encoding in ("utf-8-sig", "utf-16") else "\ufeffa: büro\n"

    assert parse(text.encode(encoding)) == [{"a": "büro"}]


@pytest.mark.parametrize("text", ["0123", "0x1F", "1_000", "+7", "-010", "1.10", "0o17"])
def test_a_number_is_repeated_as_it_was_written(text: str) -> None:
    """Whoever wrote 0123 does not know 83."""
    (value,) = parse(text)

    assert shown(value) == text


def test_keys_that_stand_there_with_null_are_known() -> None:
    """`items: null` is an empty list, and no list that has lost its items."""
    (document,) = parse_documents(b"kind: List\nitems:\n", max_aliases=0)

    assert (document.value, document.nulls_in(document.value)) == ({"kind": "List"}, frozenset({"items"}))


def test_tabs_inside_quoted_texts_stay() -> None:
    """Tabs are replaced for indentation only."""
    assert parse('{a: "x\ty"}') == [{"a": "x\ty"}]


@given(st.one_of(st.text(max_size=60), st.text(alphabet=" \n\t-:?,[]{}#&*!|>'\"%@`ab01~<=.", max_size=60)))
@settings(max_examples=300, deadline=None)
@example("a: !!float x")
@example("? [a]\n: b")
@example("%YAML 9.9\n---\na")
@example("\x85")
def test_any_text_is_either_parsed_or_refused(text: str) -> None:
    """Nothing but YamlError comes out of the parser, with a line inside the text and a fix."""
    error = refusal_of(text.encode("utf-8", "surrogatepass"))

    assert error is None or 1 <= error.line <= len(text.splitlines()) + 1
    assert error is None or error.fix


@given(st.binary(max_size=40))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_either_parsed_or_refused(content: bytes) -> None:
    """Nothing but YamlError comes out of the parser."""
    error = refusal_of(content)

    assert error is None or error.line >= 1


NAMES = st.text(alphabet=string.ascii_letters + string.digits + "-_./ ", min_size=1, max_size=8)
SCALARS = st.one_of(st.integers(-(10**6), 10**6), st.booleans(), st.text(string.printable, max_size=12), NAMES)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=8,
)


@given(VALUES)
@settings(max_examples=150, deadline=None)
def test_what_a_yaml_writer_wrote_is_read_back(value: object) -> None:
    """Parsing what PyYAML dumps in its plain style returns it."""
    text = yaml.safe_dump({"value": value}, allow_unicode=True)

    assert parse(text) == [{"value": value}]


@given(VALUES)
@settings(max_examples=100, deadline=None)
def test_what_a_json_writer_wrote_is_read_back(value: object) -> None:
    """Every JSON document is YAML."""
    text = json.dumps({"value": value}, indent="\t")

    assert parse(text) == [{"value": value}]


def paths_of(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    steps: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        steps = list(value.items())
    elif isinstance(value, list):
        steps = list(enumerate(value))
    return [path, *(deeper for step, item in steps for deeper in paths_of(item, (*path, step)))]


KEYED = st.recursive(
    st.integers(0, 9),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3),
        st.dictionaries(st.sampled_from(["ports", "spec", "a.b/c", "8080"]), inner, min_size=1, max_size=3),
    ),
    max_leaves=10,
)


@given(st.lists(st.dictionaries(st.sampled_from(["kind", "spec"]), KEYED, min_size=1), min_size=1, max_size=3))
@settings(max_examples=100, deadline=None)
def test_a_line_is_that_of_the_key(documents: list[dict[str, Any]]) -> None:
    """For every path of every document, `line_of` points at the line in which its last key (or list item) stands."""
    text = yaml.safe_dump_all(documents, explicit_start=True, default_flow_style=False)
    lines = text.splitlines()

    for number, document in enumerate(documents):
        for path in paths_of(document)[1:]:
            line = lines[line_of(text.encode(), number, path) - 1]
            assert (f"{path[-1]}'" in line or f"{path[-1]}:" in line) if isinstance(path[-1], str) else "- " in line


@pytest.mark.parametrize(
    ("path", "line"),
    [
        pytest.param([], 1, id="the document"),
        pytest.param(["spec", "ports", 1, "name"], 6, id="a field in a list item"),
        pytest.param(["spec", "ports", 1], 5, id="a list item"),
        pytest.param(["spec", "ports", 7], 3, id="a list item that is not there"),
        pytest.param(["spec", "ports", "x"], 3, id="a key in a list"),
        pytest.param(["spec", "missing", "deeper"], 2, id="a key that is not there"),
        pytest.param(["kind", "x"], 1, id="a key in a text"),
    ],
)
def test_a_line_is_that_of_the_deepest_part_that_is_there(path: list[str | int], line: int) -> None:
    """A missing field is reported where it should have been."""
    text = b"kind: Service\nspec:\n  ports:\n    - port: 80\n    - port: 443\n      name: https\n"

    assert line_of(text, 0, path) == line


def test_the_line_in_a_document_that_is_not_there_is_the_first() -> None:
    """A place that makes no sense is no reason to fail."""
    assert line_of(b"a: 1\n", 5, ["a"]) == 1


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps([{"a": [number]} for number in range(5000)]), id="JSON"),
        pytest.param("[" + "{a: [1]}, " * 5000 + "]", id="flow style that is no JSON"),
        pytest.param("".join(f"- - - a: {number}\n" for number in range(5000)), id="block style"),
        pytest.param("a: |\n" + f"{' ' * 1500}x\n" * 9, id="a text far to the right"),
    ],
)
def test_a_long_text_that_is_not_deep_is_parsed(text: str) -> None:
    """Many brackets are no depth."""
    assert parse(text)
