"""Starts an emulator: embedded in this process, or for `avi-sync emulate`.

The emulator's libraries are an extra of the package. Without it, importing this module raises UsageError.
"""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from sync.cli.terminal import say
from sync.credentials import environment
from sync.errors import UsageError
from sync.model.run import Target

try:
    from sync.emulator import Emulator, FaultError, SeedError, StateError
except ModuleNotFoundError as error:
    if error.name not in {"cheroot", "trustme"}:
        raise
    raise UsageError("the emulator is not installed", fix="pip install 'avi-sync[emulator]'") from None


@contextmanager
def embedded(where: Target) -> Iterator[Target]:
    """An emulator in this process instead of a Controller; each source has its own state."""
    state = Path(where.emulator_file)
    with emulator_errors("127.0.0.1", state):
        state.parent.mkdir(parents=True, exist_ok=True)
        emulator = Emulator(port=0, state=state, password=emulator_password())
        emulator.start()
    say(f"note: an emulated Controller runs at {emulator.url}; to start over, remove its state: {state}")
    try:
        yield replace(where, controller=emulator.url, username="admin", password=emulator_password(), token="")
    finally:
        emulator.stop()


def emulator_password() -> str:
    """The emulator's password: AVI_EMULATOR_PASSWORD, or the one that its documentation names."""
    return environment().get("AVI_EMULATOR_PASSWORD", "emulator")


def read_yaml(path: str) -> Any:
    """The content of a seed or faults file; None without a file."""
    if not path:
        return None
    try:
        return yaml.safe_load(Path(path).read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(" ".join(str(error).split()), where=path, fix="correct the syntax") from None


@contextmanager
def emulator_errors(address: str, state: Path | None = None) -> Iterator[None]:
    """Turns errors of a user into UsageErrors. `state` is the file that it keeps, if any."""
    try:
        yield
    except (SeedError, FaultError) as error:
        raise UsageError(str(error)) from None
    except StateError as error:
        message, _, fix = str(error).partition("\n  fix: ")
        if state is not None and "locked" not in message:
            fix = f"to start over: rm {shlex.quote(str(state))}"
        raise UsageError(message, fix=fix) from None
    except OSError as error:
        where = str(error.filename or address)
        raise UsageError(error.strerror or str(error), where=where, fix="choose another one") from None
