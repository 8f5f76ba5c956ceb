"""Bodies → normal forms and their differences: what means the same is equal."""

import copy
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.avi.schema import SCHEMA, Field
from sync.compare.differences import Difference, differences
from sync.compare.normal_form import digest, normal_form, plain
from sync.kinds import KINDS, UNORDERED

# --- tables -----------------------------------------------------------------------------------------------------------


def difference(desired: dict[str, Any], live: dict[str, Any], kind: str = "Pool") -> list[tuple[str, Any, Any]]:
    """The differences of two bodies in all their fields."""
    fields = sorted(desired.keys() | live.keys())
    found = differences(normal_form(desired, kind, fields), normal_form(live, kind, fields), kind)
    return [(item.path, item.before, item.after) for item in found]


SERVER = {"ip": {"addr": "10.0.0.1", "type": "V4"}, "port": 80}
OTHER = {"ip": {"addr": "10.0.0.2", "type": "V4"}, "port": 80}


@pytest.mark.parametrize(
    ("kind", "desired", "live"),
    [
        pytest.param("Pool", {}, {"lb_algorithm": "LB_ALGORITHM_LEAST_CONNECTIONS"}, id="server fills default text"),
        pytest.param("Pool", {}, {"graceful_disable_timeout": 1}, id="server fills default number"),
        pytest.param("Pool", {}, {"enabled": True}, id="server fills default true"),
        pytest.param("Pool", {}, {"enable_http2": False}, id="server fills default false"),
        pytest.param("Pool", {"sni_enabled": False}, {"sni_enabled": False}, id="false where true is default"),
        pytest.param("Pool", {"east_west": False}, {}, id="false where the schema knows no default"),
        pytest.param("VirtualService", {"error_page_profile_ref": ""}, {}, id="empty text is absence"),
        pytest.param("Pool", {"servers": []}, {}, id="empty list is absence"),
        pytest.param("L4PolicySet", {"l4_connection_policy": {}}, {}, id="empty message is absence"),
        pytest.param(
            "Pool",
            {"servers": [SERVER]},
            {"servers": [{**SERVER, "enabled": True, "ratio": 1}]},
            id="defaults of an item",
        ),
        pytest.param("Pool", {"servers": [SERVER, OTHER]}, {"servers": [OTHER, SERVER]}, id="servers in another order"),
        pytest.param(
            "Pool",
            {"servers": [SERVER]},
            {"servers": [{**SERVER, "hostname": "10.0.0.1", "nw_ref": "/api/network/n"}]},
            id="what the server computes",
        ),
        pytest.param("Pool", {}, {"vrf_ref": "/api/vrfcontext/v#global"}, id="a reference that the server completes"),
        pytest.param(
            "Pool",
            {"vrf_ref": "/api/vrfcontext?name=global"},
            {"vrf_ref": "https://h/api/vrfcontext/v#global"},
            id="a reference in another form",
        ),
        pytest.param(
            "Pool",
            {"health_monitor_refs": ["/api/healthmonitor?name=a", "/api/healthmonitor?name=b"]},
            {"health_monitor_refs": ["/api/healthmonitor/2#b", "/api/healthmonitor/1#a"]},
            id="references in another order",
        ),
        pytest.param(
            "VirtualService",
            {"services": [{"port": 80}]},
            {"services": [{"port": 80, "port_range_end": 80, "enable_ssl": False}]},
            id="the end of a port range",
        ),
        pytest.param(
            "VsVip",
            {"dns_info": [{"fqdn": "a"}]},
            {"dns_info": [{"fqdn": "a", "ttl": 30, "type": "DNS_RECORD_A"}]},
            id="what the server adds to a name",
        ),
        pytest.param(
            "VirtualService",
            {"services": [{"port": 53}, {"port": 53, "override_network_profile_ref": "/api/networkprofile?name=u"}]},
            {"services": [{"port": 53, "override_network_profile_ref": "/api/networkprofile/p#u"}, {"port": 53}]},
            id="two services on one port",
        ),
        pytest.param(
            "Pool",
            {
                "servers": [
                    {"ip": {"addr": "2001:DB8:0::a", "type": "V6"}},
                    {"ip": {"addr": "2001:db8::1", "type": "V6"}},
                ]
            },
            {
                "servers": [
                    {"ip": {"addr": "2001:db8:0:0::1", "type": "V6"}},
                    {"ip": {"addr": "2001:db8::a", "type": "V6"}},
                ]
            },
            id="IPv6 servers in other forms and another order",
        ),
        pytest.param(
            "Pool",
            {"placement_networks": [{"subnet": {"ip_addr": {"addr": "2001:DB8::", "type": "V6"}, "mask": 64}}]},
            {"placement_networks": [{"subnet": {"ip_addr": {"addr": "2001:db8:0::", "type": "V6"}, "mask": 64}}]},
            id="an IPv6 subnet in another form",
        ),
        pytest.param(
            "VsVip", {"bgp_peer_labels": ["a", "b"]}, {"bgp_peer_labels": ["b", "a"]}, id="labels in another order"
        ),
    ],
)
def test_bodies_that_mean_the_same_do_not_differ(kind: str, desired: dict[str, Any], live: dict[str, Any]) -> None:
    """References by name, defaults equal to absence, computed parts left out, unordered lists by key."""
    assert difference(desired, live, kind) == []


LEAST = "LB_ALGORITHM_LEAST_CONNECTIONS"
"""The default: what is absent has it, and a difference shows it."""


@pytest.mark.parametrize(
    ("kind", "desired", "live", "expected"),
    [
        pytest.param("Pool", {"lb_algorithm": "RR"}, {}, [("lb_algorithm", LEAST, "RR")], id="added"),
        pytest.param("Pool", {}, {"lb_algorithm": "RR"}, [("lb_algorithm", "RR", LEAST)], id="no longer rendered"),
        pytest.param("Pool", {"sni_enabled": False}, {}, [("sni_enabled", True, False)], id="not the default"),
        pytest.param(
            "Pool", {"sni_enabled": False}, {"sni_enabled": True}, [("sni_enabled", True, False)], id="the default"
        ),
        pytest.param(
            "Pool",
            {"graceful_disable_timeout": 0},
            {"graceful_disable_timeout": 1},
            [("graceful_disable_timeout", 1, 0)],
            id="zero",
        ),
        pytest.param(
            "VirtualService",
            {"services": [{"port": 443}]},
            {"services": [{"port": 80}]},
            [("services[0].port", 80, 443)],
            id="a field of an item",
        ),
        pytest.param(
            "Pool",
            {"servers": [SERVER, OTHER]},
            {"servers": [SERVER]},
            [("servers[]", None, OTHER)],
            id="one more item",
        ),
        pytest.param(
            "Pool",
            {"servers": [OTHER]},
            {"servers": [SERVER, OTHER]},
            [("servers[]", SERVER, None)],
            id="one item less",
        ),
        pytest.param(
            "VsVip",
            {"dns_info": [{"fqdn": "a"}, {"fqdn": "b"}]},
            {"dns_info": [{"fqdn": "c"}]},
            [
                ("dns_info[]", {"fqdn": "c"}, None),
                ("dns_info[]", None, {"fqdn": "a"}),
                ("dns_info[]", None, {"fqdn": "b"}),
            ],
            id="other items",
        ),
        pytest.param(
            "VsVip",
            {"bgp_peer_labels": ["a", "a"]},
            {"bgp_peer_labels": ["a"]},
            [("bgp_peer_labels", ["a"], ["a", "a"])],
            id="the same item twice",
        ),
        pytest.param(
            "Pool",
            {"vrf_ref": "/api/vrfcontext?name=blue"},
            {"vrf_ref": "/api/vrfcontext/v#global"},
            [("vrf_ref", "global", "blue")],
            id="another object",
        ),
        pytest.param(
            "Pool",
            {"vrf_ref": "/api/vrfcontext?name=blue"},
            {},
            [("vrf_ref", None, "blue")],
            id="a reference that is not there",
        ),
        pytest.param(
            "Pool",
            {"servers": [{**SERVER, "server_node": "n1"}]},
            {"servers": [{**SERVER, "server_node": "n2"}]},
            [("servers[0].server_node", "n2", "n1")],
            id="a computed field that we render",
        ),
        pytest.param(
            "L4PolicySet",
            {"l4_connection_policy": {"rules": [{"index": 0, "name": "a"}]}},
            {"l4_connection_policy": {"rules": [{"index": 0, "name": "b"}]}},
            [("l4_connection_policy.rules[0].name", "b", "a")],
            id="deep inside",
        ),
        pytest.param("Pool", {"servers": "x"}, {"servers": [SERVER]}, [("servers", [SERVER], "x")], id="another shape"),
    ],
)
def test_bodies_that_mean_something_else_differ_in_exactly_these_fields(
    kind: str, desired: dict[str, Any], live: dict[str, Any], expected: list[tuple[str, Any, Any]]
) -> None:
    """With path, before and after, in field order."""
    assert difference(desired, live, kind) == expected


def test_a_difference_shows_values_a_reader_understands() -> None:
    """References by name, plain JSON values."""
    live = normal_form({"health_monitor_refs": ["/api/healthmonitor/1#a"]}, "Pool", ["health_monitor_refs"])

    assert differences({}, live, "Pool") == (Difference(path="health_monitor_refs", before=["a"], after=None),)
    assert plain(live) == {"health_monitor_refs": ["a"]}


def test_only_the_asked_fields_are_looked_at() -> None:
    """Those that are ours."""
    assert normal_form({"a": 1, "b": 2}, "Pool", ["a", "c"]) == {"a": 1}


def test_a_digest_does_not_depend_on_the_order_of_keys() -> None:
    """But on everything else."""
    assert digest({"a": 1, "b": [1, 2]}) == digest({"b": [1, 2], "a": 1}) != digest({"a": 1, "b": [2, 1]})


# --- laws -------------------------------------------------------------------------------------------------------------

LISTS = {
    (message, name): keys
    for (message, name), keys in UNORDERED.items()
    if not SCHEMA.get(message, {}).get(name, Field()).message or keys
}


def plain_value(field: Field) -> st.SearchStrategy[Any]:
    """A value of the type of the field's default, sometimes the default itself."""
    match field.default:
        case bool():
            return st.booleans()
        case int() | float():
            return st.integers(0, 99) | st.just(field.default)
        case str():
            return st.sampled_from(["ONE", "TWO", "", field.default])
        case _:
            return st.integers(1, 99) | st.sampled_from(["text", ""]) | st.booleans()


def reference(kind: str, name: str) -> str:
    return f"/api/{kind}?name={name}"


@st.composite
def messages(draw: st.DrawFn, message: str, depth: int = 0) -> dict[str, Any]:
    """A message of the schema with some of its fields."""
    schema = SCHEMA.get(message, {})
    names = {name for name in schema if depth < 3 or not schema[name].message}
    names |= {name for owner, name in LISTS if owner == message}
    chosen = draw(st.lists(st.sampled_from(sorted(names)), unique=True, max_size=5)) if names else []
    body: dict[str, Any] = {}
    for name in chosen:
        field = schema.get(name, Field())
        if (message, name) in LISTS:
            body[name] = draw(items(message, name, depth))
        elif field.is_reference:
            body[name] = reference("thing", draw(st.sampled_from(["a", "b c", "d"])))
        elif field.message:
            body[name] = draw(messages(field.message, depth + 1))
        else:
            body[name] = draw(plain_value(field))
    return body


@st.composite
def items(draw: st.DrawFn, message: str, name: str, depth: int) -> list[Any]:
    """A list whose order means nothing: items that their key tells apart."""
    field, keys = SCHEMA.get(message, {}).get(name, Field()), LISTS[(message, name)]
    numbers = draw(st.lists(st.integers(0, 5), unique=True, max_size=3))
    if not keys:
        return [reference("thing", f"r{number}") if field.is_reference else f"label-{number}" for number in numbers]
    found = []
    for number in numbers:
        item = draw(messages(field.message, depth + 1))
        *path, last = keys[0].split(".")
        here = item
        for step in path:
            here[step] = dict(here.get(step, {}))
            here = here[step]
        inner = SCHEMA.get(field.message, {}).get(last, Field())
        here[last] = reference("thing", f"k{number}") if inner.is_reference else number + 1
        found.append(item)
    return found


BODIES = st.sampled_from(sorted(KINDS)).flatmap(lambda kind: st.tuples(st.just(kind), messages(kind)))


def with_defaults(value: Any, message: str) -> Any:
    """The same, with every default of the schema written out."""
    schema = SCHEMA.get(message, {})
    if isinstance(value, list):
        return [with_defaults(item, message) for item in value]
    if not isinstance(value, dict):
        return value
    defaults = {name: field.default for name, field in schema.items() if field.default is not None}
    return defaults | {name: with_defaults(item, schema.get(name, Field()).message) for name, item in value.items()}


def in_another_form(value: Any) -> Any:
    """The same, with references as the Controller gives them."""
    if isinstance(value, dict):
        return {name: in_another_form(item) for name, item in value.items()}
    if isinstance(value, list):
        return [in_another_form(item) for item in value]
    if isinstance(value, str) and value.startswith("/api/"):
        name = value.partition("?name=")[2]
        return f"https://10.0.0.1/api/thing/thing-{name.replace(' ', '-')}#{name}"
    return value


def shuffled(value: Any, message: str, chance: random.Random) -> Any:
    """The same, with lists whose order means nothing in another order."""
    if not isinstance(value, dict):
        return value
    found = {}
    for name, item in value.items():
        inner = SCHEMA.get(message, {}).get(name, Field()).message
        if isinstance(item, list):
            found[name] = [shuffled(each, inner, chance) for each in item]
            if (message, name) in UNORDERED:
                chance.shuffle(found[name])
        else:
            found[name] = shuffled(item, inner, chance)
    return found


@given(BODIES, st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_what_means_the_same_has_no_differences(body_of: tuple[str, dict[str, Any]], chance: random.Random) -> None:
    """Itself; itself with defaults written out, references in another form, unordered lists shuffled."""
    kind, body = body_of
    changed = shuffled(in_another_form(with_defaults(copy.deepcopy(body), kind)), kind, chance)

    assert difference(body, body, kind) == []
    assert difference(body, changed, kind) == []
    assert difference(changed, body, kind) == []


@given(BODIES)
@settings(max_examples=150, deadline=None)
def test_normalising_twice_is_normalising_once(body_of: tuple[str, dict[str, Any]]) -> None:
    """A normal form is its own normal form."""
    kind, body = body_of
    once = normal_form(body, kind, sorted(body))

    assert normal_form(once, kind, sorted(once)) == once


@given(BODIES, BODIES)
@settings(max_examples=80, deadline=None)
def test_a_difference_lies_in_a_field_whose_normal_forms_differ(
    one: tuple[str, dict[str, Any]], two: tuple[str, dict[str, Any]]
) -> None:
    """There is none where they agree, and none that was not requested."""
    kind, desired, live = one[0], one[1], two[1]
    fields = sorted(desired.keys() | live.keys())
    wanted, present = normal_form(desired, kind, fields), normal_form(live, kind, fields)

    found = {path.partition(".")[0].partition("[")[0] for path, _, _ in difference(desired, live, kind)}

    assert found <= {name for name in fields if wanted.get(name) != present.get(name)}
    assert found >= {name for name in wanted if name not in present}
