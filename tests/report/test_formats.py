"""Every format tells the same: all changes, all problems, what became of it; and no text breaks out of any."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

from hypothesis import given, settings
from markdown_it import MarkdownIt

from sync.model.desired import ObjectKey
from sync.model.outcome import Verdict
from sync.model.problem import Problem
from sync.model.run import Run
from sync.report.formats import RUN, VALIDATION, written
from sync.report.markdown import run_markdown
from sync.report.plan_text import last_line
from sync.report.text import plain
from sync.report.words import one_line
from tests.report.runs import runs


class Markup(HTMLParser):
    """The text of some HTML, and the tags it has."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember it."""
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]

    def handle_data(self, data: str) -> None:
        """Remember it."""
        self.text += data


def strings_in(value: object) -> Iterator[str]:
    """Every text in a JSON document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings_in(item)


def from_json(text: str) -> str:
    return "\n".join(strings_in(json.loads(text)))


def from_markdown(text: str) -> str:
    return Markup(rendered(text)).text


def from_junit(text: str) -> str:
    root = ET.fromstring(text)  # noqa: S314  # what we have just written ourselves
    return "\n".join(part for item in root.iter() for part in (item.text or "", *item.attrib.values()))


def from_html(text: str) -> str:
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, flags=re.DOTALL)
    return from_json(found)


READERS: Mapping[str, Callable[[str], str]] = {
    "text": lambda text: text,
    "json": from_json,
    "markdown": from_markdown,
    "html": from_html,
    "junit": from_junit,
}
"""Format → the texts that a reader of it gets to see."""


def rendered(text: str) -> str:
    """Markdown as GitHub renders it, in all that matters here."""
    return str(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text))


def bare(text: str) -> str:
    """Without white space and the ways to write control characters, in which formats may differ."""
    return re.sub(r"\s|\\x..|\\u....|\\[nrt]", "", one_line(text))


def facts_of(run: Run) -> Iterator[tuple[str, ...]]:
    """What no format may leave out, each in pieces that must be there."""
    for problem in run.problems:
        yield facts_of_a_problem(problem)
    for refusal in run.refusals:
        yield refusal.message, refusal.fix
    if run.plan is None:
        return
    for change in run.plan.changes:
        yield (*facts_of_a_key(change.key), change.owner.namespace, change.owner.name, *change.lost)
    for change in run.remaining.changes if run.remaining else ():
        yield facts_of_a_key(change.key)
    for held in run.plan.held:
        yield (held.owner.namespace, held.owner.name)
    for outcome in run.outcomes:
        owners = [part for owner in outcome.change_set.owners for part in (owner.namespace, owner.name)]
        yield ("" if outcome.is_success else outcome.said, *owners)
    for service in run.services:
        if service.verdict is not Verdict.UP:  # those that are up are counted
            yield (*facts_of_a_key(service.key), service.verdict.value, service.state, service.said)
    yield (run.lost, run.locked)


def facts_of_a_problem(problem: Problem) -> tuple[str, ...]:
    """Its severity, what is said, and where."""
    said = (problem.severity.value, problem.message, problem.fix)
    return (*said, problem.resource, problem.field_text, problem.file)


def facts_of_a_key(key: ObjectKey) -> tuple[str, ...]:
    """What names an object."""
    return (key.kind, key.tenant, key.name)


@settings(max_examples=25, deadline=None)
@given(run=runs())
def test_every_format_tells_all(run: Run) -> None:
    """Each change with its object and owner, each problem with place and fix, each refusal, each failure."""
    seen = {form: bare(READERS[form](written(run, form, RUN))) for form in RUN}

    missing = [(form, part) for fact in facts_of(run) for part in fact for form in RUN if bare(part) not in seen[form]]

    assert missing == []


@settings(max_examples=25, deadline=None)
@given(run=runs())
def test_json_has_the_order_of_the_plan(run: Run) -> None:
    """Changes and problems, item by item."""
    document = json.loads(written(run, "json", RUN))

    planned = [facts_of_a_key(change.key) for change in (run.plan.changes if run.plan else ())]
    assert [(item["kind"], item["tenant"], item["name"]) for item in document["changes"]] == planned
    assert [item["message"] for item in document["problems"]] == [problem.message for problem in run.problems]


@settings(max_examples=25, deadline=None)
@given(run=runs())
def test_every_format_counts_the_same(run: Run) -> None:
    """The table in Markdown has the numbers of the last line of the text."""
    told = [int(cell) for cell in re.findall(r"<td[^>]*>(\d+)</td>", rendered(run_markdown(run)))]

    expected = [int(number) for number in re.findall(r"(\d+) (?!owner)", last_line(run, plain).partition("digest")[0])]

    assert told[: len(expected)] == expected


@settings(max_examples=25, deadline=None)
@given(run=runs())
def test_no_text_breaks_out_of_markdown(run: Run) -> None:
    """Only our own tags are there; no link, no image, no heading or cell of somebody else's; nobody is called."""
    text = run_markdown(run, max_bytes=10**6)

    html = rendered(text)
    markup = Markup(html)

    assert set(markup.tags) <= {
        *("h3", "h4", "p", "ul", "li", "strong", "br", "code", "pre", "details", "summary", "em"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    }
    assert set(markup.attributes) <= {"class", "style"}
    assert markup.tags.count("details") == len({change.owner for change in run.plan.changes} if run.plan else ())
    assert not re.search(r"@\w", re.sub(r"<pre>.*?</pre>|<code>.*?</code>", "", html, flags=re.DOTALL))


@settings(max_examples=25, deadline=None)
@given(run=runs())
def test_junit_fails_exactly_for_what_is_not_as_it_should_be(run: Run) -> None:
    """The numbers in its head are those of its cases; a run with exit code 0 or 2 has no failure, any other has."""
    root = ET.fromstring(written(run, "junit", RUN))  # noqa: S314  # our own
    cases = root.findall(".//testcase")
    failures = root.findall(".//failure")

    assert (root.attrib["tests"], root.attrib["failures"]) == (str(len(cases)), str(len(failures)))
    if run.plan is not None and not run.plan.held:
        assert (run.exit_code(is_detailed=True) in (0, 2)) == (not failures)


@settings(max_examples=25, deadline=None)
@given(run=runs())
def test_every_format_of_validate_tells_all_problems(run: Run) -> None:
    """With severity, place and fix."""
    seen = {form: bare(READERS[form](written(run.desired, form, VALIDATION))) for form in VALIDATION}

    facts = [bare(part) for problem in run.desired.problems for part in facts_of_a_problem(problem)]

    assert [(form, part) for form in VALIDATION for part in facts if part not in seen[form]] == []
