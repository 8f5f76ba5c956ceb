"""Every signal at every write: the run finishes what is in progress, and no VIP is down when it has ended."""

import os
import random
import signal
import time

from sync.cli.signals import ENDING, SUSPENDING
from tests.chaos.lab import Controller, Ended, Row, Scenario, Started, controller, judge, state_of

STOPPED = (130, 143)
IGNORED = frozenset({signal.SIGPIPE, signal.SIGXFSZ}) | SUSPENDING
"""By Python, and by a run that writes."""

ALIKE = frozenset(range(signal.SIGRTMIN + 1, signal.SIGRTMAX))
"""Real-time signals, of which the first and the last one stand for all."""
SIGNALS = sorted((ENDING | SUSPENDING) - ALIKE)


def interrupt(wanted: Scenario, chance: random.Random, deadline: float) -> Row:
    """One run that hears one signal just before or after one write, in random order until the deadline."""
    row = Row("signals")
    points = [(write, number) for write in range(wanted.writes) for number in SIGNALS]
    chance.shuffle(points)
    for write, number in points:
        if row.tried and time.monotonic() > deadline:
            break
        is_after = chance.random() < 0.5
        what = f"{_name(number)} {'after' if is_after else 'before'} write {write}"
        with controller(wanted.state) as found:
            names = state_of(found.url).ours.keys() & wanted.wanted.ours.keys()
            first = _signalled(wanted, found, write, number, is_after=is_after)
            lost = names - state_of(found.url).ours.keys()
            row.lost += len(lost)
            if lost or first.code not in ((0,) if number in IGNORED else STOPPED):
                row.notes.append(f"{what}: exit {first.code}, {sorted(lost)} is missing: {first.err[-300:]}")
            judge(row, wanted, found, wanted.runner.run(found), what)
    return row


def _signalled(wanted: Scenario, found: Controller, write: int, number: int, *, is_after: bool) -> Ended:
    """A run that hears the signal at its write of that number, counted from 0."""
    victim: list[Started] = []
    writes: list[int] = []

    def before(request: int, method: str, path: str) -> None:
        if path.startswith("/api/") and method != "GET":
            writes.append(request)
            if not is_after and len(writes) == write + 1:
                os.kill(victim[0].pid, number)

    def after(request: int, _method: str, _path: str) -> None:
        if is_after and writes[write : write + 1] == [request]:
            os.kill(victim[0].pid, number)

    found.interposer.before, found.interposer.after = before, after
    victim.append(wanted.runner.start(found))
    ended = victim[0].wait()
    found.interposer.before = found.interposer.after = _nothing
    return ended


def _name(number: int) -> str:
    return signal.Signals(number).name


def _nothing(_number: int, _method: str, _path: str) -> None:
    return None
