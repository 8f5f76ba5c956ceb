"""Templates as text: rendering reads no files."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateText:
    """One template: `file` is its place for messages, as the source tree or this package names it."""

    file: str
    text: str
