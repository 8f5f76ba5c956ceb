"""Fields that somebody else may set."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from sync.compare.ignoring import expired, is_ignored, matching_nothing, with_ignored, with_live_values
from sync.compare.objects import body_of_update, compare
from sync.model.desired import DesiredState, Held
from sync.model.problem import Severity
from sync.model.settings import IgnoreRule
from tests.shared.builders import make_object

DAY = date(2026, 3, 1)


def rule(field: str = "servers", *, kind: Any = "Pool", name: str = "*", expires: date = DAY) -> IgnoreRule:
    """A rule that ends on the first of March."""
    return IgnoreRule(kind=kind, name=name, field=field, reason="an autoscaler sets it", expires=expires)


# --- which objects ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        pytest.param(rule(), {"servers"}, id="all pools"),
        pytest.param(rule(name="north--p"), {"servers"}, id="by name"),
        pytest.param(rule(name="*--?"), {"servers"}, id="by a glob"),
        pytest.param(rule(name="NORTH--P"), set(), id="names have cases"),
        pytest.param(rule(name="p"), set(), id="a part of the name is not the name"),
        pytest.param(rule(kind="VirtualService", field="enabled"), set(), id="another kind"),
    ],
)
def test_a_rule_exempts_the_objects_that_it_names(one: IgnoreRule, expected: set[str]) -> None:
    """By kind, and by a glob over the name."""
    assert with_ignored(make_object({}), [one], DAY).ignored == expected


@pytest.mark.parametrize(
    ("today", "is_in_force"),
    [
        pytest.param(date(2026, 2, 28), True, id="the day before"),
        pytest.param(date(2026, 3, 1), True, id="the last day"),
        pytest.param(date(2026, 3, 2), False, id="the day after"),
    ],
)
def test_a_rule_counts_up_to_its_last_day_and_is_then_told_to_be_over(today: date, is_in_force: bool) -> None:
    """Either it is in force, or somebody hears of it."""
    ignored = with_ignored(make_object({}), [rule()], today).ignored

    assert (bool(ignored), [*expired([rule()], today)] == []) == (is_in_force, is_in_force)


def test_several_rules_add_up() -> None:
    """Each exempts its field."""
    rules = [rule("servers"), rule("enabled"), rule("analytics_policy.enable_realtime_metrics")]

    found = with_ignored(make_object({}), rules, DAY)

    assert found.ignored == {"servers", "enabled", "analytics_policy.enable_realtime_metrics"}


def test_a_rule_that_has_ended_is_a_warning_at_its_place() -> None:
    """It names field, objects, day and reason."""
    (problem,) = expired([rule(expires=date(2026, 12, 31)), rule("enabled", name="north--*")], date(2026, 3, 2))

    assert (problem.severity, problem.file, problem.field_text) == (
        Severity.WARNING,
        "values.yaml",
        "SyncSettings.ignore[1].expires",
    )
    assert problem.message == "the rule that ignores enabled of Pool north--* expired on 2026-03-01"
    assert "an autoscaler sets it" in problem.fix


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        pytest.param("Pool", "markers", id="by which we know our own"),
        pytest.param("Pool", "name", id="what an object is called"),
        pytest.param("VirtualService", "created_by", id="who made it"),
        pytest.param("VsVip", "vip", id="what is replaced for"),
        pytest.param("VsVip", "vip.ip_address", id="a part of it"),
        pytest.param("Pool", "vrf_ref", id="what moves an owner"),
        pytest.param("Pool", "uuid", id="what the Controller gives"),
    ],
)
def test_what_tells_whose_an_object_is_cannot_be_ignored(kind: str, field: str) -> None:
    """A rule for it is an error."""
    given = {"kind": kind, "field": field, "reason": "why", "expires": "2026-12-31"}

    with pytest.raises(ValidationError, match="cannot be ignored"):
        TypeAdapter(IgnoreRule).validate_python(given)


# --- which differences ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("servers", True, id="the field"),
        pytest.param("servers[0].port", True, id="a list as a whole"),
        pytest.param("servers_max", False, id="a field whose name begins alike"),
        pytest.param("analytics_policy.metrics", True, id="the path"),
        pytest.param("analytics_policy.metrics.duration", True, id="below the path"),
        pytest.param("analytics_policy.metrics_all", False, id="beside the path"),
        pytest.param("analytics_policy", False, id="above the path"),
    ],
)
def test_a_difference_is_ignored_in_the_field_and_below(path: str, expected: bool) -> None:
    """Not beside it, and not above."""
    assert is_ignored(path, ["servers", "analytics_policy.metrics"]) is expected


# --- what is written --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "live", "field", "expected"),
    [
        pytest.param({"a": 1}, {"a": 2}, "a", {"a": 2}, id="set"),
        pytest.param({"a": 1}, {}, "a", {}, id="not set live"),
        pytest.param({}, {"a": 2}, "a", {"a": 2}, id="set by somebody alone"),
        pytest.param({}, {}, "a", {}, id="set by nobody"),
        pytest.param({"a": {"b": 1, "c": 1}}, {"a": {"b": 2, "c": 2}}, "a.b", {"a": {"b": 2, "c": 1}}, id="inside"),
        pytest.param({"a": {"b": 1}}, {"a": {}}, "a.b", {"a": {}}, id="not set inside"),
        pytest.param({"a": {"b": 1}}, {}, "a.b", {"a": {}}, id="nothing there live"),
        pytest.param({}, {"a": {"b": 2, "c": 2}}, "a.b", {"a": {"b": 2}}, id="only this one of what is inside"),
        pytest.param({}, {}, "a.b", {}, id="nothing is made for nothing"),
        pytest.param({"a": None}, {"a": {"b": 2}}, "a.b", {"a": {"b": 2}}, id="null is nothing"),
    ],
)
def test_the_live_value_of_a_field_is_written(
    body: dict[str, Any], live: dict[str, Any], field: str, expected: dict[str, Any]
) -> None:
    """And nothing else of live."""
    assert with_live_values(body, live, [field]) == expected


VALUES = st.dictionaries(st.sampled_from(["lb_algorithm", "enabled", "min_servers_up", "servers"]), st.integers(0, 3))


@given(body=VALUES, live=VALUES, fields=st.sets(st.sampled_from(["lb_algorithm", "enabled", "servers.x"])))
def test_writing_live_values_twice_is_writing_them_once(
    body: dict[str, Any], live: dict[str, Any], fields: set[str]
) -> None:
    """Once is enough, and what is given is not changed."""
    before = dict(body)

    once = with_live_values(body, live, fields)

    assert (with_live_values(once, live, fields), body) == (once, before)


def test_an_ignored_field_is_neither_a_difference_nor_overwritten() -> None:
    """Together with a field that is ours."""
    desired = with_ignored(make_object({"lb_algorithm": "LB_ALGORITHM_ROUND_ROBIN", "servers": []}), [rule()], DAY)
    server = {"ip": {"addr": "192.0.2.9", "type": "V4"}, "port": 80}
    live = {"name": "north--p", "lb_algorithm": "LB_ALGORITHM_LEAST_LOAD", "servers": [server]}

    assert {item.path for item in compare(desired, live).differences} == {"lb_algorithm"}
    assert body_of_update(desired, live)["servers"] == [server]


@pytest.mark.parametrize(
    ("kind", "field", "said", "fix"),
    [
        pytest.param(
            "Pool", "servers.enabled", '"servers" is a list: a rule covers all of it', 'write "servers"', id="item"
        ),
        pytest.param(
            "VirtualService",
            "analytics_policy.client_log_filters.duration",
            '"analytics_policy.client_log_filters" is a list: a rule covers all of it',
            'write "analytics_policy.client_log_filters"',
            id="an item deep inside",
        ),
        pytest.param(
            "Pool", "enabeld", '"enabeld" is not a field of Pool (Avi 30.2.1)', 'did you mean "enabled"?', id="a slip"
        ),
        pytest.param(
            "VirtualService",
            "performance_limits.max_throuhput",
            '"performance_limits.max_throuhput" is not a field of PerformanceLimits',
            'did you mean "max_throughput"?',
            id="a slip inside",
        ),
        pytest.param("Pool", "enabled.now", '"enabled" has no fields', 'write "enabled"', id="inside a value"),
    ],
)
def test_a_path_that_leads_to_no_single_field_is_an_error(kind: str, field: str, said: str, fix: str) -> None:
    """It says what to write instead."""
    given = {"kind": kind, "field": field, "reason": "why", "expires": "2026-12-31"}

    with pytest.raises(ValidationError) as error:
        TypeAdapter(IgnoreRule).validate_python(given)

    context = error.value.errors()[0]["ctx"]
    assert (context["said"].startswith(said), context["fix"]) == (True, fix)


def desired_state(**fields: Any) -> DesiredState:
    """A desired state with one pool, north--p."""
    item = make_object({})
    return DesiredState(commit="c", cluster="north", objects={item.key: item}, **fields)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        pytest.param(rule(name="north--p"), [], id="its name"),
        pytest.param(rule(name="shop-*"), ["SyncSettings.ignore[0]"], id="no name"),
        pytest.param(rule(kind="VsVip", field="dns_info"), ["SyncSettings.ignore[0]"], id="no object of the kind"),
        pytest.param(rule(name="shop-*", expires=date(2026, 2, 1)), [], id="over, which has a warning of its own"),
    ],
)
def test_a_rule_that_covers_nothing_is_a_warning(one: IgnoreRule, expected: list[str]) -> None:
    """At its place in values.yaml."""
    found = list(matching_nothing([one], desired_state(), DAY))

    assert [problem.field_text for problem in found] == expected
    assert {problem.severity for problem in found} <= {Severity.WARNING}


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"is_complete": False}, id="the tree is incomplete"),
        pytest.param({"holds_everything": True}, id="everything is held"),
        pytest.param({"held": (Held(owner=make_object({}).owner, name="shop-a"),)}, id="an owner is held"),
    ],
)
def test_nobody_is_warned_while_the_objects_of_a_rule_may_be_missing(fields: dict[str, Any]) -> None:
    """They may be what the rule is for."""
    assert list(matching_nothing([rule(name="shop-*")], desired_state(**fields), DAY)) == []
