"""`avi-sync rollback`: take back what one run did, through the same plan, guards, lock and apply as any other run."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import click

from sync.cli import options
from sync.cli.asked import run_options
from sync.cli.recorded_runs import chosen_run, runs_of
from sync.cli.results import output_options
from sync.cli.running import perform
from sync.config import host_of
from sync.errors import UsageError
from sync.model.desired import DesiredState
from sync.model.journal import RecordedRun
from sync.model.live import LiveState
from sync.model.plan import Plan, PlanOptions
from sync.model.problem import Problem, Severity
from sync.model.run import Run
from sync.plan.rollback import plan_rollback
from sync.report.formats import RUN
from sync.run import Planner


@click.command("rollback", epilog=options.EXAMPLES["rollback"])
@options.source_options
@options.controller_options
@options.required_run_id
@options.dry_run
@options.detailed_exitcode
@options.plan_options
@options.wait
@options.after_run_options
@output_options(RUN)
def command(run: str, dry_run: bool, detailed_exitcode: bool, output: str, **given: Any) -> int:
    """Make the objects that a run touched what they were before it; all others stay as they are.

    What somebody has changed since is held and named, with everything of its Gateway or Service. Git is not changed:
    the next `sync` brings back what it asks for.
    """
    runs, _ = runs_of(given["journal"], "rollback")
    chosen = chosen_run(runs, run)
    _check_controller(chosen, given["controller"])
    return perform(
        given,
        replace(run_options(given, is_dry=dry_run), follows_git=False),
        output=output,
        planner=_planner(chosen, runs[runs.index(chosen) + 1 :]),
        reshape=lambda result: _about(chosen, result),
        is_detailed=detailed_exitcode,
        rolls_back=chosen.run,
    )


def _check_controller(chosen: RecordedRun, controller: str) -> None:
    if host_of(chosen.began.controller) != host_of(controller):
        raise UsageError(
            f"run {chosen.run} wrote to {chosen.began.controller}, not to {host_of(controller)}",
            fix="name that Controller, or another run",
        )


def _planner(chosen: RecordedRun, later: Sequence[RecordedRun]) -> Planner:
    def plan(desired: DesiredState, live: LiveState, asked: PlanOptions) -> Plan:
        if desired.cluster != chosen.began.cluster:
            raise UsageError(
                f"run {chosen.run} was for the cluster {chosen.began.cluster}, this tree is for {desired.cluster}",
                fix="name the tree of that cluster (--source, --path), or another run",
            )
        return plan_rollback(chosen, later, live, asked)

    return plan


def _about(chosen: RecordedRun, result: Run) -> Run:
    """The result without what Git says of owners, which does not matter here, and with what it will say next time."""
    if result.plan is None:
        return result
    again = Problem(
        severity=Severity.WARNING,
        message=f"Git still asks for what run {chosen.run} did: the next `avi-sync` brings it back",
        fix="change Git, too (revert the commit), or pause the owner",
        origin=None,
    )
    problems = () if result.plan.is_empty else (again,)
    return replace(result, wish=replace(result.wish, problems=problems, statuses=()), statuses=())
