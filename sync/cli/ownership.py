"""`avi-sync adopt` and `avi-sync release`: take over what AKO made, and give it back."""

from dataclasses import replace
from typing import Any

import click

from sync.cli import options
from sync.cli.help import Command
from sync.cli.terminal import say
from sync.errors import ExitCode, UsageError
from sync.report.formats import RUN


@click.command(
    "adopt",
    cls=Command,
    examples=[
        "avi-sync adopt --dry-run --source . --controller https://avi.example.com",
        "avi-sync adopt --ako-is-stopped --only Gateway/shop/web",
    ],
)
@options.source_options
@options.working_tree
@options.controller_options
@options.cluster_options
@options.dry_run
@options.ako_is_stopped
@options.selection_options
@options.writer_options
@options.after_run_options
@options.output_options(RUN)
def adopt(dry_run: bool, ako_is_stopped: bool, **given: Any) -> int:
    """Take over what AKO created, and unmarked desired objects. Only marks change."""
    if not (dry_run or ako_is_stopped):
        raise UsageError(
            "a running AKO keeps writing from memory and would undo the adoption",
            fix="stop AKO, then confirm it with --ako-is-stopped (docs/moving-from-ako.md); --dry-run works without",
        )
    from sync.cli.arguments import Arguments, run_options
    from sync.cli.running import perform
    from sync.model.plan import Action
    from sync.plan.adoption import plan_adoption

    run = replace(run_options(given, is_dry=dry_run), changes_hands=Action.ADOPT)
    code = perform(Arguments.of(given), run, planner=plan_adoption)
    return _say_next(code, "avi-sync --dry-run shows what else differs from Git", is_dry=dry_run)


@click.command(
    "release",
    cls=Command,
    examples=[
        "avi-sync release --dry-run --source . --controller https://avi.example.com",
        "avi-sync release --source . --controller https://avi.example.com",
    ],
)
@options.source_options
@options.working_tree
@options.controller_options
@options.cluster_access
@options.dry_run
@options.selection_options
@options.after_run_options
@options.output_options(RUN)
def release(dry_run: bool, **given: Any) -> int:
    """Give our objects back to AKO: the inverse of adopt. Only marks change."""
    from sync.cli.arguments import Arguments, run_options
    from sync.cli.running import perform
    from sync.model.plan import Action
    from sync.plan.takeover import plan_release

    run = run_options(given, is_dry=dry_run)
    run = replace(run, follows_git=False, needs_manifests=False, changes_hands=Action.RELEASE)
    code = perform(Arguments.of(given), run, planner=plan_release)
    return _say_next(code, "AKO may be started now; do not run avi-sync any more", is_dry=dry_run)


def _say_next(code: ExitCode, step: str, *, is_dry: bool) -> ExitCode:
    """The same code; prints the next step if all went well."""
    if code is ExitCode.DONE and not is_dry:
        say(f"next: {step}")
    return code
