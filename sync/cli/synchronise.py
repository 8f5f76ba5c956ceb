"""`avi-sync sync`: read, plan, apply, and read again."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import yaml

from sync.cli import options
from sync.cli.asked import run_options
from sync.cli.results import output_options
from sync.cli.running import perform
from sync.errors import UsageError
from sync.model.desired import Status
from sync.report.formats import RUN
from sync.report.json import manifest_of


@click.command("sync", epilog=options.EXAMPLES["sync"])
@options.source_options
@options.working_tree
@options.controller_options
@options.dry_run
@options.detailed_exitcode
@options.plan_options
@options.status_dir
@options.after_run_options
@output_options(RUN)
def command(dry_run: bool, detailed_exitcode: bool, status_dir: str, output: str, **given: Any) -> int:
    """Make the Controller equal to the commit: read, plan, apply, and read again."""
    return perform(
        given,
        run_options(given, is_dry=dry_run),
        output=output,
        then=lambda run: write_statuses(status_dir, run.statuses),
        is_detailed=detailed_exitcode,
    )


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
