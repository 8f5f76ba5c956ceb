"""What a Controller holds at its start, by itself and by a seed."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sync.emulator import Emulator, SeedError

Start = Callable[..., Emulator]
LogIn = Callable[..., httpx.Client]
FACTS: dict[str, Any] = {
    "controller": {"version": "31.1.1", "license": "ENTERPRISE"},
    "cloud": {
        "name": "Default-Cloud",
        "vtype": "CLOUD_VCENTER",
        "ipam_type": "IPAMDNS_TYPE_INTERNAL",
        "dns_domains": ["avi.internal", "example.com"],
    },
    "network_vrf": {},
    "missing": [],
}


def names(api: httpx.Client, path: str) -> list[str]:
    """The names of all objects of a type that fit on a page."""
    return [one["name"] for one in api.get(f"/api/{path}?page_size=200").json()["results"]]


def test_fresh_controller_holds_its_system_objects(api: httpx.Client) -> None:
    """Without a seed there is a vCenter cloud with providers, what the release brings, and one network."""
    cloud = api.get("/api/cloud?include_name").json()["results"]
    network = api.get("/api/network").json()["results"]

    assert [(one["name"], one["vtype"]) for one in cloud] == [("Default-Cloud", "CLOUD_VCENTER")]
    assert cloud[0]["ipam_provider_ref"].endswith("#ipam")
    assert cloud[0]["dns_provider_ref"].endswith("#dns")
    assert [one["name"] for one in network] == ["vip-network"]
    assert network[0]["configured_subnets"][0]["prefix"] == {
        "ip_addr": {"addr": "10.10.10.0", "type": "V4"},
        "mask": 24,
    }
    assert {"System-TCP-Proxy", "System-UDP-Fast-Path", "System-SCTP-Proxy"} <= set(names(api, "networkprofile"))
    assert {"System-TCP", "System-UDP", "System-SCTP"} <= set(names(api, "healthmonitor"))
    assert {"System-L4-Application", "System-SSL-Application"} <= set(names(api, "applicationprofile"))
    assert names(api, "vrfcontext") == ["global", "management"]
    assert names(api, "serviceenginegroup") == ["Default-Group"]
    assert names(api, "user") == ["admin"]


def test_seed_says_what_there_is(start: Start, log_in: LogIn) -> None:
    """Networks, VRFs, SE groups, tenants, cloud and domains are as the seed says; what is missing is not there."""
    seed = {
        **FACTS,
        "cloud": {"name": "lab", "vtype": "CLOUD_NSXT", "dns_domains": ["a.example"]},
        "network_vrf": {"by-vrf": "red"},
        "missing": ["healthmonitor/System-PingAccessAgent", "serviceenginegroup/nope"],
        "networks": [{"name": "one", "subnets": ["10.1.0.0/24"]}, {"name": "two", "subnets": [], "vrf": "green"}],
        "serviceenginegroups": ["my-seg", "Default-Group"],
        "tenants": ["blue"],
    }
    api = log_in(start(seed=seed), version="31.1.1")

    networks = api.get("/api/network?include_name").json()["results"]
    lab = api.get("/api/cloud?name=lab").json()["results"][0]
    group = api.get("/api/serviceenginegroup?name=my-seg&cloud_ref.name=lab").json()

    assert names(api, "cloud") == ["Default-Cloud", "lab"]
    assert lab["vtype"] == "CLOUD_NSXT"
    assert [(one["name"], one["vrf_context_ref"].partition("#")[2]) for one in networks] == [
        ("one", "global"),
        ("two", "green"),
        ("by-vrf", "red"),
    ]
    assert {one["cloud_ref"].partition("#")[2] for one in networks} == {"lab"}
    assert group["count"] == 1
    assert names(api, "tenant") == ["admin", "blue"]
    assert "System-PingAccessAgent" not in names(api, "healthmonitor")
    domains = api.get(f"/api/ipamdnsproviderprofiledomainlist?cloud_uuid={lab['uuid']}").json()
    assert domains == {"domains": ["a.example"]}


def test_looked_up_infrastructure_exists_when_assumed(start: Start, log_in: LogIn) -> None:
    """With assume_exists a name that is looked up, or referred to, comes into being; a missing one does not."""
    facts = {**FACTS, "assume_exists": True, "missing": ["network/nope"], "network_vrf": {"red-net": "red"}}
    api = log_in(start(seed=facts), version="31.1.1")

    found = {
        query: [one["name"] for one in api.get(f"/api/{query}").json()["results"]]
        for query in (
            "serviceenginegroup?name=my-seg",
            "network?name.in=net-a,net-b,nope",
            "network?name=nope",
            "pool?name=p",
            "tenant?name=t",
            "cloud?name=c",
        )
    }
    red = api.get("/api/network?name=red-net&include_name").json()["results"][0]
    again = api.get("/api/network?name=net-a").json()["count"]
    by_uuid = api.get("/api/network/dvportgroup-77-cloud-x").json()

    assert found == {
        "serviceenginegroup?name=my-seg": ["my-seg"],
        "network?name.in=net-a,net-b,nope": ["net-a", "net-b"],
        "network?name=nope": [],
        "pool?name=p": [],
        "tenant?name=t": [],
        "cloud?name=c": [],
    }
    assert red["vrf_context_ref"].endswith("#red")
    assert (again, by_uuid["uuid"]) == (1, "dvportgroup-77-cloud-x")


def test_deleted_objects_are_not_assumed_again(start: Start, log_in: LogIn) -> None:
    """What the seed named, and what a uuid of the emulator's own named, stays gone once it is deleted."""
    api = log_in(start(seed={"assume_exists": True, "networks": [{"name": "n"}], "serviceenginegroups": ["g"]}))
    gone = {}
    for path, name in (("network", "n"), ("serviceenginegroup", "g"), ("healthmonitor", "h")):
        gone[path] = api.get(f"/api/{path}?name={name}").json()["results"][0]["uuid"]
        api.delete(f"/api/{path}/{gone[path]}").raise_for_status()

    assert [api.get(f"/api/{path}/{uuid}").status_code for path, uuid in gone.items()] == [404, 404, 404]
    assert api.get("/api/network?name=n").json()["count"] == 0
    assert api.get("/api/serviceenginegroup?name.in=g").json()["count"] == 0


@pytest.mark.parametrize(
    ("vtype", "form"),
    [
        ("CLOUD_VCENTER", r"dvportgroup-\d+-cloud-[0-9a-f-]{36}"),
        ("CLOUD_AWS", r"subnet-[0-9a-f]{17}"),
        ("CLOUD_NSXT", r"network-[0-9a-f-]{36}"),
    ],
)
def test_networks_of_a_seed_have_the_uuids_of_their_cloud(start: Start, log_in: LogIn, vtype: str, form: str) -> None:
    """A network that a cloud has by itself is known by the id that it has there; VIPs on it are given all the same."""
    networks = [{"name": f"n{number}", "subnets": [f"10.{number}.0.0/24"]} for number in range(12)]
    api = log_in(start(seed={"cloud": {"vtype": vtype}, "networks": networks}))

    uuids = [network["uuid"] for network in api.get("/api/network").json()["results"]]
    place = {"network_ref": f"/api/network/{uuids[3]}"}
    vip = api.post("/api/vsvip", json={"name": "v", "vip": [{"auto_allocate_ip": True, "ipam_network_subnet": place}]})

    assert len(set(uuids)) == 12
    assert all(re.fullmatch(form, uuid) for uuid in uuids)
    assert vip.json()["vip"][0]["ip_address"]["addr"] == "10.3.0.2"


def test_networks_of_a_seed_may_share_a_name(start: Start, log_in: LogIn) -> None:
    """Discovered networks of one name are both there; a client cannot make a third, but can change one."""
    seed = {"networks": [{"name": "n", "subnets": ["10.1.0.0/24"]}, {"name": "n", "subnets": ["10.2.0.0/24"]}]}
    api = log_in(start(seed=seed))

    found = api.get("/api/network?name=n").json()
    changed = api.put(f"/api/network/{found['results'][0]['uuid']}", json={**found["results"][0], "dhcp_enabled": True})

    assert found["count"] == 2
    assert api.post("/api/network", json={"name": "n"}).status_code == 409
    assert changed.status_code == 200


def test_assumed_network_has_addresses(start: Start, log_in: LogIn) -> None:
    """A network that was only assumed gives addresses from 10.250.0.0/16, or those of a subnet or address requested."""
    api = log_in(start(seed={**FACTS, "assume_exists": True}), version="31.1.1")

    def address(name: str, place: dict[str, Any], **vip: Any) -> str:
        body = {"name": name, "vip": [{"auto_allocate_ip": True, "ipam_network_subnet": place, **vip}]}
        answer = api.post("/api/vsvip", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["vip"][0]["ip_address"]["addr"])

    network = {"network_ref": "/api/network?name=some"}
    within = {"subnet": {"ip_addr": {"addr": "10.20.0.0", "type": "V4"}, "mask": 24}}
    preferred = {"ip_address": {"addr": "192.0.2.7", "type": "V4"}}

    assert address("a", network) == "10.250.0.2"
    assert address("b", network) == "10.250.0.3"
    assert address("c", {"network_ref": "/api/network/dvportgroup-1"}) == "10.250.0.4"
    assert address("d", {**network, **within}) == "10.20.0.2"
    assert address("e", network, **preferred) == "192.0.2.7"
    assert address("f", {}) == "10.250.0.5"


@pytest.mark.parametrize(
    ("path", "name", "field", "value"),
    [
        ("applicationprofile", "my-ssl-app", "type", "APPLICATION_PROFILE_TYPE_SSL"),
        ("applicationprofile", "mine", "type", "APPLICATION_PROFILE_TYPE_L4"),
        ("healthmonitor", "my-udp", "type", "HEALTH_MONITOR_UDP"),
        ("healthmonitor", "mine", "type", "HEALTH_MONITOR_TCP"),
        ("networkprofile", "my-udp", "profile.type", "PROTOCOL_TYPE_UDP_FAST_PATH"),
        ("networkprofile", "my-sctp", "profile.type", "PROTOCOL_TYPE_SCTP_PROXY"),
        ("networkprofile", "tcp-fast-path", "profile.type", "PROTOCOL_TYPE_TCP_FAST_PATH"),
        ("networkprofile", "mine", "profile.type", "PROTOCOL_TYPE_TCP_PROXY"),
        ("applicationpersistenceprofile", "p", "persistence_type", "PERSISTENCE_TYPE_CLIENT_IP_ADDRESS"),
        ("sslkeyandcertificate", "cert-1", "name", "cert-1"),
        ("networksecuritypolicy", "nsp-1", "name", "nsp-1"),
        ("securitypolicy", "sp-1", "name", "sp-1"),
        ("vsdatascriptset", "ds-1", "name", "ds-1"),
        ("pkiprofile", "pki-1", "name", "pki-1"),
    ],
)
def test_assumed_objects_are_what_their_name_says(
    start: Start, log_in: LogIn, path: str, name: str, field: str, value: str
) -> None:
    """An assumed object has what its type requires, chosen by its name."""
    api = log_in(start(seed={"assume_exists": True}))

    found = api.get(f"/api/{path}?name={name}").json()["results"][0]
    for part in field.split("."):
        found = found[part]

    assert found == value


@pytest.mark.parametrize(
    ("seed", "words"),
    [
        ({"network": []}, "did you mean networks?"),
        ({"controller": {"version": 30}}, "controller.version"),
        ({"controller": {"version": "new"}}, "not a Controller version"),
        ({"controller": {"license": "ENTERPRIZE"}}, "did you mean ENTERPRISE?"),
        ({"controller": []}, "controller: [] is not a mapping"),
        ({"cloud": {"vtype": "vcenter"}}, "cloud.vtype"),
        ({"cloud": {"dns_domains": "a.b"}}, "not a list"),
        ({"missing": ["nope"]}, "network/nope"),
        ({"networks": [{"subnets": []}]}, "networks[0]: it has no name"),
        ({"networks": [{"name": "n", "subnets": ["10.0.0.1/8"]}]}, "networks[0].subnets[0]"),
        ({"networks": [{"name": "n", "ranges": ["10.0.0.9-10.0.0.1"]}]}, "networks[0].ranges[0]"),
        ({"networks": [{"name": "n", "ranges": ["10.0.0.1"]}]}, "is not a range"),
        ({"network_vrf": {"n": 1}}, "network_vrf.n"),
        ({"assume_exists": "yes"}, "true or false"),
        ({"tenants": [1]}, "tenants[0]"),
        ({"tenants": ["a", "a"]}, "already exists"),
        ([], "the seed: [] is not a mapping"),
    ],
    ids=str,
)
def test_bad_seed_is_explained(start: Start, seed: Any, words: str) -> None:
    """A seed that cannot be used is refused with the key and a way to mend it."""
    with pytest.raises(SeedError) as refused:
        start(seed=seed)

    assert words in str(refused.value)


def test_keys_without_value_count_as_absent(start: Start, log_in: LogIn) -> None:
    """A key that YAML leaves empty is no key, but no IPAM type means no IPAM profile."""
    api = log_in(start(seed={"networks": None, "tenants": None, "cloud": {"ipam_type": None}}))

    assert names(api, "network") == ["vip-network"]
    assert "ipam_provider_ref" not in api.get("/api/cloud").json()["results"][0]
