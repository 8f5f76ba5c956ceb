"""The result of a command: on stdout in one form, and in any number of files, each in its own form."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from sync.cli.files import OutputFile, replace_file
from sync.cli.terminal import RESULTS, complain, paint, print_result, say, say_error, show
from sync.cli.verbosity import Verbosity, verbosity
from sync.errors import ExitCode, SyncError, UsageError
from sync.model.desired import DesiredState
from sync.model.run import Run
from sync.report.formats import RENDERING, RUN, VALIDATION, written
from sync.report.plan_text import last_line, run_lines, trouble_lines
from sync.report.text import problem_lines, render_lines, validation_lines

T = TypeVar("T")


def show_run(run: Run, output: str, files: Sequence[OutputFile]) -> ExitCode:
    """Print plan and outcome of a run; without a plan, stdout stays empty.

    The exit code is DONE unless a result could not be written; the exit code of the run takes precedence.
    """
    code = _show(run, RUN, output, files, lambda: _show_text(run))
    failure = RESULTS.failed()
    if not failure:
        return code
    done = f": {last_line(run, lambda text, _: text)}" if run.plan is not None else ""
    say_error(SyncError(f"the result cannot be printed, {failure}{done}", where="standard output"))
    return ExitCode.UNEXPECTED


def _show_text(run: Run) -> None:
    """The result as text; with `--quiet` only changes and errors, which are worth a mail of cron."""
    if verbosity() is Verbosity.QUIET:
        for line in trouble_lines(run, paint):
            complain(line)
        show(() if run.plan is None or run.plan.is_empty else (last_line(run, paint),))
    elif run.plan is None:
        for line in run_lines(run, paint):
            complain(line)
    else:
        show(run_lines(run, paint))


def show_validation(desired: DesiredState, output: str, files: Sequence[OutputFile]) -> ExitCode:
    """Print what `validate` has found; the exit code is as for `show_run`."""
    return _show(desired, VALIDATION, output, files, lambda: show(validation_lines(desired, paint)))


def show_rendering(desired: DesiredState, output: str, files: Sequence[OutputFile]) -> ExitCode:
    """Print what `render` has made; the exit code is as for `show_run`."""

    def as_text() -> None:
        for line in problem_lines(desired.problems, paint):
            say(line)
        show(render_lines(desired, paint))

    return _show(desired, RENDERING, output, files, as_text)


def _show(
    result: T,
    forms: Mapping[str, Callable[[T], str]],
    output: str,
    files: Sequence[OutputFile],
    as_text: Callable[[], None],
) -> ExitCode:
    code = ExitCode.DONE
    for file in files:
        try:
            replace_file(file.path, written(result, file.form, forms) + "\n")
        except OSError as error:
            say_error(UsageError(f"the result cannot be written: {error.strerror}", where=str(file.path)))
            code = ExitCode.UNEXPECTED
    if output == "text":
        as_text()
    else:
        print_result(written(result, output, forms))
    return code
