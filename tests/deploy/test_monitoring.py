"""The alert rules and the dashboard: PromQL that parses, and names, labels and values that avi-sync exports."""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from sync.errors import ExitCode
from sync.kinds import KINDS
from sync.model.ending import Phase
from sync.model.plan import Action
from sync.model.problem import Severity
from sync.report.metrics import BLOCKED_REASONS, FAMILIES, OBJECT_STATES, RESULTS, SERVER_STATES

DEPLOY = Path(__file__).parent.parent.parent / "deploy"
RULES = yaml.safe_load((DEPLOY / "prometheus" / "rules.yaml").read_text("utf-8"))["groups"][0]["rules"]
DASHBOARD = json.loads((DEPLOY / "grafana" / "avi-sync.json").read_text("utf-8"))
PANELS = DASHBOARD["panels"]

EXPORTED: Mapping[str, frozenset[str]] = {family.name: frozenset({"target", *family.labels}) for family in FAMILIES}
"""Metric → its labels."""

KNOWN_VALUES: Mapping[str, frozenset[str]] = {
    "action": frozenset(Action),
    "kind": frozenset(KINDS),
    "phase": frozenset(Phase),
    "result": frozenset(RESULTS),
    "severity": frozenset(Severity),
    "state": frozenset({*OBJECT_STATES, *SERVER_STATES}),
}
"""Label → its values, where they are known beforehand. `reason` has others for retries."""


def expressions() -> Iterator[tuple[str, str]]:
    """Where it stands, and the expression, with Grafana's own variables filled in."""
    for rule in RULES:
        yield rule["alert"], rule["expr"]
    for panel in PANELS:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for annotation in DASHBOARD["annotations"]["list"]:
        yield annotation["name"], annotation["expr"]


EXPRESSIONS = [pytest.param(text, id=name) for name, text in expressions()]


def selectors(text: str) -> list[promql_parser.VectorSelector]:
    """Every selector of an expression."""
    found: list[promql_parser.VectorSelector] = []

    def visit(node: promql_parser.Expr) -> bool:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)
        elif isinstance(node, promql_parser.MatrixSelector):
            found.append(node.vector_selector)
        return True

    promql_parser.walk(promql_parser.parse(text), visit)
    return found


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_every_metric_is_one_that_is_exported(text: str) -> None:
    """And every label that is matched is one of that metric, with a value that it can have."""
    found = selectors(text)

    assert found
    for selector in found:
        metric = str(selector.name)
        assert metric in EXPORTED
        for matcher in selector.matchers.matchers:
            assert matcher.name in EXPORTED[metric]
            if matcher.name in KNOWN_VALUES:
                assert matcher.value in KNOWN_VALUES[matcher.name]
            if metric == "avi_sync_blocked" and matcher.name == "reason":
                assert matcher.value in BLOCKED_REASONS


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_every_label_that_is_grouped_by_is_one_of_the_metrics(text: str) -> None:
    """`by (x)` with a label that does not exist sums up what should be told apart."""
    labels = {
        label.strip()
        for group in re.findall(r"\b(?:by|on|without|ignoring) \(([^)]*)\)", text)
        for label in group.split(",")
    }

    assert all(labels <= EXPORTED[str(selector.name)] for selector in selectors(text))


def test_every_metric_but_those_for_looking_closer_is_on_the_dashboard() -> None:
    """What is exported and never looked at would be noise."""
    shown = {str(selector.name) for panel in PANELS for t in panel["targets"] for selector in selectors(t["expr"])}

    assert shown == EXPORTED.keys()


def test_counters_and_no_others_are_counters() -> None:
    """`increase` and `rate` of a gauge, or a counter without them, would show something else than is said."""
    counters = {family.name for family in FAMILIES if family.is_counter}

    for _, text in expressions():
        within = set(re.findall(r"(?:increase|rate)\((\w+)", text))
        assert within == {str(selector.name) for selector in selectors(text)} & counters


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_how_bad_it_is_and_what_it_means(rule: Mapping[str, Any]) -> None:
    """And names no label that its expression does not have."""
    text = " ".join(rule["annotations"].values())
    labels = set(re.findall(r"\$labels\.(\w+)", text))

    assert rule["labels"].keys() == {"severity"}
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"].keys() == {"summary", "description"}
    assert "target" in labels
    assert all(labels <= EXPORTED[str(selector.name)] for selector in selectors(rule["expr"]))
    assert promql_parser.parse_duration(rule["for"]).total_seconds() >= 300


def test_alerts_have_names_of_their_own() -> None:
    """Else one would be silenced with another."""
    names = [rule["alert"] for rule in RULES]

    assert len(set(names)) == len(names)


def test_the_dashboard_has_words_for_every_exit_code() -> None:
    """A number alone tells nobody anything."""
    (last_run,) = (panel for panel in PANELS if panel["title"] == "Last run")
    mapped = last_run["fieldConfig"]["defaults"]["mappings"][0]["options"]

    assert {int(code) for code in mapped} == {int(code) for code in ExitCode}
    assert all(words["text"].startswith(f"{code}: ") for code, words in mapped.items())


def test_no_panel_hides_another() -> None:
    """Grafana's grid is 24 wide; panels have numbers and places of their own."""
    cells = [
        {
            (column, row)
            for column in range(place["x"], place["x"] + place["w"])
            for row in range(place["y"], place["y"] + place["h"])
        }
        for place in (panel["gridPos"] for panel in PANELS)
    ]

    assert all(not one & other for one, other in combinations(cells, 2))
    assert all(column < 24 for panel in cells for column, _ in panel)
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)


def test_the_dashboard_asks_the_source_of_its_variable() -> None:
    """It can be imported anywhere: no data source is named, and every variable that is used is defined."""
    text = json.dumps(DASHBOARD)
    defined = {variable["name"] for variable in DASHBOARD["templating"]["list"]}

    used = set(re.findall(r"\$\{?([a-z]\w*)", text))

    assert used == defined
    assert {panel["datasource"]["uid"] for panel in PANELS} == {"${datasource}"}
