"""The kinds of manifests that we read: a row each."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from sync.model.resources.ako import AviInfraSetting, L4Rule
from sync.model.resources.core import Endpoints, EndpointSlice, Namespace, Node, Pod, Service
from sync.model.resources.gateway import Gateway, GatewayClass
from sync.model.resources.resource import Resource
from sync.source.kubernetes_fields import KUBERNETES_FIELDS, METADATA
from sync.source.schema import adapter_of
from sync.source.unknown_fields import Fields, fields_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestKind:
    """A kind that we read: its API versions and its type.

    `others` are the fields that its CRD has and we do not read, by the dotted path of their mapping.
    """

    versions: frozenset[str]
    type: type[Resource]
    others: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)


KINDS: Mapping[str, ManifestKind] = {
    kind.type.GROUP_KIND.kind: kind
    for kind in (
        ManifestKind(
            versions=frozenset({"networking.x-k8s.io/v1alpha1"}),
            type=GatewayClass,
            others={"spec.parametersRef": ("namespace", "scope")},  # service-apis v0.3
        ),
        ManifestKind(
            versions=frozenset({"networking.x-k8s.io/v1alpha1"}),
            type=Gateway,
            others={  # service-apis v0.3
                "spec.listeners": ("tls",),
                "spec.listeners.routes": ("group", "namespaces"),
                "spec.listeners.routes.selector": ("matchExpressions",),
            },
        ),
        ManifestKind(versions=frozenset({"v1"}), type=Service),
        ManifestKind(versions=frozenset({"discovery.k8s.io/v1"}), type=EndpointSlice),
        ManifestKind(versions=frozenset({"v1"}), type=Endpoints),
        ManifestKind(versions=frozenset({"v1"}), type=Node),
        ManifestKind(versions=frozenset({"v1"}), type=Namespace),
        ManifestKind(versions=frozenset({"v1"}), type=Pod),
        ManifestKind(
            versions=frozenset({"ako.vmware.com/v1beta1", "ako.vmware.com/v1alpha1"}),
            type=AviInfraSetting,
        ),
        ManifestKind(versions=frozenset({"ako.vmware.com/v1alpha2"}), type=L4Rule),
    )
}
GROUPS = frozenset(version.rpartition("/")[0] for kind in KINDS.values() for version in kind.versions)
"""The API groups of these kinds, empty for the core group."""

_BUILT_IN = frozenset(
    {
        *("", "core", "apps", "autoscaling", "batch", "extensions", "policy"),
        *(
            f"{group}.k8s.io"
            for group in (
                *("admissionregistration", "apiextensions", "apiregistration", "authentication", "authorization"),
                *("certificates", "coordination", "discovery", "events", "flowcontrol.apiserver", "internal.apiserver"),
                *("networking", "node", "rbac.authorization", "resource", "scheduling", "storage", "storagemigration"),
            )
        ),
    }
)
"""Kubernetes' own groups (API reference, Kubernetes 1.30); `core` is how its documentation calls the unnamed one."""

WITHOUT_NAMESAKES = _BUILT_IN | GROUPS
"""Groups whose kinds are all known: none but ours is called like one of ours."""


@cache
def known_fields(kind: str) -> Fields:
    """The fields of a kind: what we read of it, and what its API has besides."""
    row = KINDS[kind]
    crd = {"": ("apiVersion", "kind", "status"), **row.others}
    return fields_of(adapter_of(row.type), {"metadata": METADATA, **KUBERNETES_FIELDS.get(kind, crd)})


def group_of(version: str) -> str:
    """The group of an `apiVersion`, empty for the core group."""
    return version.rpartition("/")[0]
