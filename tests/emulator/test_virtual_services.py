"""VirtualServices: what is completed, and what binds them to VsVips, pools and profiles."""

from typing import Any

import httpx
import pytest

DEFAULT_REFERENCES = {
    "application_profile_ref": "System-HTTP",
    "network_profile_ref": "System-TCP-Proxy",
    "se_group_ref": "Default-Group",
    "vrf_context_ref": "global",
    "analytics_profile_ref": "System-Analytics-Profile",
}

CERTIFICATE = "/api/sslkeyandcertificate?name=System-Default-Cert"
L4 = "/api/applicationprofile?name=System-L4-Application"
DNS = "/api/applicationprofile?name=System-DNS"
SSL = "/api/applicationprofile?name=System-SSL-Application"
COOKIE = "/api/applicationpersistenceprofile?name=System-Persistence-Http-Cookie"
CLIENT_IP = "/api/applicationpersistenceprofile?name=System-Persistence-Client-IP"


def created(api: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    """The answer to a POST that must succeed."""
    answer = api.post(f"/api/{path}", json=body)
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    return document


def service(port: int, **fields: Any) -> dict[str, Any]:
    """A service on a port."""
    return {"port": port, **fields}


def through(profile: str) -> dict[str, str]:
    """A network profile of a service's own."""
    return {"override_network_profile_ref": f"/api/networkprofile?name={profile}"}


@pytest.fixture
def vsvip(api: httpx.Client) -> dict[str, Any]:
    """A VsVip with one address."""
    return created(api, "vsvip", name="shared", vip=[{"auto_allocate_ip": True}])


def test_defaults_and_computed_fields(api: httpx.Client, vsvip: dict[str, Any]) -> None:
    """A VirtualService gets its default profiles, group and VRF; the end of a port range; the type of its cloud."""
    found = created(api, "virtualservice", name="v", services=[service(80)], vsvip_ref=vsvip["url"])

    assert {name: found[name].partition("#")[2] for name in DEFAULT_REFERENCES} == DEFAULT_REFERENCES
    assert found["services"][0]["port_range_end"] == 80
    assert found["cloud_type"] == "CLOUD_VCENTER"
    assert "ssl_profile_ref" not in found


def test_tls_service_gets_a_profile(api: httpx.Client, vsvip: dict[str, Any]) -> None:
    """A service with TLS brings the default TLS profile, and needs a certificate."""
    body = {"name": "v", "services": [service(443, enable_ssl=True)], "vsvip_ref": vsvip["url"]}

    refused = api.post("/api/virtualservice", json=body)
    found = created(api, "virtualservice", **body, ssl_key_and_certificate_refs=[CERTIFICATE])

    assert (refused.status_code, "ssl_key_and_certificate_refs" in refused.json()["error"]) == (400, True)
    assert found["ssl_profile_ref"].endswith("#System-Standard-PFS")


def test_reading_shows_more_than_writing(api: httpx.Client, vsvip: dict[str, Any]) -> None:
    """A GET adds what the Controller knows at run time; sent back, it is not stored. A VsVip names its users."""
    made = created(api, "virtualservice", name="v", vsvip_ref=vsvip["url"])
    path = f"/api/virtualservice/{made['uuid']}"

    read = api.get(path).json()
    written = api.put(path, json=read)
    users = api.get(f"/api/vsvip/{vsvip['uuid']}?include_name").json()["vs_refs"]

    assert {"version", "vip_runtime", "redis_db"} <= read.keys()
    assert not {"version", "vip_runtime", "redis_db"} & made.keys()
    assert not {"version", "vip_runtime", "redis_db"} & written.json().keys()
    assert users == [made["url"]]


OVERLAPS = [
    pytest.param([service(80)], 400, id="same port"),
    pytest.param([service(70, port_range_end=90)], 400, id="range around it"),
    pytest.param([service(81), service(81)], 400, id="twice in itself"),
    pytest.param([service(81, port_range_end=85), service(83)], 400, id="within its own range"),
    pytest.param([service(83), service(81, port_range_end=82), service(84)], 201, id="side by side"),
    pytest.param([service(81), service(81, **through("System-UDP-Fast-Path"))], 201, id="both protocols"),
    pytest.param([service(85, port_range_end=81)], 400, id="a range that ends before it begins"),
    pytest.param([service(1, port_range_end=65535)], 400, id="all ports"),
    pytest.param([service(81)], 201, id="another port"),
    pytest.param([service(80, **through("System-UDP-Fast-Path"))], 201, id="UDP"),
    pytest.param([service(80, **through("System-SCTP-Proxy"))], 201, id="SCTP"),
]


@pytest.mark.parametrize(("services", "status"), OVERLAPS)
def test_ports_on_one_vsvip_do_not_overlap(
    api: httpx.Client, vsvip: dict[str, Any], services: list[dict[str, Any]], status: int
) -> None:
    """VirtualServices share a VsVip as long as port and protocol differ."""
    body = {"application_profile_ref": L4, "vsvip_ref": vsvip["url"]}
    created(api, "virtualservice", name="first", services=[service(80)], **body)

    answer = api.post("/api/virtualservice", json={"name": "v", "services": services, **body})

    assert status == answer.status_code, answer.text


def test_own_ports_do_not_stand_in_the_way(api: httpx.Client, vsvip: dict[str, Any]) -> None:
    """A VirtualService may be written again with the ports that it has."""
    made = created(api, "virtualservice", name="v", services=[service(80)], vsvip_ref=vsvip["url"])

    assert api.put(f"/api/virtualservice/{made['uuid']}", json=made).status_code == 200


@pytest.mark.parametrize("way", ["pool", "group", "policy"])
def test_pools_are_of_the_same_vrf(api: httpx.Client, way: str) -> None:
    """A pool of another VRF is refused, however the VirtualService comes to it."""
    created(api, "vrfcontext", name="red")
    pool = created(api, "pool", name="p", vrf_ref="/api/vrfcontext?name=red")
    group = created(api, "poolgroup", name="g", members=[{"pool_ref": pool["url"]}])
    select = {"action_type": "L4_RULE_ACTION_SELECT_POOL", "pool_ref": pool["url"]}
    rule = {"name": "r", "index": 0, "action": {"select_pool": select}}
    policy = created(api, "l4policyset", name="l", l4_connection_policy={"rules": [rule]})
    ways = {
        "pool": {"pool_ref": pool["url"]},
        "group": {"pool_group_ref": group["url"]},
        "policy": {"l4_policies": [{"index": 0, "l4_policy_set_ref": policy["url"]}]},
    }

    here, there = (
        created(api, "vsvip", name=vrf, vrf_context_ref=f"/api/vrfcontext?name={vrf}") for vrf in ("global", "red")
    )

    refused = api.post("/api/virtualservice", json={"name": "v", "vsvip_ref": here["url"], **ways[way]})
    accepted = api.post("/api/virtualservice", json={"name": "v", "vsvip_ref": there["url"], **ways[way]})

    assert (refused.status_code, refused.json()["error"]) == (400, "VRF Context for v and pool p different")
    assert accepted.status_code == 201


def test_policy_in_use_cannot_turn_to_another_vrf(api: httpx.Client, vsvip: dict[str, Any]) -> None:
    """A policy set that a VirtualService uses may only select pools of its VRF."""
    created(api, "vrfcontext", name="red")
    pool = created(api, "pool", name="p", vrf_ref="/api/vrfcontext?name=red")
    policy = created(api, "l4policyset", name="l")
    listed = [{"index": 0, "l4_policy_set_ref": policy["url"]}]
    created(api, "virtualservice", name="v", l4_policies=listed, vsvip_ref=vsvip["url"])
    select = {"action_type": "L4_RULE_ACTION_SELECT_POOL", "pool_ref": pool["url"]}
    rules = {"rules": [{"name": "r", "index": 0, "action": {"select_pool": select}}]}

    answer = api.put(f"/api/l4policyset/{policy['uuid']}", json={"name": "l", "l4_connection_policy": rules})

    assert answer.status_code == 400


def test_vsvip_is_of_the_same_vrf_and_cloud(api: httpx.Client) -> None:
    """A VsVip lends its VRF to a VirtualService that names none; another VRF or cloud is refused."""
    created(api, "vrfcontext", name="red")
    created(api, "cloud", name="other", vtype="CLOUD_NONE")
    red = created(api, "vsvip", name="red", vrf_context_ref="/api/vrfcontext?name=red")
    far = created(api, "vsvip", name="far", cloud_ref="/api/cloud?name=other")

    lent = created(api, "virtualservice", name="v", vsvip_ref=red["url"])
    global_vrf = "/api/vrfcontext?name=global"
    differs = api.post(
        "/api/virtualservice", json={"name": "w", "vsvip_ref": red["url"], "vrf_context_ref": global_vrf}
    )
    elsewhere = api.post("/api/virtualservice", json={"name": "w", "vsvip_ref": far["url"]})

    assert lent["vrf_context_ref"] == red["vrf_context_ref"]
    assert (differs.status_code, elsewhere.status_code) == (400, 400)


def test_bgp_labels_need_advertising_first(api: httpx.Client, vsvip: dict[str, Any]) -> None:
    """Labels come after enable_rhi and go before it."""
    made = created(api, "virtualservice", name="v", vsvip_ref=vsvip["url"])
    vs_path, vip_path = f"/api/virtualservice/{made['uuid']}", f"/api/vsvip/{vsvip['uuid']}"
    labelled = {"name": "shared", "vip": vsvip["vip"], "bgp_peer_labels": ["peer"]}
    plain = {"name": "v", "vsvip_ref": vsvip["url"]}

    statuses = [
        api.put(vip_path, json=labelled).status_code,
        api.put(vs_path, json={**plain, "enable_rhi": True}).status_code,
        api.put(vip_path, json=labelled).status_code,
        api.put(vs_path, json=plain).status_code,
        api.put(vip_path, json={"name": "shared", "vip": vsvip["vip"]}).status_code,
        api.put(vs_path, json=plain).status_code,
    ]

    assert statuses == [400, 200, 200, 400, 200, 200]


def test_virtual_service_needs_a_vsvip(api: httpx.Client, vsvip: dict[str, Any]) -> None:
    """Only a child, which has the address of its parent, does without a VsVip."""
    parent = created(api, "virtualservice", name="p", type="VS_TYPE_VH_PARENT", vsvip_ref=vsvip["url"])
    child = {"name": "c", "type": "VS_TYPE_VH_CHILD", "vh_parent_vs_ref": parent["url"]}

    answers = [api.post("/api/virtualservice", json=body).status_code for body in ({"name": "v"}, child)]

    assert answers == [400, 201]


def test_one_vsvip_is_in_one_se_group(api: httpx.Client, vsvip: dict[str, Any]) -> None:
    """VirtualServices on one VsVip are placed together, so they have one SE group; alone, one may move."""
    created(api, "serviceenginegroup", name="other")
    other = {"se_group_ref": "/api/serviceenginegroup?name=other", "vsvip_ref": vsvip["url"]}
    first = created(api, "virtualservice", name="v", services=[service(80)], **other)

    apart = api.post("/api/virtualservice", json={"name": "w", "services": [service(81)], "vsvip_ref": vsvip["url"]})
    moved = api.put(f"/api/virtualservice/{first['uuid']}", json={"name": "v", "vsvip_ref": vsvip["url"]})

    assert (apart.status_code, apart.json()["error"].startswith("Service engine group")) == (400, True)
    assert moved.status_code == 200


PROFILES = [
    pytest.param({"network_profile_ref": "/api/networkprofile?name=System-TCP-Fast-Path"}, 400, id="HTTP, fast path"),
    pytest.param(
        {"services": [service(80, **through("System-UDP-Fast-Path"))]}, 400, id="HTTP, fast path of a service"
    ),
    pytest.param(
        {"services": [service(80, override_application_profile_ref=L4, **through("System-UDP-Fast-Path"))]},
        201,
        id="a service of layer 4 beside HTTP",
    ),
    pytest.param(
        {"application_profile_ref": SSL, "network_profile_ref": "/api/networkprofile?name=System-TCP-Fast-Path"},
        400,
        id="SSL, fast path",
    ),
    pytest.param(
        {"application_profile_ref": SSL, "services": [service(80, **through("System-SCTP-Proxy"))]},
        400,
        id="SSL, another proxy",
    ),
    pytest.param({"application_profile_ref": SSL}, 201, id="SSL, TCP proxy"),
    pytest.param(
        {"application_profile_ref": L4, "network_profile_ref": "/api/networkprofile?name=System-TCP-Fast-Path"},
        201,
        id="layer 4, fast path",
    ),
]


@pytest.mark.parametrize(("fields", "status"), PROFILES)
def test_application_needs_its_protocol(
    api: httpx.Client, vsvip: dict[str, Any], fields: dict[str, Any], status: int
) -> None:
    """HTTP and SSL applications work on a proxy, for the VirtualService and for each of its services."""
    answer = api.post("/api/virtualservice", json={"name": "v", "vsvip_ref": vsvip["url"], **fields})

    assert answer.status_code == status, answer.text


def test_profile_in_use_keeps_its_kind(api: httpx.Client, vsvip: dict[str, Any]) -> None:
    """A network profile cannot turn to fast path under an HTTP application that uses it."""
    profile = created(api, "networkprofile", name="n", profile={"type": "PROTOCOL_TYPE_TCP_PROXY"})
    created(api, "virtualservice", name="v", vsvip_ref=vsvip["url"], network_profile_ref=profile["url"])
    path = f"/api/networkprofile/{profile['uuid']}"

    refused = api.put(path, json={"name": "n", "profile": {"type": "PROTOCOL_TYPE_TCP_FAST_PATH"}})

    assert (refused.status_code, api.get(path).json()["profile"]["type"]) == (400, "PROTOCOL_TYPE_TCP_PROXY")


def reached(api: httpx.Client, pool: dict[str, Any], way: str) -> dict[str, Any]:
    """The fields of a VirtualService that comes to the pool in that way."""
    if way == "pool":
        return {"pool_ref": pool["url"]}
    if way == "select":
        return {"service_pool_select": [{"service_port": 80, "service_pool_ref": pool["url"]}]}
    if way == "group":
        return {"pool_group_ref": created(api, "poolgroup", name="g", members=[{"pool_ref": pool["url"]}])["url"]}
    select = {"action_type": "L4_RULE_ACTION_SELECT_POOL", "pool_ref": pool["url"]}
    rules = [{"name": "r", "index": 0, "action": {"select_pool": select}}]
    policy = created(api, "l4policyset", name="l", l4_connection_policy={"rules": rules})
    return {"l4_policies": [{"index": 0, "l4_policy_set_ref": policy["url"]}]}


@pytest.mark.parametrize("way", ["pool", "group", "policy", "select"])
def test_layer_4_persists_by_client_address_only(api: httpx.Client, vsvip: dict[str, Any], way: str) -> None:
    """A pool with cookie persistence does not come to a layer 4 VirtualService, from neither side; HTTP may have it."""
    pool = created(api, "pool", name="p", application_persistence_profile_ref=COOKIE)
    body = {"name": "v", "vsvip_ref": vsvip["url"], **reached(api, pool, way)}
    path = f"/api/pool/{pool['uuid']}"

    refused = api.post("/api/virtualservice", json={**body, "application_profile_ref": L4})
    http = created(api, "virtualservice", **body)
    api.delete(f"/api/virtualservice/{http['uuid']}").raise_for_status()
    client_ip = api.put(path, json={"name": "p", "application_persistence_profile_ref": CLIENT_IP})
    created(api, "virtualservice", **body, application_profile_ref=L4)
    from_pool = api.put(path, json={"name": "p", "application_persistence_profile_ref": COOKIE})

    words = "Only clien-ip persistence is applicable for Layer-4 virtual service."
    assert (refused.status_code, client_ip.status_code) == (400, 200)
    assert refused.json()["error"].endswith(words)
    assert from_pool.json() == {"error": f"Cannot change Pool because of referred virtual service. {words}"}
    assert "#System-Persistence-Client-IP" in api.get(path + "?include_name").text


def test_persistence_in_use_keeps_its_kind(api: httpx.Client, vsvip: dict[str, Any]) -> None:
    """A persistence profile cannot turn to cookies under a layer 4 VirtualService."""
    kinds = [{"persistence_type": f"PERSISTENCE_TYPE_{kind}"} for kind in ("CLIENT_IP_ADDRESS", "HTTP_COOKIE")]
    profile = created(api, "applicationpersistenceprofile", name="a", **kinds[0])
    pool = created(api, "pool", name="p", application_persistence_profile_ref=profile["url"])
    body = {"name": "v", "vsvip_ref": vsvip["url"], "pool_ref": pool["url"], "application_profile_ref": L4}
    created(api, "virtualservice", **body)

    refused = api.put(f"/api/applicationpersistenceprofile/{profile['uuid']}", json={"name": "a", **kinds[1]})

    assert refused.status_code == 400


@pytest.mark.parametrize(
    ("application", "way", "status"),
    [(DNS, "pool", 400), (DNS, "policy", 400), (L4, "pool", 201), (L4, "group", 400), (None, "group", 201)],
)
def test_what_virtual_services_may_share(api: httpx.Client, application: str | None, way: str, status: int) -> None:
    """Two DNS VirtualServices do not share a pool, two of layer 4 no pool group; HTTP ones may."""
    pool = created(api, "pool", name="p")
    body = {"application_profile_ref": application, **reached(api, pool, way)}
    first, second = (created(api, "vsvip", name=name, vip=[{"auto_allocate_ip": True}]) for name in ("a", "b"))
    created(api, "virtualservice", name="a", vsvip_ref=first["url"], **body)

    answer = api.post("/api/virtualservice", json={"name": "b", "vsvip_ref": second["url"], **body})

    assert answer.status_code == status, answer.text


def test_policy_cannot_come_to_share_a_group(api: httpx.Client) -> None:
    """A rule cannot turn to the pool group of another layer 4 VirtualService either."""
    group = created(api, "poolgroup", name="g")
    policy = created(api, "l4policyset", name="l")
    uses = {
        "a": {"pool_group_ref": group["url"]},
        "b": {"l4_policies": [{"index": 0, "l4_policy_set_ref": policy["url"]}]},
    }
    for name, use in uses.items():
        vsvip = created(api, "vsvip", name=name)
        created(api, "virtualservice", name=name, vsvip_ref=vsvip["url"], application_profile_ref=L4, **use)
    select = {"action_type": "L4_RULE_ACTION_SELECT_POOLGROUP", "pool_group_ref": group["url"]}
    rules = {"rules": [{"name": "r", "index": 0, "action": {"select_pool": select}}]}

    refused = api.put(f"/api/l4policyset/{policy['uuid']}", json={"name": "l", "l4_connection_policy": rules})

    assert (refused.status_code, "PoolGroup g is used by VirtualService a" in refused.text) == (400, True)


def test_deleting_leaves_pool_and_vsvip(api: httpx.Client, vsvip: dict[str, Any]) -> None:
    """A deleted VirtualService leaves what it referred to, which can then be deleted."""
    made = created(api, "virtualservice", name="v", vsvip_ref=vsvip["url"])

    guarded = api.delete(f"/api/vsvip/{vsvip['uuid']}")
    statuses = [
        api.delete(f"/api/{path}").status_code for path in (f"virtualservice/{made['uuid']}", f"vsvip/{vsvip['uuid']}")
    ]

    assert (guarded.status_code, statuses) == (403, [204, 204])
