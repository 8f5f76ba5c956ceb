"""`avi-sync history`: what runs have changed, from the journal."""

import click

from sync.cli import options
from sync.cli.help import Command
from sync.cli.recorded_runs import chosen_run, runs_of
from sync.cli.terminal import paint, say, show, show_document
from sync.report.history import history_document, history_lines, run_details, run_details_document


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
    runs, unread = runs_of(journal, "history")
    if run:
        chosen = chosen_run(runs, run)
        if output == "json":
            show_document(run_details_document(chosen))
        else:
            show(run_details(chosen, paint))
        return
    newest = runs[::-1][:limit]
    if output == "json":
        show_document(history_document(newest, unread))
        return
    show(history_lines(newest, paint))
    if not runs:
        say("note: the journal tells of no run")
    if len(newest) < len(runs):
        say(f"note: {len(runs) - len(newest)} older ones are not shown (--limit)")
