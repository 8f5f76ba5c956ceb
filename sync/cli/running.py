"""One run from its options to its exit code, for all commands that plan against a Controller."""

from collections.abc import Callable

from sync.cli.after_run import notify_on_exit
from sync.cli.arguments import Arguments
from sync.cli.console import Console
from sync.cli.controller import controller
from sync.cli.github import folded, tell_run
from sync.cli.recording import Recorder
from sync.cli.results import show_run
from sync.context import Planner
from sync.errors import ExitCode
from sync.model.run import Run, RunOptions
from sync.plan.make import make_plan
from sync.run import synchronise


def perform(
    arguments: Arguments,
    options: RunOptions,
    *,
    planner: Planner = make_plan,
    reshape: Callable[[Run], Run] = lambda run: run,
    then: Callable[[Run], None] = lambda _: None,
    is_detailed: bool = False,
) -> ExitCode:
    """Run, show the result, and return the exit code.

    `reshape` filters the result before it is shown; `then` is called with it afterwards.
    """
    recorder = Recorder(arguments, options)
    with notify_on_exit(arguments, recorder) as watch:
        request = arguments.request(writes=not options.is_dry)
        with controller(arguments) as where, Console(is_quiet=arguments.form != "text") as console:
            hooks = watch.hooks(recorder.hooks(console.hooks(where)))
            with folded("avi-sync at work"):
                run = reshape(synchronise(request, where, hooks, options, planner, arguments.cluster))
        code = console.exit_code or run.exit_code(is_detailed=is_detailed)
        watch.ended(run, code)
        then(run)
        tell_run(run, code, arguments)
        told = show_run(run, arguments.form, arguments.files)
        watch.ended(run, code or told)
    return watch.exit_code
