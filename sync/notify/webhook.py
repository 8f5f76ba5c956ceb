"""One message to one address, once. The address may itself be a secret: errors name its host only."""

import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx

from sync.errors import SyncError

TIMEOUT_SECONDS = 5.0
_FIX = "check the address in SYNC_WEBHOOK_URL or SYNC_WEBHOOK_URL_FILE"


class WebhookError(SyncError):
    """The message was not confirmed."""


def send_message(url: str, document: Mapping[str, Any]) -> None:
    """Send the document as JSON; raises WebhookError for any answer but a success. Redirects are not followed."""
    address = _address(url)
    where = f"the webhook at {address.host}"
    try:
        with httpx.Client(timeout=TIMEOUT_SECONDS, verify=_trust(address)) as client:
            answer = client.post(address, json=document)
    except httpx.TimeoutException:
        raise WebhookError(f"{where} did not answer within {TIMEOUT_SECONDS:g} s", fix=_FIX) from None
    except (httpx.HTTPError, OSError) as error:
        raise WebhookError(f"{where} cannot be reached ({type(error).__name__})", fix=_FIX) from None
    if not answer.is_success:
        raise WebhookError(f"{where} answered {answer.status_code}", fix=_FIX)


def _address(url: str) -> httpx.URL:
    try:
        parts = urlsplit(url)  # stricter than httpx, which takes half an IPv6 address for a name
        if parts.scheme in ("http", "https") and parts.hostname:
            return httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        pass
    raise WebhookError("the address of the webhook is no http:// or https:// URL", fix=_FIX)


def _trust(address: httpx.URL) -> ssl.SSLContext | bool:
    """The system's certificate authorities, which may include a company's own; http does not need to load them."""
    return ssl.create_default_context() if address.scheme == "https" else False
