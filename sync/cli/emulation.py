"""An emulator for a command: in this process, or as what the command is for."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from sync.cli.terminal import say
from sync.config import state_folder
from sync.emulator import Emulator, FaultError, SeedError, StateError
from sync.errors import UsageError
from sync.model.target import Target


@contextmanager
def embedded(where: Target) -> Iterator[Target]:
    """An emulator in this process, with its state in the user's folder, in place of the Controller."""
    folder = state_folder(os.environ)
    with emulator_errors("127.0.0.1"):
        folder.mkdir(parents=True, exist_ok=True)
        emulator = Emulator(port=0, state=folder / "emulator.sqlite", password=emulator_password())
        emulator.start()
    say(f"note: an emulated Controller runs at {emulator.url}, its state is in {folder}")
    try:
        yield replace(where, controller=emulator.url, username="admin", password=emulator_password(), token="")
    finally:
        emulator.stop()


def emulator_password() -> str:
    """The emulator's password: AVI_EMULATOR_PASSWORD, or the one that its documentation names."""
    return os.environ.get("AVI_EMULATOR_PASSWORD", "emulator")


def read_yaml(path: str) -> Any:
    """What a seed or a file of faults says; None without a file."""
    if not path:
        return None
    try:
        return yaml.safe_load(Path(path).read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(" ".join(str(error).split()), where=path, fix="correct the syntax") from None


@contextmanager
def emulator_errors(address: str) -> Iterator[None]:
    """What a user can get wrong about an emulator, in one line each."""
    try:
        yield
    except (SeedError, FaultError) as error:
        raise UsageError(str(error)) from None
    except StateError as error:
        raise UsageError(str(error), fix="name another state file, or remove this one") from None
    except OSError as error:
        where = str(error.filename or address)
        raise UsageError(error.strerror or str(error), where=where, fix="choose another one") from None
