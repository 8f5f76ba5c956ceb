"""Fields that somebody else may set on live objects (`SyncSettings.ignore`): neither compared nor overwritten."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from sync.model.desired import AviObject, DesiredState, ObjectKey
from sync.model.problem import Origin, Problem, Severity
from sync.model.settings import VALUES_FILE, IgnoreRule


def with_ignored(item: AviObject, rules: Sequence[IgnoreRule], today: date) -> AviObject:
    """The object with the fields that rules in force exempt; a rule counts up to the day on which it expires."""
    fields = frozenset(rule.field for rule in rules if today <= rule.expires and _covers(rule, item.key))
    return replace(item, ignored=fields) if fields else item


def expired(rules: Sequence[IgnoreRule], today: date) -> Iterator[Problem]:
    """A warning for each expired rule: its field is managed again."""
    for number, rule in enumerate(rules):
        if today > rule.expires:
            yield Problem(
                severity=Severity.WARNING,
                message=f"the rule that ignores {rule.field} of {rule.kind} {rule.name} expired on {rule.expires}",
                fix=f"remove it, or set a later date ({rule.reason})",
                origin=Origin(file=VALUES_FILE),
                field=("SyncSettings", "ignore", number, "expires"),
            )


def matching_nothing(rules: Sequence[IgnoreRule], desired: DesiredState, today: date) -> Iterator[Problem]:
    """A warning for each rule in force that covers no desired object.

    None while owners are held or the tree is incomplete: the objects may be those that are missing.
    """
    if desired.held or desired.holds_everything or not desired.is_complete:
        return
    for number, rule in enumerate(rules):
        if today <= rule.expires and not any(_covers(rule, item.key) for item in desired):
            yield Problem(
                severity=Severity.WARNING,
                message=f'no {rule.kind} is named "{rule.name}": the rule that ignores its {rule.field} has no effect',
                fix="correct the name (a glob over names such as cluster--namespace-gateway), or remove the rule",
                origin=Origin(file=VALUES_FILE),
                field=("SyncSettings", "ignore", number),
            )


def _covers(rule: IgnoreRule, key: ObjectKey) -> bool:
    return rule.kind == key.kind and fnmatchcase(key.name, rule.name)


def is_ignored(path: str, fields: Iterable[str]) -> bool:
    """Whether a difference is in one of the fields; a list is ignored as a whole."""
    return any(path == field or path.startswith((f"{field}.", f"{field}[")) for field in fields)


def with_live_values(body: Mapping[str, Any], live: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    """The body with the values that the fields have live; a field that is not set live is left out."""
    found = dict(body)
    for field in fields:
        found = _carried(found, live, field.split("."))
    return found


def _carried(body: Mapping[str, Any], live: Mapping[str, Any], path: Sequence[str]) -> dict[str, Any]:
    first, *rest = path
    found = dict(body)
    if rest:
        inner, there = body.get(first), live.get(first)
        carried = _carried(
            inner if isinstance(inner, Mapping) else {}, there if isinstance(there, Mapping) else {}, rest
        )
        if carried or first in body:
            found[first] = carried
    elif first in live:
        found[first] = live[first]
    else:
        found.pop(first, None)
    return found
