"""The Controller's API: one session, typed errors, retries where they are safe."""

import contextlib
import json
import logging
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode

import httpx

from sync.controller.address import ControllerAddress, Login
from sync.controller.bounds import TooLargeError
from sync.controller.errors import (
    AmbiguousWriteError,
    BrokenAnswerError,
    ControllerError,
    NoAnswerError,
    NotFoundError,
    UpgradingError,
    error_for,
    place_pointed_to,
    said_in,
)
from sync.controller.pages import PAGE_SIZE, read_whole_list, wrong_shape
from sync.controller.retries import (
    STATUSES,
    UPGRADING_TEXT,
    Retries,
    Trouble,
    TroubleError,
    retry_after_seconds,
    trouble_of,
)
from sync.controller.session import RENEW_STATUSES, Account, Session, Sessions, login_headers, session_of
from sync.controller.unreachable import diagnose
from sync.controller.wire import LOGIN_PATH, LOGOUT_PATH, Counters, Wire
from sync.errors import UsageError
from sync.model.nesting import TooDeepError, parse_json
from sync.model.secrets import blanked, secret_texts
from sync.model.traffic import Observer, unobserved
from sync.timing import Timing

__all__ = ["ControllerAddress", "ControllerClient", "Counters", "Login"]

_LOG = logging.getLogger(__name__)
_LOGOUT_SECONDS = 5.0
_HASTY_SECONDS = 1.0
"""How long a run that was stopped waits for its logout."""
_PAGE_THREADS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """A request apart from its session. `target` is path and query as they go over the wire."""

    method: str
    path: str
    target: str
    tenant: str
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    content: bytes | None = field(default=None, repr=False)
    """The body as it goes over the wire."""


class ControllerClient:
    """The API of one Controller, from entering (login) to leaving (logout); up to `max_connections` threads share it.

    Paths are those of the API (`/api/pool/<uuid>`), `tenant` is a name or `*`. Requests raise the errors of
    `sync.controller.errors`, after safe retries. With `read_only` no write is sent. `observe` is called for every
    request, logins included.
    """

    def __init__(
        self,
        address: ControllerAddress,
        login: Login,
        *,
        version: str = "",
        tenant: str = "*",
        read_only: bool = False,
        max_connections: int = 16,
        observe: Observer = unobserved,
        timing: Timing | None = None,
    ) -> None:
        self._address = address
        self._login = login
        self._requested_version = version
        self._tenant = tenant
        timing = timing or Timing()
        self._wire = Wire(address, read_only=read_only, max_connections=max_connections, observe=observe, timing=timing)
        self._retries = Retries(timing, on_repeat=self._wire.tell_repetition)
        self._page_threads = ThreadPoolExecutor(
            max_workers=min(_PAGE_THREADS, max_connections), thread_name_prefix="pages"
        )
        self._sessions: Sessions | None = None
        self._date = ""

    def __enter__(self) -> Self:
        if not self._address.is_verified:
            _LOG.warning("event=unverified url=%s", self._address.url)
        try:
            first = self._logged_in("first login")
        except BaseException:
            self._close(is_waited_for=True)
            raise
        self._sessions = Sessions(first, self._address.url, lambda: self._logged_in("login"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        is_stopped = kind is not None and not issubclass(kind, Exception)
        log_out = threading.Thread(target=self._log_out, name="logout", daemon=True)
        log_out.start()
        log_out.join(_HASTY_SECONDS if is_stopped else None)
        self._close(is_waited_for=not is_stopped)

    def _log_out(self) -> None:
        """Log out; a failure must not hide what ended the run."""
        with contextlib.suppress(Exception):
            headers = self._live.live.headers
            self._wire.send("POST", LOGOUT_PATH, headers, content=b"", timeout_seconds=_LOGOUT_SECONDS)

    @property
    def version(self) -> str:
        """The API version that requests name."""
        return self._live.live.version

    @property
    def account(self) -> Account:
        """Who is logged in."""
        return self._live.live.account

    @property
    def time(self) -> datetime | None:
        """The Controller's time in its last answer, to the second; None if it sends none."""
        try:
            found = parsedate_to_datetime(self._date)
        except ValueError:
            return None
        return found.replace(tzinfo=found.tzinfo or UTC)

    @property
    def requests(self) -> Counters:
        """How many requests have been sent."""
        return self._wire.counters

    def get(self, path: str, params: Mapping[str, str] | None = None, *, tenant: str | None = None) -> Any:
        """The JSON of an answer."""
        query = f"?{urlencode(params, quote_via=quote, safe=',')}" if params else ""
        return self._answered(self._call("GET", path, tenant, query=query))

    def post(self, path: str, body: Mapping[str, Any], *, tenant: str) -> dict[str, Any]:
        """The object as created; raises AmbiguousWriteError if it may have been created."""
        return self._object(self._call("POST", path, tenant, body=body))

    def put(self, path: str, body: Mapping[str, Any], *, tenant: str) -> dict[str, Any]:
        """The object as changed; raises StaleError if it has changed since `_last_modified` was read."""
        return self._object(self._call("PUT", path, tenant, body=body))

    def delete(self, path: str, *, tenant: str) -> None:
        """Delete an object; raises NotFoundError if it was gone before the first try."""
        call = self._call("DELETE", path, tenant)
        tries = 0

        def attempt() -> None:
            nonlocal tries
            tries += 1
            try:
                self._attempt(call)
            except NotFoundError:
                if tries == 1:
                    raise

        self._retries.call(call.method, attempt)

    def list_all(self, path: str, params: Mapping[str, str], *, tenant: str | None = None) -> list[dict[str, Any]]:
        """Every object of a list; raises IncompleteListError rather than leave one out."""

        def read_page(number: int) -> Any:
            return self.get(path, {**params, "page_size": str(PAGE_SIZE), "page": str(number)}, tenant=tenant)

        return read_whole_list(path, read_page, self._page_threads)

    @property
    def _live(self) -> Sessions:
        if self._sessions is None:
            raise RuntimeError("the client has not been entered")
        return self._sessions

    def _call(
        self, method: str, path: str, tenant: str | None, *, query: str = "", body: Mapping[str, Any] | None = None
    ) -> _Call:
        return _Call(
            method=method,
            path=path,
            target=quote(path) + query,
            tenant=self._tenant if tenant is None else tenant,
            body=body,
            content=None if body is None else json.dumps(body, separators=(",", ":")).encode(),
        )

    def _object(self, call: _Call) -> dict[str, Any]:
        answered = self._answered(call)
        if isinstance(answered, dict):
            return answered
        message = f"{call.method} {call.path} did not answer with an object"
        raise BrokenAnswerError(message, method=call.method, path=call.path, status=200)

    def _answered(self, call: _Call) -> Any:
        return self._retries.call(call.method, lambda: self._attempt(call))

    def _attempt(self, call: _Call) -> Any:
        """The JSON of an answer, None for 204, after one attempt; with a new session if this one has expired."""
        session = self._live.live
        answer = self._sent(call, session)
        if answer.status_code == 419 and (refreshed := self._live.live) is not session:
            session = refreshed
            answer = self._sent(call, session)
        if answer.status_code in RENEW_STATUSES:
            answer = self._sent(call, self._live.renewed(session))
        if answer.status_code == 204:
            return None
        if not answer.is_success:
            raise _failure(call, answer, self._said(call, answer))
        try:
            value = parse_json(answer.content)
        except TooDeepError as deep:
            raise self._unusable(call, answer, str(deep)) from None
        except ValueError:
            error = _broken(call, answer, "is not JSON", self._said(call, answer))
            raise TroubleError(Trouble.BROKEN, error) from None
        if what := wrong_shape(call.path, value):
            raise self._unusable(call, answer, f"not an object of a Controller: {blanked(what, self._login.secrets)}")
        return value

    def _unusable(self, call: _Call, answer: httpx.Response, what: str) -> Exception:
        """The error for a success with an unreadable body: a repeated read would fail too, a write was done."""
        if call.method == "GET":
            return _broken(call, answer, what, "")
        error_type = AmbiguousWriteError if call.method == "POST" else BrokenAnswerError
        return TroubleError(Trouble.BROKEN, _broken(call, answer, what, "", error_type))

    def _sent(self, call: _Call, session: Session) -> httpx.Response:
        headers = (*session.headers, session.account.tenant_header(call.tenant))
        try:
            answer = self._wire.send(call.method, call.target, headers, content=call.content)
        except httpx.RequestError as failed:
            raise self._no_answer(call, failed) from failed
        self._live.follow(answer, session)
        self._date = answer.headers.get("Date", "")
        return answer

    def _no_answer(self, call: _Call, failed: httpx.RequestError) -> Exception:
        trouble = trouble_of(failed)
        diagnosis = diagnose(failed, self._address)
        is_sent = isinstance(failed, TooLargeError) or trouble not in (Trouble.NOT_SENT, None)
        is_harmless = call.method == "GET" or not is_sent
        error_type = NoAnswerError if is_harmless else AmbiguousWriteError
        error = error_type(
            f"{call.method} {call.path}: {diagnosis.message}", method=call.method, path=call.path, fix=diagnosis.fix
        )
        return error if trouble is None else TroubleError(trouble, error)

    def _logged_in(self, method: str) -> Session:
        """A new session; `method` is its row in the table of retries."""
        if not (self._login.password or self._login.token):
            raise UsageError(
                f"no password or token for {self._login.username}",
                fix="set SYNC_PASSWORD or SYNC_TOKEN, or name a file with SYNC_PASSWORD_FILE or SYNC_TOKEN_FILE",
            )
        return self._retries.call(method, self._login_attempt)

    def _login_attempt(self) -> Session:
        content = json.dumps(self._login.body()).encode()
        try:
            answer = self._wire.send("POST", LOGIN_PATH, login_headers(self._address.url), content=content)
        except httpx.RequestError as failed:
            diagnosis = diagnose(failed, self._address)
            error = NoAnswerError(diagnosis.message, method="POST", path=LOGIN_PATH, fix=diagnosis.fix)
            raise TroubleError(trouble_of(failed) or Trouble.BROKEN, error) from failed
        if trouble := STATUSES.get(answer.status_code):
            said = said_in(answer.content, self._login.secrets)
            raise TroubleError(
                trouble,
                NoAnswerError(
                    f"{self._address.url} is not ready: POST {LOGIN_PATH} answered {answer.status_code}: {said}",
                    method="POST",
                    path=LOGIN_PATH,
                    status=answer.status_code,
                    said=said,
                    fix="wait until the Controller has started",
                ),
                wait_seconds=retry_after_seconds(answer.headers.get("Retry-After", "")),
            )
        return session_of(answer, address=self._address, login=self._login, version=self._requested_version)

    def _said(self, call: _Call, answer: httpx.Response) -> str:
        """The Controller's words, without secrets that it was sent."""
        return said_in(answer.content, self._login.secrets | self._live.live.secrets | secret_texts(call.body))

    def _close(self, *, is_waited_for: bool) -> None:
        self._page_threads.shutdown(wait=is_waited_for, cancel_futures=True)
        self._wire.close()


def _failure(call: _Call, answer: httpx.Response, said: str) -> Exception:
    """The error for an answer that is not a success."""
    status = answer.status_code
    if answer.has_redirect_location:
        return _broken(call, answer, f"redirects to {place_pointed_to(answer.headers)}", said)
    is_upgrading = status == 403 and UPGRADING_TEXT in said
    trouble = Trouble.UPGRADING if is_upgrading else STATUSES.get(status)
    error = error_for(call.method, call.path, status, said)
    if is_upgrading:
        fix = "wait until the Controller has been upgraded"
        error = UpgradingError(method=call.method, path=call.path, status=status, said=said, fix=fix)
    if trouble is None:
        return error
    return TroubleError(trouble, error, wait_seconds=retry_after_seconds(answer.headers.get("Retry-After", "")))


def _broken(
    call: _Call,
    answer: httpx.Response,
    what: str,
    said: str,
    error_type: type[ControllerError] = BrokenAnswerError,
) -> ControllerError:
    return error_type(
        f"{call.method} {call.path} answered {answer.status_code}: {what}",
        method=call.method,
        path=call.path,
        status=answer.status_code,
        said=said,
    )
