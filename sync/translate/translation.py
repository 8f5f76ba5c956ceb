"""Resources × settings × facts → the objects that should exist, held owners, and problems."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from sync.kinds import ENTRANCE
from sync.model.desired import Held, Owner, OwnerKind, Translation
from sync.model.facts import Facts
from sync.model.problem import Origin, Problem, Severity
from sync.model.resources.core import Service
from sync.model.resources.gateway import Gateway
from sync.model.resources.tree import Resources
from sync.model.settings import VALUES_FILE, Settings
from sync.translate.findings import OwnerTranslation
from sync.translate.gateway import translate_gateway
from sync.translate.hints import hints
from sync.translate.idle import idle_manifests
from sync.translate.inputs import Inputs, inputs_of
from sync.translate.kubernetes_status import held_status
from sync.translate.load_balancer import SHARED_VIP_ANNOTATION, switched_off, translate_service
from sync.translate.node_port import node_problems
from sync.translate.owners import load_balancer_owner, owners_in_git, owners_of_broken
from sync.translate.settings_errors import settings_errors
from sync.translate.shared_vip import translate_shared_vip


def translate(resources: Resources, settings: Settings, facts: Facts, *, records_sources: bool = False) -> Translation:
    """Every object that should exist. The order of manifests and files changes nothing."""
    inputs = inputs_of(resources, settings, facts, records_sources=records_sources)
    if errors := tuple(settings_errors(inputs)):
        return Translation(specs=(), problems=errors, holds_everything=True)
    translations = _without_claimed_names([*_gateways(resources, inputs), *_services(resources, inputs)])
    found_held = (Held(owner=each.owner, name=each.name, origin=each.origin) for each in translations if each.is_held)
    held = _once_each((*found_held, *_held_because_broken(resources, inputs)))
    switched_off = _switched_off(resources, inputs)
    specs = tuple(spec for each in translations if not each.is_held for spec in each.specs)
    found = (*_problems(translations, resources, settings), *node_problems(inputs, specs))
    return Translation(
        specs=specs,
        held=held,
        idle=idle_manifests(resources, translations, specs, held, inputs),
        problems=tuple(dict.fromkeys((*found, *hints(resources, inputs, translations)))),
        in_git=owners_in_git(resources, translations, switched_off, inputs),
        origins={each.name: each.origin for each in translations},
        switched_off=switched_off,
        tenant_unknown=_tenant_unknown(translations, inputs),
        doubts={each.name: each.doubts for each in translations if each.doubts and not each.is_held},
        statuses=tuple(status for each in translations for status in each.statuses),
    )


def _switched_off(resources: Resources, inputs: Inputs) -> Mapping[str, str]:
    """Owners in Git that a setting in values.yaml no longer serves: a setting is not a delete."""
    found = {}
    if not inputs.settings.ako.services_api:
        for gateway in resources.of(Gateway):
            name = inputs.names.virtual_service(gateway.namespace, gateway.name)
            found[name] = "AKOSettings.servicesAPI is false"
    for service in resources.of(Service):
        if service.spec.type == "LoadBalancer" and (reason := switched_off(service, inputs)):
            owner = load_balancer_owner(*service.key, service.annotation(SHARED_VIP_ANNOTATION))
            found[inputs.names.virtual_service(owner.namespace, owner.name)] = reason
    return found


def _tenant_unknown(translations: Sequence[OwnerTranslation], inputs: Inputs) -> frozenset[str]:
    """Owners whose Namespace is not in the tree: it may have named the tenant of their live objects."""
    return frozenset(
        each.name
        for each in translations
        if each.owner.kind is not OwnerKind.SHARED_VIP and each.owner.namespace not in inputs.catalog.namespaces
    )


def _gateways(resources: Resources, inputs: Inputs) -> Iterator[OwnerTranslation]:
    if not inputs.settings.ako.services_api:
        return
    for gateway in sorted(resources.of(Gateway), key=lambda gateway: gateway.key):
        yield translate_gateway(gateway, inputs)


def _services(resources: Resources, inputs: Inputs) -> Iterator[OwnerTranslation]:
    shared: dict[tuple[str, str], list[Service]] = defaultdict(list)
    for service in sorted(resources.of(Service), key=lambda service: service.key):
        if service.spec.type != "LoadBalancer":
            continue
        if key := service.annotation(SHARED_VIP_ANNOTATION):
            shared[(service.namespace, key)].append(service)
        else:
            yield translate_service(service, inputs)
    for (_, key), members in sorted(shared.items()):
        yield translate_shared_vip(key, members, inputs)


def _without_claimed_names(translations: Sequence[OwnerTranslation]) -> list[OwnerTranslation]:
    """Owners whose objects would have the same name are all held (AKO lets the last writer win)."""
    claims: dict[tuple[str, str], dict[Owner, OwnerTranslation]] = defaultdict(dict)
    for translation in translations:
        for spec in translation.specs:
            claims[(spec.key.kind, spec.key.name)][translation.owner] = translation
        if translation.is_held:
            claims[(ENTRANCE, translation.name)][translation.owner] = translation
    clashes: dict[Owner, list[Problem]] = defaultdict(list)
    for (kind, name), claimants in claims.items():
        if len(claimants) > 1:
            for translation in claimants.values():
                clashes[translation.owner].append(_clash(translation, kind, name, claimants.values()))
    return [_held_by(each, clashes[each.owner][0]) if each.owner in clashes else each for each in translations]


def _held_by(translation: OwnerTranslation, problem: Problem) -> OwnerTranslation:
    statuses = tuple(held_status(status, problem.message) for status in translation.statuses)
    return replace(translation, specs=(), problems=(*translation.problems, problem), statuses=statuses)


def _clash(translation: OwnerTranslation, kind: str, name: str, claimants: Iterable[OwnerTranslation]) -> Problem:
    others = " and ".join(
        f"{other.owner} ({other.origin.file}:{other.origin.line})" for other in claimants if other is not translation
    )
    return Problem(
        severity=Severity.ERROR,
        message=f"{kind} name {name} is also claimed by {others}",
        fix="rename one of them",
        origin=translation.origin,
        resource=str(translation.owner),
        field=("metadata", "name"),
    )


def _once_each(held: Iterable[Held]) -> tuple[Held, ...]:
    """Each owner once, for the first reason."""
    found: dict[Owner, Held] = {}
    for item in held:
        found.setdefault(item.owner, item)
    return tuple(found.values())


def _held_because_broken(resources: Resources, inputs: Inputs) -> Iterator[Held]:
    """Owners with an unusable manifest, their own or a member's: their live objects are kept."""
    for broken in resources.broken:
        for owner in owners_of_broken(broken):
            name = inputs.names.virtual_service(owner.namespace, owner.name)
            yield Held(owner=owner, name=name, origin=broken.origin)


def _problems(translations: Sequence[OwnerTranslation], resources: Resources, settings: Settings) -> Iterator[Problem]:
    for translation in translations:
        yield from translation.problems
    if resources.of(Gateway) and not settings.ako.services_api:
        yield Problem(
            severity=Severity.WARNING,
            message=f"AKOSettings.servicesAPI is false: {len(resources.of(Gateway))} Gateways are ignored",
            fix="set AKOSettings.servicesAPI to true",
            origin=Origin(file=VALUES_FILE),
            field=("AKOSettings", "servicesAPI"),
        )
