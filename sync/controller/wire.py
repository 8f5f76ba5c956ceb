"""Requests on the wire: one pool of connections, guarded, counted and logged."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import httpx

from sync.controller.address import ControllerAddress
from sync.controller.connections import Connections
from sync.controller.errors import ReadOnlyError
from sync.model.traffic import Exchange, Observer, Repetition
from sync.timing import Timing

_LOG = logging.getLogger(__name__)

LOGIN_PATH = "/login"
LOGOUT_PATH = "/logout"
Headers = Sequence[tuple[bytes, bytes]]

_CONNECT_SECONDS = 10.0
_LEAST_SECONDS = 1.0

# Their debug lines show all headers of answers, with the cookies of our session.
for _library in ("httpx", "httpcore"):
    logging.getLogger(_library).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """Requests sent so far, repetitions included; `retries` counts the latter."""

    gets: int = 0
    writes: int = 0
    logins: int = 0
    retries: int = 0


class Guard(httpx.BaseTransport):
    """Counts requests; with `read_only` it lets through only reads, logins and logouts.

    It wraps the connections, so no request can bypass it.
    """

    def __init__(self, inner: httpx.BaseTransport, *, read_only: bool) -> None:
        self._inner = inner
        self._read_only = read_only
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer; raises ReadOnlyError for a write that must not be sent."""
        method, path = request.method, request.url.path
        kind = _kind(method, path)
        if kind == "writes" and self._read_only:
            raise ReadOnlyError(f"{method} {path} was not sent: this run is read-only", method=method, path=path)
        self.count(kind)
        return self._inner.handle_request(request)

    def count(self, kind: str) -> None:
        """Count one more of a kind."""
        with self._lock:
            self._counts[kind] += 1

    @property
    def counters(self) -> Counters:
        """The counts of this moment."""
        with self._lock:
            return Counters(**{field.name: self._counts[field.name] for field in fields(Counters)})

    def close(self) -> None:
        """Close all connections."""
        self._inner.close()


class Wire:
    """Sends requests to one address; threads may share it.

    It uses httpx's transports without its Client, whose cookies and redirects are not needed and cost time: against a
    loopback server that answers at once (1 kB each way, two cores), a create through all of this package takes 0.7 ms
    of CPU in one thread and 0.9 ms among eight; `httpx.Client.post(url, json=…)` takes 1.2 ms and 1.7 ms.
    """

    def __init__(
        self,
        address: ControllerAddress,
        *,
        read_only: bool,
        max_connections: int,
        observe: Observer,
        timing: Timing | None = None,
    ) -> None:
        self._timing = timing if read_only else None
        self._seconds = address.timeout_seconds
        self._origin = address.url
        self._host = (b"Host", httpx.URL(address.url).netloc)
        self._timeout = _timeout(address.timeout_seconds)
        self._guard = Guard(Connections(address, most=max_connections), read_only=read_only)
        self._observe = observe

    def send(
        self,
        method: str,
        target: str,
        headers: Headers,
        *,
        content: bytes | None = None,
        timeout_seconds: float | None = None,
    ) -> httpx.Response:
        """The answer, whatever its status, with its body read; `target` is path and query, already encoded.

        Redirects are not followed. Raises httpx.RequestError, ReadOnlyError.
        """
        request = httpx.Request(
            method,
            httpx.URL(self._origin + target),
            headers=[self._host, *headers, *_content_headers(content)],
            stream=httpx.ByteStream(content or b""),
            extensions=self._limits(timeout_seconds),
        )
        begin = time.perf_counter()
        try:
            response = self._guard.handle_request(request)
        except httpx.RequestError as error:
            self._tell(request, type(error).__name__, begin)
            raise
        self._tell(request, str(response.status_code), begin)
        return response

    def _limits(self, timeout_seconds: float | None) -> dict[str, Any]:
        """How long an answer may take.

        A read-only run stops waiting at its deadline; one that writes must wait for the answers to its writes.
        """
        seconds = self._seconds if timeout_seconds is None else timeout_seconds
        if self._timing is not None and self._timing.left_seconds < seconds:
            return _timeout(max(_LEAST_SECONDS, self._timing.left_seconds))
        return self._timeout if timeout_seconds is None else _timeout(seconds)

    def tell_repetition(self, method: str, path: str, trouble: str) -> None:
        """Note that a request is about to be repeated."""
        self._guard.count("retries")
        self._observe(Repetition(method=method, path=path, trouble=trouble))

    @property
    def counters(self) -> Counters:
        """How many requests have been sent."""
        return self._guard.counters

    def close(self) -> None:
        """Close all connections."""
        self._guard.close()

    def _tell(self, request: httpx.Request, status: str, begin: float) -> None:
        exchange = Exchange(
            method=request.method, path=request.url.path, status=status, seconds=time.perf_counter() - begin
        )
        self._observe(exchange)
        _LOG.debug(
            "event=request method=%s path=%s status=%s seconds=%.3f",
            exchange.method,
            exchange.path,
            exchange.status,
            exchange.seconds,
        )


def _content_headers(content: bytes | None) -> Headers:
    if content is None:
        return ()
    return ((b"Content-Type", b"application/json"), (b"Content-Length", b"%d" % len(content)))


def _kind(method: str, path: str) -> str:
    """The counter for a request."""
    if path in (LOGIN_PATH, LOGOUT_PATH):
        return path.removeprefix("/") + "s"
    return "gets" if method == "GET" else "writes"


def _timeout(seconds: float) -> dict[str, Any]:
    return {"timeout": httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS)).as_dict()}
