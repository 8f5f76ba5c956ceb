"""Addresses of VIPs: given, kept, refused and given back."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sync.emulator import Emulator

Start = Callable[..., Emulator]
LogIn = Callable[..., httpx.Client]

SMALL = {"name": "small", "subnets": ["10.1.0.0/29"], "ranges": ["10.1.0.0-10.1.0.7"]}
RANGED = {
    "name": "ranged",
    "subnets": ["10.2.0.0/24", "10.3.0.0/24"],
    "ranges": ["10.2.0.50-10.2.0.51", "10.3.0.9-10.3.0.9"],
}
DUAL = {"name": "dual", "subnets": ["10.4.0.0/24", "2001:db8::/64"]}
SEED = {"networks": [SMALL, RANGED, DUAL], "tenants": ["blue"]}


@pytest.fixture
def seeded(start: Start) -> Emulator:
    """Networks: small with six addresses, ranged with three, dual with both families."""
    return start(seed=SEED)


@pytest.fixture
def api(seeded: Emulator, log_in: LogIn) -> httpx.Client:
    """A client in tenant admin."""
    return log_in(seeded)


def on(network: str, **fields: Any) -> dict[str, Any]:
    """A VIP that is to get an address of the network."""
    place = {"network_ref": f"/api/network?name={network}", **fields.pop("place", {})}
    return {"vip_id": "0", "auto_allocate_ip": True, "ipam_network_subnet": place, **fields}


def v4(address: str) -> dict[str, str]:
    """An IPv4 address as the API writes it."""
    return {"addr": address, "type": "V4"}


def subnet(address: str, mask: int) -> dict[str, Any]:
    """A subnet as the API writes it."""
    return {"ip_addr": {"addr": address, "type": "V6" if ":" in address else "V4"}, "mask": mask}


def post(api: httpx.Client, name: str, *vips: dict[str, Any], **fields: Any) -> httpx.Response:
    """The answer to the POST of a VsVip."""
    return api.post("/api/vsvip", json={"name": name, "vip": list(vips), **fields})


def address(answer: httpx.Response) -> str:
    """The address of the first VIP."""
    assert answer.status_code in (200, 201), answer.text
    text: str = answer.json()["vip"][0]["ip_address"]["addr"]
    return text


def test_lowest_free_address_is_given(api: httpx.Client) -> None:
    """Addresses are given in order, without network and broadcast address, until there are none."""
    given = [address(post(api, f"v{number}", on("small"))) for number in range(6)]
    refused = post(api, "v6", on("small"))

    assert given == [f"10.1.0.{number}" for number in range(1, 7)]
    assert (refused.status_code, refused.json()) == (400, {"error": "No available free IPs"})
    assert api.get("/api/vsvip").json()["count"] == 6


@pytest.mark.parametrize(
    ("prefix", "given"),
    [("10.5.0.0/29", [f"10.5.0.{last}" for last in range(2, 7)]), ("10.5.0.4/31", ["10.5.0.4", "10.5.0.5"])],
)
def test_seed_without_ranges_means_the_hosts_but_the_gateway(
    start: Start, log_in: LogIn, prefix: str, given: list[str]
) -> None:
    """A subnet of a seed serves whole, less the addresses of the network, its broadcast and its gateway."""
    api = log_in(start(seed={"networks": [{"name": "whole", "subnets": [prefix]}]}))

    found = [address(post(api, f"v{number}", on("whole"))) for number in range(len(given))]

    assert given == found
    assert post(api, "next", on("whole")).json() == {"error": "No available free IPs"}


def test_network_without_ranges_gives_nothing(api: httpx.Client) -> None:
    """A network that a client makes without static ranges has no address to give, a preferred one neither."""
    subnets = [{"prefix": subnet("10.6.0.0", 24)}]
    api.post("/api/network", json={"name": "bare", "configured_subnets": subnets}).raise_for_status()

    refused = [post(api, "v", vip) for vip in (on("bare"), on("bare", ip_address=v4("10.6.0.9")))]

    assert [(one.status_code, one.json()) for one in refused] == [(400, {"error": "No available free IPs"})] * 2


def test_only_ranges_are_used(api: httpx.Client) -> None:
    """Where ranges are given, addresses come from them, in the order of the subnets."""
    given = [address(post(api, f"v{number}", on("ranged"))) for number in range(3)]

    assert given == ["10.2.0.50", "10.2.0.51", "10.3.0.9"]
    assert post(api, "v3", on("ranged")).status_code == 400


def test_allocation_completes_the_vip(api: httpx.Client) -> None:
    """An allocated VIP names its network and subnet, and says that it was allocated."""
    vip = post(api, "v", on("small")).json()["vip"][0]

    assert vip["avi_allocated_vip"] is True
    assert vip["ipam_network_subnet"]["subnet"] == subnet("10.1.0.0", 29)
    assert vip["ipam_network_subnet"]["network_ref"].endswith("#small")
    assert vip["discovered_networks"][0]["subnet"] == [subnet("10.1.0.0", 29)]
    assert (vip["enabled"], vip["auto_allocate_ip_type"], vip["prefix_length"]) == (True, "V4_ONLY", 32)


def test_public_clouds_say_it_beside_the_address(start: Start, log_in: LogIn) -> None:
    """In a public cloud the network stands beside the address instead."""
    api = log_in(start(seed={**SEED, "cloud": {"vtype": "CLOUD_AWS"}}))

    vip = post(api, "v", on("small")).json()["vip"][0]

    assert vip["network_ref"].endswith("#small")
    assert vip["subnet"] == subnet("10.1.0.0", 29)
    assert "discovered_networks" not in vip


def test_first_usable_network_serves_who_names_none(api: httpx.Client) -> None:
    """Without a network the IPAM profile's usable networks are tried in order; a subnet may choose among them."""
    any_vip = {"vip_id": "0", "auto_allocate_ip": True}

    assert address(post(api, "v", any_vip)) == "10.1.0.1"
    assert address(post(api, "w", {**any_vip, "subnet": subnet("10.4.0.0", 24)})) == "10.4.0.2"


def test_subnet_narrows_the_choice(api: httpx.Client) -> None:
    """A requested subnet is used; one that the network does not have is refused."""
    chosen = post(api, "v", on("ranged", place={"subnet": subnet("10.3.0.0", 24)}))
    other = post(api, "w", on("ranged", place={"subnet": subnet("10.9.0.0", 24)}))

    assert address(chosen) == "10.3.0.9"
    assert other.status_code == 400


def test_both_families_can_be_asked_for(api: httpx.Client) -> None:
    """V6_ONLY and V4_V6 give what they say; a network without IPv6 has none to give."""
    both = post(api, "both", on("dual", auto_allocate_ip_type="V4_V6")).json()["vip"][0]
    six = post(api, "six", on("dual", auto_allocate_ip_type="V6_ONLY")).json()["vip"][0]

    assert (both["ip_address"]["addr"], both["ip6_address"]["addr"]) == ("10.4.0.2", "2001:db8::2")
    assert both["ipam_network_subnet"]["subnet6"] == subnet("2001:db8::", 64)
    assert "ip_address" not in six
    assert post(api, "none", on("small", auto_allocate_ip_type="V4_V6")).status_code == 400


def test_preferred_address_is_given_if_it_can_be(api: httpx.Client) -> None:
    """A preferred address inside the ranges is given; one outside, one in use, and no address at all are refused."""
    preferred = post(api, "v", on("small", ip_address=v4("10.1.0.4")))
    refusals = {
        name: post(api, name, on("small", ip_address=value)).status_code
        for name, value in {
            "outside": v4("10.9.0.1"),
            "network": v4("10.1.0.0"),
            "broadcast": v4("10.1.0.7"),
            "taken": v4("10.1.0.4"),
            "text": v4("somewhere"),
            "name": {"addr": "a.b", "type": "DNS"},
        }.items()
    }

    assert address(preferred) == "10.1.0.4"
    assert set(refusals.values()) == {400}
    assert address(post(api, "next", on("small"))) == "10.1.0.1"
    assert post(api, "beside", on("ranged", ip_address=v4("10.2.0.49"))).status_code == 400


def test_deleting_gives_the_address_back(api: httpx.Client) -> None:
    """An address is free again when its VsVip is gone, and the lowest free one is next."""
    first, second, third = (post(api, name, on("small")) for name in ("a", "b", "c"))
    for answer in (third, first):
        api.delete(f"/api/vsvip/{answer.json()['uuid']}").raise_for_status()

    assert [address(post(api, name, on("small"))) for name in ("d", "e")] == ["10.1.0.1", "10.1.0.3"]
    assert address(second) == "10.1.0.2"


def test_address_is_taken_for_every_tenant(api: httpx.Client, seeded: Emulator, log_in: LogIn) -> None:
    """No other VsVip of the cloud and VRF can have an address, in any tenant; another VRF can."""
    blue = log_in(seeded, tenant="blue")
    blue.post("/api/vrfcontext", json={"name": "apart"}).raise_for_status()
    static = {"vip_id": "0", "ip_address": v4("10.1.0.1")}
    post(api, "v", static).raise_for_status()

    refused = post(blue, "w", static)
    apart = post(blue, "x", static, vrf_context_ref="/api/vrfcontext?name=apart")

    assert refused.status_code == 400
    assert "10.1.0.1 is already in use by VsVip v" in refused.json()["error"]
    assert apart.status_code == 201
    assert address(post(blue, "y", on("small"))) == "10.1.0.2"


CHANGES = [
    pytest.param({"ip_address": v4("10.1.0.5")}, id="another address"),
    pytest.param({"ip6_address": {"addr": "2001:db8::5", "type": "V6"}}, id="an address of the other family"),
    pytest.param({"auto_allocate_ip_type": "V4_V6"}, id="another family"),
    pytest.param({"auto_allocate_ip": False}, id="no allocation"),
    pytest.param({"ipam_network_subnet": {"network_ref": "/api/network?name=ranged"}}, id="another network"),
    pytest.param({"ipam_network_subnet": {"subnet": subnet("10.9.0.0", 24)}}, id="a subnet without the address"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_allocated_vip_cannot_be_changed(api: httpx.Client, change: dict[str, Any]) -> None:
    """A PUT that requests another VIP than the allocated one is refused in the words that AKO knows."""
    live = post(api, "v", on("small")).json()
    path = f"/api/vsvip/{live['uuid']}"

    refused = api.put(path, json={"name": "v", "vip": [{"vip_id": "0", "auto_allocate_ip": True, **change}]})

    assert refused.status_code == 400
    assert "If a new preferred IP is needed, please recreate the VIP" in refused.json()["error"]
    assert api.get(path + "?include_name").json() == live


REPEATS = [
    pytest.param(lambda vip: vip, id="as it came"),
    pytest.param(lambda vip: {"vip_id": "0", "auto_allocate_ip": True}, id="as it was requested"),
    pytest.param(lambda vip: on("small"), id="with its network"),
    pytest.param(lambda vip: on("small", ip_address=v4("10.1.0.1")), id="with its address"),
    pytest.param(lambda vip: {"auto_allocate_ip": True, "ip_address": v4("10.1.0.1")}, id="without vip_id"),
    pytest.param(lambda vip: on("small", place={"subnet": subnet("10.1.0.0", 24)}), id="in a wider subnet"),
]


@pytest.mark.parametrize("body", REPEATS)
def test_allocated_vip_may_be_repeated(api: httpx.Client, body: Callable[[Any], dict[str, Any]]) -> None:
    """A PUT that repeats the VIP, wholly or what it requested, changes the rest and keeps the VIP."""
    live = post(api, "v", on("small")).json()
    vip = {**body(live["vip"][0]), "discovered_networks": live["vip"][0]["discovered_networks"]}
    changed = {"name": "v", "vip": [vip], "dns_info": [{"fqdn": "a.avi.internal"}]}

    answer = api.put(f"/api/vsvip/{live['uuid']}", json=changed)

    assert answer.status_code == 200, answer.text
    assert live["vip"] == answer.json()["vip"]
    assert answer.json()["dns_info"][0]["fqdn"] == "a.avi.internal"


@pytest.mark.parametrize("path", ["vsvip", "virtualservice"])
def test_networks_that_are_left_out_take_the_service_down(api: httpx.Client, path: str) -> None:
    """A PUT without the networks that the Controller found is taken from AKO and Ansible, and the VIP is down."""
    live = post(api, "v", on("small")).json()
    api.post("/api/virtualservice", json={"name": "v", "vsvip_ref": live["url"]}).raise_for_status()
    vip = {key: value for key, value in live["vip"][0].items() if key != "discovered_networks"}

    def status() -> Any:
        return api.get(f"/api/{path}-inventory?name=v").json()["results"][0]["runtime"]["oper_status"]

    without = api.put(f"/api/vsvip/{live['uuid']}", json={"name": "v", "vip": [vip]})
    down = status()
    api.put(f"/api/vsvip/{live['uuid']}", json={"name": "v", "vip": live["vip"]}).raise_for_status()

    assert (without.status_code, without.json()["vip"]) == (200, [vip])
    assert down == {"state": "OPER_DOWN", "reason": ["No network/subnet matched Virtual Service IP 10.1.0.1"]}
    assert status() == {"state": "OPER_UP"}


SECOND = {**on("small"), "vip_id": "1"}
OTHER_VIPS = [
    pytest.param(lambda first: [{**first, "vip_id": "7"}], "Changing an existing VIP's vip_id", id="renumbered"),
    pytest.param(lambda first: [first, SECOND], "Addition or deletion of VIP 1", id="added"),
    pytest.param(lambda first: [first, {"vip_id": "2", "ip_address": v4("10.1.0.5")}], "VIP 2", id="a fixed one added"),
    pytest.param(lambda first: [], "Addition or deletion of VIP 0", id="emptied"),
    pytest.param(lambda first: [first, first], "vip_id has duplicated value", id="twice"),
]


@pytest.mark.parametrize(("vips", "words"), OTHER_VIPS)
def test_live_vsvip_keeps_its_vips(api: httpx.Client, vips: Callable[[Any], list[Any]], words: str) -> None:
    """VIPs that the Controller allocates cannot be added, dropped or renumbered once the VsVip exists."""
    live = post(api, "v", on("small")).json()
    path = f"/api/vsvip/{live['uuid']}"

    refused = api.put(path, json={"name": "v", "vip": vips(live["vip"][0])})

    assert (refused.status_code, words in refused.json()["error"]) == (400, True), refused.text
    assert api.get(path + "?include_name").json() == live


def test_vip_of_two_cannot_be_dropped(api: httpx.Client) -> None:
    """One of two VIPs stays, and nothing can be allocated for a VsVip that was made without VIPs."""
    two, none = post(api, "two", on("small"), SECOND).json(), post(api, "none").json()

    fewer = api.put(f"/api/vsvip/{two['uuid']}", json={"name": "two", "vip": two["vip"][:1]})
    first = api.put(f"/api/vsvip/{none['uuid']}", json={"name": "none", "vip": [on("small")]})
    gone = api.patch(f"/api/vsvip/{two['uuid']}", json={"delete": {"vip": [{"vip_id": "1"}]}})

    assert [fewer.status_code, first.status_code, gone.status_code] == [400, 400, 400]


def test_fixed_vips_come_and_go(api: httpx.Client) -> None:
    """VIPs whose addresses the client chose without the Controller's IPAM may be added and dropped."""
    fixed = [{"vip_id": str(number), "ip_address": v4(f"10.1.0.{number + 1}")} for number in range(2)]
    live = post(api, "v", fixed[0]).json()

    answers = [api.put(f"/api/vsvip/{live['uuid']}", json={"name": "v", "vip": fixed[:count]}) for count in (2, 0, 1)]

    assert [len(answer.json().get("vip", ())) for answer in answers] == [2, 0, 1]


def test_static_address_may_be_changed(api: httpx.Client) -> None:
    """An address that was not allocated is the client's to change."""
    live = post(api, "v", {"ip_address": v4("10.1.0.1")}).json()

    answer = api.put(f"/api/vsvip/{live['uuid']}", json={"name": "v", "vip": [{"ip_address": v4("10.1.0.2")}]})

    assert address(answer) == "10.1.0.2"
    assert address(post(api, "w", on("small"))) == "10.1.0.1"


@pytest.mark.parametrize("field", ["vrf_context_ref", "tier1_lr", "cloud_ref"])
def test_place_of_a_vsvip_is_fixed(api: httpx.Client, field: str) -> None:
    """VRF, tier-1 router and cloud stay what they were."""
    api.post("/api/vrfcontext", json={"name": "other"}).raise_for_status()
    api.post("/api/cloud", json={"name": "other", "vtype": "CLOUD_NONE"}).raise_for_status()
    other = {"vrf_context_ref": "/api/vrfcontext?name=other", "cloud_ref": "/api/cloud?name=other"}
    live = post(api, "v", on("small"), tier1_lr="/infra/tier-1s/one").json()
    path = f"/api/vsvip/{live['uuid']}"

    refused = api.put(path, json={**live, field: other.get(field, "/infra/tier-1s/two")})
    kept = api.put(path, json={"name": "v", "vip": live["vip"]})

    assert refused.status_code == 400
    assert kept.json()[field] == live[field]


def test_dns_records_are_completed(api: httpx.Client, start: Start, log_in: LogIn) -> None:
    """A record gets the profile's time to live; without a DNS profile it gets zeros."""
    without = log_in(start(seed={**SEED, "cloud": {"dns_domains": []}}))

    record, bare = (
        post(client, "v", dns_info=[{"fqdn": "a.avi.internal"}]).json()["dns_info"][0] for client in (api, without)
    )

    assert record == {
        "fqdn": "a.avi.internal",
        "ttl": 30,
        "type": "DNS_RECORD_A",
        "num_records_in_response": 1,
        "algorithm": "DNS_RECORD_RESPONSE_CONSISTENT_HASH",
    }
    assert (bare["ttl"], bare["num_records_in_response"]) == (0, 0)


def test_names_are_in_the_domains_of_the_cloud(api: httpx.Client) -> None:
    """A DNS name must be in a domain of the cloud's DNS profile; another label that ends like it is not."""

    def status(fqdn: str) -> int:
        return api.post("/api/vsvip", json={"name": fqdn, "dns_info": [{"fqdn": fqdn}]}).status_code

    assert [status(name) for name in ("a.avi.internal", "B.Avi.Internal", "x.y.avi.internal")] == [201] * 3
    assert [status(name) for name in ("a.example.com", "a.notavi.internal", "internal")] == [400] * 3


def test_names_are_unique_within_a_cloud(api: httpx.Client) -> None:
    """A second VsVip with a name is refused, until the first one gives it up."""
    records = {"dns_info": [{"fqdn": "a.avi.internal"}]}
    first = api.post("/api/vsvip", json={"name": "first", **records}).json()
    second = {"name": "second", "dns_info": [{"fqdn": "A.avi.internal"}]}

    refused = api.post("/api/vsvip", json=second)
    same = api.put(f"/api/vsvip/{first['uuid']}", json={"name": "first", **records})
    api.put(f"/api/vsvip/{first['uuid']}", json={"name": "first"})
    accepted = api.post("/api/vsvip", json=second)

    assert (refused.status_code, "first" in refused.json()["error"]) == (400, True)
    assert (same.status_code, accepted.status_code) == (200, 201)
