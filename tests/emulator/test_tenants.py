"""Tenants: whose objects are whose, and what all of them see."""

from collections.abc import Callable

import httpx
import pytest

from sync.emulator import Emulator

LogIn = Callable[..., httpx.Client]


@pytest.fixture
def emulator(start: Callable[..., Emulator]) -> Emulator:
    """With the tenants red and blue beside admin."""
    return start(seed={"tenants": ["red", "blue"]})


def test_objects_belong_to_the_tenant_of_the_request(emulator: Emulator, log_in: LogIn) -> None:
    """A pool is seen in its tenant alone; each tenant may have the name; `*` sees all."""
    clients = {tenant: log_in(emulator, tenant=tenant) for tenant in ("admin", "red", "blue", "*")}
    for tenant in ("red", "blue"):
        made = clients[tenant].post("/api/pool", json={"name": "p"}).json()
        assert made["tenant_ref"].endswith(f"#{tenant}")
        assert made["cloud_ref"].endswith("#Default-Cloud")

    counts = {tenant: client.get("/api/pool?name=p").json()["count"] for tenant, client in clients.items()}

    assert counts == {"admin": 0, "red": 1, "blue": 1, "*": 2}


def test_tenant_is_given_by_name_or_uuid(emulator: Emulator, log_in: LogIn) -> None:
    """Name and uuid mean the same tenant, in either header; without a header it is admin."""
    api = log_in(emulator)
    uuid = api.get("/api/tenant?name=red").json()["results"][0]["uuid"]
    api.post("/api/pool", json={"name": "p"}, headers={"X-Avi-Tenant": "red"}).raise_for_status()

    by_uuid = api.get("/api/pool", headers={"X-Avi-Tenant": uuid}).json()["count"]
    del api.headers["X-Avi-Tenant"]
    by_header = api.get("/api/pool", headers={"X-Avi-Tenant-UUID": uuid}).json()["count"]
    default = api.get("/api/pool").json()["count"]

    assert (by_uuid, by_header, default) == (1, 1, 0)


def test_unknown_tenant_is_refused(emulator: Emulator, log_in: LogIn) -> None:
    """A tenant that is not there is 403 in the words that AKO knows."""
    answer = log_in(emulator, tenant="nobody").get("/api/pool")

    assert (answer.status_code, answer.json()) == (403, {"error": "Tenant 'nobody' does not exist!"})


def test_shared_types_of_admin_are_seen_and_used(emulator: Emulator, log_in: LogIn) -> None:
    """Clouds, VRFs, networks and profiles of admin are seen in every tenant, but not to be changed there."""
    red = log_in(emulator, tenant="red")
    types = ("cloud", "vrfcontext", "network", "serviceenginegroup", "networkprofile", "healthmonitor", "tenant")
    seen = {path: red.get(f"/api/{path}").json()["count"] for path in types}
    monitor = red.get("/api/healthmonitor?name=System-TCP").json()["results"][0]

    refused = red.put(f"/api/healthmonitor/{monitor['uuid']}", json=monitor)

    assert all(seen.values()), seen
    assert refused.status_code == 400
    assert refused.json()["error"].startswith("Cannot modify HealthMonitor")


def test_objects_of_other_tenants_are_not_found(emulator: Emulator, log_in: LogIn) -> None:
    """Neither a path nor a reference leads to another tenant's pool; under `*` it can be changed and deleted."""
    red, blue, every = (log_in(emulator, tenant=tenant) for tenant in ("red", "blue", "*"))
    pool = red.post("/api/pool", json={"name": "p"}).json()
    path = f"/api/pool/{pool['uuid']}"

    statuses = [blue.get(path).status_code, blue.delete(path).status_code]
    referring = blue.post("/api/poolgroup", json={"name": "g", "members": [{"pool_ref": pool["url"]}]})
    changed = every.put(path, json={"name": "p", "default_server_port": 81})
    deleted = every.delete(path)

    assert (statuses, referring.status_code) == ([404, 404], 404)
    assert (changed.status_code, deleted.status_code) == (200, 204)


def test_nothing_is_made_for_all_tenants(emulator: Emulator, log_in: LogIn) -> None:
    """A POST under `*` is refused, unless the type belongs to no tenant."""
    every = log_in(emulator, tenant="*")

    assert every.post("/api/pool", json={"name": "p"}).status_code == 400
    assert every.post("/api/tenant", json={"name": "green"}).status_code == 201


def test_tenant_in_the_body_is_that_of_the_request(emulator: Emulator, log_in: LogIn) -> None:
    """A body may name the tenant of the request, and no other."""
    red = log_in(emulator, tenant="red")

    same = red.post("/api/pool", json={"name": "p", "tenant_ref": "/api/tenant?name=red"})
    other = red.post("/api/pool", json={"name": "q", "tenant_ref": "/api/tenant?name=blue"})

    assert (same.status_code, other.status_code) == (201, 400)


def test_new_tenant_is_as_recorded(emulator: Emulator, log_in: LogIn) -> None:
    """A new tenant has its settings, shows at the next login, and cannot go while it holds something."""
    api = log_in(emulator)
    tenant = api.post("/api/tenant", json={"name": "green", "local": "true"}).json()
    api.post("/api/pool", json={"name": "p"}, headers={"X-Avi-Tenant": "green"}).raise_for_status()

    login = httpx.post(f"{emulator.url}/login", json={"username": "admin", "password": "emulator"}).json()

    assert tenant["config_settings"] == {
        "tenant_vrf": False,
        "se_in_provider_context": True,
        "tenant_access_to_provider_se": True,
    }
    assert [one["name"] for one in login["tenants"]] == ["admin", "red", "blue", "green"]
    assert api.delete(f"/api/tenant/{tenant['uuid']}").status_code == 403
