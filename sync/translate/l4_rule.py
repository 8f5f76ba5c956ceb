"""Which L4Rule a LoadBalancer Service has, whether it is usable, and what it changes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sync.model.desired import PoolRule, ServiceRule, VirtualServicePort
from sync.model.problem import Problem, Severity
from sync.model.provenance import FieldSources, Source, Sourced, in_manifest
from sync.model.resources.ako import BackendProperties, L4Rule
from sync.model.resources.core import Service, ServicePort
from sync.model.resources.resource import Resource
from sync.model.wording import commit_or_rename, shown
from sync.translate import profiles
from sync.translate.clouds import NSXT
from sync.translate.findings import Findings, problem_at
from sync.translate.frontend import Listener
from sync.translate.host_addresses import flaw_of_a_host
from sync.translate.inputs import Inputs

ANNOTATION = "ako.vmware.com/l4rule"
SSL_APPLICATION_PROFILE = "System-SSL-Application"
_SSL_TYPE = "APPLICATION_PROFILE_TYPE_SSL"
_L4_TYPES = ("APPLICATION_PROFILE_TYPE_L4", _SSL_TYPE)
_TCP_PROXY_TYPE = "PROTOCOL_TYPE_TCP_PROXY"
_CLIENT_IP = "PERSISTENCE_TYPE_CLIENT_IP_ADDRESS"
_GSLB_ALGORITHMS = frozenset({"LB_ALGORITHM_TOPOLOGY", "LB_ALGORITHM_NEAREST_SERVER"})
"""What the Controller accepts for the pools of GSLB services only (Avi 30.2 guides, load balancing algorithms)."""

_KNOWN_TYPES = {
    f"applicationprofile/{profiles.L4_APPLICATION_PROFILE}": "APPLICATION_PROFILE_TYPE_L4",
    f"applicationprofile/{SSL_APPLICATION_PROFILE}": _SSL_TYPE,
    f"networkprofile/{profiles.TCP_PROXY}": _TCP_PROXY_TYPE,
    f"networkprofile/{profiles.TCP_FAST_PATH}": "PROTOCOL_TYPE_TCP_FAST_PATH",
    f"networkprofile/{profiles.UDP_FAST_PATH}": "PROTOCOL_TYPE_UDP_FAST_PATH",
    "applicationpersistenceprofile/System-Persistence-Client-IP": _CLIENT_IP,
    "applicationpersistenceprofile/System-Persistence-Http-Cookie": "PERSISTENCE_TYPE_HTTP_COOKIE",
    "applicationpersistenceprofile/System-Persistence-Custom-Http-Header": "PERSISTENCE_TYPE_CUSTOM_HTTP_HEADER",
    "applicationpersistenceprofile/System-Persistence-App-Cookie": "PERSISTENCE_TYPE_APP_COOKIE",
    "applicationpersistenceprofile/System-Persistence-TLS": "PERSISTENCE_TYPE_TLS",
}
"""What a fresh Controller's own profiles are (AVI-SYSTEM-PROFILES)."""


def rule_of_service(service: Service, inputs: Inputs, findings: Findings) -> L4Rule | None:
    """The rule that the Service's annotation names, `[<namespace>/]<name>` (AKO-L4RULE-ATTACHED).

    The Service is held if the rule cannot be used (docs/ako.md#l4rule).
    """
    text = service.annotation(ANNOTATION)
    if not text:
        return None
    key = key_of_rule(service)
    place = ("metadata", "annotations", ANNOTATION)
    rule = inputs.catalog.l4_rules.get(key)
    if rule is None:
        broken = inputs.catalog.broken.get((L4Rule.GROUP_KIND, *key))
        known = [f"{ns}/{each}" if "/" in text else each for ns, each in inputs.catalog.l4_rules]
        findings.error(
            service,
            place,
            f'L4Rule "{text}" cannot be used' if broken else f'L4Rule "{text}" is not in the tree',
            f"correct {broken.origin.file}:{broken.origin.line}" if broken else commit_or_rename(text, known),
        )
        return None
    return rule


def key_of_rule(service: Service) -> tuple[str, str]:
    """Namespace and name of the rule that the Service's annotation names; without a name if there is none."""
    return named_rule(service.annotation(ANNOTATION), service.namespace)


def named_rule(text: str, own_namespace: str) -> tuple[str, str]:
    """Namespace and name of the rule that an annotation in that namespace names."""
    namespace, _, name = text.strip().rpartition("/")
    return (namespace or own_namespace, name)


def check_rule(
    rule: L4Rule, service: Resource, listeners: Sequence[Listener], inputs: Inputs, findings: Findings
) -> None:
    """Hold the Service if the rule is defective, or does not fit its ports."""
    defects = tuple(
        problem_at(Severity.ERROR, rule, ("spec", *path), message, fix)
        for path, message, fix in (*_own_defects(rule, inputs), *_misfits(rule, listeners, inputs))
    )
    findings.problems.extend(_doubts(rule))
    if defects:
        findings.problems.extend(defects)
        findings.error(
            service,
            ("metadata", "annotations", ANNOTATION),
            f"held: its {rule.title} is not usable ({defects[0].message})",
            f"correct {rule.origin.file}:{rule.origin.line}",
        )


def _doubts(rule: L4Rule) -> Iterator[Problem]:
    """Warnings for what AKO sends and the Controller may refuse."""
    if any(row.enable_ssl for row in rule.spec.listener_properties) and not rule.spec.ssl_key_and_certificate_refs:
        message = "a listener has enableSsl, and no certificate is named: the Controller may refuse it"
        fix = "name one in sslKeyAndCertificateRefs"
        yield problem_at(Severity.WARNING, rule, ("spec", "listenerProperties"), message, fix)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEffects:
    """The effects of a rule on a VirtualService."""

    service: ServiceRule
    application_profile: Sourced[str]
    network_profile: Sourced[str]
    ports: Sourced[tuple[VirtualServicePort, ...]] | None
    """Rows that replace those of the Service, where the rule lists its listeners."""


def effects(rule: L4Rule, *, may_withdraw_route: bool) -> RuleEffects:
    """The fields of the VirtualService (AKO-L4RULE-VIRTUALSERVICE)."""
    spec = rule.spec
    has_ssl = any(row.enable_ssl for row in spec.listener_properties)
    application = Sourced(value=spec.application_profile_ref, sources=(_source(rule, "applicationProfileRef"),))
    if has_ssl and application.value == profiles.L4_APPLICATION_PROFILE:
        listeners = in_manifest(rule, "spec", "listenerProperties", said="enableSsl needs a profile that ends TLS")
        application = Sourced(value=SSL_APPLICATION_PROFILE, sources=(listeners,))
    logs = spec.analytics_policy.full_client_logs if spec.analytics_policy else None
    limits = spec.performance_limits
    return RuleEffects(
        service=ServiceRule(
            analytics_profile=spec.analytics_profile_ref,
            revoke_vip_route=spec.revoke_vip_route if may_withdraw_route or not spec.revoke_vip_route else None,
            network_security_policy=spec.network_security_policy_ref or None,
            security_policy=spec.security_policy_ref or None,
            ssl_profile=spec.ssl_profile_ref or None,
            ssl_keys=tuple(dict.fromkeys(spec.ssl_key_and_certificate_refs)),
            datascripts=tuple(dict.fromkeys(spec.vs_datascript_refs)),
            client_logs={"enabled": logs.enabled, "duration": logs.duration, "throttle": logs.throttle}
            if logs
            else None,
            performance_limits={
                key: value
                for key, value in (
                    ("max_concurrent_connections", limits.max_concurrent_connections),
                    ("max_throughput", limits.max_throughput),
                )
                if value is not None
            }
            if limits
            else None,
        ),
        application_profile=application,
        network_profile=Sourced(value=spec.network_profile_ref, sources=(_source(rule, "networkProfileRef"),)),
        ports=_ports(rule) if spec.listener_properties else None,
    )


def _ports(rule: L4Rule) -> Sourced[tuple[VirtualServicePort, ...]]:
    rows = rule.spec.listener_properties
    return Sourced(
        value=tuple(VirtualServicePort(port=row.port, enable_ssl=row.enable_ssl, is_bare=True) for row in rows),
        sources=(_source(rule, "listenerProperties"),),
    )


def pool_rule(rule: L4Rule | None, port: ServicePort) -> PoolRule | None:
    """What the first row for the Service port (not the target port) says; None if there is none (AKO-L4RULE-POOL)."""
    if rule is None or (number := _row_for(rule, port)) is None:
        return None
    row = rule.spec.backend_properties[number]
    return PoolRule(
        lb_algorithm=row.lb_algorithm,
        enabled=row.enabled,
        lb_algorithm_hash=row.lb_algorithm_hash,
        lb_algorithm_header=row.lb_algorithm_consistent_hash_hdr or None,
        health_monitors=tuple(dict.fromkeys(row.health_monitor_refs)),
        persistence_profile=row.application_persistence_profile_ref or None,
        pki_profile=row.pki_profile_ref or None,
        ssl_profile=row.ssl_profile_ref or None,
        ssl_key=row.ssl_key_and_certificate_ref or None,
        min_servers_up=row.min_servers_up,
        realtime_metrics=row.analytics_policy.enable_realtime_metrics,
    )


def _row_for(rule: L4Rule, port: ServicePort) -> int | None:
    rows = enumerate(rule.spec.backend_properties)
    return next((number for number, row in rows if (row.port, row.protocol) == (port.port, port.protocol)), None)


_OF_VIRTUAL_SERVICE = {
    "analytics_profile_ref": "analyticsProfileRef",
    "analytics_policy": "analyticsPolicy.fullClientLogs",
    "performance_limits": "performanceLimits",
    "revoke_vip_route": "revokeVipRoute",
    "network_security_policy_ref": "networkSecurityPolicyRef",
    "security_policy_ref": "securityPolicyRef",
    "ssl_profile_ref": "sslProfileRef",
    "ssl_key_and_certificate_refs": "sslKeyAndCertificateRefs",
    "vs_datascripts": "vsDatascriptRefs",
}
"""Field of the body → what `effects` fills it from."""

_OF_POOL = {
    "enabled": "enabled",
    "lb_algorithm": "lbAlgorithm",
    "lb_algorithm_hash": "lbAlgorithmHash",
    "lb_algorithm_consistent_hash_hdr": "lbAlgorithmConsistentHashHdr",
    "application_persistence_profile_ref": "applicationPersistenceProfileRef",
    "min_servers_up": "minServersUp",
    "analytics_policy": "analyticsPolicy.enableRealtimeMetrics",
    "pki_profile_ref": "pkiProfileRef",
    "ssl_profile_ref": "sslProfileRef",
    "ssl_key_and_certificate_ref": "sslKeyAndCertificateRef",
}
"""The same for `pool_rule`."""


def sources_of_service(rule: L4Rule) -> FieldSources:
    """The places of what the rule says of the VirtualService."""
    return {field: (_source(rule, *path.split(".")),) for field, path in _OF_VIRTUAL_SERVICE.items()}


def sources_of_pool(rule: L4Rule, port: ServicePort) -> FieldSources:
    """The places of what it says of a pool; none if it says nothing."""
    if (number := _row_for(rule, port)) is None:
        return {}
    has_monitors = bool(rule.spec.backend_properties[number].health_monitor_refs)
    fields = {**_OF_POOL, **({"health_monitor_refs": "healthMonitorRefs"} if has_monitors else {})}
    return {field: (_source(rule, "backendProperties", number, *path.split(".")),) for field, path in fields.items()}


def _source(rule: L4Rule, *path: str | int) -> Source:
    return in_manifest(rule, "spec", *path, default=f"default of the L4Rule's {path[-1]}")


# --- what is wrong with a rule ----------------------------------------------------------------------------------------

Defect = tuple[tuple[str | int, ...], str, str]
"""Path below `spec`, message, fix."""


def _own_defects(rule: L4Rule, inputs: Inputs) -> Iterator[Defect]:
    """Defects for which AKO would reject the rule (AKO-L4RULE-REJECTED)."""
    spec = rule.spec
    if spec.load_balancer_ip and (flaw := flaw_of_a_host(spec.load_balancer_ip)):
        yield ("loadBalancerIP",), f"{shown(spec.load_balancer_ip)} {flaw}", "write an IP address"
    if spec.revoke_vip_route and inputs.facts.cloud.vtype != NSXT and not inputs.facts.is_assumed:
        yield ("revokeVipRoute",), "revokeVipRoute needs an NSX-T cloud", "remove it"
    yield from _ssl_defects(rule, inputs)
    for number, row in enumerate(spec.backend_properties):
        for key, message, fix in (*_algorithm_defects(row), *_persistence_defects(row, inputs)):
            yield ("backendProperties", number, key), message, fix
    yield from _missing_references(rule, inputs)


def _type_of(type_name: str, name: str, inputs: Inputs) -> str:
    key = f"{type_name}/{name}"
    return inputs.facts.profile_types.get(key, _KNOWN_TYPES.get(key, ""))


def _ssl_defects(rule: L4Rule, inputs: Inputs) -> Iterator[Defect]:
    spec = rule.spec
    profile = spec.application_profile_ref
    kind = _type_of("applicationprofile", profile, inputs)
    has_ssl = any(row.enable_ssl for row in spec.listener_properties)
    is_default = profile == profiles.L4_APPLICATION_PROFILE
    place = ("applicationProfileRef",)
    if kind and kind not in _L4_TYPES:
        yield place, f'application profile "{profile}" is not of a layer 4 type ({kind})', "name one of type L4 or SSL"
    elif kind == _SSL_TYPE and not has_ssl:
        yield place, f'application profile "{profile}" ends TLS, but no listener has enableSsl', "set enableSsl: true"
    elif kind and kind != _SSL_TYPE and not is_default and has_ssl:
        message = f'a listener has enableSsl, but application profile "{profile}" does not end TLS'
        yield place, message, f"name one of type SSL, such as {SSL_APPLICATION_PROFILE}"
    if kind and kind != _SSL_TYPE:  # AKO puts System-SSL-Application in the place of the default only after this check
        for key, value in (
            ("sslProfileRef", spec.ssl_profile_ref),
            ("sslKeyAndCertificateRefs", spec.ssl_key_and_certificate_refs),
        ):
            if value:
                message = f'{key} is set, but application profile "{profile}" does not end TLS'
                yield (key,), message, f"name an application profile of type SSL, such as {SSL_APPLICATION_PROFILE}"
    network = _type_of("networkprofile", spec.network_profile_ref, inputs)
    if has_ssl and network and network != _TCP_PROXY_TYPE:
        message = f'TLS needs a TCP proxy; network profile "{spec.network_profile_ref}" is not one'
        yield ("networkProfileRef",), message, f"name a TCP proxy, such as {profiles.TCP_PROXY}"


_HASH = "LB_ALGORITHM_CONSISTENT_HASH"
_HEADER_HASH = "LB_ALGORITHM_CONSISTENT_HASH_CUSTOM_HEADER"


def _persistence_defects(row: BackendProperties, inputs: Inputs) -> Iterator[tuple[str, str, str]]:
    """Cookies and headers are layer 7: the Controller refuses the pool on layer 4 (Avi 30.2 guides, persistence)."""
    profile = row.application_persistence_profile_ref
    kind = _type_of("applicationpersistenceprofile", profile, inputs)
    if kind and kind != _CLIENT_IP:
        message = f'persistence profile "{profile}" is not of a layer 4 type ({kind})'
        yield "applicationPersistenceProfileRef", message, "name one that persists by client IP address"


def _algorithm_defects(row: BackendProperties) -> Iterator[tuple[str, str, str]]:
    if row.lb_algorithm in _GSLB_ALGORITHMS:
        yield "lbAlgorithm", f"{row.lb_algorithm} works for GSLB only", "choose another algorithm"
    if row.lb_algorithm == _HASH:
        if row.lb_algorithm_hash is None:
            yield "lbAlgorithmHash", f"lbAlgorithmHash is missing: lbAlgorithm is {_HASH}", "name what to hash"
    elif row.lb_algorithm_hash is not None:
        yield "lbAlgorithmHash", f"lbAlgorithmHash has no meaning with {row.lb_algorithm}", "remove it"
    has_header = bool(row.lb_algorithm_consistent_hash_hdr)
    wants_header = row.lb_algorithm == _HASH and row.lb_algorithm_hash == _HEADER_HASH
    if wants_header and not has_header:
        yield "lbAlgorithmConsistentHashHdr", "the header to hash is missing", "name the header"
    if has_header and not wants_header:
        yield "lbAlgorithmConsistentHashHdr", "a header is named, but not hashed", "remove it"
    if row.health_monitor_crd_refs and not row.health_monitor_refs:
        message = "healthMonitorCrdRefs need AKO's CRD operator: their objects are not known here"
        yield (
            "healthMonitorCrdRefs",
            message,
            "name the monitors as they are called on the Controller, in healthMonitorRefs",
        )


def _missing_references(rule: L4Rule, inputs: Inputs) -> Iterator[Defect]:
    for path, type_name, name in references_of_rule(rule):
        if name and not inputs.facts.has(type_name, name):
            yield (
                path,
                f'the Controller has no {type_name} "{name}"',
                "correct the name, or create it on the Controller",
            )


def references_of_rule(rule: L4Rule) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    """Path below `spec`, object type and name of everything the rule refers to."""
    spec = rule.spec
    yield ("analyticsProfileRef",), "analyticsprofile", spec.analytics_profile_ref
    yield ("applicationProfileRef",), "applicationprofile", spec.application_profile_ref
    yield ("networkProfileRef",), "networkprofile", spec.network_profile_ref
    yield ("networkSecurityPolicyRef",), "networksecuritypolicy", spec.network_security_policy_ref
    yield ("securityPolicyRef",), "securitypolicy", spec.security_policy_ref
    yield ("sslProfileRef",), "sslprofile", spec.ssl_profile_ref
    for number, name in enumerate(spec.ssl_key_and_certificate_refs):
        yield ("sslKeyAndCertificateRefs", number), "sslkeyandcertificate", name
    for number, name in enumerate(spec.vs_datascript_refs):
        yield ("vsDatascriptRefs", number), "vsdatascriptset", name
    for number, row in enumerate(spec.backend_properties):
        place = ("backendProperties", number)
        for position, name in enumerate(row.health_monitor_refs):
            yield (*place, "healthMonitorRefs", position), "healthmonitor", name
        yield (
            (*place, "applicationPersistenceProfileRef"),
            "applicationpersistenceprofile",
            row.application_persistence_profile_ref,
        )
        yield (*place, "pkiProfileRef"), "pkiprofile", row.pki_profile_ref
        yield (*place, "sslKeyAndCertificateRef"), "sslkeyandcertificate", row.ssl_key_and_certificate_ref
        yield (*place, "sslProfileRef"), "sslprofile", row.ssl_profile_ref


def _misfits(rule: L4Rule, listeners: Sequence[Listener], inputs: Inputs) -> Iterator[Defect]:
    """Listeners that are not those of the Service: AKO drops the whole rule then (AKO-L4RULE-LISTENERS)."""
    rows = rule.spec.listener_properties
    if not rows:
        return
    place = ("listenerProperties",)
    if sorted((row.port, row.protocol) for row in rows) != sorted((each.port, each.protocol) for each in listeners):
        wanted = ", ".join(f"{each.protocol} {each.port}" for each in listeners)
        yield place, f"listenerProperties do not list the ports of the Service ({wanted})", "list each port once"
    has_ssl = any(row.enable_ssl for row in rows)
    if has_ssl and len(listeners) > 1:
        yield place, "enableSsl works for a Service with one port only", "split the Service"
    profile = profiles.network_profile([each.protocol for each in listeners], inputs.facts)
    if has_ssl and profile != profiles.TCP_PROXY:
        yield place, f"TLS needs {profiles.TCP_PROXY}, which this license or protocol does not have", "remove enableSsl"
