"""The state of VirtualServices, polled until they are up or the time is over."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sync.controller.client import ControllerClient
from sync.controller.facts import lookups
from sync.errors import SyncError
from sync.model.outcome import Awaited, ServiceState, Verdict
from sync.timing import Timing

UP = "OPER_UP"
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 5.0
_LOOK_FOR_A_STOP_SECONDS = 0.5


def watch_services(
    client: ControllerClient,
    services: Sequence[Awaited],
    *,
    seconds: float,
    timing: Timing,
    should_stop: Callable[[], bool],
) -> tuple[ServiceState, ...]:
    """The last state of each service: as soon as all are up, else when the time, or that of the whole run, is over.

    One request per poll for all of them, unless a Controller does not join the state to the list.
    """
    ends_at = min(timing.now() + seconds, timing.ends_at)
    pause = FIRST_PAUSE_SECONDS
    while True:
        states = _look(client, services)
        left = ends_at - timing.now()
        if all(state.is_well for state in states) or left <= 0 or should_stop():
            return states
        _sleep(min(pause, left), timing, should_stop)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def _sleep(seconds: float, timing: Timing, should_stop: Callable[[], bool]) -> None:
    ends_at = timing.now() + seconds
    while not should_stop() and (left := ends_at - timing.now()) > 0:
        timing.sleep(min(left, _LOOK_FOR_A_STOP_SECONDS))


def _look(client: ControllerClient, services: Sequence[Awaited]) -> tuple[ServiceState, ...]:
    try:
        found = _runtimes(client, [service.uuid for service in services])
    except SyncError as error:
        return tuple(
            ServiceState(key=item.key, owner=item.owner, verdict=Verdict.UNKNOWN, said=error.message)
            for item in services
        )
    return tuple(_state(service, found.get(service.uuid)) for service in services)


def _runtimes(client: ControllerClient, uuids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
    """The runtime of each object that exists (AVI-RUNTIME-INVENTORY)."""
    found: dict[str, Mapping[str, Any]] = {}
    for lookup in lookups("uuid", uuids):
        for body in client.list_all("/api/virtualservice", {**lookup, "join_subresources": "runtime"}):
            runtime = body.get("runtime")
            if not isinstance(runtime, Mapping):
                runtime = client.get(f"/api/virtualservice/{body['uuid']}/runtime")
            found[str(body["uuid"])] = runtime
    return found


def _state(service: Awaited, runtime: Mapping[str, Any] | None) -> ServiceState:
    if runtime is None:
        return ServiceState(key=service.key, owner=service.owner, verdict=Verdict.NOT_UP, said="it is gone")
    status = runtime.get("oper_status") or {}
    state = str(status.get("state", ""))
    reasons = status.get("reason") or ()
    said = " ".join(map(str, reasons)) if isinstance(reasons, list) else str(reasons)
    if state == UP:
        verdict, said = Verdict.UP, ""
    elif service.idle_because:
        verdict, said = Verdict.IDLE, service.idle_because
    else:
        verdict = Verdict.NOT_UP
    return ServiceState(key=service.key, owner=service.owner, verdict=verdict, state=state, said=said)
