"""Kustomizations: which manifests reach a cluster under another name than their file shows.

Kustomizations are not built here. One that only lists resources changes nothing; one that sets a namespace, a prefix or
a suffix does (kustomize 5, kustomization.yaml: namespace, namePrefix, nameSuffix; Flux 2, Kustomization:
spec.targetNamespace, spec.namePrefix, spec.nameSuffix).
"""

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync.model.problem import Origin

FILES = frozenset({"kustomization.yaml", "kustomization.yml", "Kustomization"})
_TRANSFORMERS = frozenset(
    {
        "commonAnnotations",
        "commonLabels",
        "labels",
        "patches",
        "patchesJson6902",
        "patchesStrategicMerge",
        "replacements",
        "transformers",
        "vars",
    }
)
"""What else may change a manifest (kustomize 5, kustomization.yaml)."""

_GROUP, _FLUX_GROUP = "kustomize.config.k8s.io/", "kustomize.toolkit.fluxcd.io/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kustomization:
    """One kustomization: where it stands, what it lists (paths from the root), and what it does to names.

    `patches` are the files that it applies to others. `unbuilt` are its transformers, which are not carried out here.
    `holds_folders` says that what it lists are folders with all that is in them, as for Flux.
    """

    origin: Origin
    listed: tuple[str, ...]
    patches: tuple[str, ...] = ()
    unbuilt: tuple[str, ...] = ()
    namespace: str = ""
    prefix: str = ""
    suffix: str = ""
    holds_folders: bool = False

    @property
    def renames(self) -> bool:
        """Whether it changes any name."""
        return bool(self.namespace or self.prefix or self.suffix)

    def change_of(self, namespace: str) -> str:
        """What it does to a manifest of that namespace (empty for a cluster-scoped one), in words; empty if nothing."""
        parts = [
            f"namespace: {self.namespace}" if namespace and self.namespace not in ("", namespace) else "",
            f"namePrefix: {self.prefix}" if self.prefix else "",
            f"nameSuffix: {self.suffix}" if self.suffix else "",
        ]
        return ", ".join(part for part in parts if part)


def kustomization_of(value: Mapping[str, Any], origin: Origin) -> Kustomization | None:
    """The kustomization that a document is; None for all others."""
    version = _text(value.get("apiVersion"))
    if version.startswith(_FLUX_GROUP) and value.get("kind") == "Kustomization":
        stated = value.get("spec")
        spec: Mapping[str, Any] = stated if isinstance(stated, Mapping) else {}
        path = posixpath.normpath(_text(spec.get("path")) or ".")
        return Kustomization(
            origin=origin,
            listed=(path,),
            namespace=_text(spec.get("targetNamespace")),
            prefix=_text(spec.get("namePrefix")),
            suffix=_text(spec.get("nameSuffix")),
            holds_folders=True,
        )
    if version.startswith(_GROUP) or posixpath.basename(origin.file) in FILES:
        folder = posixpath.dirname(origin.file)
        return Kustomization(
            origin=origin,
            listed=tuple(_listed(value, folder)),
            patches=tuple(_patches(value, folder)),
            unbuilt=tuple(sorted(_TRANSFORMERS & value.keys())),
            namespace=_text(value.get("namespace")),
            prefix=_text(value.get("namePrefix")),
            suffix=_text(value.get("nameSuffix")),
        )
    return None


def _listed(value: Mapping[str, Any], folder: str) -> Iterator[str]:
    for key in ("resources", "bases", "components"):
        items = value.get(key)
        for item in items if isinstance(items, list) else ():
            if isinstance(item, str) and "://" not in item:
                yield posixpath.normpath(posixpath.join(folder, item))


def _patches(value: Mapping[str, Any], folder: str) -> Iterator[str]:
    for key in ("patches", "patchesStrategicMerge", "patchesJson6902"):
        items = value.get(key)
        for item in items if isinstance(items, list) else ():
            name = _text(item.get("path") if isinstance(item, Mapping) else item)
            if name and "\n" not in name:  # else the patch itself
                yield posixpath.normpath(posixpath.join(folder, name))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def patch_files(kustomizations: Iterable[Kustomization]) -> frozenset[str]:
    """The files that are patches and nothing else."""
    known = tuple(kustomizations)
    return frozenset(file for item in known for file in item.patches) - {file for item in known for file in item.listed}


def renaming_by_file(
    kustomizations: Sequence[Kustomization], files: Iterable[str], root: str | None
) -> Mapping[str, Kustomization]:
    """Each file whose manifests reach a cluster under another name → the kustomization that changes it.

    `root` is the folder of the repository in which the files lie, None where that is unknown.
    """
    by_folder = {posixpath.dirname(item.origin.file): item for item in kustomizations if not item.holds_folders}
    known = sorted(files)
    found: dict[str, Kustomization] = {}
    for item in kustomizations:
        if item.renames:
            for file in _reached(item, by_folder, known, root, frozenset()):
                found.setdefault(file, item)
    return found


def _reached(
    item: Kustomization,
    by_folder: Mapping[str, Kustomization],
    files: Sequence[str],
    root: str | None,
    seen: frozenset[Origin],
) -> Iterator[str]:
    """The files that a kustomization takes in, also by way of others."""
    if item.origin in seen:
        return
    for place in item.listed:
        inner = by_folder.get("" if place == "." else place)
        if inner is not None:
            yield from _reached(inner, by_folder, files, root, seen | {item.origin})
        elif item.holds_folders:
            yield from _below(place, files, root)
        elif place in files:
            yield place


def _below(folder: str, files: Sequence[str], root: str | None) -> Sequence[str]:
    """The files below a folder that is named from the root of the repository.

    Where it is unknown which folder of the repository was read, the end of the name decides.
    """
    if folder == ".":
        return files
    if root is not None:
        if f"{root}/".startswith(f"{folder}/"):
            return files
        above = f"{root}/" if root else ""
        return _starting(folder.removeprefix(above), files) if folder.startswith(above) else ()
    parts = folder.split("/")
    guesses = (_starting("/".join(parts[start:]), files) for start in range(len(parts)))
    return next((found for found in guesses if found), ())


def _starting(folder: str, files: Sequence[str]) -> Sequence[str]:
    return [file for file in files if file.startswith(f"{folder}/")]
