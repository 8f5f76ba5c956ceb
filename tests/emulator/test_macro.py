"""Several objects in one request."""

import httpx

TREE = {
    "model_name": "VirtualService",
    "data": {
        "name": "vs",
        "services": [{"port": 80}],
        "vsvip_ref_data": {"name": "vip", "vip": [{"auto_allocate_ip": True}]},
        "pool_ref_data": {
            "name": "pool",
            "health_monitor_refs": ["/api/healthmonitor?name=System-TCP"],
            "health_monitor_refs_data": [{"name": "hm", "type": "HEALTH_MONITOR_TCP"}],
        },
        "l4_policies": [{"index": 1, "l4_policy_set_ref_data": {"name": "policies"}}],
    },
}
MADE = ("virtualservice", "vsvip", "pool", "l4policyset")


def counts(api: httpx.Client) -> list[int]:
    """How many objects of the kinds in the tree there are."""
    return [api.get(f"/api/{path}").json()["count"] for path in MADE]


def test_tree_is_made_at_once(api: httpx.Client) -> None:
    """Objects inside others are made first, and referred to beside what was referred to already."""
    answer = api.post("/api/macro", json=TREE)
    pool = api.get("/api/pool?name=pool&include_name").json()["results"][0]

    assert answer.status_code == 201
    assert answer.json()["pool_ref"].endswith("#pool")
    assert answer.json()["l4_policies"][0]["l4_policy_set_ref"].endswith("#policies")
    assert [reference.partition("#")[2] for reference in pool["health_monitor_refs"]] == ["System-TCP", "hm"]
    assert counts(api) == [1, 1, 1, 1]


def test_tree_is_made_wholly_or_not_at_all(api: httpx.Client) -> None:
    """If the outermost object is refused, those inside it are gone."""
    refused = api.post("/api/macro", json={**TREE, "data": {**TREE["data"], "services": [{"port": 99999}]}})  # type: ignore[dict-item]  # the data is a mapping

    assert refused.status_code == 400
    assert counts(api) == [0, 0, 0, 0]


def test_tree_is_replaced(api: httpx.Client) -> None:
    """PUT replaces the object and those inside it that have the uuid of one; others are made."""
    service = api.post("/api/macro", json=TREE).json()
    pool = api.get("/api/pool?name=pool").json()["results"][0]
    data = {
        "uuid": service["uuid"],
        "name": "vs",
        "vsvip_ref": service["vsvip_ref"],
        "pool_ref_data": {"uuid": pool["uuid"], "name": "renamed"},
    }

    answer = api.put("/api/macro", json={"model_name": "VirtualService", "data": data})

    assert answer.json()["pool_ref"] == pool["url"] + "#renamed"
    assert counts(api) == [1, 1, 1, 1]


def test_tree_is_deleted_but_for_what_others_need(api: httpx.Client) -> None:
    """DELETE takes what only the object referred to; system objects and what others refer to stay."""
    service = api.post("/api/macro", json=TREE).json()
    vsvip = service["vsvip_ref"]
    api.post("/api/virtualservice", json={"name": "other", "vsvip_ref": vsvip, "services": [{"port": 81}]})

    answer = api.request(
        "DELETE", "/api/macro", json={"model_name": "VirtualService", "data": {"uuid": service["uuid"]}}
    )

    assert answer.status_code == 204
    assert counts(api) == [1, 1, 0, 0]
    assert api.get("/api/healthmonitor?name.in=hm,System-TCP").json()["count"] == 1


def test_macro_without_sense_is_refused(api: httpx.Client) -> None:
    """An unknown type, no data, an unknown object and another method are refused."""
    bodies: list[object] = [{"model_name": "Nothing", "data": {}}, {"model_name": "Pool"}, [], {"data": {}}]

    assert [api.post("/api/macro", json=body).status_code for body in bodies] == [400] * 4
    assert api.put("/api/macro", json={"model_name": "Pool", "data": {"uuid": "pool-1"}}).status_code == 404
    assert api.get("/api/macro").status_code == 405
    assert api.post("/api/macro", json=TREE, headers={"X-Avi-Tenant": "*"}).status_code == 400
