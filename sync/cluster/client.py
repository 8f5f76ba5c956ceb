"""Requests to one API server: logged in, bounded, sent again where that is safe (Kubernetes 1.30)."""

import email.utils
import json
import logging
import re
import ssl
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from sync.cluster.logins import Proof, Prover
from sync.cluster.place import ClusterAddress, KubeContext
from sync.cluster.tls import ssl_context
from sync.errors import SyncError, UsageError
from sync.model.secrets import blanked
from sync.model.traffic import Exchange, Observer, unobserved
from sync.timing import Timing

_LOG = logging.getLogger(__name__)

MOST_BYTES = 64 * 1024 * 1024
"""Of one answer, unpacked: 500 objects of the most that an API server stores would be more, and nobody has those."""
MOST_TRIES = 5
MOST_WAIT_SECONDS = 30.0
"""The longest `Retry-After` that is waited for."""
Json = Mapping[str, Any] | Sequence[Mapping[str, Any]]
RETRIED = frozenset({429, 500, 502, 503, 504})
"""Statuses of answers after which a request is sent again, a few times."""
STOPPING = frozenset({0, 401})
"""No answer, or a login that is refused: the statuses of a `ClusterError` after which more requests would fail, too."""


class ClusterError(Exception):
    """A request that failed for good. `reason` is one sentence for people, without secrets; `status` 0: no answer.

    `managers` are those whose fields an apply would have changed.
    """

    def __init__(self, reason: str, *, status: int = 0, managers: frozenset[str] = frozenset()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.managers = managers


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    status: int
    body: bytes
    content_type: str
    wait_seconds: float


class ClusterClient:
    """One API server, as one user. Close it after use."""

    def __init__(
        self,
        context: KubeContext,
        *,
        timing: Timing,
        timeout_seconds: float = 30.0,
        observe: Observer = unobserved,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._context = context
        self._timing = timing
        self._transport = transport
        self._timeout_seconds = timeout_seconds
        self._observe = observe
        self._prover = Prover(context.login, context.address, timing)
        self._proof: Proof | None = None
        self._http: httpx.Client | None = None

    def login(self) -> None:
        """Prepare the login and the connections before the first request. Raises UsageError, UnreachableError."""
        self._client(self._prover.proof())

    def close(self) -> None:
        """Close all connections."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def __enter__(self) -> "ClusterClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, path: str, query: Mapping[str, str | int] | None = None) -> Any:
        """The JSON of an answer. Raises ClusterError."""
        return self._decoded(self._send("GET", path, query))

    def get_body(self, path: str, query: Mapping[str, str | int]) -> bytes:
        """An answer as it came. Raises ClusterError."""
        return self._send("GET", path, query)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON of an answer to a question such as a SelfSubjectAccessReview. Raises ClusterError."""
        return self._decoded(self._send("POST", path, body=body))

    def patch(self, path: str, content_type: str, query: Mapping[str, str | int], body: Json) -> Any:
        """The JSON of the object after a patch. Raises ClusterError."""
        return self._decoded(self._send("PATCH", path, query, body=body, content_type=content_type))

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | int] | None = None,
        *,
        body: Json | None = None,
        content_type: str = "application/json",
    ) -> bytes:
        target = f"{path}?{urlencode(query)}" if query else path
        has_renewed = False
        for tries in range(1, MOST_TRIES + 1):
            try:
                answer = self._try(method, target, body, content_type)
            except httpx.RequestError as error:
                if isinstance(error, httpx.ProxyError) or not self._waited(tries, 0):
                    raise ClusterError(self._without_secrets(_unreachable(error))) from None
                continue
            if answer.status == 401 and self._prover.can_renew and not has_renewed:
                has_renewed = True
                self._prover.renew()
                continue
            if answer.status in RETRIED and self._waited(tries, answer.wait_seconds):
                continue
            return self._accepted(answer)
        raise ClusterError("too many requests to the API server")

    def _waited(self, tries: int, wanted_seconds: float) -> bool:
        """Whether another try may follow, after a wait."""
        seconds = max(min(8.0, 0.25 * 2**tries) + 0.5 * self._timing.chance(), min(wanted_seconds, MOST_WAIT_SECONDS))
        if tries >= MOST_TRIES or seconds > self._timing.left_seconds:
            return False
        self._timing.sleep(seconds)
        return True

    def _try(self, method: str, target: str, body: Json | None, content_type: str) -> _Answer:
        seconds = min(self._timeout_seconds, self._timing.left_seconds)
        if seconds <= 0:
            raise ClusterError("the time limit of the run was reached before the request")
        try:
            proof = self._prover.proof()
            http = self._client(proof)
        except SyncError as error:
            raise ClusterError(error.message) from None
        headers = {"Accept": "application/json"}
        if proof.token:
            headers["Authorization"] = f"Bearer {proof.token}"
        if body is not None:
            headers["Content-Type"] = content_type
        content = json.dumps(body).encode() if body is not None else None
        begin = time.perf_counter()
        try:
            with http.stream(
                method, self._context.address.server + target, headers=headers, content=content, timeout=seconds
            ) as response:
                found = _Answer(
                    status=response.status_code,
                    body=_body(response, seconds),
                    content_type=response.headers.get("Content-Type", ""),
                    wait_seconds=_retry_after(response.headers.get("Retry-After", "")),
                )
        except httpx.RequestError as error:
            self._tell(method, target, type(error).__name__, begin)
            raise
        self._tell(method, target, str(found.status), begin)
        return found

    def _client(self, proof: Proof) -> httpx.Client:
        """The connections; new ones where another certificate is to be shown."""
        before, self._proof = self._proof, proof
        if self._http is not None and before is not None and before.certificate == proof.certificate:
            return self._http
        self.close()
        address = self._context.address
        self._http = httpx.Client(
            verify=ssl_context(address, proof.certificate, proof.key),
            proxy=_proxy(address),
            transport=self._transport,
            headers={"User-Agent": "avi-sync", "Accept-Encoding": "gzip" if address.is_packed else "identity"},
            follow_redirects=False,
            trust_env=False,
        )
        return self._http

    def _accepted(self, answer: _Answer) -> bytes:
        """The body of an answer that refuses nothing."""
        if answer.status >= 300:
            reason = self._without_secrets(_refusal(answer))
            raise ClusterError(reason, status=answer.status, managers=frozenset(_managers(answer)))
        return answer.body

    def _decoded(self, body: bytes) -> Any:
        server = self._context.address.server
        try:
            content = json.loads(body)
        except (ValueError, RecursionError):
            raise ClusterError(f"{server} answers with something that is no JSON", status=200) from None
        if not isinstance(content, dict):
            raise ClusterError(f"{server} is no API server of Kubernetes", status=200)
        return content

    def _without_secrets(self, text: str) -> str:
        login, proof = self._context.login, self._proof
        return blanked(" ".join(text.split())[:400], {login.token, proof.token if proof else ""} - {""})

    def _tell(self, method: str, target: str, status: str, begin: float) -> None:
        path = target.partition("?")[0]
        seconds = time.perf_counter() - begin
        self._observe(Exchange(method=method, path=path, status=status, seconds=seconds))
        _LOG.debug("event=cluster-request method=%s path=%s status=%s seconds=%.3f", method, path, status, seconds)


def _body(response: httpx.Response, seconds: float) -> bytes:
    """The body; raises httpx.RequestError for one that is too large or too slow."""
    ends_at = time.monotonic() + seconds
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MOST_BYTES:
            raise httpx.DecodingError(f"the answer has more than {MOST_BYTES // 1024 // 1024} MB")
        if time.monotonic() > ends_at:
            raise httpx.ReadTimeout(f"the answer was not complete after {seconds:.3g} s")
    return bytes(body)


def _retry_after(text: str) -> float:
    """The seconds of the header; 0 where it has none that can be read."""
    if text.isascii() and text.isdigit():
        return float(text[:6])
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return 0.0
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _proxy(address: ClusterAddress) -> httpx.Proxy | None:
    """As kubectl: `proxy-url`, or else HTTPS_PROXY unless NO_PROXY excepts the host. Raises UsageError."""
    url = urlsplit(address.server)
    text, where = address.proxy_url, address.server
    if not text and not urllib.request.proxy_bypass(url.hostname or ""):
        text, where = urllib.request.getproxies().get(url.scheme, ""), f"{url.scheme.upper()}_PROXY"
    if not text:
        return None
    fix = "write it as http://HOST:PORT or https://HOST:PORT"
    try:
        proxy = httpx.Proxy(text)
    except (ValueError, httpx.InvalidURL):
        proxy = None
    if proxy is None or proxy.url.scheme not in ("http", "https") or not proxy.url.host:
        raise UsageError("the proxy is not a URL of http or https", where=where, fix=fix)
    return proxy


def _unreachable(error: httpx.RequestError) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return f"TLS failed: {cause.reason or cause}"
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.TimeoutException):
        return str(error) if "complete" in str(error) else "it does not answer in time"
    if isinstance(error, httpx.ProxyError):
        return f"the proxy refuses: {error}"
    return str(error) or "the connection broke"


def _refusal(answer: _Answer) -> str:
    """The words of a Status, or what answered instead of an API server."""
    words = ""
    try:
        status = json.loads(answer.body)
        words = str(status["message"]) if status.get("kind") == "Status" else ""
    except (ValueError, KeyError, AttributeError, RecursionError):
        pass
    if answer.status == 401:
        return "the API server refuses the login (401)" + (f": {words}" if words not in ("", "Unauthorized") else "")
    if "system:anonymous" in words:
        return f"no login was sent: {words}"
    if words:
        return f"{words} ({answer.status})"
    return f"it answers {answer.status} without the words of an API server: is a proxy or a login page in between?"


def _managers(answer: _Answer) -> Iterator[str]:
    """The field managers that a refused apply is in conflict with (Kubernetes 1.30, NewConflictError)."""
    try:
        causes = json.loads(answer.body)["details"]["causes"]
        messages = [each["message"] for each in causes if each["reason"] == "FieldManagerConflict"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    for message in messages:
        found = re.match(r'conflict with "([^"]*)"', message)
        yield found[1] if found else message
