"""One LoadBalancer Service → a VirtualService of its own (AKO-LOAD-BALANCER-SERVICES)."""

from sync.model.desired import ObjectSpec, Owner, OwnerKind
from sync.model.resources.core import Service
from sync.model.wording import shown
from sync.translate import profiles
from sync.translate.blueprint import Blueprint, PoolPlan, specs_of, too_long
from sync.translate.infra_setting import infrastructure, setting_of_service
from sync.translate.inputs import Inputs
from sync.translate.l4_rule import check_rule, effects, pool_rule, rule_of_service
from sync.translate.load_balancer import (
    ANNOTATIONS,
    APPLICATION_PROFILE_ANNOTATION,
    DISABLE_TRAFFIC_ANNOTATION,
    address_of_rule,
    asked_address,
    check_asked,
    check_names,
    check_ports,
    names_of,
    not_served,
    service_ports,
)
from sync.translate.protection import with_protection
from sync.translate.status import service_status
from sync.translate.tenants import check_tenant
from sync.translate.verdict import Findings, Verdict


def translate_service(service: Service, inputs: Inputs) -> Verdict:
    """What a Service with a VirtualService of its own comes to."""
    findings = Findings()
    reason = not_served(service, inputs, findings)
    specs = () if reason else _specs(service, inputs, findings)
    name = inputs.names.virtual_service(service.namespace, service.name)
    names = _fqdns(service, inputs) if specs else ()
    return Verdict(
        owner=Owner(kind=OwnerKind.SERVICE, namespace=service.namespace, name=service.name),
        name=name,
        origin=service.origin,
        specs=() if findings.has_errors else specs,
        problems=tuple(findings.problems),
        doubts=tuple(dict.fromkeys(findings.doubts)),
        not_served=reason,
        statuses=(service_status(service, name, reason, findings.problems, names),),
    )


def _specs(service: Service, inputs: Inputs, findings: Findings) -> tuple[ObjectSpec, ...]:
    ports = service.spec.ports
    name = inputs.names.virtual_service(service.namespace, service.name)
    protocols = sorted({port.protocol.value for port in ports})
    mark = inputs.markers
    pools = [
        (inputs.names.service_pool(service.namespace, service.name, port.protocol, port.port), port) for port in ports
    ]
    check_tenant(service, inputs, findings)
    check_ports(service, inputs, findings)
    if found := too_long(name, (pool for pool, _ in pools)):
        findings.error(service, ("metadata", "name"), *found)
    if _has_names(inputs):
        check_names(service, findings)
    profile = _application_profile(service, inputs, findings)
    is_enabled = _traffic_enabled(service, findings)
    rule = rule_of_service(service, inputs, findings)
    if rule:
        check_rule(rule, service, ports, inputs, findings)
    asked = asked_address(service, findings) or address_of_rule(rule)
    setting = setting_of_service(service, inputs, findings)
    if findings.has_errors:
        return ()
    infra = infrastructure(setting, inputs)
    check_asked(asked, infra, inputs, findings)
    made = effects(rule, is_shared=False) if rule else None
    blueprint = Blueprint(
        owner=Owner(kind=OwnerKind.SERVICE, namespace=service.namespace, name=service.name),
        name=name,
        tenant=inputs.tenant_of(service.namespace),
        markers=mark.of(namespace=service.namespace, service=service.name),
        policy_markers=mark.of(namespace=service.namespace, service=service.name, protocol=",".join(protocols)),
        infra=infra,
        address=asked.address if asked else None,
        fqdns=_fqdns(service, inputs),
        # By the name of the Service port, as AKO sorts them (AKO-SERVICES-ORDER).
        ports=(made.ports if made else None) or service_ports(sorted(ports, key=lambda port: port.name), protocols),
        network_profile=made.network_profile if made else profiles.network_profile(protocols, inputs.facts),
        application_profile=made.application_profile if made else profile,
        traffic_enabled=is_enabled,
        rule=made.service if made else None,
        pools=tuple(
            PoolPlan(
                name=pool,
                markers=mark.of(namespace=service.namespace, service=service.name, port=port.port),
                service=service,
                port=port,
                rule=pool_rule(rule, port),
            )
            for pool, port in pools
        ),
    )
    return with_protection(specs_of(blueprint, inputs, findings), (service,), findings)


def _traffic_enabled(service: Service, findings: Findings) -> bool:
    """Unless the annotation says `true`, in whatever case (AKO-TRAFFIC-ANNOTATION)."""
    said = service.annotation(DISABLE_TRAFFIC_ANNOTATION)
    if said and said.lower() not in ("true", "false"):
        message = f"{shown(said)} is not true, so traffic is enabled"
        findings.warning(service, (*ANNOTATIONS, DISABLE_TRAFFIC_ANNOTATION), message, "write true or false")
    return said.lower() != "true"


def _application_profile(service: Service, inputs: Inputs, findings: Findings) -> str:
    name = service.annotation(APPLICATION_PROFILE_ANNOTATION)
    if name and not inputs.facts.has("applicationprofile", name):
        findings.error(
            service,
            (*ANNOTATIONS, APPLICATION_PROFILE_ANNOTATION),
            f'the Controller has no application profile "{name}"',
            "correct the name, or create it on the Controller",
        )
    return name or profiles.L4_APPLICATION_PROFILE


def _fqdns(service: Service, inputs: Inputs) -> tuple[str, ...]:
    """The external-dns annotation, else the automatic name; none if autoFQDN is disabled (AKO-SERVICE-HOSTNAME)."""
    return names_of(service, inputs) if _has_names(inputs) else ()


def _has_names(inputs: Inputs) -> bool:
    return inputs.settings.l4.auto_fqdn in ("default", "flat")
