"""LoadBalancer Services of one namespace that share a VIP → one VirtualService (AKO-SHARED-VIP)."""

import re
from collections.abc import Mapping, Sequence

from sync.model.desired import Owner, OwnerKind
from sync.model.provenance import in_manifest
from sync.model.resources.core import Service, ServicePort
from sync.model.wording import shown
from sync.translate.catalog import Key
from sync.translate.findings import Findings, OwnerTranslation
from sync.translate.fqdn import subdomain
from sync.translate.frontend import Frontend
from sync.translate.infra_setting import ANNOTATION as INFRA_ANNOTATION
from sync.translate.infra_setting import setting_of_service
from sync.translate.inputs import Inputs
from sync.translate.kubernetes_status import service_status
from sync.translate.l4_rule import ANNOTATION as RULE_ANNOTATION
from sync.translate.l4_rule import rule_of_service
from sync.translate.load_balancer import (
    ANNOTATIONS,
    SHARED_VIP_ANNOTATION,
    Path,
    address_of_rule,
    address_of_service,
    address_text,
    check_names,
    check_ports,
    listener_of,
    names_of,
    not_served,
)
from sync.translate.specs import specs_of


def translate_shared_vip(key: str, members: Sequence[Service], inputs: Inputs) -> OwnerTranslation:
    """The translation of Services of one namespace that share a VIP; members in name order, because AKO has none."""
    first = members[0]
    owner = Owner(kind=OwnerKind.SHARED_VIP, namespace=first.namespace, name=key)
    name = inputs.names.virtual_service(owner.namespace, owner.name)
    findings = Findings()
    reasons = {member.key: reason for member in members if (reason := not_served(member, inputs, findings))}
    frontend = None if reasons else _frontend(owner, members, inputs, findings)
    if reasons and len(reasons) < len(members):
        _report_strangers(key, members, reasons, findings)
    specs = specs_of(frontend, inputs, findings) if frontend else ()
    return findings.translation(
        owner,
        name,
        first,
        specs=specs,
        not_served=next(iter(reasons.values()), ""),
        statuses=(
            service_status(
                member,
                name,
                reasons.get(member.key, ""),
                findings.problems,
                frontend.hostnames_of(member) if frontend and specs else (),
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
                f"member of shared VIP {key} that avi-sync does not serve: {reasons[member.key]}",
                "remove the annotation, or give all members the same loadBalancerClass",
            )


_SHARED_KEY = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


def _frontend(owner: Owner, members: Sequence[Service], inputs: Inputs, findings: Findings) -> Frontend:
    first, namespace, key = members[0], owner.namespace, owner.name
    # The annotation counts even while autoFQDN is disabled, nothing without a DNS domain (AKO-SHARED-VIP-HOSTNAMES).
    has_names = subdomain(inputs.settings, inputs.facts) is not None
    _check_members(key, members, inputs, findings)
    for member in members:
        check_ports(member, inputs, findings)
        if has_names:
            check_names(member, findings)
    rule = rule_of_service(first, inputs, findings)
    if rule and rule.spec.revoke_vip_route:
        findings.warning(rule, ("spec", "revokeVipRoute"), "revokeVipRoute has no effect on a shared VIP", "remove it")
    markers = inputs.markers.of(namespace=namespace, shared_vip=key)
    return Frontend(
        owner=owner,
        manifests=tuple(members),
        named_by=tuple(in_manifest(member, *ANNOTATIONS, SHARED_VIP_ANNOTATION) for member in members),
        tenant=inputs.tenant,  # not the namespace's (AKO-SHARED-VIP-TENANT)
        markers=markers,
        policy_markers=markers,
        listeners=tuple(
            listener_of(
                member,
                port,
                inputs.names.attached_pool(namespace, member.name, key, port.protocol, port.port),
                inputs.markers.of(
                    namespace=namespace, service=member.name, port=port.port, protocol=port.protocol, shared_vip=key
                ),
                names_of(member, inputs) if has_names else (),
            )
            for member, port in _ends_in_order(members)
        ),
        address=address_of_rule(rule) or address_of_service(first, findings),
        setting=setting_of_service(first, inputs, findings),
        rule=rule,
        # A shared VIP must not be withdrawn because one Service wants it: AKO removes it there.
        may_withdraw_route=False,
    )


def _ends_in_order(members: Sequence[Service]) -> list[tuple[Service, ServicePort]]:
    """Every port of every member, by the text `PROTOCOL-port`, as AKO sorts them (AKO-SHARED-VIP-ORDER)."""
    ends = [(member, port) for member in members for port in member.spec.ports]
    return sorted(ends, key=lambda end: f"{end[1].protocol}-{end[1].port}")


def _check_members(key: str, members: Sequence[Service], inputs: Inputs, findings: Findings) -> None:
    """A group needs a valid name and no unusable member."""
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
    """Values that all members must share (AKO-SHARED-VIP-ALIKE)."""
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
                    f"port {port.protocol} {port.port} of shared VIP {key} is also used by {other.title}",
                    "give one of them another port, or its own VIP",
                )


def _disagreement(member: Service, first: Service, place: Path, what: str, findings: Findings) -> None:
    findings.error(
        member,
        place,
        f"{what} differs from that of {first.title} ({first.origin.file}:{first.origin.line}), which shares the VIP",
        "use the same value for all members, or remove one from the shared VIP",
    )
