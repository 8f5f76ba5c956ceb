"""Which VirtualServices a run has changed, and which of them nobody can expect to come up."""

from collections.abc import Iterable, Mapping
from typing import Any

from sync.kinds import KINDS
from sync.model.desired import Owner
from sync.model.live import LiveObject, LiveState
from sync.model.outcome import ChangeState, Outcome
from sync.model.plan import CHANGES_OF_HANDS
from sync.model.service import Awaited

_TOUCHED = frozenset({ChangeState.APPLIED, ChangeState.RESTORED})


def awaited(outcomes: Iterable[Outcome], live: LiveState) -> tuple[Awaited, ...]:
    """The VirtualServices of all owners of which something was changed or put back, in key order."""
    owners = {
        item.change.owner
        for outcome in outcomes
        for item in outcome.changes
        if item.state in _TOUCHED and item.change.action not in CHANGES_OF_HANDS
    }
    pools: dict[Owner, list[Mapping[str, Any]]] = {}
    services: list[tuple[Owner, LiveObject]] = []
    for item in live:
        if item.is_ours and item.owner is not None and item.owner in owners:
            managed = KINDS[item.key.kind].managed
            if "servers" in managed:
                pools.setdefault(item.owner, []).append(item.body)
            if "vsvip_ref" in managed:
                services.append((item.owner, item))
    return tuple(
        Awaited(key=item.key, owner=owner, uuid=item.uuid, idle_because=_why_idle(item.body, pools.get(owner, ())))
        for owner, item in sorted(services, key=lambda pair: pair[1].key)
    )


def _why_idle(service: Mapping[str, Any], pools: Iterable[Mapping[str, Any]]) -> str:
    if not service.get("enabled", True):
        return "it is disabled"
    return "" if any(map(_has_server, pools)) else "it has no server to send to"


def _has_server(pool: Mapping[str, Any]) -> bool:
    return pool.get("enabled", True) and any(server.get("enabled", True) for server in pool.get("servers") or ())
