"""Exec plugins: programs of a kubeconfig that print a login (client.authentication.k8s.io/v1, v1beta1)."""

import base64
import json
import math
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sync.cluster.place import ClusterAddress, ExecPlugin
from sync.errors import UnreachableError

MOST_SECONDS = 60.0
"""How long a plugin may take; kubectl would wait for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginLogin:
    """What a plugin printed: a token, a certificate with its key, or both. `expires` is None where it does not say."""

    token: str = field(default="", repr=False)
    certificate: bytes = field(default=b"", repr=False)
    key: bytes = field(default=b"", repr=False)
    expires: datetime | None = None

    def is_over(self, now: datetime) -> bool:
        """Whether it is worth nothing any more."""
        return self.expires is not None and self.expires <= now


def run_plugin(plugin: ExecPlugin, address: ClusterAddress, left_seconds: float = math.inf) -> PluginLogin:
    """The login that the plugin prints. Raises UnreachableError, which repeats nothing that it printed on stdout.

    The plugin gets no terminal, and its stderr goes to ours: that is where it says what is wrong. Our own
    credentials are not in the environment that it gets (`sync.credentials`).
    """
    request = {"kind": "ExecCredential", "apiVersion": plugin.api_version, "spec": _spec(plugin, address)}
    environment = {
        **os.environ,
        **plugin.environment,
        "KUBERNETES_EXEC_INFO": json.dumps(request),
    }
    seconds = max(0.0, min(MOST_SECONDS, left_seconds))
    try:
        done = subprocess.run(  # noqa: S603 (the operator's own kubeconfig names it)
            [plugin.command, *plugin.arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _failed(plugin, f"did not end within {seconds:.0f} s") from None
    except OSError as error:
        raise _failed(plugin, f"cannot be run: {error.strerror}", plugin.install_hint) from None
    if done.returncode != 0:
        raise _failed(plugin, f"ended with {done.returncode}")
    return _answer(plugin, done.stdout)


def _spec(plugin: ExecPlugin, address: ClusterAddress) -> Mapping[str, Any]:
    if not plugin.knows_cluster:
        return {"interactive": False}
    cluster = {
        "server": address.server,
        "certificate-authority-data": base64.b64encode(address.authority).decode(),
        "tls-server-name": address.tls_server_name,
        "proxy-url": address.proxy_url,
        "disable-compression": not address.is_packed,
        "config": address.plugin_settings,
    }
    return {"interactive": False, "cluster": {name: value for name, value in cluster.items() if value}}


def _answer(plugin: ExecPlugin, text: bytes) -> PluginLogin:
    try:
        answer = json.loads(text)
        kind, version, status = answer["kind"], answer["apiVersion"], answer["status"]
        token, expires = status.get("token", ""), status.get("expirationTimestamp")
        certificate, key = status.get("clientCertificateData", ""), status.get("clientKeyData", "")
        login = PluginLogin(
            token=token.strip(),
            certificate=certificate.encode(),
            key=key.encode(),
            expires=_moment(expires) if expires else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _failed(plugin, "printed no ExecCredential") from None
    if (kind, version) != ("ExecCredential", plugin.api_version):
        raise _failed(plugin, f'printed another version than "{plugin.api_version}"')
    if not login.token and not (login.certificate and login.key):
        raise _failed(plugin, "printed neither a token nor a certificate with its key")
    return login


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _failed(plugin: ExecPlugin, what: str, hint: str = "") -> UnreachableError:
    fix = hint or "run it by hand to see what is wrong; nothing was sent to the cluster"
    return UnreachableError(f'the login plugin "{plugin.command}" {what}', where=plugin.where, fix=fix)
