"""Snapshot → typed resources, and every problem of the tree with its place."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any

from sync.model.problem import Origin, Problem, Severity
from sync.model.resources.core import Namespace, Service
from sync.model.resources.gateway import Gateway
from sync.model.resources.registry import REGISTRY, Registry
from sync.model.resources.resource import GroupKind, Resource
from sync.model.resources.tree import Resources
from sync.model.settings import VALUES_FILE
from sync.model.source import Snapshot, SourceFile
from sync.source.kustomized import break_renamed, set_patches_aside
from sync.source.manifest import read_resource
from sync.source.reading import Reading, broken_twin, problem_at, stands_alone
from sync.source.recognition import charts_in, is_in, may_hold_ours, resembles_ours
from sync.source.unread import naming_all, read_shapeless, read_template, read_unserved, template_in
from sync.source.yaml_documents import Document, YamlError, parse_documents

MANIFEST_SUFFIXES = frozenset({".yaml", ".yml", ".json"})


def parse_manifests(
    snapshot: Snapshot, *, exclude: tuple[str, ...], max_aliases: int, registry: Registry = REGISTRY
) -> tuple[Resources, tuple[Problem, ...]]:
    """Every usable manifest of the tree, and everything that is wrong with it.

    Problems carry the line of the resource; `sync.source.places.with_lines` finds the exact line of their field.
    """
    reading = Reading(
        registry=registry,
        problems=list(snapshot.problems),
        is_complete=snapshot.is_complete,
        charts=charts_in(snapshot),
    )
    files = tuple(manifest_files(snapshot, exclude))
    for file in files:
        _read_file(file, reading, max_aliases)
    reading.problems += map(naming_all, reading.unread.values())
    break_renamed(reading, snapshot.path)
    set_patches_aside(reading)
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


def _resources(reading: Reading) -> Resources:
    unusable = {item.manifest_key for item in reading.broken}
    found: dict[GroupKind, tuple[Resource, ...]] = {}
    broken = list(reading.broken)
    for kind, items in reading.resources.items():
        found[kind] = tuple(item for item in items if item.manifest_key not in unusable)
        # A valid manifest beside a broken one of the same name is not used either; its labels still are.
        broken += [broken_twin(item) for item in items if item.manifest_key in unusable]
    resources = Resources(
        found=found,
        broken=tuple(broken),
        namesakes=tuple(reading.namesakes),
        ignored=reading.ignored,
        is_complete=reading.is_complete,
    )
    if resources.is_empty():  # an empty tree is more likely a mistake than intended
        return Resources(ignored=reading.ignored, is_complete=False)
    return resources


def _without_idle_namespaces(problems: Sequence[Problem], resources: Resources) -> list[Problem]:
    """The same problems; two different manifests of a Namespace are a warning if nothing can depend on it.

    The folders of two clusters often hold the same Namespace with other labels.
    """
    served = (*resources.of(Gateway), *(item for item in resources.of(Service) if not stands_alone(item)))
    owned = {item.namespace for item in served}
    owned |= {item.namespace for item in resources.broken_of(Gateway, Service)}
    idle = {item.title for item in resources.broken_of(Namespace) if item.name not in owned}
    # In a tree without any of them, it is unknown.
    return [
        replace(problem, severity=Severity.WARNING) if owned and problem.resource in idle else problem
        for problem in problems
    ]


def _read_file(file: SourceFile, reading: Reading, max_aliases: int) -> None:
    name = PurePosixPath(file.path).name
    if name == "Chart.yaml":
        message, fix = (
            "this is a Helm chart, not a manifest",
            "render the chart with helm template and commit the result",
        )
        reading.pass_over(problem_at(Origin(file=file.path), message, fix))
        return
    try:
        documents = parse_documents(file.content, max_aliases=max_aliases)
    except YamlError as error:
        problem = problem_at(Origin(file=file.path, line=error.line), error.message, error.fix)
        is_doubtful = may_hold_ours(file.content, reading.registry, is_in_chart=is_in(file.path, reading.charts))
        if not is_doubtful:
            problem = replace(problem, message=f"{problem.message}; nothing is served from this file")
        reading.leave_out(problem, may_be_ours=is_doubtful)
        return
    for document in documents:
        origin = Origin(file=file.path, line=document.line, document=document.index)
        listed = {**document.value, "items": []} if "items" in document.nulls_in(document.value) else document.value
        for value, place in _items(listed, origin, reading.registry):
            _read_manifest(value, place, document, reading)


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
    """The kind of the items of a list, empty if each states it; None if it is not a list of manifests."""
    kind = str(value.get("kind", "")) if isinstance(value, dict) else ""
    listed = kind.removesuffix("List")
    return listed if kind != listed and listed in {"", *registry.by_name} else None


def _read_manifest(value: Any, origin: Origin, document: Document, reading: Reading) -> None:
    if not isinstance(value, dict):
        fix = "a manifest starts with apiVersion and kind; list other files in SyncSettings.exclude"
        problem = problem_at(origin, "this is not a Kubernetes manifest", fix)
        reading.leave_out(problem, may_be_ours=resembles_ours(value, reading.registry))
        return
    if _listed_kind(value, reading.registry) is not None:
        reading.lose(problem_at(origin, "the items of this list are missing", "write them as a list below `items:`"))
        return
    version, kind_name = value.get("apiVersion"), value.get("kind")
    if not isinstance(version, str) or not isinstance(kind_name, str) or not (version and kind_name):
        read_shapeless(value, origin, reading)
        return
    kind = reading.registry.row_of(version, kind_name)
    if kind is None:
        read_unserved(version, kind_name, value, origin, reading)
    elif template := template_in(kind, value):
        read_template(template, value, origin, reading)
    else:
        read_resource(kind, value, origin, document, reading)
