"""Snapshot → typed resources, and every problem of the tree with its place."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sync.model.problem import Origin, Problem, Severity
from sync.model.resources.ako import AviInfraSetting, L4Rule
from sync.model.resources.core import Endpoints, EndpointSlice, Namespace, Node, Pod, Service
from sync.model.resources.gateway import Gateway, GatewayClass
from sync.model.resources.resource import Resource
from sync.model.resources.tree import BrokenResource, Resources
from sync.model.settings import VALUES_FILE
from sync.model.source import Snapshot, SourceFile
from sync.model.wording import is_slip
from sync.source.validation import problems_of
from sync.source.yaml_documents import Document, YamlError, parse_documents

MANIFEST_SUFFIXES = frozenset({".yaml", ".yml", ".json"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """A kind that we read: its API versions, its type, and where it goes in `Resources`."""

    versions: frozenset[str]
    type: type[Resource]
    field: str


_KINDS: Mapping[str, _Kind] = {
    kind.type.KIND: kind
    for kind in (
        _Kind(versions=frozenset({"networking.x-k8s.io/v1alpha1"}), type=GatewayClass, field="gateway_classes"),
        _Kind(versions=frozenset({"networking.x-k8s.io/v1alpha1"}), type=Gateway, field="gateways"),
        _Kind(versions=frozenset({"v1"}), type=Service, field="services"),
        _Kind(versions=frozenset({"discovery.k8s.io/v1"}), type=EndpointSlice, field="endpoint_slices"),
        _Kind(versions=frozenset({"v1"}), type=Endpoints, field="endpoints"),
        _Kind(versions=frozenset({"v1"}), type=Node, field="nodes"),
        _Kind(versions=frozenset({"v1"}), type=Namespace, field="namespaces"),
        _Kind(versions=frozenset({"v1"}), type=Pod, field="pods"),
        _Kind(
            versions=frozenset({"ako.vmware.com/v1beta1", "ako.vmware.com/v1alpha1"}),
            type=AviInfraSetting,
            field="infra_settings",
        ),
        _Kind(versions=frozenset({"ako.vmware.com/v1alpha2"}), type=L4Rule, field="l4_rules"),
    )
}
_ADAPTERS: dict[str, TypeAdapter[Any]] = {}


def _adapter(kind: str) -> TypeAdapter[Any]:
    """The validator of a kind, built when the first manifest of that kind is met."""
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(_KINDS[kind].type)
    return _ADAPTERS[kind]


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    resources: dict[str, list[Resource]] = field(default_factory=dict)
    places: dict[tuple[str, str, str], Origin] = field(default_factory=dict)
    broken: list[BrokenResource] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    ignored: dict[str, int] = field(default_factory=dict)
    is_complete: bool = True

    def lose(self, problem: Problem) -> None:
        """Something is there that could not be read: from here on absence proves nothing."""
        self.problems.append(replace(problem, is_cause=True))
        self.is_complete = False


def parse_manifests(
    snapshot: Snapshot, *, exclude: tuple[str, ...], max_aliases: int
) -> tuple[Resources, tuple[Problem, ...]]:
    """Every usable manifest of the tree, and everything that is wrong with it.

    Problems carry the line of the resource; `sync.source.places.with_lines` finds the exact line of their field.
    """
    reading = _Reading(problems=list(snapshot.problems), is_complete=snapshot.is_complete)
    files = tuple(manifest_files(snapshot, exclude))
    for file in files:
        _read_file(file, reading, max_aliases)
    resources = _resources(reading)
    if resources.is_empty() and not resources.ignored and reading.is_complete:
        reading.problems.append(_nothing_found(snapshot, files))
    return resources, tuple(reading.problems)


def manifest_files(snapshot: Snapshot, exclude: tuple[str, ...]) -> Iterator[SourceFile]:
    """The files that should hold manifests: YAML and JSON, but values.yaml, hidden folders and what is excluded."""
    for file in snapshot.files:
        path = PurePosixPath(file.path)
        if path.suffix not in MANIFEST_SUFFIXES or file.path == VALUES_FILE:
            continue
        if any(part.startswith(".") for part in path.parts):
            continue
        if not any(fnmatchcase(file.path, pattern) or fnmatchcase(path.name, pattern) for pattern in exclude):
            yield file


def holds_manifests(snapshot: Snapshot, exclude: tuple[str, ...]) -> bool:
    """Whether there is any file that should hold manifests."""
    return any(manifest_files(snapshot, exclude))


def _nothing_found(snapshot: Snapshot, files: tuple[SourceFile, ...]) -> Problem:
    if files:
        return Problem(
            severity=Severity.WARNING,
            message=f"{snapshot.location} holds no manifest: its YAML files are empty",
            fix="nothing is deleted because of an empty tree; check the branch and --path",
            origin=Origin(file=files[0].path),
        )
    return Problem(
        severity=Severity.ERROR,
        message=f"{snapshot.location} holds no manifests",
        fix="check --ref and --path; manifests are .yaml, .yml or .json files",
    )


def _resources(reading: _Reading) -> Resources:
    unusable = {(item.kind, *item.key) for item in reading.broken}
    found: dict[str, Any] = {}
    broken = list(reading.broken)
    for name, items in reading.resources.items():
        found[name] = tuple(item for item in items if (item.KIND, *item.key) not in unusable)
        # A sound manifest beside a broken one of the same name does not count either; its labels still do.
        broken += [_broken_twin(item) for item in items if (item.KIND, *item.key) in unusable]
    resources = Resources(**found, broken=tuple(broken), ignored=reading.ignored, is_complete=reading.is_complete)
    if resources.is_empty():  # an empty tree is more likely a mistake than a wish
        return Resources(ignored=reading.ignored, is_complete=False)
    return resources


def _broken_twin(item: Resource) -> BrokenResource:
    return BrokenResource(
        kind=item.KIND,
        namespace=item.namespace,
        name=item.name,
        labels=item.metadata.labels,
        annotations=item.metadata.annotations,
        origin=item.origin,
        service_type=item.spec.type if isinstance(item, Service) else "",
    )


_HELM_MARK = re.compile(r"\{\{-?\s*(\.Values|\.Release|\.Chart|include|template|range|if|with)\b")


def _read_file(file: SourceFile, reading: _Reading, max_aliases: int) -> None:
    name = PurePosixPath(file.path).name
    if name == "Chart.yaml":
        reading.problems.append(
            _warning(
                file,
                "this is a Helm chart, not a manifest",
                "render the chart with helm template and commit the result",
            )
        )
        return
    try:
        documents = parse_documents(file.content, max_aliases=max_aliases)
    except YamlError as error:
        reading.lose(_error(file, error.line, error.message, error.fix))
        return
    for document in documents:
        _read_document(file, document, reading)


def _read_document(file: SourceFile, document: Document, reading: _Reading) -> None:
    origin = Origin(file=file.path, line=document.line, document=document.index)
    for value, place in _items(document.value, origin):
        _read_manifest(value, place, reading)


def _items(value: Any, origin: Origin) -> Iterator[tuple[Any, Origin]]:
    """The manifest itself, or the items of a List; those of a `ServiceList` need not say their kind."""
    listed = _listed_kind(value)
    if listed is not None and isinstance(value.get("items"), list):
        unsaid = {"apiVersion": value.get("apiVersion"), "kind": listed} if listed else {}
        for number, item in enumerate(value["items"]):
            place = Origin(
                file=origin.file, line=origin.line, document=origin.document, path=(*origin.path, "items", number)
            )
            yield from _items({**unsaid, **item} if isinstance(item, dict) else item, place)
    else:
        yield value, origin


def _listed_kind(value: Any) -> str | None:
    """Of what kind the items of a list are, empty where each says it; None for what is no list of manifests."""
    kind = str(value.get("kind", "")) if isinstance(value, dict) else ""
    listed = kind.removesuffix("List")
    return listed if kind != listed and listed in {"", *_KINDS} else None


def _read_manifest(value: Any, origin: Origin, reading: _Reading) -> None:
    if not isinstance(value, dict):
        reading.lose(
            _at(
                origin,
                "this is not a Kubernetes manifest",
                "a manifest starts with apiVersion and kind; list other files in SyncSettings.exclude",
            )
        )
        return
    if _listed_kind(value) is not None:
        reading.lose(_at(origin, "the items of this list are missing", "write them as a list below `items:`"))
        return
    version, kind_name = value.get("apiVersion"), value.get("kind")
    if not isinstance(version, str) or not isinstance(kind_name, str) or not (version and kind_name):
        _read_shapeless(value, origin, reading)
        return
    kind = _KINDS.get(kind_name)
    if kind is None or version not in kind.versions:
        _read_unserved(version, kind_name, value, origin, reading)
        return
    if _holds_template(value):
        reading.lose(
            _at(
                origin,
                "this is a Helm template, not a manifest",
                "render it with helm template and commit the result, or list the file in SyncSettings.exclude",
            )
        )
        return
    _read_resource(kind_name, kind, value, origin, reading)


def _holds_template(value: Any) -> bool:
    """Whether a text in the manifest is a template; other kinds may carry templates as data."""
    kind = type(value)  # what YAML gives are plain types, and every value of every manifest comes by here
    if kind is str:
        return "{{" in value and _HELM_MARK.search(value) is not None
    if kind is dict:
        return any(map(_holds_template, value.values()))
    return kind is list and any(map(_holds_template, value))


def _read_shapeless(value: Mapping[str, Any], origin: Origin, reading: _Reading) -> None:
    """YAML without apiVersion or kind: somebody's other file, or a manifest that lost its head."""
    name = PurePosixPath(origin.file).name
    if name in ("kustomization.yaml", "kustomization.yml"):
        reading.problems.append(_kustomization(origin))
        return
    said = {key: value.get(key) for key in ("apiVersion", "kind")}
    missing = " and ".join(key for key, text in said.items() if not text or not isinstance(text, str))
    message = f"{missing} is missing" if " and " not in missing else "apiVersion and kind are missing"
    if {"metadata", "spec", "apiVersion", "kind"} & value.keys():
        reading.lose(_at(origin, message, "add it: without it nobody can tell what this manifest is"))
        return
    problem = _at(origin, f"{message}: this is not a Kubernetes manifest", "list the file in SyncSettings.exclude")
    reading.problems.append(Problem(severity=Severity.WARNING, message=problem.message, fix=problem.fix, origin=origin))


def _kustomization(origin: Origin) -> Problem:
    return Problem(
        severity=Severity.WARNING,
        message="kustomizations are not built: the manifests beside this file are taken as they stand",
        fix="build it first (kustomize build) and commit the result, or list the file in SyncSettings.exclude",
        origin=origin,
    )


def _read_unserved(version: str, kind: str, value: Mapping[str, Any], origin: Origin, reading: _Reading) -> None:
    """A manifest of a kind or version that we do not read: somebody else's, or one of ours that was misspelt."""
    meant = _meant(version, kind)
    if meant is None or _group(version) in _SUCCESSORS:
        reading.ignored[f"{version}/{kind}"] = reading.ignored.get(f"{version}/{kind}", 0) + 1
    if kind == "Kustomization" and version.startswith("kustomize.config.k8s.io/"):
        reading.problems.append(_kustomization(origin))
    if meant is None:
        return
    is_other = _group(version) in _SUCCESSORS
    served = meant.type.KIND
    reading.problems.append(
        Problem(
            severity=Severity.WARNING if is_other else Severity.ERROR,
            message=f"{kind} of {version} is not served",
            fix=f"layer 4 is described with {served} of {' or '.join(sorted(meant.versions))}",
            origin=origin,
            resource=_title(meant, value),
            field=("apiVersion",) if kind == served else ("kind",),
        )
    )
    if not is_other:
        _break(served, value, origin, reading)


def _meant(version: str, kind: str) -> _Kind | None:
    """The kind of ours that was probably meant; None for what is plainly somebody else's."""
    group = _group(version)
    if kind in _KINDS:
        groups = {_group(known) for known in _KINDS[kind].versions}
        is_near = group in groups | _SUCCESSORS or any(is_slip(group, known) for known in groups)
        return _KINDS[kind] if is_near else None
    return next(
        (known for name, known in _KINDS.items() if version in known.versions and is_slip(kind, name)),
        None,
    )


_SUCCESSORS = frozenset({"gateway.networking.k8s.io"})
"""The successor of networking.x-k8s.io: AKO serves layer 7 with it, and a separate controller."""


def _group(version: str) -> str:
    return version.rpartition("/")[0]


def _read_resource(kind_name: str, kind: _Kind, value: Mapping[str, Any], origin: Origin, reading: _Reading) -> None:
    try:
        resource: Resource = _adapter(kind_name).validate_python({**value, "origin": origin})
    except ValidationError as error:
        found = problems_of(error, _adapter(kind_name), value, origin=origin, resource=_title(kind, value))
        reading.problems.extend(found)
        if any(problem.field[:2] in _IDENTITY for problem in found):
            reading.is_complete = False  # nobody can tell what this was meant to be: it may be anything that is live
        _break(kind_name, value, origin, reading)
        return
    key = (kind_name, *resource.key)
    if (first := reading.places.get(key)) is not None:
        reading.problems.append(_twice(resource, first))
        _break(kind_name, value, origin, reading)
        return
    reading.places[key] = origin
    reading.resources.setdefault(kind.field, []).append(resource)


_IDENTITY = frozenset({("metadata",), ("metadata", "name"), ("metadata", "namespace")})


def _identity(kind: _Kind, value: Mapping[str, Any]) -> tuple[str, str]:
    """Namespace and name, each empty where it is none or cannot be read."""
    metadata = value.get("metadata")
    shown = metadata if isinstance(metadata, dict) else {}
    name, namespace = shown.get("name"), shown.get("namespace", "default")
    return (
        namespace if kind.type.NAMESPACED and isinstance(namespace, str) else "",
        name if isinstance(name, str) else "",
    )


def _title(kind: _Kind, value: Mapping[str, Any]) -> str:
    """How messages name it, as far as its name can be read."""
    namespace, name = _identity(kind, value)
    return f"{kind.type.KIND} {namespace}/{name}" if namespace and name else f"{kind.type.KIND} {name}".rstrip()


def _break(kind: str, value: Mapping[str, Any], origin: Origin, reading: _Reading) -> None:
    """Remember a manifest that is there but cannot be used."""
    metadata, spec = value.get("metadata"), value.get("spec")
    shown = metadata if isinstance(metadata, dict) else {}
    namespace, name = _identity(_KINDS[kind], value)
    if not name:  # nobody can tell whose it is
        reading.is_complete = False
        return
    reading.broken.append(
        BrokenResource(
            kind=kind,
            namespace=namespace,
            name=name,
            labels=_texts(shown.get("labels", {}), reading),
            annotations=_texts(shown.get("annotations", {}), reading),
            origin=origin,
            service_type=str(spec.get("type", "ClusterIP")) if kind == "Service" and isinstance(spec, dict) else "",
        )
    )


def _texts(value: Any, reading: _Reading) -> dict[str, str]:
    """Labels or annotations of a manifest that cannot be used, as far as they can be read."""
    if not isinstance(value, dict):  # nobody can tell what depends on it
        reading.is_complete = False
        return {}
    return {str(key): str(item) for key, item in value.items()}


def _twice(resource: Resource, first: Origin) -> Problem:
    return Problem(
        severity=Severity.ERROR,
        message=f"{resource.title} stands twice in the tree: first in {first.file}:{first.line}",
        fix="keep one of them; until then neither counts",
        origin=resource.origin,
        resource=resource.title,
        field=("metadata", "name"),
    )


def _error(file: SourceFile, line: int, message: str, fix: str) -> Problem:
    return Problem(severity=Severity.ERROR, message=message, fix=fix, origin=Origin(file=file.path, line=line))


def _warning(file: SourceFile, message: str, fix: str) -> Problem:
    return Problem(severity=Severity.WARNING, message=message, fix=fix, origin=Origin(file=file.path))


def _at(origin: Origin, message: str, fix: str) -> Problem:
    return Problem(severity=Severity.ERROR, message=message, fix=fix, origin=origin)
