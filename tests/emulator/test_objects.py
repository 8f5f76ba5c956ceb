"""Creating, replacing, patching and deleting objects, and what is refused."""

import json
import re
from typing import Any

import httpx
import pytest

ROUTE = {
    "route_id": "1",
    "prefix": {"ip_addr": {"addr": "10.0.0.0", "type": "V4"}, "mask": 8},
    "next_hop": {"addr": "10.0.0.1", "type": "V4"},
}
ROUTES_CLASH = "Field check for static_routes failed: Unique constraints route_id has duplicated value"
SERVER = {"ip": {"addr": "10.1.1.1", "type": "V4"}, "port": 8080}


GROUP = "L4_RULE_ACTION_SELECT_POOLGROUP"
MATCH = {"client_ip": {"match_criteria": "IS_IN", "addrs": [{"addr": "10.9.9.9", "type": "V4"}]}}
DENY = {"name": "d", "index": 1, "enable": True, "action": "NETWORK_SECURITY_POLICY_ACTION_TYPE_DENY", "match": MATCH}
MEMBER = {"pool_ref": "/api/pool?name=pool"}
POLICY = {"index": 1, "l4_policy_set_ref": "/api/l4policyset?name=set"}


def at(address: str) -> dict[str, Any]:
    """A server with that address."""
    return {"ip": {"addr": address, "type": "V6" if ":" in address else "V4"}}


def record(label: str) -> dict[str, str]:
    """A DNS record in the domain of the cloud."""
    return {"fqdn": f"{label}.avi.internal"}


def rule(index: int, **select: Any) -> dict[str, Any]:
    """A layer 4 rule that selects a pool, with other fields in its selection; without action if that is None."""
    chosen = {"action_type": "L4_RULE_ACTION_SELECT_POOL", "pool_ref": "/api/pool?name=pool", **select}
    action = {} if "action" in select else {"action": {"select_pool": chosen}}
    return {"name": f"r{index}", "index": index, **action}


def rules(*given: dict[str, Any]) -> dict[str, Any]:
    """The rules of a policy set."""
    return {"l4_connection_policy": {"rules": list(given)}}


def created(api: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    """The answer to a POST that must succeed."""
    answer = api.post(f"/api/{path}", json=body)
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    return document


def error(answer: httpx.Response) -> tuple[int, str]:
    """Status and text of a refusal."""
    return answer.status_code, answer.json()["error"]


def test_defaults_are_filled_in(api: httpx.Client) -> None:
    """A body with a name alone becomes an object with every default of the schema."""
    pool = created(api, "pool", name="p")

    assert (
        pool["default_server_port"],
        pool["enabled"],
        pool["connection_ramp_duration"],
        pool["lb_algorithm"],
    ) == (80, True, 10, "LB_ALGORITHM_LEAST_CONNECTIONS")
    assert pool["vrf_ref"].endswith("#global")
    assert pool["analytics_profile_ref"].endswith("#System-Analytics-Profile")
    assert pool["cloud_ref"].endswith("#Default-Cloud")
    assert "servers" not in pool


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        pytest.param({"enabled": "false"}, {"enabled": False}, id="text for a boolean"),
        pytest.param({"default_server_port": "8080"}, {"default_server_port": 8080}, id="text for an integer"),
        pytest.param({"graceful_disable_timeout": -1}, {"graceful_disable_timeout": -1}, id="special value"),
        pytest.param({"no_such_field": 1}, {"no_such_field": None}, id="unknown field is dropped"),
        pytest.param({"servers": []}, {"servers": None}, id="empty list is unset"),
        pytest.param({"ssl_profile_ref": ""}, {"ssl_profile_ref": None}, id="empty reference is unset"),
        pytest.param({"enabled": None}, {"enabled": True}, id="null is the default"),
        pytest.param({"created_by": "somebody"}, {"created_by": "somebody"}, id="created_by is the client's"),
    ],
)
def test_values_take_their_normal_form(api: httpx.Client, sent: dict[str, Any], stored: dict[str, Any]) -> None:
    """Values are coerced to the types of the schema; what says nothing is left out."""
    pool = created(api, "pool", name="p", **sent)

    assert stored == {name: pool.get(name) for name in stored}


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        pytest.param("pool", {}, "name", id="required"),
        pytest.param("pool", {"name": "p", "default_server_port": 70000}, "default_server_port", id="range"),
        pytest.param("pool", {"name": "p", "default_server_port": "x"}, "default_server_port", id="integer"),
        pytest.param("pool", {"name": "p", "enabled": 3}, "enabled", id="boolean"),
        pytest.param("pool", {"name": 3}, "name", id="string"),
        pytest.param("pool", {"name": "p", "lb_algorithm": "BEST"}, "lb_algorithm", id="enum"),
        pytest.param("pool", {"name": "p", "servers": {}}, "servers", id="list"),
        pytest.param("pool", {"name": "p", "servers": [1]}, "servers", id="object"),
        pytest.param("pool", {"name": "p", "servers": [{"port": 1}]}, "ip", id="required in a part"),
        pytest.param("pool", {"name": "p\0"}, "NUL", id="NUL"),
        pytest.param("pool", {"name": "p" * 257}, "256", id="long name"),
        pytest.param("virtualservice", {"name": "v", "weight": 129}, "weight", id="range of a VirtualService"),
        pytest.param("healthmonitor", {"name": "h"}, "type", id="required type"),
        pytest.param("vrfcontext", {"name": "v", "static_routes": [ROUTE, ROUTE]}, ROUTES_CLASH, id="route ids"),
    ],
)  # fmt: skip
def test_invalid_bodies_are_refused(api: httpx.Client, path: str, body: dict[str, Any], words: str) -> None:
    """A body that the schema does not allow is 400 with the field, and nothing is stored."""
    before = api.get(f"/api/{path}").json()["count"]

    status, text = error(api.post(f"/api/{path}", json=body))

    assert status == 400
    assert words in text
    assert before == api.get(f"/api/{path}").json()["count"]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("", id="empty name"),
        pytest.param(" \t ", id="blank name"),
        pytest.param("p\r\nX-Injected: 1", id="CR and LF in a name"),
        pytest.param("p\x7f", id="DEL in a name"),
        pytest.param("p\x85", id="C1 control in a name"),
        pytest.param("p\u2028", id="line separator in a name"),
    ],
)
def test_names_can_be_printed(api: httpx.Client, name: str) -> None:
    """A name is no blank and holds nothing that would break a line, a header above all."""
    status, text = error(api.post("/api/pool", json={"name": name}))

    assert (status, "Field check for name failed" in text) == (400, True)
    assert api.get("/api/pool").json()["count"] == 0


IMPOSSIBLE = [
    pytest.param("pool", {"servers": [SERVER, SERVER]}, "servers", id="same server"),
    pytest.param("pool", {"servers": [{**SERVER, "port": 80}, at("10.1.1.1")]}, "servers", id="default port"),
    pytest.param("pool", {"servers": [at("2001:db8::1"), at("2001:DB8:0::1")]}, "servers", id="spelling"),
    pytest.param("pool", {"servers": [at("10.1.1.300")]}, "addr", id="no address"),
    pytest.param("pool", {"servers": [at("10.1.1.01")]}, "addr", id="leading zero"),
    pytest.param("pool", {"servers": [at("web-1")]}, "addr", id="name in place of an address"),
    pytest.param("pool", {"servers": [{"ip": {"addr": "::1", "type": "V4"}}]}, "addr", id="other family"),
    pytest.param("pool", {"servers": [{"ip": {"addr": "fe80::1%e", "type": "V6"}}]}, "addr", id="zone"),
    pytest.param("pool", {"servers": [{"ip": {"addr": "", "type": "DNS"}}]}, "addr", id="empty DNS name"),
    pytest.param("pool", {"lb_algorithm": "LB_ALGORITHM_TOPOLOGY"}, "lb_algorithm", id="topology"),
    pytest.param("pool", {"lb_algorithm": "LB_ALGORITHM_NEAREST_SERVER"}, "lb_algorithm", id="nearest"),
    pytest.param("vsvip", {"vip": [{"ip_address": {"addr": "::1", "type": "V6"}}]}, "ip_address", id="V6"),
    pytest.param("vsvip", {"vip": [{"ip6_address": {"addr": "1.1.1.1", "type": "V4"}}]}, "ip6", id="V4"),
    pytest.param("vsvip", {"dns_info": [record("a"), record("A")]}, "fqdn", id="same name"),
    pytest.param("vsvip", {"dns_info": [record("a" * 64)]}, "fqdn", id="label of 64"),
    pytest.param("vsvip", {"dns_info": [record("a b")]}, "fqdn", id="blank in a label"),
    pytest.param("vsvip", {"dns_info": [record("a.")]}, "fqdn", id="empty label"),
    pytest.param("vsvip", {"dns_info": [record(".".join(["a" * 60] * 5))]}, "fqdn", id="long domain name"),
    pytest.param("l4policyset", {**rules(rule(1), rule(1))}, "index", id="same index"),
    pytest.param("l4policyset", {**rules(rule(1, action=None))}, "action", id="no action"),
    pytest.param("l4policyset", {**rules(rule(1, pool_ref=None))}, "pool_ref", id="no pool"),
    pytest.param("l4policyset", {**rules(rule(1, action_type=GROUP))}, "pool_group_ref", id="no group"),
    pytest.param("networksecuritypolicy", {"rules": [DENY, DENY]}, "index", id="same index, security"),
    pytest.param("poolgroup", {"members": [MEMBER, MEMBER]}, "pool_ref", id="same member"),
    pytest.param("virtualservice", {"l4_policies": [POLICY, POLICY]}, "index", id="same policy index"),
]


@pytest.mark.parametrize(("path", "fields", "words"), IMPOSSIBLE)
def test_impossible_parts_are_refused(api: httpx.Client, path: str, fields: dict[str, Any], words: str) -> None:
    """What is there twice, points nowhere or is no address is 400 with the field, and nothing is stored."""
    created(api, "pool", name="pool")
    created(api, "l4policyset", name="set")

    status, text = error(api.post(f"/api/{path}", json={"name": "x", **fields}))

    assert (status, words in text) == (400, True), text
    assert api.get(f"/api/{path}?name=x").json()["count"] == 0


def test_field_of_a_part_is_named_with_its_way(api: httpx.Client) -> None:
    """What is wrong inside a part stands in the nested form that was reported from a real Controller."""
    ports = {"match_criteria": "IS_IN", "ports": [0]}
    rule = {"name": "r", "index": 1, "match": {"port": ports}}
    body = {"name": "s", "l4_connection_policy": {"rules": [rule]}}

    _, text = error(api.post("/api/l4policyset", json=body))

    reason = "Field check for ports failed : 0 is not in the range 1 to 65535"
    assert text == f'{{"l4_connection_policy":"{{"rules":"{{"match":"{{"port":"{{"ports":"{reason}"}}"}}"}}"}}"}}'


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("pool", {"vrf_ref": "/api/vrfcontext/{vrf}"}),
        ("poolgroup", {"members": [{"pool_ref": "/api/pool/{pool}"}]}),
        ("virtualservice", {"se_group_ref": "/api/serviceenginegroup/{group}", "vsvip_ref": "/api/vsvip/{vsvip}"}),
        ("vsvip", {"vip": [{"vip_id": "0", "placement_networks": [{"network_ref": "/api/network/{network}"}]}]}),
    ],
)
def test_an_object_and_what_it_refers_to_are_in_one_cloud(api: httpx.Client, path: str, body: dict[str, Any]) -> None:
    """A reference by uuid into another cloud is refused."""
    there = {"cloud_ref": created(api, "cloud", name="other", vtype="CLOUD_NONE")["url"]}
    uuids = {
        "vrf": created(api, "vrfcontext", name="v", **there)["uuid"],
        "pool": created(api, "pool", name="there", **there)["uuid"],
        "group": created(api, "serviceenginegroup", name="g", **there)["uuid"],
        "network": created(api, "network", name="n", **there)["uuid"],
        "vsvip": created(api, "vsvip", name="v")["uuid"],
    }
    text = re.sub(r"\{(\w+)\}", lambda found: uuids[found[1]], json.dumps(body))

    status, words = error(api.post(f"/api/{path}", json={"name": "here", **json.loads(text)}))

    assert status == 400
    assert words.startswith("Cloud for here and ")


@pytest.mark.parametrize(
    ("path", "body", "text"),
    [
        ("pool", {"name": "x"}, "Pool with this Name, Tenant ref and Cloud ref already exists."),
        ("vsvip", {"name": "x"}, "Vs vip with this Name, Tenant ref and Cloud ref already exists."),
        ("vrfcontext", {"name": "x"}, "Vrf context with this Name, Tenant ref and Cloud ref already exists."),
        ("l4policyset", {"name": "x"}, "L4 policy set with this Name and Tenant ref already exists."),
        ("tenant", {"name": "x"}, "Tenant with this Name already exists."),
    ],
)
def test_names_are_unique(api: httpx.Client, path: str, body: dict[str, Any], text: str) -> None:
    """A second object of a name in one tenant and cloud is 409."""
    created(api, path, **body)

    assert (409, text) == error(api.post(f"/api/{path}", json=body))


def test_names_are_unique_within_a_cloud_only(api: httpx.Client) -> None:
    """Another cloud may have the name, too; it brings its own VRFs and SE group."""
    created(api, "cloud", name="other", vtype="CLOUD_NONE")
    created(api, "pool", name="p")

    other = created(api, "pool", name="p", cloud_ref="/api/cloud?name=other")
    vrfs = api.get("/api/vrfcontext?cloud_ref.name=other").json()

    assert other["cloud_ref"].endswith("#other")
    assert [vrf["name"] for vrf in vrfs["results"]] == ["global", "management"]
    assert other["vrf_ref"].partition("#")[0] == vrfs["results"][0]["url"]


def test_put_replaces_the_whole_object(api: httpx.Client) -> None:
    """A field that a PUT does not send returns to its default; identity stays; versions grow."""
    pool = created(api, "pool", name="p", default_server_port=8080, servers=[SERVER])

    answer = api.put(f"/api/pool/{pool['uuid']}", json={"name": "renamed"})

    assert answer.status_code == 200
    assert (80, "renamed", pool["uuid"]) == tuple(
        answer.json()[name] for name in ("default_server_port", "name", "uuid")
    )
    assert "servers" not in answer.json()
    assert int(answer.json()["_last_modified"]) > int(pool["_last_modified"])
    assert answer.json()["configpb_attributes"] == {"version": 2}
    assert api.get("/api/pool?name=p").json()["count"] == 0


def test_renaming_is_seen_by_those_who_refer(api: httpx.Client) -> None:
    """References follow a renamed object, and its old name is free."""
    pool = created(api, "pool", name="p")
    group = created(api, "poolgroup", name="g", members=[{"pool_ref": pool["url"]}])
    api.put(f"/api/pool/{pool['uuid']}", json={"name": "q"}).raise_for_status()

    seen = api.get(f"/api/poolgroup/{group['uuid']}?include_name").json()

    assert seen["members"][0]["pool_ref"].endswith("#q")
    assert api.post("/api/pool", json={"name": "p"}).status_code == 201


def test_stale_write_is_refused(api: httpx.Client) -> None:
    """A `_last_modified` that is sent must be the current one; one that is not sent is not checked."""
    pool = created(api, "pool", name="p")
    path = f"/api/pool/{pool['uuid']}"

    fresh = api.put(path, json=pool)
    stale = api.put(path, json=pool)
    blind = api.put(path, json={"name": "p"})

    assert (fresh.status_code, blind.status_code) == (200, 200)
    assert error(stale) == (412, "Need to reload object data Pool")


def test_delete_then_nothing_is_found(api: httpx.Client) -> None:
    """DELETE is 204 without body; then GET, PUT and DELETE are 404 by the type's name."""
    pool = created(api, "pool", name="p")
    path = f"/api/pool/{pool['uuid']}"

    gone = api.delete(path)

    assert (gone.status_code, gone.text, gone.headers["content-length"]) == (204, "", "0")
    assert gone.headers["content-type"] == "application/json"
    for answer in (api.get(path), api.put(path, json={"name": "p"}), api.delete(path)):
        assert error(answer) == (404, "Pool object not found!")
    assert api.post("/api/pool", json={"name": "p"}).status_code == 201


def test_what_is_referred_to_cannot_be_deleted(api: httpx.Client) -> None:
    """Deleting is 403 while others refer to the object, and names them."""
    pool = created(api, "pool", name="p")
    group = created(api, "poolgroup", name="g", members=[{"pool_ref": pool["url"]}])
    vsvip = created(api, "vsvip", name="v")
    created(api, "virtualservice", name="v", pool_ref=pool["url"], vsvip_ref=vsvip["url"])

    refused = api.delete(f"/api/pool/{pool['uuid']}")
    api.put(f"/api/poolgroup/{group['uuid']}", json={"name": "g"}).raise_for_status()
    still = api.delete(f"/api/pool/{pool['uuid']}")

    assert refused.status_code == 403
    assert refused.json() == {
        "error": "Cannot delete, object is referred by: ['PoolGroup g', 'VirtualService v']",
        "obj_name": "p",
    }
    assert "['VirtualService v']" in still.json()["error"]


def test_clouds_in_use_and_system_objects_stay(api: httpx.Client) -> None:
    """A cloud that is referred to is 400, a system object 403; an unused cloud goes with its parts."""
    cloud = created(api, "cloud", name="other", vtype="CLOUD_NONE")
    pool = created(api, "pool", name="p", cloud_ref=cloud["url"])
    system = api.get("/api/healthmonitor?name=System-TCP").json()["results"][0]["uuid"]

    assert error(api.delete(f"/api/cloud/{cloud['uuid']}")) == (400, "Cannot delete, object is referred by: ['Pool p']")
    assert error(api.delete(f"/api/healthmonitor/{system}")) == (403, "Cannot delete system default object")
    api.delete(f"/api/pool/{pool['uuid']}").raise_for_status()
    assert api.delete(f"/api/cloud/{cloud['uuid']}").status_code == 204
    assert api.get("/api/vrfcontext?name=global").json()["count"] == 1


def test_client_may_choose_the_uuid(api: httpx.Client) -> None:
    """The Slug header is the uuid of the new object; an uuid in the body is not looked at."""
    chosen = api.post("/api/pool", json={"name": "p"}, headers={"Slug": "pool-force-42"})
    given = created(api, "pool", name="q", uuid="pool-mine")

    assert chosen.json()["uuid"] == "pool-force-42"
    assert given["uuid"].startswith("pool-")
    assert given["uuid"] != "pool-mine"
    assert api.post("/api/pool", json={"name": "r"}, headers={"Slug": "pool-force-42"}).status_code == 400


@pytest.mark.parametrize("field", ["cloud_ref", "vrf_ref"])
def test_place_of_a_pool_is_fixed(api: httpx.Client, field: str) -> None:
    """Cloud and VRF can be repeated and left out, but not changed."""
    created(api, "cloud", name="other", vtype="CLOUD_NONE")
    created(api, "vrfcontext", name="other")
    pool = created(api, "pool", name="p")
    path = f"/api/pool/{pool['uuid']}"
    other = f"/api/{'cloud' if field == 'cloud_ref' else 'vrfcontext'}?name=other"

    assert api.put(path, json={"name": "p", field: pool[field]}).status_code == 200
    assert api.put(path, json={"name": "p"}).json()[field] == pool[field]
    status, text = error(api.put(path, json={"name": "p", field: other}))
    assert (status, field in text) == (400, True)


def test_only_the_chosen_monitor_is_kept(api: httpx.Client) -> None:
    """A health monitor holds the settings of its type alone."""
    monitor = created(
        api, "healthmonitor", name="h", type="HEALTH_MONITOR_UDP", udp_monitor={"udp_request": "a"}, tcp_monitor={}
    )

    assert monitor["udp_monitor"] == {"udp_request": "a"}
    assert "tcp_monitor" not in monitor


def test_types_without_a_description_keep_what_they_are_given(api: httpx.Client) -> None:
    """Objects that layer 4 types only refer to are stored as they come."""
    policy = created(api, "httppolicyset", name="h", http_request_policy={"rules": [{"index": 1}]})

    assert api.get(f"/api/httppolicyset/{policy['uuid']}").json()["http_request_policy"] == {"rules": [{"index": 1}]}


def json_patch(operation: str, path: str, value: object = None) -> dict[str, Any]:
    """A patch of one operation."""
    return {"json_patch": [{"op": operation, "path": path, "value": value}]}


PATCHES = [
    pytest.param({"add": {"servers": [at("10.1.1.2")]}}, ["10.1.1.1", "10.1.1.2"], id="add an entry"),
    pytest.param({"add": {"servers": [{**SERVER, "ratio": 5}]}}, ["10.1.1.1"], id="add an entry that exists"),
    pytest.param({"replace": {"servers": [at("10.1.1.3")]}}, ["10.1.1.3"], id="replace a list"),
    pytest.param({"delete": {"servers": [SERVER]}}, [], id="delete an entry"),
    pytest.param(json_patch("add", "/servers", [at("10.1.1.4")]), ["10.1.1.1", "10.1.1.4"], id="json add"),
    pytest.param(json_patch("remove", "/servers/0"), [], id="json remove"),
    pytest.param(json_patch("replace", "/servers/0", at("10.1.1.5")), ["10.1.1.5"], id="json replace"),
]


@pytest.mark.parametrize(("patch", "addresses"), PATCHES)
def test_patch_changes_lists(api: httpx.Client, patch: dict[str, Any], addresses: list[str]) -> None:
    """Each operation of PATCH does to a list what it says, and leaves the rest alone."""
    pool = created(api, "pool", name="p", default_server_port=8080, servers=[SERVER])

    answer = api.patch(f"/api/pool/{pool['uuid']}", json=patch)

    assert answer.status_code == 200, answer.text
    assert addresses == [server["ip"]["addr"] for server in answer.json().get("servers", [])]
    assert answer.json()["default_server_port"] == 8080


def test_patch_changes_scalars(api: httpx.Client) -> None:
    """`add` and `replace` set a scalar, `delete` returns it to its default; references may come along."""
    pool = created(api, "pool", name="p")
    path = f"/api/pool/{pool['uuid']}"

    api.patch(path, json={"replace": {"default_server_port": 81}, "add": {"description": "d"}}).raise_for_status()
    answer = api.patch(path, json={"delete": {"default_server_port": None}, "add": {"cloud_ref": pool["cloud_ref"]}})

    assert (answer.json()["default_server_port"], answer.json()["description"]) == (80, "d")


@pytest.mark.parametrize(
    "patch",
    [
        {},
        [],
        {"add": {"enabled": [1]}},
        {"name": "p"},
        {"add": 1},
        {"json_patch": [{"op": "remove", "path": "/servers/7"}]},
    ],
)
def test_patches_of_another_form_are_refused(api: httpx.Client, patch: object) -> None:
    """A body that is no patch, or that cannot be applied, is 400."""
    pool = created(api, "pool", name="p")

    assert api.patch(f"/api/pool/{pool['uuid']}", json=patch).status_code == 400


def test_uuid_in_the_body_counts_when_it_is_allowed(api: httpx.Client) -> None:
    """A uuid in the body of a POST is ignored, unless the system configuration lets clients choose it."""
    ignored = api.post("/api/pool", json={"name": "p", "uuid": "pool-1"}).json()["uuid"]
    configuration = api.get("/api/systemconfiguration").json()
    configuration["portal_configuration"]["use_uuid_from_input"] = True
    api.put("/api/systemconfiguration", json=configuration).raise_for_status()

    taken = api.post("/api/pool", json={"name": "q", "uuid": "pool-1"}).json()["uuid"]

    assert (ignored == "pool-1", taken) == (False, "pool-1")


def test_empty_part_is_an_internal_error(api: httpx.Client) -> None:
    """An empty part that needs fields is 500 with the message in it, as a Controller of 22.1.6 was seen to answer."""
    answer = api.post("/api/vsvip", json={"name": "v", "vip": [{"vip_id": "0", "ip6_address": {}}]})

    assert answer.status_code == 500
    assert answer.json()["error"].startswith('Bad pb: uuid: "vsvip-')
