"""The WSGI application: who asks, in which tenant and version, for what."""

import base64
import binascii
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TextIO

from sync.emulator.connection import CONNECTION, Connection
from sync.emulator.console import Console, is_own
from sync.emulator.endpoints import ANY, ENDPOINTS, OPEN_ENDPOINTS, Controller, Handler
from sync.emulator.errors import Refusal, RefusedError
from sync.emulator.faults import Do, Fault, Faults
from sync.emulator.request_log import NO_ANSWER, RequestLog
from sync.emulator.resources import Resources
from sync.emulator.sessions import SESSION_COOKIES, Session, portal_configuration
from sync.emulator.versions import OLDEST_HEADER
from sync.emulator.wire import (
    SESSION_RENEWED,
    STATUS_LINES,
    WRITES,
    Answer,
    Request,
    answer_headers,
    json_answer,
    login_cookies,
    parse_request,
    refused_answer,
    session_cookies,
)

LOG = logging.getLogger(__name__)
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Application:
    """Answers the requests of one Controller."""

    def __init__(
        self,
        controller: Controller,
        *,
        latency_seconds: float = 0,
        log: TextIO | None = None,
        host: str = "",
        faults: Faults | None = None,
    ) -> None:
        self._controller = controller
        self._resources = Resources(controller)
        self._latency_seconds = latency_seconds
        self._recent = RequestLog(log)
        self._host = host
        self._faults = faults or Faults()
        self._console = Console(controller, self._recent, self._faults)

    def __call__(self, environ: Mapping[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """One request, WSGI."""
        request = parse_request(environ, self._host)
        if is_own(request.segments):
            return self._sent(request, self._console.answer(request), None, start_response)
        if self._latency_seconds:
            time.sleep(self._latency_seconds)
        fault = self._faults.take(request.method, request.target)
        answer = self._answer(request) if fault is None else self._faulty(request, fault)
        request.drain()
        self._recent.add(request, answer.status, fault.do if fault is not None else None)
        if fault is not None:
            answer = _broken(answer, fault, environ[CONNECTION])
        return self._sent(request, answer, self._api_version(request), start_response)

    def _sent(
        self, request: Request, answer: Answer, api_version: str | None, start_response: StartResponse
    ) -> Iterable[bytes]:
        headers = answer_headers(answer, api_version, self._controller.clock())
        start_response(STATUS_LINES[answer.status], headers)
        return [answer.body] if request.method != "HEAD" else []

    def _faulty(self, request: Request, fault: Fault) -> Answer:
        """What a request comes to before its answer is broken off: nothing is done for some faults."""
        if fault.delay_ms:
            time.sleep(fault.delay_ms / 1000)
        if fault.do is Do.RESET:
            return Answer(status=NO_ANSWER)
        if fault.do is not Do.STATUS:
            return self._answer(request)
        if isinstance(fault.body, str):
            answer = Answer(status=fault.status or 0, body=fault.body.encode(), allow=None)
        else:
            answer = json_answer(
                {"error": "A fault on request"} if fault.body is None else fault.body, fault.status or 0
            )
        if fault.status == SESSION_RENEWED:
            answer.headers.extend(self._renewed_cookies(request))
        return answer

    def _renewed_cookies(self, request: Request) -> Iterable[tuple[str, str]]:
        try:
            session = self._find_session(request)
        except RefusedError:
            return ()
        return login_cookies(session, self._controller.clock(), secure=self._controller.is_secure) if session else ()

    def _answer(self, request: Request) -> Answer:
        """The answer to a request, refusals included, with the cookies of its session."""
        session = None
        cookies: Iterable[tuple[str, str]] = ()
        try:
            handlers = ENDPOINTS.get(request.segments) or ENDPOINTS.get((*request.segments[:-1], ANY))
            if request.segments in OPEN_ENDPOINTS:
                return _called(handlers or {}, request, self._controller, None)
            session = self._find_session(request)
            cookies = self._cookies(session)
            self._check_csrf(request, session)
            if handlers is not None:
                answer = _called(handlers, request, self._controller, session)
            else:
                answer = self._resources.answer(request)
        except RefusedError as refused:
            answer = refused_answer(refused)
        except Exception:
            LOG.exception("event=failed method=%s path=%.200s", request.method, request.target)
            answer = json_answer({"error": "Internal error of the emulator, see its log"}, 500)
        answer.headers.extend(cookies)
        return answer

    # Who asks, and for which version.

    def _find_session(self, request: Request) -> Session | None:
        """The session of the request; None for a request with a password of its own (basic authentication)."""
        authorization = request.header("Authorization")
        if authorization is not None and self._is_basic_login(authorization):
            return None
        ids = [value for name, value in request.cookies() if name in SESSION_COOKIES]
        session = self._controller.sessions.find(ids, request.header("X-CSRFToken"))
        if session is None:
            raise Refusal.NOT_LOGGED_IN.error()
        return session

    def _is_basic_login(self, authorization: str) -> bool:
        """Basic authentication is off until SystemConfiguration allows it (recorded, setUpModule#0)."""
        portal = portal_configuration(self._controller.store)
        kind, _, encoded = authorization.partition(" ")
        if kind.lower() != "basic" or not portal.get("allow_basic_authentication"):
            return False
        try:
            username, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        return self._controller.sessions.is_user(username, password)

    def _check_csrf(self, request: Request, session: Session | None) -> None:
        if session is None or request.method not in WRITES:
            return
        if request.header("X-CSRFToken") != session.csrf:
            raise Refusal.BAD_CSRF.error()
        if not request.header("Referer"):
            raise Refusal.NO_REFERER.error()

    def _cookies(self, session: Session | None) -> Iterable[tuple[str, str]]:
        """With basic authentication the cookies hold the text None (recorded, test_basic_auth#0)."""
        session_id = session.id if session is not None else "None"
        return session_cookies(session_id, self._controller.clock(), secure=self._controller.is_secure)

    def _api_version(self, request: Request) -> str | None:
        if request.segments[:1] not in (("api",), ("login",)):
            return None
        return request.header("X-Avi-Version") or OLDEST_HEADER


def _broken(answer: Answer, fault: Fault, connection: Connection) -> Answer:
    """The answer as far as the fault lets it come."""
    if fault.do in (Do.RESET, Do.COMMIT_AND_RESET):
        connection.reset()
        return Answer(status=204)
    if fault.do is Do.TRUNCATE:
        connection.finish()
        return replace(answer, length=max(len(answer.body), 2), body=answer.body[: len(answer.body) // 2])
    return answer


def _called(
    handlers: Mapping[str, Handler], request: Request, controller: Controller, session: Session | None
) -> Answer:
    method = "GET" if request.method == "HEAD" else request.method
    allow = ", ".join([*handlers, "OPTIONS"])
    if method == "OPTIONS":
        return Answer(status=200, allow=allow)
    handler = handlers.get(method)
    if handler is None:
        answer = refused_answer(Refusal.METHOD_NOT_ALLOWED.error(method=request.method))
        answer.allow = allow
        return answer
    return handler(controller, request, session)
