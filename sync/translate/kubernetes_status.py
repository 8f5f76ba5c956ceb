"""The statuses that AKO would write back (AKO-STATUS), but with a correct `Scheduled`, which AKO inverts.

This part is known before anything is applied: whether an owner is served, held or not ours.
`sync.report.kubernetes_status` adds what the Controller says: addresses, and whether the owner is ready.
"""

from collections.abc import Sequence
from dataclasses import replace

from sync.model.desired import Condition, ListenerStatus, Status
from sync.model.problem import Problem, Severity
from sync.model.resources.core import Service
from sync.model.resources.gateway import Gateway


def gateway_status(
    gateway: Gateway,
    owner_name: str,
    not_served: Condition | None,
    problems: Sequence[Problem],
    *,
    served: frozenset[tuple[str, int]],
    address: str | None,
) -> Status:
    """`served` holds protocol and port of the listeners that have a pool, `address` is the requested one."""
    error = _first_error(problems)
    scheduled = _scheduled(not_served, error, (error.reason if error else "") or "Held")
    return Status(
        group_kind=Gateway.GROUP_KIND,
        namespace=gateway.namespace,
        name=gateway.name,
        owner_name=owner_name,
        is_served=not_served is None,
        conditions=(scheduled,),
        addresses=(address,) if address and scheduled.status == "True" else (),
        listeners=tuple(
            ListenerStatus(
                port=listener.port,
                protocol=listener.protocol,
                condition=_listener(scheduled, is_served=listener.port_key in served),
            )
            for listener in gateway.spec.listeners
        ),
    )


def service_status(
    service: Service, owner_name: str, not_served: str, problems: Sequence[Problem], hostnames: Sequence[str]
) -> Status:
    """Of a LoadBalancer Service, or of one that serves a Gateway: AKO writes addresses to both."""
    return Status(
        group_kind=Service.GROUP_KIND,
        namespace=service.namespace,
        name=service.name,
        owner_name=owner_name,
        is_served=not not_served,
        has_addresses=service.spec.type == "LoadBalancer",
        conditions=(_scheduled(not_scheduled(not_served) if not_served else None, _first_error(problems), "Held"),),
        hostnames=tuple(hostnames),
    )


def not_scheduled(message: str, reason: str = "NotServed") -> Condition:
    """The condition of a resource that is not served."""
    return Condition(type="Scheduled", status="False", reason=reason, message=message)


def _first_error(problems: Sequence[Problem]) -> Problem | None:
    return next((problem for problem in problems if problem.severity is Severity.ERROR), None)


def _scheduled(not_served: Condition | None, error: Problem | None, reason: str) -> Condition:
    if not_served:
        return not_served
    if error:
        return not_scheduled(error.message, reason)
    return Condition(type="Scheduled", status="True", reason="Translated")


def _listener(scheduled: Condition, *, is_served: bool) -> Condition:
    if scheduled.status == "False":
        return Condition(type="Ready", status="False", reason=scheduled.reason, message=scheduled.message)
    if not is_served:
        return Condition(type="Ready", status="False", reason="NoService", message="no Service serves this listener")
    return Condition(type="Ready", status="True", reason="Translated")


def held_status(status: Status, message: str) -> Status:
    """The status of an owner that is held for a reason that was found later."""
    held = not_scheduled(message, "Held")
    listeners = tuple(replace(item, condition=_listener(held, is_served=False)) for item in status.listeners)
    return replace(status, conditions=(held,), addresses=(), listeners=listeners)
