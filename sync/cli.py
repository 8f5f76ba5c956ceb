"""Commands: the only module that prints and exits."""

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from sync import options
from sync.errors import ExitCode, SourceError, SyncError

if TYPE_CHECKING:
    from sync.reconcile import Wish

DEFAULT_COMMAND = "sync"


class Commands(click.Group):
    """`avi-sync --dry-run` means `avi-sync sync --dry-run`: without a command name, `sync` is meant."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command in front of options that are not the group's own."""
        own = {"--help", "-h", "--version"}
        if not args or (args[0].startswith("-") and args[0] not in own):
            args = [DEFAULT_COMMAND, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which a newcomer needs them."""
        del ctx
        return list(self.commands)


HELP = """Make an Avi Load Balancer follow a Git repository.

Reads Kubernetes manifests and AKO's values.yaml from a commit, compares what they ask for with the live Controller,
and applies the difference.

\b
See what would happen:   avi-sync --dry-run --source . --controller https://avi.example.com
Apply it:                avi-sync --source . --controller https://avi.example.com
Try it without one:      avi-sync --source . --controller embedded
"""


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click's signature
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


@commands.command("validate")
@options.source_options
@options.working_tree
@options.facts
@options.output
def validate_command(facts: str, output: str, **source: Any) -> int:
    """Check a source tree without a Controller: every problem of every manifest, with its place and its fix."""
    from sync.report.json import validate_document
    from sync.report.text import validation_lines

    wish = _offline_wish(source, facts)
    if output == "json":
        show_document(validate_document(wish.desired, wish.problems, wish.statuses))
    else:
        show(validation_lines(wish.desired, wish.problems, paint))
    return wish.exit_code


@commands.command("render")
@options.source_options
@options.working_tree
@options.facts
@options.output
def render_command(facts: str, output: str, **source: Any) -> int:
    """Print the Avi objects that a source tree asks for, as they would be sent."""
    from sync.report.json import render_document
    from sync.report.text import problem_lines, render_lines

    wish = _offline_wish(source, facts)
    if output == "json":
        show_document(render_document(wish.desired, wish.problems, wish.statuses))
    else:
        for line in problem_lines(wish.problems, paint):
            say(line)
        show(render_lines(wish.desired, paint))
    return wish.exit_code


@commands.command("version")
def version_command() -> None:
    """Show the version and the commit it was built from."""
    from sync.version import version_text

    click.echo(version_text())


def _offline_wish(source: Mapping[str, Any], facts_file: str) -> "Wish":
    """What a tree asks for without a Controller; a source that cannot be read is a wish for nothing."""
    from sync.config import source_request
    from sync.reconcile import load_source, make_wish, wish_for_nothing
    from sync.source.facts_file import read_facts_file

    facts = read_facts_file(Path(facts_file)) if facts_file else None
    if facts is None:
        say(ASSUMED_FACTS)
    try:
        return make_wish(load_source(source_request(source, os.environ, writes=False)), facts)
    except SourceError as error:
        return wish_for_nothing(error)


ASSUMED_FACTS = (
    "note: no Controller was asked: assuming an Enterprise license, a vCenter cloud without DNS domains, "
    "and that everything manifests refer to exists (--facts FILE tells otherwise)"
)


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit with its code; nothing a user can cause shows a traceback."""
    try:
        code = commands.main(args=argv, prog_name="avi-sync", standalone_mode=False)
    except click.exceptions.Exit as stop:
        code = stop.exit_code
    except click.UsageError as error:
        error.show()
        code = ExitCode.USAGE
    except click.Abort:
        code = ExitCode.INTERRUPTED
    except click.ClickException as error:
        error.show()
        code = ExitCode.USAGE
    except SyncError as error:
        say_error(error)
        code = error.exit_code
    except BrokenPipeError:
        # The reader of our output went away (`| head`): not an error of the run, and nothing to say it to.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 - it must outlive this function
        code = ExitCode.DONE
    sys.exit(int(code or 0))


def say(text: str) -> None:
    """Anything but the result: to stderr."""
    click.echo(text, err=True)


def say_error(error: SyncError) -> None:
    """An error that ends the run."""
    say(f"{click.style('error:', fg='red')} {error}")


def paint(text: str, style: str) -> str:
    """Colours; click takes them out again where the output is no terminal or NO_COLOR is set."""
    return click.style(text, **_STYLES.get(style, {})) if _STYLES.get(style) else text


_STYLES: dict[str, dict[str, Any]] = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow"},
    "create": {"fg": "green"},
    "update": {"fg": "yellow"},
    "replace": {"fg": "magenta", "bold": True},
    "delete": {"fg": "red"},
    "quiet": {"dim": True},
    "title": {"bold": True},
}


def show_document(document: Mapping[str, Any]) -> None:
    """A machine's result: to stdout, never coloured."""
    from sync.report.json import to_text

    click.echo(to_text(document))


def show(lines: Iterable[str]) -> None:
    """The result: to stdout, in colours only on a terminal."""
    color = None if not os.environ.get("NO_COLOR") else False
    for line in lines:
        click.echo(line, color=color)
