"""The Controller that a command talks to: a real one, or for `embedded` an emulator in this process."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from sync.cli.terminal import complain, paint
from sync.config import EMBEDDED
from sync.model.target import Target


def warn_of_unchecked_certificate(given: Mapping[str, Any]) -> None:
    """Loud, every time."""
    if given["insecure_skip_verify"]:
        complain(paint("WARNING: the Controller's certificate is not checked (--insecure-skip-verify)", "error"))


def controller(where: Target) -> AbstractContextManager[Target]:
    """The Controller to talk to."""
    if where.controller != EMBEDDED:
        return nullcontext(where)
    from sync.cli.emulation import embedded  # not for a real one: it takes a quarter of a second to read

    return embedded(where)
