"""Templates as text: rendering reads no files."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateText:
    """One template: `file` is its place for messages, as the source tree or this package names it."""

    file: str
    text: str

    def line_of(self, field: str) -> int:
        """The first line that writes the name of a field; the first line if it comes from elsewhere."""
        lines = enumerate(self.text.splitlines(), start=1)
        return next((number for number, line in lines if f'"{field}"' in line), 1)
