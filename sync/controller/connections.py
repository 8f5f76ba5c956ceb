"""Connections to one address, each used by one thread at a time."""

import threading
import urllib.request
from collections.abc import Callable

import httpx

from sync.controller.address import ControllerAddress

_IDLE_SECONDS = 15.0


class Connections(httpx.BaseTransport):
    """Up to `most` connections; a request takes the one that was used last, or makes one.

    httpx's own transport has one pool for all threads, and one of them may close a connection on which another waits
    for its answer: it finds the connection idle, and when it looks at the socket the other's answer is there, which
    counts as a hang-up (httpcore 1.0.9, `has_expired` in _sync/http11.py). Seen as "Bad file descriptor" 14 times in
    3,000 requests of 8 threads on 2 connections, and not seen with 8 connections; but a create that ends so may or may
    not have been done. Here each connection has a pool to itself that no other thread looks at.
    """

    def __init__(self, address: ControllerAddress, *, most: int) -> None:
        self._make = _maker(address)
        self._free = threading.Semaphore(most)
        self._idle: list[httpx.HTTPTransport] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer with its body read, so that the connection is free again."""
        with self._free:
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = self._make()
            try:
                response = connection.handle_request(request)
                try:
                    response.read()
                finally:
                    response.close()
            finally:
                self._idle.append(connection)
        return response

    def close(self) -> None:
        """Close all connections."""
        while self._idle:
            self._idle.pop().close()


def _maker(address: ControllerAddress) -> Callable[[], httpx.HTTPTransport]:
    context = address.ssl_context()
    proxy = _proxy(address)
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=_IDLE_SECONDS)
    return lambda: httpx.HTTPTransport(verify=context, proxy=proxy, limits=limits, trust_env=False)


def _proxy(address: ControllerAddress) -> str | None:
    """The proxy that the environment names for https, unless for this machine or what NO_PROXY excepts."""
    if address.is_loopback or urllib.request.proxy_bypass(address.host):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get("https") or proxies.get("all")
