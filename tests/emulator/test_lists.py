"""Lists: envelope, pages, filters and shapes."""

from urllib.parse import urlsplit

import httpx
import pytest


def names(api: httpx.Client, query: str) -> list[str]:
    """The names on the one page that the query gives."""
    answer = api.get(f"/api/pool?{query}")
    assert answer.status_code == 200, answer.text
    return [one["name"] for one in answer.json()["results"]]


@pytest.fixture
def pools(api: httpx.Client) -> httpx.Client:
    """Three pools: alpha and beta with a monitor, Gamma made by somebody, with a label, in another cloud."""
    api.post("/api/cloud", json={"name": "other", "vtype": "CLOUD_NONE"})
    monitor = {"health_monitor_refs": ["/api/healthmonitor?name=System-TCP"]}
    label = {"markers": [{"key": "team", "values": ["blue", "red"]}], "created_by": "somebody"}
    elsewhere = {"cloud_ref": "/api/cloud?name=other", "default_server_port": 8080}
    api.post("/api/pool", json={"name": "alpha", **monitor, "default_server_port": 443})
    api.post("/api/pool", json={"name": "beta", **monitor, "enabled": False})
    api.post("/api/pool", json={"name": "Gamma", **elsewhere, **label})
    return api


def test_empty_list_is_no_error(api: httpx.Client) -> None:
    """Nothing found is 200 with a count of nothing."""
    answer = api.get("/api/pool?name=no")

    assert answer.json() == {"count": 0, "results": []}


def test_pages_follow_one_another(api: httpx.Client) -> None:
    """`next` is the absolute address of the next page, and absent on the last; count is the total."""
    for number in range(60):
        api.post("/api/pool", json={"name": f"p{number}"}).raise_for_status()

    pages = [api.get("/api/pool?include_name=true").json()]
    while "next" in pages[-1]:
        pages.append(api.get(pages[-1]["next"]).json())

    assert [len(page["results"]) for page in pages] == [25, 25, 10]
    assert {60} == {page["count"] for page in pages}
    assert [f"p{number}" for number in range(60)] == [one["name"] for page in pages for one in page["results"]]
    assert urlsplit(pages[0]["next"]).query == "include_name=true&page=2&page_size=25"


def test_page_size_is_clamped(api: httpx.Client) -> None:
    """A page holds 200 objects at most, whatever is requested."""
    for number in range(205):
        api.post("/api/tenant", json={"name": f"t{number}"}).raise_for_status()

    page = api.get("/api/tenant?page_size=1000").json()

    assert (len(page["results"]), page["count"]) == (200, 206)
    assert "page_size=200" in page["next"]


@pytest.mark.parametrize("query", ["page=0", "page_size=x", "page=-1"])
def test_page_must_be_a_number(api: httpx.Client, query: str) -> None:
    """A page that is no positive number is 400."""
    assert api.get(f"/api/pool?{query}").status_code == 400


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=beta", ["beta"]),
        ("name=bet", []),
        ("name.contains=a", ["alpha", "beta", "Gamma"]),
        ("name.contains=g", []),
        ("name.icontains=g", ["Gamma"]),
        ("name.in=beta,alpha,no", ["beta", "alpha"]),
        ("cloud_ref.name=other", ["Gamma"]),
        ("cloud=other", ["Gamma"]),
        ("created_by=somebody", ["Gamma"]),
        ("enabled=false", ["beta"]),
        ("label_key=team", ["Gamma"]),
        ("label_key=team&label_value=red", ["Gamma"]),
        ("label_key=team&label_value=green", []),
        ("search=alph", ["alpha"]),
        ("search=gamma", []),
        ("isearch=gamma", ["Gamma"]),
        ("isearch=(name,BET)|(name,lph)", ["alpha", "beta"]),
        ("sort=name", ["Gamma", "alpha", "beta"]),
        ("sort=-name", ["beta", "alpha", "Gamma"]),
        ("sort=default_server_port", ["beta", "alpha", "Gamma"]),
        ("sort=-default_server_port", ["Gamma", "alpha", "beta"]),
        ("sort=created_by", ["alpha", "beta", "Gamma"]),
        ("limit_by=1", ["alpha"]),
        ("no_such_parameter=1", ["alpha", "beta", "Gamma"]),
        ("include_refs=&join_subresources=runtime", ["alpha", "beta", "Gamma"]),
    ],
)
def test_filters_select(pools: httpx.Client, query: str, found: list[str]) -> None:
    """Each parameter selects what it says; unknown ones select everything."""
    assert found == names(pools, query)


def test_filters_by_uuid_and_reference(pools: httpx.Client) -> None:
    """Objects are found by their own uuid, their cloud's, and by what they refer to or what refers to them."""
    alpha, beta, gamma = pools.get("/api/pool").json()["results"]
    monitor = pools.get("/api/healthmonitor?name=System-TCP").json()["results"][0]["uuid"]
    cloud = gamma["cloud_ref"].rpartition("/")[2]

    assert names(pools, f"uuid.in={alpha['uuid']},{gamma['uuid']}") == ["alpha", "Gamma"]
    assert names(pools, f"uuid.in={alpha['uuid']},{gamma['uuid']}&exclude=uuid.in") == ["beta"]
    assert names(pools, f"cloud_uuid={cloud}") == ["Gamma"]
    assert names(pools, f"cloud_ref.uuid={cloud}") == ["Gamma"]
    assert names(pools, f"refers_to=healthmonitor:{monitor}") == ["alpha", "beta"]
    referred = pools.get(f"/api/healthmonitor?referred_by=pool:{beta['uuid']}").json()
    assert [one["name"] for one in referred["results"]] == ["System-TCP"]


@pytest.mark.parametrize("flag", ["include_name", "include_name=", "include_name=true"])
def test_references_are_named_when_asked(pools: httpx.Client, flag: str) -> None:
    """With include_name references and url carry the name; without, none does."""
    plain, named = (pools.get(f"/api/pool?name=alpha{query}").json()["results"][0] for query in ("", f"&{flag}"))

    assert "#" not in plain["url"] + plain["cloud_ref"]
    assert [plain["url"] + "#alpha", plain["cloud_ref"] + "#Default-Cloud"] == [named["url"], named["cloud_ref"]]
    assert named["health_monitor_refs"][0].endswith("#System-TCP")


def test_fields_and_defaults_can_be_left_out(pools: httpx.Client) -> None:
    """`fields` leaves identity and what is requested; `skip_default` what differs from the defaults, on a PUT too."""
    uuid = pools.get("/api/pool?name=beta").json()["results"][0]["uuid"]

    some = pools.get(f"/api/pool/{uuid}?fields=enabled").json()
    short = pools.get(f"/api/pool/{uuid}?skip_default=true").json()
    written = pools.put(f"/api/pool/{uuid}?skip_default=true", json={"name": "beta"}).json()

    assert {"url", "uuid", "name", "tenant_ref", "cloud_ref", "_last_modified", "enabled"} == set(some)
    assert short["enabled"] is False
    assert "default_server_port" not in short
    assert "enabled" not in written


def test_quotes_in_names_come_back(api: httpx.Client) -> None:
    """Names with any characters survive being written into references."""
    name = 'a "quoted" \\u0000 näme'
    api.post("/api/pool", json={"name": name}).raise_for_status()

    found = api.get("/api/pool?include_name", params={"name": name, "include_name": ""}).json()["results"]

    assert [name] == [one["name"] for one in found]
    assert found[0]["url"].partition("#")[2] == name
