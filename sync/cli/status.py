"""`avi-sync status`: what is deployed from which commit, on one screen."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from sync.cli import options
from sync.cli.help import Command
from sync.cli.terminal import complain, paint, show, show_document

if TYPE_CHECKING:
    from datetime import datetime

    from sync.model.run import Run


@click.command(
    "status",
    cls=Command,
    examples=[
        "avi-sync status --source . --controller https://avi.example.com",
        "avi-sync status --namespace shop -o json",
    ],
)
@options.source_options
@options.working_tree
@options.controller_options
@options.cluster_options
@options.selection_options
@options.output
def command(**given: Any) -> int:
    """Show what is deployed, from which commit, by which run, and the state of each owner; never writes."""
    from sync.cli.arguments import Arguments, run_options
    from sync.cli.console import Console
    from sync.cli.controller import controller
    from sync.plan.drift import edits_of
    from sync.run import synchronise

    arguments, looking = Arguments.of(given), run_options(given, is_dry=True)
    looking = replace(looking, plan=replace(looking.plan, may_undo=True))
    request = arguments.request()
    with controller(arguments) as where, Console(is_quiet=arguments.form != "text") as console:
        run = synchronise(request, where, console.hooks(where), looking, cluster=arguments.cluster)
    run = replace(run, edits=edits_of(run.desired, run.before, looking.plan.selection))
    _show(run, arguments.form, looking.plan.now)
    return 0 if run.plan is not None else run.exit_code(is_detailed=False)


def _show(run: "Run", output: str, now: "datetime") -> None:
    from sync.report.deployment import deployment_document, status_lines
    from sync.report.plan_text import run_lines

    lock_name = f"avi-sync-{run.desired.cluster}"
    if output == "json":
        show_document(deployment_document(run, lock_name))
    elif run.plan is None:
        for line in run_lines(run, paint):
            complain(line)
    else:
        show(status_lines(run, lock_name, now, paint))
