"""Why a connection to the Controller failed, in one line that says what to do."""

import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import httpx

from sync.controller.address import ControllerAddress
from sync.controller.bounds import SlowAnswerError

_CHECK_ADDRESS = "check --controller (SYNC_CONTROLLER) and that this machine can reach it"
_TRUST = (
    "pass its CA certificate with --ca-bundle FILE (SYNC_CA_BUNDLE); "
    "for a test, --insecure-skip-verify trusts any certificate"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What happened, and how to fix it."""

    message: str
    fix: str


# Verification codes of OpenSSL 3 (X509_V_ERR_… in openssl/x509_vfy.h) whose fix differs from "trust its authority".
_CERTIFICATE_PROBLEMS: Mapping[int, tuple[str, str]] = {
    9: ("is not yet valid", "check the clock of this machine and of the Controller"),
    10: ("has expired", "renew the Controller's portal certificate"),
    18: ("is self-signed", _TRUST),
    62: ("is for another host name", "use a name or address that is in the Controller's certificate"),
    64: ("is for another address", "use a name or address that is in the Controller's certificate"),
}


def diagnose(error: httpx.RequestError, address: ControllerAddress) -> Diagnosis:
    """The first cause that a person can fix."""
    for cause in _causes(error):
        if found := _known(cause, address):
            return found
    detail = next((said for cause in _causes(error) if (said := _library_text(cause))), type(error).__name__)
    return Diagnosis(message=f"the connection to {address.url} failed: {detail}", fix=_CHECK_ADDRESS)


def _known(cause: BaseException, address: ControllerAddress) -> Diagnosis | None:
    url = address.url
    match cause:
        case ssl.SSLCertVerificationError():
            default = (f"is not trusted ({cause.verify_message})", _TRUST)
            what, fix = _CERTIFICATE_PROBLEMS.get(cause.verify_code, default)
            return Diagnosis(message=f"the certificate of {url} {what}", fix=fix)
        case ssl.SSLError():
            return Diagnosis(
                message=f"{url} does not speak TLS ({cause.reason or cause})",
                fix="check host and port; the API uses the port of the Controller's web page, usually 443",
            )
        case socket.gaierror():
            return Diagnosis(message=f'the host name "{address.host}" is not known', fix=_CHECK_ADDRESS)
        case ConnectionRefusedError():
            return Diagnosis(message=f"nothing listens at {url} (connection refused)", fix=_CHECK_ADDRESS)
        case httpx.ProxyError():
            return Diagnosis(
                message=f"the proxy refused the connection to {url}: {_library_text(cause)}",
                fix="check HTTPS_PROXY, or except the Controller with NO_PROXY",
            )
        case SlowAnswerError():
            fix = "check what answers there; --timeout (SYNC_TIMEOUT) allows more time for each answer"
            return Diagnosis(message=f"{url}: {cause}", fix=fix)
        case httpx.DecodingError():
            return Diagnosis(message=f"{url}: {cause}", fix=_CHECK_ADDRESS)
        case httpx.TimeoutException():
            return Diagnosis(message=f"no answer from {url} within {address.timeout_seconds:g} s", fix=_CHECK_ADDRESS)
        case httpx.RemoteProtocolError():
            return Diagnosis(
                message=f"{url} closed the connection or does not speak HTTP ({_library_text(cause)})",
                fix=_CHECK_ADDRESS,
            )
    return None


def _library_text(cause: BaseException) -> str:
    """The library's text, without what it quotes from the wire, which may be our cookie (h11 0.16)."""
    return re.sub(r":? (?:bytearray\()?b['\"].*", "", str(cause), flags=re.DOTALL)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The chain of causes, the innermost first: httpx wraps httpcore wraps the system's error."""
    chain: list[BaseException] = []
    link: BaseException | None = error
    while link is not None and link not in chain:
        chain.append(link)
        link = link.__cause__ or link.__context__
    return reversed(chain)
