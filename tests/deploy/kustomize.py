"""Builds a kustomization, as far as those under deploy/ go; anything else in one is an error, not ignored."""

import copy
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

Manifest = dict[str, Any]


def build(folder: Path) -> list[Manifest]:
    """The resources that `kubectl kustomize FOLDER` prints, in no particular order."""
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text("utf-8"))
    options = kustomization.pop("generatorOptions", {})
    assert options in ({}, {"disableNameSuffixHash": True})
    assert kustomization.pop("apiVersion") == "kustomize.config.k8s.io/v1beta1"
    assert kustomization.pop("kind") == "Kustomization"
    resources: list[Manifest] = []
    for field in _STEPS:  # in kustomize's order, whatever the order in the file
        if field in kustomization:
            resources = _STEPS[field](resources, kustomization.pop(field), folder)
    assert not kustomization, f"{folder}: this builder does not know {sorted(kustomization)}"
    return resources


def _add_resources(resources: list[Manifest], names: Sequence[str], folder: Path) -> list[Manifest]:
    added = list(resources)
    for name in names:
        path = folder / name
        added += build(path) if path.is_dir() else list(yaml.safe_load_all(path.read_text("utf-8")))
    return added


def _generate(resources: list[Manifest], generators: Sequence[Manifest], folder: Path) -> list[Manifest]:
    made = copy.deepcopy(resources)
    for generator in generators:
        data = dict(item.split("=", 1) for item in generator.get("literals", ()))
        data |= {name: (folder / name).read_text("utf-8") for name in generator.get("files", ())}
        assert generator.keys() <= {"name", "behavior", "literals", "files"}
        existing = [one for one in made if one["kind"] == "ConfigMap" and one["metadata"]["name"] == generator["name"]]
        if generator.get("behavior", "create") == "merge":
            (one,) = existing
            one["data"] |= data
        else:
            assert not existing
            metadata = {"name": generator["name"]}
            made.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})
    return made


def _patch(resources: list[Manifest], patches: Sequence[Manifest], folder: Path) -> list[Manifest]:
    patched = copy.deepcopy(resources)
    for patch in patches:
        target = patch["target"]
        assert target.keys() == {"kind", "name"}
        (one,) = (one for one in patched if (one["kind"], one["metadata"]["name"]) == (target["kind"], target["name"]))
        for step in yaml.safe_load((folder / patch["path"]).read_text("utf-8")):
            _apply(one, step)
    return patched


def _apply(manifest: Manifest, step: Mapping[str, Any]) -> None:
    """One step of RFC 6902, of the three that are used here; a place that is not added must exist."""
    *path, last = (int(part) if part.isdecimal() else part for part in step["path"].lstrip("/").split("/"))
    place: Any = manifest
    for part in path:
        place = place[part]
    if step["op"] == "add" and isinstance(place, list):
        place.insert(int(last), step["value"])
        return
    if step["op"] == "add":
        place[last] = step["value"]
        return
    old = place[last]
    match step["op"]:
        case "test":
            assert old == step["value"], f"{step['path']} is {old}"
        case "replace":
            place[last] = step["value"]
        case other:
            raise AssertionError(f"this builder does not know the step {other}")


_CLUSTER_SCOPED = frozenset({"Namespace", "ClusterRole", "ClusterRoleBinding"})


def _set_namespace(resources: list[Manifest], namespace: str, folder: Path) -> list[Manifest]:
    moved = copy.deepcopy(resources)
    for one in moved:
        if one["kind"] not in _CLUSTER_SCOPED:
            one["metadata"]["namespace"] = namespace
    return moved


def _label(resources: list[Manifest], labels: Sequence[Manifest], folder: Path) -> list[Manifest]:
    labelled = copy.deepcopy(resources)
    for label in labels:
        assert label.keys() == {"pairs"}
        for one in labelled:
            one["metadata"].setdefault("labels", {}).update(label["pairs"])
    return labelled


def _name_images(resources: list[Manifest], images: Sequence[Manifest], folder: Path) -> list[Manifest]:
    named = copy.deepcopy(resources)
    for image in images:
        for one in named:
            for container in containers_of(one):
                if re.fullmatch(rf"{image['name']}(:.*)?", container["image"]):
                    container["image"] = f"{image['newName']}:{image['newTag']}"
    return named


def containers_of(manifest: Manifest) -> list[Manifest]:
    """Those of a CronJob; other kinds have none here."""
    if manifest["kind"] != "CronJob":
        return []
    containers: list[Manifest] = manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    return containers


_STEPS: Mapping[str, Callable[[list[Manifest], Any, Path], list[Manifest]]] = {
    "resources": _add_resources,
    "configMapGenerator": _generate,
    "patches": _patch,
    "namespace": _set_namespace,
    "labels": _label,
    "images": _name_images,
}
