"""`avi-sync sync`: read, plan, apply, and read again."""

from typing import Any

import click

from sync.cli import options
from sync.cli.help import Command
from sync.report.formats import RUN


@click.command(
    "sync",
    cls=Command,
    examples=[
        "avi-sync --dry-run --source . --controller https://avi.example.com",
        "avi-sync --path clusters/prod --source . --controller https://avi.example.com",
    ],
)
@options.source_options
@options.working_tree
@options.controller_options
@options.cluster_options
@options.dry_run
@options.detailed_exitcode
@options.plan_options
@options.rollout_wait
@options.servers_only
@options.wait
@options.status_dir
@options.after_run_options
@options.output_options(RUN)
def command(dry_run: bool, detailed_exitcode: bool, status_dir: str, **given: Any) -> int:
    """Make the Controller match the commit: read, plan, apply, and read again."""
    from sync.cli.arguments import Arguments, run_options
    from sync.cli.running import perform
    from sync.cli.status_folder import write_statuses

    return perform(
        Arguments.of(given),
        run_options(given, is_dry=dry_run),
        then=lambda run: write_statuses(status_dir, run),
        is_detailed=detailed_exitcode,
    )
