"""State that one run leaves for the next: a small file per target in the state folder."""

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from sync.model.ending import Memory, SyncState, Traffic

FOLDER = "endings"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """The file, whose `condition` is the state. Requests are written as `GET 200`."""

    condition: SyncState | None = None
    last_success: float | None = None
    last_cluster_read: float | None = None
    requests: Mapping[str, int]
    repetitions: Mapping[str, int]


_STORED: TypeAdapter[_Stored] = TypeAdapter(_Stored)


def memory_file(state: Path, identity: tuple[str, ...]) -> Path:
    """The file for runs that read from and write to the same places."""
    name = hashlib.sha256("\n".join(identity).encode()).hexdigest()[:16]
    return state / FOLDER / f"{name}.json"


def recall(file: Path) -> Memory:
    """The state of earlier runs; empty if the file is missing, broken or unreadable."""
    try:
        stored = _STORED.validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return Memory()
    requests = {key.partition(" ")[::2]: number for key, number in stored.requests.items()}
    return Memory(
        sync_state=stored.condition,
        last_success=stored.last_success,
        last_cluster_read=stored.last_cluster_read,
        traffic=Traffic(requests=requests, repetitions=stored.repetitions),
    )


def remember(file: Path, target: str, memory: Memory) -> None:
    """Write the file in one step, so that a run beside this one reads the old or the new. Raises OSError."""
    document: dict[str, Any] = {
        "target": target,
        "condition": memory.sync_state,
        "last_success": memory.last_success,
        "last_cluster_read": memory.last_cluster_read,
        "requests": {f"{method} {status}": n for (method, status), n in sorted(memory.traffic.requests.items())},
        "repetitions": dict(sorted(memory.traffic.repetitions.items())),
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}")
    try:
        draft.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
        draft.replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
