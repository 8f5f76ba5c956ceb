"""Whether something that is no usable manifest might hold one that we read (docs/usage.md#incomplete-trees).

The rule: a doubt makes the tree incomplete, and nothing is taken away. What plainly is something else (a playbook, a
patch, another program's configuration) is no doubt. Kinds and groups are told by their names, also misspelt ones; one
mistake in one place must not turn a manifest of ours into somebody else's file.
"""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from sync.model.source import Snapshot
from sync.model.wording import is_one_edit, is_slip
from sync.source.registry import GROUPS, KINDS, group_of
from sync.source.yaml_documents import YamlError, text_of

_GROUPS = GROUPS - {""}
_CORE = "v1"

_CHEAP = frozenset({"Namespace", "Pod"})
"""Kinds of which a broken manifest alone takes nothing away: without a Namespace its owners are held, and the Pods that
an EndpointSlice names and the tree lacks are reported."""


def may_hold_ours(content: bytes, *, is_in_chart: bool = False) -> bool:
    """Whether a file that is no YAML may hold manifests of ours, by the words in it; if in doubt, yes.

    A template of a Helm chart was never anything else: only what is AKO's in it counts.
    """
    try:
        text = text_of(content)
    except YamlError:
        text = content.decode("latin-1")
    if any(group in text for group in _GROUPS):
        return True
    if is_in_chart:
        return False
    stated = [(found["key"], found["value"]) for found in _STATED.finditer(text) if not _is_nested(found)]
    kinds = [value for key, value in stated if key.lower() == "kind"]
    if any(_is_dangerous(kind, text) or not kind.isidentifier() for kind in kinds):
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


def _is_dangerous(kind: str, text: str) -> bool:
    """Whether a manifest of that kind in the text may be one on which something live depends."""
    meant = _meant_kind(kind)
    if meant == "Service":  # it counts if it has a VirtualService of its own, or a label of AKO's, which is a group
        return "LoadBalancer" in text
    return meant not in ("", *_CHEAP)


@lru_cache(maxsize=4096)
def _meant_kind(kind: str) -> str:
    """The kind of ours that a text names, exactly or with a slip; empty if none."""
    listed = kind.removesuffix("List") or kind
    return next((known for known in KINDS if is_one_edit(listed, known) or is_slip(listed, known)), "")


def resembles_ours(value: Any) -> bool:
    """Whether a value that is no manifest looks like one of ours that lost something."""
    if isinstance(value, list):
        return any(map(resembles_ours, value))
    if not isinstance(value, Mapping):
        return False
    version, kind = _nearly(value, "apiVersion"), _nearly(value, "kind")
    if kind and _meant_kind(kind):
        if not version and (kind.islower() or value.keys() - {"kind"}) and not value.keys() & _PARTS:
            return False  # a word such as `Service` or `node` in somebody's data
        return not version or version == _CORE or group_of(version) in _GROUPS or _is_near(group_of(version))
    if kind:
        return False
    if version:
        is_manifest = bool({"metadata", "spec"} & value.keys())
        return (version == _CORE and is_manifest) or group_of(version) in _GROUPS or _is_near(group_of(version))
    spec = value.get("spec")
    # Templates of Pods lie around without a head; a Pod that lost it takes nothing away.
    return isinstance(value.get("metadata"), Mapping) and isinstance(spec, Mapping) and "containers" not in spec


_PARTS = frozenset({"metadata", "spec", "status", "addressType", "endpoints", "ports", "subsets"})
"""What a manifest of ours consists of, beside its head."""


@lru_cache(maxsize=4096)
def _is_near(group: str) -> bool:
    return any(is_slip(group, known) for known in _GROUPS)


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
