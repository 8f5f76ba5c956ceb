"""One run from its options to its exit code: what all commands that plan against a Controller have in common."""

from collections.abc import Callable, Mapping
from typing import Any

from sync.cli.after_run import told_afterwards
from sync.cli.console import Console
from sync.cli.controller import controller, warn_of_unchecked_certificate
from sync.cli.github import folded, tell_run
from sync.cli.recording import Recorder
from sync.cli.results import show_run
from sync.config import source_request, target
from sync.context import Planner
from sync.credentials import environment
from sync.errors import ExitCode
from sync.model.run import Run, RunOptions
from sync.plan.make import make_plan
from sync.run import synchronise


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
    Files for the result are named in `given`, as `output_files`.
    """
    recorder = Recorder(given, asked)
    with told_afterwards(given, recorder) as watch:
        request = source_request(given, environment(), writes=not asked.is_dry)
        warn_of_unchecked_certificate(given)
        with controller(target(given, environment())) as where, Console(is_quiet=output != "text") as console:
            hooks = watch.hooks(recorder.hooks(console.hooks(where)))
            with folded("avi-sync at work"):
                run = reshape(synchronise(request, where, hooks, asked, planner))
        code = console.exit_code or run.exit_code(is_detailed=is_detailed)
        watch.ended(run, code)
        then(run)
        tell_run(run, code, given)
        told = show_run(run, output, given.get("output_files", ()))
        watch.ended(run, code or told)
    return watch.exit_code
