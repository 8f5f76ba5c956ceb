"""LoadBalancer Services with their own VirtualService, and what they have in common with those that share one.

See AKO-LOAD-BALANCER-SERVICES.
"""

from sync.avi.markers import Markers
from sync.model.desired import Owner, OwnerKind
from sync.model.provenance import Sourced, in_manifest
from sync.model.resources.ako import L4Rule
from sync.model.resources.core import Service, ServicePort
from sync.model.wording import is_slip, shown
from sync.translate import profiles
from sync.translate.addresses import RequestedAddress, parse_address
from sync.translate.catalog import CONTROLLER
from sync.translate.endpoints import place_of_port
from sync.translate.findings import Findings, OwnerTranslation
from sync.translate.fqdn import automatic_name, check_name
from sync.translate.frontend import BackEnd, Frontend, Listener
from sync.translate.infra_setting import setting_of_service
from sync.translate.inputs import HOLDING, Coverage, Inputs, coverage_of
from sync.translate.kubernetes_status import service_status
from sync.translate.l4_rule import rule_of_service
from sync.translate.specs import specs_of
from sync.translate.tenants import check_tenant

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
        message = f'held: loadBalancerClass "{wanted}" is probably a misspelling'
        findings.error(service, ("spec", "loadBalancerClass"), message, f'did you mean "{CONTROLLER}"?')
        return ""
    if wanted is not None and wanted != CONTROLLER:
        return f"its loadBalancerClass is {wanted}"
    return ""


def switched_off(service: Service, inputs: Inputs) -> str:
    """The setting in values.yaml that excludes the Service; empty if none does.

    See AKO-LOAD-BALANCER-CLASS and AKO-LAYER-7-ONLY.
    """
    if inputs.settings.ako.layer7_only:
        return "AKOSettings.layer7Only is true"
    if service.spec.load_balancer_class is None and not inputs.settings.l4.default_lb_controller:
        return "L4Settings.defaultLBController is false"
    return ""


def names_of(service: Service, inputs: Inputs) -> tuple[Sourced[str], ...]:
    """The names in the external-dns annotation, else the automatic name."""
    if written := _written_names(service):
        place = in_manifest(service, *ANNOTATIONS, HOSTNAME_ANNOTATION)
        return tuple(Sourced(value=name, sources=(place,)) for name in written)
    automatic = automatic_name(service, inputs.settings, inputs.facts)
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
        findings.error(service, ("spec", "ports"), "a LoadBalancer Service needs a port", "add a port")
    seen: set[tuple[str, int]] = set()
    for number, port in enumerate(service.spec.ports):
        place = ("spec", "ports", number)
        if port.port_key in seen:
            findings.error(service, place, f"port {port.protocol} {port.port} is defined twice", "remove one of them")
        seen.add(port.port_key)
        if port.protocol == "SCTP" and inputs.settings.l7.service_type == "NodePortLocal":
            findings.error(service, place, "SCTP cannot be served in NodePortLocal mode", "use another serviceType")


def address_text(service: Service) -> tuple[str, Path]:
    """`spec.loadBalancerIP`, else the annotation (AKO-SERVICE-ADDRESS)."""
    if service.spec.load_balancer_ip:
        return service.spec.load_balancer_ip, ("spec", "loadBalancerIP")
    return service.annotation(ADDRESS_ANNOTATION), (*ANNOTATIONS, ADDRESS_ANNOTATION)


def address_of_service(service: Service, findings: Findings) -> RequestedAddress | None:
    """The Service's own address; an error if it is none."""
    text, path = address_text(service)
    return parse_address(text, service, path, findings) if text else None


def address_of_rule(rule: L4Rule | None) -> RequestedAddress | None:
    """The rule's own address; one that is none is found with the rule's other defects."""
    if rule is None or not rule.spec.load_balancer_ip:
        return None
    return RequestedAddress(text=rule.spec.load_balancer_ip, at=rule, path=("spec", "loadBalancerIP"))


def listener_of(
    service: Service,
    port: ServicePort,
    pool: str,
    markers: Markers,
    hostnames: tuple[Sourced[str], ...],
    *,
    sort_key: str = "",
) -> Listener:
    """A port of the Service as a listener that the port itself serves."""
    end = BackEnd(service=service, port=port, pool=pool, markers=markers)
    return Listener(
        protocol=port.protocol.value,
        port=port.port,
        source=place_of_port(service, port),
        hostnames=hostnames,
        back_ends=(end,),
        sort_key=sort_key,
    )


# --- its own VirtualService -------------------------------------------------------------------------------------------


def translate_service(service: Service, inputs: Inputs) -> OwnerTranslation:
    """The translation of a Service with its own VirtualService."""
    owner = Owner(kind=OwnerKind.SERVICE, namespace=service.namespace, name=service.name)
    name = inputs.names.virtual_service(owner.namespace, owner.name)
    findings = Findings()
    reason = not_served(service, inputs, findings)
    frontend = None if reason else _frontend(owner, service, inputs, findings)
    specs = specs_of(frontend, inputs, findings) if frontend else ()
    hostnames = frontend.hostnames if frontend and specs else ()
    status = service_status(service, name, reason, findings.problems, hostnames)
    return findings.translation(owner, name, service, specs=specs, statuses=(status,), not_served=reason)


def _frontend(owner: Owner, service: Service, inputs: Inputs, findings: Findings) -> Frontend:
    namespace, name, ports = service.namespace, service.name, service.spec.ports
    check_tenant(service, inputs, findings)
    check_ports(service, inputs, findings)
    has_names = inputs.settings.l4.auto_fqdn in ("default", "flat")  # AKO-SERVICE-HOSTNAME
    if has_names:
        check_names(service, findings)
    hostnames = names_of(service, inputs) if has_names else ()
    protocols = ",".join(sorted({port.protocol.value for port in ports}))
    rule = rule_of_service(service, inputs, findings)
    return Frontend(
        owner=owner,
        manifests=(service,),
        named_by=(in_manifest(service, "metadata", "name"),),
        tenant=inputs.tenant_of(namespace),
        markers=inputs.markers.of(namespace=namespace, service=name),
        policy_markers=inputs.markers.of(namespace=namespace, service=name, protocol=protocols),
        listeners=tuple(
            listener_of(
                service,
                port,
                inputs.names.service_pool(namespace, name, port.protocol, port.port),
                inputs.markers.of(namespace=namespace, service=name, port=port.port),
                hostnames,
                sort_key=port.name,  # as AKO sorts them (AKO-SERVICES-ORDER)
            )
            for port in ports
        ),
        address=address_of_service(service, findings) or address_of_rule(rule),
        setting=setting_of_service(service, inputs, findings),
        rule=rule,
        application_profile=_application_profile(service, inputs, findings),
        traffic_enabled=_traffic_enabled(service, findings),
    )


def _traffic_enabled(service: Service, findings: Findings) -> Sourced[bool]:
    """Unless the annotation says `true`, in whatever case (AKO-TRAFFIC-ANNOTATION)."""
    said = service.annotation(DISABLE_TRAFFIC_ANNOTATION)
    if said and said.lower() not in ("true", "false"):
        message = f"{shown(said)} is not true, so traffic is enabled"
        findings.warning(service, (*ANNOTATIONS, DISABLE_TRAFFIC_ANNOTATION), message, "write true or false")
    default = f"default, without the annotation {DISABLE_TRAFFIC_ANNOTATION}"
    place = in_manifest(service, *ANNOTATIONS, DISABLE_TRAFFIC_ANNOTATION, default=default)
    return Sourced(value=said.lower() != "true", sources=(place,))


def _application_profile(service: Service, inputs: Inputs, findings: Findings) -> Sourced[str]:
    name = service.annotation(APPLICATION_PROFILE_ANNOTATION)
    if name and not inputs.facts.has("applicationprofile", name):
        findings.error(
            service,
            (*ANNOTATIONS, APPLICATION_PROFILE_ANNOTATION),
            f'the Controller has no application profile "{name}"',
            "correct the name, or create it on the Controller",
        )
    default = "AKO's profile for layer 4"
    place = in_manifest(service, *ANNOTATIONS, APPLICATION_PROFILE_ANNOTATION, default=default)
    return Sourced(value=name or profiles.L4_APPLICATION_PROFILE, sources=(place,))
