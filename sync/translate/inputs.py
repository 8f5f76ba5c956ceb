"""The inputs that all translations of a run share, and what several modules derive from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from sync.model.desired import ServiceKey, UnknownServers
from sync.model.facts import Facts
from sync.model.provenance import Sourced, Sources, in_manifest, in_values
from sync.model.resources.core import Namespace
from sync.model.resources.resource import Resource
from sync.model.resources.tree import BackEndKey, Resources
from sync.model.settings import Settings
from sync.model.wording import is_near
from sync.translate.attachments import Attachments, Strays, attachments_of, strays_of
from sync.translate.catalog import Catalog, make_catalog
from sync.translate.names import MarkerSet, Names

TENANT_ANNOTATION = "ako.vmware.com/tenant-name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Settings, facts and manifests of one run."""

    settings: Settings
    facts: Facts
    catalog: Catalog
    attachments: Attachments
    strays: Strays
    is_complete: bool
    followed: frozenset[ServiceKey]
    unknown_servers: Mapping[BackEndKey, UnknownServers]
    records_sources: bool = False
    """Whether specs tell where their fields come from."""

    @property
    def names(self) -> Names:
        """How objects are called."""
        return Names(cluster=self.settings.cluster, is_encoded=self.settings.ako.enable_evh)

    @property
    def markers(self) -> MarkerSet:
        """How objects are marked."""
        return MarkerSet(cluster=self.settings.cluster)

    @property
    def cloud(self) -> str:
        """The name of the cloud that everything is made in."""
        return self.settings.controller.cloud_name

    @property
    def naming(self) -> Sources:
        """The settings that are part of every name."""
        cluster = in_values("AKOSettings", "clusterName")
        return (cluster, in_values("AKOSettings", "enableEVH")) if self.settings.ako.enable_evh else (cluster,)

    @property
    def tenant(self) -> Sourced[str]:
        """The tenant of the settings."""
        name = self.settings.controller.tenant_name
        return Sourced(value=name, sources=(in_values("ControllerSettings", "tenantName"),))

    def tenant_of(self, namespace: str) -> Sourced[str]:
        """The tenant of a namespace: its annotation, else the setting (AKO-TENANT)."""
        found = self.catalog.namespaces.get(namespace)
        if found is None or not (name := found.annotation(TENANT_ANNOTATION)):
            return self.tenant
        return Sourced(value=name, sources=(in_manifest(found, "metadata", "annotations", TENANT_ANNOTATION),))


def inputs_of(resources: Resources, settings: Settings, facts: Facts, *, records_sources: bool = False) -> Inputs:
    """The inputs of one tree."""
    catalog = make_catalog(resources)
    return Inputs(
        settings=settings,
        facts=facts,
        catalog=catalog,
        attachments=attachments_of(resources, catalog),
        strays=strays_of(resources, catalog),
        is_complete=resources.is_complete,
        followed=resources.followed,
        unknown_servers=resources.unknown_servers,
        records_sources=records_sources,
    )


class Coverage(Enum):
    """Whether a namespace is served; if that is unknown, its owners are held."""

    YES = "served"
    BLOCKED = "its namespace is in AKOSettings.blockedNamespaceList"
    UNRECOGNISED = "its Namespace is not in the tree, and one with a similar name holds no manifests"
    NEARLY_SELECTED = "a label of its namespace is probably a misspelling of AKOSettings.namespaceSelector"
    NOT_SELECTED = "its namespace lacks the label of AKOSettings.namespaceSelector"
    UNUSABLE = "its Namespace cannot be used, so its tenant, its network and whether it is served are unknown"
    UNKNOWN = "its Namespace is not in the tree, so it is unknown whether AKOSettings.namespaceSelector selects it"


def coverage_of(namespace: str, inputs: Inputs) -> Coverage:
    """Accepted (AKO-NAMESPACE-SELECTOR), not blocked (AKO-BLOCKED-NAMESPACES); unknown without its manifest."""
    ako = inputs.settings.ako
    if (Namespace.GROUP_KIND, "", namespace) in inputs.catalog.broken:
        return Coverage.UNUSABLE
    if namespace in ako.blocked_namespace_list:
        return Coverage.BLOCKED
    manifest = inputs.catalog.namespaces.get(namespace)
    if manifest is None and any(is_near(idle, namespace) for idle in inputs.catalog.idle_namespaces):
        return Coverage.UNRECOGNISED
    if not ako.namespace_selector.is_active:
        return Coverage.YES
    if manifest is None:
        return Coverage.UNKNOWN
    selector = ako.namespace_selector
    wanted = (selector.label_key.strip(), selector.label_value.strip())
    if manifest.metadata.labels.get(wanted[0]) == wanted[1]:
        return Coverage.YES
    return Coverage.NEARLY_SELECTED if is_nearly_labelled(manifest, *wanted) else Coverage.NOT_SELECTED


def is_nearly_labelled(resource: Resource, key: str, value: str) -> bool:
    """Whether a label of the resource is the given one, except for one typing error in key or value."""
    labels = resource.metadata.labels
    if key in labels:
        return is_near(labels[key], value)
    return any(found == value and is_near(label, key) for label, found in labels.items())


HOLDING: Mapping[Coverage, str] = {
    Coverage.UNUSABLE: "correct the Namespace's manifest",
    Coverage.UNKNOWN: "commit the Namespace",
    Coverage.UNRECOGNISED: "correct the name in one of the two, or commit the Namespace",
    Coverage.NEARLY_SELECTED: "correct the label of the Namespace or the selector in values.yaml",
}
"""What holds an owner, and the fix."""
