"""What manifests and settings refer to on the Controller: the objects that facts must cover."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from sync.model.resources.ako import AviInfraSetting, L4Rule, NodeNetwork, VipNetwork
from sync.model.resources.core import Namespace, Service
from sync.model.resources.tree import Resources
from sync.model.settings import Settings
from sync.translate.infra_setting import reference_to
from sync.translate.inputs import TENANT_ANNOTATION
from sync.translate.l4_rule import references_of_rule
from sync.translate.load_balancer import APPLICATION_PROFILE_ANNOTATION
from sync.translate.profiles import L4_APPLICATION_PROFILE


def references_of(resources: Resources, settings: Settings) -> Mapping[str, frozenset[str]]:
    """Object type as in `/api/<type>` → names (or uuids) that are referred to."""
    found: dict[str, set[str]] = defaultdict(set)
    for type_name, name in _references(resources, settings):
        if name:
            found[type_name].add(name)
    return {type_name: frozenset(names) for type_name, names in sorted(found.items())}


def _references(resources: Resources, settings: Settings) -> Iterator[tuple[str, str]]:
    yield "serviceenginegroup", settings.controller.service_engine_group_name
    yield "vrfcontext", settings.controller.vrf_name
    yield "tenant", settings.controller.tenant_name
    for namespace in resources.of(Namespace):
        yield "tenant", namespace.annotation(TENANT_ANNOTATION)
    yield from _networks(settings.network.vip_network_list)
    yield from _networks(settings.network.node_network_list)
    for setting in resources.of(AviInfraSetting):
        if setting.spec.se_group:
            yield "serviceenginegroup", setting.spec.se_group.name
        yield from _networks(setting.spec.network.vip_networks)
        yield from _networks(setting.spec.network.node_networks)
    for service in resources.of(Service):
        if service.spec.type == "LoadBalancer":
            yield "applicationprofile", service.annotation(APPLICATION_PROFILE_ANNOTATION) or L4_APPLICATION_PROFILE
    for rule in resources.of(L4Rule):
        yield from ((type_name, name) for _, type_name, name in references_of_rule(rule))


def _networks(networks: Sequence[VipNetwork | NodeNetwork]) -> Iterator[tuple[str, str]]:
    return (("network", reference_to(network)) for network in networks)
