"""Plan → Outcomes: sends what is in the plan and nothing else.

Change sets of different owners run in parallel, each in its own order; sets that only delete come after all others.
The first write that fails ends its set. Between the first delete and the last create of a set (`in_hand`) something is
missing from the Controller: there the set retries what may pass by itself, cannot be stopped, and restores what it
deleted if a create is refused for good.
"""

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import tenacity

from sync.avi.markers import Markers, RefusedDigest
from sync.compare.traces import is_unchanged
from sync.controller.client import ControllerClient
from sync.controller.retries import backoff
from sync.controller.writes import MAY_PASS, Sender, Why, WriteFailedError
from sync.errors import LockLostError, SyncError
from sync.model.desired import ObjectKey
from sync.model.outcome import Outcome, SetState, WriteOutcome, WriteState
from sync.model.plan import ChangeSet, Method, Plan, Turn, Write
from sync.model.secrets import blanked, secret_texts
from sync.plan.passing import Resource, resources_of
from sync.timing import Timing

_LOG = logging.getLogger(__name__)

LONGEST_REFUSAL = 300
"""Characters of the Controller's words that are written on restored objects."""

NAME_IS_FREE_WITHIN_SECONDS = 60.0
"""How long a name may stay taken after its delete (AVI-NAME-AFTER-DELETE)."""
ADDRESS_IS_FREE_WITHIN_SECONDS = 15.0
"""How long an address may stay taken after its delete; shorter, because the 400 may mean something else."""
PATIENCE_SECONDS = 300.0
"""How long a create is retried, once something has been deleted for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyOptions:
    """How a plan is applied. `on_write` is called after every write.

    `should_stop` is called before each set, and before each write unless something is missing in between.
    `confirm_hold` is called before each set and each delete, and raises LockLostError if the run must not write any
    more. Before the first delete of a set, `back_up` stores the bodies that the set would restore, and `preflight`
    checks what the set deletes and creates again: it raises WriteFailedError if that must not happen. `drop` forgets
    the bodies once the set no longer needs them. All of them are called from several threads.
    """

    parallelism: int = 8
    on_write: Callable[[WriteOutcome], None] = lambda _: None
    should_stop: Callable[[], bool] = lambda: False
    confirm_hold: Callable[[], None] = lambda: None
    preflight: Callable[[ChangeSet], None] = lambda _: None
    back_up: Callable[[ChangeSet], None] = lambda _: None
    drop: Callable[[ChangeSet], None] = lambda _: None
    timing: Timing = field(default_factory=Timing)


def apply_plan(plan: Plan, client: ControllerClient, options: ApplyOptions) -> tuple[Outcome, ...]:
    """Apply every change set; the failure of one does not stop another. In the order of the plan."""
    brake = _Brake(options)
    outcomes: list[Outcome] = []

    def run(change_set: ChangeSet) -> Outcome:
        return _SetRun(change_set, Sender(client=client, timing=options.timing), options, brake).run()

    for turn, sets in groupby(plan.change_sets, key=lambda item: item.turn):
        is_alone = turn is Turn.REQUESTING_AND_ALLOCATING
        with ThreadPoolExecutor(max_workers=1 if is_alone else options.parallelism) as pool:
            outcomes += pool.map(run, sets)
    return tuple(outcomes)


class _Brake:
    """Why nothing more may start. All sets of a run share it."""

    def __init__(self, options: ApplyOptions) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._pulled = ""

    def pull(self, why: Why) -> None:
        """Note a failure that every other set would meet as well."""
        with self._lock:
            self._pulled = self._pulled or _HALTS.get(why, "")

    @property
    def reason(self) -> str:
        """Empty while writes may go on."""
        if self._pulled:
            return self._pulled
        if self._options.should_stop():
            return "stopped by a signal"
        return "the deadline of the run has passed" if self._options.timing.left_seconds <= 0 else ""


_HALTS: Mapping[Why, str] = {
    Why.LOST: "the Controller could no longer be reached",
    Why.UPGRADING: "the Controller is being upgraded",
}


@dataclass(slots=True)
class _SetRun:
    """One change set while it is applied."""

    change_set: ChangeSet
    sender: Sender
    options: ApplyOptions
    brake: _Brake
    is_backed_up: bool = False
    """Whether the bodies to restore are stored."""
    is_checked: bool = False
    """Whether the objects to replace were found unchanged since the plan."""
    is_missing: bool = False
    """Whether something was given up and neither taken nor restored."""
    sent: set[ObjectKey] = field(default_factory=set)
    """The objects that were written in the replace, or may have been."""
    undo: list[Write] = field(default_factory=list)
    """The writes that undo the replace, in reverse order."""
    versions: dict[ObjectKey, str] = field(default_factory=dict)
    """The `_last_modified` of what was updated."""
    restored: set[ObjectKey] = field(default_factory=set)
    outcomes: list[WriteOutcome] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Continue where an interrupted run has ended."""
        resumes = self.change_set.resumes
        self.sent |= resumes.keys()
        self.undo += (write for write in reversed(self.change_set.restores) if write.key in resumes)
        self.undo += (write for write in resumes.values() if write is not None)

    def run(self) -> Outcome:
        """Send the writes in order, until one fails."""
        if reason := self.brake.reason:
            return self._outcome(SetState.NOT_TRIED, said=reason)
        try:
            self.options.confirm_hold()
            outcome = self._run()
        except LockLostError as error:
            # The run that has the lock now finds the backups: restoring them here would interfere with it.
            return self._outcome(SetState.FAILED if self.outcomes else SetState.NOT_TRIED, said=error.message)
        except Exception as error:  # a defect of ours is the failure of this set only
            return self._outcome(SetState.FAILED, said=_defect(f"{self.change_set.owners[0]}", error))
        if (self.is_backed_up or self.change_set.resumes) and not self.is_missing:
            self.options.drop(self.change_set)
        return outcome

    def _run(self) -> Outcome:
        for position, write in enumerate(self.change_set.writes):
            if position and not self._is_in_hand(position) and (reason := self.brake.reason):
                return self._outcome(SetState.STOPPED, said=reason)
            try:
                self._send(write, position)
            except WriteFailedError as failure:
                self._note(write, WriteState.FAILED, failure.said)
                self.brake.pull(failure.why)
                return self._failed_in_hand(failure) if self._is_in_hand(position) else self._failed(failure)
            self._note(write, WriteState.APPLIED)
        return self._outcome(SetState.APPLIED)

    def _is_in_hand(self, position: int) -> bool:
        """Whether the set is in a replace: something was given up and is not yet taken."""
        return bool(self.sent) and position in self.change_set.in_hand

    def _failed(self, failure: WriteFailedError) -> Outcome:
        is_stale = failure.why in (Why.STALE, Why.TAKEN)
        return self._outcome(SetState.FAILED, said=failure.said, is_stale=is_stale)

    def _failed_in_hand(self, failure: WriteFailedError) -> Outcome:
        """Restore the old objects, unless that has just failed, or the deleted ones must be planned again."""
        is_continued = bool(self.change_set.resumes)
        self.is_missing = True
        if is_continued and (failure.why is Why.STALE or not self.change_set.restores):
            return self._failed(failure)
        return self._restore(failure)

    # --- restoring ----------------------------------------------------------------------------------------------------

    def _restore(self, failure: WriteFailedError) -> Outcome:
        """Undo everything that was written in the replace, in reverse order."""
        if failure.why is Why.LOST:
            said = f"{failure.said}; the deleted objects are missing, and the next run creates them again"
            return self._outcome(SetState.FAILED, said=said)
        is_stale = failure.why is Why.STALE  # then nothing was refused: it is planned again
        try:
            while self.undo:
                self._take_back(self.undo[-1], "" if is_stale else failure.said)
                self.undo.pop()
        except WriteFailedError as error:
            said = f"{failure.said}; restoring the old objects failed as well: {error}; the next run creates them again"
            return self._outcome(SetState.FAILED, said=said)
        self.is_missing = False
        return self._outcome(SetState.RESTORED, said=failure.said, is_stale=is_stale)

    def _take_back(self, write: Write, refused: str) -> None:
        """Undo one write; the old object is marked with `refused`, the Controller's words."""
        match write.method:
            case Method.DELETE:
                self.options.confirm_hold()
                self.sender.delete(write)
            case Method.PUT:
                self._update_patiently(self._noted(write, refused))
            case Method.POST:
                if self._is_still_there(write.key):
                    return
                self._create_patiently(self._noted(write, refused))
        self.restored.add(write.key)

    def _is_still_there(self, key: ObjectKey) -> bool:
        """Whether the old object has survived a delete with an unknown outcome."""
        deletes = [w for w in self.change_set.writes if w.key == key and w.method is Method.DELETE]
        return bool(deletes) and self.sender.read(deletes[0]) is not None

    def _noted(self, write: Write, refused: str) -> Write:
        """With a marker that keeps the next run from trying the same again, if something was refused."""
        if not refused:
            return write
        body = write.body or {}
        names = self.change_set.names if len(self.change_set.names) > 1 else ()
        note = RefusedDigest(self.change_set.desired_digest, refused[:LONGEST_REFUSAL], names)
        return replace(write, body={**body, "markers": Markers.of(body).with_refused(note).to_json()})

    # --- single writes ------------------------------------------------------------------------------------------------

    def _send(self, write: Write, position: int) -> None:
        """One write; any failure, even a defect of ours, fails this set only."""
        try:
            match write.method:
                case Method.DELETE:
                    self._delete(write, position)
                case _ if position in self.change_set.in_hand:
                    self._write_in_hand(write)
                case Method.POST:
                    self.sender.create(write, write.body or {})
                case Method.PUT:
                    self.versions[write.key] = self.sender.update(self._current(write))
        except (WriteFailedError, LockLostError):
            raise
        except Exception as error:
            said = _defect(f"{write.method} {write.key}", error, secret_texts(write.body))
            raise WriteFailedError(said, Why.REFUSED) from error

    def _write_in_hand(self, write: Write) -> None:
        if write.method is Method.POST:
            uuid = self._create_patiently(write)
            self.undo.append(Write(method=Method.DELETE, key=write.key, owner=write.owner, uuid=uuid))
        else:
            self._update_patiently(write)
            self.undo.append(replace(write, body=write.seen))
        self.sent.add(write.key)

    def _current(self, write: Write) -> Write:
        """With the object's current version, if this set has updated it before."""
        version = self.versions.get(write.key)
        return replace(write, body={**(write.body or {}), "_last_modified": version}) if version else write

    def _create_patiently(self, write: Write) -> str:
        return self._patiently(
            write, lambda attempt: self.sender.create(write, write.body or {}, may_be_there=attempt > 1)
        )

    def _update_patiently(self, write: Write) -> None:
        self.versions[write.key] = self._patiently(write, lambda _: self.sender.update(self._current(write)))

    def _patiently(self, write: Write, send: Callable[[int], str]) -> str:
        """A write, retried while freed resources may still be taken, or a failure may pass."""
        began = self.options.timing.now()
        is_freed_here = bool(_exclusive(write, write.body) & self._freed())

        def is_enough(state: tenacity.RetryCallState) -> bool:
            failure = state.outcome.exception() if state.outcome else None
            patience = self._patience_seconds(failure, is_freed_here=is_freed_here)
            return self.options.timing.now() - began + state.upcoming_sleep > patience

        tries = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(WriteFailedError),
            stop=is_enough,
            wait=backoff(self.options.timing),
            sleep=self.options.timing.sleep,
            reraise=True,
        )
        for attempt in tries:
            with attempt:
                return send(attempt.retry_state.attempt_number)
        raise AssertionError("tenacity returns or raises")

    @staticmethod
    def _patience_seconds(failure: BaseException | None, *, is_freed_here: bool) -> float:
        match failure:
            case WriteFailedError(why=Why.TAKEN):
                return NAME_IS_FREE_WITHIN_SECONDS
            case WriteFailedError(why=why) if why in MAY_PASS:
                return PATIENCE_SECONDS
            case WriteFailedError(status=400) if is_freed_here:
                return ADDRESS_IS_FREE_WITHIN_SECONDS
        return 0.0

    def _freed(self) -> frozenset[Resource]:
        return frozenset().union(
            *(_exclusive(item, item.seen) for item in self.change_set.writes if item.key in self.sent),
            *(_exclusive(item, item.body) for item in self.change_set.restores if item.key in self.sent),
        )

    def _delete(self, write: Write, position: int) -> None:
        is_in_hand = position in self.change_set.in_hand
        if not (is_in_hand and self.is_checked):  # else it was checked before the first delete
            self._store_and_check(write, is_in_hand=is_in_hand)
        else:
            self.options.confirm_hold()
        try:
            self.sender.delete(write)
        except WriteFailedError as failure:
            if failure.why in MAY_PASS and is_in_hand:  # it may be deleted
                self._note_deleted(write)
            raise
        if is_in_hand:
            self._note_deleted(write)

    def _note_deleted(self, write: Write) -> None:
        """Note that an object is deleted: its restore joins `undo`, or the delete of its replacement leaves it."""
        made = [undo for undo in self.undo if undo.method is Method.DELETE and undo.key == write.key]
        if made:
            self.undo.remove(made[0])
        else:
            self.undo += (restore for restore in self.change_set.restores if restore.key == write.key)
        self.sent.add(write.key)

    def _store_and_check(self, write: Write, *, is_in_hand: bool) -> None:
        """Everything that must hold before a delete; the object is read last, right before the delete."""
        if self.change_set.restores and not self.is_backed_up:
            self._back_up()
        if is_in_hand:
            self.options.preflight(self.change_set)
        self.options.confirm_hold()
        live = self.sender.read(write)
        if live is not None and write.seen is not None and not is_unchanged(write.seen, live, write.key.kind):
            raise WriteFailedError(f"{write.key} has been changed since it was read; it was not deleted", Why.STALE)
        self.is_checked = self.is_checked or is_in_hand

    def _back_up(self) -> None:
        try:
            self.options.back_up(self.change_set)
        except LockLostError:
            raise
        except SyncError as error:
            said = f"the backup of the old objects cannot be stored, so nothing is deleted: {error}"
            raise WriteFailedError(said, Why.REFUSED) from None
        self.is_backed_up = True

    # --- outcomes -----------------------------------------------------------------------------------------------------

    def _note(self, write: Write, state: WriteState, said: str = "") -> None:
        outcome = WriteOutcome(write=write, state=state, said=said)
        self.outcomes.append(outcome)
        words = f' said="{said}"' if said else ""
        _LOG.info('event=%s method=%s key="%s"%s', state, write.method, write.key, words)
        try:
            self.options.on_write(outcome)
        except Exception:  # a listener must not end a set halfway
            _LOG.exception('event=defect key="%s" heard="%s"', write.key, state)

    def _outcome(self, state: SetState, *, said: str = "", is_stale: bool = False) -> Outcome:
        rest = WriteState.NOT_TRIED if state in (SetState.NOT_TRIED, SetState.STOPPED) else WriteState.SKIPPED
        return Outcome(
            change_set=self.change_set,
            state=state,
            writes=(*self.outcomes, *_unsent(self.change_set.writes[len(self.outcomes) :], rest)),
            said=said,
            restored=frozenset(self.restored),
            is_stale=is_stale,
        )


def _exclusive(write: Write, body: Mapping[str, Any] | None) -> frozenset[Resource]:
    """The addresses and DNS names in the body of a write; a name that is still taken shows as 409."""
    return resources_of(write.key, body) - {write.key}


def _defect(where: str, error: Exception, secrets: Collection[str] = ()) -> str:
    _LOG.exception('event=defect where="%s"', where)
    words = blanked(str(error), secrets)
    return f"{where}: unexpected {type(error).__name__}: {words}; please report this"


def _unsent(writes: Iterable[Write], state: WriteState) -> Iterable[WriteOutcome]:
    return (WriteOutcome(write=item, state=state) for item in writes)
