"""References in every form that clients send."""

import httpx
import pytest

from sync.emulator.references import Reference, parse_reference


def test_every_form_leads_to_the_object(api: httpx.Client) -> None:
    """URL, path, name, export form and uuid all resolve to the same object, and come back as a URL."""
    pool = api.post("/api/pool", json={"name": "a pool"}).json()
    forms = [
        pool["url"],
        pool["url"].partition("#")[0],
        f"https://elsewhere.example.com/api/pool/{pool['uuid']}#another",
        f"/api/pool/{pool['uuid']}",
        "/api/pool?name=a pool",
        "/api/pool/?name=a%20pool",
        "/api/pool/?tenant=admin&name=a pool&cloud=Default-Cloud",
        pool["uuid"],
    ]

    for number, form in enumerate(forms):
        answer = api.post("/api/poolgroup", json={"name": f"g{number}", "members": [{"pool_ref": form}]})
        assert pool["url"] == answer.json()["members"][0]["pool_ref"], form


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        ("poolgroup", {"members": [{"pool_ref": "/api/pool?name=no"}]}, 404, "Pool object not found!"),
        ("poolgroup", {"members": [{"pool_ref": "/api/pool/pool-no"}]}, 404, "Pool object not found!"),
        ("pool", {"health_monitor_refs": ["/api/healthmonitor?name=no"]}, 404, "HealthMonitor object not found!"),
        ("vsvip", {"vrf_context_ref": "/api/vrfcontext?name=no"}, 400, "VrfContext object not found"),
        ("vsvip", {"vip": [{"network_ref": "/api/network?name=no"}]}, 400, "Network object not found"),
        ("virtualservice", {"pool_ref": "/api/vsvip?name=no"}, 400, "Field check for pool_ref failed"),
        ("virtualservice", {"pool_ref": "/api/pool"}, 400, "Field check for pool_ref failed"),
        ("virtualservice", {"pool_ref": "a/b"}, 400, "Field check for pool_ref failed"),
        ("virtualservice", {"pool_ref": 3}, 400, "Field check for pool_ref failed"),
        ("pool", {"tenant_ref": "/api/tenant?name=no"}, 404, "Tenant object not found!"),
    ],
)
def test_references_must_lead_somewhere(
    api: httpx.Client, path: str, body: dict[str, object], status: int, text: str
) -> None:
    """A reference to nothing, or to another type, is refused in the words that clients know."""
    answer = api.post(f"/api/{path}", json={"name": "x", **body})

    assert status == answer.status_code
    assert text in answer.json()["error"]


def test_portable_references_choose_the_cloud(api: httpx.Client) -> None:
    """`cloud=` in a reference says whose object of a name is meant."""
    api.post("/api/cloud", json={"name": "other", "vtype": "CLOUD_NONE"}).raise_for_status()
    wanted = api.get("/api/vrfcontext?name=global&cloud_ref.name=other").json()["results"][0]["url"]

    pool = api.post(
        "/api/pool",
        json={
            "name": "p",
            "cloud_ref": "/api/cloud?name=other",
            "vrf_ref": "/api/vrfcontext/?tenant=admin&name=global&cloud=other",
        },
    )

    assert wanted == pool.json()["vrf_ref"].partition("#")[0]


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("https://h:9443/api/pool/pool-1#n", Reference(path="pool", uuid="pool-1")),
        ("//api/pool/pool-1/", Reference(path="pool", uuid="pool-1")),
        ("/api/pool?name=a+b", Reference(path="pool", name="a+b")),
        ("/api/pool/?name=a%26b&cloud=c", Reference(path="pool", name="a&b", cloud="c")),
        ("pool-1", Reference(path=None, uuid="pool-1")),
        ("", None),
        ("https://h", None),
        ("x/y", None),
    ],
)
def test_references_are_taken_apart(text: str, parsed: Reference | None) -> None:
    """The parts of a reference are found whatever form it has."""
    assert parsed == parse_reference(text)
