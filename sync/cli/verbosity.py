"""How much a command says beside its result: `--verbose` and `--quiet`.

What was asked for is kept with the running command, in the `meta` of its click context, and ends with it.
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
    """The log of our own modules as it happens; that of libraries may hold secrets."""


class _WithoutSecrets(logging.Formatter):
    """Our log lines hold none, but an error that nobody foresaw may quote one, and a traceback shows it."""

    def format(self, record: logging.LogRecord) -> str:
        from sync.config import secrets_read  # not at the top: `version` need not wait for it
        from sync.model.secrets import blanked, without_user_info

        return without_user_info(blanked(super().format(record), secrets_read))


def _show_log() -> None:
    handler = _LogOnStderr(sys.stderr)
    handler.setFormatter(_WithoutSecrets())
    _LOGGER.addHandler(handler)
    _LOGGER.setLevel(logging.DEBUG)


def hide_log() -> None:
    """End what `--verbose` began."""
    for handler in [item for item in _LOGGER.handlers if isinstance(item, _LogOnStderr)]:
        _LOGGER.removeHandler(handler)
        _LOGGER.setLevel(logging.NOTSET)
