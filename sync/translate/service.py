"""One LoadBalancer Service → a VirtualService of its own (ako-semantics §1.6, §2, §4.5, §5.1)."""

import ipaddress
from collections.abc import Sequence

from sync.model.desired import (
    L4PolicySetContent,
    ObjectKey,
    ObjectSpec,
    Owner,
    OwnerKind,
    PolicyRule,
    PoolContent,
    VirtualServiceContent,
    VirtualServicePort,
    VsVipContent,
)
from sync.model.resources.core import Service, ServicePort
from sync.translate import network, profiles
from sync.translate.backends import servers
from sync.translate.fqdn import auto_fqdn
from sync.translate.gateway import CONTROLLER
from sync.translate.infra_setting import Infrastructure, infrastructure, setting_of_service
from sync.translate.inputs import Coverage, Inputs, coverage_of
from sync.translate.names import MAX_NAME_LENGTH, MAX_POOL_NAME_LENGTH
from sync.translate.status import service_status
from sync.translate.verdict import Findings, Verdict

SHARED_VIP_ANNOTATION = "ako.vmware.com/enable-shared-vip"
L4_RULE_ANNOTATION = "ako.vmware.com/l4rule"
ADDRESS_ANNOTATION = "ako.vmware.com/load-balancer-ip"
DISABLE_TRAFFIC_ANNOTATION = "ako.vmware.com/disable-traffic"
APPLICATION_PROFILE_ANNOTATION = "ako.vmware.com/application-profile"
HOSTNAME_ANNOTATION = "external-dns.alpha.kubernetes.io/hostname"


def translate_service(service: Service, inputs: Inputs) -> Verdict:
    """What a Service of type LoadBalancer comes to."""
    owner = Owner(kind=OwnerKind.SERVICE, namespace=service.namespace, name=service.name)
    findings = Findings()
    reason = not_served(service, inputs, findings)
    specs: tuple[ObjectSpec, ...] = ()
    if not reason:
        specs = _specs(service, owner, inputs, findings)
    return Verdict(
        owner=owner,
        name=inputs.names.virtual_service(service.namespace, service.name),
        origin=service.origin,
        specs=() if findings.has_errors else specs,
        problems=tuple(findings.problems),
        status=service_status(service, reason, findings.problems, _fqdns(service, inputs) if specs else ()),
    )


def not_served(service: Service, inputs: Inputs, findings: Findings) -> str:
    """Why the Service is not ours to serve (ako-semantics §1.6); empty if it is."""
    coverage = coverage_of(service.namespace, inputs)
    if coverage is Coverage.UNKNOWN:
        findings.error(service, ("metadata", "namespace"), f"held: {coverage.value}", "commit the Namespace")
        return ""
    if coverage is not Coverage.YES:
        return str(coverage.value)
    wanted = service.spec.load_balancer_class
    if wanted is not None and wanted != CONTROLLER:
        return f"its loadBalancerClass is {wanted}"
    return ""


def _specs(service: Service, owner: Owner, inputs: Inputs, findings: Findings) -> tuple[ObjectSpec, ...]:
    for annotation in (SHARED_VIP_ANNOTATION, L4_RULE_ANNOTATION):
        if service.annotation(annotation):
            findings.error(
                service,
                ("metadata", "annotations", annotation),
                f"held: {annotation} is not supported by this version",
                "remove the annotation, or keep this Service with AKO",
            )
    address = _address(service, findings)
    setting = setting_of_service(service, inputs, findings)
    _check_ports(service, inputs, findings)
    if findings.has_errors:
        return ()
    return _objects(service, owner, infrastructure(setting, inputs), address, inputs, findings)


def _address(service: Service, findings: Findings) -> str | None:
    """`spec.loadBalancerIP`, else the annotation (AKO L4T:158)."""
    if service.spec.load_balancer_ip:
        place: tuple[str, ...] = ("spec", "loadBalancerIP")
        text = service.spec.load_balancer_ip
    else:
        place = ("metadata", "annotations", ADDRESS_ANNOTATION)
        text = service.annotation(ADDRESS_ANNOTATION)
    if not text:
        return None
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        findings.error(service, place, f'address "{text}" is not an IP address', "write an IP address, or remove it")
        return None


def _check_ports(service: Service, inputs: Inputs, findings: Findings) -> None:
    if not service.spec.ports:
        findings.error(service, ("spec", "ports"), "a LoadBalancer Service without ports", "give it a port")
    seen: set[tuple[str, int]] = set()
    for number, port in enumerate(service.spec.ports):
        place = ("spec", "ports", number)
        if port.port_key in seen:
            findings.error(service, place, f"port {port.protocol} {port.port} is there twice", "remove one of them")
        seen.add(port.port_key)
        if port.protocol == "SCTP" and inputs.settings.l7.service_type == "NodePortLocal":
            findings.error(service, place, "SCTP cannot be served in NodePortLocal mode", "use another serviceType")
        name = _pool_name(service, port, inputs)
        if len(name) > MAX_POOL_NAME_LENGTH:
            findings.error(
                service,
                ("metadata", "name"),
                f"the name {name[:40]}… would have {len(name)} characters; the limit is {MAX_POOL_NAME_LENGTH} "
                f"(names and references of {MAX_NAME_LENGTH})",
                "use shorter names, or AKOSettings.enableEVH: true (that renames everything)",
            )


def _pool_name(service: Service, port: ServicePort, inputs: Inputs) -> str:
    return inputs.names.service_pool(service.namespace, service.name, port.protocol, port.port)


def _objects(
    service: Service,
    owner: Owner,
    infra: Infrastructure,
    address: str | None,
    inputs: Inputs,
    findings: Findings,
) -> tuple[ObjectSpec, ...]:
    tenant = inputs.tenant_of(service.namespace)
    name = inputs.names.virtual_service(service.namespace, service.name)
    vrf = network.vrf(infra, tenant, inputs)
    ports = service.spec.ports
    protocols = sorted({port.protocol.value for port in ports})
    mark = inputs.markers

    def key(kind: str, called: str) -> ObjectKey:
        return ObjectKey(kind=kind, tenant=tenant, cloud=inputs.cloud, name=called)

    vsvip = ObjectSpec(
        key=key("VsVip", name),
        owner=owner,
        owner_name=inputs.names.virtual_service(service.namespace, service.name),
        markers=mark.of(namespace=service.namespace, service=service.name),
        content=VsVipContent(
            vips=network.vips(infra, address, inputs),
            fqdns=_fqdns(service, inputs),
            vrf=vrf,
            tier1_lr=infra.tier1_lr or None,
            bgp_peer_labels=infra.bgp_peer_labels,
        ),
    )
    pools = tuple(
        _pool(service, owner, key("Pool", _pool_name(service, port, inputs)), port, infra, vrf, inputs, findings)
        for port in ports
    )
    policy_set = ObjectSpec(
        key=ObjectKey(kind="L4PolicySet", tenant=tenant, cloud="", name=name),
        owner=owner,
        owner_name=inputs.names.virtual_service(service.namespace, service.name),
        markers=mark.of(namespace=service.namespace, service=service.name, protocol=",".join(protocols)),
        content=L4PolicySetContent(
            rules=tuple(
                PolicyRule(protocol=port.protocol.value, port=port.port, pool=_pool_name(service, port, inputs))
                for port in ports
            )
        ),
    )
    virtual_service = ObjectSpec(
        key=key("VirtualService", name),
        owner=owner,
        owner_name=inputs.names.virtual_service(service.namespace, service.name),
        markers=mark.of(namespace=service.namespace, service=service.name),
        content=VirtualServiceContent(
            vsvip=name,
            ports=_ports(ports, protocols),
            application_profile=service.annotation(APPLICATION_PROFILE_ANNOTATION) or profiles.L4_APPLICATION_PROFILE,
            network_profile=profiles.network_profile(protocols, inputs.facts),
            se_group=infra.se_group,
            vrf=vrf,
            enable_rhi=infra.enable_rhi or None,
            traffic_enabled=service.annotation(DISABLE_TRAFFIC_ANNOTATION).lower() != "true",
            policy_set=name,
        ),
    )
    return (vsvip, *pools, policy_set, virtual_service)


def _ports(ports: tuple[ServicePort, ...], protocols: Sequence[str]) -> tuple[VirtualServicePort, ...]:
    """Sorted by the name of the Service port, as AKO does (ako-semantics §2.2)."""
    return tuple(
        VirtualServicePort(port=port.port, network_profile=profiles.override_profile(port.protocol, protocols))
        for port in sorted(ports, key=lambda port: port.name)
    )


def _fqdns(service: Service, inputs: Inputs) -> tuple[str, ...]:
    """The external-dns annotation, else the automatic name; none at all if autoFQDN is disabled (AKO L4T:45)."""
    if inputs.settings.l4.auto_fqdn not in ("default", "flat"):
        return ()
    name = service.annotation(HOSTNAME_ANNOTATION) or auto_fqdn(
        service.name, service.namespace, inputs.settings, inputs.facts
    )
    return (name,) if name else ()


def _pool(
    service: Service,
    owner: Owner,
    key: ObjectKey,
    port: ServicePort,
    infra: Infrastructure,
    vrf: str | None,
    inputs: Inputs,
    findings: Findings,
) -> ObjectSpec:
    found = servers(service, port, inputs, findings)
    return ObjectSpec(
        key=key,
        owner=owner,
        owner_name=inputs.names.virtual_service(service.namespace, service.name),
        markers=inputs.markers.of(namespace=service.namespace, service=service.name, port=port.port),
        content=PoolContent(
            health_monitors=(profiles.HEALTH_MONITORS[port.protocol],),
            servers=found,
            vrf=vrf,
            tier1_lr=infra.tier1_lr or None,
            placement_networks=network.placement_networks(infra, inputs),
        ),
        left_alone=frozenset({"servers"}) if found is None else frozenset(),
    )
