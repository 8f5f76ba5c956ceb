"""Whether a text that is not a usable manifest might contain one that we read (docs/usage.md#incomplete-trees).

The rule: a doubt makes the tree incomplete, so that nothing is deleted. What clearly is something else (a playbook, a
patch, another program's configuration) is no doubt. Kinds and groups are recognised by name, also misspelt; a single
mistake must not make a manifest of ours look like another program's file.
"""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from sync.model.resources.core import Service
from sync.model.resources.registry import ManifestKind, Registry, group_of
from sync.model.resources.resource import GroupKind
from sync.model.source import Snapshot
from sync.model.wording import is_one_edit, is_slip
from sync.source.yaml_documents import YamlError, text_of

_CORE = "v1"


def kind_meant(version: str, kind: str, registry: Registry) -> ManifestKind | None:
    """The kind of ours that was probably meant; None for what clearly belongs to another program.

    Other programs have kinds of the same name: Knative a Service, Istio a Gateway. Kubernetes itself has not.
    """
    group = group_of(version)
    if rows := registry.by_name.get(kind):
        near = [row for row in rows if row.group == group or is_slip(group, row.group)]
        if near:
            return min(near, key=lambda row: row.group != group)
        return rows[0] if registry.is_known(group) or registry.is_successor(GroupKind(group, kind)) else None
    if kind in registry.neighbours:
        return None
    return next(
        (
            row
            for row in registry.rows
            if version in row.api_versions and (is_slip(kind, row.kind) or is_one_edit(kind, row.kind))
        ),
        None,
    )


def may_hold_ours(content: bytes, registry: Registry, *, is_in_chart: bool = False) -> bool:
    """Whether a file that is no YAML may hold manifests of ours, by the words in it; if in doubt, yes.

    A template of a Helm chart was never anything else: only what is AKO's in it counts.
    """
    try:
        text = text_of(content)
    except YamlError:
        text = content.decode("latin-1")
    if any(group in text for group in registry.groups):
        return True
    if is_in_chart:
        return False
    stated = [(found["key"], found["value"]) for found in _STATED.finditer(text) if not _is_nested(found)]
    kinds = [value for key, value in stated if key.lower() == "kind"]
    if any(_is_dangerous(kind, text, registry) or not kind.isidentifier() for kind in kinds):
        return True
    versions = [value for key, value in stated if key.lower() == "apiversion"]
    # A kind that is missing, or whose line is what is broken, can be any; that of another group is none of ours.
    return len(kinds) < len(versions) and any(group_of(version) == "" for version in versions)


_STATED = re.compile(r"\b(?P<key>apiVersion|kind)[\"']?\s*:\s*[\"']?(?P<value>[^\s\"'#,}\]]*)", re.IGNORECASE)


def _is_nested(found: re.Match[str]) -> bool:
    """Whether a mapping stands below the key, as in a schema that describes a field of that name."""
    if found["value"].startswith("{"):
        return not found["value"].startswith("{{") and found["value"].endswith(("{", ":"))
    return found["value"].endswith(":") and _column(found, "value") > _column(found, "key")


def _column(found: re.Match[str], group: str) -> int:
    """In which column of its line it begins."""
    return found.start(group) - found.string.rfind("\n", 0, found.start(group))


def _is_dangerous(kind: str, text: str, registry: Registry) -> bool:
    """Whether a manifest of that kind in the text may be one on which something live depends."""
    meant = _called(kind, registry)
    if any(row.type is Service for row in meant):  # counts with a VirtualService of its own, or a label of AKO's group
        return "LoadBalancer" in text
    return not all(row.is_harmless for row in meant)


@lru_cache(maxsize=4096)
def _called(kind: str, registry: Registry) -> tuple[ManifestKind, ...]:
    """The kinds of ours that a text names, exactly or misspelt."""
    listed = kind.removesuffix("List") or kind
    names = registry.by_name.items()
    return next((rows for name, rows in names if is_one_edit(listed, name) or is_slip(listed, name)), ())


def resembles_ours(value: Any, registry: Registry) -> bool:
    """Whether a value that is no manifest looks like one of ours that lost something."""
    if isinstance(value, list):
        return any(resembles_ours(item, registry) for item in value)
    if not isinstance(value, Mapping):
        return False
    version, kind = _nearly(value, "apiVersion"), _nearly(value, "kind")
    if kind and _called(kind, registry):
        if not version and (kind.islower() or value.keys() - {"kind"}) and not value.keys() & _PARTS:
            return False  # a word such as `Service` or `node` in other data
        return not version or version == _CORE or _is_near(group_of(version), registry)
    if kind:
        return False
    if version:
        is_manifest = bool({"metadata", "spec"} & value.keys())
        return (version == _CORE and is_manifest) or _is_near(group_of(version), registry)
    spec = value.get("spec")
    # Pod templates often have no head; a Pod that lost its head removes nothing.
    return isinstance(value.get("metadata"), Mapping) and isinstance(spec, Mapping) and "containers" not in spec


_PARTS = frozenset({"metadata", "spec", "status", "addressType", "endpoints", "ports", "subsets"})
"""What a manifest of ours consists of, beside its head."""


@lru_cache(maxsize=4096)
def _is_near(group: str, registry: Registry) -> bool:
    """Whether it is a group of ours, exactly or misspelt."""
    return any(group == known or is_slip(group, known) for known in registry.groups)


def _nearly(value: Mapping[str, Any], key: str) -> str:
    """What stands under the key, or under one that is nearly it."""
    found = next((name for name in value if is_one_edit(str(name), key)), None)
    text = value.get(key, value[found] if found is not None else None)
    return text if isinstance(text, str) else ""


def charts_in(snapshot: Snapshot) -> frozenset[str]:
    """The folders of Helm charts: those that hold a Chart.yaml."""
    paths = (PurePosixPath(file.path) for file in snapshot.files)
    return frozenset(str(path.parent) for path in paths if path.name == "Chart.yaml")


def is_in(path: str, folders: Collection[str]) -> bool:
    """Whether a file lies in one of the folders, or below it."""
    return any(str(parent) in folders for parent in PurePosixPath(path).parents)
