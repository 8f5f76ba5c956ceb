"""The kinds of manifests that we read, one row each: everything that depends on a group or kind reads its row."""

import dataclasses
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sync.model.desired import OwnerKind
from sync.model.resources.ako import AviInfraSetting, L4Rule
from sync.model.resources.core import Endpoints, EndpointSlice, Namespace, Node, Pod, Service
from sync.model.resources.gateway import Gateway, GatewayClass
from sync.model.resources.kubernetes_fields import KUBERNETES_FIELDS, METADATA
from sync.model.resources.resource import GroupKind, Resource


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ManifestKind:
    """A kind that we read.

    `versions` are those that we read of its group; we write the first. `owner` is what its objects on the Controller
    are made for, None for a kind that only others refer to. `fields` are those that its CRD has and we do not read, by
    the dotted path of their mapping. `neighbours` are other kinds of its group that are called nearly like it, and
    `successors` other groups with a kind of its name. `nullable` are lists and mappings, by their dotted path, that
    programs print with null where they hold nothing. A broken manifest of a harmless kind removes nothing: without
    a Namespace its owners are held, and Pods that an EndpointSlice names and the tree lacks are reported.
    """

    type: type[Resource]
    versions: tuple[str, ...]
    owner: OwnerKind | None = None
    fields: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    neighbours: tuple[str, ...] = ()
    successors: tuple[str, ...] = ()
    nullable: tuple[str, ...] = ()
    is_harmless: bool = False

    @property
    def group_kind(self) -> GroupKind:
        """Its identity."""
        return self.type.GROUP_KIND

    @property
    def group(self) -> str:
        """Its API group, empty for the core group."""
        return self.group_kind.group

    @property
    def kind(self) -> str:
        """Its name."""
        return self.group_kind.kind

    @property
    def api_versions(self) -> tuple[str, ...]:
        """What a manifest of it may have as its `apiVersion`; the first is the one that we write."""
        return tuple(f"{self.group}/{version}".removeprefix("/") for version in self.versions)

    @property
    def api_fields(self) -> Mapping[str, tuple[str, ...]]:
        """All fields of its API, as far as they are not among those that we read, by the path of their mapping."""
        crd = {"": ("apiVersion", "kind", "status"), **self.fields}
        return {"metadata": METADATA, **KUBERNETES_FIELDS.get(self.group_kind, crd)}


@dataclass(frozen=True, kw_only=True, eq=False)
class Registry:
    """The kinds that are read in a run, and what their names and groups tell of other manifests."""

    rows: tuple[ManifestKind, ...]

    @cached_property
    def by_group_kind(self) -> Mapping[GroupKind, ManifestKind]:
        """Each row by its identity."""
        return {row.group_kind: row for row in self.rows}

    @cached_property
    def by_name(self) -> Mapping[str, tuple[ManifestKind, ...]]:
        """The rows of each name, one for each group."""
        found: dict[str, list[ManifestKind]] = defaultdict(list)
        for row in self.rows:
            found[row.kind].append(row)
        return {name: tuple(rows) for name, rows in found.items()}

    @cached_property
    def groups(self) -> frozenset[str]:
        """The groups of which some kind is read, but the core group, which has no name."""
        return frozenset(row.group for row in self.rows) - {""}

    @cached_property
    def neighbours(self) -> frozenset[str]:
        """Kinds that are not read and not misspelt."""
        return frozenset(name for row in self.rows for name in row.neighbours)

    @cached_property
    def groups_of_avi(self) -> frozenset[str]:
        """Groups that are meant for Avi: their kinds that are not read are reported."""
        return self.groups - BUILT_IN | self._successors

    @cached_property
    def _successors(self) -> frozenset[str]:
        return frozenset(group for row in self.rows for group in row.successors)

    def row_of(self, version: str, kind: str) -> ManifestKind | None:
        """The row that reads a manifest with this `apiVersion` and `kind`."""
        row = self.by_group_kind.get(GroupKind(group_of(version), kind))
        return row if row is not None and version in row.api_versions else None

    def is_successor(self, group_kind: GroupKind) -> bool:
        """Whether it is a kind, not read, of a group that succeeds one of ours."""
        return group_kind.group in self._successors and group_kind not in self.by_group_kind

    def is_known(self, group: str) -> bool:
        """Whether all kinds of the group are known: none but ours has the name of one of ours."""
        return group in BUILT_IN or group in self.groups


BUILT_IN = frozenset(
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

_GATEWAY_API = "gateway.networking.k8s.io"
"""The successor of networking.x-k8s.io: AKO serves layer 7 with it, and a separate controller."""

REGISTRY = Registry(
    rows=(
        ManifestKind(
            type=GatewayClass,
            versions=("v1alpha1",),
            fields={"spec.parametersRef": ("namespace", "scope")},  # service-apis v0.3
            successors=(_GATEWAY_API,),
        ),
        ManifestKind(
            type=Gateway,
            versions=("v1alpha1",),
            owner=OwnerKind.GATEWAY,
            fields={  # service-apis v0.3
                "spec.listeners": ("tls",),
                "spec.listeners.routes": ("group", "namespaces"),
                "spec.listeners.routes.selector": ("matchExpressions",),
            },
            successors=(_GATEWAY_API,),
        ),
        ManifestKind(type=Service, versions=("v1",), owner=OwnerKind.SERVICE),
        ManifestKind(type=EndpointSlice, versions=("v1",), nullable=("endpoints", "ports")),  # kubectl 1.30, -o yaml
        ManifestKind(type=Endpoints, versions=("v1",)),
        ManifestKind(type=Node, versions=("v1",)),
        ManifestKind(type=Namespace, versions=("v1",), is_harmless=True),
        ManifestKind(type=Pod, versions=("v1",), is_harmless=True),
        ManifestKind(type=AviInfraSetting, versions=("v1beta1", "v1alpha1")),
        ManifestKind(type=L4Rule, versions=("v1alpha2",), neighbours=("L7Rule",)),  # AKO 2.2.1, helm/ako/crds
    )
)
"""What the product reads."""


def group_of(version: str) -> str:
    """The group of an `apiVersion`, empty for the core group."""
    return version.rpartition("/")[0]
