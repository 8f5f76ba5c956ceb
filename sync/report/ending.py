"""A short summary of how a run ended, for a termination message and for a webhook."""

from collections.abc import Iterator, Mapping

from sync.errors import ExitCode
from sync.model.ending import Ending
from sync.model.problem import Severity
from sync.model.run import Run
from sync.report.headline import headline_of
from sync.report.plan_text import last_line
from sync.report.text import plain, problem_lines
from sync.report.words import one_line

MEANINGS: Mapping[ExitCode, str] = {
    ExitCode.DONE: "done",
    ExitCode.UNEXPECTED: "an unexpected error",
    ExitCode.CHANGES_PENDING: "changes are pending",
    ExitCode.SOURCE_INVALID: "the source cannot be used, nothing was written",
    ExitCode.REFUSED: "a guard refused the plan, nothing was written",
    ExitCode.HELD_OR_FAILED: "something is held or failed",
    ExitCode.UNREACHABLE: "Git or the Controller cannot be reached, or refused the login",
    ExitCode.LOCKED: "another run has the lock, nothing was written",
    ExitCode.STALE_PLAN: "the plan is stale, nothing was written",
    ExitCode.USAGE: "the command line or the environment is wrong",
    ExitCode.INTERRUPTED: "interrupted",
    ExitCode.TERMINATED: "terminated",
}
"""The text for each exit code, if there is no better one."""

MESSAGE_BYTES = 4096
"""The size of a termination message (Kubernetes 1.34, Pod.spec.containers.terminationMessagePath)."""


def ending_line(ending: Ending) -> str:
    """One line: exit code, what it means, and the counts of the plan."""
    run = ending.run
    words = MEANINGS[ending.exit_code] if run is None else ". ".join(filter(None, _of_run(run)))
    return f"exit {int(ending.exit_code)}: {words}"


def _of_run(run: Run) -> tuple[str, str]:
    return headline_of(run).words, last_line(run, plain)


def troubles(ending: Ending) -> Iterator[str]:
    """The troubles of the run, one line each, the worst first."""
    if ending.error:
        yield one_line(" ".join(ending.error.split()))
    run = ending.run
    if run is None:
        return
    if run.lost:
        yield f"after applying, the Controller could not be read again: {one_line(run.lost)}"
    yield from (f"refused: {one_line(refusal.message)}" for refusal in run.refusals)
    for outcome in run.outcomes:
        if not outcome.is_success:
            owners = ", ".join(map(str, outcome.change_set.owners))
            yield one_line(f"{owners}: {outcome.state}: {outcome.said}")
    for service in run.down:
        yield one_line(f"{service.key}: {service.verdict}: {service.state} {service.said}".rstrip())
    errors = [problem for problem in run.problems if problem.severity is Severity.ERROR]
    for error in errors:
        yield next(problem_lines([error], plain))


def termination_message(ending: Ending) -> str:
    """The line and the troubles, cut to the size that Kubernetes keeps."""
    message = ending_line(ending)
    lines = list(troubles(ending))
    for told, line in enumerate(lines):
        longer = f"{message}\n{line}"
        rest = f"\nand {len(lines) - told} more"
        if len(longer.encode()) + len(rest) > MESSAGE_BYTES:
            return message + rest
        message = longer
    return message
