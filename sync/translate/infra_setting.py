"""Which AviInfraSetting applies to an owner, whether it is usable, and what it changes."""

import ipaddress
from dataclasses import dataclass, replace
from typing import TypeVar

from sync.model.problem import Problem, Severity
from sync.model.provenance import Sourced, in_manifest, in_values
from sync.model.resources.ako import AviInfraSetting, InfraSpec, NodeNetwork, VipNetwork
from sync.model.resources.gateway import Gateway, GatewayClass, ParametersRef
from sync.model.resources.resource import Resource
from sync.model.wording import commit_or_rename, is_slip, shown
from sync.translate.clouds import CLOUDS_WITHOUT_NETWORKS, SUBNET_CLOUDS
from sync.translate.findings import Findings, problem_at
from sync.translate.inputs import Inputs

ANNOTATION = "aviinfrasetting.ako.vmware.com/name"
_GROUP, _KIND = AviInfraSetting.GROUP_KIND


@dataclass(frozen=True, slots=True, kw_only=True)
class Infrastructure:
    """Where an owner's objects are placed: the value of the AviInfraSetting, else that of values.yaml."""

    se_group: Sourced[str]
    vip_networks: Sourced[tuple[VipNetwork, ...]]
    node_networks: Sourced[tuple[NodeNetwork, ...]]
    enable_rhi: Sourced[bool]
    bgp_peer_labels: Sourced[tuple[str, ...]]
    tier1_lr: Sourced[str]
    public_ip: Sourced[bool | None]
    vip_networks_of: AviInfraSetting | None = None
    """The AviInfraSetting that names the VIP networks; None where values.yaml does."""


T = TypeVar("T")


def infrastructure(setting: AviInfraSetting | None, inputs: Inputs) -> Infrastructure:
    """The effective values (AKO-INFRA-EFFECT)."""
    spec = setting.spec if setting else InfraSpec()
    network, ours = spec.network, inputs.settings.network

    def chosen(stated: T | None, field: str, default: T, key: str) -> Sourced[T]:
        if setting is None or stated is None:
            return Sourced(value=default, sources=(in_values(*key.split(".")),))
        return Sourced(value=stated, sources=(in_manifest(setting, "spec", *field.split(".")),))

    se_group, nsx = spec.se_group, spec.nsx_settings
    default_group = inputs.settings.controller.service_engine_group_name
    rhi = chosen(network.enable_rhi, "network.enableRhi", ours.enable_rhi, "NetworkSettings.enableRHI")
    labels = chosen(
        network.bgp_peer_labels, "network.bgpPeerLabels", ours.bgp_peer_labels, "NetworkSettings.bgpPeerLabels"
    )
    vips, nodes = network.vip_networks or None, network.node_networks or None
    return Infrastructure(
        se_group=chosen(
            (se_group and se_group.name) or None,
            "seGroup.name",
            default_group,
            "ControllerSettings.serviceEngineGroupName",
        ),
        vip_networks=chosen(vips, "network.vipNetworks", ours.vip_network_list, "NetworkSettings.vipNetworkList"),
        node_networks=chosen(nodes, "network.nodeNetworks", ours.node_network_list, "NetworkSettings.nodeNetworkList"),
        enable_rhi=rhi,
        bgp_peer_labels=replace(labels, value=tuple(sorted(labels.value)) if rhi.value else ()),
        tier1_lr=chosen((nsx and nsx.t1lr) or None, "nsxSettings.t1lr", ours.nsxt_t1lr, "NetworkSettings.nsxtT1LR"),
        public_ip=Sourced(
            value=network.enable_public_ip,
            sources=(in_manifest(setting, "spec", "network", "enablePublicIP"),) if setting else (),
        ),
        vip_networks_of=setting if vips else None,
    )


def setting_of_gateway(
    gateway: Gateway, gateway_class: GatewayClass, inputs: Inputs, findings: Findings
) -> AviInfraSetting | None:
    """The class's parameters, else the annotation of the Gateway's Namespace (AKO-INFRA-OF-GATEWAY).

    A parametersRef of another group or kind has no effect, as in AKO.
    """
    reference = gateway_class.spec.parameters_ref
    if reference is not None:
        if (reference.group, reference.kind) == AviInfraSetting.GROUP_KIND:
            place = ("spec", "parametersRef", "name")
            return _named(reference.name, gateway_class, place, gateway, inputs, findings)
        _report_other_parameters(reference, gateway_class, gateway, findings)
    return setting_of_namespace(gateway, inputs, findings)


def _report_other_parameters(
    reference: ParametersRef, gateway_class: GatewayClass, gateway: Gateway, findings: Findings
) -> None:
    """Parameters without effect; a near misspelling of AviInfraSetting is an error."""
    said = f"parametersRef names {reference.kind} of {reference.group}"
    if all(word == ours or is_slip(word, ours) for word, ours in ((reference.group, _GROUP), (reference.kind, _KIND))):
        message = f"{said}, so {gateway.title} is held"
        findings.error(gateway_class, ("spec", "parametersRef"), message, f"did you mean {_KIND} of {_GROUP}?")
    else:
        message = f"{said}, which has no effect: only {_KIND} of {_GROUP} is used"
        findings.warning(gateway_class, ("spec", "parametersRef"), message, "remove it, or name an AviInfraSetting")


def setting_of_namespace(at: Resource, inputs: Inputs, findings: Findings) -> AviInfraSetting | None:
    """What the annotation of the resource's Namespace names."""
    namespace = inputs.catalog.namespaces.get(at.namespace)
    if namespace is None or not (name := namespace.annotation(ANNOTATION)):
        return None
    return _named(name, namespace, ("metadata", "annotations", ANNOTATION), at, inputs, findings)


def setting_of_service(service: Resource, inputs: Inputs, findings: Findings) -> AviInfraSetting | None:
    """The Service's annotation, else that of its Namespace (AKO-INFRA-OF-SERVICE)."""
    if name := service.annotation(ANNOTATION):
        return _named(name, service, ("metadata", "annotations", ANNOTATION), service, inputs, findings)
    return setting_of_namespace(service, inputs, findings)


def _named(
    name: str, at: Resource, path: tuple[str | int, ...], owner: Resource, inputs: Inputs, findings: Findings
) -> AviInfraSetting | None:
    setting = inputs.catalog.infra_settings.get(name)
    if setting is None:
        broken = (AviInfraSetting.GROUP_KIND, "", name) in inputs.catalog.broken
        findings.error(
            at,
            path,
            f'AviInfraSetting "{name}" cannot be used, so {owner.title} is held'
            if broken
            else f'AviInfraSetting "{name}" is not in the tree, so {owner.title} is held',
            "correct its manifest" if broken else commit_or_rename(name, tuple(inputs.catalog.infra_settings)),
        )
        return None
    if rejected := defects(setting, inputs):
        findings.problems.extend(rejected)
        findings.error(
            owner,
            (),
            f'held: its AviInfraSetting "{name}" is not usable ({rejected[0].message})',
            f"correct {setting.origin.file}:{setting.origin.line}",
        )
    return setting


def defects(setting: AviInfraSetting, inputs: Inputs) -> tuple[Problem, ...]:
    """Everything for which AKO would reject the AviInfraSetting (AKO-INFRA-REJECTED), and an ambiguous network."""
    found: list[Problem] = []

    def error(path: tuple[str | int, ...], message: str, fix: str) -> None:
        found.append(problem_at(Severity.ERROR, setting, ("spec", *path), message, fix))

    network = setting.spec.network
    if network.bgp_peer_labels and not network.enable_rhi:
        error(("network", "bgpPeerLabels"), "bgpPeerLabels without enableRhi: true", "set enableRhi: true beside them")
    if network.listeners and not any(listener.enable_ssl for listener in network.listeners):
        error(("network", "listeners"), "none of the listeners has enableSSL", "set enableSSL: true on one of them")
    for number, vip in enumerate(network.vip_networks):
        place = ("network", "vipNetworks", number)
        for message, fix, key in (*_not_one_of(vip), *vip_network_defects(vip, inputs)):
            error((*place, key) if key else place, message, fix)
    for number, node in enumerate(network.node_networks):
        place = ("network", "nodeNetworks", number)
        for message, fix, key in (*_not_one_of(node), *node_network_defects(node, inputs)):
            error((*place, key) if key else place, message, fix)
    group = setting.spec.se_group
    if group and not inputs.facts.has("serviceenginegroup", group.name):
        error(("seGroup", "name"), f'the Controller has no Service Engine group "{group.name}"', _CORRECT_OR_CREATE)
    return tuple(found)


_CORRECT_OR_CREATE = "correct the name, or create it on the Controller"

Defect = tuple[str, str, str]
"""Message, fix, key."""


def reference_to(network: VipNetwork | NodeNetwork) -> str:
    """How a network is looked for: by uuid where values.yaml gives both (AKO-NETWORK-UUID-FIRST)."""
    return network.network_uuid or network.network_name


def _not_one_of(network: VipNetwork | NodeNetwork) -> tuple[Defect, ...]:
    """An AviInfraSetting gives name or uuid, not both (AKO-INFRA-SCHEMA)."""
    if network.network_name and network.network_uuid:
        return (("networkName and networkUUID are both given", "give one of them", ""),)
    return ()


def vip_network_defects(network: VipNetwork, inputs: Inputs) -> tuple[Defect, ...]:
    """What is wrong with one VIP network."""
    found = list(_identity_defects(network, inputs))
    if network.cidr and not _is_cidr(network.cidr, 4):
        found.append((f"{shown(network.cidr)} is not an IPv4 CIDR", "write it as 10.1.2.0/24", "cidr"))
    if network.v6cidr and not _is_cidr(network.v6cidr, 6):
        found.append((f"{shown(network.v6cidr)} is not an IPv6 CIDR", "write it as 2001:db8::/64", "v6cidr"))
    return tuple(found)


def node_network_defects(network: NodeNetwork, inputs: Inputs) -> tuple[Defect, ...]:
    """What is wrong with one node network."""
    found = list(_identity_defects(network, inputs))
    found.extend(
        (f"{shown(cidr)} is not a CIDR", "write it as 10.1.2.0/24 or 2001:db8::/64", "cidrs")
        for cidr in network.cidrs
        if not (_is_cidr(cidr, 4) or _is_cidr(cidr, 6))
    )
    return tuple(found)


def _identity_defects(network: VipNetwork | NodeNetwork, inputs: Inputs) -> tuple[Defect, ...]:
    reference = reference_to(network)
    if not reference:
        return (("networkName and networkUUID are both missing", "give one of them", ""),)
    if defect := _form_defect(network, inputs):
        return (defect,)
    if inputs.facts.cloud.vtype in CLOUDS_WITHOUT_NETWORKS:
        return ()
    key = "networkUUID" if network.network_uuid else "networkName"
    if not inputs.facts.has("network", reference):
        return ((f'the Controller has no network "{reference}"', _CORRECT_OR_CREATE, key),)
    if not network.network_uuid and f"network/{reference}" in inputs.facts.shared_names:
        return ((f'several networks are called "{reference}"', "give the networkUUID instead of the name", key),)
    return ()


def subnet_uuid(network: VipNetwork) -> str:
    """What a VIP names its subnet by on a cloud of SUBNET_CLOUDS (AKO-SUBNET-VIPS)."""
    return network.network_name or network.network_uuid


def _form_defect(network: VipNetwork | NodeNetwork, inputs: Inputs) -> Defect | None:
    """A network that exists under its name but is sent by uuid, or the other way round: it would not be found."""
    found, vtype = inputs.facts.network_uuids, inputs.facts.cloud.vtype
    key = "networkUUID" if network.network_uuid else "networkName"
    name = reference_to(network)
    if isinstance(network, VipNetwork) and vtype in SUBNET_CLOUDS:
        name = subnet_uuid(network)
        key = "networkName" if network.network_name else "networkUUID"
    elif not network.network_uuid:
        if found.get(name) != name:
            return None
        message = f'"{name}" is the uuid of a network, and networkName takes its name'
        return message, f"write it as networkUUID: {name}", key
    uuid = found.get(name, name)
    if uuid == name:
        return None
    if f"network/{name}" in inputs.facts.shared_names:
        message, fix = f'"{name}" is the name of several networks', "write the uuid of the one that is meant"
    else:
        message, fix = f'"{name}" is the name of a network, its uuid is {uuid}', f"write {key}: {uuid}"
    return f"{message}; {_where_uuids_are_sent(network, vtype)}", fix, key


def _where_uuids_are_sent(network: VipNetwork | NodeNetwork, vtype: str) -> str:
    by_cloud = isinstance(network, VipNetwork) and vtype in SUBNET_CLOUDS
    return f"a cloud of type {vtype} takes uuids" if by_cloud else "networkUUID takes uuids"


def _is_cidr(text: str, version: int) -> bool:
    try:
        network = ipaddress.ip_interface(text)
    except ValueError:
        return False
    return text.rpartition("/")[2].isdecimal() and "/" in text and network.version == version
