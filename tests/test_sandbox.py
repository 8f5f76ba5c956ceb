"""Templates of somebody else reach nothing that they are not given, and end."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import sync.render
from sync.model.desired import PoolContent, Server, VsVipContent
from sync.model.nesting import MOST_LEVELS
from sync.model.templates import TemplateText
from sync.render import never, render
from sync.sandbox import FILTERS, MOST_WORK, Meter, TooMuchError, size_of
from tests.shared.builders import (
    make_spec,
    rendered_with,
    templates_with,
)


def json_of(text: str, content: Any = None) -> dict[str, Any]:
    """What a template renders, whether it is a body or not."""
    template = sync.render._template(TemplateText(file="own.json.j2", text=text))
    found: dict[str, Any] = json.loads(sync.render._text(make_spec(content), template, Meter(never)))
    return found


# --- reach ------------------------------------------------------------------------------------------------------------

VALUES: Mapping[str, object] = {
    "raw": sync.render._raw,
    "ref": sync.render._reference,
    "spec": VsVipContent(vips=()),
    "raw('1')": "1",
    "''": "",
    "''.join": "".join,
    "[1]": [1],
    "[1].index": [1].index,
    "(1,)": (1,),
    "{'a': 1}": {"a": 1},
    "{'a': 1}.items": {}.items,
    "7": 7,
    "7.5": 7.5,
    "true": True,
    "none": None,
    "m": render,
    "m()": "",
    "self": render,
    "self.b": render,
    "loop": iter(()),
    "loop.cycle": "".join,
}
"""What a template can write, and something of the same kind in Python."""

NAMES = sorted(
    {name for value in VALUES.values() for item in (value, type(value)) for name in dir(item)}
    | {"mro", "gi_frame", "gi_code", "f_globals", "tb_frame", "_func", "_context", "_environment", "environment"}
    | {"unsafe_callable", "jinja_pass_arg", "caller", "catch_kwargs", "arguments", "super", "subject", "_iterator"}
)
GIVEN = frozenset(
    {
        "capitalize", "casefold", "center", "changed", "count", "cycle", "depth", "depth0", "endswith", "expandtabs",
        "find", "first", "format", "format_map", "fqdns", "get", "index", "index0", "isalnum", "isalpha", "isascii",
        "isdecimal", "isdigit", "islower", "isnumeric", "isspace", "istitle", "isupper", "items", "join", "keys",
        "last", "length", "ljust", "lower", "lstrip", "nextitem", "partition", "previtem", "removeprefix",
        "removesuffix", "replace", "revindex", "revindex0", "rfind", "rindex", "rjust", "rpartition", "rsplit",
        "rstrip", "split", "splitlines", "startswith", "strip", "swapcase", "tier1_lr", "title", "upper", "values",
        "vips", "vrf", "zfill", "bgp_peer_labels",
    }
)  # fmt: skip
"""Every name that leads anywhere, from any value."""


@pytest.mark.parametrize("way", ["{value}.{name}", '{value}["{name}"]', '{value}|attr("{name}")'])
@pytest.mark.parametrize("value", VALUES)
def test_a_template_reaches_no_more_than_it_is_given(value: str, way: str) -> None:
    """Whatever attribute it asks for, of whatever value, in whatever way."""
    names = [name for name in NAMES if not (value == "7" and way == "{value}.{name}")]  # `7.a` is no attribute
    tests = "".join(
        "{% if (" + way.format(value=value, name=name) + ') is defined %}"' + name + '": true, {% endif %}'
        for name in names
    )
    text = (
        "{% macro m() %}{% endmacro %}{% block b %}{% endblock %}{% for each in [1] %}{ "
        + tests
        + '"end": 1}{% endfor %}'
    )

    found = json_of(text, VsVipContent(vips=()))

    reached = found.keys() - {"name", "tenant_ref", "cloud_ref", "markers", "end"}
    assert reached <= GIVEN
    if value in ("raw", "ref", "''.join", "[1].index", "m", "loop.cycle", "7", "7.5", "none"):
        assert reached == set()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('raw.format("{0.__globals__}", ref)', id="a method of raw's class"),
        pytest.param('raw.format_map({"a": ref})', id="another one"),
        pytest.param('"".format.__self__', id="the value behind a method"),
        pytest.param('"{0.format}".format("")', id="a method by a format"),
        pytest.param('"{0.__globals__}".format(ref)', id="globals by a format"),
        pytest.param('"{a[__globals__]}".format_map({"a": ref})', id="globals by an item of a format"),
        pytest.param('"{!r}".format(ref)', id="a function as text"),
        pytest.param('"{}".format(spec)', id="a whole value as text"),
        pytest.param('"{a}".format_map({"a": [1]})', id="a list as text"),
        pytest.param('[ref]|map(attribute="__globals__")|list', id="globals by a map"),
        pytest.param('[ref]|map("attr", "__globals__")|list', id="globals by a filter in a map"),
        pytest.param('[ref]|sum(attribute="__globals__")', id="globals by a sum"),
        pytest.param('[ref]|groupby("__globals__")', id="globals by groups"),
        pytest.param('[ref]|selectattr("__globals__")|list', id="globals by a selection"),
        pytest.param('"".join(1)()', id="a call of a text"),
        pytest.param("spec()", id="a call of a value"),
        pytest.param("[1].index.subject", id="what a method is of"),
    ],
)
def test_no_way_around_leads_out(text: str) -> None:
    """Formats, filters and calls meet the same refusals."""
    found = rendered_with('{"x": {{ ' + text + " }}}", VsVipContent(vips=()))

    assert found.objects == ()
    assert len(found.problems) == 1
    assert (
        "globals" not in found.problems[0].message
        or "no attribute" in found.problems[0].message
        or "unsafe" in (found.problems[0].message)
    )


# --- work -------------------------------------------------------------------------------------------------------------

LONG = '{% set s = "a" * 1900000 %}'
DEEP = "{% set a = (1,) %}{% set b = (1,) %}" + "{% set a = (a, a) %}{% set b = (b, b) %}" * 60


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{{ "a" * 10**9 }}', id="a long text"),
        pytest.param("{{ 10**9 * (1,) }}", id="a long list"),
        pytest.param("{{ [[1] * 1000] * 100000 }}", id="a list of lists"),
        pytest.param("{{ 9**(9**9) }}", id="a large number"),
        pytest.param("{{ 9**-(9**9) }}", id="a small number"),
        pytest.param("{% set n = 7 %}" + "{% set n = n * n %}" * 60 + "{{ n }}", id="a number that squares itself"),
        pytest.param("{{ (0x" + "f" * 9000 + ") * 2 }}", id="a number of many digits"),
        pytest.param('{{ "%999999999d" % 1 }}', id="a width"),
        pytest.param('{{ "%*d" % (999999999, 1) }}', id="a width from a value"),
        pytest.param('{{ "%999999999d"|format(1) }}', id="a width in a filter"),
        pytest.param('{{ "{:999999999}".format(1) }}', id="a width in a format"),
        pytest.param('{{ "{:{}}".format(1, 999999999) }}', id="a width from a value in a format"),
        pytest.param('{{ "{a:.999999999f}".format_map({"a": 1.5}) }}', id="a precision"),
        pytest.param("{{ 1|round(-999999999) }}", id="a rounding"),
        pytest.param('{{ "a".center(10**9) }}', id="a method that fills up"),
        pytest.param('{{ "\\t".expandtabs(10**9) }}', id="tabs"),
        pytest.param('{{ ("y" * 100000).join(["x"] * 100000) }}', id="a long joint"),
        pytest.param('{{ ("x" * 100000).replace("", "y" * 100000) }}', id="a long replacement"),
        pytest.param('{{ ["x"] * 1000|map("center", 10**6)|list }}', id="many long texts"),
        pytest.param(LONG + '{{ s.rfind("b" ~ "a" * 100000) }}', id="a search that starts again and again"),
        pytest.param(LONG + "{% for a in s %}{% for b in s %}{% for c in s %}{% endfor %}{% endfor %}{% endfor %}",
                     id="three loops over a long text"),
        pytest.param('{% for a in "x" * 9000 %}{% for b in "x" * 9000 %}' + "y" * 900 + "{% endfor %}{% endfor %}",
                     id="much text"),
        pytest.param('{% set t %}{% for a in "x" * 9000 %}{% for b in "x" * 9000 %}' + "y" * 900
                     + "{% endfor %}{% endfor %}{% endset %}", id="much text kept"),
        pytest.param('{% for a in "x" * 900000 if ' + "1 and " * 90 + "0 %}{% endfor %}", id="a loop over nothing"),
        pytest.param('{% for a in ["x"] * 99 recursive %}{{ raw(loop(["x"] * 99)) }}{% endfor %}',
                     id="a loop in itself"),
        pytest.param("{% macro m(n) %}{% if n %}{{ raw(m(n - 1)) }}{{ raw(m(n - 1)) }}{% endif %}{% endmacro %}"
                     "{{ m(99) }}", id="a macro that calls itself twice"),
        pytest.param("{% macro m() %}{{ caller() }}{{ caller() }}{% endmacro %}" + "{% call m() %}" * 40
                     + "{% endcall %}" * 40, id="callers of callers"),
        pytest.param("{% set n = 99 %}{% block b %}{{ raw(self.b()) }}{{ raw(self.b()) }}{% endblock %}",
                     id="a block that writes itself"),
        pytest.param("{% set t = 'x' %}" + "{% set t = t ~ t %}" * 60 + "{{ t }}", id="a text that doubles"),
        pytest.param("{% set t = 'x' %}" + "{% set t %}{{ raw(t) }}{{ raw(t) }}{% endset %}" * 60 + "{{ t }}",
                     id="a text that is kept twice"),
        pytest.param(LONG + '{% for a in "x" * 90000 %}{{ s|upper|length }}{% endfor %}', id="a filter in a loop"),
        pytest.param(LONG + '{% for a in "x" * 90000 %}{% if s == s|lower %}{% endif %}{% endfor %}',
                     id="a comparison in a loop"),
        pytest.param(LONG + '{% for a in "x" * 90000 %}{% if s is eq("b") %}{% endif %}{% endfor %}',
                     id="a test in a loop"),
        pytest.param(LONG + '{% for a in "x" * 90000 %}{% set y = s[::-1] %}{% endfor %}', id="a slice in a loop"),
        pytest.param('{% for a in "x" * 9000 %}{{ ("x" * 9000)|sort|length }}{% endfor %}', id="sorting in a loop"),
        pytest.param(DEEP + "{{ a == b }}", id="lists of lists compared"),
        pytest.param(DEEP + "{{ a is eq(b) }}", id="lists of lists tested"),
        pytest.param(DEEP + '{{ [a]|select("==", b)|list }}', id="lists of lists selected"),
        pytest.param(DEEP + '{{ a ~ "" }}', id="lists of lists as text"),
        pytest.param(DEEP + '{{ "%s" % [a] }}', id="lists of lists in a format"),
        pytest.param(DEEP + "{{ raw(a) }}", id="lists of lists as JSON"),
        pytest.param(DEEP + "{{ a }}", id="lists of lists written"),
        pytest.param(DEEP + "{{ {a: 1} }}", id="lists of lists as a key"),
        pytest.param(DEEP + "{{ {}[a] }}", id="lists of lists looked up"),
        pytest.param(DEEP + "{{ [a]|unique }}", id="lists of lists made unique"),
        pytest.param(DEEP + "{% for x in [a, b] %}{{ loop.changed(x) }}{% endfor %}", id="lists of lists that change"),
        pytest.param("{{ [[1], [2]]|sum(start=[]) }}", id="a sum of lists"),
        pytest.param("{{ [-1000000000]|map(' spent')|list }}" * 3, id="work that is paid back"),
        pytest.param("{{ [nothing * 9]|map(' spent')|list }}", id="work without a number"),
        pytest.param(" " * 200_000, id="a long template"),
        pytest.param("{" * 99_999, id="many brackets"),
        pytest.param("{{ 1" + "+1" * 40_000 + " }}", id="a long sum"),
        pytest.param("{% if 1 %}" + "{% elif 1 %}" * 8000 + "{% endif %}", id="many cases"),
        pytest.param('{"x": ' + "[" * (MOST_LEVELS + 1) + "1" + "]" * (MOST_LEVELS + 1) + "}", id="deep lists"),
        pytest.param('{"x": 1, ' + "".join(f'"{n}": 1, ' for n in range(5000)) + '"x": 1}', id="a key twice"),
    ],
)  # fmt: skip
def test_whatever_a_template_does_it_ends_with_a_message(text: str) -> None:
    """In seconds, with little memory, and only its owner is held."""
    found = rendered_with(text if text.startswith('{"') else '{"x": ' + text + "}", VsVipContent(vips=()))

    assert [problem.file for problem in found.problems] == ["templates/vsvip.json.j2"]
    assert len(found.problems[0].message) < 400
    assert len(found.held) == 1


@pytest.mark.timeout(60)
@given(
    st.sampled_from(sorted(FILTERS)),
    st.lists(st.sampled_from(["10**9", "-(10**9)", "s", "[s]", "1.5", "{}"]), max_size=2),
)
@settings(max_examples=40, deadline=None)
def test_no_filter_runs_for_long_whatever_it_is_given(name: str, arguments: list[str]) -> None:
    """Large numbers and long texts in every place."""
    text = f'{{% set s = "a b\\n" * 200000 %}}{{% set x = s|{name}({", ".join(arguments)}) %}}{{}}'

    found = rendered_with(text)

    assert len(found.objects) + len(found.held) == 1


def test_the_deadline_ends_a_template_that_is_running() -> None:
    """And one that has hardly begun is finished: a late run still shows what it has."""
    text = '{% for a in "x" * 9000 %}{% for b in "x" * 9000 %}{% endfor %}{% endfor %}{}'
    spec = make_spec(None, kind="VsVip")

    late = render([spec], templates_with(VsVip=text), created_by="c", is_over=lambda: True)
    short = render([spec], templates_with(VsVip="{}"), created_by="c", is_over=lambda: True)

    assert [problem.message for problem in late.problems] == [
        "template: it was still running when the time limit of the run (--deadline) had passed"
    ]
    assert (late.objects, short.problems) == ((), ())


def test_a_pool_of_the_largest_size_costs_a_tenth_of_what_it_may() -> None:
    """2,000 servers are what a Controller allows (SystemLimits); a template may do ten times what ours does."""
    servers = tuple(Server(address=f"2001:db8::{n:x}", family="V6", port=65_535, node=f"node-{n}") for n in range(2000))
    spec = make_spec(PoolContent(health_monitors=(), servers=servers), kind="Pool")
    own = templates_with()["Pool"].text
    extra = "".join(f'{{% set x{n} = spec.servers|map(attribute="node")|join(",")|upper %}}' for n in range(9))

    found = render([spec], templates_with(Pool=own.replace('"sni', extra + '"sni', 1)), created_by="c")

    assert found.problems == ()
    assert len(found.objects[0].body["servers"]) == 2000


@example("\U00010000")
@given(st.recursive(st.text() | st.integers(), lambda part: st.lists(part) | st.dictionaries(st.text(), part)))
def test_a_value_is_as_large_as_what_is_written_of_it(value: Any) -> None:
    """So that nobody writes more than was paid for: six characters for one, and brackets and commas around items."""
    assert 6 * size_of(value) + 6 >= len(json.dumps(value))


def test_a_meter_never_gives_back() -> None:
    """What is spent is gone."""
    meter = Meter(lambda: False)
    meter.spend(MOST_WORK)

    with pytest.raises(TooMuchError):
        meter.spend(1)


# --- what templates are for -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('"a.b".split(".")|last', "b", id="split"),
        pytest.param('"{}:{:>3}".format("a", 7)', "a:  7", id="format"),
        pytest.param('"{a!r:>4}".format_map({"a": 7})', "   7", id="format_map"),
        pytest.param('"%s-%03d" % ("a", 7)', "a-007", id="percent"),
        pytest.param('"%s"|format("a")', "a", id="format filter"),
        pytest.param('"a,b"|replace(",", ";")', "a;b", id="replace"),
        pytest.param('["b", "a"]|sort|join("+")', "a+b", id="sort and join"),
        pytest.param("[3, 4]|sum", 7, id="sum"),
        pytest.param('[{"n": 3}, {"n": 4}]|sum(attribute="n", start=1)', 8, id="sum of a field"),
        pytest.param('[{"n": 3}, {"n": 4}]|selectattr("n", "gt", 3)|map(attribute="n")|list', [4], id="select and map"),
        pytest.param('{"a": 1}.items()|list', [["a", 1]], id="items"),
        pytest.param('{"a": 1}.a + {"b": 2}["b"]', 3, id="items of mappings"),
        pytest.param('{"a": 1}.get("b", 5)', 5, id="get"),
        pytest.param("2 ** 10 // 3 % 100 - 1", 40, id="arithmetic"),
        pytest.param("2 ** 0.5 > 1", True, id="roots"),
        pytest.param('"ab" * 2 + "c"', "ababc", id="texts repeated"),
        pytest.param('2 * "ab"', "abab", id="the other way round"),
        pytest.param("nothing|default(5)", 5, id="default"),
        pytest.param('nothing is defined or "x" in ["x"]', True, id="tests"),
        pytest.param('"abc"[1:]', "bc", id="slice"),
        pytest.param('raw({"a": [1]}|tojson)', {"a": [1]}, id="tojson"),
        pytest.param("[1, 2, 3]|batch(2)|list", [[1, 2], [3]], id="batch"),
        pytest.param("[1, 2]|reverse|list", [2, 1], id="reverse"),
        pytest.param("7.456|round(1)", 7.5, id="round"),
        pytest.param("-5|abs", 5, id="abs"),
        pytest.param("[1, 1, 2]|unique|list", [1, 2], id="unique"),
        pytest.param('[{"k": "a", "v": 1}]|groupby("k")|map("first")|list', ["a"], id="groupby"),
        pytest.param("[1, 2].index(2)", 1, id="index"),
        pytest.param('"é"|urlencode', "%C3%A9", id="urlencode"),
    ],
)
def test_a_template_has_what_it_needs_to_write_a_body(text: str, expected: object) -> None:
    """The operators, methods and filters that are no danger."""
    assert json_of('{"x": {{ ' + text + " }}}")["x"] == expected


def test_macros_callers_blocks_and_loops_work() -> None:
    """Everything that pays for itself still does what it did."""
    text = (
        "{%- macro m(n) -%}[{{ n }}, {{ caller() }}]{%- endmacro -%}"
        "{% set t %}{% block b %}x{% endblock %}{% endset %}"
        '{"a": {% call m(1) %}y{% endcall %}, "b": {{ t }}, "c": {{ self.b() }}, "d": ['
        "{% for v in [1, 2, 3] if v != 2 %}[{{ loop.index }}, {{ v }}, {{ loop.cycle('p', 'q') }}]"
        "{% if not loop.last %},{% endif %}{% endfor %}], "
        '"e": {% for v in [] %}{% else %}5{% endfor %}, "f": {% filter upper %}"z"{% endfilter %}, '
        '"g": [{% for v in [[1, []]] recursive %}{{ v[0] }}{{ raw(loop(v[1])) }}{% endfor %}]}'
    )

    body = json_of(text)

    assert {name: body[name] for name in "abcdefg"} == {
        "a": [1, "y"], "b": "x", "c": "x", "d": [[1, 1, "p"], [2, 3, "q"]], "e": 5, "f": "Z", "g": [1],
    }  # fmt: skip
