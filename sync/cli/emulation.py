"""An emulator for a command: in this process, or as what the command is for.

What only the emulator needs is an extra of the package. Importing this module without it raises UsageError.
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
    """An emulator in this process, with a state of its own for each source, in place of the Controller."""
    state = Path(where.emulator_file)
    with emulator_errors("127.0.0.1", state):
        state.parent.mkdir(parents=True, exist_ok=True)
        emulator = Emulator(port=0, state=state, password=emulator_password())
        emulator.start()
    say(f"note: an emulated Controller runs at {emulator.url}, its state is {state}; remove that file to start over")
    try:
        yield replace(where, controller=emulator.url, username="admin", password=emulator_password(), token="")
    finally:
        emulator.stop()


def emulator_password() -> str:
    """The emulator's password: AVI_EMULATOR_PASSWORD, or the one that its documentation names."""
    return environment().get("AVI_EMULATOR_PASSWORD", "emulator")


def read_yaml(path: str) -> Any:
    """What a seed or a file of faults says; None without a file."""
    if not path:
        return None
    try:
        return yaml.safe_load(Path(path).read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(" ".join(str(error).split()), where=path, fix="correct the syntax") from None


@contextmanager
def emulator_errors(address: str, state: Path | None = None) -> Iterator[None]:
    """What a user can get wrong about an emulator, in one line each. `state` is the file that it keeps, if any."""
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
