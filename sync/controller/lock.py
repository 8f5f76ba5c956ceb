"""One run at a time per Controller and cluster: a lock in the record there, taken and stolen by compare-and-swap.

No clocks are compared. Each holder renews the lock ("beats") four times per TTL by writing the record. A waiting run
watches the record change, with its own clock:

    free                         taken at once
    it changes, and is held      the holder is alive: LockedError
    unchanged for the TTL        taken from the holder, which notices at its next read
"""

import getpass
import logging
import os
import socket
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from sync.controller.errors import AmbiguousWriteError, ConflictError, NotFoundError, StaleError
from sync.controller.record import RecordError, RecordStore, StoredRecord
from sync.errors import LockedError, LockLostError, SyncError
from sync.model.desired import ObjectKey
from sync.model.live import Backup
from sync.model.lock import Holder, LastRun, Record
from sync.timing import Timing

_LOG = logging.getLogger(__name__)

MOST_TRIES = 5
"""How often one write is attempted against concurrent writers."""

LOOKS_PER_TTL = 20
LONGEST_PAUSE_SECONDS = 2.0

DELETED = "somebody deleted the lock"


def this_run(run_id: str, ttl_seconds: float) -> Holder:
    """This process as a holder."""
    return Holder(name=user_at_host(), pid=os.getpid(), run_id=run_id, ttl_seconds=ttl_seconds)


def user_at_host() -> str:
    """Who runs this process, and where."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container whose user has no name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


class Lock:
    """The lock while `me` holds it: from entering, which takes it, to leaving, which releases it. Threads share it.

    Entering waits at most for the TTL of a silent holder, and only until `should_stop` or the deadline of the run.
    """

    def __init__(
        self, store: RecordStore, me: Holder, timing: Timing, *, should_stop: Callable[[], bool] = lambda: False
    ) -> None:
        self._store = store
        self._me = me
        self._timing = timing
        self._should_stop = should_stop
        self._writing = threading.Lock()
        self._ended = threading.Event()
        self._heart = threading.Thread(target=self._beat_on, name="lock", daemon=True)
        self._stored: StoredRecord | None = None
        self._lost = ""
        self._sure_at = 0.0
        """The start of the last write that proved the lock ours: for one TTL after that no other run can take it."""

    def __enter__(self) -> Self:
        self._stored = self._take()
        self._heart.start()
        _LOG.info("event=locked name=%s run=%s", self._store.name, self._me.run_id)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._heart.join()
        try:
            self._write(lambda record: replace(record, holder=None))
        except SyncError as failed:
            # The work is done or has failed; a lock that is left behind is taken over after its TTL.
            _LOG.warning('event=not-released name=%s error="%s"', self._store.name, failed.message)
        else:
            _LOG.info("event=released name=%s run=%s", self._store.name, self._me.run_id)

    @property
    def lost(self) -> str:
        """Why the lock is no longer ours; empty while it is."""
        return self._lost

    @property
    def record(self) -> Record:
        """The record as it was written last."""
        return self._held.record

    def confirm(self) -> None:
        """Read again; raises LockLostError unless the lock is known to be ours."""
        if self._lost:
            raise LockLostError(self._lost)
        try:
            if self._timing.now() - self._sure_at > self._me.ttl_seconds / 2:
                self.beat()
                return
            found = self._store.read_again(self._held).record
        except LockLostError:
            raise
        except NotFoundError:
            raise self._lose(DELETED) from None
        except SyncError as error:
            raise LockLostError(f"it is unknown whether this run still holds the lock: {error}") from None
        if not self._is_mine(found):
            raise self._lose(_taken_by(found))

    def beat(self) -> None:
        """Renew the lock."""
        self._write(lambda record: replace(record, holder=record.holder and record.holder.beating()))

    def begin(self, last: LastRun | None, backups: tuple[Backup, ...]) -> None:
        """Record the run that writes from now on, and forget all backups but these."""
        self._write(lambda record: replace(record, last=last, backups=backups))

    def note(self, last: LastRun | None) -> None:
        """Record the run that wrote last."""
        self._write(lambda record: replace(record, last=last))

    def back_up(self, objects: Sequence[Backup]) -> None:
        """Store objects before they are deleted."""
        keys = {item.before.key for item in objects}
        self._write(lambda record: replace(record, backups=(*_without(record.backups, keys), *objects)))

    def drop(self, keys: Collection[ObjectKey]) -> None:
        """Forget backups. Never raises: the next run that writes drops what is left."""
        with suppress(SyncError):
            if any(item.before.key in keys for item in self.record.backups):
                self._write(lambda record: replace(record, backups=_without(record.backups, keys)))

    # --- taking -------------------------------------------------------------------------------------------------------

    def _take(self) -> StoredRecord:
        """The record with us as the holder, at once or after the TTL of a silent holder."""
        watch: _Watch | None = None
        for _ in range(MOST_TRIES):
            found, watch = self._wait_until_free(watch)
            if found is not None and self._is_mine(found.record):
                return found  # an answer was lost on its way
            self._sure_at = self._timing.now()
            with suppress(ConflictError, StaleError, AmbiguousWriteError):  # the next read shows which run was faster
                if found is None:
                    return self._store.create(Record(holder=self._me))
                return self._store.write(found, replace(found.record, holder=self._me))
        raise RecordError(
            f"the lock {self._store.name} could not be taken in {MOST_TRIES} tries",
            fix="run again; if that does not help, check whether an object of that name is hidden from this account",
        )

    def _wait_until_free(self, watch: "_Watch | None") -> tuple[StoredRecord | None, "_Watch"]:
        """The record once the lock is free, or its holder has been silent for the TTL; raises LockedError.

        `watch` is the earlier reading: if the lock was free then and is held now, another run has just taken it.
        """
        while True:
            looked_at = self._timing.now()
            found = self._store.read()
            holder = found.record.holder if found else None
            version = found.version if found else ""
            if holder is None or holder.run_id == self._me.run_id:
                return found, _Watch(version=version, since=self._timing.now())
            if watch is not None and watch.version != version:
                raise LockedError(
                    f"{holder} holds the lock {self._store.name}, for {holder.age_text}",
                    fix="run again later; `avi-sync lock status` shows who holds it",
                )
            watch = watch or _Watch(version=version, since=self._timing.now())
            ttl_seconds = max(holder.ttl_seconds, self._me.ttl_seconds)
            if looked_at - watch.since >= ttl_seconds:
                _LOG.warning('event=stolen name=%s from="%s"', self._store.name, holder)
                return found, watch
            self._pause(ttl_seconds)

    def _pause(self, ttl_seconds: float) -> None:
        self._timing.sleep(min(ttl_seconds / LOOKS_PER_TTL, LONGEST_PAUSE_SECONDS))
        if self._should_stop():
            raise LockedError("stopped while waiting for the lock")
        if self._timing.left_seconds <= 0:
            raise LockedError("the deadline of this run passed while it waited for the lock")

    # --- holding ------------------------------------------------------------------------------------------------------

    @property
    def _held(self) -> StoredRecord:
        if self._stored is None:
            raise RuntimeError("the lock has not been taken")
        return self._stored

    def _is_mine(self, record: Record) -> bool:
        return record.holder is not None and record.holder.run_id == self._me.run_id

    def _write(self, change: Callable[[Record], Record]) -> None:
        """Write a changed record while the lock is ours; raises LockLostError, or why the write failed.

        A record that changed although the lock is ours was edited by hand, or by this very write if its answer was
        lost: the change is made again, on the current record.
        """
        with self._writing:
            for _ in range(MOST_TRIES):
                if self._lost:
                    raise LockLostError(self._lost)
                began = self._timing.now()
                try:
                    self._stored = self._store.write(self._held, change(self._held.record))
                except StaleError:
                    self._follow()
                except NotFoundError:
                    raise self._lose(DELETED) from None
                else:
                    self._sure_at = began
                    return
        raise RecordError(f"{self._store.name} keeps being changed by somebody else", fix="find out what writes it")

    def _follow(self) -> None:
        """Read the current record; raises LockLostError if the lock is no longer ours."""
        try:
            found = self._store.read_again(self._held)
        except NotFoundError:
            raise self._lose(DELETED) from None
        if not self._is_mine(found.record):
            raise self._lose(_taken_by(found.record))
        self._stored = found

    def _lose(self, why: str) -> LockLostError:
        self._lost = why
        _LOG.error('event=lock-lost name=%s why="%s"', self._store.name, why)
        return LockLostError(why)

    def _beat_on(self) -> None:
        """Beat until the lock is released or lost. A failed beat is retried until the TTL has passed."""
        while not self._ended.wait(self._me.beat_seconds):
            try:
                self.beat()
            except LockLostError:
                return
            except Exception as error:  # nothing may end the thread silently
                _LOG.warning('event=beat-failed name=%s error="%s"', self._store.name, error)
                if self._timing.now() - self._sure_at >= self._me.ttl_seconds:
                    self._lose(f"this run could not renew the lock for {self._me.ttl_seconds:g} s: {error}")
                    return


def release_from(store: RecordStore, run_id: str) -> None:
    """Take the lock away from a run, whether it is alive or not; do nothing if it is free.

    Raises LockedError if another run holds it.
    """
    for _ in range(MOST_TRIES):
        found = store.read()
        if found is None or found.record.holder is None:
            return
        if found.record.holder.run_id != run_id:
            raise LockedError(
                f"{found.record.holder} holds the lock {store.name} now", fix="check `avi-sync lock status` again"
            )
        with suppress(StaleError):  # it was renewed in between
            store.write(found, replace(found.record, holder=None))
            _LOG.warning("event=forced name=%s run=%s", store.name, run_id)
            return
    raise RecordError(f"{store.name} keeps being changed by somebody else", fix="find out what writes it")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Watch:
    """A version of the record, and since when it has been seen."""

    version: str
    since: float


def _taken_by(record: Record) -> str:
    if record.holder is None:
        return "somebody released the lock of this run"
    return f"{record.holder} has taken the lock: this run had not renewed it in time"


def _without(backups: Sequence[Backup], keys: Collection[ObjectKey]) -> tuple[Backup, ...]:
    return tuple(item for item in backups if item.before.key not in keys)
