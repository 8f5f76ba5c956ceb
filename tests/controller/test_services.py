"""Watching VirtualServices: how long, how often, and what a Controller may answer."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sync.controller.client import ControllerClient
from sync.controller.services import watch_services
from sync.model.desired import ObjectKey, Owner, OwnerKind
from sync.model.outcome import Awaited, ServiceState, Verdict
from tests.controller.workshop import Clock
from tests.shared.scripted_controller import Answer, ScriptedController, page

Connect = Callable[..., ControllerClient]
LIST = "GET /api/virtualservice"
OWNER = Owner(kind=OwnerKind.GATEWAY, namespace="shop", name="web")
KEY = ObjectKey(kind="VirtualService", tenant="admin", cloud="Default-Cloud", name="test--shop-web")
WEB = Awaited(key=KEY, owner=OWNER, uuid="vs-1")


def runtime(state: str, reason: object = ()) -> Mapping[str, Any]:
    """A runtime as the Controller tells it."""
    return {"oper_status": {"state": state, "reason": reason}}


def listed(state: str, reason: object = ()) -> Answer:
    """A list with the one service and its runtime."""
    return page([{"uuid": "vs-1", "name": KEY.name, "runtime": runtime(state, reason)}])


def watched(connect: Connect, clock: Clock, *, seconds: float = 30, stop_after: float = 1e9) -> ServiceState:
    """What is found out about the one service."""
    with connect() as client:
        (state,) = watch_services(
            client, [WEB], seconds=seconds, timing=clock.timing, should_stop=lambda: clock.seconds >= stop_after
        )
    return state


def test_looks_become_rarer_and_end_with_the_time(controller: ScriptedController, connect: Connect) -> None:
    """Half a second, one, two, four, five …: after half a minute the last state is reported."""
    controller.on(LIST, listed("OPER_DOWN", ["pool down"]))
    clock = Clock()

    state = watched(connect, clock)

    assert (state.verdict, state.state, state.said) == (Verdict.NOT_UP, "OPER_DOWN", "pool down")
    assert (clock.seconds, len(controller.lines)) == (30, 10)


def test_a_stop_ends_the_waiting(controller: ScriptedController, connect: Connect) -> None:
    """Within half a second, and with what is known."""
    controller.on(LIST, listed("OPER_INITIALIZING"))
    clock = Clock()

    state = watched(connect, clock, stop_after=8)

    assert (state.verdict, clock.seconds) == (Verdict.NOT_UP, 8)


def test_the_deadline_of_the_run_ends_the_waiting(controller: ScriptedController, connect: Connect) -> None:
    """It bounds the whole run, this included."""
    controller.on(LIST, listed("OPER_INITIALIZING"))
    clock = Clock()
    timing = clock.timing.ending_after(3)

    with connect() as client:
        watch_services(client, [WEB], seconds=30, timing=timing, should_stop=lambda: False)

    assert clock.seconds == 3


@pytest.mark.parametrize(
    ("answers", "verdict", "said"),
    [
        pytest.param([Answer(status=503), listed("OPER_UP")], Verdict.UP, "", id="trouble that passes"),
        pytest.param([page([])], Verdict.NOT_UP, "it is gone", id="deleted meanwhile"),
        pytest.param([listed("OPER_DOWN", "a text")], Verdict.NOT_UP, "a text", id="reason as a text"),
    ],
)
def test_answers_are_read_as_what_they_mean(
    controller: ScriptedController, connect: Connect, answers: list[Answer], verdict: Verdict, said: str
) -> None:
    """Whatever the Controller answers becomes a verdict."""
    controller.on(LIST, *answers)

    state = watched(connect, Clock(), seconds=1)

    assert (state.verdict, state.said) == (verdict, said)


def test_a_controller_that_does_not_join_the_state_is_asked_for_each_service(
    controller: ScriptedController, connect: Connect
) -> None:
    """The runtime of one object has a path of its own."""
    controller.on(LIST, page([{"uuid": "vs-1", "name": KEY.name}]))
    controller.on("GET /api/virtualservice/vs-1/runtime", Answer(body=runtime("OPER_UP")))

    assert watched(connect, Clock()).verdict is Verdict.UP
