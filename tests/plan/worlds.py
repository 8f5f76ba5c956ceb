"""Clouds, and trees for them, from which laws draw: VRFs, T1 routers, tenants, references by uuid, hostnames."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

from sync.model.desired import DesiredState
from sync.model.facts import Facts
from sync.model.live import LiveState
from sync.model.plan import Plan
from sync.plan.make import make_plan
from tests.shared.builders import make_facts, make_options
from tests.shared.perfect_controller import desired_for
from tests.shared.tree import VALUES, Manifest, endpoints, gateway, infra_setting, load_balancer, namespace, service

DOMAIN = "example.com"
NETWORKS = {"network-17": "vip-network"}
"""The names of networks by uuid."""
SHARED = "ako.vmware.com/enable-shared-vip"
ODD_VRF = "blue & co+1"
"""A name that must be quoted in a reference."""


@dataclass(frozen=True, kw_only=True)
class World:
    """A cloud, with the settings that it needs. `routers` are T1 routers, by the namespace that is behind them."""

    name: str
    facts: Facts
    network_settings: Mapping[str, Any] = field(default_factory=dict)
    controller_settings: Mapping[str, Any] = field(default_factory=dict)
    routers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


def _world(name: str, vtype: str, **fields: Any) -> World:
    facts = {"transport_zone": fields.pop("zone", ""), "network_vrf": fields.pop("network_vrf", None)}
    return World(name=name, facts=make_facts(vtype=vtype, domains=[DOMAIN], **facts), **fields)


WORLDS = (
    _world("vCenter", "CLOUD_VCENTER"),
    _world("vCenter, VRF by setting", "CLOUD_VCENTER", controller_settings={"vrfName": ODD_VRF}),
    _world("vCenter, VRF of the network", "CLOUD_VCENTER", network_vrf={"vip-network": ODD_VRF, "network-17": ODD_VRF}),
    _world("NSX-T, T1", "CLOUD_NSXT", zone="OVERLAY", network_settings={"nsxtT1LR": "/infra/tier-1s/a"}),
    _world(
        "NSX-T, two T1",
        "CLOUD_NSXT",
        network_settings={"nsxtT1LR": "/infra/tier-1s/a"},
        routers={"team": "/infra/tier-1s/b"},
    ),
    _world("NSX-T, VLAN", "CLOUD_NSXT", zone="VLAN"),
    _world("AWS", "CLOUD_AWS"),
    _world("Azure", "CLOUD_AZURE"),
    _world("OpenStack", "CLOUD_OPENSTACK"),
    _world("no cloud", "CLOUD_NONE"),
    _world("no cloud, VRF by setting", "CLOUD_NONE", controller_settings={"vrfName": ODD_VRF}),
)


@dataclass(frozen=True, kw_only=True)
class GatewayRequest:
    """What one Gateway requests."""

    address: str = ""
    hostname: str = ""
    ports: tuple[int, ...] = (80,)


@dataclass(frozen=True, kw_only=True)
class Tree:
    """What Git holds. Gateway `c` is in the namespace `team`, all else in `shop`.

    `services` are the Gateways to which Services belong; `balancers` are LoadBalancer Services, with the address that
    each requests, and `shared` those of them that share a VIP.
    """

    gateways: Mapping[str, GatewayRequest]
    services: Mapping[str, str]
    balancers: Mapping[str, str]
    shared: frozenset[str]
    tenant: str
    is_network_by_uuid: bool

    def manifests(self, world: World) -> list[Manifest]:
        """All of it as manifests."""
        found = [namespace("shop", **({"tenant": self.tenant} if self.tenant else {}))]
        found += self._team(world)
        for name, request in self.gateways.items():
            found.append(
                gateway(
                    name,
                    namespace=_namespace(name),
                    address=request.address,
                    hostname=request.hostname,
                    ports=request.ports,
                )
            )
        for name, of in self.services.items():
            found += [service(name, gateway=of, namespace=_namespace(of)), endpoints(name, namespace=_namespace(of))]
        for number, (name, address) in enumerate(sorted(self.balancers.items())):
            found += self._balancer(name, address, 25 + number)
        return found

    def values(self, world: World) -> Manifest:
        """values.yaml."""
        network = {"networkUUID": "network-17"} if self.is_network_by_uuid else {"networkName": "vip-network"}
        return {
            **VALUES,
            "NetworkSettings": {"vipNetworkList": [network], **world.network_settings},
            "ControllerSettings": dict(world.controller_settings),
        }

    def desired(self, world: World, manifests: Iterable[Manifest] | None = None) -> DesiredState:
        """What it comes to; `manifests` are its own, in another order."""
        found = self.manifests(world) if manifests is None else manifests
        return desired_for(*found, values=self.values(world), facts=world.facts)

    def plan(self, world: World, live: LiveState) -> Plan:
        """The plan for it."""
        return make_plan(self.desired(world), live, make_options())

    def _team(self, world: World) -> list[Manifest]:
        router = world.routers.get("team")
        if router is None:
            return [namespace("team")]
        return [namespace("team", infra="team"), infra_setting("team", nsxSettings={"t1lr": router})]

    def _balancer(self, name: str, address: str, port: int) -> list[Manifest]:
        is_shared = name in self.shared
        found = load_balancer(name, port=port, address="" if is_shared else address)
        annotations = {SHARED: "k"} if is_shared else {}
        metadata = {**found["metadata"], "annotations": annotations}
        return [{**found, "metadata": metadata}, endpoints(name, ports=(port,))]


def _namespace(gateway_name: str) -> str:
    return "team" if gateway_name == "c" else "shop"


ADDRESSES = ("10.10.10.1", "10.10.10.2", "10.10.10.3")
HOSTNAMES = ("x.example.com", "X.example.com", "y.example.com")

_REQUESTS = st.builds(
    GatewayRequest,
    address=st.sampled_from(("", "", *ADDRESSES)),
    hostname=st.sampled_from(("", *HOSTNAMES)),
    ports=st.sampled_from([(80,), (80, 81), (443,)]),
)
TREES = st.builds(
    Tree,
    gateways=st.dictionaries(st.sampled_from("abc"), _REQUESTS, max_size=3),
    services=st.dictionaries(st.sampled_from(["front", "back"]), st.sampled_from("abc"), max_size=2),
    balancers=st.dictionaries(st.sampled_from("def"), st.sampled_from(("", *ADDRESSES)), max_size=3),
    shared=st.frozensets(st.sampled_from("ef")),
    tenant=st.sampled_from(["", "", "blue"]),
    is_network_by_uuid=st.booleans(),
)

SWAPPED = Tree(
    gateways={
        "a": GatewayRequest(address="10.10.10.1", hostname="x.example.com"),
        "b": GatewayRequest(address="10.10.10.2", hostname="y.example.com"),
        "c": GatewayRequest(address="10.10.10.3"),
    },
    services={"front": "a"},
    balancers={"d": "", "e": "", "f": ""},
    shared=frozenset("ef"),
    tenant="",
    is_network_by_uuid=False,
)
SWAPPED_BACK = replace(
    SWAPPED,
    gateways={
        "a": GatewayRequest(address="10.10.10.2", hostname="Y.example.com"),
        "b": GatewayRequest(address="10.10.10.1", hostname="X.example.com"),
        "c": GatewayRequest(address="10.10.10.4"),
    },
    services={"front": "b"},
    shared=frozenset(),
    is_network_by_uuid=True,
)
"""Everything passes on: addresses, DNS names, a Service; members leave a shared VIP; the network is written by uuid."""


def without_rivals(tree: Tree) -> Tree:
    """The tree, in which nothing is requested twice: who comes later requests nothing. Each Service has a port."""
    taken: set[str] = set()
    ports = {name: request.ports for name, request in tree.gateways.items()}

    def first(request: str) -> str:
        if request.lower() in taken:
            return ""
        taken.add(request.lower())
        return request

    return replace(
        tree,
        gateways={
            name: replace(request, address=first(request.address), hostname=first(request.hostname))
            for name, request in tree.gateways.items()
        },
        balancers={name: first(address) if name not in tree.shared else "" for name, address in tree.balancers.items()},
        services={name: of for name, of in tree.services.items() if 80 in ports.get(of, ()) and first(f"port of {of}")},
    )
