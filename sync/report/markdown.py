"""Markdown for reviewers of a change: the headline, outages, problems, then the details.

For GitHub: details are folded, and what does not fit is cut, with a line that says how much.
"""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from sync.model.desired import DesiredState
from sync.model.plan import Action, FieldChange
from sync.model.problem import Origin, Problem
from sync.model.run import Run
from sync.model.wording import short
from sync.report.headline import Headline, headline_of, headline_of_tree
from sync.report.owners import OwnerReport, owners_of
from sync.report.plan_text import created, failure_lines, service_lines
from sync.report.text import counts_of_problems, plain
from sync.report.words import (
    HELD_SYMBOL,
    SYMBOLS,
    commit_text,
    counted,
    loss_word,
    one_line,
    shown_pair,
    told_fields,
)

MAX_COMMENT_BYTES = 65_000
"""GitHub refuses a comment of more than 65,536 characters; a little room is left for a hidden marker."""

MAX_SUMMARY_BYTES = 1_000_000
"""GitHub takes up to 1 MiB as the summary of a step."""

MAX_FIELDS = 40
"""The limit per change, so that one object cannot displace all others."""

MAX_MESSAGE_LENGTH = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading and its items, joined by `joint`. Left out if it has no items.

    `share` is the part of the whole report that may be used up at its end.
    """

    head: str
    items: tuple[str, ...]
    noun: str
    joint: str = "\n"
    share: float = 1.0


def run_markdown(run: Run, *, max_bytes: int = MAX_COMMENT_BYTES) -> str:
    """What `sync` planned and did. What exceeds `max_bytes` (at least 3,000) is left out, and counted."""
    owners = owners_of(run)
    sections = (
        Section(head="#### Not applied", items=tuple(_refusals(run)), noun="refusal", share=0.3),
        Section(head="#### Failed", items=tuple(_failures(run)), noun="failure", share=0.4),
        Section(head="#### After the change", items=tuple(_services(run)), noun="VirtualService", share=0.5),
        Section(head=_OUTAGES, items=tuple(_outages(owners)), noun="owner", share=0.6),
        _problems(run.problems),
        Section(head="#### Held: left unchanged", items=tuple(_held(run)), noun="owner", share=0.85),
        Section(head="#### Changes", items=tuple(_details(owners)), noun="owner", joint="\n\n"),
        Section(head="#### Servers", items=tuple(_servers(run)), noun="summary"),
    )
    digest = f"digest {_code(short(run.plan.digest))} · " if run.plan else ""
    footer = f"{digest}{_code(commit_text(run.desired.commit))}"
    return _text((_title(headline_of(run)), *_counts(run)), sections, footer, max_bytes)


def tree_markdown(desired: DesiredState, *, max_bytes: int = MAX_COMMENT_BYTES) -> str:
    """What `validate` found."""
    owners = counted(len({item.owner for item in desired}), "owner")
    found = f"{owners} with {counted(len(desired.objects), 'object')}, {len(desired.held)} held"
    facts = f"{found}; {counts_of_problems(desired.problems)}"
    title = _title(headline_of_tree(desired))
    return _text((title, facts), (_problems(desired.problems),), _code(commit_text(desired.commit)), max_bytes)


# --- what fits --------------------------------------------------------------------------------------------------------


def _text(top: Iterable[str], sections: Iterable[Section], footer: str, max_bytes: int) -> str:
    """All sections that have items, each with as many as fit; heads and the lines that count the rest always do."""
    told = [section for section in sections if section.items]
    least = {section.head: _size(section.head, _left_out(section, len(section.items), max_bytes)) for section in told}
    parts = list(top)
    for number, section in enumerate(told):
        reserved = _size(footer) + sum(least[later.head] for later in told[number:])
        room = int(max_bytes * section.share) - reserved - _size(*parts)
        parts.append(_filled(section, room, max_bytes))
    return "\n\n".join((*parts, footer)) + "\n"


def _filled(section: Section, room: int, max_bytes: int) -> str:
    fitting = []
    for item in section.items:
        room -= _size(item)
        if room < 0:
            break
        fitting.append(item)
    left = len(section.items) - len(fitting)
    body = section.joint.join(fitting)
    # A table goes on right below its head; a list and everything else needs a blank line.
    text = f"{section.head}{'' if section.head.endswith('|') else chr(10)}\n{body}" if fitting else section.head
    return f"{text}\n\n{_left_out(section, left, max_bytes)}" if left else text


def _left_out(section: Section, number: int, max_bytes: int) -> str:
    more = f"{counted(number, f'more {section.noun}')} {'is' if number == 1 else 'are'}"
    return f"*{more} left out here: this text is limited to {max_bytes:,} bytes. The other formats show everything.*"


def _size(*parts: str) -> int:
    """In bytes, each part with two line breaks."""
    return sum(len(part.encode("utf-8", "backslashreplace")) + 2 for part in parts)


# --- sections ---------------------------------------------------------------------------------------------------------


def _title(headline: Headline) -> str:
    return f"### {headline.words}"


def _counts(run: Run) -> Iterator[str]:
    plan = run.plan
    if plan is None:
        return
    changed = {f"{_code(SYMBOLS[action])} {action}": number for action, number in run.counts.items()}
    rest = {"unchanged": plan.unchanged, "foreign": len(plan.foreign), f"{_code(HELD_SYMBOL)} held": len(plan.held)}
    row = {**changed, **rest}
    yield f"| {' | '.join(row)} |\n|{'--:|' * len(row)}\n| {' | '.join(map(str, row.values()))} |"
    if plan.foreign:
        names = ", ".join(_escaped(str(key)) for key in plan.foreign[:20])
        more = f" and {len(plan.foreign) - 20} more" if len(plan.foreign) > 20 else ""
        yield f"Names of foreign objects, so their owners are held: {names}{more}"


def _refusals(run: Run) -> Iterator[str]:
    if run.locked:
        yield f"- **locked**: {_escaped(run.locked)}"
    for refusal in run.refusals:
        yield f"- **refused**: {_escaped(refusal.message)}<br>fix: {_escaped(refusal.fix)}"


def _failures(run: Run) -> Iterator[str]:
    for outcome in run.outcomes:
        if not outcome.is_success:
            said = [line.removeprefix("error: ").strip() for line in failure_lines(outcome, plain)]
            yield f"- **error**: {'<br>'.join(_escaped(line) for line in said)}"
    if run.lost:
        yield f"- **error**: after applying, the Controller could not be read again: {_escaped(run.lost)}"
    for change in run.remaining.changes if run.remaining else ():
        yield f"- **error**: after applying, still to do: {_code(SYMBOLS[change.action])} {_escaped(str(change.key))}"


def _services(run: Run) -> Iterator[str]:
    """How the VirtualServices that were changed are doing."""
    for line in service_lines(run, plain):
        yield f"- {_escaped(line)}"


_OUTAGES = "#### Outages\n\n| | Owner | What is lost | Why |\n|--:|---|---|---|"


def _outages(owners: Iterable[OwnerReport]) -> Iterator[str]:
    """A row for each owner with an outage, with the problems that may explain it."""
    for report in owners:
        if losses := report.effect.losses:
            means = "<br>".join(_escaped(outage) for outage in report.outages)
            place = _place(report.origin).replace("|", "\\|")
            owner = f"{_escaped(str(report.owner))}{place}"
            why = "<br>".join([_escaped(losses[0].reason), *(_escaped(cause.message) for cause in report.causes)])
            yield f"| {_code(SYMBOLS[losses[0].action])} | {owner} | {means} | {why} |"


def _problems(problems: Iterable[Problem]) -> Section:
    found = tuple(problems)
    items = tuple(_problem(problem) for problem in found)
    return Section(head=f"#### Problems: {counts_of_problems(found)}", items=items, noun="problem", share=0.8)


def _problem(problem: Problem) -> str:
    field = _code(problem.field_text) if problem.field else ""
    about = ": ".join(part for part in (_escaped(problem.resource), field, _escaped(problem.message)) if part)
    return f"- **{problem.severity}**{_place(problem.origin)}: {about}<br>fix: {_escaped(problem.fix)}"


def _held(run: Run) -> Iterator[str]:
    for held in run.plan.held if run.plan else ():
        yield f"- {_escaped(str(held.owner))}{_place(held.origin)}"


def _details(owners: Iterable[OwnerReport]) -> Iterator[str]:
    """Each owner's changes, folded, without those of servers that follow the cluster."""
    for report in owners:
        changes = tuple(change for change in report.changes if not change.is_server_change)
        report = replace(report, changes=changes)
        if report.changes:
            lines = [one_line(line) for line in _diff(report)]
            fence = _fence(lines)
            summary = f"<summary>{_html(str(report.owner))}: {_html(_summary(report))}</summary>"
            yield "\n".join(["<details>", summary, "", f"{fence}diff", *lines, fence, "", "</details>"])


def _servers(run: Run) -> Iterator[str]:
    """One folded sentence about the pools of which only servers follow the cluster."""
    moved = run.plan.server_changes if run.plan else ()
    if moved:
        lines = [f"{change.key}   {change.reason}" for change in moved[:MAX_FIELDS]]
        if len(moved) > MAX_FIELDS:
            lines.append(f"… and {counted(len(moved) - MAX_FIELDS, 'more pool')}")
        lines = [one_line(line) for line in lines]
        fence = _fence(lines)
        summary = f"<summary>Servers of {counted(len(moved), 'pool')} follow the cluster.</summary>"
        yield "\n".join(["<details>", summary, "", fence, *lines, fence, "", "</details>"])


def _summary(report: OwnerReport) -> str:
    counts = {change.action: sum(one.action is change.action for one in report.changes) for change in report.changes}
    told = ", ".join(f"{number} {action}" for action, number in counts.items())
    return f"{told}: {report.standing}" if report.outcome else told


def _diff(report: OwnerReport) -> Iterator[str]:
    """Lines of a diff: removed values begin with a minus, added ones with a plus."""
    if report.partners:
        yield f"! together with {', '.join(map(str, report.partners))}, because they exchange addresses"
    for outage in report.outages:
        yield f"! {outage}"
    for change in report.changes:
        told = [created(change)] if change.action is Action.CREATE else []
        yield f"{SYMBOLS[change.action]} {change.key}   {'; '.join([*filter(None, told), change.reason])}"
        if change.moved and change.action is not Action.CREATE:
            yield f"      servers: {change.moved}"
        for lost in change.lost:
            yield f"! {loss_word(change)}: {lost}"
        fields = told_fields(change)
        for field in fields[:MAX_FIELDS]:
            yield from _field(field)
        if len(fields) > MAX_FIELDS:
            yield f"      … and {counted(len(fields) - MAX_FIELDS, 'more field')}"


def _field(field: FieldChange) -> Iterator[str]:
    path = field.path.removesuffix("[]")
    before, after = shown_pair(field.before, field.after)
    if field.before is not None or not field.path.endswith("[]"):
        yield f"-     {path}: {before}"
    if field.after is not None or not field.path.endswith("[]"):
        yield f"+     {path}: {after}"


# --- texts of others --------------------------------------------------------------------------------------------------


def _place(origin: Origin | None) -> str:
    return f" {_code(f'{origin.file}:{origin.line}')}" if origin and origin.file else ""


_MEANINGFUL = re.compile(r"([\\`*_\[\]#|~$]|(?<=www)\.|:(?=//))", re.IGNORECASE)


def _escaped(text: str) -> str:
    """Text without Markdown, HTML or GitHub syntax: no link, image, mention or table cell."""
    line = one_line(text)
    if len(line) > MAX_MESSAGE_LENGTH:
        line = f"{line[: MAX_MESSAGE_LENGTH - 1]}…"
    return _html(_MEANINGFUL.sub(r"\\\1", line))


def _html(text: str) -> str:
    """Text inside HTML; an empty comment keeps a name after an @ from being called."""
    return html.escape(one_line(text), quote=False).replace("@", "@<!-- -->")


def _code(text: str) -> str:
    """A code span for text with any backticks. In a table, its bars must be escaped too."""
    line = one_line(text)
    if not line.strip():
        return line
    fence = "`" * (_longest_run(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def _fence(lines: Iterable[str]) -> str:
    """Longer than any run of backticks inside."""
    return "`" * max(3, max(map(_longest_run, lines), default=0) + 1)


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
