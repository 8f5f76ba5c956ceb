"""Two runs at once, and a run beside somebody who edits by hand between its read and its write."""

import random
import time

from tests.chaos.lab import Ended, Row, Scenario, administrator, controller, judge

DONE, LOCKED = 0, 7

MOST = 50
"""Times that each is tried at the most."""


def race(wanted: Scenario, chance: random.Random, deadline: float) -> Row:
    """Two runs start at once: one writes, the other finds the lock, or nothing left to do."""
    row = Row("concurrent runs")
    while row.tried < MOST and (not row.tried or time.monotonic() < deadline):
        with controller(wanted.state) as found:
            first = wanted.runner.start(found, parallelism=8)
            time.sleep(chance.random() * 0.3)
            second = wanted.runner.start(found, parallelism=8)
            ended = [first.wait(), second.wait()]
            codes = sorted(each.code for each in ended)
            if codes not in ([DONE, DONE], [DONE, LOCKED]):
                row.notes.append(f"two runs ended with {codes}: {[each.err[-300:] for each in ended]}")
            judge(row, wanted, found, _best(ended), f"two runs, {codes}")
    return row


def _best(ended: list[Ended]) -> Ended:
    return min(ended, key=lambda each: each.code)


def edit(wanted: Scenario, chance: random.Random, deadline: float) -> Row:
    """Somebody writes a field that is none of ours just before a PUT: the edit stays, and the run converges."""
    row = Row("edits between read and write")
    while row.tried < MOST and (not row.tried or time.monotonic() < deadline):
        with controller(wanted.state) as found:
            edited: list[str] = []

            def strike(
                _number: int, method: str, path: str, *, edited: list[str] = edited, url: str = found.url
            ) -> None:
                if method == "PUT" and path.startswith("/api/pool/") and not edited:
                    edited.append(path)
                    _describe(url, path, "by hand")

            found.interposer.before = strike
            last = wanted.runner.run(found, parallelism=chance.choice([1, 8]))
            found.interposer.before = lambda _number, _method, _path: None
            if not edited or _describe(found.url, edited[0], "") != "by hand":
                row.notes.append(f"the edit of {edited} is lost")
            judge(row, wanted, found, last, f"edited {edited}")
    return row


def _describe(url: str, path: str, text: str) -> str:
    """Write the description of an object as another administrator would, and return the one it had."""
    with administrator(url) as client:
        body = client.get(path).raise_for_status().json()
        before = str(body.pop("description", ""))
        client.put(path, json=body | ({"description": text} if text else {})).raise_for_status()
    return before
