"""Commands: the only module that prints and exits."""

import gc
import logging
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from sync import options
from sync.errors import ExitCode, SourceError, SyncError, UsageError

if TYPE_CHECKING:
    from sync.model.desired import Status
    from sync.model.run import Wish

DEFAULT_COMMAND = "sync"

FEW_COLLECTIONS = (200_000, 20, 20)
"""A run makes many values and hardly a cycle: looking for cycles as often as by default costs a fifth of its time."""


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


@commands.command("sync", epilog=options.EXAMPLES["sync"])
@options.source_options
@options.working_tree
@options.controller_options
@click.option("--dry-run", envvar="SYNC_DRY_RUN", show_envvar=True, is_flag=True, help="Only show what would change.")
@click.option(
    "--detailed-exitcode",
    envvar="SYNC_DETAILED_EXITCODE",
    show_envvar=True,
    is_flag=True,
    help="With --dry-run: exit 2 if there are changes.",
)
@click.option(
    "--retry-refused",
    envvar="SYNC_RETRY_REFUSED",
    show_envvar=True,
    is_flag=True,
    help="Try again what the Controller refused before.",
)
@options.allow_deletes
@options.plan_digest
@options.status_dir
@options.output
def sync_command(
    dry_run: bool, detailed_exitcode: bool, retry_refused: bool, status_dir: str, output: str, **given: Any
) -> int:
    """Make the Controller equal to the commit: read, plan, apply, and read again."""
    from sync.config import source_request, target
    from sync.console import Console
    from sync.emulation import controller
    from sync.model.plan import Permit
    from sync.reconcile import synchronise
    from sync.report.json import run_document
    from sync.report.plan_text import run_lines

    request = source_request(given, os.environ, writes=not dry_run)
    warn_of_unchecked_certificate(given)
    with controller(target(given, os.environ)) as where, Console(is_quiet=output == "json") as console:
        run = synchronise(
            request,
            where,
            console.hooks(where),
            is_dry=dry_run,
            retry_refused=retry_refused,
            permit=Permit(owners=given["allow_deletes"], digest=given["plan_digest"]),
        )
    write_statuses(status_dir, run.statuses)
    if output == "json":
        show_document(run_document(run))
    elif run.plan is None:
        for line in run_lines(run, paint):
            say(line)
    else:
        show(run_lines(run, paint))
    return console.exit_code or run.exit_code(is_detailed=detailed_exitcode)


def warn_of_unchecked_certificate(given: Mapping[str, Any]) -> None:
    """Loud, every time."""
    if given["insecure_skip_verify"]:
        say(paint("WARNING: the Controller's certificate is not checked (--insecure-skip-verify)", "error"))


def write_statuses(folder: str, statuses: "Sequence[Status]") -> None:
    """One file per Gateway and Service: `DIR/<kind>/<namespace>/<name>.yaml`."""
    if not folder:
        return
    import yaml

    from sync.report.json import manifest_of

    for status in statuses:
        path = Path(folder, status.kind, status.namespace, f"{status.name}.yaml")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(yaml.safe_dump(manifest_of(status), sort_keys=False), "utf-8")
        except OSError as error:
            raise UsageError(f"the status cannot be written: {error.strerror}", where=str(path)) from None


@commands.command("facts", epilog=options.EXAMPLES["facts"])
@options.source_options
@options.working_tree
@options.controller_options
@click.option("--out", envvar="SYNC_FACTS_OUT", show_envvar=True, default="", metavar="FILE", help="Instead of stdout.")
def facts_command(out: str, **given: Any) -> None:
    """Write down what the Controller tells of what the tree refers to, for `render` and `validate` without it."""
    import yaml

    from sync.config import source_request, target
    from sync.controller.facts import facts_to_document
    from sync.emulation import controller
    from sync.reconcile import read_facts_of

    warn_of_unchecked_certificate(given)
    with controller(target(given, os.environ)) as where:
        facts = read_facts_of(source_request(given, os.environ, writes=False), where)
    text = yaml.safe_dump(facts_to_document(facts), sort_keys=False)
    if not out:
        click.echo(text, nl=False)
        return
    try:
        Path(out).write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(f"the facts cannot be written: {error.strerror}", where=out, fix="name another file") from None


@commands.command("validate", epilog=options.EXAMPLES["validate"])
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


@commands.command("render", epilog=options.EXAMPLES["render"])
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


@commands.command("emulate", epilog=options.EXAMPLES["emulate"])
@options.emulator_options
def emulate_command(state: str, seed: str, requests_log: str, faults: str, **how: Any) -> None:
    """Serve an emulated Avi Controller until stopped: user admin, password from AVI_EMULATOR_PASSWORD."""
    from sync.emulation import emulator_errors, emulator_password, read_yaml
    from sync.emulator import Emulator

    with emulator_errors(f"{how['host']}:{how['port']}"):
        emulator = Emulator(
            host=how["host"],
            port=how["port"],
            state=Path(state) if state else None,
            seed=read_yaml(seed),
            tls=how["tls"],
            latency_ms=how["latency"],
            requests_log=Path(requests_log) if requests_log else None,
            faults=read_yaml(faults),
            name_hold_ms=how["name_hold"],
            password=emulator_password(),
        )
        emulator.start()
    click.echo(emulator.url)
    if emulator.ca_bundle:
        say(f"its certificate: --ca-bundle {emulator.ca_bundle}")
    try:
        emulator.wait()
    finally:
        emulator.stop()


@commands.command("version")
def version_command() -> None:
    """Show the version and the commit it was built from."""
    from sync.version import version_text

    click.echo(version_text())


def _offline_wish(source: Mapping[str, Any], facts_file: str) -> "Wish":
    """What a tree asks for without a Controller; a source that cannot be read is a wish for nothing."""
    from sync.config import source_request
    from sync.source.facts_file import read_facts_file
    from sync.wish import load_source, make_wish, offline, wish_for_nothing

    if not facts_file:
        say(ASSUMED_FACTS)
    try:
        facts = read_facts_file(Path(facts_file)) if facts_file else None
        return offline(make_wish(load_source(source_request(source, os.environ, writes=False)), facts))
    except SourceError as error:
        return wish_for_nothing(error)


ASSUMED_FACTS = (
    "note: no Controller was asked: assuming an Enterprise license, a vCenter cloud without DNS domains, "
    "and that everything manifests refer to exists (--facts FILE tells otherwise)"
)


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit with its code; nothing a user can cause shows a traceback."""
    gc.set_threshold(*FEW_COLLECTIONS)
    logging.getLogger("sync").addHandler(logging.NullHandler())  # a log is not the way to tell a user something
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
    sys.exit(int(code or 0))


def say(text: str) -> None:
    """Anything but the result: to stderr."""
    click.echo(text, err=True, color=_color())


def _color() -> bool | None:
    """None leaves it to click: colours on a terminal only. NO_COLOR takes them away there, too."""
    return False if os.environ.get("NO_COLOR") else None


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

    print_result(to_text(document))


def show(lines: Iterable[str]) -> None:
    """The result: to stdout, in colours only on a terminal."""
    for line in lines:
        print_result(line)


def print_result(text: str) -> None:
    """Part of the result. A reader that goes away (`| head`) is not an error of the run, and hears no more."""
    try:
        click.echo(text, color=_color())
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
