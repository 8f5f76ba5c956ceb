"""How a run ended, in few words: for a termination message, and for a chat that a webhook leads to."""

from collections.abc import Iterator, Mapping

from sync.errors import ExitCode
from sync.model.ending import Condition, Ending, Event
from sync.model.problem import Severity
from sync.model.run import Run
from sync.report.documents import MessageDocument
from sync.report.headline import headline_of
from sync.report.json import SCHEMA_VERSION
from sync.report.numbers import numbers
from sync.report.plan_text import counts
from sync.report.text import plain, problem_lines
from sync.report.words import counted, one_line

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
"""Each exit code in words, where nothing better is known."""

MESSAGE_BYTES = 4096
"""What Kubernetes keeps of a termination message (Kubernetes 1.34, Pod.spec.containers.terminationMessagePath)."""

TOLD_TROUBLES = 5
"""How many troubles a message names; the others are counted."""


def verdict(ending: Ending) -> str:
    """One line: exit code, what it means, and the counts of the plan."""
    run = ending.run
    words = MEANINGS[ending.exit_code] if run is None else ". ".join(filter(None, _of_run(run)))
    return f"exit {int(ending.exit_code)}: {words}"


def _of_run(run: Run) -> tuple[str, str]:
    return headline_of(run).words, counts(run, plain)


def troubles(ending: Ending) -> Iterator[str]:
    """What stands in the way, one line each, the worst first."""
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
    """Verdict and troubles, in as many bytes as Kubernetes keeps."""
    message = verdict(ending)
    lines = list(troubles(ending))
    for told, line in enumerate(lines):
        longer = f"{message}\n{line}"
        rest = f"\nand {len(lines) - told} more"
        if len(longer.encode()) + len(rest) > MESSAGE_BYTES:
            return message + rest
        message = longer
    return message


def message_document(ending: Ending, event: Event, before: Condition | None) -> MessageDocument:
    """What a webhook is sent. `text` alone is enough for a chat."""
    run = ending.run
    found = list(troubles(ending))
    told = found[:TOLD_TROUBLES]
    more = [f"and {counted(len(found) - len(told), 'problem')} more"] if len(found) > len(told) else []
    return {
        "schema_version": SCHEMA_VERSION,
        "event": event.value,
        "target": ending.target,
        "before": before.value if before is not None else None,
        "now": ending.condition.value if ending.condition is not None else None,
        "exit_code": int(ending.exit_code),
        "cluster": run.desired.cluster if run is not None else "",
        "commit": run.desired.commit if run is not None else "",
        "digest": run.plan.digest if run is not None and run.plan is not None else "",
        "dry_run": run.is_dry if run is not None else None,
        "changes": {action.value: number for action, number in numbers(run).items()} if run is not None else {},
        "problems": told,
        "text": "\n".join([f"avi-sync {ending.target}: {event.value}. {verdict(ending)}", *told, *more]),
    }
