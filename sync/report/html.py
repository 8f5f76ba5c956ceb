"""One page that shows a result: no network, no build step, everything in one file.

The page gets its data as JSON and builds what is visible from it. Texts of manifests and of the Controller are
only shown as text, and its content security policy allows only its own script, by hash.
"""

import html
import json
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from sync.avi.markers import Markers
from sync.compare.unknown_servers import unknown_servers, with_servers
from sync.kinds import KINDS, Part
from sync.model.desired import AviObject, DesiredState, ObjectKey, Owner
from sync.model.outcome import ChangeOutcome, Verdict
from sync.model.plan import CHANGES_OF_HANDS, Action, Change, ChangeSet
from sync.model.problem import Problem
from sync.model.run import Run
from sync.plan.serving import Bodies, Body
from sync.report.headline import Headline, headline_of, headline_of_tree
from sync.report.owners import HELD, UNCHANGED, OwnerReport, owners_of, owners_of_tree
from sync.report.page import read_parts
from sync.report.topology import GOES, Box, Picture, Row, picture_of
from sync.report.words import HELD_SYMBOL, SYMBOLS, told_fields

MAX_ROWS = 60
"""The limit for one box in a picture, such as the servers of a pool; rows that change are kept first."""

MAX_CREATES_IN_FULL = 2_000
"""Up to this number of created objects, the page has every field; above, only the names."""

_GRAVEST = (Action.REPLACE, Action.DELETE, Action.UPDATE, Action.CREATE)
_GRAVEST_FIRST = (*_GRAVEST, *(action for action in Action if action not in _GRAVEST))


def run_html(run: Run) -> str:
    """What `sync` planned and did."""
    plan = run.plan
    before = _before(run)
    is_full = bool(plan and plan.count(Action.CREATE) <= MAX_CREATES_IN_FULL)
    positions = {problem: number for number, problem in enumerate(run.problems)}
    sets = {owner: item for item in (plan.change_sets if plan else ()) for owner in item.owners}
    reports = sorted(owners_of(run), key=_gravity)
    owners = []
    for report in reports:
        was = before.get(report.owner, {})
        picture = picture_of(report, was, _after(report, was, run))
        writes = _writes(report, sets.get(report.owner))
        owners.append(_owner(report, picture, positions, writes, is_full=is_full))
    document = {
        **_head(_word(run), headline_of(run), run.desired),
        "digest": plan.digest if plan else "",
        "isPlanned": run.is_only_planned,
        "isFull": is_full or plan is None,
        "notes": list(_notes(run)),
        "counts": list(_counts(run, reports)),
        "owners": owners,
        "problems": [_problem(problem) for problem in run.problems],
    }
    return _page(document)


def tree_html(desired: DesiredState) -> str:
    """The desired state of a source tree, without a Controller."""
    objects: dict[Owner, dict[ObjectKey, Body]] = defaultdict(dict)
    for item in desired:
        objects[item.owner][item.key] = item.body
    positions = {problem: number for number, problem in enumerate(desired.problems)}
    reports = sorted(owners_of_tree(desired), key=_gravity)
    document = {
        **_head("Source", headline_of_tree(desired), desired),
        "digest": "",
        "isPlanned": True,
        "isFull": True,
        "notes": [],
        "counts": list(_counts_of_standings(reports, len(desired.objects))),
        "owners": [
            _owner(report, picture_of(report, objects[report.owner], objects[report.owner]), positions, ())
            for report in reports
        ],
        "problems": [_problem(problem) for problem in desired.problems],
    }
    return _page(document)


# --- the file ---------------------------------------------------------------------------------------------------------


def _page(document: Mapping[str, Any]) -> str:
    parts = read_parts()
    policy = "; ".join(
        (
            "default-src 'none'",
            f"script-src '{_hash(parts.script)}'",
            f"style-src '{_hash(parts.style)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    return parts.markup.substitute(
        policy=policy,
        title=html.escape(f"avi-sync: {document['headline']}"),
        style=parts.style,
        script=parts.script,
        data=_in_script(document),
    )


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


_WRITTEN_OUT = str.maketrans({one: f"\\u{ord(one):04x}" for one in "<>&\u2028\u2029"})


def _in_script(document: Mapping[str, Any]) -> str:
    """JSON that cannot end the element that contains it, nor start another."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).translate(_WRITTEN_OUT)


# --- what it shows ----------------------------------------------------------------------------------------------------


def _head(word: str, headline: Headline, desired: DesiredState) -> dict[str, Any]:
    return {
        "word": word,
        "level": headline.level.value,
        "headline": headline.words,
        "commit": desired.commit,
        "cluster": desired.cluster,
        "signs": {action.value: SYMBOLS[action] for action in _GRAVEST_FIRST},
    }


def _word(run: Run) -> str:
    if run.plan is None or run.is_dry:
        return "Plan"
    if run.is_only_planned:
        return "In sync" if run.plan.is_empty else "Not applied"
    return "Applied"


def _notes(run: Run) -> Iterator[dict[str, str]]:
    """Notes about the run as a whole."""
    if run.locked:
        yield {"tone": "failed", "text": f"Locked: {run.locked}", "fix": ""}
    for refusal in run.refusals:
        yield {"tone": "failed", "text": f"Refused: {refusal.message}", "fix": refusal.fix}
    if run.lost:
        text = f"After applying, the Controller could not be read again: {run.lost}"
        yield {"tone": "failed", "text": text, "fix": ""}
    for service in run.services:
        if service.verdict is not Verdict.UP:
            text = f"{service.key} is {service.verdict}: {service.state} {service.said}"
            yield {"tone": "failed" if service in run.down else "held", "text": text, "fix": ""}
    for change in run.remaining.changes if run.remaining else ():
        yield {"tone": "failed", "text": f"After applying, still to do: {change.action} {change.key}", "fix": ""}
    for key in run.plan.foreign if run.plan else ():
        yield {
            "tone": "held",
            "text": f"The name {key} belongs to an object that is not ours: its owner is held.",
            "fix": "",
        }


def _counts(run: Run, reports: Iterable[OwnerReport]) -> Iterator[dict[str, Any]]:
    """The filters, with the numbers of objects and owners."""
    found = run.counts
    for action in _GRAVEST_FIRST:
        planned = run.plan.count(action) if run.plan else 0
        if action in found or planned:
            owners = sum(
                any(change.action is action and not change.is_server_change for change in report.changes)
                for report in reports
            )
            yield {**_count(action.value, SYMBOLS[action], found.get(action, 0), owners), "planned": planned}
    yield from _counts_of_standings(reports, run.plan.unchanged if run.plan else 0)


def _counts_of_standings(reports: Iterable[OwnerReport], unchanged: int) -> Iterator[dict[str, Any]]:
    standings = [report.standing for report in reports]
    failed = sum(report.has_failed for report in reports)
    if failed:
        yield _count("failed", "✕", failed, failed)
    yield _count(HELD, HELD_SYMBOL, standings.count(HELD), standings.count(HELD))
    yield _count(UNCHANGED, "=", unchanged, standings.count(UNCHANGED))


def _count(name: str, sign: str, number: int, owners: int) -> dict[str, Any]:
    return {"id": name, "sign": sign, "number": number, "owners": owners}


def _gravity(report: OwnerReport) -> int:
    """Owners that need attention first; otherwise the order of all reports."""
    if report.has_failed:
        return 0
    if report.outages:
        return 1
    if report.is_failure:
        return 2
    return 3 if report.changes else 4


def _addresses(picture: Picture) -> Iterator[str]:
    """The desired addresses and names, for the list."""
    for box in picture.boxes:
        if box.kind in KINDS and KINDS[box.kind].part is Part.ADDRESS:
            yield from (row.text for row in box.rows if row.sign != GOES)


def _owner(
    report: OwnerReport,
    picture: Picture,
    positions: Mapping[Problem, int],
    writes: Iterable[list[str]],
    *,
    is_full: bool = True,
) -> dict[str, Any]:
    """One owner, without empty values, because there may be thousands."""
    found = {
        "kind": report.owner.kind.value,
        "namespace": report.owner.namespace,
        "name": report.owner.name,
        "standing": report.standing,
        "hasFailed": report.has_failed,
        "addresses": list(_addresses(picture)),
        "file": report.origin.file if report.origin else "",
        "line": report.origin.line if report.origin else 0,
        "outages": report.outages,
        "partners": [str(partner) for partner in report.partners],
        "said": report.said,
        "changes": [_change(change, report.ends.get(change.key), is_full=is_full) for change in report.changes],
        "writes": list(writes) if report.changes else [],
        "problems": [positions[problem] for problem in dict.fromkeys((*report.causes, *report.problems))],
        "nodes": [_box(box) for box in picture.boxes],
        "edges": [[edge.start, edge.end, edge.sign] for edge in picture.edges],
    }
    return {key: value for key, value in found.items() if value}


def _change(change: Change, end: ChangeOutcome | None, *, is_full: bool) -> dict[str, Any]:
    all_of_it = change.fields if is_full else ()
    told = all_of_it if change.action is Action.CREATE else told_fields(change)
    return {
        "action": change.action.value,
        "kind": change.key.kind,
        "tenant": change.key.tenant,
        "name": change.key.name,
        "reason": change.reason,
        "cause": change.cause.value,
        "lost": change.lost,
        "end": end.state.value if end else "",
        "said": end.said if end else "",
        "fields": [[field.path, field.before, field.after] for field in told],
    }


def _box(box: Box) -> list[Any]:
    """Column, kind, title, sign, the object's key, rows, and how many rows are left out."""
    kept = _kept(box.rows)
    rows = [[row.sign, row.text] for row in kept]
    return [box.column, box.kind, box.title, box.sign, box.key, rows, len(box.rows) - len(rows)]


def _kept(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    if len(rows) <= MAX_ROWS:
        return rows
    if len({row.sign for row in rows}) == 1:
        return rows[:MAX_ROWS]
    room = MAX_ROWS - sum(bool(row.sign) for row in rows)
    kept = []
    for row in rows:
        room -= not row.sign
        if row.sign or room >= 0:
            kept.append(row)
    return tuple(kept)


def _writes(report: OwnerReport, planned: ChangeSet | None) -> Iterator[list[str]]:
    """The requests of an owner's change set in order, each with its result."""
    for item in report.writes:
        yield [item.write.method.value, str(item.write.key), item.state.value, item.said]
    if report.outcome is None and planned is not None:
        for write in planned.writes:
            yield [write.method.value, str(write.key), "", ""]


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "severity": problem.severity.value,
        "file": problem.file,
        "line": problem.line,
        "resource": problem.resource,
        "field": problem.field_text,
        "message": problem.message,
        "fix": problem.fix,
    }


# --- objects before and after -----------------------------------------------------------------------------------------


def _before(run: Run) -> Mapping[Owner, dict[ObjectKey, Body]]:
    """Live objects by owner: ours, and others that change."""
    found: dict[Owner, dict[ObjectKey, Body]] = defaultdict(dict)
    for item in run.before:
        if item.is_ours and item.owner is not None:
            found[item.owner][item.key] = item.body
    for change in run.plan.changes if run.plan else ():
        if change.key in run.before.objects:
            found[change.owner][change.key] = run.before.objects[change.key].body
    return found


def _after(report: OwnerReport, before: Bodies, run: Run) -> Bodies:
    """The same objects with all changes applied; written objects are as the Controller shows them."""
    if not report.changes:
        return before
    after = dict(before)
    is_written = report.outcome is not None and not report.has_failed
    for change in report.changes:
        if change.action is Action.DELETE:
            after.pop(change.key, None)
        elif is_written and run.live is not None and change.key in run.live.objects:
            after[change.key] = run.live.objects[change.key].body
        elif change.action not in CHANGES_OF_HANDS and change.key in run.desired.objects:
            after[change.key] = _overlaid(run.desired.objects[change.key], before.get(change.key, {}))
    return after


def _overlaid(desired: AviObject, live: Body) -> Body:
    """The desired body with what is left alone as it is."""
    if servers := unknown_servers(desired, live):
        desired = with_servers(desired, servers, Markers.of(live))
    return {**desired.body, **{name: live[name] for name in desired.left_alone if name in live}}
