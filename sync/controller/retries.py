"""Which failures are met by sending the request again, and when."""

import email.utils
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

import httpx
import tenacity

from sync.controller.bounds import TooLargeError
from sync.controller.errors import ControllerError
from sync.timing import Timing

_LOG = logging.getLogger(__name__)

T = TypeVar("T")

MOST_TRIES = 5
MOST_SECONDS = 120.0
"""How long one request may wait for its tries, all waits together: our own come to 10 s, `Retry-After` may ask more."""


class Trouble(StrEnum):
    """The ways in which a request fails that may pass by themselves."""

    NOT_SENT = "not sent"
    """No connection came about: the Controller has not seen the request."""
    NO_ANSWER = "no answer"
    """It was sent, and nobody knows what became of it."""
    BUSY = "busy"
    """Not executed: it took too long to arrive, or too many came."""
    UPGRADING = "upgrading"
    """Not executed: configuration is closed."""
    UNAVAILABLE = "unavailable"
    """A proxy or a starting Controller answered, perhaps after the request had got through."""
    BROKEN = "broken"
    """It failed inside."""


STATUSES: Mapping[int, Trouble] = {
    408: Trouble.BUSY,  # RFC 9110 §15.5.9: the request did not arrive in full
    429: Trouble.BUSY,  # RFC 6585 §4
    500: Trouble.BROKEN,  # "record not found" while the Controller catches up (AVI-RECORD-NOT-FOUND)
    502: Trouble.UNAVAILABLE,
    503: Trouble.UNAVAILABLE,  # "INITIALIZING - Controller is not ready" (AVI-NOT-READY)
    504: Trouble.UNAVAILABLE,
}

UPGRADING_TEXT = "Configuration is disallowed during upgrade"
"""With 403 (AVI-UPGRADE-REFUSAL)."""

_NOT_EXECUTED = frozenset({Trouble.NOT_SENT, Trouble.BUSY, Trouble.UPGRADING})

REPEATED: Mapping[str, frozenset[Trouble]] = {
    "GET": frozenset(Trouble),
    # The body carries the `_last_modified` that was read: where the first one did get through, the second meets 412,
    # and who sent it reads again (`sync.controller.writes`).
    "PUT": frozenset(Trouble),
    # A uuid never comes back: where the first one did get through, the second meets 404, which is what was wanted.
    "DELETE": frozenset(Trouble),
    # A second POST would make a second object, or a conflict with our own; who sent it looks for the name first.
    "POST": _NOT_EXECUTED,
    # A mistyped address shall be told at once.
    "first login": frozenset({Trouble.BUSY, Trouble.UNAVAILABLE}),
    # The address was right before; one session more does no harm.
    "login": frozenset(Trouble),
}
"""Method → troubles after which the same request is sent again."""

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


def trouble_of(error: httpx.RequestError) -> Trouble | None:
    """The kind of a failure without an answer; None where another try would end alike."""
    if isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol | TooLargeError):
        return None
    if isinstance(error, httpx.DecodingError):
        return Trouble.BROKEN
    return Trouble.NOT_SENT if isinstance(error, _NEVER_SENT) else Trouble.NO_ANSWER


class TroubleError(Exception):
    """A failed try; `error` is what the caller is told if no further one follows."""

    def __init__(self, trouble: Trouble, error: ControllerError, *, wait_seconds: float = 0) -> None:
        super().__init__(trouble)
        self.trouble = trouble
        self.error = error
        self.wait_seconds = wait_seconds


class Retries:
    """Calls again what failed in a way that `REPEATED` lists; waits longer each time. Threads may share it."""

    def __init__(self, timing: Timing, on_repeat: Callable[[str, str, str], None]) -> None:
        self._timing = timing
        self._on_repeat = on_repeat
        self._own_wait_seconds = backoff(timing)
        self._by_method = {method: self._retrying(troubles) for method, troubles in REPEATED.items()}

    def call(self, method: str, attempt: Callable[[], T]) -> T:
        """The result of the first try that succeeds; raises the typed error of the last one."""
        try:
            return self._by_method[method](attempt)
        except TroubleError as failed:
            raise failed.error from failed.__cause__

    def _retrying(self, troubles: frozenset[Trouble]) -> tenacity.Retrying:
        return tenacity.Retrying(
            sleep=self._timing.sleep,
            stop=self._is_enough,
            wait=self._wait_seconds,
            retry=tenacity.retry_if_exception(
                lambda error: isinstance(error, TroubleError) and error.trouble in troubles
            ),
            before_sleep=self._note,
            reraise=True,
        )

    def _is_enough(self, state: tenacity.RetryCallState) -> bool:
        """Whether what is asked of one request, or the deadline of the run, allows no further try."""
        if state.attempt_number >= MOST_TRIES or state.idle_for + state.upcoming_sleep > MOST_SECONDS:
            return True
        return state.upcoming_sleep > self._timing.left_seconds

    def _note(self, state: tenacity.RetryCallState) -> None:
        failed = _failed(state)
        self._on_repeat(failed.error.method, failed.error.path, failed.trouble.value)
        _LOG.debug(
            'event=repeat method=%s path=%s trouble="%s" tries=%d',
            failed.error.method,
            failed.error.path,
            failed.trouble,
            state.attempt_number,
        )

    def _wait_seconds(self, state: tenacity.RetryCallState) -> float:
        return max(self._own_wait_seconds(state), _failed(state).wait_seconds)


_EXPONENTIAL = tenacity.wait_exponential(multiplier=0.5, max=8)
_JITTER_SECONDS = 0.5


def backoff(timing: Timing) -> Callable[[tenacity.RetryCallState], float]:
    """Waits that double up to 8 s, with jitter, so that many who meet the same trouble do not come back together."""
    return lambda state: _EXPONENTIAL(state) + _JITTER_SECONDS * timing.chance()


def _failed(state: tenacity.RetryCallState) -> TroubleError:
    error = state.outcome.exception() if state.outcome is not None else None
    if not isinstance(error, TroubleError):
        raise TypeError("only a TroubleError is met by another try")
    return error


def retry_after_seconds(retry_after: str) -> float:
    """How long `Retry-After` asks to wait, as seconds or a date (RFC 9110 §10.2.3); 0 if it says nothing usable."""
    text = retry_after.strip()
    if text.isdecimal():
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds())
