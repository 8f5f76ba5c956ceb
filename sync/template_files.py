"""The product's own templates, one per Avi kind.

They stand at the root of the repository; `sync/templates` is a link to that folder, so that a checkout, an editable
install, a wheel and an sdist all find them as data of the package.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from sync.kinds import KINDS, Kind
from sync.model.problem import Origin, Problem, Severity
from sync.model.source import Snapshot
from sync.model.templates import TemplateText
from sync.model.wording import did_you_mean

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
            found[kind.name] = TemplateText(file=path, text=_own(kind))
    return found


@cache
def own_text() -> str:
    """All of our own templates, one after the other."""
    return "\n".join(map(_own, KINDS.values()))


def _own(kind: Kind) -> str:
    return files("sync").joinpath(FOLDER, f"{kind.path}.json.j2").read_text("utf-8")


def unknown_templates(snapshot: Snapshot) -> tuple[Problem, ...]:
    """A warning for each template of the source tree that belongs to no kind: its name is probably mistyped."""
    known = [f"{kind.path}.json.j2" for kind in KINDS.values()]
    names = [file.path for file in snapshot.files if file.path.startswith(f"{FOLDER}/") and file.path.endswith(".j2")]
    return tuple(
        Problem(
            severity=Severity.WARNING,
            message="this template is not used: no Avi kind has that name",
            fix=did_you_mean(path.removeprefix(f"{FOLDER}/"), known),
            origin=Origin(file=path),
        )
        for path in names
        if path.removeprefix(f"{FOLDER}/") not in known
    )
