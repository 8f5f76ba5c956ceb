"""`/api/macro`: an object and those it refers to, written or deleted by one request (API guide, macro).

In the data of a macro the object that a reference field points to may stand under `<field>_data`, and so on downwards.
Either all of them are written or none.
"""

from typing import Any

from sync.emulator.errors import Refusal
from sync.emulator.objects import Objects
from sync.emulator.schema import Body, Message, Schema
from sync.emulator.store import Entry, Store, reference
from sync.emulator.tenancy import Scope, is_visible
from sync.emulator.versions import Version

DATA = "_data"
# What the deletion of a tree leaves alone, besides system objects and what others refer to (API guide, macro; the last
# two are inferred).
KEPT = frozenset({"cloud", "network", "serviceengine", "tenant", "serviceenginegroup", "vrfcontext"})


class Macro:
    """Carries out one macro; `requested` is the API version of the request."""

    def __init__(
        self, store: Store, schema: Schema, objects: Objects, scope: Scope, requested: Version | None = None
    ) -> None:
        self._store = store
        self._schema = schema
        self._objects = objects
        self._scope = scope
        self._requested = requested

    def create(self, document: object) -> Entry:
        """Make the object, after those that stand inside it."""
        message, data = self._parts(document)
        with self._store.transaction():
            return self._objects.create(message, self._written(message, data), self._scope, requested=self._requested)

    def replace(self, document: object) -> Entry:
        """Replace the object; those inside it are replaced if they have the uuid of an object, else made."""
        message, data = self._parts(document)
        with self._store.transaction():
            live = self._existing(message, data)
            return self._objects.replace(live, self._written(message, data), self._scope, requested=self._requested)

    def delete(self, document: object) -> None:
        """Delete the object and whatever only it referred to."""
        message, data = self._parts(document)
        with self._store.transaction():
            self._delete_tree(self._existing(message, data))

    def _parts(self, document: object) -> tuple[Message, Body]:
        """Type and data of the macro."""
        model, data = (document.get("model_name"), document.get("data")) if isinstance(document, dict) else (None, None)
        message = self._schema.messages.get(str(model))
        if message is None or message.path is None:
            raise Refusal.BAD_FIELD.error(field="model_name", reason=f"{model} is not a type")
        if not isinstance(data, dict):
            raise Refusal.BAD_FIELD.error(field="data", reason="it is required")
        return message, data

    def _existing(self, message: Message, data: Body) -> Entry:
        entry = self._store.get(message.path or "", str(data.get("uuid")))
        if entry is None or not is_visible(entry, self._scope):
            raise Refusal.NOT_FOUND.error(model=message.name)
        return entry

    def _written(self, message: Message, data: Body) -> Body:
        """The body without the objects inside it; they are written, and referred to."""
        body: Body = {}
        for name, value in data.items():
            field = message.fields.get(name.removesuffix(DATA))
            if field is not None and name.endswith(DATA) and field.refers_to is not None:
                target = self._schema.messages[field.refers_to]
                made = [self._write(target, one) for one in (value if isinstance(value, list) else [value])]
                body[field.name] = [*data.get(field.name, ()), *made] if field.repeated else made[0]
            elif field is not None and field.message is not None:
                body[name] = self._inside(self._schema.messages[field.message], value)
            else:
                body.setdefault(name, value)
        return body

    def _inside(self, message: Message, value: Any) -> Any:
        if isinstance(value, list):
            return [self._inside(message, one) for one in value]
        return self._written(message, value) if isinstance(value, dict) else value

    def _write(self, message: Message, value: object) -> str:
        if not isinstance(value, dict):
            raise Refusal.BAD_FIELD.error(field=message.name, reason="its data is not an object")
        live = self._store.get(message.path or "", str(value.get("uuid")))
        body = self._written(message, value)
        if live is None:
            stored = self._objects.create(message, body, self._scope, requested=self._requested)
        else:
            stored = self._objects.replace(live, body, self._scope, requested=self._requested)
        return reference(stored.path, stored.uuid)

    def _delete_tree(self, entry: Entry) -> None:
        targets = sorted(entry.refers_to)
        self._objects.delete(entry, self._scope)
        for key in targets:
            path, _, uuid = key.partition("/")
            target = self._store.get(path, uuid)
            if target is not None and self._goes_along(target):
                self._delete_tree(target)

    def _goes_along(self, target: Entry) -> bool:
        is_own = self._scope.tenant in (None, target.tenant)
        return is_own and target.path not in KEPT and not target.is_system and not self._store.referrers(target)
