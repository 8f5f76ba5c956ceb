"""All objects in memory, indexed, and written through to SQLite.

Answers are read from memory only; SQLite is what a restart reads. A transaction holds the one writer lock, changes
memory at once and SQLite at its end; if it fails, memory is restored and SQLite is unchanged.

References are kept as `NUL /api/<path>/<uuid>`: no text of a client can hold a NUL, so the encoded form of a body shows
which strings are references, and an answer only has to put the host (and a name) in place of the mark.
"""

import json
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sync.emulator.schema import Body, Message, Schema

MARK = "\0"
ENCODED_REFERENCE = re.compile(r'"\\u0000/api/([^/"]+/[^"]+)"')
Watcher = Callable[["Entry | None", "Entry | None"], None]

# Enough for a killed process: what was committed is in the page cache of the operating system by then. The exclusive
# lock keeps a second emulator away from the same file.
PRAGMAS = ("PRAGMA locking_mode=EXCLUSIVE", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=OFF")
TABLES = (
    "CREATE TABLE IF NOT EXISTS objects"
    " (key TEXT PRIMARY KEY, type TEXT NOT NULL, is_system INTEGER NOT NULL, body TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
)
UPSERT = (
    "INSERT INTO objects (key, type, is_system, body) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (key) DO UPDATE SET is_system = excluded.is_system, body = excluded.body"
)

DELETE = "DELETE FROM objects WHERE key = ?"
SET = "INSERT OR REPLACE INTO settings VALUES (?, ?)"


class StateError(ValueError):
    """The state file cannot be used."""


@dataclass(slots=True, frozen=True, kw_only=True, eq=False)
class Entry:
    """One stored object. Its body is never changed: a write stores another entry under the same key."""

    message: Message
    path: str
    uuid: str
    name: str
    tenant: str | None
    cloud: str | None
    body: Body
    text: str
    refers_to: frozenset[str]
    is_system: bool
    # A cache of answers derived from `text`: shape → the generation of names it was made in, and the answer.
    renderings: dict[Any, tuple[int, str]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What refers to the object: `<path>/<uuid>`."""
        return f"{self.path}/{self.uuid}"


def make_entry(message: Message, body: Body, *, is_system: bool = False, text: str | None = None) -> Entry:
    """The entry of a complete body; `text` spares the encoding if it is known."""
    path = message.path or ""
    encoded = json.dumps(body) if text is None else text
    uuid = body["uuid"]
    return Entry(
        message=message,
        path=path,
        uuid=uuid,
        name=body.get("name", ""),
        tenant=uuid_of(body.get("tenant_ref")),
        cloud=uuid_of(body.get("cloud_ref")),
        body=body,
        text=encoded,
        refers_to=frozenset(ENCODED_REFERENCE.findall(encoded)) - {f"{path}/{uuid}"},
        is_system=is_system,
    )


def reference(path: str, uuid: str) -> str:
    """A stored reference to an object."""
    return f"{MARK}/api/{path}/{uuid}"


def uuid_of(stored_reference: str | None) -> str | None:
    """The uuid that a stored reference ends with."""
    return stored_reference.rpartition("/")[2] if stored_reference else None


class Store:
    """The objects of one Controller."""

    def __init__(self, path: str | None, clock: Callable[[], float] = time.time) -> None:
        self.lock = threading.RLock()
        self.generation = 0  # grows when an object is renamed, so that outdated cached names are recognised
        self.changes = 0  # grows with every object that is created, changed or deleted
        self._objects: dict[str, dict[str, Entry]] = {}
        self._names: dict[tuple[str, str], dict[str, Entry]] = {}
        self._referrers: dict[str, dict[str, None]] = {}
        self._watchers: dict[str, list[Watcher]] = {}
        self._changes: list[tuple[Entry | None, Entry | None]] | None = None
        self._settings: dict[str, str] = {}  # to be saved at the end of the transaction
        self._last_modified = 0
        self._clock = clock
        self._database = _open_database(path)

    def load(self, schema: Schema) -> None:
        """Read every object of the state file, in the order in which they were made."""
        for type_name, is_system, text in self._database.execute(
            "SELECT type, is_system, body FROM objects ORDER BY rowid"
        ):
            body = json.loads(text)
            self._apply(None, make_entry(schema.messages[type_name], body, is_system=bool(is_system), text=text))
            self._last_modified = max(self._last_modified, int(body["_last_modified"]))

    def close(self) -> None:
        """Give the state file back."""
        with self.lock:
            self._database.close()

    # Reading. The caller holds `lock` where two answers must agree.

    def get(self, path: str, uuid: str) -> Entry | None:
        """The object with that uuid."""
        objects = self._objects.get(path)
        return objects.get(uuid) if objects else None

    def entry(self, stored_reference: str) -> Entry:
        """The object that a stored reference points to; references never dangle."""
        path, uuid = stored_reference.rsplit("/", 2)[1:]
        return self._objects[path][uuid]

    def named(self, path: str, name: str) -> list[Entry]:
        """The objects of that name, of all tenants and clouds."""
        return list(self._names.get((path, name), {}).values())

    def all(self, path: str) -> list[Entry]:
        """Every object of a type, oldest first."""
        with self.lock:
            return list(self._objects.get(path, {}).values())

    def paths(self) -> list[str]:
        """The types of which there are objects."""
        return sorted(path for path, objects in self._objects.items() if objects)

    def referrers(self, entry: Entry) -> list[Entry]:
        """The objects that refer to an object, in the order in which they began to."""
        with self.lock:
            keys = (key.partition("/") for key in self._referrers.get(entry.key, ()))
            return [self._objects[path][uuid] for path, _, uuid in keys]

    def watch(self, path: str, watcher: Watcher) -> None:
        """Call `watcher(old, new)` for each object of a type that changes in any way, even by an undo."""
        self._watchers.setdefault(path, []).append(watcher)

    # Writing, in a transaction only.

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes inside happen, or none of them. A transaction inside another is part of it."""
        with self.lock:
            if self._changes is not None:
                yield
                return
            self._changes = []
            try:
                yield
                self._commit(self._changes)
            except BaseException:
                for old, new in reversed(self._changes):
                    self._apply(new, old)
                raise
            finally:
                self._changes = None
                self._settings = {}

    def put(self, entry: Entry) -> None:
        """Store an object, new or in place of the one with its key."""
        self._change(self.get(entry.path, entry.uuid), entry)

    def remove(self, entry: Entry) -> None:
        """Forget an object."""
        self._change(entry, None)

    def next_last_modified(self) -> str:
        """Microseconds since 1970 as a string; each is greater than all before it (recorded: `_last_modified`)."""
        self._last_modified = max(int(self._clock() * 1_000_000), self._last_modified + 1)
        return str(self._last_modified)

    def setting(self, name: str) -> Any:
        """A value that is no object, None if it was never saved."""
        with self.lock:
            row = self._database.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def save_setting(self, name: str, value: object) -> None:
        """Keep a value that is no object."""
        with self.transaction():
            self._settings[name] = json.dumps(value)

    def _change(self, old: Entry | None, new: Entry | None) -> None:
        if self._changes is None:
            raise RuntimeError("an object can only be changed in a transaction")
        self._apply(old, new)
        self._changes.append((old, new))

    def _apply(self, old: Entry | None, new: Entry | None) -> None:
        self.changes += 1
        if old is not None:
            self._unlink(old, is_gone=new is None)
        if new is not None:
            self._objects.setdefault(new.path, {})[new.uuid] = new
            self._names.setdefault((new.path, new.name), {})[new.uuid] = new
            for target in new.refers_to:
                self._referrers.setdefault(target, {})[new.key] = None
        if old is not None and new is not None and old.name != new.name:
            self.generation += 1
        some = new or old
        for watcher in self._watchers.get(some.path, ()) if some else ():
            watcher(old, new)

    def _unlink(self, entry: Entry, *, is_gone: bool) -> None:
        if is_gone:
            del self._objects[entry.path][entry.uuid]
        names = self._names[entry.path, entry.name]
        del names[entry.uuid]
        if not names:
            del self._names[entry.path, entry.name]
        for target in entry.refers_to:
            referrers = self._referrers[target]
            del referrers[entry.key]
            if not referrers:
                del self._referrers[target]

    def _commit(self, changes: list[tuple[Entry | None, Entry | None]]) -> None:
        latest = {entry.key: new for old, new in changes if (entry := new or old)}
        statements: list[tuple[str, tuple[object, ...]]] = [
            (DELETE, (key,)) if new is None else (UPSERT, (key, new.message.name, new.is_system, new.text))
            for key, new in latest.items()
        ]
        statements += [(SET, setting) for setting in self._settings.items()]
        execute = self._database.execute
        if len(statements) == 1:  # a transaction of its own
            execute(*statements[0])
            return
        if not statements:
            return
        execute("BEGIN")
        try:
            for statement in statements:
                execute(*statement)
            execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                execute("ROLLBACK")
            raise


def _open_database(path: str | None) -> sqlite3.Connection:
    """The database, its tables made; the connection is used under the store's lock only."""
    if path is not None:
        Path(path).expanduser().parent.mkdir(parents=True, exist_ok=True)
    file = ":memory:" if path is None else str(Path(path).expanduser())
    database = sqlite3.connect(file, check_same_thread=False, isolation_level=None, timeout=0.2)
    try:
        for statement in (*PRAGMAS, *TABLES):
            database.execute(statement)
    except sqlite3.DatabaseError as error:
        database.close()
        raise StateError(f"{file}: cannot be used as state of the emulator: {error}\n{_hint(error)}") from error
    return database


def _hint(error: sqlite3.DatabaseError) -> str:
    if "locked" in str(error):
        return "  fix: stop the emulator that uses the file, or give another one another file"
    return "  fix: name a file that the emulator made itself, or a new one"
