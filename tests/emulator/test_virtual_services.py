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


def test_tls_service_gets_a_profile(api: httpx.Client) -> None:
    """A service with TLS brings the default TLS profile."""
    found = created(api, "virtualservice", name="v", services=[service(443, enable_ssl=True)])

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
    pytest.param([service(81), service(81)], 201, id="twice in itself"),
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
    created(api, "virtualservice", name="first", services=[service(80)], vsvip_ref=vsvip["url"])

    answer = api.post("/api/virtualservice", json={"name": "v", "services": services, "vsvip_ref": vsvip["url"]})

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

    refused = api.post("/api/virtualservice", json={"name": "v", **ways[way]})
    accepted = api.post("/api/virtualservice", json={"name": "v", "vrf_context_ref": pool["vrf_ref"], **ways[way]})

    assert (refused.status_code, refused.json()["error"]) == (400, "VRF Context for v and pool p different")
    assert accepted.status_code == 201


def test_policy_in_use_cannot_turn_to_another_vrf(api: httpx.Client) -> None:
    """A policy set that a VirtualService uses may only select pools of its VRF."""
    created(api, "vrfcontext", name="red")
    pool = created(api, "pool", name="p", vrf_ref="/api/vrfcontext?name=red")
    policy = created(api, "l4policyset", name="l")
    created(api, "virtualservice", name="v", l4_policies=[{"index": 0, "l4_policy_set_ref": policy["url"]}])
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


def test_deleting_leaves_pool_and_vsvip(api: httpx.Client, vsvip: dict[str, Any]) -> None:
    """A deleted VirtualService leaves what it referred to, which can then be deleted."""
    made = created(api, "virtualservice", name="v", vsvip_ref=vsvip["url"])

    guarded = api.delete(f"/api/vsvip/{vsvip['uuid']}")
    statuses = [
        api.delete(f"/api/{path}").status_code for path in (f"virtualservice/{made['uuid']}", f"vsvip/{vsvip['uuid']}")
    ]

    assert (guarded.status_code, statuses) == (403, [204, 204])
