"""`avi-sync history`: the runs in a journal."""

import click

from sync.cli import options
from sync.cli.help import Command


@click.command(
    "history",
    cls=Command,
    examples=[
        "avi-sync history --journal /var/lib/avi-sync/journal.jsonl",
        "avi-sync history --run last -o json",
    ],
)
@options.journal
@options.run_id
@options.option(
    "--limit",
    env="SYNC_HISTORY_LIMIT",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    metavar="N",
    is_common=True,
    help="How many runs to show.",
)
@options.output
def command(journal: str, run: str, limit: int, output: str) -> None:
    """Show the runs in a journal, the newest first, or with --run one of them in full."""
    from sync.cli.recorded_runs import show_history

    show_history(journal, run, limit, output)
