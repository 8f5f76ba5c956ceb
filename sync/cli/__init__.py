"""The command line: the only part of the product that prints and exits. One module per command, or per few alike."""

import gc
import logging
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import click
from click.shell_completion import CompletionItem

from sync.cli.signals import SIGNALS, StoppedError
from sync.cli.terminal import say_defect, say_error
from sync.cli.verbosity import hide_log
from sync.errors import ExitCode, SyncError

DEFAULT_COMMAND = "sync"

COMMANDS = {
    "sync": "synchronise.command",
    "plan": "plan.plan",
    "apply": "plan.apply",
    "drift": "plan.drift",
    "status": "status.command",
    "explain": "explain.command",
    "validate": "offline.validate",
    "render": "offline.render",
    "doctor": "doctor.command",
    "adopt": "ownership.adopt",
    "release": "ownership.release",
    "facts": "facts.command",
    "pause": "pause.pause",
    "resume": "pause.resume",
    "lock": "lock.command",
    "emulate": "emulate.command",
    "history": "history.command",
    "rollback": "rollback.command",
    "completion": "completion.command",
    "version": "version.command",
}
"""Every command with its module and the name in it, in the order in which a newcomer needs them.

A module is read when its command is used: `version` need not wait for what `sync` needs.
"""

FEW_COLLECTIONS = (200_000, 20, 20)
"""A run makes many values and hardly a cycle: looking for cycles as often as by default costs a fifth of its time."""


class Commands(click.Group):
    """`avi-sync --dry-run` means `avi-sync sync --dry-run`: without a command name, `sync` is meant."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command in front of options that are not the group's own."""
        own = {"--help", "-h", "--version"}
        is_completing_the_first_word = ctx.resilient_parsing and not args
        if is_completing_the_first_word:
            return super().parse_args(ctx, args)
        if not args or (args[0].startswith("-") and args[0] not in own):
            args = [DEFAULT_COMMAND, *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """The first word is a command, or an option of the one that is meant without a name.

        Names come without their help, for which every module would have to be read at every press of a key.
        """
        if not incomplete.startswith("-"):
            return [CompletionItem(name) for name in COMMANDS if name.startswith(incomplete)]
        found = super().shell_complete(ctx, incomplete)
        default = self.get_command(ctx, DEFAULT_COMMAND)
        if default is not None:
            known = {item.value for item in found}
            more = default.shell_complete(click.Context(default, parent=ctx), incomplete)
            found += [item for item in more if item.value not in known]
        return found

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, its module read now."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(".")
        found: click.Command = getattr(import_module(f"sync.cli.{module}"), name)
        return found


HELP = """Make an Avi Load Balancer follow a Git repository.

Reads Kubernetes manifests and AKO's values.yaml from a commit, compares what they ask for with the live Controller,
and applies the difference.

\b
See what would happen:   avi-sync --dry-run --source . --controller https://avi.example.com
Apply it:                avi-sync --source . --controller https://avi.example.com
Try it without one:      avi-sync --source . --controller embedded
"""


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    del param
    if value:
        from sync.version import version_text

        click.echo(version_text())
        ctx.exit()


@click.group(
    cls=Commands, help=HELP, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and the commit it was built from.",
)
def commands() -> None:
    """All commands; the help is `HELP`."""


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit with its code; nothing a user can cause shows a traceback."""
    gc.set_threshold(*FEW_COLLECTIONS)
    logging.getLogger("sync").addHandler(logging.NullHandler())  # a log is not the way to tell a user something
    try:
        with SIGNALS:
            code = _code_of(argv)
    except StoppedError as stop:
        _leave_at_once(stop.exit_code)
    finally:
        hide_log()
    sys.exit(int(SIGNALS.exit_code or code))


def _code_of(argv: Sequence[str] | None) -> int:
    """The exit code of a command, with whatever went wrong told."""
    try:
        return int(commands.main(args=argv, prog_name="avi-sync", standalone_mode=False) or 0)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.Abort:
        return ExitCode.INTERRUPTED
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except SyncError as error:
        say_error(error)
        return error.exit_code
    except Exception as error:  # a defect: a run must still end with a code and a line
        say_defect(error)
        return ExitCode.UNEXPECTED


def _leave_at_once(code: ExitCode) -> NoReturn:
    """Without waiting for threads that wait for an answer: nobody wants it any more."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
