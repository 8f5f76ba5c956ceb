"""Kill -9 at every request boundary: before the request is carried out, or when it is and nobody hears the answer."""

import os
import random
import signal
import time
from collections.abc import Callable
from functools import partial

from tests.chaos.lab import Controller, Row, Scenario, Started, controller, judge


def crash(wanted: Scenario, chance: random.Random, deadline: float) -> Row:
    """One run killed at each boundary, in random order until the deadline; then one more run, on another machine."""
    row = Row("crash points")
    points = [(number, is_after) for number in range(wanted.requests) for is_after in (False, True)]
    chance.shuffle(points)
    for number, is_after in points:
        if row.tried and time.monotonic() > deadline:
            break
        with controller(wanted.state) as found:
            _killed(wanted, found, number, is_after=is_after)
            last = wanted.runner.run(found)
            when = "after" if is_after else "before"
            judge(row, wanted, found, last, f"killed {when} request {number}")
    return row


def _killed(wanted: Scenario, found: Controller, number: int, *, is_after: bool) -> None:
    victim: list[Started] = []

    def strike(at: int, _method: str, _path: str) -> None:
        if at == number:
            while not victim:  # the first request may be faster than the return of `start`
                time.sleep(0.001)
            os.kill(victim[0].pid, signal.SIGKILL)
            victim[0].process.join(10)

    quiet: Callable[[int, str, str], None] = partial(_nothing)
    found.interposer.before, found.interposer.after = (quiet, strike) if is_after else (strike, quiet)
    victim.append(wanted.runner.start(found))
    victim[0].wait()
    found.interposer.before = found.interposer.after = quiet


def _nothing(_number: int, _method: str, _path: str) -> None:
    return None
