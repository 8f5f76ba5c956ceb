"""What has been read of a tree so far, and what is known about manifests that cannot be used."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sync.model.problem import Origin, Problem, Severity
from sync.model.resources.core import Node, Pod, Service
from sync.model.resources.registry import ManifestKind, Registry
from sync.model.resources.resource import GroupKind, ManifestKey, Resource, title_of
from sync.model.resources.tree import BrokenResource, Namesake
from sync.model.wording import shown
from sync.source.kustomize import Kustomization
from sync.translate.catalog import gateway_of


@dataclass(slots=True)
class Reading:
    """What has been read so far, and the kinds that are read."""

    registry: Registry
    resources: dict[GroupKind, list[Resource]] = field(default_factory=dict)
    first: dict[ManifestKey, Resource] = field(default_factory=dict)
    broken: list[BrokenResource] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    ignored: dict[str, int] = field(default_factory=dict)
    unread: dict[str, dict[str, Problem]] = field(default_factory=dict)
    is_complete: bool = True
    namesakes: list[Namesake] = field(default_factory=list)
    charts: frozenset[str] = frozenset()
    warned: set[str] = field(default_factory=set)
    kustomizations: list[Kustomization] = field(default_factory=list)

    def lose(self, problem: Problem) -> None:
        """Record something that could not be read: from here on, absence proves nothing."""
        self.problems.append(replace(problem, is_cause=True))
        self.is_complete = False

    def leave_out(self, problem: Problem, *, may_be_ours: bool) -> None:
        """Record something that is not read: as lost if it may contain a manifest of ours, else as passed over."""
        if may_be_ours:
            self.lose(problem)
        else:
            self.pass_over(problem)

    def leave_unread(self, kind: str, problem: Problem) -> None:
        """A kind that is not read, in a group of which we read others: one warning for each file names them all."""
        self.unread.setdefault(problem.file, {}).setdefault(kind, replace(problem, severity=Severity.WARNING))

    def pass_over(self, problem: Problem) -> None:
        """Record something that clearly is not ours: one warning for each file is enough."""
        if problem.file not in self.warned:
            self.warned.add(problem.file)
            self.problems.append(replace(problem, severity=Severity.WARNING))


def problem_at(origin: Origin, message: str, fix: str) -> Problem:
    """An error about a whole document."""
    return Problem(severity=Severity.ERROR, message=message, fix=fix, origin=origin)


def broken_twin(item: Resource) -> BrokenResource:
    """The same manifest as one that cannot be used."""
    return BrokenResource(
        group_kind=item.GROUP_KIND,
        namespace=item.namespace,
        name=item.name,
        labels=item.metadata.labels,
        annotations=item.metadata.annotations,
        origin=item.origin,
        service_type=item.spec.type if isinstance(item, Service) else "",
    )


def break_manifest(kind: ManifestKind, value: Mapping[str, Any], origin: Origin, reading: Reading) -> None:
    """Remember a manifest that is there but cannot be used."""
    metadata, spec = value.get("metadata"), value.get("spec")
    said = metadata if isinstance(metadata, dict) else {}
    namespace, name = identity_in(kind, value)
    if not name:  # its owner is unknown
        reading.is_complete = False
        return
    reading.broken.append(
        BrokenResource(
            group_kind=kind.group_kind,
            namespace=namespace,
            name=name,
            labels=_texts(said.get("labels", {}), reading),
            annotations=_texts(said.get("annotations", {}), reading),
            origin=origin,
            service_type=service_type(spec) if kind.type is Service and isinstance(spec, dict) else "",
        )
    )


def service_type(spec: Mapping[str, Any]) -> str:
    """The type of a Service, empty where it cannot be read."""
    stated = spec.get("type", "ClusterIP")
    return stated if isinstance(stated, str) else ""


def _texts(value: Any, reading: Reading) -> dict[str, str]:
    """Labels or annotations of a manifest that cannot be used, as far as they can be read."""
    if not isinstance(value, dict):  # it is unknown what depends on it
        reading.is_complete = False
        return {}
    return {str(key): item if isinstance(item, str) else shown(item) for key, item in value.items()}


def identity_in(kind: ManifestKind, value: Mapping[str, Any]) -> tuple[str, str]:
    """Namespace and name, each empty where it is none or cannot be read."""
    metadata = value.get("metadata")
    said = metadata if isinstance(metadata, dict) else {}
    name, namespace = said.get("name"), said.get("namespace", "default")
    return (
        namespace if kind.type.NAMESPACED and isinstance(namespace, str) else "",
        name if isinstance(name, str) else "",
    )


def title_in(kind: ManifestKind, value: Mapping[str, Any]) -> str:
    """How messages name it, as far as its name can be read."""
    return title_of(kind.group_kind, *identity_in(kind, value))


def as_text(value: Any) -> str:
    """Keys and texts of a manifest, a line each."""
    if isinstance(value, Mapping):
        return "\n".join(f"{key}: {as_text(item)}" for key, item in value.items())
    return "\n".join(map(as_text, value)) if isinstance(value, list) else shown(value)


def stands_alone(resource: Resource) -> bool:
    """Whether no owner is held because of it: a Node, a Pod, a Service that is neither labelled nor a LoadBalancer."""
    if isinstance(resource, Service):
        return resource.spec.type != "LoadBalancer" and not any(gateway_of(resource.metadata.labels))
    return isinstance(resource, Node | Pod)
