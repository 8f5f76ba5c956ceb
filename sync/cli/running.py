"""One run from its options to its exit code: what all commands that plan against a Controller have in common."""

import os
from collections.abc import Callable, Mapping
from typing import Any

from sync.cli.after_run import told_afterwards
from sync.cli.console import Console
from sync.cli.emulation import controller, warn_of_unchecked_certificate
from sync.cli.terminal import complain, paint, show, show_document
from sync.cli.verbosity import Verbosity, verbosity
from sync.config import source_request, target
from sync.errors import ExitCode
from sync.model.run import Run, RunOptions
from sync.plan.make import make_plan
from sync.reconcile import Planner, synchronise
from sync.report.json import run_document
from sync.report.plan_text import counts, run_lines, trouble_lines


def perform(
    given: Mapping[str, Any],
    asked: RunOptions,
    *,
    output: str,
    planner: Planner = make_plan,
    reshape: Callable[[Run], Run] = lambda run: run,
    then: Callable[[Run], None] = lambda _: None,
    is_detailed: bool = False,
) -> ExitCode:
    """Run, show the result, and return the exit code.

    `reshape` may leave something of the result out before anybody sees it, `then` does what else is to be done with it.
    """
    with told_afterwards(given) as watch:
        request = source_request(given, os.environ, writes=not asked.is_dry)
        warn_of_unchecked_certificate(given)
        with controller(target(given, os.environ)) as where, Console(is_quiet=output == "json") as console:
            run = reshape(synchronise(request, where, watch.hooks(console.hooks(where)), asked, planner))
        watch.ended(run, console.exit_code or run.exit_code(is_detailed=is_detailed))
        then(run)
        show_run(run, output)
    return watch.exit_code


def show_run(run: Run, output: str) -> None:
    """The result in the form that was asked for."""
    if output == "json":
        show_document(run_document(run))
    else:
        _show_text(run)


def _show_text(run: Run) -> None:
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
