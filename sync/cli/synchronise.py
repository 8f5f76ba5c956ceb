"""`avi-sync sync`: read, plan, apply, and read again."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import yaml

from sync.cli import options
from sync.cli.after_run import told_afterwards
from sync.cli.asked import run_options
from sync.cli.console import Console
from sync.cli.emulation import controller, warn_of_unchecked_certificate
from sync.cli.terminal import complain, paint, show, show_document
from sync.cli.verbosity import Verbosity, verbosity
from sync.config import source_request, target
from sync.errors import UsageError
from sync.model.desired import Status
from sync.model.run import Run
from sync.reconcile import synchronise
from sync.report.json import manifest_of, run_document
from sync.report.plan_text import counts, run_lines, trouble_lines


@click.command("sync", epilog=options.EXAMPLES["sync"])
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
@options.plan_options
@options.status_dir
@options.after_run_options
@options.output
def command(dry_run: bool, detailed_exitcode: bool, status_dir: str, output: str, **given: Any) -> int:
    """Make the Controller equal to the commit: read, plan, apply, and read again."""
    with told_afterwards(given) as watch:
        request = source_request(given, os.environ, writes=not dry_run)
        asked = run_options(given, is_dry=dry_run)
        warn_of_unchecked_certificate(given)
        with controller(target(given, os.environ)) as where, Console(is_quiet=output == "json") as console:
            run = synchronise(request, where, watch.hooks(console.hooks(where)), asked)
        watch.ended(run, console.exit_code or run.exit_code(is_detailed=detailed_exitcode))
        write_statuses(status_dir, run.statuses)
        if output == "json":
            show_document(run_document(run))
        else:
            show_text(run)
    return watch.exit_code


def show_text(run: Run) -> None:
    """What happened, for people; for cron only what it is worth a mail: a change, or what went wrong."""
    if verbosity() is Verbosity.QUIET:
        for line in trouble_lines(run, paint):
            complain(line)
        show(() if run.plan is None or run.plan.is_empty else (counts(run, paint),))
    elif run.plan is None:
        for line in run_lines(run, paint):
            complain(line)
    else:
        show(run_lines(run, paint))


def write_statuses(folder: str, statuses: Sequence[Status]) -> None:
    """One file per Gateway and Service: `DIR/<kind>/<namespace>/<name>.yaml`."""
    if not folder:
        return
    for status in statuses:
        path = Path(folder, status.kind, status.namespace, f"{status.name}.yaml")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(yaml.safe_dump(manifest_of(status), sort_keys=False), "utf-8")
        except OSError as error:
            raise UsageError(f"the status cannot be written: {error.strerror}", where=str(path)) from None
