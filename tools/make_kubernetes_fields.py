"""Write sync/model/resources/kubernetes_fields.py: the fields that Kubernetes has beside those that we read.

usage: python tools/make_kubernetes_fields.py

Taken from the schemas in the package kubernetes-validate, of every release that it ships, and only for the mappings of
which we read something: a field that went, or that is new, is no mistake.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import kubernetes_validate

from sync.model.resources.core import Endpoints, EndpointSlice, Namespace, Node, Pod, Service
from sync.model.resources.resource import GroupKind, Resource
from sync.source.validation import Schema, adapter_of

TARGET = Path(__file__).parent.parent / "sync" / "model" / "resources" / "kubernetes_fields.py"
RELEASES = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"

DEFINITIONS: Mapping[type[Resource], str] = {
    Service: "io.k8s.api.core.v1.Service",
    EndpointSlice: "io.k8s.api.discovery.v1.EndpointSlice",
    Endpoints: "io.k8s.api.core.v1.Endpoints",
    Node: "io.k8s.api.core.v1.Node",
    Namespace: "io.k8s.api.core.v1.Namespace",
    Pod: "io.k8s.api.core.v1.Pod",
}
"""Our type → the name that Kubernetes' OpenAPI has for it."""


def fields() -> dict[GroupKind, dict[str, tuple[str, ...]]]:
    """Kind → path of a mapping → the fields that it may have, in any release; `metadata` is the same everywhere."""
    found: dict[GroupKind, dict[str, set[str]]] = {kind.GROUP_KIND: {} for kind in DEFINITIONS}
    for release in _releases():
        definitions = json.loads((RELEASES / release / "_definitions.json").read_text())["$defs"]
        for kind, name in DEFINITIONS.items():
            for path in Schema(adapter_of(kind)).mappings():
                names = _at(definitions, definitions[name], path).get("properties", {})
                found[kind.GROUP_KIND].setdefault(path, set()).update(names)
    return {
        kind: {path: tuple(sorted(names)) for path, names in paths.items() if names} for kind, paths in found.items()
    }


def _releases() -> Iterator[str]:
    for folder in sorted(RELEASES.iterdir()):
        if folder.name.endswith("-local"):
            yield folder.name


def _at(definitions: Mapping[str, Any], schema: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """The mapping at a dotted path, also in the items of lists."""
    for step in path.split(".") if path else ():
        schema = _resolved(definitions, schema.get("properties", {}).get(step, {}))
    return schema


def _resolved(definitions: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    schema = schema.get("items") or schema
    named: Mapping[str, Any] = definitions[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return named


def text() -> str:
    """The module, as it should be."""
    releases = sorted(tuple(map(int, name[1:].split(".")[:2])) for name in _releases())
    first, last = (".".join(map(str, release)) for release in (releases[0], releases[-1]))
    found = fields()
    lines = [
        '"""Fields of Kubernetes\' own kinds, near ours. Made by tools/make_kubernetes_fields.py; do not edit.',
        "",
        f"Source: kubernetes-validate {kubernetes_validate.__version__}, the schemas of Kubernetes {first} to {last}.",
        '"""',
        "",
        "from collections.abc import Mapping",
        "",
        f"METADATA = {found[Service.GROUP_KIND]['metadata']!r}",
        '"""The fields of `metadata`, the same for every kind."""',
        "",
        "KUBERNETES_FIELDS: Mapping[tuple[str, str], Mapping[str, tuple[str, ...]]] = {",
    ]
    for kind, paths in found.items():
        lines.append(f"    {tuple(kind)!r}: {{")
        lines += [f"        {path!r}: {names!r}," for path, names in paths.items() if path != "metadata"]
        lines.append("    },")
    lines += [
        "}",
        '"""Group and kind → dotted path of a mapping (or of the items of a list) → its fields, in any release."""',
    ]
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(TARGET), "-"],
        input="\n".join(lines) + "\n",
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout


if __name__ == "__main__":
    TARGET.write_text(text())
