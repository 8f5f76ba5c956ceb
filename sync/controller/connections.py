"""Connections to one address, each used by one thread at a time."""

import threading
import urllib.request
from collections.abc import Callable
from typing import Any

import httpx

from sync.controller.address import ControllerAddress
from sync.controller.bounds import AnswerTime, BoundedBackend, body_of

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
