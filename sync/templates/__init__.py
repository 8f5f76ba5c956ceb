"""The product's own templates, one per Avi kind, read as package data."""

from collections.abc import Mapping
from importlib.resources import files

from sync.kinds import KINDS
from sync.model.source import Snapshot
from sync.model.templates import TemplateText

FOLDER = "templates"


def read_templates(snapshot: Snapshot) -> Mapping[str, TemplateText]:
    """One template per kind: the source tree's `templates/<kind>.json.j2` where it has one, else our own."""
    overrides = {file.path: file.content for file in snapshot.files if file.path.startswith(f"{FOLDER}/")}
    found = {}
    for kind in KINDS.values():
        path = f"{FOLDER}/{kind.path}.json.j2"
        if path in overrides:
            found[kind.name] = TemplateText(file=path, text=overrides[path].decode("utf-8", "replace"))
        else:
            text = files("sync.templates").joinpath(f"{kind.path}.json.j2").read_text("utf-8")
            found[kind.name] = TemplateText(file=path, text=text)
    return found
