"""Plans that are saved and applied later: what must not have changed, and what has."""

from collections.abc import Iterator, Mapping
from typing import Any

from sync.compare.moves import without_servers
from sync.compare.normal_form import digest
from sync.model.live import LiveState
from sync.model.plan import Action, Change, Plan, Refusal, SavedPlan, Write


def fingerprints(plan: Plan, live: LiveState) -> Mapping[str, str]:
    """One fingerprint per write: its body, and the version of the live object that it is for.

    Servers that follow the cluster are no part of it: they are whatever they are when the plan is applied.
    """
    followed = {change.key for change in plan.server_changes}
    writes = (write for item in plan.change_sets for write in item.writes if write.key not in followed)
    return {f"{write.method} {write.key}": _fingerprint(write, live) for write in writes}


def _fingerprint(write: Write, live: LiveState) -> str:
    found = live.objects.get(write.key)
    version = _version(found.body) if found is not None and write.uuid else ""
    body: Any = without_servers(write.body) if write.body else write.body
    return digest([write.method, str(write.key), write.uuid, version, body])


def _version(live: Mapping[str, Any]) -> Any:
    """What changes with every edit; of a pool that follows the cluster, a run may have written servers meanwhile."""
    version = live.get("_last_modified", "")
    rest = without_servers(live)
    return version if rest is live else {name: value for name, value in rest.items() if name != "_last_modified"}


def described(change: Change) -> str:
    """A change on one line, without values: they may be somebody's secret."""
    paths = ", ".join(field.path for field in change.fields) if change.action is Action.UPDATE else ""
    return f"{change.action} {change.key}{f' ({paths})' if paths else ''}"


def moved(saved: SavedPlan, commit: str, plan: Plan, live: LiveState) -> tuple[Refusal, ...]:
    """Why a saved plan must not be applied: what has changed since; empty if the plan is still the same."""
    fix = "review the current plan, and save it with avi-sync plan --out FILE"
    return tuple(
        Refusal(message=f"the saved plan is out of date: {line}", fix=fix) for line in _moved(saved, commit, plan, live)
    )


def _moved(saved: SavedPlan, commit: str, plan: Plan, live: LiveState) -> list[str]:
    found = [] if saved.commit == commit else [f"the commit: {saved.commit or 'none'} was planned, now it is {commit}"]
    found += _other_changes(saved, plan)
    found += _other_versions(saved, fingerprints(plan, live))
    if not found and saved.digest != plan.digest:
        found.append(f"the plan: its digest was {saved.digest}, now it is {plan.digest}")
    return found


def _other_changes(saved: SavedPlan, plan: Plan) -> Iterator[str]:
    now = [described(change) for change in plan.reviewed]
    yield from (f"no longer planned: {line}" for line in saved.changes if line not in now)
    yield from (f"planned now: {line}" for line in now if line not in saved.changes)


def _other_versions(saved: SavedPlan, now: Mapping[str, str]) -> Iterator[str]:
    for name, fingerprint in saved.writes.items():
        if now.get(name, fingerprint) != fingerprint:
            yield f"the live object or the request for it has changed: {name}"
