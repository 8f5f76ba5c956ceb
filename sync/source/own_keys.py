"""Annotations and labels of AKO's domain and of ours: which kinds read them, and which are misspelt."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from sync.model.problem import Origin, Problem, Severity
from sync.model.resources.core import Namespace, Service
from sync.model.resources.gateway import Gateway
from sync.model.resources.resource import GroupKind
from sync.model.wording import is_meant, is_near, nearest
from sync.source.unknown_fields import UnknownField
from sync.translate.backends import SKIP_NODEPORT_ANNOTATION
from sync.translate.catalog import GATEWAY_NAME_LABEL, GATEWAY_NAMESPACE_LABEL
from sync.translate.infra_setting import ANNOTATION as INFRA_ANNOTATION
from sync.translate.inputs import TENANT_ANNOTATION
from sync.translate.l4_rule import ANNOTATION as RULE_ANNOTATION
from sync.translate.load_balancer import (
    ADDRESS_ANNOTATION,
    APPLICATION_PROFILE_ANNOTATION,
    DISABLE_TRAFFIC_ANNOTATION,
    SHARED_VIP_ANNOTATION,
)
from sync.translate.protection import ANNOTATION as PROTECTION_ANNOTATION

KindsByKey = Mapping[str, frozenset[GroupKind]]

_SERVICE = frozenset({Service.GROUP_KIND})

ANNOTATIONS: KindsByKey = {
    PROTECTION_ANNOTATION: frozenset({Gateway.GROUP_KIND, Service.GROUP_KIND}),
    INFRA_ANNOTATION: frozenset({Namespace.GROUP_KIND, Service.GROUP_KIND}),
    TENANT_ANNOTATION: frozenset({Namespace.GROUP_KIND}),
    ADDRESS_ANNOTATION: _SERVICE,
    APPLICATION_PROFILE_ANNOTATION: _SERVICE,
    DISABLE_TRAFFIC_ANNOTATION: _SERVICE,
    RULE_ANNOTATION: _SERVICE,
    SHARED_VIP_ANNOTATION: _SERVICE,
    SKIP_NODEPORT_ANNOTATION: _SERVICE,
}
"""Annotation → the kinds on which it is read."""

LABELS: KindsByKey = {GATEWAY_NAME_LABEL: _SERVICE, GATEWAY_NAMESPACE_LABEL: _SERVICE}
"""The same for labels."""

_AKOS_OWN = frozenset(
    {
        "ako.vmware.com/controller-cluster-uuid",
        "ako.vmware.com/host-fqdn-vs-uuid-map",
        "ako.vmware.com/vs-uuid",
        "passthrough.ako.vmware.com/enabled",
    }
)
"""What AKO writes itself (AKO-OWN-ANNOTATIONS), or reads for layer 7."""

_DOMAINS = frozenset(key.rpartition("/")[0] for key in (*ANNOTATIONS, *LABELS, *_AKOS_OWN))
_AKO = "ako.vmware.com"


def unknown_keys(kind: GroupKind, metadata: Any) -> Iterator[UnknownField]:
    """The annotations and labels of these domains, also misspelt ones, that have no effect on a manifest of that kind.

    `sync.translate.attachments` reports a Service's label with one letter wrong: it knows whether a Gateway lacks it.
    """
    if isinstance(metadata, Mapping):
        yield from _unknown(kind, metadata.get("annotations"), "annotations", ANNOTATIONS)
        for each in _unknown(kind, metadata.get("labels"), "labels", LABELS):
            is_annotation = kind in ANNOTATIONS.get(each.name, ())  # the line `annotations:` was lost
            if is_annotation or kind != Service.GROUP_KIND or not any(is_near(each.name, label) for label in LABELS):
                yield replace(each, meant=each.name) if is_annotation else each


def _unknown(kind: GroupKind, given: Any, place: str, known: KindsByKey) -> Iterator[UnknownField]:
    for key in given if isinstance(given, Mapping) else ():
        domain = key.rpartition("/")[0]
        if _is_concerned(domain) and kind not in known.get(key, ()) and key not in _AKOS_OWN:
            near = [] if key in known else [each for each in known if _is_near(key, each)]
            meant = nearest(key, near) or next(iter(near), "")
            yield UnknownField(path=("metadata", place, key), meant=meant, known=tuple(known))


@cache
def _is_concerned(domain: str) -> bool:
    return domain.endswith(_AKO) or any(domain == known or is_meant(domain, known) for known in _DOMAINS)


def _is_near(key: str, known: str) -> bool:
    parts = zip(key.rpartition("/")[::2], known.rpartition("/")[::2], strict=True)
    return all(given == meant or is_meant(given, meant) for given, meant in parts)


def problems_of_keys(found: Iterable[UnknownField], *, origin: Origin, resource: str) -> Iterator[Problem]:
    """The problems for these keys."""
    for each in found:
        noun = "annotation" if "annotations" in each.path else "label"
        yield Problem(
            severity=Severity.ERROR if each.meant else Severity.WARNING,
            message=f"unknown {noun} {each.name}" if each.meant else f"the {noun} {each.name} has no effect",
            fix=_fix_of_slip(each) if each.meant else _fix(each.name),
            origin=origin,
            resource=resource,
            field=each.path,
        )


def _fix_of_slip(each: UnknownField) -> str:
    is_misplaced = each.meant == each.name
    return "it is an annotation: put it below `annotations:`" if is_misplaced else f'did you mean "{each.meant}"?'


def _fix(key: str) -> str:
    """Where the key is read, if it is read anywhere."""
    for noun, known in (("an annotation", ANNOTATIONS), ("a label", LABELS)):
        if key in known:
            return f"remove it; it is read as {noun} of a {' or a '.join(sorted({each.kind for each in known[key]}))}"
    return "remove it"
