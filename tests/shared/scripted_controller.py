"""A Controller that answers what a test has written down, over real HTTP."""

import errno
import gzip
import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from cheroot.ssl.builtin import BuiltinSSLAdapter
from cheroot.wsgi import Server

Environ = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    content: bytes
    query_length: int
    port: str
    """Of the client: one per connection."""

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.content)

    @property
    def line(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer; `hangs_up` closes the connection in place of it."""

    status: int = 200
    body: Any = field(default_factory=dict)
    headers: tuple[tuple[str, str], ...] = ()
    delay_seconds: float = 0.0
    hangs_up: bool = False
    is_gzipped: bool = False

    def content(self) -> bytes:
        """The body on the wire: bytes as they are, all else as JSON."""
        plain = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        return gzip.compress(plain) if self.is_gzipped else plain


Script = Callable[[Seen], Answer]


def logged_in(number: int = 1, *, version: str = "30.2.1", **fields: Any) -> Answer:
    """The answer to a login that opens session `number`."""
    return Answer(
        body={"version": {"Version": version}, "session_cookie_name": "avi-sessionid", **fields},
        headers=cookies(number),
    )


def cookies(number: int) -> tuple[tuple[str, str], ...]:
    """The headers that set the cookies of session `number`."""
    return (
        ("Set-Cookie", f"csrftoken=csrf{number}; Max-Age=31449600; Path=/; Secure"),
        ("Set-Cookie", f"avi-sessionid=id{number}; HttpOnly; Max-Age=86400; Path=/; Secure"),
        ("Set-Cookie", f"sessionid=id{number}; HttpOnly; Max-Age=86400; Path=/; Secure"),
    )


def page(bodies: Iterable[Mapping[str, Any]], *, count: int | None = None) -> Answer:
    """One page of a list."""
    results = list(bodies)
    return Answer(body={"count": len(results) if count is None else count, "results": results})


class ScriptedController:
    """Answers by a table of `METHOD path` → answers, one after the other, the last one for good.

    Logins open session 1, 2, … unless the table says otherwise; what is not in the table answers 404.
    """

    def __init__(self, tls: tuple[Path, Path] | None = None) -> None:
        self.seen: list[Seen] = []
        self._answers: dict[str, list[Answer]] = {"POST /logout": [Answer()]}
        self._scripts: dict[str, Script] = {}
        self._logins = 0
        self._lock = threading.Lock()
        self._server = _QuietServer(("127.0.0.1", 0), self._serve, numthreads=10, server_name="127.0.0.1")
        if tls:
            self._server.ssl_adapter = BuiltinSSLAdapter(*map(str, tls))
        self._server.expiration_interval = 0.02  # how long a stop waits
        self._server.prepare()
        self._thread = threading.Thread(target=self._server.serve, daemon=True)
        self._thread.start()
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._server.bind_addr[1]}"

    def on(self, line: str, *answers: Answer) -> None:
        """Write down the answers to `METHOD path`."""
        self._answers[line] = list(answers)

    def on_each(self, line: str, script: Script) -> None:
        """Let a function answer `METHOD path`."""
        self._scripts[line] = script

    @property
    def lines(self) -> list[str]:
        """Method and path of all requests but logins and logouts."""
        return [seen.line for seen in self.seen if seen.path not in ("/login", "/logout")]

    @property
    def logins(self) -> list[Seen]:
        """The logins."""
        return [seen for seen in self.seen if seen.path == "/login"]

    def stop(self) -> None:
        """End the server and its thread."""
        self._server.stop()
        self._thread.join()

    def _serve(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        seen = _seen(environ)
        with self._lock:
            self.seen.append(seen)
            answer = self._next_answer(seen)
        answer = self._scripts[seen.line](seen) if seen.line in self._scripts else answer
        time.sleep(answer.delay_seconds)
        if answer.hangs_up:
            raise ConnectionResetError(errno.ECONNRESET, "cheroot closes the connection without a word")
        content = answer.content()
        status = f"{answer.status} {HTTPStatus(answer.status).phrase if answer.status in set(HTTPStatus) else 'Odd'}"
        coding = [("Content-Encoding", "gzip")] if answer.is_gzipped else []
        own_length = any(name == "Content-Length" for name, _value in answer.headers)
        length = [] if own_length else [("Content-Length", str(len(content)))]
        start_response(status, [*length, *coding, *answer.headers])
        return [content]

    def _next_answer(self, seen: Seen) -> Answer:
        answers = self._answers.get(seen.line)
        if answers:
            return answers.pop(0) if len(answers) > 1 else answers[0]
        if seen.line == "POST /login":
            self._logins += 1
            return logged_in(self._logins)
        return Answer(status=404, body={"error": "object not found!"})


class _QuietServer(Server):
    """Prints nothing about clients that hang up: they are part of the tests."""

    def error_log(self, msg: str = "", level: int = 20, traceback: bool = False) -> None:
        """Nothing."""


def _seen(environ: Environ) -> Seen:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or name in ("CONTENT_TYPE", "CONTENT_LENGTH")
    }
    return Seen(
        method=environ["REQUEST_METHOD"],
        path=environ["PATH_INFO"],
        query=dict(parse_qsl(environ["QUERY_STRING"], keep_blank_values=True)),
        headers=headers,
        content=environ["wsgi.input"].read(),
        query_length=len(environ["QUERY_STRING"]),
        port=environ["REMOTE_PORT"],
    )
