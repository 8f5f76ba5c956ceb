"""A `Frontend` with what all of its objects have in common: what templates render follows from this value."""

from dataclasses import dataclass

from sync.model.desired import ServiceRule, VirtualServicePort
from sync.model.provenance import Sourced, Sources, in_words
from sync.translate import network, profiles
from sync.translate.frontend import Frontend
from sync.translate.infra_setting import Infrastructure, infrastructure
from sync.translate.inputs import Inputs
from sync.translate.l4_rule import effects


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """One VirtualService with all that belongs to it. `name` is that of VirtualService, VsVip and L4PolicySet."""

    frontend: Frontend
    name: str
    cloud: str
    naming: Sources
    records_sources: bool
    infra: Infrastructure
    vrf: Sourced[str | None]
    ports: Sourced[tuple[VirtualServicePort, ...]]
    application_profile: Sourced[str]
    network_profile: Sourced[str]
    rule: ServiceRule | None

    @property
    def address(self) -> str | None:
        """The requested address; None lets the Controller choose."""
        return self.frontend.address.text if self.frontend.address else None

    @property
    def default_pool(self) -> str | None:
        """The pool of a VirtualService that ends TLS: it has one and no policy (AKO-L4RULE-TLS)."""
        ends = self.frontend.back_ends
        return ends[0].pool if ends and any(port.enable_ssl for port in self.ports.value) else None

    @property
    def policy_set(self) -> str | None:
        """The name of the L4PolicySet, if there is one."""
        return self.name if self.frontend.has_policy_set and not self.default_pool else None


def blueprint_of(frontend: Frontend, name: str, inputs: Inputs) -> Blueprint:
    """The blueprint of a frontend without errors; an L4Rule's word counts before all others."""
    infra = infrastructure(frontend.setting, inputs)
    rule = effects(frontend.rule, may_withdraw_route=frontend.may_withdraw_route) if frontend.rule else None
    return Blueprint(
        frontend=frontend,
        name=name,
        cloud=inputs.cloud,
        naming=inputs.naming,
        records_sources=inputs.records_sources,
        infra=infra,
        vrf=network.vrf(infra, frontend.tenant.value, inputs),
        ports=(rule.ports if rule else None) or _ports(frontend),
        application_profile=rule.application_profile if rule else frontend.application_profile,
        network_profile=rule.network_profile if rule else _network_profile(frontend, inputs),
        rule=rule.service if rule else None,
    )


def _ports(frontend: Frontend) -> Sourced[tuple[VirtualServicePort, ...]]:
    protocols = [listener.protocol for listener in frontend.listeners]
    return Sourced(
        value=tuple(
            VirtualServicePort(port=each.port, network_profile=profiles.override_profile(each.protocol, protocols))
            for each in sorted(frontend.listeners, key=lambda each: each.sort_key)
        ),
        sources=tuple(listener.source for listener in frontend.listeners),
    )


def _network_profile(frontend: Frontend, inputs: Inputs) -> Sourced[str]:
    license_counts = in_words("from the protocols and the license of the Controller")
    return Sourced(
        value=profiles.network_profile([listener.protocol for listener in frontend.listeners], inputs.facts),
        sources=(*(listener.source for listener in frontend.listeners), license_counts),
    )
