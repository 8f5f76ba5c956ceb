"""Faults on request: which requests go wrong, and how.

Written by hand in a YAML file or set while the emulator runs, so a rule is checked as strictly as a seed.
"""

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any


class FaultError(ValueError):
    """A fault that cannot be used; the message says which key, why, and what would do."""


class Do(StrEnum):
    """What happens to a request that a fault is for."""

    STATUS = "status"  # answered with `status` and `body`; nothing is done
    RESET = "reset"  # the connection is reset; nothing is done
    COMMIT_AND_RESET = "commit-and-reset"  # done, but the connection is reset instead of an answer
    DELAY = "delay"  # done and answered after `delay_ms`
    TRUNCATE = "truncate"  # done, but the answer ends in the middle of its body


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A rule. Of the requests that it matches, it is for each, or for some; never for more than `times` of them.

    `nth` is for that one and, with `times`, the ones after it; `every` for each so-manieth; `probability` for as many
    as chance says, the same ones whenever the emulator is started with the same `seed`. `path` is a glob over the path,
    with or without its query. `delay_ms` passes first, whatever is done then.
    """

    do: Do
    method: str = "*"
    path: str = "*"
    nth: int | None = None
    every: int | None = None
    probability: float | None = None
    seed: int = 0
    status: int | None = None
    body: Any = None
    delay_ms: float = 0
    times: int | None = None

    def is_for(self, method: str, target: str) -> bool:
        """Whether a request is one of those that the rule counts."""
        if self.method not in ("*", method):
            return False
        path = target.partition("?")[0]
        return fnmatchcase(path, self.path) or fnmatchcase(target, self.path)


@dataclass(slots=True, kw_only=True)
class _Rule:
    """A fault with what it has seen and done so far."""

    fault: Fault
    chance: random.Random
    matched: int = 0
    fired: int = 0

    def fires(self) -> bool:
        """Count one more request; whether the fault is for it."""
        self.matched += 1
        fault = self.fault
        limit = fault.times if fault.times is not None else (1 if fault.nth is not None else None)
        is_meant = (
            (fault.nth is None or self.matched >= fault.nth)
            and (fault.every is None or self.matched % fault.every == 0)
            and (fault.probability is None or self.chance.random() < fault.probability)
            and (limit is None or self.fired < limit)
        )
        self.fired += is_meant
        return is_meant


class Faults:
    """The rules that are in force, in order; of several that are for a request, the first counts."""

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._rules = _rules(faults)

    def set(self, faults: Sequence[Fault]) -> None:
        """Replace the faults; counting starts again."""
        with self._lock:
            self._rules = _rules(faults)

    def take(self, method: str, target: str) -> Fault | None:
        """The fault for the request that has come in, if there is one."""
        if not self._rules:
            return None
        with self._lock:
            fired = [rule.fault for rule in self._rules if rule.fault.is_for(method, target) and rule.fires()]
        return fired[0] if fired else None

    def as_json(self) -> list[dict[str, Any]]:
        """The rules as they were given, with the number of requests they matched and the number they were for."""
        with self._lock:
            return [
                {key: value for key, value in asdict(rule.fault).items() if value is not None}
                | {"matched": rule.matched, "fired": rule.fired}
                for rule in self._rules
            ]


def parse_faults(document: object) -> tuple[Fault, ...]:
    """The faults of a file that has been read, or of the body of a request. Raises FaultError."""
    if document is None:
        return ()
    if not isinstance(document, Sequence) or isinstance(document, str | bytes):
        raise FaultError(f"the faults: {document!r} is not a list\n  fix: write a list of mappings")
    return tuple(_fault(one, f"faults[{index}]") for index, one in enumerate(document))


def _rules(faults: Sequence[Fault]) -> list[_Rule]:
    chances = (random.Random(fault.seed) for fault in faults)  # noqa: S311 -- chance that can be repeated, no secret
    return [_Rule(fault=fault, chance=chance) for fault, chance in zip(faults, chances, strict=True)]


def _fault(value: object, place: str) -> Fault:
    if not isinstance(value, Mapping):
        raise FaultError(f"{place}: {value!r} is not a mapping\n  fix: write keys with values")
    for key in value:
        if key not in CHECKS:
            raise FaultError(f"{place}: unknown key {key!r}{_did_you_mean(str(key), list(CHECKS))}")
    given = {key: CHECKS[key](one, f"{place}.{key}") for key, one in value.items() if one is not None}
    if "do" not in given:
        raise FaultError(f"{place}: it does not say what to do\n  fix: add `do:` with one of {', '.join(Do)}")
    fault = Fault(**given)
    _check_whole(fault, place)
    return fault


def _check_whole(fault: Fault, place: str) -> None:
    """Keys that need or exclude one another."""
    chosen = [key for key in ("nth", "every", "probability") if getattr(fault, key) is not None]
    if len(chosen) > 1:
        raise FaultError(f"{place}: {' and '.join(chosen)} are given\n  fix: keep one of them")
    if (fault.status is not None) != (fault.do is Do.STATUS):
        raise FaultError(f"{place}: `status` belongs to `do: status`, and only there\n  fix: add or remove one")
    if fault.body is not None and fault.do is not Do.STATUS:
        raise FaultError(f"{place}: `body` is not used with `do: {fault.do}`\n  fix: remove it")
    if fault.do is Do.DELAY and not fault.delay_ms:
        raise FaultError(f"{place}: it does not say how long to wait\n  fix: add `delay_ms:`")


Check = Callable[[Any, str], Any]


def _number(low: float, high: float, what: str, *, is_whole: bool = True) -> Check:
    def check(value: Any, place: str) -> Any:
        kinds = (int,) if is_whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
            raise FaultError(f"{place}: {value!r} is not {what}\n  fix: write {what}")
        return value

    return check


def _do(value: Any, place: str) -> Do:
    if value not in list(Do):
        raise FaultError(f"{place}: {value!r} is not known{_did_you_mean(str(value), list(Do))}")
    return Do(value)


def _method(value: Any, place: str) -> str:
    if value not in METHODS:
        raise FaultError(f"{place}: {value!r} is not known{_did_you_mean(str(value).upper(), METHODS)}")
    return str(value)


def _path(value: Any, place: str) -> str:
    if not isinstance(value, str) or value[:1] not in ("/", "*"):
        raise FaultError(f"{place}: {value!r} is not a path\n  fix: write one such as /api/pool*")
    return value


def _body(value: Any, _place: str) -> Any:
    return value


METHODS = ("*", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_COUNT = _number(1, 10**9, "a whole number from 1")
CHECKS: Mapping[str, Check] = {
    "do": _do,
    "method": _method,
    "path": _path,
    "nth": _COUNT,
    "every": _COUNT,
    "probability": _number(0, 1, "a number from 0 to 1", is_whole=False),
    "seed": _number(-(2**63), 2**63, "a whole number"),
    "status": _number(200, 599, "a status from 200 to 599"),
    "body": _body,
    "delay_ms": _number(0, 3_600_000, "a number of milliseconds up to an hour", is_whole=False),
    "times": _COUNT,
}


def _did_you_mean(value: str, known: Sequence[str]) -> str:
    close = get_close_matches(value, known, n=1)
    return f", did you mean {close[0]}?" if close else f"\n  fix: use one of {', '.join(known)}"
