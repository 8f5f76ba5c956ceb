"""LoadBalancer Services of one namespace that share a VIP → one VirtualService (AKO-SHARED-VIP)."""

import re
from collections.abc import Mapping, Sequence

from sync.model.desired import ObjectSpec, Owner, OwnerKind
from sync.model.resources.core import Service, ServicePort
from sync.model.wording import shown
from sync.translate import profiles
from sync.translate.blueprint import Blueprint, PoolPlan, specs_of, too_long
from sync.translate.catalog import Key
from sync.translate.fqdn import distinct_names, subdomain
from sync.translate.infra_setting import ANNOTATION as INFRA_ANNOTATION
from sync.translate.infra_setting import infrastructure, setting_of_service
from sync.translate.inputs import Inputs
from sync.translate.l4_rule import ANNOTATION as RULE_ANNOTATION
from sync.translate.l4_rule import check_rule, effects, pool_rule, rule_of_service
from sync.translate.load_balancer import (
    ANNOTATIONS,
    SHARED_VIP_ANNOTATION,
    Path,
    address_of_rule,
    address_text,
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
from sync.translate.verdict import Findings, Verdict


def translate_shared_vip(key: str, members: Sequence[Service], inputs: Inputs) -> Verdict:
    """What the Services of one namespace that share a VIP come to; members in name order, for AKO knows none."""
    first = members[0]
    findings = Findings()
    reasons = {member.key: reason for member in members if (reason := not_served(member, inputs, findings))}
    specs: tuple[ObjectSpec, ...] = ()
    if reasons and len(reasons) < len(members):
        _report_strangers(key, members, reasons, findings)
    elif not reasons:
        specs = _specs(key, members, inputs, findings)
    name = inputs.names.virtual_service(first.namespace, key)
    return Verdict(
        owner=Owner(kind=OwnerKind.SHARED_VIP, namespace=first.namespace, name=key),
        name=name,
        origin=first.origin,
        specs=() if findings.has_errors else specs,
        problems=tuple(findings.problems),
        doubts=tuple(dict.fromkeys(findings.doubts)),
        not_served=next(iter(reasons.values()), ""),
        statuses=tuple(
            service_status(
                member,
                name,
                reasons.get(member.key, ""),
                findings.problems,
                names_of(member, inputs) if specs else (),
            )
            for member in members
        ),
    )


def _report_strangers(key: str, members: Sequence[Service], reasons: Mapping[Key, str], findings: Findings) -> None:
    """Members that are not ours to serve hold the others: AKO deletes the VIP of all (AKO-SHARED-VIP-CLASS)."""
    for member in members:
        if member.key in reasons:
            findings.error(
                member,
                (*ANNOTATIONS, SHARED_VIP_ANNOTATION),
                f"a member of shared VIP {key} that is not ours to serve: {reasons[member.key]}",
                "take the annotation off it, or give all members one loadBalancerClass",
            )


_SHARED_KEY = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


def _specs(key: str, members: Sequence[Service], inputs: Inputs, findings: Findings) -> tuple[ObjectSpec, ...]:
    first = members[0]
    namespace = first.namespace
    name = inputs.names.virtual_service(namespace, key)
    ends = _ends_in_order(members)
    pools = [
        (inputs.names.attached_pool(namespace, member.name, key, port.protocol, port.port), member, port)
        for member, port in ends
    ]
    _check_members(key, members, inputs, findings)
    for member in members:
        check_ports(member, inputs, findings)
        if _has_names(inputs):
            check_names(member, findings)
    if found := too_long(name, (pool for pool, _, _ in pools)):
        findings.error(first, ("metadata", "name"), *found)
    rule = rule_of_service(first, inputs, findings)
    if rule:
        check_rule(rule, first, [port for _, port in ends], inputs, findings)
        if rule.spec.revoke_vip_route:
            findings.warning(
                rule, ("spec", "revokeVipRoute"), "revokeVipRoute has no effect on a shared VIP", "remove it"
            )
    asked = address_of_rule(rule) or asked_address(first, findings)
    setting = setting_of_service(first, inputs, findings)
    if findings.has_errors:
        return ()
    infra = infrastructure(setting, inputs)
    check_asked(asked, infra, inputs, findings)
    made = effects(rule, is_shared=True) if rule else None
    protocols = [port.protocol.value for _, port in ends]
    markers = inputs.markers.of(namespace=namespace, shared_vip=key)
    blueprint = Blueprint(
        owner=Owner(kind=OwnerKind.SHARED_VIP, namespace=namespace, name=key),
        name=name,
        tenant=inputs.settings.controller.tenant_name,  # not the namespace's (AKO-SHARED-VIP-TENANT)
        markers=markers,
        policy_markers=markers,
        infra=infra,
        address=asked.address if asked else None,
        fqdns=_fqdns(members, inputs),
        ports=(made.ports if made else None) or service_ports([port for _, port in ends], protocols),
        network_profile=made.network_profile if made else profiles.network_profile(protocols, inputs.facts),
        application_profile=made.application_profile if made else profiles.L4_APPLICATION_PROFILE,
        rule=made.service if made else None,
        pools=tuple(
            PoolPlan(
                name=pool,
                markers=inputs.markers.of(
                    namespace=namespace, service=member.name, port=port.port, protocol=port.protocol, shared_vip=key
                ),
                service=member,
                port=port,
                rule=pool_rule(rule, port),
            )
            for pool, member, port in pools
        ),
    )
    return with_protection(specs_of(blueprint, inputs, findings), members, findings)


def _ends_in_order(members: Sequence[Service]) -> list[tuple[Service, ServicePort]]:
    """Every port of every member, by the text `PROTOCOL-port`, as AKO sorts them (AKO-SHARED-VIP-ORDER)."""
    ends = [(member, port) for member in members for port in member.spec.ports]
    return sorted(ends, key=lambda end: f"{end[1].protocol}-{end[1].port}")


def _check_members(key: str, members: Sequence[Service], inputs: Inputs, findings: Findings) -> None:
    """What a group must be: nameable, and whole."""
    first = members[0]
    place = (*ANNOTATIONS, SHARED_VIP_ANNOTATION)
    if not _SHARED_KEY.fullmatch(key):
        findings.error(first, place, f"{shown(key)} cannot be part of a name", "use letters, digits, - . and _")
    for broken in inputs.catalog.broken_of(Service):
        if broken.namespace == first.namespace and broken.annotations.get(SHARED_VIP_ANNOTATION, "").strip() == key:
            findings.error(
                first,
                place,
                f"held: {broken.title}, which shares this VIP, cannot be used",
                f"correct {broken.origin.file}:{broken.origin.line}",
            )
    _check_agreement(members, findings)
    _check_ports_of_all(key, members, findings)


def _check_agreement(members: Sequence[Service], findings: Findings) -> None:
    """What all members must have alike (AKO-SHARED-VIP-ALIKE)."""
    first = members[0]
    for member in members[1:]:
        for annotation in (INFRA_ANNOTATION, RULE_ANNOTATION):
            if member.annotation(annotation) != first.annotation(annotation):
                _disagreement(member, first, (*ANNOTATIONS, annotation), annotation, findings)
        text, place = address_text(member)
        if text and text != address_text(first)[0]:
            _disagreement(member, first, place, str(place[-1]), findings)


def _check_ports_of_all(key: str, members: Sequence[Service], findings: Findings) -> None:
    """What only one member may have; AKO documents it and does not check it."""
    taken: dict[tuple[str, int], Service] = {}
    for member in members:
        for number, port in enumerate(member.spec.ports):
            other = taken.setdefault(port.port_key, member)
            if other is not member:
                findings.error(
                    member,
                    ("spec", "ports", number),
                    f"port {port.protocol} {port.port} of shared VIP {key} is that of {other.title}, too",
                    "give one of them another port, or a VIP of its own",
                )


def _disagreement(member: Service, first: Service, place: Path, what: str, findings: Findings) -> None:
    findings.error(
        member,
        place,
        f"{what} differs from that of {first.title} ({first.origin.file}:{first.origin.line}), which shares the VIP",
        "give all members the same, or take one off the shared VIP",
    )


def _fqdns(members: Sequence[Service], inputs: Inputs) -> tuple[str, ...]:
    """Per member; the annotation counts even while autoFQDN is disabled, nothing without a DNS domain.

    See AKO-SHARED-VIP-HOSTNAMES.
    """
    if not _has_names(inputs):
        return ()
    return distinct_names(name for member in members for name in names_of(member, inputs))


def _has_names(inputs: Inputs) -> bool:
    return subdomain(inputs.settings, inputs.facts) is not None
