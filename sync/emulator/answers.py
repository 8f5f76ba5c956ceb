"""Stored objects → the JSON that clients read.

A body is encoded once, when it is stored. An answer is that text with the client's host put before each reference
and, on request, the name of what is referred to appended. Only answers in another shape (an older API
version, some fields, without defaults) are built from the body.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring_ascii
from typing import Any

from sync.emulator.normal_form import MASK
from sync.emulator.schema import IDENTITY, Body, Message, Schema
from sync.emulator.store import ENCODED_REFERENCE, Entry, Store
from sync.emulator.versions import OLDEST, Version

ENCODED_MARK = '"\\u0000'

# What a GET of the type shows beside the stored fields and a POST or PUT does not (recorded, 20.1.1, test_basic_vs#3).
# `tls_ticket_key` is left out: its content is secret and nothing reads it.
READ_EXTENSIONS: Mapping[str, Body] = {
    "VirtualService": {
        "version": "2",
        "vip_runtime": [
            {"num_additional_se": 0, "requested_resource": {"num_se": 1, "num_standby_se": 0}, "vip_id": "0"}
        ],
        "marked_for_delete": False,
        "redis_db": 8,
        "redis_port": 5028,
        "self_se_election": True,
    }
}
# What the answer to a POST or PUT leaves out and a GET shows, as a part and its fields (recorded, test_ssl_vs#3, #9).
WRITE_OMISSIONS: Mapping[str, tuple[str, frozenset[str]]] = {
    "SSLKeyAndCertificate": ("certificate", frozenset({"certificate", "public_key"}))
}
# What the oldest API version had that later ones do not (recorded, 20.1.1, test_multiple_tenants#8).
COUNTED_IN_OLDEST = {"Pool": ("server_count", "servers")}


@dataclass(slots=True, frozen=True, kw_only=True)
class View:
    """How a client wants to see objects. `version` is None if it is not older than anything in the schema."""

    version: Version | None = None
    is_read: bool = True  # the answer to a GET, not to a write
    has_names: bool = False
    fields: frozenset[str] | None = None
    skip_default: bool = False
    has_keys: bool = False  # `export_key`: private keys are shown


class Answers:
    """Encodes stored objects."""

    def __init__(self, store: Store, schema: Schema) -> None:
        self._store = store
        self._schema = schema

    def encoded(self, entry: Entry, view: View) -> str:
        """The object as JSON whose references still lack their host; see `with_host`."""
        text = self._in_shape(entry, view)
        return self._named(entry, text, view) if view.has_names else text

    def named(self, text: str, view: View) -> str:
        """A piece of JSON with names behind its references, if the view has names."""
        return self._with_names(text) if view.has_names else text

    def item(self, entry: Entry, view: View) -> str:
        """Like `encoded`, with `vs_refs`, which lists do not show (recorded, test_clone_vs#6)."""
        text = self.encoded(entry, view)
        if entry.path != "vsvip" or not view.is_read or view.fields is not None:
            return text
        users = [other for other in self._store.referrers(entry) if other.path == "virtualservice"]
        if not users:
            return text
        references = ", ".join(f'{ENCODED_MARK}/api/{user.key}"' for user in users)
        addition = f', "vs_refs": [{references}]}}'
        return text[:-1] + self.named(addition, view)

    def _in_shape(self, entry: Entry, view: View) -> str:
        """The text in the shape of the view, from the cache of the entry if it is one that many clients request."""
        if view.fields is not None or view.skip_default:
            return json.dumps(self._shaped(entry, view))
        extension = READ_EXTENSIONS.get(entry.message.name) if view.is_read else None
        is_whole = extension is None and entry.message.name not in WRITE_OMISSIONS and not _holds_secrets(entry)
        if view.version is None and is_whole:
            return entry.text
        shape = (view.version, view.is_read, view.has_keys)
        known = entry.renderings.get(shape)
        if known is None:
            known = entry.renderings[shape] = (0, json.dumps(self._shaped(entry, view)))
        return known[1]

    def _shaped(self, entry: Entry, view: View) -> Body:
        body = entry.body
        if _holds_secrets(entry):
            body = self._without_secrets(entry.message, body, view)
        if not view.is_read and entry.message.name in WRITE_OMISSIONS:
            body = _without_part(body, *WRITE_OMISSIONS[entry.message.name])
        if view.version is not None:
            body = self._as_of(entry.message, body, view.version)
        if view.skip_default:
            body = self._without_defaults(entry.message, body)
        if view.is_read and entry.message.name in READ_EXTENSIONS:
            body = {**body, **READ_EXTENSIONS[entry.message.name]}
        if view.version == OLDEST and entry.message.name in COUNTED_IN_OLDEST:
            name, counted = COUNTED_IN_OLDEST[entry.message.name]
            body = {**body, name: len(body.get(counted, ()))}
        if view.fields is not None:
            body = {key: value for key, value in body.items() if key in IDENTITY or key in view.fields}
        return body

    def _named(self, entry: Entry, text: str, view: View) -> str:
        if view.fields is not None or view.skip_default:
            return self._with_names(text)
        generation = self._store.generation
        shape = (view.version, view.is_read, view.has_keys, "named")
        known = entry.renderings.get(shape)
        if known is None or known[0] != generation:
            known = entry.renderings[shape] = (generation, self._with_names(text))
        return known[1]

    def _with_names(self, text: str) -> str:
        return ENCODED_REFERENCE.sub(lambda found: f'{found[0][:-1]}#{self._name(found[1])}"', text)

    def _name(self, key: str) -> str:
        path, _, uuid = key.partition("/")
        entry = self._store.get(path, uuid)
        return encode_basestring_ascii(entry.name)[1:-1] if entry is not None else ""

    def _as_of(self, message: Message, body: Mapping[str, Any], version: Version) -> Body:
        """The body without the fields that came after the version."""
        shown: Body = {}
        for name, value in body.items():
            field = message.fields.get(name)
            if field is None or name in IDENTITY or field.since <= version:
                part = self._schema.messages.get(field.message) if field is not None and field.message else None
                shown[name] = _deeper(value, lambda one, part=part: self._as_of(part, one, version)) if part else value
        return shown

    def _without_secrets(self, message: Message, body: Mapping[str, Any], view: View) -> Body:
        shown: Body = {}
        for name, value in body.items():
            field = message.fields.get(name)
            part = self._schema.messages.get(field.message) if field is not None and field.message else None
            if part is not None and part.secrets:
                shown[name] = _deeper(value, lambda one, part=part: self._without_secrets(part, one, view))
            elif field is None or field.concealed is None or (field.concealed == "left out" and view.has_keys):
                shown[name] = value
            elif field.concealed == "masked":
                shown[name] = MASK if value else value
        return shown

    def _without_defaults(self, message: Message, body: Mapping[str, Any]) -> Body:
        shown: Body = {}
        for name, value in body.items():
            if name not in IDENTITY and name in message.defaults and message.defaults[name] == value:
                continue
            field = message.fields.get(name)
            part = self._schema.messages.get(field.message) if field is not None and field.message else None
            shown[name] = _deeper(value, lambda one, part=part: self._without_defaults(part, one)) if part else value
        return shown


def with_host(text: str, host: str) -> bytes:
    """The answer for a client that addressed the Controller as `host` (`http://127.0.0.1:9443`)."""
    return text.replace(ENCODED_MARK, f'"{host}').encode()


def _holds_secrets(entry: Entry) -> bool:
    return any(f'"{name}": ' in entry.text for name in entry.message.secrets)


def _without_part(body: Mapping[str, Any], name: str, fields: frozenset[str]) -> Body:
    part = body.get(name, {})
    return (
        {**body, name: {key: value for key, value in part.items() if key not in fields}} if name in body else {**body}
    )


def _deeper(value: Any, change: Any) -> Any:
    return [change(one) for one in value] if isinstance(value, list) else change(value)
