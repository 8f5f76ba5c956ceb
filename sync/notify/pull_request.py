"""One comment on a pull request, found by its marker and edited in place (GitHub REST API, version 2022-11-28)."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from sync.errors import SyncError

TIMEOUT_SECONDS = 10.0
ATTEMPTS = 3
PAGE_SIZE = 100


class CommentError(SyncError):
    """The comment could not be written."""


class _BusyError(Exception):
    """An answer that may change if the request is sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """Where the comment belongs to. `api` is such as `https://api.github.com`."""

    api: str
    repository: str
    number: int
    token: str = field(repr=False)


def write_comment(where: PullRequest, marker: str, text: str, *, wait_seconds: float = 1.0) -> str:
    """Edit our comment, or make it; the address of the comment. Raises CommentError."""
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {where.token}",
        "X-GitHub-Api-Version": "2022-11-28",
        "User-Agent": "avi-sync",
    }
    trust: ssl.SSLContext | bool = ssl.create_default_context() if where.api.startswith("https:") else False
    with httpx.Client(headers=headers, timeout=TIMEOUT_SECONDS, verify=trust) as client:
        caller = _Caller(client, where, wait_seconds)
        body = {"body": f"{marker}\n{text}"}
        for comment in caller.comments():
            if str(comment.get("body", "")).startswith(marker):
                found = caller.call("PATCH", f"/issues/comments/{int(comment['id'])}", body)
                break
        else:
            found = caller.call("POST", f"/issues/{where.number}/comments", body)
    return str(found.get("html_url", ""))


class _Caller:
    """Sends the requests of one comment, with retries."""

    def __init__(self, client: httpx.Client, where: PullRequest, wait_seconds: float) -> None:
        self._client = client
        self._where = where
        self._wait_seconds = wait_seconds
        self._base = f"{where.api.rstrip('/')}/repos/{quote(where.repository)}"

    def comments(self) -> Iterator[dict[str, Any]]:
        """All comments, page by page."""
        url = f"{self._base}/issues/{self._where.number}/comments?per_page={PAGE_SIZE}"
        while url:
            answer = self._answer("GET", url, None)
            yield from answer.json()
            url = str(answer.links.get("next", {}).get("url", ""))

    def call(self, method: str, path: str, body: dict[str, str]) -> dict[str, Any]:
        """One request that writes."""
        found: dict[str, Any] = self._answer(method, f"{self._base}{path}", body).json()
        return found

    def _answer(self, method: str, url: str, body: dict[str, str] | None) -> httpx.Response:
        retrying = Retrying(
            retry=retry_if_exception_type(_BusyError),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_exponential(multiplier=self._wait_seconds),
            reraise=True,
        )
        try:
            return retrying(self._once, method, url, body)
        except _BusyError as error:
            raise CommentError(f"the comment was not written: {error}", fix="run the step again") from None
        except (httpx.HTTPError, ValueError) as error:
            message = f"the comment was not written: GitHub cannot be reached ({type(error).__name__})"
            raise CommentError(message, fix="check GITHUB_API_URL") from None

    def _once(self, method: str, url: str, body: dict[str, str] | None) -> httpx.Response:
        answer = self._client.request(method, url, json=body)
        if answer.status_code == 429 or answer.status_code >= 500:
            raise _BusyError(f"GitHub answered {answer.status_code}")
        if answer.status_code in (401, 403, 404):
            raise CommentError(
                f"the comment was not written: GitHub answered {answer.status_code}",
                fix="give the job `permissions: pull-requests: write`; pull requests from forks have no such token",
            )
        if not answer.is_success:
            raise CommentError(f"the comment was not written: GitHub answered {answer.status_code}", fix="see its log")
        return answer
