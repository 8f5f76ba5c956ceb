"""SARIF 2.1.0: problems as results at their lines; what happened as notifications of the tool, which raise no alert."""

import json
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from sync.model.desired import Owner
from sync.model.plan import Change
from sync.model.problem import Origin, Problem, Severity
from sync.model.run import Run, Wish
from sync.report.headline import Headline, Level, headline_of, headline_of_tree
from sync.report.words import loss_word, one_line

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

RULES = {
    Severity.ERROR: ("error", "Something is held until this is put right, or nothing of the tree can be used."),
    Severity.WARNING: ("warning", "Something is probably not as it was meant; nothing is held for it."),
}
"""Severity → level in SARIF, and what it means."""


def run_sarif(run: Run) -> str:
    """What `sync` planned and did."""
    return _text(run.wish.desired.cluster, headline_of(run), run.problems, _notifications(run))


def tree_sarif(wish: Wish) -> str:
    """What `validate` found."""
    return _text(wish.desired.cluster, headline_of_tree(wish.desired, wish.problems), wish.problems, ())


def _text(cluster: str, verdict: Headline, problems: Iterable[Problem], notifications: Iterable[dict[str, Any]]) -> str:
    level = "error" if verdict.level in (Level.FAILED, Level.HELD) else "note"
    run = {
        "tool": {
            "driver": {
                "name": "avi-sync",
                "rules": [
                    {"id": severity.value, "shortDescription": {"text": says}, "defaultConfiguration": {"level": level}}
                    for severity, (level, says) in RULES.items()
                ],
            }
        },
        "automationDetails": {"id": f"avi-sync/{one_line(cluster)}"},
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": verdict.level is not Level.FAILED,
                "toolExecutionNotifications": [_notification(level, verdict.words), *notifications],
            }
        ],
        "results": [_result(problem) for problem in problems],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _result(problem: Problem) -> dict[str, Any]:
    """`partialFingerprints` let a reader recognise the problem where lines have moved."""
    about = ": ".join(part for part in (problem.resource, problem.field_text, problem.message) if part)
    rules = list(RULES)
    return {
        "ruleId": problem.severity.value,
        "ruleIndex": rules.index(problem.severity),
        "level": RULES[problem.severity][0],
        "message": {"text": f"{about}\nfix: {problem.fix}"},
        **_locations(problem.origin),
        "partialFingerprints": {"problem/v1": _fingerprint(problem.file, about)},
    }


def _fingerprint(*texts: str) -> str:
    return sha256("\n".join(texts).encode("utf-8", "backslashreplace")).hexdigest()


def _notifications(run: Run) -> Iterator[dict[str, Any]]:
    """Refusals, changes, what is held, and what became of it, in the order in which every report tells them."""
    if run.locked:
        yield _notification("error", f"locked: {run.locked}")
    for refusal in run.refusals:
        yield _notification("error", f"refused: {refusal.message}\nfix: {refusal.fix}")
    if run.plan is not None:
        origins = _origins(run)
        for change in run.plan.changes:
            yield _change("note", change, origins.get(change.owner))
        for held in run.plan.held:
            yield _notification("warning", f"held: {held.owner}: nothing of it is touched", held.origin)
        for key in run.plan.foreign:
            yield _notification("warning", f"foreign: {key}")
        yield from _endings(run, origins)


def _endings(run: Run, origins: Mapping[Owner, Origin]) -> Iterator[dict[str, Any]]:
    """What became of the plan; nothing of one that was not applied."""
    for outcome in run.outcomes:
        owners = ", ".join(map(str, outcome.change_set.owners))
        said = f": {outcome.said}" if outcome.said else ""
        level = "note" if outcome.is_success else "error"
        place = next((origins[owner] for owner in outcome.change_set.owners if owner in origins), None)
        yield _notification(level, f"{outcome.state}: {owners}{said}", place)
    for service in run.services:
        level = "error" if service in run.down else "note"
        yield _notification(level, f"{service.key} is {service.verdict}: {service.state} {service.said}")
    if run.lost:
        yield _notification("error", f"after applying, the Controller could not be read again: {run.lost}")
    for change in run.remaining.changes if run.remaining else ():
        yield _change("error", change, origins.get(change.owner), still="after applying, still to ")


def _origins(run: Run) -> dict[Owner, Origin]:
    origins = run.wish.desired.origins
    return {item.owner: origins[item.owner_name] for item in run.wish.desired if item.owner_name in origins}


def _change(level: str, change: Change, origin: Origin | None, still: str = "") -> dict[str, Any]:
    lost = f"; {loss_word(change)}: {', '.join(change.lost)}" if change.lost else ""
    text = f"{still}{change.action} {change.key} of {change.owner}: {change.reason}{lost}"
    return _notification(level, text, origin)


def _notification(level: str, text: str, origin: Origin | None = None) -> dict[str, Any]:
    return {"level": level, "message": {"text": text}, **_locations(origin)}


def _locations(origin: Origin | None) -> dict[str, Any]:
    """The place, relative to the source tree; nothing for what stands in no file."""
    if origin is None or not origin.file:
        return {}
    place = {
        "artifactLocation": {"uri": quote(origin.file, errors="backslashreplace")},
        "region": {"startLine": max(origin.line, 1)},
    }
    return {"locations": [{"physicalLocation": place}]}
