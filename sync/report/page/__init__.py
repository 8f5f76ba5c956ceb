"""The parts of the page, read as package data: markup with places for the others, style, and script."""

from dataclasses import dataclass
from importlib.resources import files
from string import Template

SCRIPTS = ("elements", "owners", "list", "details", "problems", "picture", "map", "start")
"""Each may use what those before it define, and when it is called also what those after it do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """`markup` has the places `$policy`, `$title`, `$style`, `$script` and `$data`."""

    markup: Template
    style: str
    script: str


def read_parts() -> Parts:
    """The parts as they were installed, the scripts as one that leaves nothing behind in the window."""
    folder = files("sync.report.page")
    scripts = [folder.joinpath("script", f"{name}.js").read_text("utf-8") for name in SCRIPTS]
    return Parts(
        markup=Template(folder.joinpath("markup.html").read_text("utf-8")),
        style=folder.joinpath("style.css").read_text("utf-8"),
        script="\n".join(('"use strict";', "(() => {", *scripts, "})();")),
    )
