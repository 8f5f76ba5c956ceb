"""The errors of requests to a Controller."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from sync.errors import ExitCode, SyncError, UnreachableError
from sync.model.nesting import parse_json
from sync.model.secrets import blanked, without_user_info

LONGEST_SAID = 500
LONGEST_READ = 64 * 1024
"""Bytes of an answer that are searched for the Controller's words."""


class ControllerError(SyncError):
    """A request that did not do what it was sent for.

    `said` is the Controller's own text on one line; `status` is None if no answer came.
    """

    exit_code = ExitCode.HELD_OR_FAILED

    def __init__(
        self,
        message: str = "",
        *,
        method: str = "",
        path: str = "",
        status: int | None = None,
        said: str = "",
        fix: str = "",
    ) -> None:
        answered = f"{method} {path} answered {status}"
        super().__init__(message or (f"{answered}: {said}" if said else answered), fix=fix)
        self.method = method
        self.path = path
        self.status = status
        self.said = said


class NotFoundError(ControllerError):
    """404: the object, or one that the request refers to, is not there."""


class ConflictError(ControllerError):
    """409: the name or the address is taken."""


class StaleError(ControllerError):
    """412: the object has changed since it was read; read again and decide again."""


class RefusedError(ControllerError):
    """Another 4xx: the Controller refused the request."""


class UpgradingError(RefusedError):
    """403 because configuration is closed while the Controller is upgraded: the request was not executed."""


class BrokenAnswerError(ControllerError):
    """5xx after all retries, a redirect, or a body that is not what the API promises."""


class AmbiguousWriteError(ControllerError):
    """A write that may or may not have been done: read before sending it again."""


class ReadOnlyError(ControllerError):
    """A write in a read-only run; nothing was sent."""


class IncompleteListError(ControllerError):
    """A list that could not be read completely, even after several attempts."""


class NoAnswerError(ControllerError, UnreachableError):
    """The Controller was not reached, and nothing was changed by this request."""

    exit_code = ExitCode.UNREACHABLE


NO_SUCH_TENANT = re.compile(r"Tenant '.*' does not exist")
"""How the Controller refuses a request for a tenant that does not exist, with 403 (AVI-TENANT-UNKNOWN)."""

_BY_STATUS: Mapping[int, type[ControllerError]] = {404: NotFoundError, 409: ConflictError, 412: StaleError}


def error_for(method: str, path: str, status: int, said: str, *, fix: str = "") -> ControllerError:
    """The typed error for the status of an answer."""
    if status == 403 and NO_SUCH_TENANT.search(said):
        fix = fix or "create the tenant, correct its name in Git, or let the account use it"
    default = RefusedError if 400 <= status < 500 else AmbiguousWriteError if method == "POST" else BrokenAnswerError
    return _BY_STATUS.get(status, default)(method=method, path=path, status=status, said=said, fix=fix)


def said_in(content: bytes, secrets: Iterable[str] = ()) -> str:
    """The Controller's own text in the body of an answer, on one line, without secrets.

    `{"error": text}` mostly, `{"detail": text}` from its framework, bare text for a bad CSRF token (AVI-ERROR-SHAPES);
    proxies and other servers send a page, of which only the title is worth a line.
    """
    return _one_line(blanked(_words(content[:LONGEST_READ].decode(errors="replace")), secrets))


def place_pointed_to(headers: Mapping[str, str]) -> str:
    """The target of a redirect, without logins and tokens."""
    return without_user_info(headers["Location"].partition("?")[0].partition("#")[0])


def _words(text: str) -> str:
    if text.lstrip().startswith("<"):
        title = re.search(r"<title>([^<]*)</title>", text, re.IGNORECASE)
        return f'a web page, "{title[1].strip()}"' if title else "a web page"
    try:
        return _text_of(parse_json(text))
    except ValueError:
        return text


def _text_of(value: Any) -> str:
    if isinstance(value, dict):
        value = next((value[key] for key in ("error", "detail") if value.get(key)), value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _one_line(text: str) -> str:
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return line if len(line) <= LONGEST_SAID else line[: LONGEST_SAID - 1] + "…"
