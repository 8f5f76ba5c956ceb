"""The header and the certificate that a login gives to requests, renewed as the login says."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sync.cluster.place import ClusterAddress, Login
from sync.cluster.plugins import PluginLogin, run_plugin
from sync.errors import UsageError
from sync.timing import Timing

FILE_SECONDS = 60.0
"""How long a token that was read from a file is used: client-go reads it again once a minute (kubernetes 1.30)."""


_SENDABLE = re.compile(r"[!-~]*")
"""What a header can carry: anything else would be shown in the error that refuses it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What requests carry: a bearer token, a certificate with its key, or both."""

    token: str = field(default="", repr=False)
    certificate: bytes = field(default=b"", repr=False)
    key: bytes = field(default=b"", repr=False)


class Prover:
    """The proof of a login, always current. It is never stored."""

    def __init__(
        self,
        login: Login,
        address: ClusterAddress,
        timing: Timing,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._login = login
        self._address = address
        self._timing = timing
        self._clock = clock
        self._file_token = ""
        self._file_read_at = float("-inf")
        self._plugin_login: PluginLogin | None = None

    @property
    def can_renew(self) -> bool:
        """Whether there is a chance of another proof after one was refused."""
        return self._login.token_file is not None or self._login.plugin is not None

    def renew(self) -> None:
        """Forget what was read: it was refused."""
        self._file_read_at = float("-inf")
        self._plugin_login = None

    def proof(self) -> Proof:
        """What to send now. Raises UsageError, and UnreachableError for a plugin that fails."""
        found = self._proof()
        if not _SENDABLE.fullmatch(found.token):
            raise UsageError("the token of the cluster has characters that no token has", where=self._address.server)
        return found

    def _proof(self) -> Proof:
        login = self._login
        if login.plugin is not None:
            if self._plugin_login is None or self._plugin_login.is_over(self._clock()):
                self._plugin_login = run_plugin(login.plugin, self._address, self._timing.left_seconds)
            found = self._plugin_login
            return Proof(
                token=found.token,
                certificate=found.certificate or login.certificate,
                key=found.key or login.key,
            )
        token = self._token_of_file() if login.token_file is not None else login.token
        return Proof(token=token, certificate=login.certificate, key=login.key)

    def _token_of_file(self) -> str:
        if self._timing.now() - self._file_read_at >= FILE_SECONDS:
            file = self._login.token_file
            try:
                self._file_token = file.read_text("utf-8").strip() if file else ""
            except (OSError, ValueError) as error:
                reason = getattr(error, "strerror", None) or "it is no text"
                raise UsageError(f"the token of the cluster cannot be read: {reason}", where=str(file)) from None
            if not self._file_token:
                raise UsageError("the file for the token of the cluster is empty", where=str(file))
            self._file_read_at = self._timing.now()
        return self._file_token
