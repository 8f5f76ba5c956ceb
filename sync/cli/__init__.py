"""The command line: the only part of the product that prints and exits. One module per command or group."""

import gc
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

import click
from click.shell_completion import CompletionItem

from sync.cli.signals import SIGNALS, StoppedError
from sync.cli.terminal import RESULTS, color, open_missing_streams, say_defect, say_error
from sync.cli.verbosity import hide_log
from sync.credentials import credentials_removed
from sync.errors import ExitCode, SyncError

DEFAULT_COMMAND = "sync"


SUMMARIES = {
    "sync": "Make the Controller match the commit",
    "plan, apply": "Save what a run would change; later apply exactly that",
    "drift": "Show what was changed on the Controller by hand",
    "status": "Show what is deployed, and from which commit",
    "explain": "Show where each field of an object comes from",
    "validate, render": "Check a tree without a Controller; print its Avi objects",
    "doctor": "Check everything that a run needs, before the first one",
    "adopt, release": "Take over the objects that AKO created; give them back",
    "facts, cluster": "Save what the Controller or the Kubernetes cluster has",
    "pause, resume": "Leave a Gateway or Service unchanged for a while; end that",
    "lock": "Show who holds the lock of a cluster, or release it",
    "emulate": "Serve an emulated Avi Controller",
    "history": "Show the runs in a journal",
    "completion": "Print the script that completes commands in a shell",
    "version": "Show the version and its commit",
}
"""One line of help per command or pair of commands, in the order in which a newcomer needs them."""

COMMANDS = tuple(name for names in SUMMARIES for name in names.split(", "))

FEW_COLLECTIONS = (200_000, 20, 20)
"""A run creates many values and few cycles: with Python's default, the garbage collector takes a fifth of its time."""


def command_of(name: str) -> click.Command | None:  # noqa: C901  # a table
    """The command of that name, None if there is none.

    Only its module is imported, so that every command starts fast.
    """
    command: click.Command
    match name:
        case "sync":
            from sync.cli.synchronise import command
        case "plan":
            from sync.cli.plan import plan as command
        case "apply":
            from sync.cli.plan import apply as command
        case "drift":
            from sync.cli.plan import drift as command
        case "status":
            from sync.cli.status import command
        case "explain":
            from sync.cli.explain import command
        case "validate":
            from sync.cli.offline import validate as command
        case "render":
            from sync.cli.offline import render as command
        case "doctor":
            from sync.cli.doctor import command
        case "adopt":
            from sync.cli.ownership import adopt as command
        case "release":
            from sync.cli.ownership import release as command
        case "facts":
            from sync.cli.facts import command
        case "cluster":
            from sync.cli.cluster import command
        case "pause":
            from sync.cli.pause import pause as command
        case "resume":
            from sync.cli.pause import resume as command
        case "lock":
            from sync.cli.lock import command
        case "emulate":
            from sync.cli.emulate import command
        case "history":
            from sync.cli.history import command
        case "completion":
            from sync.cli.completion import command
        case "version":
            from sync.cli.version import command
        case _:
            return None
    return command


class Commands(click.Group):
    """Without a command name, `sync` is the command: `avi-sync --dry-run` means `avi-sync sync --dry-run`."""

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
        """The first word is a command, or an option of the default command.

        Names come without help texts, which would need every module at every key press.
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
        """The command of that name."""
        del ctx
        return command_of(cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command and its arguments. An unknown name is an error that suggests the nearest one."""
        from sync.model.wording import nearest

        name = args[0]
        near = nearest(name, COMMANDS) if name not in COMMANDS and not ctx.resilient_parsing else ""
        if near:
            ctx.fail(f"No such command '{name}'. Did you mean '{near}'?")
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One line per command; the last line of the help shows the two options."""
        del ctx
        with formatter.section(click.style("Commands", bold=True)):
            formatter.write_dl(list(SUMMARIES.items()))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What to type next."""
        del ctx
        formatter.write(NEXT)


HELP = "Make an Avi Load Balancer follow a Git repository. Without COMMAND: sync."
NEXT = """
Try it: avi-sync --dry-run --source . --controller embedded
More:   avi-sync COMMAND --help, avi-sync --version
"""


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    del param
    if value:
        from sync.version import version_text

        click.echo(version_text())
        ctx.exit()


@click.group(
    cls=Commands,
    help=HELP,
    options_metavar=None,
    subcommand_metavar="[COMMAND] [OPTIONS]",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
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
    open_missing_streams()
    gc.set_threshold(*FEW_COLLECTIONS)
    logging.getLogger("sync").addHandler(logging.NullHandler())  # a log is not the way to tell a user something
    try:
        with SIGNALS, credentials_removed():
            code = _code_of(argv)
    except StoppedError as stop:
        _leave_at_once(stop.exit_code)
    finally:
        hide_log()
    sys.exit(int(SIGNALS.exit_code or code))


def _code_of(argv: Sequence[str] | None) -> int:
    """The exit code of a command; errors are printed."""
    code = _run(argv)
    if failure := RESULTS.failed():
        say_error(SyncError(f"the result cannot be printed: {failure}", where="standard output"))
    return code or (ExitCode.UNEXPECTED if failure else ExitCode.DONE)


def _run(argv: Sequence[str] | None) -> int:
    try:
        return int(commands.main(args=argv, prog_name="avi-sync", standalone_mode=False, color=color()) or 0)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.Abort:
        return ExitCode.INTERRUPTED
    except click.ClickException as error:
        with suppress(OSError):
            error.show()
        return ExitCode.USAGE
    except SyncError as error:
        say_error(error)
        return error.exit_code
    except OSError as error:  # of the machine, such as a full disk: no defect of ours
        _close_a_full_stream()
        say_error(SyncError(error.strerror or str(error), where=str(error.filename or "")))
        return ExitCode.UNEXPECTED
    except Exception as error:  # a defect: a run must still end with a code and a line
        say_defect(error)
        return ExitCode.UNEXPECTED


def _close_a_full_stream() -> None:
    """Prevent a second failure at exit for output that click could not print."""
    try:
        sys.stdout.flush()
    except OSError:
        RESULTS.close()


def _leave_at_once(code: ExitCode) -> NoReturn:
    """Exit without waiting for threads that still wait for a response."""
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)
