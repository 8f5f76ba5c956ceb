"""The Controller's address, and the account for it."""

import ipaddress
import ssl
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import SplitResult, urlsplit

from sync.errors import UsageError
from sync.model.run import Target

_FIX = "give the address alone, as in https://avi.example.com or 10.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """The account; a token takes precedence over a password (Avi 20.1 to 30.2: `token` in the body of POST /login)."""

    username: str = "admin"
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @property
    def secrets(self) -> frozenset[str]:
        """What must not appear in any message."""
        return frozenset({self.password, self.token} - {""})

    @classmethod
    def of(cls, target: Target) -> Self:
        """The account of a target."""
        return cls(username=target.username, password=target.password, token=target.token)

    def body(self) -> dict[str, str]:
        """The body of POST /login."""
        secret = {"token": self.token} if self.token else {"password": self.password}
        return {"username": self.username, **secret}


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerAddress:
    """The Controller's origin, `https://10.0.0.1`, and how far it is trusted.

    A bare host means https; plain http goes to this machine only, because the password would travel in the clear.
    `ca_bundle` is a PEM file, "" means the certificate authorities of the system. Raises UsageError.
    """

    url: str
    ca_bundle: str = ""
    is_verified: bool = True
    timeout_seconds: float = 30.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", _origin(self.url))

    @classmethod
    def of(cls, target: Target) -> Self:
        """The address of a target. Raises UsageError."""
        return cls(
            url=target.controller,
            ca_bundle=target.ca_bundle,
            is_verified=target.is_verified,
            timeout_seconds=target.timeout_seconds,
        )

    @property
    def host(self) -> str:
        """The host name or address, without brackets."""
        return urlsplit(self.url).hostname or ""

    @property
    def is_loopback(self) -> bool:
        """Whether the Controller runs on this machine."""
        return _is_loopback(self.host)

    def ssl_context(self) -> ssl.SSLContext:
        """The TLS settings for this address; raises UsageError for a CA bundle that cannot be used."""
        if not self.url.startswith("https:"):
            return ssl.SSLContext(
                ssl.PROTOCOL_TLS_CLIENT
            )  # not used for http; loading the system's authorities takes time
        try:
            context = ssl.create_default_context(cafile=self.ca_bundle or None)
        except ssl.SSLError:
            raise _bad_bundle(self.ca_bundle, "contains no certificate") from None
        except OSError as error:
            raise _bad_bundle(self.ca_bundle, f"cannot be read: {error.strerror}") from None
        if not self.is_verified:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def _origin(given: str) -> str:
    """The address as scheme, host and port; messages leave out what may be a password."""
    text = given.strip()
    try:
        parts = _split(text)
        port = parts.port
    except ValueError:
        raise UsageError("the address of the Controller is not a URL", fix=_FIX) from None
    if "@" in parts.netloc:
        raise UsageError(
            "the address of the Controller contains a user name or password",
            fix="remove it, and set SYNC_USERNAME and SYNC_PASSWORD or SYNC_PASSWORD_FILE",
        )
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise UsageError(f'the address of the Controller has more than a host: "{text}"', fix=_FIX)
    host = (parts.hostname or "").lower()
    if not host or not _is_plain(host):
        raise UsageError(f'the address of the Controller names no host: "{text}"', fix=_FIX)
    if parts.scheme not in ("http", "https"):
        raise UsageError(f'the address of the Controller is neither https nor http: "{text}"', fix=_FIX)
    if parts.scheme == "http" and not _is_loopback(host):
        raise UsageError(
            f'"{text}" would send the password in the clear: plain http is for this machine only',
            fix=f"use https://{parts.netloc}",
        )
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}" if port is None else f"{parts.scheme}://{shown}:{port}"


def _split(text: str) -> SplitResult:
    if "://" in text:
        return urlsplit(text)
    return urlsplit(f"https://[{text}]" if _is_ip6(text) else f"https://{text}")


def _is_ip6(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).version == 6
    except ValueError:
        return False


def _is_plain(host: str) -> bool:
    """Whether it has only letters, digits and the punctuation of names and addresses."""
    return host.isascii() and all(char.isalnum() or char in "-._:" for char in host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bad_bundle(path: str, what: str) -> UsageError:
    return UsageError(
        f"the CA bundle {what}",
        where=path,
        fix="use a PEM file with the CA certificate that signed the Controller's (--ca-bundle)",
    )
