"""Logins, and the headers that prove them.

Form of login, cookies and codes: AVI-LOGIN, AVI-SESSION.
"""

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from sync.controller.address import ControllerAddress, Login
from sync.controller.errors import ControllerError, place_pointed_to, said_in
from sync.controller.wire import Headers
from sync.errors import UnreachableError
from sync.model.nesting import parse_json

CSRF_COOKIE = "csrftoken"
RENEW_STATUSES = frozenset({401, 419})
"""Answers for an expired session or a changed CSRF token; the request was not executed."""

OLDEST_VERSION = (20, 1, 6)
"""Older versions of the API do not return markers (swagger 30.2.1: VsVip.markers since 20.1.6)."""

_SESSION_COOKIES = ("sessionid", "avi-sessionid")
_LOGIN_FIX = (
    "check --username and the password (SYNC_PASSWORD, SYNC_PASSWORD_FILE) or token (SYNC_TOKEN, SYNC_TOKEN_FILE)"
)
_ADDRESS_FIX = "check --controller (SYNC_CONTROLLER): it takes the address of the Controller's web page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The account, as the answer to the login shows it (recorded with 20.1.1); None for what it does not show.

    `tenants` are those that the account may use, each with its uuid.
    """

    is_superuser: bool | None = None
    tenants: Mapping[str, str] | None = None

    def tenant_header(self, tenant: str) -> tuple[bytes, bytes]:
        """The header that names the tenant of a request (AVI-TENANT-HEADER).

        A name with other than ASCII letters is sent as its uuid: clients do not agree on its encoding in a header (the
        vendor's SDK uses Latin-1, AKO UTF-8), and the Controller then answers that there is no such tenant.
        """
        uuid = "" if tenant.isascii() else (self.tenants or {}).get(tenant, "")
        return (b"X-Avi-Tenant-UUID", uuid.encode()) if uuid else (b"X-Avi-Tenant", tenant.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One login. `headers` are sent with every request, plus that of the tenant."""

    account: Account
    version: str
    cookies: Mapping[str, str] = field(repr=False)
    headers: Headers = field(repr=False)

    @property
    def secrets(self) -> frozenset[str]:
        """What proves the login."""
        return frozenset(self.cookies.values())


class Sessions:
    """The current session. Threads may share it: if several find it expired, one logs in again for all."""

    def __init__(self, first: Session, origin: str, log_in: Callable[[], Session]) -> None:
        self._live = first
        self._origin = origin
        self._log_in = log_in
        self._lock = threading.Lock()
        self._failure: UnreachableError | ControllerError | None = None

    @property
    def live(self) -> Session:
        """The newest session."""
        return self._live

    def renewed(self, used: Session) -> Session:
        """A newer session than the one that was used; raises the error of its login.

        A failed login is not retried, because an account is locked after some wrong passwords.
        """
        with self._lock:
            if self._failure is not None:
                raise self._failure
            if self._live is used:
                try:
                    self._live = self._log_in()
                except (UnreachableError, ControllerError) as failure:
                    self._failure = failure
                    raise
            return self._live

    def follow(self, answer: httpx.Response, used: Session) -> None:
        """Use the cookies of an answer that sets a new CSRF token."""
        cookies = cookies_in(answer)
        if not cookies.get(CSRF_COOKIE) or all(used.cookies.get(name) == value for name, value in cookies.items()):
            return
        with self._lock:
            if self._live is used:
                self._live = make_session(self._origin, used.version, {**used.cookies, **cookies}, used.account)


def make_session(origin: str, version: str, cookies: Mapping[str, str], account: Account) -> Session:
    """The session with these cookies."""
    pairs = {
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "X-CSRFToken": cookies[CSRF_COOKIE],
        "Referer": f"{origin}/",
        "X-Avi-Version": version,
    }
    headers = tuple((name.encode(), value.encode()) for name, value in pairs.items())
    return Session(account=account, version=version, cookies=cookies, headers=headers)


def login_headers(origin: str) -> Headers:
    """The headers of a login: no cookies, and no version, which is not known yet."""
    return (
        (b"Accept", b"application/json"),
        (b"Accept-Encoding", b"gzip"),
        (b"Referer", f"{origin}/".encode()),
    )


def session_of(answer: httpx.Response, *, address: ControllerAddress, login: Login, version: str) -> Session:
    """The session that a login's answer opens; `version` overrides the Controller's own. Raises UnreachableError."""
    if answer.status_code in (401, 403):
        raise UnreachableError(
            f"the Controller refused the login of {login.username}: {said_in(answer.content, login.secrets)}",
            where=address.url,
            fix=_LOGIN_FIX,
        )
    if answer.has_redirect_location:
        raise _no_controller(
            address, f"answered {answer.status_code} and redirects to {place_pointed_to(answer.headers)}"
        )
    if answer.status_code >= 400:
        raise _no_controller(address, f"answered {answer.status_code}: {said_in(answer.content, login.secrets)}")
    body = _object_in(answer)
    if body is None:
        raise _no_controller(address, "did not answer with JSON")
    cookies = cookies_in(answer)
    names = {str(body.get("session_cookie_name")), *_SESSION_COOKIES}
    if CSRF_COOKIE not in cookies or not names & cookies.keys():
        raise _no_controller(address, "returned no session cookie")
    used = version or _version_in(body)
    if not used:
        raise _no_controller(address, "returned no version")
    _check_version(used, is_given=bool(version))
    return make_session(address.url, used, cookies, _account_in(body))


def cookies_in(answer: httpx.Response) -> dict[str, str]:
    """The cookies that an answer sets, without those that it removes."""
    cookies = {}
    for name, value in answer.headers.raw:
        if name.lower() == b"set-cookie":
            cookie, _, text = value.partition(b";")[0].decode("latin-1").partition("=")
            if text:
                cookies[cookie.strip()] = text.strip()
    return cookies


def _object_in(answer: httpx.Response) -> dict[str, Any] | None:
    try:
        body = parse_json(answer.content)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _version_in(body: Mapping[str, Any]) -> str:
    version = body.get("version")
    return str(version.get("Version", "")) if isinstance(version, dict) else ""


def _account_in(body: Mapping[str, Any]) -> Account:
    user, tenants = body.get("user"), body.get("tenants")
    is_superuser = user.get("is_superuser") if isinstance(user, dict) else None
    return Account(
        is_superuser=is_superuser if isinstance(is_superuser, bool) else None,
        tenants={str(each.get("name", "")): str(each.get("uuid", "")) for each in tenants if isinstance(each, dict)}
        if isinstance(tenants, list)
        else None,
    )


def _check_version(version: str, *, is_given: bool) -> None:
    numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if numbers is not None and tuple(map(int, numbers.groups())) >= OLDEST_VERSION:
        return
    oldest = ".".join(map(str, OLDEST_VERSION))
    given_fix = f"set ControllerSettings.controllerVersion to {oldest} or newer, or remove it to use the Controller's"
    raise ControllerError(
        f'version "{version}" of the API leaves out the markers that show ownership',
        fix=given_fix if is_given else f"upgrade the Controller to {oldest} or newer",
    )


def _no_controller(address: ControllerAddress, what: str) -> UnreachableError:
    return UnreachableError(f"this is not an Avi Controller: POST /login {what}", where=address.url, fix=_ADDRESS_FIX)
