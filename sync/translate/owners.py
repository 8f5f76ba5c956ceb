"""The owners that the manifests of a tree define, and the owner of each Service.

Live objects depend on these: they may be deleted once their Service has no owner, or another owner that serves it.
"""

from collections.abc import Iterable, Iterator, Mapping

from sync.model.desired import Owner, OwnerKind, OwnersInGit, ServiceKey
from sync.model.problem import Problem, Severity
from sync.model.resources.core import Service
from sync.model.resources.gateway import Gateway
from sync.model.resources.tree import BrokenResource, Namesake, Resources
from sync.translate.catalog import ATTACHABLE, gateway_of
from sync.translate.findings import OwnerTranslation, problem_at
from sync.translate.inputs import Inputs
from sync.translate.load_balancer import SHARED_VIP_ANNOTATION

WITHOUT_VIRTUAL_SERVICE = ATTACHABLE | {"ExternalName"}
"""Types of Services that have no VirtualService; a Service whose type cannot be read may have one."""


def owners_in_git(
    resources: Resources, translations: Iterable[OwnerTranslation], switched_off: Iterable[str], inputs: Inputs
) -> OwnersInGit:
    """All owners of a tree; a switch in values.yaml (`switched_off`, by name) does not prove that an owner is gone."""
    switched = frozenset(switched_off)
    named = named_owners(resources)
    untyped = dict(_untyped(resources))
    namesakes = {**dict(_namesakes(resources)), **_owners_of_untyped(resources, untyped)}
    return OwnersInGit(
        named=named,
        namesakes={owner: problem for owner, problem in namesakes.items() if owner not in named},
        loose_services={
            **inputs.strays.named,
            **dict(_loose_namesakes(resources)),
            **dict(_loose_broken(resources)),
            **inputs.attachments.loose,
            **{item.key: untyped[item.key] for item in resources.of(Service) if _is_untyped_member(item, untyped)},
        },
        meant_for={_gateway(*key): found for key, found in inputs.attachments.meant_for.items()},
        of_services=dict(sorted(_owners_of_services(resources))),
        not_served={
            **dict(_services_served_otherwise(resources)),
            **{owner: why for owner, why in _shared_vips_without_members(resources) if owner not in named},
            **{
                each.owner: f"is not served: {each.not_served}"
                for each in translations
                if each.not_served and each.name not in switched
            },
        },
    )


def _namesakes(resources: Resources) -> Iterator[tuple[Owner, Problem]]:
    """Owners whose name a manifest has that is not ours."""
    for item in resources.namesakes:
        yield Owner(kind=item.owner, namespace=item.namespace, name=item.name), _unproven(item)


def _loose_namesakes(resources: Resources) -> Iterator[tuple[ServiceKey, Problem]]:
    """Services that are in the tree only as a manifest that is not ours."""
    known = {service.key for service in resources.of(Service)}
    known |= {item.key for item in resources.broken_of(Service)}
    for item in resources.namesakes:
        if item.owner is OwnerKind.SERVICE and item.key not in known:
            yield item.key, _unproven(item)


def _loose_broken(resources: Resources) -> Iterator[tuple[ServiceKey, Problem]]:
    """Services whose manifest cannot be used, and of which nothing else tells whether they belong to a Gateway."""
    for item in resources.broken_of(Service):
        if item.service_type in ATTACHABLE and not all(gateway_of(item.labels)):
            message, fix = "its manifest cannot be used", "correct it"
            yield item.key, Problem(severity=Severity.WARNING, message=message, fix=fix, origin=item.origin)


def _untyped(resources: Resources) -> Iterator[tuple[ServiceKey, Problem]]:
    """Services that belong to no Gateway and do not state their type: a lost line makes a ClusterIP Service of any."""
    for service in resources.of(Service):
        if service.spec.stated_type is None and not all(gateway_of(service.metadata.labels)):
            message = f"{service.title} does not state its type, which makes it a ClusterIP Service"
            fix = "write type: LoadBalancer, or type: ClusterIP if it is not to be served any more"
            yield service.key, problem_at(Severity.WARNING, service, ("spec", "type"), message, fix)


def _owners_of_untyped(resources: Resources, untyped: Mapping[ServiceKey, Problem]) -> Mapping[Owner, Problem]:
    """What may be live for such Services: a VirtualService of their own, or the shared VIP that they name."""
    found: dict[Owner, Problem] = {}
    for service in resources.of(Service):
        if service.key in untyped:
            for shared in {"", service.annotation(SHARED_VIP_ANNOTATION)}:
                found[load_balancer_owner(*service.key, shared)] = untyped[service.key]
    return found


def _is_untyped_member(service: Service, untyped: Mapping[ServiceKey, Problem]) -> bool:
    """Whether it names a shared VIP, which only a LoadBalancer Service does."""
    return service.key in untyped and bool(service.annotation(SHARED_VIP_ANNOTATION))


def _unproven(item: Namesake) -> Problem:
    return Problem(severity=Severity.WARNING, message=item.message, fix=item.fix, origin=item.origin)


def named_owners(resources: Resources) -> frozenset[Owner]:
    """Every owner with a manifest in the tree, usable or not."""
    return frozenset(
        (
            *(_gateway(item.namespace, item.name) for item in resources.of(Gateway)),
            *(
                load_balancer_owner(item.namespace, item.name, item.annotation(SHARED_VIP_ANNOTATION))
                for item in resources.of(Service)
                if item.spec.type == "LoadBalancer"
            ),
            *(owner for broken in resources.broken for owner in owners_of_broken(broken)),
        )
    )


def load_balancer_owner(namespace: str, name: str, shared_vip: str) -> Owner:
    """The owner of a LoadBalancer Service's VirtualService: the Service, or the shared VIP that it names."""
    if shared_vip:
        return Owner(kind=OwnerKind.SHARED_VIP, namespace=namespace, name=shared_vip)
    return Owner(kind=OwnerKind.SERVICE, namespace=namespace, name=name)


def owners_of_broken(broken: BrokenResource) -> Iterator[Owner]:
    """The owners whose live objects an unusable manifest may have requested."""
    if broken.is_a(Gateway):
        yield _gateway(broken.namespace, broken.name)
    if broken.is_a(Service) and broken.service_type not in WITHOUT_VIRTUAL_SERVICE:
        yield load_balancer_owner(broken.namespace, broken.name, "")
        if shared := _shared_vip_of(broken):
            yield load_balancer_owner(broken.namespace, broken.name, shared)


def _owners_of_services(resources: Resources) -> Iterator[tuple[ServiceKey, Owner]]:
    for service in resources.of(Service):
        labels, shared = service.metadata.labels, service.annotation(SHARED_VIP_ANNOTATION)
        if owner := _owner_of_service(service.key, service.spec.type, labels, shared):
            yield service.key, owner
    for broken in resources.broken_of(Service):
        if owner := _owner_of_service(broken.key, broken.service_type, broken.labels, _shared_vip_of(broken)):
            yield broken.key, owner


def _owner_of_service(key: ServiceKey, type_name: str, labels: Mapping[str, str], shared_vip: str) -> Owner | None:
    """The owner by type, labels and annotation; of an unreadable type, what the labels or the annotation tell."""
    namespace, gateway = gateway_of(labels)
    if namespace and gateway and type_name in ATTACHABLE | {""}:
        return _gateway(namespace, gateway)
    return None if type_name in WITHOUT_VIRTUAL_SERVICE else load_balancer_owner(*key, shared_vip)


def _services_served_otherwise(resources: Resources) -> Iterator[tuple[Owner, str]]:
    """Services without a VirtualService of their own, with the reason; a Gateway of that name has another owner."""
    for service in resources.of(Service):
        owner = load_balancer_owner(*service.key, "")
        if service.spec.type != "LoadBalancer":
            yield owner, f"is of type {service.spec.type}"
        elif shared := service.annotation(SHARED_VIP_ANNOTATION):
            yield owner, f"shares the VIP of {load_balancer_owner(*service.key, shared)}"


def _shared_vips_without_members(resources: Resources) -> Iterator[tuple[Owner, str]]:
    """The shared VIPs that Services of other types name, with the reason why these are no members."""
    for service in resources.of(Service):
        if service.spec.type != "LoadBalancer" and (shared := service.annotation(SHARED_VIP_ANNOTATION)):
            owner = load_balancer_owner(*service.key, shared)
            yield (
                owner,
                f"has no LoadBalancer Service left: Service {'/'.join(service.key)} is of type {service.spec.type}",
            )


def _gateway(namespace: str, name: str) -> Owner:
    return Owner(kind=OwnerKind.GATEWAY, namespace=namespace, name=name)


def _shared_vip_of(broken: BrokenResource) -> str:
    return broken.annotations.get(SHARED_VIP_ANNOTATION, "").strip()
