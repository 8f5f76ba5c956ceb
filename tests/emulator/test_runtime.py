"""How objects are doing, in the shape that scripts read."""

from typing import Any

import httpx
import pytest


def make_service(api: httpx.Client, **fields: Any) -> dict[str, Any]:
    """A VirtualService with an address and a pool of one server."""
    server = {"ip": {"addr": "10.0.0.1", "type": "V4"}}
    api.post("/api/pool", json={"name": "p", "servers": [server]}).raise_for_status()
    api.post("/api/vsvip", json={"name": "v", "vip": [{"auto_allocate_ip": True}]}).raise_for_status()
    body = {"name": "s", "vsvip_ref": "/api/vsvip?name=v", "pool_ref": "/api/pool?name=p", **fields}
    answer: dict[str, Any] = api.post("/api/virtualservice", json=body).raise_for_status().json()
    return answer


def test_complete_service_is_up(api: httpx.Client) -> None:
    """A VirtualService with address and server is up, in runtime, inventory and joined to the object."""
    uuid = make_service(api)["uuid"]

    runtime = api.get(f"/api/virtualservice/{uuid}/runtime/").json()
    detail = api.get(f"/api/virtualservice/{uuid}/runtime/detail").json()[0]
    servers = api.get(f"/api/virtualservice/{uuid}/runtime/server/detail/")
    joined = api.get(f"/api/virtualservice/{uuid}?join_subresources=runtime").json()
    listed = api.get("/api/virtualservice?join_subresources=runtime&name=s").json()["results"][0]

    assert runtime["oper_status"] == {"state": "OPER_UP"}
    assert runtime["vip_summary"][0]["percent_ses_up"] == 100
    assert servers.status_code == 200
    assert detail["oper_status"] == joined["runtime"]["oper_status"] == listed["runtime"]["oper_status"]


def test_inventory_has_an_envelope_and_the_configuration(api: httpx.Client) -> None:
    """Inventory lists and items hold the object under `config`, beside how it is doing."""
    uuid = make_service(api)["uuid"]

    page = api.get("/api/virtualservice-inventory?name=s&include_name").json()
    plain = api.get(f"/api/virtualservice-inventory/{uuid}").json()
    item = api.get(f"/api/vsvip-inventory/{api.get('/api/vsvip').json()['results'][0]['uuid']}").json()

    entry = page["results"][0]
    assert (page["count"], entry["uuid"], entry["config"]["name"]) == (1, uuid, "s")
    assert entry["config"]["pool_ref"].endswith("#p")
    assert entry["config"]["vip"][0]["ip_address"]["addr"] == "10.10.10.2"
    assert entry["pools"] == [f"{plain['pools'][0]}#p"] == [entry["config"]["pool_ref"]]
    assert entry["runtime"]["vip_summary"][0]["vip_id"] == "0"
    assert {"alert", "health_score", "metrics"} < set(entry)
    assert item["config"]["vip"][0]["ip_address"]["addr"] == "10.10.10.2"


@pytest.mark.parametrize("path", ["serviceengine", "serviceengine-inventory"])
def test_there_are_no_service_engines(api: httpx.Client, path: str) -> None:
    """Scripts that look for Service Engines find none."""
    assert api.get(f"/api/{path}").json() == {"count": 0, "results": []}


def test_inventory_pages_lead_to_inventory_pages(api: httpx.Client) -> None:
    """`next` of an inventory is an inventory."""
    for number in range(3):
        api.post("/api/pool", json={"name": f"p{number}"})

    page = api.get("/api/pool-inventory?page_size=2").json()

    assert page["next"].partition("?")[0].endswith("/api/pool-inventory")
    assert len(api.get(page["next"]).json()["results"]) == 1


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"enabled": False}, "OPER_DISABLED"),
        ({"pool_ref": None}, "OPER_UP"),
    ],
)
def test_state_follows_the_configuration(api: httpx.Client, fields: dict[str, Any], state: str) -> None:
    """What is switched off is disabled, and a VirtualService needs no pool to be up."""
    uuid = make_service(api, **fields)["uuid"]

    assert api.get(f"/api/virtualservice/{uuid}/runtime").json()["oper_status"]["state"] == state


def test_pool_counts_its_servers(api: httpx.Client) -> None:
    """A pool that somebody uses is up with an enabled server and down without; another is unused."""
    make_service(api)
    uuid = api.get("/api/pool?name=p").json()["results"][0]["uuid"]
    other = api.post("/api/pool", json={"name": "q"}).json()["uuid"]
    used = api.get(f"/api/pool/{uuid}/runtime").json()
    api.patch(f"/api/pool/{uuid}", json={"replace": {"servers": []}})

    assert (used["oper_status"]["state"], used["num_servers_up"]) == ("OPER_UP", 1)
    assert api.get(f"/api/pool/{uuid}/runtime").json()["oper_status"]["state"] == "OPER_DOWN"
    assert api.get(f"/api/pool/{other}/runtime").json()["oper_status"]["state"] == "OPER_UNUSED"


@pytest.mark.parametrize("path", ["/api/tenant/admin/runtime", "/api/tenant-inventory", "/api/pool/x/other"])
def test_other_subresources_are_unknown(api: httpx.Client, path: str) -> None:
    """Only types with a runtime have one."""
    assert api.get(path).status_code == 404


def test_pool_group_tells_its_members_and_users(api: httpx.Client) -> None:
    """A group keeps ratio and priority of its members, is up with one of them, and knows who uses it."""
    server = {"ip": {"addr": "10.0.0.1", "type": "V4"}}
    for name, servers in {"a": [server], "b": []}.items():
        api.post("/api/pool", json={"name": name, "servers": servers}).raise_for_status()
    members = [
        {"pool_ref": "/api/pool?name=a", "ratio": 3, "priority_label": "10"},
        {"pool_ref": "/api/pool?name=b", "priority_label": "5"},
    ]
    group = api.post("/api/poolgroup", json={"name": "g", "min_servers": 0, "members": members}).json()
    path = f"/api/poolgroup/{group['uuid']}"
    unused = api.get(f"{path}/runtime").json()["oper_status"]["state"]
    api.post("/api/vsvip", json={"name": "v"}).raise_for_status()
    body = {"name": "s", "vsvip_ref": "/api/vsvip?name=v", "pool_group_ref": group["url"]}
    service = api.post("/api/virtualservice", json=body).json()

    used = api.get("/api/poolgroup-inventory?name=g&include_name").json()["results"][0]
    pool = api.get("/api/pool-inventory?name=b&include_name").json()["results"][0]
    api.patch(
        "/api/pool/" + api.get("/api/pool?name=a").json()["results"][0]["uuid"], json={"replace": {"servers": []}}
    )

    assert [(one["pool_ref"].partition("#")[2], one["ratio"], one["priority_label"]) for one in group["members"]] == [
        ("a", 3, "10"),
        ("b", 1, "5"),
    ]
    assert (unused, used["runtime"]["oper_status"]["state"]) == ("OPER_UNUSED", "OPER_UP")
    assert used["virtualservices"] == pool["virtualservices"] == [service["url"]]
    assert api.get(f"{path}/runtime").json()["oper_status"]["state"] == "OPER_DOWN"
    assert "VirtualService s" in api.delete(path).json()["error"]
    assert api.get(f"/api/poolgroup?refers_to=pool:{pool['uuid']}").json()["count"] == 1
