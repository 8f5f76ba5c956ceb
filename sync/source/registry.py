"""The kinds of manifests that we read: a row each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from sync.model.resources.ako import AviInfraSetting, L4Rule
from sync.model.resources.core import Endpoints, EndpointSlice, Namespace, Node, Pod, Service
from sync.model.resources.gateway import Gateway, GatewayClass
from sync.model.resources.resource import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestKind:
    """A kind that we read: its API versions, its type, and where it goes in `Resources`."""

    versions: frozenset[str]
    type: type[Resource]
    field: str


KINDS: Mapping[str, ManifestKind] = {
    kind.type.KIND: kind
    for kind in (
        ManifestKind(versions=frozenset({"networking.x-k8s.io/v1alpha1"}), type=GatewayClass, field="gateway_classes"),
        ManifestKind(versions=frozenset({"networking.x-k8s.io/v1alpha1"}), type=Gateway, field="gateways"),
        ManifestKind(versions=frozenset({"v1"}), type=Service, field="services"),
        ManifestKind(versions=frozenset({"discovery.k8s.io/v1"}), type=EndpointSlice, field="endpoint_slices"),
        ManifestKind(versions=frozenset({"v1"}), type=Endpoints, field="endpoints"),
        ManifestKind(versions=frozenset({"v1"}), type=Node, field="nodes"),
        ManifestKind(versions=frozenset({"v1"}), type=Namespace, field="namespaces"),
        ManifestKind(versions=frozenset({"v1"}), type=Pod, field="pods"),
        ManifestKind(
            versions=frozenset({"ako.vmware.com/v1beta1", "ako.vmware.com/v1alpha1"}),
            type=AviInfraSetting,
            field="infra_settings",
        ),
        ManifestKind(versions=frozenset({"ako.vmware.com/v1alpha2"}), type=L4Rule, field="l4_rules"),
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

_ADAPTERS: dict[str, TypeAdapter[Any]] = {}


def adapter_of(kind: str) -> TypeAdapter[Any]:
    """The validator of a kind, built when the first manifest of that kind is met."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(KINDS[kind].type)
    return _ADAPTERS[kind]


def group_of(version: str) -> str:
    """The group of an `apiVersion`, empty for the core group."""
    return version.rpartition("/")[0]
