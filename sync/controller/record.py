"""The record on the Controller: a StringGroup `avi-sync-<clusterName>` ⇄ Record, changed by compare-and-swap.

    kv:  holder              {"name": "alice@laptop", "pid": 4711, "run_id": "…", "ttl_seconds": 60, "beats": 3}
         last                {"source": "https://…", "path": "", "commit": "…", "time": "…", "run_id": "…"}
         kept <kind> <name>  {"group": "…", "kind": "VsVip", "body": {…}}

A StringGroup has no `created_by`; it is ours by its markers (schema 30.2.1). Every PUT carries the `_last_modified`
that was read, and the Controller answers 412 to all but the first that carry the same one (AVI-STALE-WRITE).
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sync.avi.markers import TOOL, Marker, Markers
from sync.avi.references import parse_reference
from sync.controller.client import ControllerClient
from sync.controller.errors import RefusedError
from sync.controller.live import live_object
from sync.errors import ExitCode, SyncError
from sync.kinds import KINDS
from sync.model.live import Backup, LiveObject
from sync.model.lock import Holder, LastRun, Record
from sync.model.nesting import parse_json
from sync.translate.names import Names

PATH = "/api/stringgroup"
HOLDER = "holder"
LAST = "last"
KEPT = "kept "

DESCRIPTION = "avi-sync's lock, its last run, and backups of the objects that a replace has deleted."


class RecordError(SyncError):
    """The record cannot be read or is not ours; it was left unchanged."""

    exit_code = ExitCode.HELD_OR_FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """A record as it was read; `body` is the StringGroup, which may contain entries of others."""

    record: Record
    body: Mapping[str, Any]

    @property
    def uuid(self) -> str:
        """The StringGroup's uuid."""
        return str(self.body.get("uuid", ""))

    @property
    def version(self) -> str:
        """Changes with every write."""
        return str(self.body.get("_last_modified", ""))


class RecordStore:
    """Reads and writes the record of one cluster. Stateless; threads may share it."""

    def __init__(self, client: ControllerClient, *, tenant: str, names: Names) -> None:
        self._client = client
        self._tenant = tenant
        self._names = names

    @property
    def name(self) -> str:
        """The name of the StringGroup; two clusters never share one."""
        return f"{TOOL}-{self._names.cluster}"

    def read(self) -> StoredRecord | None:
        """The record, None if there is none. Raises RecordError if it is not ours or cannot be parsed."""
        try:
            found = self._client.list_all(PATH, {"name": self.name, "include_name": "true"}, tenant=self._tenant)
        except RefusedError as error:
            raise self._unreadable(error) from None
        # A list of any tenant shows what `admin` shares, too (AVI-ADMIN-SHARED).
        here = [body for body in found if body.get("name") == self.name and _tenant_of(body) in ("", self._tenant)]
        return self._stored(here[0]) if here else None

    def last_runs_of_others(self) -> Mapping[str, LastRun]:
        """The last run of each other cluster in this tenant, as far as its record can be read."""
        try:
            found = self._client.list_all(PATH, {"name.contains": f"{TOOL}-"}, tenant=self._tenant)
        except RefusedError:
            return {}
        return {
            cluster: last
            for body in found
            if (cluster := Markers.of(body).our_cluster) and cluster != self._names.cluster
            if (last := _last_of(body)) is not None
        }

    def read_again(self, stored: StoredRecord) -> StoredRecord:
        """The record as it is now. Raises NotFoundError if somebody has deleted it."""
        return self._stored(self._client.get(f"{PATH}/{stored.uuid}", {"include_name": "true"}, tenant=self._tenant))

    def create(self, record: Record) -> StoredRecord:
        """The first record. Raises ConflictError if another run was faster."""
        body = {"name": self.name, "type": "SG_TYPE_KEYVAL", "description": DESCRIPTION}
        try:
            return self._stored(self._client.post(PATH, self._body(body, record), tenant=self._tenant))
        except RefusedError as error:
            raise self._unwritable(error) from None

    def write(self, stored: StoredRecord, record: Record) -> StoredRecord:
        """The record in place of the one that was read. Raises StaleError if that one is no longer there."""
        path = f"{PATH}/{stored.uuid}"
        try:
            return self._stored(self._client.put(path, self._body(stored.body, record), tenant=self._tenant))
        except RefusedError as error:
            raise self._unwritable(error) from None

    def _body(self, body: Mapping[str, Any], record: Record) -> dict[str, Any]:
        """The StringGroup with this record; entries and markers that are not ours stay."""
        others = [item for item in body.get("kv") or () if not _is_ours(str(item.get("key", "")))]
        markers = Markers.of(body).with_values(Marker.CLUSTER, self._names.cluster)
        kv = [*({"key": key, "value": value} for key, value in _entries(record)), *others]
        return {**body, "kv": kv, "markers": markers.with_values(Marker.MANAGED_BY, TOOL).to_json()}

    def _stored(self, body: Mapping[str, Any]) -> StoredRecord:
        if Markers.of(body).our_cluster != self._names.cluster:
            raise RecordError(
                f"StringGroup {self._tenant}/{self.name} already exists and is not ours",
                fix="rename or delete it: avi-sync uses this name for its lock",
            )
        entries = {str(item.get("key", "")): str(item.get("value", "")) for item in body.get("kv") or ()}
        try:
            record = Record(
                holder=_HOLDER.validate_json(entries[HOLDER]) if HOLDER in entries else None,
                last=_LAST.validate_json(entries[LAST]) if LAST in entries else None,
                backups=tuple(self._backups(value for key, value in entries.items() if key.startswith(KEPT))),
            )
        except (ValidationError, ValueError, KeyError) as error:
            raise RecordError(
                f"StringGroup {self._tenant}/{self.name} cannot be parsed: {' '.join(str(error).split())[:200]}",
                fix="find out who changed it; delete it if no run is in progress",
            ) from None
        return StoredRecord(record=record, body=body)

    def _backups(self, values: Iterable[str]) -> Iterator[Backup]:
        for value in values:
            entry = parse_json(value)
            before = live_object(entry["body"], KINDS[entry["kind"]], self._names)
            if before.is_ours:
                yield Backup(group=str(entry["group"]), before=before)

    def _unreadable(self, error: RefusedError) -> RecordError:
        return RecordError(
            f"the record of earlier runs cannot be read (StringGroup {self._tenant}/{self.name}): {error.message}",
            fix=error.fix or "give the account's role write access to String Groups",
        )

    def _unwritable(self, error: RefusedError) -> RecordError:
        return RecordError(
            f"the lock cannot be written (StringGroup {self._tenant}/{self.name}): {error.message}",
            fix=error.fix or "give the account's role write access to String Groups",
        )


_HOLDER = TypeAdapter(Holder)
_LAST = TypeAdapter(LastRun)


def _tenant_of(body: Mapping[str, Any]) -> str:
    reference = parse_reference(str(body.get("tenant_ref", "")))
    return reference.name if reference else ""


def _last_of(body: Mapping[str, Any]) -> LastRun | None:
    """The last run in the record of another cluster; None if there is none, or it cannot be parsed."""
    for item in body.get("kv") or ():
        if item.get("key") == LAST:
            with suppress(ValidationError, ValueError):
                return _LAST.validate_json(str(item.get("value", "")))
    return None


def _is_ours(key: str) -> bool:
    return key in (HOLDER, LAST) or key.startswith(KEPT)


def _entries(record: Record) -> Iterator[tuple[str, str]]:
    if record.holder is not None:
        yield HOLDER, _text(asdict(record.holder))
    if record.last is not None:
        yield LAST, _text(asdict(record.last))
    for item in record.backups:
        key = item.before.key
        value = {"group": item.group, "kind": key.kind, "body": _without_secrets(item.before)}
        yield f"{KEPT}{key.kind} {key.tenant} {key.cloud} {key.name}", _text(value)


def _without_secrets(item: LiveObject) -> dict[str, Any]:
    """Its body without secrets, which must not be stored in another object."""
    return {key: value for key, value in item.body.items() if key not in KINDS[item.key.kind].secret}


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
