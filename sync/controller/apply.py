"""Plan → Outcomes: sends what is in the plan and nothing else.

Change sets of different owners run side by side, each in its own order; sets that only delete come after all others.
The first write that fails ends its set; where objects were deleted to be replaced, the old ones are put back.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_exponential

from sync.controller.client import ControllerClient
from sync.controller.errors import (
    AmbiguousWriteError,
    ConflictError,
    ControllerError,
    NotFoundError,
    RefusedError,
    StaleError,
)
from sync.errors import LockLostError, SyncError, UnreachableError
from sync.kinds import KINDS
from sync.model.outcome import Outcome, SetState, WriteOutcome, WriteState
from sync.model.plan import ChangeSet, Method, Plan, Write

REFUSED_MARKER = "RefusedDigest"
NAME_IS_FREE_WITHIN_SECONDS = 60.0
"""How long a name (or an address) may stay taken after its delete (avi-api §3.5; no figure is documented)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyOptions:
    """How a plan is applied. `on_write` hears of every write as it ends; `should_stop` is asked before each set.

    `confirm_hold` is called before each set and each delete, and raises LockLostError once the run must not write any
    more. `keep` stores the bodies that a set would put back, before its first delete; `drop` forgets them once the set
    needs them no more. Threads call all of them at once.
    """

    parallelism: int = 8
    on_write: Callable[[WriteOutcome], None] = lambda _: None
    should_stop: Callable[[], bool] = lambda: False
    confirm_hold: Callable[[], None] = lambda: None
    keep: Callable[[ChangeSet], None] = lambda _: None
    drop: Callable[[ChangeSet], None] = lambda _: None
    sleep: Callable[[float], None] = time.sleep


def apply_plan(plan: Plan, client: ControllerClient, options: ApplyOptions) -> tuple[Outcome, ...]:
    """Apply every change set; the failure of one does not stop another. In the order of the plan."""
    first = [item for item in plan.change_sets if not item.is_removal]
    last = [item for item in plan.change_sets if item.is_removal]
    lost = threading.Event()

    def run(change_set: ChangeSet) -> Outcome:
        return _SetRun(change_set, client, options, lost).run()

    with ThreadPoolExecutor(max_workers=options.parallelism) as pool:
        outcomes = list(pool.map(run, first))
        outcomes += pool.map(run, last)
    return tuple(outcomes)


class _Failure(Exception):  # noqa: N818 - carries an outcome, is not itself an error
    """A write did not succeed."""

    def __init__(self, said: str, *, is_stale: bool = False) -> None:
        super().__init__(said)
        self.said = said
        self.is_stale = is_stale


@dataclass(slots=True)
class _SetRun:
    """One change set on its way."""

    change_set: ChangeSet
    client: ControllerClient
    options: ApplyOptions
    lost: threading.Event
    """Set once the Controller can no longer be reached: nothing more is tried then."""
    is_kept: bool = False
    """Whether the bodies to restore are stored."""
    deleted: set[object] = field(default_factory=set)
    created: dict[object, str] = field(default_factory=dict)
    outcomes: list[WriteOutcome] = field(default_factory=list)

    def run(self) -> Outcome:
        """Send the writes in order, until one fails."""
        if self.options.should_stop():
            return self._outcome(SetState.NOT_TRIED, said="stopped before it began")
        if self.lost.is_set():
            return self._outcome(SetState.NOT_TRIED, said="the Controller could no longer be reached")
        try:
            self.options.confirm_hold()
        except LockLostError as error:
            return self._outcome(SetState.NOT_TRIED, said=error.message)
        try:
            outcome = self._run()
        except LockLostError as error:
            # Whoever has the lock now finds what is kept: putting anything back would be a write beside his.
            return self._outcome(SetState.FAILED if self.outcomes else SetState.NOT_TRIED, said=error.message)
        if self.is_kept and (not self.deleted or outcome.state is not SetState.FAILED):
            self.options.drop(self.change_set)
        return outcome

    def _run(self) -> Outcome:
        for write in self.change_set.writes:
            try:
                if write.method is Method.DELETE:
                    self._before_delete()
                self._send(write)
            except _Failure as failure:
                self._note(write, WriteState.FAILED, failure.said)
                return self._failed(failure)
            self._note(write, WriteState.APPLIED)
        return self._outcome(SetState.APPLIED)

    def _before_delete(self) -> None:
        self.options.confirm_hold()
        if self.is_kept or not self.change_set.restores:
            return
        try:
            self.options.keep(self.change_set)
        except LockLostError:
            raise
        except SyncError as error:
            raise _Failure(f"what would be put back cannot be stored, so nothing is deleted: {error}") from None
        self.is_kept = True

    def _failed(self, failure: _Failure) -> Outcome:
        lost = [write for write in self.change_set.restores if write.key in self.deleted]
        if not lost:
            return self._outcome(SetState.FAILED, said=failure.said, is_stale=failure.is_stale)
        try:
            self._restore(lost, failure.said)
        except LockLostError:
            raise
        except (_Failure, SyncError) as error:
            said = f"{failure.said}; putting the old objects back failed, too: {error}; the next run creates them anew"
            return self._outcome(SetState.FAILED, said=said)
        return self._outcome(SetState.RESTORED, said=failure.said)

    def _restore(self, lost: Sequence[Write], said: str) -> None:
        """Delete what was created in their place, and create the old objects with the refused wish noted on them."""
        places = {write.key for write in lost}
        for write in sorted(lost, key=lambda item: -KINDS[item.key.kind].rank):
            if uuid := self.created.pop(write.key, ""):
                self.options.confirm_hold()
                self.client.delete(f"/api/{KINDS[write.key.kind].path}/{uuid}", tenant=write.key.tenant)
                self.deleted.add(write.key)
        for write in lost:
            if write.key in places:
                self._create(write, {**(write.body or {}), "markers": self._noted(write, said)})

    def _noted(self, write: Write, said: str) -> list[Mapping[str, Any]]:
        others = [m for m in (write.body or {}).get("markers") or () if m.get("key") != REFUSED_MARKER]
        return [*others, {"key": REFUSED_MARKER, "values": [self.change_set.wishes.get(write.owner, ""), said]}]

    # --- single writes ------------------------------------------------------------------------------------------------

    def _send(self, write: Write) -> None:
        path = f"/api/{KINDS[write.key.kind].path}"
        try:
            match write.method:
                case Method.POST:
                    self._create(write, write.body or {})
                case Method.PUT:
                    self._update(write, f"{path}/{write.uuid}")
                case Method.DELETE:
                    self._delete(write, f"{path}/{write.uuid}")
        except StaleError as error:
            raise _Failure(str(error), is_stale=True) from None
        except UnreachableError as error:
            self.lost.set()
            raise _Failure(str(error)) from None
        except SyncError as error:
            raise _Failure(str(error)) from None

    def _create(self, write: Write, body: Mapping[str, Any]) -> None:
        """POST; a name or an address that we freed may stay taken for a while, so a conflict is waited out."""
        if write.key not in self.deleted and not self.deleted:
            self.created[write.key] = self._post(write, body)
            return
        for attempt in self._until_free():
            with attempt:
                self.created[write.key] = self._post(write, body)

    def _until_free(self) -> Retrying:
        return Retrying(
            retry=retry_if_exception_type(ConflictError),
            stop=stop_after_delay(NAME_IS_FREE_WITHIN_SECONDS),
            wait=wait_exponential(multiplier=0.25, max=5.0),
            sleep=self.options.sleep,
            reraise=True,
        )

    def _post(self, write: Write, body: Mapping[str, Any]) -> str:
        path = f"/api/{KINDS[write.key.kind].path}"
        try:
            return str(self.client.post(path, body, tenant=write.key.tenant).get("uuid", ""))
        except AmbiguousWriteError as error:
            # Never repeated blindly: the answer may have been lost after the object was made.
            if uuid := self._uuid_of(write):
                return uuid
            raise _Failure(f"{error}; it was not created") from None
        except ConflictError as error:
            if write.key in self.deleted:
                raise
            raise _Failure(str(error), is_stale=True) from None

    def _uuid_of(self, write: Write) -> str:
        """The uuid of the object with this name, if it is exactly the one that was sent."""
        found = self.client.list_all(
            f"/api/{KINDS[write.key.kind].path}",
            {"name": write.key.name, "include_name": "true"},
            tenant=write.key.tenant,
        )
        sent = (write.body or {}).get("markers")
        for item in found:
            if item.get("name") == write.key.name and item.get("markers") == sent:
                return str(item.get("uuid", ""))
        return ""

    def _update(self, write: Write, path: str) -> None:
        try:
            self.client.put(path, write.body or {}, tenant=write.key.tenant)
        except NotFoundError as error:
            raise _Failure(str(error), is_stale=True) from None
        except RefusedError:
            if not write.is_disruptive:
                raise
            self._move_while_disabled(write, path)

    def _move_while_disabled(self, write: Write, path: str) -> None:
        """Some releases move a VirtualService to another Service Engine group only while it is disabled."""
        body = dict(write.body or {})
        was_enabled = body.get("enabled", True)
        tenant = write.key.tenant
        before = self.client.get(path, {"include_name": "true"}, tenant=tenant)
        disabled = self.client.put(path, {**before, "enabled": False}, tenant=tenant)
        try:
            moved = self.client.put(
                path, {**body, "enabled": False, "_last_modified": disabled.get("_last_modified")}, tenant=tenant
            )
        except ControllerError:
            self.client.put(path, {**disabled, "enabled": was_enabled}, tenant=tenant)
            raise
        self.client.put(path, {**moved, "enabled": was_enabled}, tenant=tenant)

    def _delete(self, write: Write, path: str) -> None:
        with suppress(NotFoundError):  # somebody was faster: it is gone, as it should be
            self.client.delete(path, tenant=write.key.tenant)
        self.deleted.add(write.key)

    # --- outcomes -----------------------------------------------------------------------------------------------------

    def _note(self, write: Write, state: WriteState, said: str = "") -> None:
        outcome = WriteOutcome(write=write, state=state, said=said)
        self.outcomes.append(outcome)
        self.options.on_write(outcome)

    def _outcome(self, state: SetState, *, said: str = "", is_stale: bool = False) -> Outcome:
        missing = self.change_set.writes[len(self.outcomes) :]
        return Outcome(
            change_set=self.change_set,
            state=state,
            writes=(*self.outcomes, *(WriteOutcome(write=item, state=WriteState.NOT_TRIED) for item in missing)),
            said=said,
            is_stale=is_stale,
        )
