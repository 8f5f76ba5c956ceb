"""How much a command prints besides its result: `--verbose` and `--quiet`.

The choice is kept in the `meta` of the click context, for the duration of the command.
"""

import logging
import sys
from collections.abc import Callable
from enum import StrEnum
from typing import TextIO

import click

_KEY = "sync.verbosity"
_LOGGER = logging.getLogger("sync")


class Verbosity(StrEnum):
    """What goes to stderr."""

    QUIET = "quiet"
    """Errors."""
    NORMAL = "normal"
    """Notes and warnings, too."""
    VERBOSE = "verbose"
    """Every request and every change as it happens, too."""


def verbosity() -> Verbosity:
    """That of the running command."""
    context = click.get_current_context(silent=True)
    return Verbosity.NORMAL if context is None else context.meta.get(_KEY, Verbosity.NORMAL)


def choose(chosen: Verbosity) -> Callable[[click.Context, click.Parameter, bool], None]:
    """The callback of an option that sets this verbosity, before the command begins."""

    def callback(context: click.Context, parameter: click.Parameter, value: bool) -> None:
        del parameter
        if not value:
            return
        if context.meta.setdefault(_KEY, chosen) is not chosen:
            raise click.UsageError("--verbose and --quiet (SYNC_VERBOSE, SYNC_QUIET) contradict each other: use one")
        if chosen is Verbosity.VERBOSE:
            _show_log()

    return callback


class _LogOnStderr(logging.StreamHandler[TextIO]):
    """Show the log of our own modules; logs of libraries may hold secrets."""


class _WithoutSecrets(logging.Formatter):
    """Blanks secrets: our log lines hold none, but an unexpected error may quote one in its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        from sync.config import secrets_read  # not at the top: `version` does not need it
        from sync.model.secrets import blanked, without_user_info

        return without_user_info(blanked(super().format(record), secrets_read))


def _show_log() -> None:
    handler = _LogOnStderr(sys.stderr)
    handler.setFormatter(_WithoutSecrets())
    _LOGGER.addHandler(handler)
    _LOGGER.setLevel(logging.DEBUG)


def hide_log() -> None:
    """Remove the handler of `--verbose`."""
    for handler in [item for item in _LOGGER.handlers if isinstance(item, _LogOnStderr)]:
        _LOGGER.removeHandler(handler)
        _LOGGER.setLevel(logging.NOTSET)
