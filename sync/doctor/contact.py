"""The connection to the Controller, before the login: name, port, TLS, certificate, clock."""

import email.utils
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import httpx

from sync.controller.address import ControllerAddress
from sync.controller.unreachable import diagnose
from sync.controller.wire import Wire
from sync.doctor.findings import ok, problem, warning
from sync.model.checkup import Finding
from sync.model.nesting import parse_json
from sync.model.traffic import unobserved

OPEN_PATH = "/api/initial-data"
"""Needs no login (AKO 2.2.1 and the Go SDK use it so)."""

MOST_SKEW_SECONDS = 60.0
"""Certificates, pauses and windows depend on this machine's clock; an answer may take some seconds."""

SHORTEST_VALIDITY_DAYS = 30
_DAY = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """The result. `now` is the Controller's clock in seconds since 1970, or this machine's if that is unknown."""

    findings: Sequence[Finding]
    is_reached: bool
    now: float


def make_contact(address: ControllerAddress, clock: Callable[[], float]) -> Contact:
    """Request what needs no login. Raises UsageError for a CA bundle that cannot be used."""
    wire = Wire(address, read_only=True, max_connections=1, observe=unobserved)
    try:
        answer = wire.send("GET", OPEN_PATH, ((b"Accept", b"application/json"),))
        end = _end_of_certificate(answer)  # as long as the connection is open
    except httpx.RequestError as error:
        diagnosis = diagnose(error, address)
        failed = problem("connection", diagnosis.message, diagnosis.fix, is_unreachable=True)
        return Contact(findings=(failed,), is_reached=False, now=clock())
    finally:
        wire.close()
    here, there = clock(), _date_of(answer)
    findings = (*_connection(answer, address), *_certificate(address, end, here), *_clock(here, there))
    return Contact(findings=findings, is_reached=True, now=here if there is None else there)


def _connection(answer: httpx.Response, address: ControllerAddress) -> Iterator[Finding]:
    if _is_avi(answer):
        yield ok("connection", f"an Avi Controller answers at {address.url}")
    else:
        message = (
            f"{address.url} answers, but its answer to GET {OPEN_PATH} ({answer.status_code}) is not a Controller's"
        )
        yield warning("connection", message, "check whether the login below succeeds; if not, check --controller")


def _is_avi(answer: httpx.Response) -> bool:
    try:
        body = parse_json(answer.content)
    except ValueError:
        return False
    return answer.is_success and isinstance(body, dict) and isinstance(body.get("version"), dict)


def _end_of_certificate(answer: httpx.Response) -> float | None:
    """The end of its validity; None without TLS, without verification, or if the connection is closed."""
    tls = answer.extensions["network_stream"].get_extra_info("ssl_object")
    certificate = tls.getpeercert() if tls is not None else None
    return ssl.cert_time_to_seconds(certificate["notAfter"]) if certificate else None


def _certificate(address: ControllerAddress, end: float | None, now: float) -> Iterator[Finding]:
    """How long it is valid. It is trusted, otherwise there would be no answer."""
    if address.url.startswith("http:"):
        yield ok("certificate", "none: plain http within this machine")
        return
    if not address.is_verified:
        message = "the Controller's certificate is not checked, so anybody in between can read the password"
        yield warning(
            "certificate", message, "remove --insecure-skip-verify, and pass the CA certificate with --ca-bundle"
        )
        return
    if end is None:
        yield ok("certificate", "trusted")
        return
    day = email.utils.formatdate(end, usegmt=True)
    if (end - now) / _DAY < SHORTEST_VALIDITY_DAYS:
        yield warning(
            "certificate", f"trusted, and valid until {day} only", "renew the Controller's portal certificate"
        )
    else:
        yield ok("certificate", f"trusted, valid until {day}")


def _clock(here: float, there: float | None) -> Iterator[Finding]:
    if there is None:
        return
    skew = here - there
    if abs(skew) > MOST_SKEW_SECONDS:
        which = "ahead of" if skew > 0 else "behind"
        message = f"this machine is {abs(skew):.0f} s {which} the Controller"
        yield warning("clock", message, "use the same NTP servers for both")
    else:
        yield ok("clock", "this machine and the Controller agree within a minute")


def _date_of(answer: httpx.Response) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (KeyError, ValueError):
        return None
