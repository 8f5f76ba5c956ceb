"""Limits of time and size for one answer: an endless stream must not block a run."""

import ssl
import time
import zlib
from collections.abc import Iterable, Iterator

import httpcore
import httpx

MOST_BYTES = 64 * 1024 * 1024
"""The largest answer, decompressed. A page of 200 pools with 500 servers each has half of that."""


class TooLargeError(httpx.DecodingError):
    """An answer that is too large for a Controller's."""


class SlowAnswerError(httpcore.ReadTimeout):
    """An answer that did not end in time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the answer was not complete after {seconds:g} s")
        self.seconds = seconds


class AnswerTime:
    """The time for one answer, from its request to its last byte. A connection has one, and begins it again."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._ends_at = 0.0
        self._has_begun = False

    def begin(self, seconds: float) -> None:
        """Start the time for one answer."""
        self._seconds = seconds
        self._ends_at = time.monotonic() + seconds
        self._has_begun = False

    def read(self, stream: httpcore.NetworkStream, max_bytes: int, timeout: float | None) -> bytes:
        """The next bytes; raises httpcore.ReadTimeout once the time is over, even if bytes keep arriving."""
        try:
            found = stream.read(max_bytes, self.left_seconds(timeout))
        except httpcore.ReadTimeout:
            if self._has_begun:
                raise SlowAnswerError(self._seconds) from None
            raise
        self._has_begun = True
        return found

    def left_seconds(self, timeout: float | None) -> float:
        """How long the next step may take."""
        left = max(0.001, self._ends_at - time.monotonic())
        return left if timeout is None else min(left, timeout)


class BoundedStream(httpcore.NetworkStream):
    """A connection whose reads and writes all share the time of one answer."""

    def __init__(self, inner: httpcore.NetworkStream, answer_time: AnswerTime) -> None:
        self._inner = inner
        self._time = answer_time

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """The next bytes."""
        return self._time.read(self._inner, max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it."""
        self._inner.write(buffer, self._time.left_seconds(timeout))

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same with TLS."""
        return BoundedStream(self._inner.start_tls(ssl_context, server_hostname, timeout), self._time)

    def get_extra_info(self, info: str) -> object:
        """What httpcore wants to know of the socket."""
        return self._inner.get_extra_info(info)


class BoundedBackend(httpcore.SyncBackend):
    """Makes connections that share the time of one answer."""

    def __init__(self, answer_time: AnswerTime) -> None:
        self._time = answer_time

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to a host."""
        inner = super().connect_tcp(host, port, timeout, local_address, socket_options)
        return BoundedStream(inner, self._time)


def body_of(response: httpx.Response) -> bytes:
    """The body, unpacked; raises TooLargeError as soon as it is too large, and httpx.DecodingError."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    body = bytearray()
    for chunk in _unpacked(response.iter_raw(), coding):
        body += chunk
        if len(body) > MOST_BYTES:
            raise TooLargeError(f"the answer has more than {MOST_BYTES // 1024 // 1024} MB")
    return bytes(body)


def _unpacked(chunks: Iterator[bytes], coding: str) -> Iterator[bytes]:
    if coding == "identity":
        yield from chunks
        return
    if coding not in ("gzip", "x-gzip"):
        raise httpx.DecodingError("the response has an unexpected content encoding")
    unpacking = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        for chunk in chunks:
            todo = chunk
            while todo and not unpacking.eof:
                yield unpacking.decompress(todo, 1024 * 1024)
                todo = unpacking.unconsumed_tail
    except zlib.error:
        raise httpx.DecodingError("the response cannot be decompressed") from None
