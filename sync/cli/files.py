"""Files that a command writes for somebody else to read."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFile:
    """A file that a result is written to."""

    form: str
    path: Path


def replace_file(path: Path, text: str) -> None:
    """Write the whole text or nothing of it: whoever reads the file at any moment reads the old or the new one.

    A pipe or a terminal takes what comes. Raises OSError.
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
