"""Statuses with what the Controller says: addresses of VIPs, and whether an owner is as Git requests; as manifests."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sync.avi.addresses import addresses
from sync.model.desired import Condition, DesiredState, Status
from sync.model.live import LiveState
from sync.model.outcome import Outcome
from sync.model.plan import Plan
from sync.model.problem import Severity
from sync.model.resources.gateway import Gateway
from sync.model.resources.registry import REGISTRY


def statuses_with_live(
    desired: DesiredState, plan: Plan, live: LiveState, outcomes: Sequence[Outcome] = ()
) -> tuple[Status, ...]:
    """The statuses of the owners; `plan` is what is left to do, `outcomes` what was done."""
    held = _addresses(live)
    unsettled = dict(_unsettled(desired, plan, outcomes))
    return tuple(_with_live(status, held.get(status.owner_name, ()), unsettled) for status in desired.statuses)


def _addresses(live: LiveState) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for item in live:
        if item.is_ours:
            found[item.owner_name] += sorted(addresses(item.body))
    return found


def _unsettled(desired: DesiredState, plan: Plan, outcomes: Sequence[Outcome]) -> Iterator[tuple[str, str]]:
    """Names of owners that are not as Git requests, with the reason; of several reasons the last one is used."""
    names = {item.owner: item.owner_name for item in desired}
    for change in plan.reviewed:
        if change.owner in names:
            yield names[change.owner], "changes are pending"
    for outcome in outcomes:
        if not outcome.is_success:
            for owner in outcome.change_set.owners:
                if owner in names:
                    yield names[owner], outcome.said
    said = {problem.resource: problem.message for problem in plan.problems if problem.severity is Severity.ERROR}
    for held in plan.held:
        yield held.name, said.get(str(held.owner), "held: left unchanged")


def _with_live(status: Status, held: Sequence[str], unsettled: Mapping[str, str]) -> Status:
    ready = _ready(status, held, unsettled.get(status.owner_name, ""))
    return replace(status, conditions=(*status.conditions, ready), addresses=tuple(held))


def _ready(status: Status, held: Sequence[str], trouble: str) -> Condition:
    scheduled = status.conditions[0]
    if scheduled.status == "False":
        return Condition(type="Ready", status="False", reason=scheduled.reason, message=scheduled.message)
    if trouble:
        return Condition(type="Ready", status="False", reason="NotApplied", message=trouble)
    if not held:
        return Condition(type="Ready", status="False", reason="NoAddress", message="its VIP has no address yet")
    return Condition(type="Ready", status="True", reason="Applied")


def manifest_of(status: Status) -> dict[str, Any]:
    """The status as a manifest in the shape of Kubernetes."""
    conditions = [asdict(condition) for condition in status.conditions]
    head = {
        "apiVersion": REGISTRY.by_group_kind[status.group_kind].api_versions[0],
        "kind": status.kind,
        "metadata": {"name": status.name, "namespace": status.namespace},
    }
    if status.group_kind == Gateway.GROUP_KIND:
        listeners = [
            {"port": item.port, "protocol": item.protocol, "conditions": [asdict(item.condition)]}
            for item in status.listeners
        ]
        addresses = [{"type": "IPAddress", "value": address} for address in status.addresses]
        return {**head, "status": {"addresses": addresses, "conditions": conditions, "listeners": listeners}}
    hostname = {"hostname": status.hostnames[0]} if status.hostnames else {}
    ingress = [{"ip": address, **hostname} for address in status.addresses]
    return {**head, "status": {"loadBalancer": {"ingress": ingress}, "conditions": conditions}}
