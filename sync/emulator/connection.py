"""cheroot's server with a faster way between socket and application.

Measured on one core with a trivial application and `http.client` in another process: 1,500 requests/s with cheroot as
it is, 2,000 with this reader and writer in place of its pure-Python io stack, 2,500 if the worker also waits a moment
for the next request of the connection instead of handing it back to the selector at once.

A worker answers a request when all of it is there. What comes in parts waits in the selector, where it costs no worker,
and for a while only; so does a client that does not get on with its TLS handshake.
"""

import logging
import re
import select
import socket
import ssl
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any

from cheroot import server, wsgi
from cheroot.ssl.builtin import BuiltinSSLAdapter

LOG = logging.getLogger(__name__)
KEEP_ALIVE_CONNECTIONS = 512
THREADS = 24
IDLE_TIMEOUT_SECONDS = 60
# How long a request may take to come in, and how long a worker waits for a client that stops reading or sending.
ARRIVAL_SECONDS = 10
# How long a worker stays with a connection that may send its next request.
PATIENCE_MILLISECONDS = 20
CHUNK = 65536
LINE_END, HEAD_END = b"\r\n", b"\r\n\r\n"
NOT_YET = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
LARGEST_HEAD = 1 << 18
LARGEST_BODY = 1 << 25
BODY = re.compile(rb"\r\n(?:content-length:[ \t]*(?P<length>\d{1,18})|transfer-encoding:)", re.IGNORECASE)
EXPECTS = re.compile(rb"\r\nexpect:", re.IGNORECASE)  # the client waits for a 100 before it sends its body
NOT_TLS = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nThis port speaks https only.\n"
)
# Key of the WSGI environment under which an application finds the connection, to break it off.
CONNECTION = "emulator.connection"
RESET_AT_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time


class SocketReader:
    """Buffered reading with the few methods that cheroot calls. `before_wait` runs before each read from the socket."""

    closed = False
    """Asked when the server stops while a request takes longer than it waits for."""

    def __init__(self, sock: socket.socket, before_wait: Callable[[], object]) -> None:
        self._socket = sock
        self._before_wait = before_wait
        self._buffer = b""
        self._at = 0
        self.bytes_read = 0

    def has_data(self) -> bool:
        """Whether there is something to do without waiting for the client: a whole request, or bytes inside TLS."""
        pending = getattr(self._socket, "pending", None)
        return self._is_whole() or bool(pending and pending())

    def has_begun(self) -> bool:
        """Whether a part of a request is there."""
        return self._at < len(self._buffer)

    def collect(self) -> bool:
        """Take what has arrived, without waiting; whether a whole request is there. EOFError if the client has gone."""
        while not self._is_whole():
            try:
                more = self._socket.recv(CHUNK)
            except NOT_YET:
                return False
            if not more:
                raise EOFError
            self._keep(more)
        return True

    def _is_whole(self) -> bool:
        """Whether the buffer holds a request to its end, or so much of one that it is refused."""
        end = self._buffer.find(HEAD_END, self._at)
        if end < 0:
            return len(self._buffer) - self._at > LARGEST_HEAD
        begin = end + len(HEAD_END)
        found = BODY.search(self._buffer, self._at, begin)
        if found is None or EXPECTS.search(self._buffer, self._at, begin):
            return True
        length, arrived = found["length"], len(self._buffer) - begin
        if length is not None:
            return arrived >= int(length) or int(length) > LARGEST_BODY
        return arrived > LARGEST_BODY or self._buffer.endswith(HEAD_END)  # chunks end like a head, usually

    def readline(self, size: int = -1) -> bytes:
        """The next line; at most `size` bytes of it."""
        while True:
            end = self._buffer.find(b"\n", self._at) + 1
            if end == 0 and not 0 < size <= len(self._buffer) - self._at and self._receive():
                continue
            end = end or len(self._buffer)
            return self._take(end if size < 0 else min(end, self._at + size))

    def read(self, size: int = -1) -> bytes:
        """The next `size` bytes, fewer at the end of the connection."""
        while (size < 0 or len(self._buffer) - self._at < size) and self._receive():
            pass
        return self._take(len(self._buffer) if size < 0 else self._at + size)

    def read_head(self) -> bytes:
        """The header lines of a request, without the empty one that ends them; ValueError if they do not end."""
        while True:
            if self._buffer.startswith(LINE_END, self._at):
                self._take(self._at + len(LINE_END))
                return b""
            end = self._buffer.find(HEAD_END, self._at)
            if end >= 0:
                head = self._take(end + len(HEAD_END))
                return head[: -len(HEAD_END)]
            if len(self._buffer) - self._at > LARGEST_HEAD or not self._receive():
                raise ValueError("The headers do not end.")

    def close(self) -> None:
        """Nothing to do: the connection closes the socket."""

    def _receive(self) -> bool:
        """Wait for more; whether there is any."""
        self._before_wait()
        self._socket.settimeout(ARRIVAL_SECONDS)
        try:
            more = self._socket.recv(CHUNK)
        finally:
            self._socket.settimeout(0)
        self._keep(more)
        return bool(more)

    def _keep(self, more: bytes) -> None:
        self._buffer = self._buffer[self._at :] + more if self._at < len(self._buffer) else more
        self._at = 0
        self.bytes_read += len(more)

    def _take(self, end: int) -> bytes:
        taken = self._buffer[self._at : end]
        self._at += len(taken)
        return taken


class SocketWriter:
    """Collects head and body of an answer, so that they leave in one packet."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._parts: list[bytes] = []
        self._is_discarded = False
        self.bytes_written = 0

    def write(self, content: bytes) -> int:
        """Keep the bytes until `flush`."""
        self._parts.append(content)
        self.bytes_written += len(content)
        return len(content)

    def flush(self) -> None:
        """Send what was collected."""
        if self._parts:
            parts, self._parts = self._parts, []
            if not self._is_discarded:
                self._send(b"".join(parts))

    def _send(self, content: bytes) -> None:
        """Send all of it: most of it at once, the rest as fast as the client reads."""
        try:
            sent = self._socket.send(content)
        except NOT_YET:
            sent = 0
        if sent < len(content):
            self._socket.settimeout(ARRIVAL_SECONDS)
            try:
                self._socket.sendall(content[sent:])
            finally:
                self._socket.settimeout(0)

    def discard(self) -> None:
        """Never send what was collected, nor what follows."""
        self._is_discarded = True

    def close(self) -> None:
        """Send what is left."""
        self.flush()


class HeaderReader(server.HeaderReader):
    """Takes the headers of a request apart at once; cheroot reads line by line through two wrappers."""

    def __call__(self, rfile: Any, hdict: dict[bytes, bytes] | None = None) -> dict[bytes, bytes]:
        """The headers, also put into `hdict`; of several with one name the last counts. ValueError if it is no HTTP."""
        headers = {} if hdict is None else hdict
        head = rfile.rfile.read_head()
        if head.count(b"\r") + head.count(b"\n") != 2 * head.count(LINE_END):
            raise ValueError("Illegal line end in a header.")
        for line in head.split(LINE_END):
            name, colon, value = line.partition(b":")
            if colon and not name[:1].isspace():
                headers[_title(name)] = value.strip()
            elif line:
                raise ValueError("Illegal header line.")
        return headers


class Request(server.HTTPRequest):
    """A request whose path may begin with two slashes, as the Go SDK sends it; cheroot's strict mode refuses that."""

    header_reader = HeaderReader()

    def __init__(self, http_server: Any, connection: Any) -> None:
        super().__init__(http_server, connection, strict_mode=False)


class Connection(server.HTTPConnection):
    """A connection that a worker serves as long as requests follow one another."""

    RequestHandlerClass = Request
    arrival_seconds: float = ARRIVAL_SECONDS

    def __init__(self, http_server: Any, sock: socket.socket, _makefile: Any = None) -> None:
        super().__init__(http_server, sock, _no_file)
        sock.settimeout(0)  # who has to wait says so
        self.wfile = SocketWriter(sock)
        self.rfile = SocketReader(sock, self.wfile.flush)
        self._arrival = select.poll()
        self._arrival.register(sock, select.POLLIN)
        self._is_over = False
        self._is_reset = False
        self._begun: float | None = None  # when the first part of a request came that is not whole yet

    @property
    def last_used(self) -> float | None:
        """Where cheroot looks for connections to close: those not used for `IDLE_TIMEOUT_SECONDS`."""
        return self._last_used

    @last_used.setter
    def last_used(self, now: float) -> None:
        """A part of a request does not make the connection younger: it has `arrival_seconds` from its beginning."""
        self._last_used = now if self._begun is None else self._begun + self.arrival_seconds - IDLE_TIMEOUT_SECONDS

    def finish(self) -> None:
        """Close after the answer that is being given."""
        self._is_over = True

    def reset(self) -> None:
        """Give no answer, and let the client see a reset connection instead of one that ends."""
        self._is_over = self._is_reset = True
        self.wfile.discard()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)

    def close(self) -> None:
        """Give the socket back."""
        if self._is_reset:  # without the shutdown that would end the connection in good order
            self.socket.close()
        else:
            super().close()

    def communicate(self) -> bool:
        """Answer requests until the client pauses; whether the connection stays open."""
        while True:
            try:
                if not self.rfile.collect() and not self._gets_the_rest():
                    if self._begun is None and self.rfile.has_begun():
                        self._begun = time.time()
                    return True
            except (EOFError, OSError) as error:
                self._say_if_not_tls(error)
                return False
            self._begun = None
            stays_open: bool = super().communicate()  # type: ignore[no-untyped-call]  # cheroot has no types
            self.wfile.flush()
            if not stays_open or self._is_over:
                return False
            if not self.rfile.has_data() and not self._gets_more():
                return True

    def _say_if_not_tls(self, error: Exception) -> None:
        """Answer a client that speaks plain HTTP on a port for TLS."""
        if getattr(error, "reason", None) == "HTTP_REQUEST":
            with suppress(OSError):
                socket.socket.send(self.socket, NOT_TLS)

    def _gets_the_rest(self) -> bool:
        """Whether the rest of a request comes at once: many clients send head and body one after the other."""
        return self.rfile.has_begun() and self._gets_more() and self.rfile.collect()

    def _gets_more(self) -> bool:
        """Wait a moment for the client, if there are other workers for the others; whether something has come."""
        return bool(self.server.requests.idle and self._arrival.poll(PATIENCE_MILLISECONDS))


class Gateway(wsgi.Gateway_10):
    """WSGI with what the application reads and no more, and with the connection in the environment."""

    def get_environ(self) -> dict[str, Any]:  # type: ignore[override]  # cheroot's stubs describe the abstract one
        """The environment of one request."""
        request = self.req
        environ = {_environ_name(name): value.decode("latin-1") for name, value in request.inheaders.items()}
        environ[CONNECTION] = request.conn
        environ["REQUEST_METHOD"] = request.method.decode("latin-1")
        environ["REQUEST_URI"] = request.uri.decode("latin-1")
        environ["wsgi.url_scheme"] = request.scheme.decode("latin-1")
        environ["wsgi.input"] = request.rfile
        environ["wsgi.input_terminated"] = bool(request.chunked_read)
        return environ

    def start_response(self, status: str, headers: list[tuple[str, str]], _error: object = None) -> Any:
        """Take note of status and headers; they leave with the body."""
        self.started_response = True
        self.req.status = status.encode("latin-1")
        self.req.outheaders.extend((name.encode("latin-1"), value.encode("latin-1")) for name, value in headers)
        return self.write


@lru_cache(maxsize=256)
def _title(header: bytes) -> bytes:
    return header.strip().title()


@lru_cache(maxsize=256)
def _environ_name(header: bytes) -> str:
    name = header.decode("latin-1").upper().replace("-", "_")
    return name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"


class Tls(BuiltinSSLAdapter):
    """TLS whose handshake comes with the first request: cheroot would shake hands before it accepts the next client."""

    def wrap(self, sock: socket.socket) -> Any:
        """The encrypted socket, and its WSGI variables: none."""
        return self.context.wrap_socket(sock, do_handshake_on_connect=False, server_side=True), {}


class Server(wsgi.Server):
    """cheroot's WSGI server with these connections."""

    ConnectionClass = Connection
    keep_alive_conn_limit = KEEP_ALIVE_CONNECTIONS
    max_request_header_size = 2 * LARGEST_HEAD
    max_request_body_size = LARGEST_BODY
    expiration_interval = 0.02  # seconds; `stop` waits that long

    def __init__(self, host: str, port: int, application: Any) -> None:
        super().__init__(
            (host, port),
            application,
            numthreads=THREADS,
            server_name="Avi Controller",
            request_queue_size=128,
            timeout=IDLE_TIMEOUT_SECONDS,
            shutdown_timeout=2,
        )
        self.gateway = Gateway

    def error_log(self, msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:  # noqa: FBT001, FBT002 -- cheroot's signature
        """To the program's log instead of stderr: mostly clients that hang up."""
        LOG.log(level, "event=server message=%r", msg, exc_info=traceback)


def _no_file(_socket: socket.socket, _mode: str, _size: int) -> None:
    """In place of cheroot's files around a socket, which this module replaces."""
