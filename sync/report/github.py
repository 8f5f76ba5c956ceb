"""A run for GitHub Actions: annotations at the lines of manifests, and outputs for later steps.

The forms are those of GitHub's workflow commands and environment files (GitHub Docs, "Workflow commands for GitHub
Actions", read in November 2026).
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import PurePosixPath

from sync.errors import ExitCode
from sync.model.plan import Action
from sync.model.problem import Problem, Severity
from sync.model.run import Run
from sync.report.owners import OwnerReport, owners_of
from sync.report.words import one_line

MOST_PER_LEVEL = 10
"""The number of annotations per level that GitHub shows for a step; it drops the others silently."""

Annotation = tuple[str, str, str, int, str]
"""Level, title, file, line and message."""


def command(name: str, message: str, **properties: str | int) -> str:
    """One workflow command, `::error file=a.yaml,line=3::message`; properties without a value are left out."""
    given = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items() if value)
    return f"::{name}{' ' if given else ''}{given}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def run_annotations(run: Run, folder: str) -> Iterator[str]:
    """Outages first, then problems; `folder` is that of the tree inside the repository."""
    found = [*_outages(owners_of(run)), *_refusals(run), *map(_problem, run.problems)]
    yield from _commands(found, folder)


def tree_annotations(problems: Iterable[Problem], folder: str) -> Iterator[str]:
    """The problems of a tree."""
    yield from _commands([_problem(problem) for problem in problems], folder)


def _commands(annotations: list[Annotation], folder: str) -> Iterator[str]:
    """At most ten of a level, the last one saying how many more there are; in the order given within a level."""
    for level, group in groupby(sorted(annotations, key=lambda item: item[0]), key=lambda item: item[0]):
        items = list(group)
        kept = items if len(items) <= MOST_PER_LEVEL else items[: MOST_PER_LEVEL - 1]
        for _, title, file, line, message in kept:
            path = str(PurePosixPath(folder, file)) if file else ""
            yield command(level, message, file=path, line=line if path else 0, title=title)
        if len(items) > len(kept):
            yield command(level, f"+{len(items) - len(kept)} more: see the summary of this step", title="avi-sync")


def _outages(owners: Iterable[OwnerReport]) -> Iterator[Annotation]:
    for report in owners:
        for outage in report.outages:
            origin = report.origin
            file, line = (origin.file, origin.line) if origin else ("", 0)
            causes = (f"\n{one_line(cause.message)}" for cause in report.causes)
            yield "warning", str(report.owner), file, line, outage + "".join(causes)


def _refusals(run: Run) -> Iterator[Annotation]:
    for refusal in run.refusals:
        yield "error", "refused by a guard", "", 0, f"{one_line(refusal.message)}\nfix: {one_line(refusal.fix)}"


def _problem(problem: Problem) -> Annotation:
    level = "error" if problem.severity is Severity.ERROR else "warning"
    text = f"{one_line(problem.message)}\nfix: {one_line(problem.fix)}"
    return level, one_line(problem.resource or problem.field_text), problem.file, problem.line, text


_COUNTS: Mapping[str, Action] = {
    "creates": Action.CREATE,
    "updates": Action.UPDATE,
    "replaces": Action.REPLACE,
    "deletes": Action.DELETE,
}


def run_outputs(run: Run, exit_code: ExitCode) -> Mapping[str, str]:
    """The outputs for later steps; each value is one line without shell syntax."""
    plan = run.plan
    counts = {name: plan.count(action) if plan else 0 for name, action in _COUNTS.items()}
    return {
        "has_changes": str(bool(plan and not plan.is_empty)).lower(),
        **{name: str(number) for name, number in counts.items()},
        "servers": str(run.moved_pools),
        "held": str(len(plan.held if plan else run.desired.held)),
        "failed": str(sum(not outcome.is_success for outcome in run.outcomes)),
        "digest": plan.digest if plan else "",
        "exit_code": str(int(exit_code)),
    }


def marker_of(target: str) -> str:
    """The hidden marker at the start of our comment for this target; the name cannot end it."""
    return (
        f"<!-- avi-sync:{''.join(each for each in target if each.isalnum() or each in '._/:-').replace('--', '-')} -->"
    )
