"""Requests on the wire: one pool of connections, guarded, counted and logged."""

import logging
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import httpx

from sync.controller.address import ControllerAddress
from sync.controller.bounds import AnswerTime, BoundedBackend, body_of
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


_IDLE_SECONDS = 15.0


class Connections(httpx.BaseTransport):
    """Up to `most` connections; a request takes the one that was used last, or makes one.

    httpx's own transport has one pool for all threads, and one of them may close a connection on which another waits
    for its answer: it finds the connection idle, and when it looks at the socket the other's answer is there, which
    counts as a hang-up (httpcore 1.0.9, `has_expired` in _sync/http11.py). Seen as "Bad file descriptor" 14 times in
    3,000 requests of 8 threads on 2 connections, and not seen with 8 connections; but such a create may or may not have
    been done. Here each connection has a pool to itself that no other thread looks at.
    """

    def __init__(self, address: ControllerAddress, *, most: int) -> None:
        self._make = _maker(address)
        self._free = threading.Semaphore(most)
        self._idle: list[_Connection] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer with its body read, so that the connection is free again."""
        with self._free:
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = self._make()
            try:
                return connection.handle_request(request)
            finally:
                self._idle.append(connection)

    def close(self) -> None:
        """Close all connections."""
        while self._idle:
            self._idle.pop().close()


class _Connection(httpx.HTTPTransport):
    """One connection, whose answers are complete, and bounded in time and size."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._time = AnswerTime()
        # httpx does not hand this argument of httpcore's on (httpx 0.28); tests/controller/test_bounds.py relies on it.
        self._pool._network_backend = BoundedBackend(self._time)  # noqa: SLF001

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer with its body."""
        self._time.begin(request.extensions["timeout"]["read"])
        response = super().handle_request(request)
        try:
            content = body_of(response)
        finally:
            response.close()
        headers = [(name, value) for name, value in response.headers.raw if name.lower() not in _OF_THE_WIRE]
        return httpx.Response(
            response.status_code, headers=headers, content=content, request=request, extensions=response.extensions
        )


_OF_THE_WIRE = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
"""Headers that say how the body was sent, not what it is."""


def _maker(address: ControllerAddress) -> Callable[[], _Connection]:
    context = address.ssl_context()
    proxy = _proxy(address)
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=_IDLE_SECONDS)
    return lambda: _Connection(verify=context, proxy=proxy, limits=limits, trust_env=False)


def _proxy(address: ControllerAddress) -> str | None:
    """The proxy that the environment names for https, unless for this machine or what NO_PROXY excepts."""
    if address.is_loopback or urllib.request.proxy_bypass(address.host):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get("https") or proxies.get("all")
