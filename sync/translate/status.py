"""The conditions that AKO would write back, told truthfully (ako-semantics §10, but its inverted `Scheduled`)."""

from collections.abc import Sequence

from sync.model.desired import Condition, Status
from sync.model.problem import Problem, Severity
from sync.model.resources.core import Service
from sync.model.resources.gateway import Gateway


def gateway_status(gateway: Gateway, not_served: str, problems: Sequence[Problem]) -> Status:
    """As far as it is known before anything is applied; addresses come from the Controller."""
    addresses = tuple(address.value for address in gateway.spec.addresses[:1] if address.type == "IPAddress")
    return Status(
        kind="Gateway",
        namespace=gateway.namespace,
        name=gateway.name,
        conditions=(_scheduled(not_served, problems),),
        addresses=() if not_served else addresses,
    )


def service_status(service: Service, not_served: str, problems: Sequence[Problem], hostnames: Sequence[str]) -> Status:
    """As for a Gateway."""
    return Status(
        kind="Service",
        namespace=service.namespace,
        name=service.name,
        conditions=(_scheduled(not_served, problems),),
        hostnames=tuple(hostnames),
    )


def _scheduled(not_served: str, problems: Sequence[Problem]) -> Condition:
    if not_served:
        return Condition(type="Scheduled", status="False", reason="NotServed", message=not_served)
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    if errors:
        return Condition(type="Scheduled", status="False", reason="Held", message=errors[0].message)
    return Condition(type="Scheduled", status="True", reason="Translated")
