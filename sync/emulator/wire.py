"""HTTP as the Controller speaks it: requests taken apart, answers with its headers and cookies."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

from sync.emulator.errors import Refusal, RefusedError
from sync.emulator.sessions import SESSION_COOKIES, Session

CSRF_COOKIE = "csrftoken"
CSRF_SECONDS = 364 * 24 * 3600  # recorded: Max-Age=31449600
SESSION_SECONDS = 24 * 3600  # recorded: Max-Age=86400
JSON_TYPE = "application/json"
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# Recorded, test_basic_vs#0.
COLLECTION_METHODS = "HEAD, POST, GET, OPTIONS"
OBJECT_METHODS = "HEAD, GET, PUT, PATCH, OPTIONS, DELETE"
HEADERS = (
    ("Vary", "Accept, Cookie, Origin"),
    ("Cache-Control", "private, no-cache, must-revalidate"),
    ("X-Frame-Options", "SAMEORIGIN"),
)
# 419: the session is to be renewed with the cookies of the answer (Go SDK 2025, avisession.go:879-884).
SESSION_RENEWED = 419
STATUS_LINES = {
    **{number: f"{number} Unknown" for number in range(200, 600)},
    **{status.value: f"{status.value} {status.phrase}" for status in HTTPStatus if status >= HTTPStatus.OK},
    SESSION_RENEWED: "419 Authentication Timeout",
}
Environ = Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Request:
    """A request as its handler sees it."""

    method: str
    target: str  # the path and query as the client sent them
    segments: tuple[str, ...]
    query: str
    host: str  # scheme and authority as the client addressed the Controller
    environ: Environ

    def header(self, name: str) -> str | None:
        """A header's value; `name` as in `X-Avi-Version`."""
        value: str | None = self.environ.get(f"HTTP_{name.upper().replace('-', '_')}")
        return value

    def body(self) -> bytes:
        """The whole body."""
        if self.environ.get("wsgi.input_terminated"):
            content: bytes = self.environ["wsgi.input"].read()
            return content
        length = int(self.environ.get("CONTENT_LENGTH") or 0)
        return self.environ["wsgi.input"].read(length) if length else b""

    def drain(self) -> None:
        """Read what is left of a chunked body, so that the connection can go on; cheroot does it for the other kind."""
        if self.environ.get("wsgi.input_terminated"):
            self.environ["wsgi.input"].read()

    def json(self) -> object:
        """The body as JSON; an empty one is an empty object (recorded: a PUT without body, test_user_login#5)."""
        content = self.body()
        if not content.strip():
            return {}
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            raise Refusal.NOT_JSON.error(reason=error) from error

    def form(self) -> dict[str, Any]:
        """The fields of a body in any of the forms that a login comes in: JSON, URL-encoded, multipart."""
        kind = str(self.environ.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()
        if kind == "multipart/form-data":
            return _multipart(str(self.environ["CONTENT_TYPE"]), self.body())
        if kind == JSON_TYPE:
            document = self.json()
            return document if isinstance(document, dict) else {}
        return dict(parse_qsl(self.body().decode("utf-8", "replace"), keep_blank_values=True))

    def cookies(self) -> list[tuple[str, str]]:
        """Every cookie in the order sent; one name may come several times."""
        header = self.environ.get("HTTP_COOKIE", "")
        return [(name, value) for part in header.split(";") for name, _, value in [part.strip().partition("=")]]


@dataclass(slots=True, kw_only=True)
class Answer:
    """What a request is answered with."""

    status: int
    body: bytes = b""
    content_type: str = JSON_TYPE
    allow: str | None = COLLECTION_METHODS
    length: int | None = None  # what the header says, if that is not the length of the body
    headers: list[tuple[str, str]] = field(default_factory=list)


def json_answer(document: object, status: int = 200) -> Answer:
    """An answer with a JSON body."""
    return Answer(status=status, body=json.dumps(document).encode())


def refused_answer(refused: RefusedError) -> Answer:
    """A refusal as an answer; a bare text is sent as it is, under the type of JSON all the same (recorded)."""
    if isinstance(refused.body, str):
        kind = "text/html" if refused.body.startswith("<") else JSON_TYPE
        return Answer(status=refused.status, body=refused.body.encode(), content_type=kind, allow=None)
    return json_answer(refused.body, refused.status)


def parse_request(environ: Environ, fallback_host: str) -> Request:
    """The request; the path may begin with several slashes and end with one (Go SDK; AKO)."""
    target: str = environ["REQUEST_URI"]
    path, _, query = target.partition("?")
    authority = environ.get("HTTP_HOST", "")
    host = f"{environ['wsgi.url_scheme']}://{authority}" if _is_authority(authority) else fallback_host
    return Request(
        method=environ["REQUEST_METHOD"],
        target=target,
        segments=_segments(path),
        query=query,
        host=host,
        environ=environ,
    )


def answer_headers(answer: Answer, api_version: str | None, now: float) -> list[tuple[str, str]]:
    """The headers of an answer, cookies aside."""
    length = len(answer.body) if answer.length is None else answer.length
    headers = [("Content-Type", answer.content_type), ("Content-Length", str(length))]
    if answer.allow:
        headers.append(("Allow", answer.allow))
    if api_version:
        headers.append(("AVI_API_VERSION", api_version))
    headers.append(("Date", _date(int(now))))
    headers.extend(HEADERS)
    headers.extend(answer.headers)
    return headers


def session_cookies(session_id: str, now: float, *, secure: bool) -> Iterable[tuple[str, str]]:
    """Both session cookies; they are sent with every answer of a session, which keeps it alive (recorded)."""
    attributes = _attributes(int(now), SESSION_SECONDS, secure)
    return [("Set-Cookie", f"{name}={session_id}; HttpOnly; {attributes}") for name in SESSION_COOKIES]


def login_cookies(session: Session, now: float, *, secure: bool) -> list[tuple[str, str]]:
    """The three cookies of a login (recorded, setUpModule#0)."""
    csrf = f"{CSRF_COOKIE}={session.csrf}; {_attributes(int(now), CSRF_SECONDS, secure)}"
    return [("Set-Cookie", csrf), *session_cookies(session.id, now, secure=secure)]


@lru_cache(maxsize=64)
def _attributes(now: int, seconds: int, secure: bool) -> str:  # noqa: FBT001 -- a key of the cache, not a switch
    expires = _date(now + seconds)
    return f"expires={expires}; Max-Age={seconds}; Path=/{'; Secure' if secure else ''}"


@lru_cache(maxsize=64)
def _date(now: int) -> str:
    return formatdate(now, usegmt=True)


@lru_cache(maxsize=4096)
def _segments(path: str) -> tuple[str, ...]:
    return tuple(unquote(part) for part in path.split("/") if part)


@lru_cache(maxsize=256)
def _is_authority(text: str) -> bool:
    """Whether a Host header can stand in a URL."""
    return bool(text) and all(character.isalnum() or character in ".-:[]_" for character in text)


def _multipart(content_type: str, content: bytes) -> dict[str, Any]:
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + content)
    parts = message.iter_parts() if message.is_multipart() else ()
    return {str(part.get_param("name", header="content-disposition")): _text_of(part) for part in parts}


def _text_of(part: Message) -> str:
    """The text of a field, in UTF-8 like those of every other form."""
    content = part.get_payload(decode=True)
    return content.decode("utf-8", "replace").strip() if isinstance(content, bytes) else ""
