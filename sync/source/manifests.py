"""Snapshot → typed resources, and every problem of the tree with its place."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

from pydantic import ValidationError

from sync.model.problem import Origin, Problem, Severity
from sync.model.resources.core import Namespace, Node, Pod, Service
from sync.model.resources.gateway import Gateway
from sync.model.resources.registry import REGISTRY, ManifestKind, Registry, group_of
from sync.model.resources.resource import GroupKind, ManifestKey, Resource, title_of
from sync.model.resources.tree import BrokenResource, Namesake, Resources
from sync.model.settings import VALUES_FILE
from sync.model.source import Snapshot, SourceFile
from sync.model.wording import shown
from sync.source.kustomize import Kustomization, kustomization_of, patch_files, renaming_by_file
from sync.source.own_keys import problems_of_keys, unknown_keys
from sync.source.recognition import charts_in, is_in, kind_meant, may_hold_ours, resembles_ours
from sync.source.schema import adapter_of
from sync.source.unknown_fields import (
    corrected,
    known_fields,
    lost_parents,
    problems_of_fields,
    problems_of_parents,
    unknown_fields,
)
from sync.source.validation import problems_of
from sync.source.yaml_documents import Document, YamlError, parse_documents
from sync.translate.catalog import gateway_of

MANIFEST_SUFFIXES = frozenset({".yaml", ".yml", ".json"})


@dataclass(slots=True)
class _Reading:
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
        """Something is there that could not be read: from here on absence proves nothing."""
        self.problems.append(replace(problem, is_cause=True))
        self.is_complete = False

    def leave_unread(self, kind: str, problem: Problem) -> None:
        """A kind that is not read, in a group of which we read others: one warning for each file names them all."""
        self.unread.setdefault(problem.file, {}).setdefault(kind, replace(problem, severity=Severity.WARNING))

    def pass_over(self, problem: Problem) -> None:
        """Something is there that is plainly none of ours: one warning for each file is enough."""
        if problem.file not in self.warned:
            self.warned.add(problem.file)
            self.problems.append(replace(problem, severity=Severity.WARNING))


def parse_manifests(
    snapshot: Snapshot, *, exclude: tuple[str, ...], max_aliases: int, registry: Registry = REGISTRY
) -> tuple[Resources, tuple[Problem, ...]]:
    """Every usable manifest of the tree, and everything that is wrong with it.

    Problems carry the line of the resource; `sync.source.places.with_lines` finds the exact line of their field.
    """
    reading = _Reading(
        registry=registry,
        problems=list(snapshot.problems),
        is_complete=snapshot.is_complete,
        charts=charts_in(snapshot),
    )
    files = tuple(manifest_files(snapshot, exclude))
    for file in files:
        _read_file(file, reading, max_aliases)
    reading.problems += map(_naming_all, reading.unread.values())
    _break_renamed(reading, snapshot.path)
    _set_patches_aside(reading)
    resources = _resources(reading)
    reading.problems = _without_idle_namespaces(reading.problems, resources)
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
    unusable = {item.manifest_key for item in reading.broken}
    found: dict[GroupKind, tuple[Resource, ...]] = {}
    broken = list(reading.broken)
    for kind, items in reading.resources.items():
        found[kind] = tuple(item for item in items if item.manifest_key not in unusable)
        # A sound manifest beside a broken one of the same name does not count either; its labels still do.
        broken += [_broken_twin(item) for item in items if item.manifest_key in unusable]
    resources = Resources(
        found=found,
        broken=tuple(broken),
        namesakes=tuple(reading.namesakes),
        ignored=reading.ignored,
        is_complete=reading.is_complete,
    )
    if resources.is_empty():  # an empty tree is more likely a mistake than a wish
        return Resources(ignored=reading.ignored, is_complete=False)
    return resources


def _set_patches_aside(reading: _Reading) -> None:
    """Patches of kustomizations that are no manifests by themselves are not served; what is live of that name stays.

    A patch of something that is in the tree is another matter: nobody can tell then what a cluster gets.
    """
    files = patch_files(reading.kustomizations)
    sound = [item for items in reading.resources.values() for item in items]
    known = Counter(item.manifest_key for item in sound)
    known.update(item.manifest_key for item in reading.broken)
    partial = [*(_broken_twin(item) for item in sound if _has_no_ports(item)), *reading.broken]
    patches = {
        item.origin: (item, owner)
        for item in partial
        if (owner := reading.registry.by_group_kind[item.group_kind].owner) is not None
        and item.origin.file in files
        and known[item.manifest_key] == 1
    }
    for name, items in reading.resources.items():
        reading.resources[name] = [item for item in items if item.origin not in patches]
    reading.broken = [item for item in reading.broken if item.origin not in patches]
    reading.problems = [problem for problem in reading.problems if problem.is_cause or problem.origin not in patches]
    for item, owner in patches.values():
        message, fix = "this is a patch, not a manifest", "commit what `kustomize build` prints"
        reading.pass_over(_at(item.origin, message, fix))
        reading.namesakes.append(
            Namesake(
                owner=owner,
                message="its manifest is only a patch of a kustomization",
                fix=fix,
                namespace=item.namespace,
                name=item.name,
                origin=item.origin,
            )
        )


def _has_no_ports(item: Resource) -> bool:
    return isinstance(item, Service) and item.spec.type == "LoadBalancer" and not item.spec.ports


def _without_idle_namespaces(problems: Sequence[Problem], resources: Resources) -> list[Problem]:
    """The same problems; that a Namespace differs from another one is a warning where nothing in it can depend on it.

    The folders of two clusters often hold the same Namespace with other labels.
    """
    served = (*resources.of(Gateway), *(item for item in resources.of(Service) if not _stands_alone(item)))
    owned = {item.namespace for item in served}
    owned |= {item.namespace for item in resources.broken_of(Gateway, Service)}
    idle = {item.title for item in resources.broken_of(Namespace) if item.name not in owned}
    # In a tree that holds none of them nobody can tell.
    return [
        replace(problem, severity=Severity.WARNING) if owned and problem.resource in idle else problem
        for problem in problems
    ]


def _break_renamed(reading: _Reading, root: str | None) -> None:
    """Manifests that a kustomization renames cannot be used: their file does not show what a cluster gets."""
    files = {item.origin.file for items in reading.resources.values() for item in items}
    renaming = renaming_by_file(reading.kustomizations, files, root)
    for name, items in reading.resources.items():
        changes = {item.key: _renamed(item, renaming) for item in items}
        for item in items:
            if problem := changes[item.key]:
                reading.problems.append(problem)
                reading.broken.append(_broken_twin(item))
        reading.resources[name] = [item for item in items if changes[item.key] is None]


def _renamed(item: Resource, renaming: Mapping[str, Kustomization]) -> Problem | None:
    found = renaming.get(item.origin.file)
    change = found.change_of(item.namespace) if found is not None else ""
    if found is None or not change or _stands_alone(item) or isinstance(item, Namespace):
        return None
    return Problem(
        severity=Severity.ERROR,
        message=f"{found.origin.file} sets {change}: this reaches a cluster under another name",
        fix="commit what `kustomize build` prints in another folder, and list this one in SyncSettings.exclude",
        origin=item.origin,
        resource=item.title,
        field=("metadata",),
    )


def _broken_twin(item: Resource) -> BrokenResource:
    return BrokenResource(
        group_kind=item.GROUP_KIND,
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
        problem = _error(file, error.line, error.message, error.fix)
        if may_hold_ours(file.content, reading.registry, is_in_chart=is_in(file.path, reading.charts)):
            reading.lose(problem)
        else:
            reading.pass_over(replace(problem, message=f"{problem.message}; nothing is served from this file"))
        return
    for document in documents:
        _read_document(file, document, reading)


def _read_document(file: SourceFile, document: Document, reading: _Reading) -> None:
    origin = Origin(file=file.path, line=document.line, document=document.index)
    listed = {**document.value, "items": []} if document.nulls == {"items"} else document.value
    for value, place in _items(listed, origin, reading.registry):
        _read_manifest(value, place, reading)


def _items(value: Any, origin: Origin, registry: Registry) -> Iterator[tuple[Any, Origin]]:
    """The manifest itself, or the items of a List; those of a `ServiceList` need not say their kind."""
    listed = _listed_kind(value, registry)
    if listed is not None and isinstance(value.get("items"), list):
        unsaid = {"apiVersion": value.get("apiVersion"), "kind": listed} if listed else {}
        for number, item in enumerate(value["items"]):
            place = Origin(
                file=origin.file, line=origin.line, document=origin.document, path=(*origin.path, "items", number)
            )
            yield from _items({**unsaid, **item} if isinstance(item, dict) else item, place, registry)
    else:
        yield value, origin


def _listed_kind(value: Any, registry: Registry) -> str | None:
    """Of what kind the items of a list are, empty where each says it; None for what is no list of manifests."""
    kind = str(value.get("kind", "")) if isinstance(value, dict) else ""
    listed = kind.removesuffix("List")
    return listed if kind != listed and listed in {"", *registry.by_name} else None


def _read_manifest(value: Any, origin: Origin, reading: _Reading) -> None:
    if not isinstance(value, dict):
        problem = _at(
            origin,
            "this is not a Kubernetes manifest",
            "a manifest starts with apiVersion and kind; list other files in SyncSettings.exclude",
        )
        if resembles_ours(value, reading.registry):
            reading.lose(problem)
        else:
            reading.pass_over(problem)
        return
    if _listed_kind(value, reading.registry) is not None:
        reading.lose(_at(origin, "the items of this list are missing", "write them as a list below `items:`"))
        return
    version, kind_name = value.get("apiVersion"), value.get("kind")
    if not isinstance(version, str) or not isinstance(kind_name, str) or not (version and kind_name):
        _read_shapeless(value, origin, reading)
        return
    kind = reading.registry.row_of(version, kind_name)
    if kind is None:
        _read_unserved(version, kind_name, value, origin, reading)
        return
    if template := _template_in(kind, value):
        problem = _at(
            origin,
            f"this is a {template}, not a manifest",
            "render it (helm template) and commit the result, or list the file in SyncSettings.exclude",
        )
        if may_hold_ours(_as_text(value).encode(), reading.registry, is_in_chart=is_in(origin.file, reading.charts)):
            reading.lose(problem)
        else:
            reading.pass_over(problem)
        return
    _read_resource(kind, value, origin, reading)


def _as_text(value: Any) -> str:
    """Keys and texts of a manifest, a line each."""
    if isinstance(value, Mapping):
        return "\n".join(f"{key}: {_as_text(item)}" for key, item in value.items())
    return "\n".join(map(_as_text, value)) if isinstance(value, list) else shown(value)


def _template_in(kind: ManifestKind, value: Mapping[str, Any]) -> str:
    """What kind of template the manifest is, in words; empty for none. A name yet to be filled in is no name."""
    if _holds_template(value):
        return "Helm template"
    return "template" if any(map(_PLACEHOLDER.search, _identity(kind, value))) else ""


_PLACEHOLDER = re.compile(r"\{\{|\{%|\$\{|\$\(")
"""As Jinja, Go, a shell and Flux (postBuild.substitute) write them."""


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
    if _read_kustomization(value, origin, reading):
        return
    said = {key: value.get(key) for key in ("apiVersion", "kind")}
    missing = " and ".join(key for key, text in said.items() if not text or not isinstance(text, str))
    message = f"{missing} is missing" if " and " not in missing else "apiVersion and kind are missing"
    if resembles_ours(value, reading.registry):
        reading.lose(_at(origin, message, "add it: without it nobody can tell what this manifest is"))
    else:
        fix = "list the file in SyncSettings.exclude to leave it out"
        reading.pass_over(_at(origin, f"{message}: this is not a Kubernetes manifest", fix))


def _read_kustomization(value: Mapping[str, Any], origin: Origin, reading: _Reading) -> bool:
    """Whether this is a kustomization; a warning of what it does and is not done here."""
    found = kustomization_of(value, origin)
    if found is None:
        return False
    reading.kustomizations.append(found)
    if found.unbuilt:
        reading.pass_over(
            _at(
                origin,
                f"kustomizations are not built, so {' and '.join(found.unbuilt)} change nothing here",
                "commit what `kustomize build` prints, or list the file in SyncSettings.exclude",
            )
        )
    return True


def _read_unserved(version: str, kind: str, value: Mapping[str, Any], origin: Origin, reading: _Reading) -> None:
    """A manifest of a kind or version that we do not read: somebody else's, or one of ours that was misspelt."""
    group_kind = GroupKind(group_of(version), kind)
    meant = kind_meant(version, kind, reading.registry)
    is_successor = reading.registry.is_successor(group_kind)
    if meant is None or is_successor:
        _note_namesake(version, kind, value, origin, reading)
        reading.ignored[f"{version}/{kind}"] = reading.ignored.get(f"{version}/{kind}", 0) + 1
    if kind == "Kustomization":
        _read_kustomization(value, origin, reading)
    if meant is None:
        if isinstance(value.get("items"), list) and resembles_ours(value["items"], reading.registry):
            reading.lose(_at(origin, f"{kind} is no list of manifests", "write kind: List"))
        elif group_kind.group in reading.registry.groups_of_avi:
            fix = "nothing is made of it; list the file in SyncSettings.exclude if that is right"
            reading.leave_unread(kind, replace(_at(origin, f"{kind} of {version} is not read", fix), field=("kind",)))
        return
    problem = Problem(
        severity=Severity.ERROR,
        message=f"{kind} of {version} is not served",
        fix=f"layer 4 is described with {meant.kind} of {' or '.join(sorted(meant.api_versions))}",
        origin=origin,
        resource=_title(meant, value),
        field=("apiVersion",) if kind == meant.kind else ("kind",),
    )
    if is_successor:
        reading.leave_unread(kind, problem)
    else:
        reading.problems.append(problem)
        _break(meant, value, origin, reading)


def _naming_all(unread: Mapping[str, Problem]) -> Problem:
    """One warning for the kinds of a file that are not read; that of a kind with a version that is served leads."""
    leading, *others = sorted(unread, key=lambda kind: unread[kind].resource == "")
    told = unread[leading]
    if not others:
        return told
    return replace(
        told, message=f"{told.message}, and neither {'is' if len(others) == 1 else 'are'} {' and '.join(others)}"
    )


def _note_namesake(version: str, kind: str, value: Mapping[str, Any], origin: Origin, reading: _Reading) -> None:
    for row in reading.registry.by_name.get(kind, ()):
        if row.owner is not None:
            namespace, name = _identity(row, value)
            served = " or ".join(sorted(row.api_versions))
            reading.namesakes.append(
                Namesake(
                    owner=row.owner,
                    message=f"its manifest is of {version}, which is not served",
                    fix=f"write apiVersion: {served}, or give the other {kind} another name",
                    namespace=namespace,
                    name=name,
                    origin=origin,
                )
            )


def _read_resource(kind: ManifestKind, written: Mapping[str, Any], origin: Origin, reading: _Reading) -> None:
    value, has_slips = _with_fields_told(kind, written, origin, reading)
    adapter = adapter_of(kind.type)
    try:
        resource: Resource = adapter.validate_python({**value, "origin": origin})
    except ValidationError as error:
        found = problems_of(error, adapter, value, origin=origin, resource=_title(kind, value))
        has_no_name = any(problem.field[:2] in _IDENTITY for problem in found)
        if _is_nobodys(kind, value, reading.registry, has_name=not has_no_name):
            for problem in found:
                reading.pass_over(problem)
            if not has_no_name:
                _break(kind, value, origin, reading)
            return
        reading.problems.extend(found)
        if has_no_name:
            reading.is_complete = False  # nobody can tell what this was meant to be: it may be anything that is live
        _break(kind, value, origin, reading)
        return
    if has_slips:
        _break(kind, value, origin, reading)
        return
    key = resource.manifest_key
    if (first := reading.first.get(key)) is not None:
        _read_again(kind, resource, first, value, reading)
        return
    reading.first[key] = resource
    if kind.type.NAMESPACED and "namespace" not in value["metadata"] and not _stands_alone(resource):
        reading.problems.append(_without_namespace(resource))
    reading.resources.setdefault(resource.GROUP_KIND, []).append(resource)


def _with_fields_told(
    kind: ManifestKind, value: Mapping[str, Any], origin: Origin, reading: _Reading
) -> tuple[Mapping[str, Any], bool]:
    """The manifest as it must have been meant, and whether that is another one; fields that nobody reads are problems.

    A manifest with a misspelt field is not used, but what depends on it is told by what was meant.
    """
    title = _title(kind, value)
    known = known_fields(kind)
    fields = tuple(unknown_fields(value, known))
    lost = lost_parents(value, fields, known)
    reading.problems.extend(problems_of_parents(lost, origin=origin, resource=title))
    reading.problems.extend(problems_of_fields(fields, origin=origin, resource=title))
    meant = corrected(value, fields)
    keys = tuple(unknown_keys(kind.group_kind, meant.get("metadata")))
    reading.problems.extend(problems_of_keys(keys, origin=origin, resource=title))
    return corrected(meant, keys), bool(lost) or any(each.meant for each in (*fields, *keys))


def _is_nobodys(kind: ManifestKind, value: Mapping[str, Any], registry: Registry, *, has_name: bool) -> bool:
    """Whether nothing depends on a manifest that cannot be used.

    That is a plain Service (no back end of a Gateway, no VirtualService of its own), and, without a name, a Namespace
    or Pod that AKO and Antrea ignore.
    """
    if kind.type is Service:
        return _is_plain_service(value, registry)
    metadata = _as_text(value.get("metadata"))
    return not has_name and kind.is_harmless and "ako.vmware.com/" not in metadata and _ANTREA not in metadata


def _is_plain_service(value: Mapping[str, Any], registry: Registry) -> bool:
    """Whether a Service says legibly that it is nothing to AKO: its type and its labels, and not a word of AKO's."""
    metadata, spec = value.get("metadata"), value.get("spec")
    if not isinstance(metadata, dict) or not isinstance(spec, dict):
        return False
    is_legible = all(isinstance(metadata.get(part, {}), dict) for part in ("labels", "annotations"))
    return is_legible and _service_type(spec) in _PLAIN_TYPES and not may_hold_ours(_as_text(value).encode(), registry)


_PLAIN_TYPES = frozenset({"ClusterIP", "NodePort", "ExternalName"})

_ANTREA = "nodeportlocal.antrea.io"

_IDENTITY = frozenset({("metadata",), ("metadata", "name"), ("metadata", "namespace")})


def _identity(kind: ManifestKind, value: Mapping[str, Any]) -> tuple[str, str]:
    """Namespace and name, each empty where it is none or cannot be read."""
    metadata = value.get("metadata")
    shown = metadata if isinstance(metadata, dict) else {}
    name, namespace = shown.get("name"), shown.get("namespace", "default")
    return (
        namespace if kind.type.NAMESPACED and isinstance(namespace, str) else "",
        name if isinstance(name, str) else "",
    )


def _title(kind: ManifestKind, value: Mapping[str, Any]) -> str:
    """How messages name it, as far as its name can be read."""
    return title_of(kind.group_kind, *_identity(kind, value))


def _break(kind: ManifestKind, value: Mapping[str, Any], origin: Origin, reading: _Reading) -> None:
    """Remember a manifest that is there but cannot be used."""
    metadata, spec = value.get("metadata"), value.get("spec")
    said = metadata if isinstance(metadata, dict) else {}
    namespace, name = _identity(kind, value)
    if not name:  # nobody can tell whose it is
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
            service_type=_service_type(spec) if kind.type is Service and isinstance(spec, dict) else "",
        )
    )


def _service_type(spec: Mapping[str, Any]) -> str:
    stated = spec.get("type", "ClusterIP")
    return stated if isinstance(stated, str) else ""


def _texts(value: Any, reading: _Reading) -> dict[str, str]:
    """Labels or annotations of a manifest that cannot be used, as far as they can be read."""
    if not isinstance(value, dict):  # nobody can tell what depends on it
        reading.is_complete = False
        return {}
    return {str(key): item if isinstance(item, str) else shown(item) for key, item in value.items()}


def _without_namespace(resource: Resource) -> Problem:
    return Problem(
        severity=Severity.WARNING,
        message="metadata.namespace is missing, so it counts as default",
        fix="name the namespace, as kubectl would be told with -n",
        origin=resource.origin,
        resource=resource.title,
        field=("metadata",),
    )


def _read_again(
    kind: ManifestKind, resource: Resource, first: Resource, value: Mapping[str, Any], reading: _Reading
) -> None:
    """A manifest of something that was read before: one object, if both say the same or nothing depends on it."""
    place = f"{first.origin.file}:{first.origin.line}"
    if replace(resource, origin=first.origin) == first:
        said, fix, severity = "with the same content", "keep one of them", Severity.WARNING
    elif _stands_alone(resource) and _stands_alone(first):
        said, fix, severity = "and the first one counts", "keep one of them", Severity.WARNING
    else:
        said, fix, severity = "with other content", "keep one of them; until then neither counts", Severity.ERROR
        _break(kind, value, resource.origin, reading)
    problem = Problem(
        severity=severity,
        message=f"{resource.title} stands twice in the tree, {said}: first in {place}",
        fix=fix,
        origin=resource.origin,
        resource=resource.title,
        field=("metadata", "name"),
    )
    if _stands_alone(resource) and _stands_alone(first):
        reading.pass_over(problem)
    else:
        reading.problems.append(problem)


def _stands_alone(resource: Resource) -> bool:
    """Whether no owner is held because of it: a Node, a Pod, a Service that is neither labelled nor a LoadBalancer."""
    if isinstance(resource, Service):
        return resource.spec.type != "LoadBalancer" and not any(gateway_of(resource.metadata.labels))
    return isinstance(resource, Node | Pod)


def _error(file: SourceFile, line: int, message: str, fix: str) -> Problem:
    return Problem(severity=Severity.ERROR, message=message, fix=fix, origin=Origin(file=file.path, line=line))


def _warning(file: SourceFile, message: str, fix: str) -> Problem:
    return Problem(severity=Severity.WARNING, message=message, fix=fix, origin=Origin(file=file.path))


def _at(origin: Origin, message: str, fix: str) -> Problem:
    return Problem(severity=Severity.ERROR, message=message, fix=fix, origin=origin)
