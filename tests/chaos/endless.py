"""Templates and answers that never end: a message in time, nothing lost, and the same end once they are gone."""

import gzip
import json
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.chaos.lab import BEFORE, SETTINGS, Row, Runner, Scenario, controller, judge, snapshot, state_of
from tests.shared.tree import Tree

_LONG = '{% set s = "a" * 1900000 %}'
_DEEP = "{% set a = (1,) %}{% set b = (1,) %}" + "{% set a = (a, a) %}{% set b = (b, b) %}" * 60
TEMPLATES: tuple[str, ...] = (
    _LONG + "{% for a in s %}{% for b in s %}{% for c in s %}{% endfor %}{% endfor %}{% endfor %}{}",
    _LONG + '{% for a in "x" * 90000 %}{% if s == s|upper %}{% endif %}{% endfor %}{}',
    "{% macro m(n) %}{% if n %}{{ raw(m(n - 1)) }}{{ raw(m(n - 1)) }}{% endif %}{% endmacro %}{{ m(99) }}",
    _DEEP + '{"x": {{ a == b }}}',
    _DEEP + '{"x": {{ a }}}',
    '{"x": {{ "a" * 10**9 }}}',
    '{"x": {{ 9**(9**9) }}}',
    '{"x": {{ "%999999999d" % 1 }}}',
    '{"x": {{ "{:{}}".format(1, 999999999) }}}',
    '{"x": {{ "a"|center(10**9) }}}',
    '{"x": {{ ("x" * 100000)|replace("x", "y" * 100000) }}}',
    '{"x": ' + "[" * 50_000 + "]" * 50_000 + "}",
    "{{ 1" + "+1" * 40_000 + " }}",
    '{"x": {{ raw.format("{0.__globals__}", ref) }}}',
)
_TEMPLATE_SECONDS = 45
"""For a whole run on a busy machine; none of them would end by itself."""


def templates(folder: Path, chance: random.Random, deadline: float) -> Row:
    """Each in place of one of ours, then taken away again: meanwhile everything live stays as it is."""
    row = Row("endless templates")
    tree = Tree.make(folder / "endless", SETTINGS)
    tree.commit(**BEFORE)
    with _applied(folder, tree) as wanted:
        for text in chance.sample(TEMPLATES, len(TEMPLATES)):
            if row.tried and time.monotonic() > deadline:
                break
            kind = chance.choice(["vsvip", "pool", "l4policyset", "virtualservice"])
            what = f"templates/{kind}.json.j2: {text[:80]}"
            with controller(wanted.state) as found:
                _try_template(row, wanted, tree, found, f"templates/{kind}.json.j2", text)
                judge(row, wanted, found, wanted.runner.run(found), what)
    return row


def _try_template(row: Row, wanted: Scenario, tree: Tree, found: Any, path: str, text: str) -> None:
    tree.write({path: text})
    tree.commit()
    begin = time.monotonic()
    ended = wanted.runner.run(found, "sync", "--deadline", "30")
    seconds = time.monotonic() - begin
    if ended.code not in (3, 5) or path not in ended.out or seconds > _TEMPLATE_SECONDS or found.writes():
        row.notes.append(f"{text[:80]}: exit {ended.code} after {seconds:.0f} s, {found.writes()}, {ended.err[-300:]}")
    (tree.folder / path).unlink()
    tree.commit()


# --- answers ----------------------------------------------------------------------------------------------------------

Body = Callable[["Endless", bytes], Iterable[bytes]]


def _drip(endless: "Endless", body: bytes) -> Iterator[bytes]:
    """A byte now and then."""
    del body
    while not endless.is_over.wait(0.2):
        yield b" "


def _one(make: Callable[[bytes], bytes]) -> Body:
    return lambda _, body: [make(body)]


def _changed(**fields: Any) -> Body:
    """What the Controller says, with other fields in the list or in each of its objects."""

    def change(body: bytes) -> bytes:
        try:
            value = json.loads(body)
        except ValueError:
            return body
        if isinstance(value, dict):
            for item in value.get("results", [value]) if "markers" in fields else [value]:
                item.update(fields)
        return json.dumps(value).encode()

    return _one(change)


ANSWERS: Mapping[str, tuple[Body, bool]] = {
    "a byte now and then": (_drip, False),
    "gzip bomb": (_one(lambda _: _bomb()), True),
    "nested": (_one(lambda _: b"[" * 100_000 + b"]" * 100_000), False),
    "count": (_changed(count=10**9), False),
    "markers null": (_changed(markers=None), False),
    "marker null": (_changed(markers=[None]), False),
    "values null": (_changed(markers=[{"key": "clustername", "values": None}]), False),
}
"""By name: what is answered, and whether it is packed."""


def _bomb() -> bytes:
    return gzip.compress(b"[" + b" " * 100_000_000 + b"]", compresslevel=1)


class Endless:
    """Stands before the emulator's application; requests are carried out, and some answers are replaced."""

    def __init__(self, application: Callable[..., Iterable[bytes]], name: str, strikes: range) -> None:
        self.is_over = threading.Event()
        self._application = application
        self._body, self._is_packed = ANSWERS[name]
        self._strikes = strikes
        self._number = -1
        self._lock = threading.Lock()

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """One request, WSGI."""
        with self._lock:
            self._number += 1
            is_struck = self._number in self._strikes and not self.is_over.is_set()
        if not is_struck or str(environ["REQUEST_URI"]).startswith("/log"):
            return self._application(environ, start_response)
        kept: list[Any] = []
        body = b"".join(self._application({**environ, "HTTP_ACCEPT_ENCODING": ""}, lambda *said: kept.extend(said)))
        headers = [pair for pair in kept[1] if pair[0].lower() not in ("content-length", "content-encoding")]
        start_response(kept[0], [*headers, *([("Content-Encoding", "gzip")] if self._is_packed else [])])
        return self._body(self, body)


def answers(wanted: Scenario, chance: random.Random, deadline: float) -> Row:
    """From some request on, one or a few answers are endless; the next run finds everything as it should be."""
    row = Row("endless answers")
    numbers = range(1, wanted.requests, 3)
    points = [(name, number, length) for name in ANSWERS for number in numbers for length in (1, 3)]
    chance.shuffle(points)
    for name, number, length in points:
        if row.tried and time.monotonic() > deadline:
            break
        what = f"{name} at {length} from request {number}"
        with controller(wanted.state) as found:
            server = found.emulator._server
            assert server is not None
            endless = Endless(found.interposer, name, range(number, number + length))
            server.wsgi_app = endless
            last = wanted.runner.run(found)
            endless.is_over.set()
            if last.code not in (0, 5, 6, 7) or "Traceback" in last.err:
                row.notes.append(f"{what}: exit {last.code}, {last.err[-400:]}")
            if last.code != 0:
                last = wanted.runner.run(found)
            judge(row, wanted, found, last, what)
    return row


@contextmanager
def _applied(folder: Path, tree: Tree) -> Iterator[Scenario]:
    """A Controller's state after a tree was applied to it, and that state as what is wanted."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        place = Path(name)
        runner = Runner(place, tree)
        with controller(place / "none") as first:
            ended = runner.run(first)
            assert ended.code == 0, ended.err + ended.out
            state = state_of(first.url)
            snapshot(first, place / "state.sqlite")
        yield Scenario(
            state=place / "state.sqlite", runner=runner, wanted=state, requests=0, writes=0, foreign=state.foreign
        )
