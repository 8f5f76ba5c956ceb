"""A list or mapping of which only the key is written is no proof that nobody wants what was below it."""

from typing import Any

import pytest

from sync.model.problem import Problem, Severity
from sync.model.resources.registry import REGISTRY, ManifestKind
from sync.model.resources.tree import Resources
from sync.source.manifests import parse_manifests
from sync.source.places import with_lines
from sync.source.unknown_fields import Fields, known_fields
from tests.shared.builders import document, example_documents, make_snapshot, yaml_of

Path = tuple[str | int, ...]


def read(*documents: Any) -> tuple[Resources, tuple[Problem, ...]]:
    """The resources of a tree, and its problems at their exact lines."""
    snapshot = make_snapshot({"a.yaml": yaml_of(*documents)})
    resources, problems = parse_manifests(snapshot, exclude=(), max_aliases=0)
    return resources, with_lines(problems, snapshot)


def written(value: Any, fields: Fields, path: Path = ()) -> list[Path]:
    """The lists and mappings of a value that may be left out, at any depth."""
    if isinstance(value, list):
        return [found for number, item in enumerate(value) for found in written(item, fields, (*path, number))]
    here = [(*path, key) for key in value if key in fields.collections]
    below = ((key, each) for key, each in fields.read.items() if each is not None and key in value)
    return here + [found for key, each in below for found in written(value[key], each, (*path, key))]


def emptied(kind: str, path: Path) -> dict[str, Any]:
    """A healthy manifest with null in one place."""
    manifest = document(kind)
    here: Any = manifest
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = None
    return manifest


def attached(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest with the labels of a back end."""
    labels = {"ako.vmware.com/gateway-name": "web", "ako.vmware.com/gateway-namespace": "shop"}
    return {**manifest, "metadata": {**manifest["metadata"], "labels": labels}}


def places(kind: ManifestKind) -> list[Path]:
    """All lists and mappings in the healthy manifest of a kind; none for a kind without an example."""
    examples = [item for item in example_documents() if item["kind"] == kind.kind]
    return [path for example in examples[:1] for path in written(example, known_fields(kind))]


def may_be_null(kind: ManifestKind, path: Path) -> bool:
    """Whether programs print it with null."""
    return path[0] == "metadata" or path[-1] in kind.nullable


HOLDING = [(kind.kind, path) for kind in REGISTRY.rows for path in places(kind) if not may_be_null(kind, path)]
PRINTED = [(kind.kind, path) for kind in REGISTRY.rows for path in places(kind) if may_be_null(kind, path)]


@pytest.mark.parametrize(("kind", "path"), HOLDING)
def test_an_empty_list_or_mapping_makes_its_manifest_unusable(kind: str, path: Path) -> None:
    """Of every kind, at any depth, with the line of the key."""
    manifest = attached(emptied(kind, path)) if kind == "Service" else emptied(kind, path)
    line = yaml_of(manifest).splitlines().index(_line_of(manifest, path)) + 1

    resources, problems = read(manifest)

    assert [item.group_kind.kind for item in resources.broken] == [kind]
    (problem,) = (each for each in problems if each.field == path)
    assert (problem.severity, problem.message, problem.line) == (Severity.ERROR, f'"{path[-1]}" is empty', line)


def _line_of(manifest: Any, path: Path) -> str:
    """The line of YAML in which the key stands with null."""
    (line,) = (line for line in yaml_of(manifest).splitlines() if line.strip(" -") == f"{path[-1]}: null")
    return line


@pytest.mark.parametrize(("kind", "path"), PRINTED)
def test_what_programs_print_with_null_is_absent(kind: str, path: Path) -> None:
    """Charts print labels and annotations, kubectl the endpoints of a Service that has none."""
    resources, problems = read(emptied(kind, path))

    assert resources.broken == ()
    assert [each for each in problems if each.severity is Severity.ERROR] == []


@pytest.mark.parametrize("field", ["loadBalancerIP", "externalTrafficPolicy", "clusterIP", "healthCheckNodePort"])
def test_a_single_value_with_null_is_absent(field: str) -> None:
    """Charts print the key where the value is not set."""
    manifest = document("Service")
    manifest["spec"][field] = None

    resources, problems = read(manifest)

    assert (resources.broken, problems) == ((), ())


def test_in_a_service_that_is_nobodys_it_is_absent() -> None:
    """Nothing depends on it."""
    manifest: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "a"},
        "spec": {"selector": None},
    }

    resources, problems = read(manifest)

    assert (resources.broken, problems) == ((), ())


def test_a_written_empty_list_says_that_there_is_nothing() -> None:
    """`vipNetworks: []` is as plain as no line at all."""
    manifest = document("AviInfraSetting")
    manifest["spec"]["network"]["vipNetworks"] = []

    assert read(manifest)[0].broken == ()
