"""JUnit XML, as CI systems show it: each owner is a test case, which fails if the owner is held or failed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from sync.model.desired import DesiredState
from sync.model.outcome import ChangeOutcome
from sync.model.problem import Origin, Problem, Severity
from sync.model.run import Run
from sync.report.headline import headline_of, headline_of_tree
from sync.report.owners import OwnerReport, owners_of, owners_of_tree, unowned
from sync.report.plan_text import change_lines, last_line
from sync.report.text import plain, problem_lines
from sync.report.words import commit_text, one_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test case. `failures` are lines, the first of which is the message; `output` is always shown."""

    group: str
    name: str
    origin: Origin | None = None
    failures: tuple[str, ...] = ()
    output: tuple[str, ...] = ()


def run_junit(run: Run) -> str:
    """What `sync` planned and did."""
    owners = owners_of(run)
    cases = [
        *(_owner_case(report) for report in owners),
        *_problem_cases(unowned(run.problems, owners)),
        *_service_cases(run),
        *_run_cases(run),
    ]
    plan = run.plan
    facts = {"commit": run.desired.commit, "digest": plan.digest if plan else ""}
    return _document(headline_of(run).words, cases, facts, last_line(run, plain))


def tree_junit(desired: DesiredState) -> str:
    """What `validate` found."""
    owners = owners_of_tree(desired)
    cases = [
        *(_owner_case(report) for report in owners),
        *_problem_cases(unowned(desired.problems, owners)),
    ]
    words = headline_of_tree(desired).words
    return _document(words, cases, {"commit": desired.commit}, commit_text(desired.commit))


def _owner_case(report: OwnerReport) -> Case:
    failures = [] if not report.is_failure else [f"{report.standing}: {_why(report)}"]
    failures += (f"{end.state}: {end.change.action} {one_line(str(end.change.key))}" for end in _ends(report))
    failures += problem_lines(_errors(report.problems), plain) if report.is_failure else []
    return Case(
        group=report.owner.kind.value,
        name=f"{report.owner.namespace}/{report.owner.name}",
        origin=report.origin,
        failures=tuple(failures),
        output=(*_told(report), *problem_lines(_warnings(report.problems), plain)),
    )


def _ends(report: OwnerReport) -> Iterable[ChangeOutcome]:
    return report.ends.values() if report.has_failed else ()


def _why(report: OwnerReport) -> str:
    if report.has_failed:
        return one_line(report.said)
    errors = _errors(report.problems)
    return one_line(errors[0].message) if errors else "left unchanged"


def _told(report: OwnerReport) -> Iterator[str]:
    if report.partners:
        yield one_line(f"together with {', '.join(map(str, report.partners))}, because they exchange addresses")
    for outage in report.outages:
        yield f"! {outage}"
    for change in report.changes:
        yield from change_lines(change, plain)


def _problem_cases(problems: Iterable[Problem]) -> Iterator[Case]:
    """A case for each problem without an owner, in their order."""
    for problem in problems:
        lines = tuple(problem_lines([problem], plain))
        is_error = problem.severity is Severity.ERROR
        place = f"{problem.file}:{problem.line}" if problem.file else "source"
        yield Case(
            group="Problem",
            name=": ".join(part for part in (place, problem.resource, problem.field_text) if part),
            origin=problem.origin,
            failures=(one_line(problem.message), *lines) if is_error else (),
            output=() if is_error else lines,
        )


def _run_cases(run: Run) -> Iterator[Case]:
    """Cases for failures of the run as a whole."""
    for refusal in run.refusals:
        said = (one_line(refusal.message), f"fix: {one_line(refusal.fix)}")
        yield Case(group="Run", name="guard", failures=said)
    if run.locked:
        yield Case(group="Run", name="lock", failures=(one_line(run.locked),))
    if run.lost:
        yield Case(group="Run", name="reading again", failures=(one_line(run.lost),))
    if run.remaining is not None and not run.remaining.is_empty:
        lines = tuple(line for change in run.remaining.changes for line in change_lines(change, plain))
        yield Case(group="Run", name="planning again", failures=("changes remain", *lines))


def _service_cases(run: Run) -> Iterator[Case]:
    """A case for each VirtualService that `--wait` has checked."""
    for service in run.services:
        reasons = ", ".join(part for part in (service.state, service.said) if part)
        line = one_line(f"{service.verdict}: {reasons}")
        failures, output = ((line,), ()) if service in run.down else ((), (line,))
        yield Case(group=service.key.kind, name=str(service.key), failures=failures, output=output)


def _errors(problems: Iterable[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity is Severity.ERROR]


def _warnings(problems: Iterable[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity is not Severity.ERROR]


def _document(headline: str, cases: Iterable[Case], facts: dict[str, str], last_line: str) -> str:
    found = list(cases)
    totals = {"tests": str(len(found)), "failures": str(sum(bool(case.failures) for case in found)), "errors": "0"}
    root = Element("testsuites", {"name": "avi-sync", **totals})
    suite = SubElement(root, "testsuite", {"name": "avi-sync", **totals, "skipped": "0"})
    properties = SubElement(suite, "properties")
    for name, value in {"verdict": headline, **facts}.items():
        SubElement(properties, "property", {"name": name, "value": one_line(value)})
    for case in found:
        _add(suite, case)
    SubElement(suite, "system-out").text = last_line
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode")


def _add(suite: Element, case: Case) -> None:
    place = {"file": one_line(case.origin.file), "line": str(case.origin.line)} if case.origin else {}
    element = SubElement(suite, "testcase", {"classname": case.group, "name": one_line(case.name), **place})
    if case.failures:
        failure = SubElement(element, "failure", {"message": case.failures[0], "type": case.group})
        failure.text = "\n".join(case.failures)
    if case.output:
        SubElement(element, "system-out").text = "\n".join(case.output)
