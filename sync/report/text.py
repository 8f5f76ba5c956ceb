"""Plans and problems for people at a terminal or in a log. Colour is the caller's: `paint(text, style)`."""

from collections.abc import Callable, Iterable, Iterator

from sync.model.desired import DesiredState
from sync.model.problem import Problem, Severity
from sync.report.words import commit_text, counted, cut, one_line

Paint = Callable[[str, str], str]
"""Text and style (`error`, `warning`, `create`, `update`, `replace`, `delete`, `quiet`, `title`) → text to print."""


def plain(text: str, style: str) -> str:
    """No colours."""
    del style
    return text


def problem_lines(problems: Iterable[Problem], paint: Paint) -> Iterator[str]:
    """Each problem: place, resource and field, message, and fix."""
    for problem in problems:
        place = f"{problem.file}:{problem.line}" if problem.file else ""
        told = (place, problem.resource, problem.field_text, problem.message)
        severity = paint(f"{problem.severity}:", problem.severity.value)
        yield f"{severity} {': '.join(cut(one_line(part), MAX_PART_LENGTH) for part in told if part)}"
        yield paint(f"  fix: {one_line(problem.fix)}", "quiet")


MAX_PART_LENGTH = 1000
"""Longer parts are cut: a name that fills the screen would hide all other problems."""


def counts_of_problems(problems: Iterable[Problem]) -> str:
    """`2 errors, 1 warning`."""
    found = list(problems)
    errors = sum(problem.severity is Severity.ERROR for problem in found)
    return f"{counted(errors, 'error')}, {counted(len(found) - errors, 'warning')}"


def validation_text(desired: DesiredState) -> str:
    """What `validate` prints, without colours."""
    return "\n".join(validation_lines(desired, plain))


def validation_lines(desired: DesiredState, paint: Paint) -> Iterator[str]:
    """What `validate` prints."""
    problems = desired.problems
    yield from problem_lines(problems, paint)
    yield from _not_served_lines(desired, paint)
    yield from _ignored_lines(desired, paint)
    owners = len({item.owner for item in desired})
    found = f"{counted(owners, 'owner')} with {counted(len(desired.objects), 'object')}, {len(desired.held)} held"
    yield f"Validate: {found}; {counts_of_problems(problems)}   {commit_text(desired.commit)}"


def _not_served_lines(desired: DesiredState, paint: Paint) -> Iterator[str]:
    """What is in the tree but not served, with the reason (docs/usage.md#holding): neither desired nor held."""
    held = {item.name for item in desired.held}
    for status in desired.statuses:
        scheduled = status.conditions[0]
        if scheduled.status == "False" and status.owner_name not in held:
            name = f"{status.kind} {status.namespace}/{status.name}"
            yield paint(one_line(f"not served: {name}: {scheduled.message}"), "quiet")


def _ignored_lines(desired: DesiredState, paint: Paint) -> Iterator[str]:
    """How many manifests are of kinds that are not read, the most frequent kinds first."""
    if not desired.ignored:
        return
    kinds = sorted(desired.ignored.items(), key=lambda item: (-item[1], item[0]))
    named = ", ".join(f"{count} {kind}" for kind, count in kinds[:_KINDS_SHOWN])
    more = f" and {counted(len(kinds) - _KINDS_SHOWN, 'more kind')}" if len(kinds) > _KINDS_SHOWN else ""
    total = counted(sum(desired.ignored.values()), "manifest")
    yield paint(one_line(f"not read: {total} of other kinds: {cut(named, MAX_PART_LENGTH)}{more}"), "quiet")


_KINDS_SHOWN = 8


def render_text(desired: DesiredState) -> str:
    """What `render` prints on both its outputs, without colours."""
    return "\n".join((*problem_lines(desired.problems, plain), *render_lines(desired, plain)))


def render_lines(desired: DesiredState, paint: Paint) -> Iterator[str]:
    """What `render` prints for people: the objects that should exist, by owner."""
    previous = None
    for item in sorted(desired, key=lambda item: (item.owner, item.key)):
        if item.owner != previous:
            yield paint(one_line(str(item.owner)), "title")
            previous = item.owner
        yield f"  {one_line(str(item.key))}"
    yield f"Render: {counted(len(desired.objects), 'object')}   {commit_text(desired.commit)}"
