"""Which failures are retried, and when."""

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
"""The total wait of one request between attempts: our own waits add up to 10 s, `Retry-After` may demand more."""


class Trouble(StrEnum):
    """The kinds of failure that may pass by themselves."""

    NOT_SENT = "not sent"
    """No connection: the Controller has not seen the request."""
    NO_ANSWER = "no answer"
    """It was sent, and its outcome is unknown."""
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
    # The body carries the `_last_modified` that was read: if the first one did get through, the second gets 412,
    # and the sender reads again (`sync.controller.writes`).
    "PUT": frozenset(Trouble),
    # A uuid is never used again: if the first one did get through, the second gets 404, which is fine.
    "DELETE": frozenset(Trouble),
    # A second POST would create a second object, or conflict with our own; the sender looks for the name first.
    "POST": _NOT_EXECUTED,
    # Report a mistyped address at once.
    "first login": frozenset({Trouble.BUSY, Trouble.UNAVAILABLE}),
    # The address was right before; one session more does no harm.
    "login": frozenset(Trouble),
}
"""Method → troubles after which the same request is sent again."""

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


def trouble_of(error: httpx.RequestError) -> Trouble | None:
    """The kind of a failure without an answer; None if another attempt would fail as well."""
    if isinstance(error, httpx.LocalProtocolError | httpx.UnsupportedProtocol | TooLargeError):
        return None
    if isinstance(error, httpx.DecodingError):
        return Trouble.BROKEN
    return Trouble.NOT_SENT if isinstance(error, _NEVER_SENT) else Trouble.NO_ANSWER


class TroubleError(Exception):
    """A failed attempt; `error` is raised if no other one follows."""

    def __init__(self, trouble: Trouble, error: ControllerError, *, wait_seconds: float = 0) -> None:
        super().__init__(trouble)
        self.trouble = trouble
        self.error = error
        self.wait_seconds = wait_seconds


class Retries:
    """Retries what failed in a way that `REPEATED` lists, with growing waits. Threads may share it."""

    def __init__(self, timing: Timing, on_repeat: Callable[[str, str, str], None]) -> None:
        self._timing = timing
        self._on_repeat = on_repeat
        self._own_wait_seconds = backoff(timing)
        self._by_method = {method: self._retrying(troubles) for method, troubles in REPEATED.items()}

    def call(self, method: str, attempt: Callable[[], T]) -> T:
        """The result of the first attempt that succeeds; raises the typed error of the last one."""
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
        """Whether the limits of one request, or the deadline of the run, allow no further attempt."""
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
    """Waits that double up to 8 s, with jitter, so that many clients do not retry at the same moment."""
    return lambda state: _EXPONENTIAL(state) + _JITTER_SECONDS * timing.chance()


def _failed(state: tenacity.RetryCallState) -> TroubleError:
    error = state.outcome.exception() if state.outcome is not None else None
    if not isinstance(error, TroubleError):
        raise TypeError("only a TroubleError is met by another try")
    return error


def retry_after_seconds(retry_after: str) -> float:
    """The seconds that `Retry-After` demands, given as a number or a date (RFC 9110 §10.2.3); 0 if it is unusable."""
    text = retry_after.strip()
    if text.isdecimal():
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, (moment.astimezone(UTC) - datetime.now(UTC)).total_seconds())
