"""What is asked of a Controller before anything is translated."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from sync.controller.client import ControllerClient
from sync.controller.errors import BrokenAnswerError, ControllerError, RefusedError
from sync.controller.facts import facts_to_document, read_facts
from sync.model.facts import CloudFacts, Facts
from sync.source.facts_file import read_facts_file
from tests.shared.scripted_controller import Answer, ScriptedController, Seen, logged_in, page

Connect = Callable[..., ControllerClient]

CLOUD = {
    "name": "Default-Cloud",
    "uuid": "cloud-1",
    "vtype": "CLOUD_NSXT",
    "ipam_provider_ref": "https://h/api/ipamdnsproviderprofile/ipam-1#ipam",
    "dns_provider_ref": "https://h/api/ipamdnsproviderprofile/dns-1#dns",
    "nsxt_configuration": {"data_network_config": {"tz_type": "OVERLAY"}},
}
VRF = {
    "name": "global",
    "uuid": "vrfcontext-1",
    "static_routes": [{"prefix": {"ip_addr": {"addr": "10.244.1.0", "type": "V4"}, "mask": 24}, "route_id": "1"}],
}
ROUTES = {"global": frozenset({"10.244.1.0/24"})}
ADDRESSES = {"begin": {"addr": "10.0.0.1", "type": "V4"}, "end": {"addr": "10.0.0.9", "type": "V4"}}
DOMAINS = "GET /api/ipamdnsproviderprofiledomainlist"


def filtered(*bodies: Mapping[str, Any]) -> Callable[[Seen], Answer]:
    """What a Controller with these objects answers to a lookup by names or uuids."""

    def answer(seen: Seen) -> Answer:
        found = bodies
        for field in ("name", "uuid"):
            if field in seen.query:
                found = tuple(body for body in found if body[field] == seen.query[field])
            if f"{field}.in" in seen.query:
                wanted = seen.query[f"{field}.in"].split(",")
                found = tuple(body for body in found if body[field] in wanted)
        return page(found)

    return answer


def make_network(name: str, *, uuid: str = "", vrf: str = "global") -> dict[str, str]:
    """A network as a list shows it."""
    vrf_ref = f"https://h/api/vrfcontext/vrfcontext-1#{vrf}"
    return {"name": name, "uuid": uuid or f"network-{name}", "vrf_context_ref": vrf_ref}


@pytest.fixture
def controller(controller: ScriptedController) -> ScriptedController:
    """One with a cloud, a license and DNS domains."""
    controller.on("GET /api/systemconfiguration", Answer(body={"default_license_tier": "ESSENTIALS"}))
    controller.on_each("GET /api/cloud", filtered(CLOUD))
    controller.on("GET /api/ipamdnsproviderprofile/ipam-1", Answer(body={"type": "IPAMDNS_TYPE_INFOBLOX"}))
    controller.on(DOMAINS, Answer(body={"domains": ["a.example", "b.example"]}))
    controller.on_each("GET /api/vrfcontext", filtered(VRF))
    return controller


@pytest.fixture
def ask(connect: Connect) -> Callable[..., Facts]:
    """The facts for some references."""

    def ask_for(cloud_name: str = "Default-Cloud", **references: set[str]) -> Facts:
        with connect(read_only=True) as client:
            wanted = {type_name: frozenset(names) for type_name, names in references.items()}
            return read_facts(client, cloud_name=cloud_name, references=wanted)

    return ask_for


def test_the_controller_and_its_cloud(controller: ScriptedController, ask: Callable[..., Facts]) -> None:
    """Version, license, type of the cloud, its IPAM and its domains are known even if nothing is referred to."""
    facts = ask()

    assert facts == Facts(
        version="30.2.1",
        license="ESSENTIALS",
        cloud=CloudFacts(
            name="Default-Cloud",
            vtype="CLOUD_NSXT",
            ipam_type="IPAMDNS_TYPE_INFOBLOX",
            dns_domains=("a.example", "b.example"),
            transport_zone="OVERLAY",
        ),
        static_routes=ROUTES,
    )
    assert len(controller.lines) == 5


def test_a_cloud_without_providers(controller: ScriptedController, ask: Callable[..., Facts]) -> None:
    """A cloud without IPAM and DNS has no IPAM type and no domains, even if the domain list is refused."""
    controller.on_each("GET /api/cloud", filtered({"name": "Default-Cloud", "uuid": "c", "vtype": "CLOUD_NONE"}))
    controller.on(DOMAINS, Answer(status=400, body={"error": "no profile"}))

    facts = ask()

    assert facts.cloud == CloudFacts(name="Default-Cloud", vtype="CLOUD_NONE", ipam_type="", dns_domains=())


def test_a_refused_domain_list_is_an_error(controller: ScriptedController, ask: Callable[..., Facts]) -> None:
    """Where the cloud has DNS, domains that cannot be read are not taken for none."""
    controller.on(DOMAINS, Answer(status=403, body={"error": "no permission"}))

    with pytest.raises(RefusedError, match="no permission"):
        ask()


@pytest.mark.parametrize("body", [{"domains": [{"domain_name": "x"}]}, ["x"]], ids=["objects", "a list"])
def test_an_odd_domain_list_is_an_error(
    controller: ScriptedController, ask: Callable[..., Facts], body: object
) -> None:
    """Domains in another shape than expected are not guessed at."""
    controller.on(DOMAINS, Answer(body=body))

    with pytest.raises(BrokenAnswerError, match="list of domains"):
        ask()


def test_a_domain_list_without_domains(controller: ScriptedController, ask: Callable[..., Facts]) -> None:
    """An answer that leaves the domains out means that there are none."""
    controller.on(DOMAINS, Answer(body={}))

    facts = ask()

    assert facts.cloud.dns_domains == ()


def test_an_odd_configuration_is_an_error(controller: ScriptedController, ask: Callable[..., Facts]) -> None:
    """A system configuration in another shape than expected is not guessed at."""
    controller.on("GET /api/systemconfiguration", Answer(body=[]))

    with pytest.raises(BrokenAnswerError, match="did not answer with an object"):
        ask()


def test_an_unknown_cloud_is_an_error(controller: ScriptedController, ask: Callable[..., Facts]) -> None:
    """A cloud that is not there ends the run, with the name that was probably meant."""
    with pytest.raises(ControllerError, match='no cloud "default-cloud"') as failed:
        ask("default-cloud")

    assert failed.value.fix == 'in ControllerSettings.cloudName of values.yaml: did you mean "Default-Cloud"?'


def test_what_is_referred_to_is_looked_up_by_type(controller: ScriptedController, ask: Callable[..., Facts]) -> None:
    """One request per type finds what exists; the rest is missing."""
    controller.on_each("GET /api/serviceenginegroup", filtered({"name": "gold", "uuid": "s"}))
    controller.on_each("GET /api/healthmonitor", filtered({"name": "hm 1", "uuid": "h"}))

    facts = ask(serviceenginegroup={"gold", "silver"}, healthmonitor={"hm 1"}, sslprofile=set())

    assert facts.missing == {"serviceenginegroup/silver"}
    lookups = {seen.path: seen.query for seen in controller.seen if "name.in" in seen.query}
    assert lookups["/api/serviceenginegroup"]["name.in"] == "gold,silver"
    assert lookups["/api/serviceenginegroup"]["cloud_ref.name"] == "Default-Cloud"
    assert "cloud_ref.name" not in lookups["/api/healthmonitor"]
    assert len(controller.lines) == 5 + 2


def test_networks_tell_their_vrf(controller: ScriptedController, ask: Callable[..., Facts]) -> None:
    """The VRF of a network is kept where it is not the global one."""
    controller.on_each("GET /api/network", filtered(make_network("web", vrf="blue"), make_network("db")))

    facts = ask(network={"web", "db"})

    assert facts.network_vrf == {"web": "blue"}
    assert facts.missing == frozenset()


def test_names_that_networks_share(controller: ScriptedController, ask: Callable[..., Facts]) -> None:
    """A name that two networks of the cloud have is marked as shared."""
    networks = (make_network("web", uuid="network-1"), make_network("web", uuid="network-2"), make_network("db"))
    controller.on_each("GET /api/network", filtered(*networks))

    facts = ask(network={"web", "db"})

    assert facts.shared_names == {"network/web"}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([{"range": ADDRESSES}], ("10.0.0.1-10.0.0.9",), id="the default type"),
        pytest.param([{"range": ADDRESSES, "type": "STATIC_IPS_FOR_VIP"}], ("10.0.0.1-10.0.0.9",), id="for VIPs"),
        pytest.param([{"range": ADDRESSES, "type": "STATIC_IPS_FOR_SE"}], (), id="for Service Engines only"),
        pytest.param([], (), id="none"),
    ],
)
def test_networks_tell_their_ranges_for_vips(
    controller: ScriptedController, ask: Callable[..., Facts], rows: Any, expected: tuple[str, ...]
) -> None:
    """A network without any is told apart from one of which nothing is known."""
    subnet = {"prefix": {"ip_addr": {"addr": "10.0.0.0", "type": "V4"}, "mask": 24}, "static_ip_ranges": rows}
    controller.on_each("GET /api/network", filtered({**make_network("web"), "configured_subnets": [subnet]}))

    facts = ask(network={"web", "nowhere"})

    assert facts.network_ranges == {"web": expected}


def test_of_networks_that_may_not_be_read_no_ranges_are_known(
    controller: ScriptedController, ask: Callable[..., Facts]
) -> None:
    """Nobody may take them for networks without any."""
    controller.on("GET /api/network", Answer(status=403, body={"error": "no permission"}))

    assert ask(network={"web"}).network_ranges == {}


@pytest.mark.parametrize(
    ("reference", "network"),
    [
        pytest.param("dvportgroup-7-cloud-x", make_network("web", uuid="dvportgroup-7-cloud-x"), id="vCenter's uuid"),
        pytest.param("network-9", make_network("web", uuid="network-9"), id="uuid"),
        pytest.param("network-9", make_network("network-9", uuid="network-1"), id="a name like a uuid"),
        pytest.param("subnet-0a1b", make_network("web", uuid="subnet-0a1b"), id="uuid of another form"),
    ],
)
def test_networks_go_by_name_or_uuid(
    controller: ScriptedController, ask: Callable[..., Facts], reference: str, network: dict[str, str]
) -> None:
    """A network is found by what it is referred to with, whichever of both that is."""
    controller.on_each("GET /api/network", filtered({**network, "vrf_context_ref": "/api/vrfcontext/v#blue"}))

    facts = ask(network={reference, "no such network"})

    assert facts.missing == {"network/no such network"}
    assert facts.network_vrf == {reference: "blue"}


def test_long_lists_are_asked_for_in_chunks(controller: ScriptedController, ask: Callable[..., Facts]) -> None:
    """More names than fit into a URL take some requests, each of a length that servers accept."""
    names = {f"health monitor ä number {number}" for number in range(400)}
    controller.on_each("GET /api/healthmonitor", filtered(*({"name": name, "uuid": name} for name in names)))

    facts = ask(healthmonitor=names)

    lookups = [seen for seen in controller.seen if seen.path == "/api/healthmonitor"]
    assert facts.missing == frozenset()
    assert 2 < len(lookups) < 6
    assert max(seen.query_length for seen in lookups) < 7000


def test_a_name_with_a_comma_is_asked_for_alone(controller: ScriptedController, ask: Callable[..., Facts]) -> None:
    """A comma in a name does not make two names of it."""
    controller.on_each("GET /api/sslprofile", filtered({"name": "a,b", "uuid": "1"}, {"name": "c", "uuid": "2"}))

    facts = ask(sslprofile={"a,b", "c"})

    assert facts.missing == frozenset()


def test_facts_survive_their_file(tmp_path: Path) -> None:
    """Reading a facts file that we wrote gives the same facts."""
    facts = Facts(
        version="30.2.1",
        license="ESSENTIALS",
        cloud=CloudFacts(
            name="c",
            vtype="CLOUD_NSXT",
            ipam_type="",
            dns_domains=("b.example", "a.example"),
            transport_zone="VLAN",
        ),
        network_vrf={"web": "blue"},
        network_ranges={"web": ("10.0.0.1-10.0.0.9",), "db": ()},
        network_uuids={"web": "network-1"},
        missing=frozenset({"network/b", "network/a"}),
        shared_names=frozenset({"network/web"}),
    )
    file = tmp_path / "facts.json"

    file.write_text(json.dumps(facts_to_document(facts)))

    assert read_facts_file(file) == facts


@pytest.mark.parametrize(
    ("network", "reference", "expected"),
    [
        pytest.param(make_network("web", uuid="network-1"), "web", {"web": "network-1"}, id="by name"),
        pytest.param(make_network("web", uuid="subnet-1"), "subnet-1", {"subnet-1": "subnet-1"}, id="by uuid"),
        pytest.param(make_network("web", uuid="web"), "web", {}, id="the uuid is the name"),
    ],
)
def test_networks_tell_by_what_they_were_found(
    controller: ScriptedController,
    ask: Callable[..., Facts],
    network: dict[str, str],
    reference: str,
    expected: dict[str, str],
) -> None:
    """Who sends a name where a uuid is wanted can be told so."""
    controller.on_each("GET /api/network", filtered(network))

    assert ask(network={reference}).network_uuids == expected


@pytest.mark.parametrize(
    ("is_superuser", "expected", "requests"),
    [
        pytest.param(True, {"tenant/nowhere"}, 1, id="a superuser: one may have been made since"),
        pytest.param(False, {"tenant/nowhere", "tenant/new"}, 0, id="others may not use it"),
    ],
)
def test_tenants_are_those_of_the_login(
    controller: ScriptedController,
    ask: Callable[..., Facts],
    is_superuser: bool,
    expected: set[str],
    requests: int,
) -> None:
    """Only the login tells everybody, and it costs nothing."""
    tenants = [{"name": "admin"}, {"name": "blue"}]
    controller.on("POST /login", logged_in(tenants=tenants, user={"is_superuser": is_superuser}))
    controller.on_each("GET /api/tenant", filtered({"name": "new", "uuid": "tenant-9"}))

    facts = ask(tenant={"admin", "blue", "new", "nowhere"})

    assert facts.missing == expected
    assert len([seen for seen in controller.seen if seen.path == "/api/tenant"]) == requests
