"""Every form of a result, by name. What writes a form is imported when it is used: help needs only the names."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from sync.model.desired import DesiredState
    from sync.model.run import Run

T = TypeVar("T")


def written(result: T, form: str, forms: Mapping[str, Callable[[T], str]]) -> str:
    """The result in one of its forms, without a line break at its end."""
    return forms[form](result).rstrip("\n")


def _run_text(run: "Run") -> str:
    from sync.report.plan_text import run_text

    return run_text(run)


def _run_json(run: "Run") -> str:
    from sync.report.documents import to_text
    from sync.report.run_document import run_document

    return to_text(run_document(run))


def _run_markdown(run: "Run") -> str:
    from sync.report.markdown import run_markdown

    return run_markdown(run)


def _run_html(run: "Run") -> str:
    from sync.report.html import run_html

    return run_html(run)


def _run_junit(run: "Run") -> str:
    from sync.report.junit import run_junit

    return run_junit(run)


def _validation_text(desired: "DesiredState") -> str:
    from sync.report.text import validation_text

    return validation_text(desired)


def _validation_json(desired: "DesiredState") -> str:
    from sync.report.documents import to_text, validate_document

    return to_text(validate_document(desired))


def _rendering_text(desired: "DesiredState") -> str:
    from sync.report.text import render_text

    return render_text(desired)


def _rendering_json(desired: "DesiredState") -> str:
    from sync.report.documents import render_document, to_text

    return to_text(render_document(desired))


def _tree_markdown(desired: "DesiredState") -> str:
    from sync.report.markdown import tree_markdown

    return tree_markdown(desired)


def _tree_html(desired: "DesiredState") -> str:
    from sync.report.html import tree_html

    return tree_html(desired)


def _tree_junit(desired: "DesiredState") -> str:
    from sync.report.junit import tree_junit

    return tree_junit(desired)


RUN: Mapping[str, Callable[["Run"], str]] = {
    "text": _run_text,
    "json": _run_json,
    "markdown": _run_markdown,
    "html": _run_html,
    "junit": _run_junit,
}
"""The forms of a run."""

VALIDATION: Mapping[str, Callable[["DesiredState"], str]] = {
    "text": _validation_text,
    "json": _validation_json,
    "markdown": _tree_markdown,
    "html": _tree_html,
    "junit": _tree_junit,
}
"""The forms of what `validate` finds."""

RENDERING: Mapping[str, Callable[["DesiredState"], str]] = {
    "text": _rendering_text,
    "json": _rendering_json,
    "html": _tree_html,
}
"""The forms of what `render` makes."""
