"""Every form that a result can have, by name. A module is read when its form is asked for."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

Forms = Mapping[str, tuple[str, ...]]
"""Form → functions that make it, each given what the one before has made."""

RUN: Forms = {
    "text": ("plan_text.run_text",),
    "json": ("documents.run_document", "documents.to_text"),
    "markdown": ("markdown.run_markdown",),
    "html": ("html.run_html",),
    "junit": ("junit.run_junit",),
}
"""What `sync` tells of a Run."""

VALIDATION: Forms = {
    "text": ("text.validation_text",),
    "json": ("documents.validate_document", "documents.to_text"),
    "markdown": ("markdown.tree_markdown",),
    "html": ("html.tree_html",),
    "junit": ("junit.tree_junit",),
}
"""What `validate` tells of a DesiredState."""

RENDERING: Forms = {
    "text": ("text.render_text",),
    "json": ("documents.render_document", "documents.to_text"),
    "html": ("html.tree_html",),
}
"""What `render` tells of a DesiredState."""


def written(result: object, form: str, forms: Forms) -> str:
    """The result in one of its forms, without a line break at its end."""
    made: Any = result
    for name in forms[form]:
        module, _, function = name.partition(".")
        made = getattr(import_module(f"sync.report.{module}"), function)(made)
    return str(made).rstrip("\n")
