"""Specs × templates → bodies: values stay in their place, templates cannot do harm, a broken one holds its owners."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.avi.markers import Markers
from sync.avi.references import parse_reference
from sync.kinds import KINDS
from sync.model.desired import (
    L4PolicySetContent,
    ObjectSpec,
    PolicyRule,
    PoolContent,
    PoolRule,
    Server,
    ServiceRule,
    Vip,
    VirtualServiceContent,
    VirtualServicePort,
    VsVipContent,
)
from sync.model.leaks import KnownSecrets
from sync.render import render
from sync.template_files import read_templates
from tests.shared.builders import (
    make_gateway,
    make_service,
    make_slice,
    make_snapshot,
    make_spec,
    rendered,
    rendered_with,
    templates_with,
    translated,
)


def body_of(text: str, content: Any = None, *, kind: str = "VsVip") -> dict[str, Any]:
    """The body that comes of it."""
    found = rendered_with(text, content, kind=kind)
    assert found.problems == ()
    return dict(found.objects[0].body)


HEALTHY = translated(make_gateway(), make_service(), make_slice(), make_gateway("idle", "desk"))

# --- values stay in their place ---------------------------------------------------------------------------------------

NASTY = [
    '"',
    "\\",
    '"}]',
    "{{ 1 }}",
    "{% raw %}",
    "a\nb",
    "\t",
    "\u2028",
    "Ü",
    "null",
    "'",
    "</script>",
    "\x00",
    "#%&+",
]


@pytest.mark.parametrize("value", NASTY)
def test_a_value_cannot_break_out_of_its_place(value: str) -> None:
    """In every template of ours, whatever it is made of."""
    vsvip = VsVipContent(
        vips=(Vip(vip_id=value, network_ref=value),), fqdns=(value,), tier1_lr=value, bgp_peer_labels=(value,)
    )
    pool = PoolContent(health_monitors=(value,), servers=(Server(address=value, family="V4", port=1, node=value),))
    policy = L4PolicySetContent(rules=(PolicyRule(protocol=value, port=1, pool=value),))
    service = VirtualServiceContent(
        vsvip=value,
        ports=(VirtualServicePort(port=1, network_profile=value),),
        application_profile=value,
        network_profile=value,
        se_group=value,
        policy_set=value,
    )
    specs = [
        make_spec(content, kind=kind)
        for kind, content in (("VsVip", vsvip), ("Pool", pool), ("L4PolicySet", policy), ("VirtualService", service))
    ]

    found = render(specs, templates_with(), created_by="avi-sync-north")

    bodies = {item.key.kind: item.body for item in found.objects}
    assert found.problems == ()
    assert bodies["VsVip"]["dns_info"] == [{"fqdn": value}]
    assert bodies["VsVip"]["bgp_peer_labels"] == [value]
    assert bodies["VsVip"]["tier1_lr"] == value
    assert bodies["Pool"]["servers"][0]["server_node"] == value
    assert (
        bodies["L4PolicySet"]["l4_connection_policy"]["rules"][0]["match"]["protocol"]["protocol"]
        == f"PROTOCOL_{value}"
    )
    assert set(bodies["VirtualService"]) == {
        "name", "tenant_ref", "cloud_ref", "created_by", "markers", "vsvip_ref", "application_profile_ref",
        "network_profile_ref", "se_group_ref", "services", "l4_policies", "remove_listening_port_on_vs_down",
    }  # fmt: skip


@given(st.text(min_size=1, max_size=15).filter(lambda text: not text.startswith("/api/")))
@settings(max_examples=40, deadline=None)
def test_a_name_is_found_again_in_its_reference(name: str) -> None:
    """Whatever stands in it; and any text comes back as it was."""
    template = '{"vrf_context_ref": {{ ref("pool", spec.tier1_lr) }}, "tier1_lr": {{ spec.tier1_lr }}}'

    body = body_of(template, VsVipContent(vips=(), tier1_lr=name))

    reference = parse_reference(body["vrf_context_ref"])
    assert body["tier1_lr"] == name
    assert reference is not None
    assert (reference.type, reference.name) == ("pool", name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('{"tier1_lr": {{ none }}}', {}, id="null means left out"),
        pytest.param(
            '{"vip": [], "ipam_selector": {"labels": []}}', {"ipam_selector": {}}, id="an empty list is left out"
        ),
        pytest.param('{"ipam_selector": {"type": null}}', {"ipam_selector": {}}, id="null inside"),
        pytest.param('{"dns_info": [null, {"fqdn": null, "ttl": 1}]}', {"dns_info": [{"ttl": 1}]}, id="null in a list"),
        pytest.param(
            '{"use_standard_alb": {{ true }}, "bgp_local_preference": {{ 0 }}, "tier1_lr": {{ "" }}}',
            {"use_standard_alb": True, "bgp_local_preference": 0, "tier1_lr": ""},
            id="other values",
        ),
        pytest.param('{"bgp_peer_labels": {{ ("a", 1) }}}', {"bgp_peer_labels": ["a", 1]}, id="a tuple"),
        pytest.param('{"dns_info": [{{ {"ttl": 1} }}]}', {"dns_info": [{"ttl": 1}]}, id="a mapping"),
        pytest.param('{"tier1_lr": {{ "a" ~ "b" }}}', {"tier1_lr": "ab"}, id="joined texts"),
        pytest.param('{"tier1_lr": {{ spec.fqdns|first }}}', {"tier1_lr": "a.x"}, id="a filter"),
        pytest.param('{"vrf_context_ref": {{ ref("vrfcontext", none) }}}', {}, id="a reference to nothing"),
        pytest.param(
            '{"vrf_context_ref": {{ ref("vrfcontext", "/api/vrfcontext/v-1") }}}',
            {"vrf_context_ref": "/api/vrfcontext/v-1"},
            id="a reference already",
        ),
        pytest.param(
            '{%- macro m() -%}[{{ 1 }}]{%- endmacro -%}{"bgp_peer_labels": {{ raw(m()) }}}',
            {"bgp_peer_labels": [1]},
            id="a macro",
        ),
        pytest.param('{# note #}{"tier1_lr": 1}', {"tier1_lr": 1}, id="a comment"),
    ],
)
def test_a_template_is_json_text_with_encoded_values(text: str, expected: dict[str, Any]) -> None:
    """Each `{{ }}` writes the JSON of its value."""
    body = body_of(text, VsVipContent(vips=(), fqdns=("a.x",)))

    assert {
        name: value for name, value in body.items() if name not in ("name", "tenant_ref", "cloud_ref", "markers")
    } == expected


# --- what a template cannot touch -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_template_cannot_set_what_is_ours(kind: str) -> None:
    """Name, tenant, cloud, creator and markers are set after it."""
    foreign = dict.fromkeys(("name", "tenant_ref", "cloud_ref", "created_by", "markers"), "mine")

    (ours,) = rendered_with("{}", kind=kind).objects
    (theirs,) = rendered_with(json.dumps(foreign), kind=kind).objects

    assert theirs.body == ours.body
    assert theirs.body["name"] == "north--shop-web"
    assert theirs.body["tenant_ref"] == "/api/tenant?name=admin"
    assert theirs.body.get("cloud_ref") == ("/api/cloud?name=Default-Cloud" if KINDS[kind].has_cloud else None)
    assert theirs.body.get("created_by") == ("avi-sync-north" if KINDS[kind].has_created_by else None)
    assert Markers.of(theirs.body)["ManagedBy"] == "avi-sync"


def test_the_markers_hold_what_later_runs_need() -> None:
    """The digest, the fields that are ours, and on a VsVip the address requested."""
    found = {item.key.kind: item for item in rendered(translated(make_gateway(addresses=["10.0.0.1"]))).objects}

    vsvip = Markers.of(found["VsVip"].body)
    assert vsvip["AskedAddress"] == "10.0.0.1"
    assert vsvip.fields == tuple(sorted(KINDS["VsVip"].managed))
    assert len(vsvip["Digest"]) == 32
    assert "AskedAddress" not in Markers.of(found["VirtualService"].body)


def test_a_field_of_somebodys_own_template_is_remembered() -> None:
    """So that it is reset when the template no longer renders it."""
    assert "use_standard_alb" in Markers.of(body_of('{"use_standard_alb": true}')).fields


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        pytest.param(
            "VsVip",
            '{"dns_info": [{"fqdn": "a"}, {"fqdn": "b", "ttl": 60, "type": "DNS_RECORD_A"}]}',
            {"=dns_info.ttl", "=dns_info.type"},
            id="in items",
        ),
        pytest.param("VsVip", '{"vip": [{"vip_id": "0", "prefix_length": 32}]}', set(), id="not in a VIP"),
        pytest.param("Pool", '{"servers": [{"port": 1, "hostname": "a"}]}', {"=servers.hostname"}, id="of servers"),
        pytest.param("Pool", '{"vrf_ref": "/api/vrfcontext?name=a"}', set(), id="not what cannot be changed in place"),
        pytest.param("VirtualService", '{"se_group_ref": "/api/x?name=a"}', {"=se_group_ref"}, id="of the object"),
    ],
)
def test_a_computed_field_that_a_template_sets_is_remembered(kind: str, text: str, expected: set[str]) -> None:
    """Apart from the others: it counts only because we set it."""
    fields = Markers.of(body_of(text, kind=kind)).fields

    assert {name for name in fields if name.startswith("=")} == expected


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param('{\n"uuid": "pool-1"}', 2, '"uuid" is computed by the Controller', id="the uuid"),
        pytest.param('{"version": 1}', 1, '"version" is computed by the Controller', id="what only live objects have"),
        pytest.param(
            '{\n"services": [{"port": 1,\n"enable_http3": true}]}',
            3,
            '"services[].enable_http3" is not a field of Service (Avi 30.2.1): did you mean "enable_http2"?',
            id="a typo in an item",
        ),
        pytest.param('{"analytics_policy": {"xyz": 1}}', 1, '"analytics_policy.xyz" is not a field', id="deep inside"),
        pytest.param('{"dns_info": [{"metadata": "x"}]}', 1, '"dns_info[].metadata" is computed', id="inside an item"),
        pytest.param('{"services": {"port": 1}}', 1, '"services" is a list', id="an object for a list"),
        pytest.param('{"pool_ref": ["a"]}', 1, '"pool_ref" is not a list', id="a list for a value"),
        pytest.param('{"services": ["a"]}', 1, '"services" holds objects', id="texts for objects"),
        pytest.param('{"pool_ref": {"a": 1}}', 1, '"pool_ref" holds no objects', id="an object for a text"),
    ],
)
def test_a_field_that_the_controller_would_not_take_is_an_error_of_the_template(
    text: str, line: int, words: str
) -> None:
    """With its path, and where the template writes it."""
    (problem,) = rendered_with(text, kind="VirtualService").problems

    assert (problem.severity, problem.line) == ("error", line)
    assert words in problem.message


def test_what_is_left_alone_is_not_rendered() -> None:
    """Even if a template renders it."""
    spec = make_spec(PoolContent(health_monitors=(), servers=None), kind="Pool")
    spec = ObjectSpec(
        key=spec.key,
        owner=spec.owner,
        owner_name=spec.owner_name,
        markers=spec.markers,
        content=spec.content,
        left_alone=frozenset({"servers"}),
    )

    (item,) = render(
        [spec], templates_with(Pool='{"servers": [{"port": 1}], "enabled": false}'), created_by="c"
    ).objects

    assert "servers" not in item.body
    assert "servers" not in item.normal
    assert "servers" not in Markers.of(item.body).fields
    assert item.body["enabled"] is False


# --- broken templates -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param('{\n"x": {{ nothing }}}', 2, "'nothing' is undefined", id="undefined name"),
        pytest.param('{\n\n"x": {{ spec.nothing }}}', 3, "has no attribute 'nothing'", id="undefined field"),
        pytest.param('{\n"x": {{ spec["nothing"] }}}', 2, "has no attribute 'nothing'", id="undefined item"),
        pytest.param('{\n"x": {{ ref("a", nothing) }}}', 2, "'nothing' is undefined", id="undefined argument"),
        pytest.param("{% if nothing %}{% endif %}{}", 1, "'nothing' is undefined", id="undefined condition"),
        pytest.param("{\n{% for x in nothing %}{% endfor %}}", 2, "'nothing' is undefined", id="undefined list"),
        pytest.param('{\n"x": {{ nothing() }}}', 2, "'nothing' is undefined", id="undefined function"),
        pytest.param('{\n\n"x": {{ }', 3, "unexpected '}'", id="syntax"),
        pytest.param("{\n{% for x in [1] %}\n}", 2, "endfor", id="unclosed block"),
        pytest.param('{\n"x": {{ 1|shout }}}', 2, "No filter named 'shout'", id="unknown filter"),
        pytest.param('{\n"x": {{ 1 / 0 }}}', 2, "division by zero", id="arithmetic"),
        pytest.param('{\n"x": {{ "a" + 1 }}}', 2, "can only concatenate", id="types"),
        pytest.param('{\n"x": {{ spec.vips }}}', 2, "Vip", id="a value that is no JSON"),
        pytest.param('{\n"x": {{ spec }}}', 2, "write out its fields", id="the whole content"),
        pytest.param('{\n"x": {{ ref("pool", 5) }}}', 2, "startswith", id="a reference to a number"),
        pytest.param('{% include "other" %}{}', 1, "other", id="another file"),
        pytest.param('{% extends "other" %}', 1, "other", id="a parent"),
        pytest.param('{% import "other" as o %}{}', 1, "other", id="an import"),
        pytest.param("[]", 1, "it does not render to a JSON object", id="a list"),
        pytest.param("", 1, "it does not render to JSON", id="nothing"),
        pytest.param(
            '{\n"x": 1,\n}',
            3,
            "it does not render to JSON",
            id="a comma too much",
        ),
        pytest.param(
            '{"x": NaN}',
            1,
            "JSON",
            id="no number",
        ),
        pytest.param(
            '{"x": {{ 1e999 }}}',
            1,
            "JSON",
            id="infinity",
        ),
        pytest.param(
            '{"x": 1, "x": 2}',
            1,
            "twice",
            id="a field twice",
        ),
    ],
)
def test_a_broken_template_is_told_with_file_and_line(text: str, line: int, words: str) -> None:
    """And holds the owner."""
    found = rendered_with(text, VsVipContent(vips=(Vip(vip_id="0"),)))

    (problem,) = found.problems
    assert (problem.severity, problem.file, problem.line) == ("error", "templates/vsvip.json.j2", line)
    assert problem.message.startswith("template: ")
    assert words in problem.message
    assert problem.fix
    assert found.objects == ()
    assert [(str(held.owner), held.name) for held in found.held] == [("Gateway shop/web", "north--shop-web")]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{{ spec.__class__ }}", id="class of a value"),
        pytest.param('{{ ""["__class__"] }}', id="class of a text"),
        pytest.param('{{ ""["__cl" ~ "ass__"] }}', id="class by a joined name"),
        pytest.param('{{ spec|attr("__class__") }}', id="attribute filter"),
        pytest.param('{{ [spec]|map(attribute="__class__")|list }}', id="attribute of a map"),
        pytest.param('{{ "{0.__class__}".format(spec) }}', id="format"),
        pytest.param('{{ "{a.__class__}".format_map({"a": spec}) }}', id="format_map"),
        pytest.param('{{ ref.__globals__ }}', id="globals of a function"),
        pytest.param('{{ raw.__mro__ }}', id="ancestors of a class"),
        pytest.param('{{ spec.__init__.__globals__ }}', id="globals by a method"),
        pytest.param('{{ self.__init__ }}', id="the template itself"),
        pytest.param('{{ cycler }}', id="jinja's cycler"),
        pytest.param('{{ namespace() }}', id="jinja's namespace"),
        pytest.param('{{ lipsum() }}', id="jinja's chance"),
        pytest.param('{{ [1, 2]|random }}', id="random filter"),
        pytest.param('{{ range(9) }}', id="range"),
        pytest.param('{{ [1].append(2) }}', id="changing a list"),
        pytest.param('{% set x = {"a": 1} %}{{ x.update(b=2) }}', id="changing a mapping"),
        pytest.param('{% do spec %}', id="statements"),
        pytest.param('{% set spec.vrf = "x" %}{}', id="changing a value"),
    ],
)  # fmt: skip
def test_a_template_cannot_leave_its_sandbox(text: str) -> None:
    """Each way out is a problem like any other."""
    found = rendered_with('{"tier1_lr": ' + text + "}", VsVipContent(vips=(), vrf="blue"))

    assert found.objects == ()
    assert [problem.severity for problem in found.problems] == ["error"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"vip": 5}', id="vip is a number"),
        pytest.param('{"vip": ["a"]}', id="vip is a list of texts"),
        pytest.param('{"vip": [{"ip_address": "10.0.0.1"}]}', id="an address is a text"),
        pytest.param('{"tier1_lr": {{ "x" * 99999999999999 }}}', id="more than fits into memory"),
        pytest.param("{% for a in [1] %}" * 25 + "{% endfor %}" * 25 + "{}", id="blocks nested too deeply"),
        pytest.param('{"tier1_lr": {{ ' + "9" * 5000 + " }}}", id="a number of 5000 digits"),
        pytest.param('{"tier1_lr": ' + "[" * 100_000 + "]" * 100_000 + "}", id="lists nested too deeply"),
        pytest.param('{"tier1_lr": {{ ' + "(" * 2000 + "1" + ")" * 2000 + " }}}", id="brackets nested too deeply"),
        pytest.param('{"tier1_lr": {{ "\\ud800" }}}', id="half a character"),
    ],
)
def test_whatever_a_template_does_is_at_most_a_problem(text: str) -> None:
    """One Gateway is the blast radius (docs/usage.md#holding)."""
    found = rendered_with(text)

    assert [problem.file for problem in found.problems] == ["templates/vsvip.json.j2"]
    assert len(found.held) == 1


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        pytest.param("Pool", "{{ nothing }}", ["Gateway desk/idle"], id="a failing Pool holds who has one"),
        pytest.param("L4PolicySet", "{{", ["Gateway desk/idle"], id="a L4PolicySet that is none, too"),
        pytest.param("VsVip", "{{ nothing }}", [], id="a failing VsVip holds all"),
        pytest.param("VirtualService", "{{", [], id="a VirtualService that is none, too"),
    ],
)
def test_a_broken_template_holds_the_owners_with_its_kind(kind: str, text: str, expected: list[str]) -> None:
    """As a whole: nothing of them is rendered; the others go on."""
    found = rendered(HEALTHY, **{kind: text})

    assert sorted({str(item.owner) for item in found.objects}) == expected
    assert sorted(str(held.owner) for held in found.held) == sorted(
        {"Gateway desk/idle", "Gateway shop/web"} - {*expected}
    )
    assert {problem.file for problem in found.problems} == {f"templates/{kind.lower()}.json.j2"}


def test_a_template_that_is_none_is_told_once() -> None:
    """Not for every owner."""
    assert len(rendered(HEALTHY, VsVip="{{").problems) == 1


def test_a_template_that_writes_a_secret_is_a_problem_that_does_not_show_it() -> None:
    """The body is not rendered, and a message that would quote the secret has a blank in its place."""
    secrets = KnownSecrets(names={"s3cret-of-the-run": "SYNC_TOKEN"})
    spec = make_spec()

    written, quoted = (
        render([spec], templates_with(VsVip=text), created_by="c", secrets=secrets)
        for text in ('{"x": "s3cret-of-the-run"}', '{"x": {{ {}["s3cret-of-the-run"] }}}')
    )

    assert [problem.message for problem in written.problems] == [
        "template: its output contains the secret of SYNC_TOKEN"
    ]
    assert (written.objects, quoted.objects) == ((), ())
    assert "'***'" in quoted.problems[0].message


# --- our own templates ------------------------------------------------------------------------------------------------


def test_the_fields_of_a_rule_are_rendered_by_our_templates() -> None:
    """Those that only an L4Rule gives (AKO-L4RULE-POOL)."""
    pool = PoolContent(
        health_monitors=("hm",),
        servers=(),
        rule=PoolRule(
            lb_algorithm="LB_ALGORITHM_CONSISTENT_HASH", enabled=False, lb_algorithm_hash="H", min_servers_up=2
        ),
        pki_profile="pki",
    )
    service = VirtualServiceContent(
        vsvip="v",
        ports=(VirtualServicePort(port=443, enable_ssl=True, is_bare=True),),
        application_profile="a",
        network_profile="n",
        se_group="s",
        pool="p",
        rule=ServiceRule(
            analytics_profile="ap",
            revoke_vip_route=False,
            ssl_keys=("k1", "k2"),
            datascripts=("d1", "d2"),
            client_logs={"enabled": True, "duration": 30},
            performance_limits={"max_throughput": 5},
        ),
    )

    found = render(
        [make_spec(pool, kind="Pool"), make_spec(service, kind="VirtualService")], templates_with(), created_by="c"
    )

    bodies = {item.key.kind: item.body for item in found.objects}
    assert found.problems == ()
    assert (
        bodies["Pool"].items()
        >= {
            "enabled": False,
            "lb_algorithm": "LB_ALGORITHM_CONSISTENT_HASH",
            "lb_algorithm_hash": "H",
            "min_servers_up": 2,
            "analytics_policy": {"enable_realtime_metrics": False},
            "pki_profile_ref": "/api/pkiprofile?name=pki",
            "health_monitor_refs": ["/api/healthmonitor?name=hm"],
        }.items()
    )
    assert (
        bodies["VirtualService"].items()
        >= {
            "services": [{"port": 443, "enable_ssl": True}],
            "pool_ref": "/api/pool?name=p",
            "revoke_vip_route": False,
            "analytics_policy": {"full_client_logs": {"enabled": True, "duration": 30}},
            "performance_limits": {"max_throughput": 5},
            "ssl_key_and_certificate_refs": [f"/api/sslkeyandcertificate?name=k{n}" for n in (1, 2)],
            "vs_datascripts": [
                {"index": n, "vs_datascript_set_ref": f"/api/vsdatascriptset?name=d{n + 1}"} for n in (0, 1)
            ],
        }.items()
    )


def test_our_templates_render_only_fields_that_their_kind_manages() -> None:
    """A column of kinds.py that is forgotten would never be reset."""
    for item in rendered(HEALTHY).objects:
        row = KINDS[item.key.kind]
        assert item.body.keys() <= row.managed | row.by_rule | {"name", "tenant_ref", "cloud_ref"}


# --- where templates come from ----------------------------------------------------------------------------------------


def test_the_source_tree_overrides_single_templates() -> None:
    """By the path of the kind; the others stay ours."""
    own = read_templates(make_snapshot({}))

    found = read_templates(
        make_snapshot({"templates/pool.json.j2": "{}", "other/vsvip.json.j2": "{}", "templates/x.txt": ""})
    )

    assert found.keys() == own.keys() == KINDS.keys()
    assert (found["Pool"].text, found["Pool"].file) == ("{}", "templates/pool.json.j2")
    assert [found[kind] == own[kind] for kind in ("VsVip", "L4PolicySet", "VirtualService")] == [True] * 3


def test_a_template_that_is_not_utf_8_is_a_problem_at_most() -> None:
    """Bytes that are no text do not end the run."""
    text = read_templates(make_snapshot({"templates/vsvip.json.j2": b'{"x": \xff}'}))["VsVip"].text

    assert rendered_with(text).problems
