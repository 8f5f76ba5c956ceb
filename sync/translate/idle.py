"""Unusable manifests that hold nothing: their problems are warnings."""

from collections.abc import Iterable, Iterator, Sequence

from sync.model.desired import Held, ObjectSpec
from sync.model.problem import Origin
from sync.model.resources.ako import AviInfraSetting, L4Rule
from sync.model.resources.core import Namespace, Node, Pod, Service
from sync.model.resources.gateway import Gateway, GatewayClass
from sync.model.resources.resource import ManifestKey
from sync.model.resources.tree import BrokenResource, Resources
from sync.translate.catalog import gateway_of
from sync.translate.findings import OwnerTranslation
from sync.translate.infra_setting import ANNOTATION as INFRA_ANNOTATION
from sync.translate.inputs import Inputs
from sync.translate.l4_rule import key_of_rule
from sync.translate.owners import WITHOUT_VIRTUAL_SERVICE


def idle_manifests(
    resources: Resources,
    translations: Sequence[OwnerTranslation],
    specs: Sequence[ObjectSpec],
    held: Sequence[Held],
    inputs: Inputs,
) -> frozenset[Origin]:
    """Their places; none while the tree is incomplete or has nothing usable."""
    if not specs or not resources.is_complete:
        return frozenset()
    needed = frozenset(_needed(resources, translations, specs, inputs))
    holds_nothing = not held and not any(spec.unknown_servers and spec.unknown_servers.nodes for spec in specs)
    return frozenset(
        broken.origin
        for broken in resources.broken
        if holds_nothing or (broken.manifest_key not in needed and not _may_have_an_owner(broken))
    )


def _may_have_an_owner(broken: BrokenResource) -> bool:
    """Whether objects may be live for it, or behind a Gateway."""
    if broken.is_a(Service):
        return broken.service_type not in WITHOUT_VIRTUAL_SERVICE or any(gateway_of(broken.labels))
    return broken.is_a(Gateway)


def _needed(
    resources: Resources, translations: Iterable[OwnerTranslation], specs: Iterable[ObjectSpec], inputs: Inputs
) -> Iterator[ManifestKey]:
    """The manifests that served owners depend on."""
    served = {each.origin for each in translations if not each.not_served}
    gateways = [gateway for gateway in resources.of(Gateway) if gateway.origin in served]
    attached = [each for gateway in gateways for each in inputs.catalog.services_of_gateway.get(gateway.key, ())]
    direct = [service for service in resources.of(Service) if service.spec.type == "LoadBalancer"]
    for gateway in gateways:
        yield from _of_gateway(gateway, inputs)
    for service in direct:
        yield from _settings_of(service, inputs)
        yield L4Rule.GROUP_KIND, *key_of_rule(service)
    if inputs.settings.sync.backends == "ignore":
        return
    for service in (*attached, *direct):
        yield from _back_ends_of(service, inputs)
    for spec in specs:
        nodes = spec.unknown_servers.nodes if spec.unknown_servers else ()
        yield from ((Node.GROUP_KIND, "", title.removeprefix("Node ")) for title in nodes)


def _of_gateway(gateway: Gateway, inputs: Inputs) -> Iterator[ManifestKey]:
    name = gateway.spec.gateway_class_name
    yield GatewayClass.GROUP_KIND, "", name
    if (found := inputs.catalog.classes.get(name)) is not None and found.spec.parameters_ref is not None:
        yield AviInfraSetting.GROUP_KIND, "", found.spec.parameters_ref.name
    yield from _settings_of(gateway, inputs)


def _settings_of(owner: Gateway | Service, inputs: Inputs) -> Iterator[ManifestKey]:
    """Its Namespace, and the AviInfraSettings that annotations name."""
    yield Namespace.GROUP_KIND, "", owner.namespace
    for item in (owner, inputs.catalog.namespaces.get(owner.namespace)):
        if item is not None and (name := item.annotation(INFRA_ANNOTATION)):
            yield AviInfraSetting.GROUP_KIND, "", name


def _back_ends_of(service: Service, inputs: Inputs) -> Iterator[ManifestKey]:
    yield Namespace.GROUP_KIND, "", service.namespace
    for broken in inputs.catalog.broken_back_ends(service.key):
        yield broken.manifest_key
    selector = service.spec.selector.items()
    if inputs.settings.l7.service_type == "NodePortLocal" and selector:
        for broken in inputs.catalog.broken_of(Pod):
            if broken.namespace == service.namespace and selector <= broken.labels.items():
                yield broken.manifest_key
