"""One write, sent so that a lost answer neither duplicates nor loses anything.

The client has already retried where that is safe (`sync.controller.retries`). After that, the Controller is read to
decide:

    POST    look for the name: what was sent is there (done), nothing is (send again), something else is (taken)
    PUT     read again: what was sent is there (done), or not (failed, or stale)
    DELETE  read again: nothing is there (done), or it still is (failed; called stale and yet unchanged: send again)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import tenacity

from sync.avi.markers import Marker, Markers
from sync.compare.traces import is_as_sent, is_unchanged
from sync.controller.client import ControllerClient
from sync.controller.errors import (
    AmbiguousWriteError,
    BrokenAnswerError,
    ConflictError,
    ControllerError,
    NotFoundError,
    RefusedError,
    StaleError,
    UpgradingError,
)
from sync.controller.retries import backoff
from sync.errors import SyncError, UnreachableError
from sync.kinds import KINDS
from sync.model.plan import Write
from sync.timing import Timing

MOST_POSTS = 3
"""How often a create is sent; before each repetition, nothing was found under its name."""
MOST_DELETES = 3
"""How often a delete is sent; before each repetition, the object was found unchanged."""

Body = Mapping[str, Any]


class Why(StrEnum):
    """Why a write was not done; decides what happens next."""

    REFUSED = "refused"
    """The Controller refused it, and will refuse it again."""
    STALE = "stale"
    """Live is not what the plan was made with: read again and decide again."""
    TAKEN = "taken"
    """Another object has the name, perhaps one that was just deleted."""
    PASSING = "passing"
    """Busy or starting: it may pass by itself."""
    UPGRADING = "upgrading"
    """Configuration is closed while the Controller is upgraded."""
    LOST = "lost"
    """The Controller no longer answers."""


MAY_PASS = frozenset({Why.PASSING, Why.UPGRADING, Why.LOST})


class WriteFailedError(Exception):
    """A write that was not done, in the Controller's words."""

    def __init__(self, said: str, why: Why, *, status: int | None = None) -> None:
        super().__init__(said)
        self.said = said
        self.why = why
        self.status = status


def failure_of(error: SyncError) -> WriteFailedError:
    """What an error of the client means for the write that met it."""
    status = error.status if isinstance(error, ControllerError) else None
    return WriteFailedError(_on_one_line(error), _why(error), status=status)


def _on_one_line(error: SyncError) -> str:
    return f"{error.message} ({error.fix})" if error.fix else error.message


def _why(error: SyncError) -> Why:
    match error:
        case StaleError():
            return Why.STALE
        case ConflictError():
            return Why.TAKEN
        case UnreachableError():
            return Why.LOST
        case UpgradingError():
            return Why.UPGRADING
        case BrokenAnswerError() | AmbiguousWriteError() | ControllerError(status=408 | 429):
            return Why.PASSING
    return Why.REFUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Sends single writes; everything raises WriteFailedError. Threads may share it."""

    client: ControllerClient
    timing: Timing

    def create(self, write: Write, body: Body, *, may_be_there: bool = False) -> str:
        """POST; the uuid of the new object. `may_be_there`: an earlier attempt may have arrived late."""
        try:
            for attempt in self._tries(_NotCreatedError, MOST_POSTS):
                with attempt:
                    is_repeated = may_be_there or attempt.retry_state.attempt_number > 1
                    return self._post(write, body, is_repeated=is_repeated)
        except SyncError as error:
            raise failure_of(error) from error
        raise AssertionError("tenacity returns or raises")

    def update(self, write: Write) -> str:
        """PUT; the `_last_modified` of the object after it. An object that is gone makes the plan stale."""
        body = write.body or {}
        try:
            return str(self._put(write, body).get("_last_modified", ""))
        except NotFoundError as error:
            raise WriteFailedError(_on_one_line(error), Why.STALE) from error
        except SyncError as error:
            raise failure_of(error) from error

    def delete(self, write: Write) -> None:
        """DELETE; an object that is already gone counts as deleted."""
        try:
            for attempt in self._tries(_UnchangedError, MOST_DELETES):
                with attempt:
                    self._delete(write)
        except SyncError as error:
            raise failure_of(error) from error

    def read(self, write: Write) -> Body | None:
        """The live object that a write is for, with names in its references; None if it is gone."""
        try:
            return self._read(write)
        except SyncError as error:
            raise failure_of(error) from error

    def _tries(self, error: type[SyncError], most: int) -> tenacity.Retrying:
        return tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(error),
            stop=tenacity.stop_after_attempt(most),
            wait=backoff(self.timing),
            sleep=self.timing.sleep,
            reraise=True,
        )

    # --- POST ---------------------------------------------------------------------------------------------------------

    def _post(self, write: Write, body: Body, *, is_repeated: bool) -> str:
        try:
            return str(self.client.post(_path(write), body, tenant=write.key.tenant).get("uuid", ""))
        except (AmbiguousWriteError, BrokenAnswerError, StaleError) as error:
            # Stale: an object that the new one refers to was changed in the same moment.
            if uuid := self._uuid_of(write, body):
                return uuid
            raise _NotCreatedError(f"{error.message}; it was not created", status=error.status) from error
        except ConflictError:
            # An earlier attempt may have arrived after nothing was found under its name.
            if is_repeated and (uuid := self._uuid_of(write, body)):
                return uuid
            raise

    def _uuid_of(self, write: Write, body: Body) -> str:
        """The uuid of what a create made, empty if nothing has its name; ConflictError if something else has."""
        in_cloud = {"cloud_ref.name": write.key.cloud} if write.key.cloud else {}
        found = self.client.list_all(
            _path(write), {"name": write.key.name, "include_name": "true", **in_cloud}, tenant=write.key.tenant
        )
        named = [item for item in found if item.get("name") == write.key.name]
        for item in named:
            if is_as_sent(body, item, write.key.kind):
                return str(item.get("uuid", ""))
        if named:
            raise ConflictError(f"{write.key} exists, but is not what was sent")
        return ""

    # --- PUT ----------------------------------------------------------------------------------------------------------

    def _put(self, write: Write, body: Body) -> Body:
        try:
            done: Body = self.client.put(_item(write), body, tenant=write.key.tenant)
        except (StaleError, AmbiguousWriteError, BrokenAnswerError):
            # An earlier attempt with a lost answer may have got through.
            live = self._read(write)
            if live is None or not is_as_sent(body, live, write.key.kind):
                raise
            return live
        except RefusedError as error:
            if not write.is_disruptive or _why(error) is not Why.REFUSED or not body.get("enabled", True):
                raise
            return self._move_while_disabled(write, body)
        return done

    def _move_while_disabled(self, write: Write, body: Body) -> Body:
        """Some releases move a VirtualService to another Service Engine group only while it is disabled.

        If this run is killed in between, the next one finds the marker and enables it again.
        """
        path, tenant = _item(write), write.key.tenant
        before = self.client.get(path, {"include_name": "true"}, tenant=tenant)
        if before.get("_last_modified") != body.get("_last_modified"):
            raise StaleError(f"{write.key} has changed since it was read")
        disabled = self.client.put(path, before | _switched_off(before), tenant=tenant)
        now = {"_last_modified": disabled.get("_last_modified")}
        try:
            moved = self.client.put(path, {**body, **_switched_off(body), **now}, tenant=tenant)
        except ControllerError:
            self.client.put(path, before | now, tenant=tenant)
            raise
        done: Body = self.client.put(path, moved | {"enabled": True, "markers": body["markers"]}, tenant=tenant)
        return done

    # --- DELETE and GET -----------------------------------------------------------------------------------------------

    def _delete(self, write: Write) -> None:
        try:
            self.client.delete(_item(write), tenant=write.key.tenant)
        except NotFoundError:
            return  # already deleted
        except StaleError as error:
            live = self._read(write)
            if live is None:
                return
            if write.seen is None or is_unchanged(write.seen, live, write.key.kind):
                raise _UnchangedError(error.message, status=error.status) from error
            raise
        except (AmbiguousWriteError, BrokenAnswerError):
            if self._read(write) is not None:
                raise

    def _read(self, write: Write) -> Body | None:
        try:
            found: Body = self.client.get(_item(write), {"include_name": "true"}, tenant=write.key.tenant)
        except NotFoundError:
            return None
        return found


class _NotCreatedError(AmbiguousWriteError):
    """No answer to a create, and nothing under its name: it may be sent again."""


class _UnchangedError(StaleError):
    """A delete was refused as stale, but the object is unchanged: it may be sent again."""


def _switched_off(body: Body) -> dict[str, Any]:
    """The fields of a body that is disabled for a moment."""
    return {"enabled": False, "markers": Markers.of(body).with_values(Marker.ENABLE_AGAIN, "true").to_json()}


def _path(write: Write) -> str:
    return f"/api/{KINDS[write.key.kind].path}"


def _item(write: Write) -> str:
    return f"{_path(write)}/{write.uuid}"
