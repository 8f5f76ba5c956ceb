"""Files that commands write."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFile:
    """A file that a result is written to."""

    form: str
    path: Path


def replace_file(path: Path, text: str) -> None:
    """Replace the file atomically: a reader sees the old or the new text.

    Pipes and terminals are written directly. Raises OSError.
    """
    content = text.encode("utf-8", "backslashreplace")
    path = path.resolve()
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
