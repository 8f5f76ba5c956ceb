"""What LoadBalancer Services have in common, with a VirtualService of their own or sharing one."""

from collections.abc import Sequence
from dataclasses import dataclass

from sync.model.desired import VirtualServicePort
from sync.model.resources.ako import L4Rule
from sync.model.resources.core import Service, ServicePort
from sync.model.wording import is_slip
from sync.translate import profiles
from sync.translate.addresses import check_address, parse_address
from sync.translate.fqdn import auto_fqdn, check_name, distinct_names
from sync.translate.gateway import CONTROLLER
from sync.translate.infra_setting import Infrastructure
from sync.translate.inputs import HOLDING, Coverage, Inputs, coverage_of
from sync.translate.verdict import Findings

SHARED_VIP_ANNOTATION = "ako.vmware.com/enable-shared-vip"
ADDRESS_ANNOTATION = "ako.vmware.com/load-balancer-ip"
DISABLE_TRAFFIC_ANNOTATION = "ako.vmware.com/disable-traffic"
APPLICATION_PROFILE_ANNOTATION = "ako.vmware.com/application-profile"
HOSTNAME_ANNOTATION = "external-dns.alpha.kubernetes.io/hostname"

ANNOTATIONS = ("metadata", "annotations")
Path = tuple[str | int, ...]


def not_served(service: Service, inputs: Inputs, findings: Findings) -> str:
    """Why the Service is not ours to serve (AKO-LOAD-BALANCER-SERVICES); empty if it is."""
    coverage = coverage_of(service.namespace, inputs)
    if coverage in HOLDING:
        findings.error(service, ("metadata", "namespace"), f"held: {coverage.value}", HOLDING[coverage])
        return ""
    if coverage is not Coverage.YES:
        return str(coverage.value)
    if reason := switched_off(service, inputs):
        return reason
    wanted = service.spec.load_balancer_class
    if wanted is not None and is_slip(wanted, CONTROLLER):
        message = f'held: loadBalancerClass "{wanted}" is nearly ours'
        findings.error(service, ("spec", "loadBalancerClass"), message, f'did you mean "{CONTROLLER}"?')
        return ""
    if wanted is not None and wanted != CONTROLLER:
        return f"its loadBalancerClass is {wanted}"
    return ""


def switched_off(service: Service, inputs: Inputs) -> str:
    """The switch in values.yaml that takes the Service out of our hands; empty if none does.

    See AKO-LOAD-BALANCER-CLASS and AKO-LAYER-7-ONLY.
    """
    if inputs.settings.ako.layer7_only:
        return "AKOSettings.layer7Only is true"
    if service.spec.load_balancer_class is None and not inputs.settings.l4.default_lb_controller:
        return "L4Settings.defaultLBController is false"
    return ""


def names_of(service: Service, inputs: Inputs) -> tuple[str, ...]:
    """The names in the external-dns annotation, else the automatic name."""
    if written := _written_names(service):
        return distinct_names(written)
    automatic = auto_fqdn(service.name, service.namespace, inputs.settings, inputs.facts)
    return (automatic,) if automatic else ()


def check_names(service: Service, findings: Findings) -> None:
    """Errors for what the external-dns annotation holds besides DNS names."""
    for name in _written_names(service):
        check_name(name, service, (*ANNOTATIONS, HOSTNAME_ANNOTATION), findings)


def _written_names(service: Service) -> tuple[str, ...]:
    """What the external-dns annotation lists; it separates names by commas, where AKO takes the text for one name."""
    names = (name.strip() for name in service.annotation(HOSTNAME_ANNOTATION).split(","))
    return tuple(name for name in names if name)


def check_ports(service: Service, inputs: Inputs, findings: Findings) -> None:
    """Errors for a Service without ports, or with one twice."""
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


def service_ports(ports: Sequence[ServicePort], protocols: Sequence[str]) -> tuple[VirtualServicePort, ...]:
    """The rows of `services`, in the order given."""
    return tuple(
        VirtualServicePort(port=port.port, network_profile=profiles.override_profile(port.protocol, protocols))
        for port in ports
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An address that Git asks for, and where."""

    address: str
    at: Service | L4Rule
    path: Path


def address_text(service: Service) -> tuple[str, Path]:
    """`spec.loadBalancerIP`, else the annotation (AKO-SERVICE-ADDRESS)."""
    if service.spec.load_balancer_ip:
        return service.spec.load_balancer_ip, ("spec", "loadBalancerIP")
    return service.annotation(ADDRESS_ANNOTATION), (*ANNOTATIONS, ADDRESS_ANNOTATION)


def asked_address(service: Service, findings: Findings) -> Asked | None:
    """The address that the Service asks for; an error if it is none."""
    text, path = address_text(service)
    address = parse_address(text, service, path, findings) if text else None
    return Asked(address=address, at=service, path=path) if address else None


def address_of_rule(rule: L4Rule | None) -> Asked | None:
    """The rule's own address; one that is none is found with the rule's other defects."""
    if rule is None or not rule.spec.load_balancer_ip:
        return None
    return Asked(address=rule.spec.load_balancer_ip, at=rule, path=("spec", "loadBalancerIP"))


def check_asked(asked: Asked | None, infra: Infrastructure, inputs: Inputs, findings: Findings) -> None:
    """Whether the address can be had (see `check_address`)."""
    if asked:
        check_address(asked.address, infra, asked.at, asked.path, inputs, findings)
