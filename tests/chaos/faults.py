"""Every kind of fault at every request: the same end, or a truthful exit code and the same end after one more run."""

import random
import time
from collections.abc import Mapping
from typing import Any

from tests.chaos.lab import Row, Scenario, controller, judge

FAULTS: tuple[Mapping[str, Any], ...] = (
    {"do": "status", "status": 401, "body": {"error": "Unauthorized"}},
    {"do": "status", "status": 403, "body": {"error": "Configuration is disallowed during upgrade"}},
    {"do": "status", "status": 408},
    {"do": "status", "status": 412, "body": {"error": "Concurrent Update Error"}},
    {"do": "status", "status": 429},
    {"do": "status", "status": 500, "body": {"error": "Internal Error"}},
    {"do": "status", "status": 503, "body": {"error": "Service Unavailable"}},
    {"do": "reset"},
    {"do": "commit-and-reset"},
    {"do": "truncate"},
    {"do": "delay", "delay_ms": 300},
)


def inject(wanted: Scenario, chance: random.Random, deadline: float) -> Row:
    """One fault in one run, in random order until the deadline."""
    row = Row("faults injected")
    points = [(number, fault) for number in range(wanted.requests) for fault in FAULTS]
    chance.shuffle(points)
    for number, fault in points:
        if row.tried and time.monotonic() > deadline:
            break
        what = f"{fault['do']} {fault.get('status', '')} at request {number}"
        with controller(wanted.state, faults=[{"nth": number + 1, **fault}]) as found:
            last = wanted.runner.run(found)
            found.calm()
            if last.code == 1:
                row.notes.append(f"{what}: {last.err[-400:]}")
            if last.code != 0:
                last = wanted.runner.run(found)
            judge(row, wanted, found, last, what)
    return row
