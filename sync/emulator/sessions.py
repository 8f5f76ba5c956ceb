"""Logins: passwords, tokens, and the sessions that come of them."""

import secrets
import string
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sync.emulator.errors import Refusal
from sync.emulator.store import Store

IDLE_SECONDS = 15 * 60  # ControllerProperties.api_idle_timeout, swagger 30.2.1
FORCED_HOURS = 24  # portal_configuration.api_force_timeout where the configuration has none, swagger 30.2.1
USER = "admin"
SESSION_COOKIES = ("avi-sessionid", "sessionid")
_TOKENS = "tokens"
_ALPHABET = string.ascii_lowercase + string.digits
_CSRF_ALPHABET = string.ascii_letters + string.digits


@dataclass(slots=True, kw_only=True)
class Session:
    """One login. `used` is the time of the last request, which keeps it alive."""

    id: str
    csrf: str
    created: float
    used: float


class Sessions:
    """The live sessions. They are forgotten at a restart; clients log in again on 401."""

    def __init__(self, store: Store, password: str, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._password = password
        self._clock = clock
        self._live: dict[str, Session] = {}

    def login(self, username: str, password: str | None, token: str | None) -> Session:
        """A new session for the right password or a live token."""
        if not self.is_user(username, password) and not (username == USER and token and self._is_live_token(token)):
            raise Refusal.BAD_CREDENTIALS.error()
        now = self._clock()
        for known in [known for known in list(self._live.values()) if self._is_over(known, now)]:
            self.end(known)
        session = Session(id=_random(_ALPHABET), csrf=_random(_CSRF_ALPHABET), created=now, used=now)
        self._live[session.id] = session
        return session

    def is_user(self, username: str, password: str | None) -> bool:
        """Whether the password is the user's."""
        return username == USER and password is not None and _is_same(password, self._password)

    def change_password(self, old: str | None, new: str) -> None:
        """Let later logins need the new password."""
        if not self.is_user(USER, old):
            raise Refusal.BAD_CREDENTIALS.error()
        self._password = new

    def find(self, ids: Iterable[str], csrf: str | None) -> Session | None:
        """The live session among the ids of a request, which may be several: avisdk sends old cookies beside new ones.

        Recorded (20.1.1, test_basic_vs#0 after a new login). The one whose CSRF token the request carries is preferred.
        """
        now = self._clock()
        found = None
        for session_id in ids:
            session = self._live.get(session_id)
            if session is None:
                continue
            if self._is_over(session, now):
                self.end(session)
            elif found is None or session.csrf == csrf:
                found = session
        if found is not None:
            found.used = now
        return found

    def _is_over(self, session: Session, now: float) -> bool:
        """Whether a session was idle too long, or is too old for the system configuration."""
        hours = portal_configuration(self._store).get("api_force_timeout", FORCED_HOURS)
        return now - session.used > IDLE_SECONDS or now - session.created > hours * 3600

    def end(self, session: Session) -> None:
        """Make the session id invalid."""
        self._live.pop(session.id, None)

    # User tokens (AKO avi_rest_utils.go:183-264): made with a session, used at a login instead of the password.

    def tokens(self) -> list[dict[str, Any]]:
        """The tokens that have been made, as clients see them."""
        return list(self._store.setting(_TOKENS) or ())

    def make_token(self, hours: float) -> dict[str, Any]:
        """A new token that is good for so many hours."""
        token = {
            "uuid": f"authtoken-{uuid.uuid4()}",
            "token": secrets.token_hex(20),
            "username": USER,
            "hours": hours,
            "expires_at": datetime.fromtimestamp(self._clock() + hours * 3600, UTC).isoformat(),
        }
        with self._store.transaction():
            self._store.save_setting(_TOKENS, [*self.tokens(), token])
        return token

    def drop_token(self, token_uuid: str) -> None:
        """Make a token invalid."""
        with self._store.transaction():
            tokens = self.tokens()
            kept = [token for token in tokens if token["uuid"] != token_uuid]
            if len(kept) == len(tokens):
                raise Refusal.NOT_FOUND.error(model="AuthToken")
            self._store.save_setting(_TOKENS, kept)

    def _is_live_token(self, text: str) -> bool:
        now = datetime.fromtimestamp(self._clock(), UTC)
        return any(
            _is_same(token["token"], text) and datetime.fromisoformat(token["expires_at"]) > now
            for token in self.tokens()
        )


def _is_same(one: str, other: str) -> bool:
    """Whether two secrets are equal, compared in constant time; texts of any letters."""
    return secrets.compare_digest(*(text.encode("utf-8", "surrogatepass") for text in (one, other)))


def portal_configuration(store: Store) -> Mapping[str, Any]:
    """What the system configuration says about logins and about the API."""
    configuration = store.get("systemconfiguration", "default")
    portal: Mapping[str, Any] = configuration.body.get("portal_configuration", {}) if configuration is not None else {}
    return portal


def _random(alphabet: str) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(32))
