"""A body as a client sent it → the body as it is stored: coerced, checked, defaults filled in, references resolved.

Unknown fields are dropped in silence (recorded, 20.1.1: `application_profile_name` had no effect), so are read-only
ones; null, an empty list and an empty reference mean unset; `"true"` is a boolean (recorded).
"""

import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sync.emulator.errors import FieldError, Refusal
from sync.emulator.schema import IDENTITY, Body, Field, Message, Schema
from sync.emulator.store import MARK
from sync.emulator.versions import Version, underscored

Resolve = Callable[[str, str, str], str]
MASK = "<sensitive>"  # in place of a password (seen in AKO's mocks)
NOTHING: Mapping[str, Any] = MappingProxyType({})
ENCODED_NUL = "\\u0000"
NAME = "name"  # of an object or of a part
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
BLANK = re.compile(r"[\s\x00-\x1f\x7f]")
VERSIONS = {"V4": 4, "V6": 6}
LONGEST_PREFIX = {"V4": 32, "V6": 128}
BOOLEANS = {"true": True, "True": True, "false": False, "False": False}


class NormalForm:
    """Makes normal forms for one request: `resolve(field, target type, text)` finds references.

    `requested` is the API version of the request if that is older than the newest field, else None. With `is_partial` a
    message may lack what it requires, and gets no defaults.
    """

    def __init__(
        self,
        schema: Schema,
        resolve: Resolve,
        requested: Version | None,
        *,
        is_free: bool = False,
        is_partial: bool = False,
        uuid: str = "",
    ) -> None:
        self._uuid = uuid
        self._name: object = ""
        self._schema = schema
        self._resolve = resolve
        self._requested = requested
        self._is_free = is_free  # the system's own objects are not bound by the license
        self._is_partial = is_partial

    def of(self, message: Message, raw: object, *, place: str = "", live: Mapping[str, Any] = NOTHING) -> Body:
        """The normal form of a message; the caller adds identity and what is computed.

        What is in the live body already is not held to the license: the Controller may have written it itself.
        """
        if not isinstance(raw, dict):
            raise _bad(place or message.name, f"{_shown(raw)} is not an object")
        if not self._is_partial:
            self._check_not_empty(message, raw, place)
        body: Body = {} if self._is_partial else dict(message.defaults)
        for name, value in raw.items():
            field = message.fields.get(name)
            if field is not None:
                normal = self._value(field, value)
                if normal is not None:
                    if field.offered is not None and live.get(name) != normal:
                        self._check_license(field, normal, message.defaults.get(name))
                    body[name] = normal
            elif message.is_open:
                body[name] = _opaque(name, value)
        if message.name in PART_CHECKS or not message.required <= body.keys():
            self._check_whole(message, body, place)
        return body

    def entries(self, message: Message, name: str, raw: list[Any]) -> list[Any]:
        """The normal form of entries of a list field; of another field they stay as they are."""
        field = message.fields.get(name)
        return self._repeated(field, raw) if field is not None and field.repeated else raw

    def _check_not_empty(self, message: Message, raw: Body, place: str) -> None:
        """Refuse an empty part that needs fields."""
        if not place:
            self._name = raw.get("name", "")
        elif not raw and message.required:
            raise Refusal.BAD_MESSAGE.error(uuid=self._uuid, name=self._name, field=place)

    def _check_whole(self, message: Message, body: Body, place: str) -> None:
        """Refuse a message without what it requires, or whose fields do not go together."""
        missing = message.required - body.keys()
        if missing and not self._is_partial:
            raise _bad(min(missing), f"it is required{f' in {place}' if place else ''}")
        if message.name in PART_CHECKS:
            PART_CHECKS[message.name](body)

    def _check_license(self, field: Field, value: Any, default: object) -> None:
        """Refuse what the license does not allow; the default, and what switches nothing on, is allowed always."""
        values = [] if self._is_free else value if isinstance(value, list) else [value]
        for one in values:
            if one not in (default, False, 0, "") and one not in (field.offered or ()):
                allowed = f", only {', '.join(map(str, field.offered))}" if field.offered else ""
                raise Refusal.NOT_LICENSED.error(field=field.name, value=_shown(one), allowed=allowed)

    def _value(self, field: Field, value: object) -> Any:
        """The normal form of a field's value; None if that leaves the field unset."""
        if value is None or value == [] or field.read_only or (value == "" and not _keeps_empty(field)):
            return None
        if self._requested is not None and field.since > self._requested and field.name not in IDENTITY:
            requested, since = underscored(self._requested), underscored(field.since)
            raise Refusal.FIELD_TOO_NEW.error(requested=requested, field=field.name, since=since)
        return self._repeated(field, value) or None if field.repeated else self._one(field, value)

    def _repeated(self, field: Field, value: object) -> list[Any]:
        if not isinstance(value, list):
            raise _bad(field.name, f"{_shown(value)} is not a list")
        if len(value) < field.min_items:
            raise _bad(field.name, f"There must be at least {field.min_items} {field.name}")
        if field.max_items is not None and len(value) > field.max_items:
            raise _bad(field.name, f"There must be at most {field.max_items} {field.name}, not {len(value)}")
        return [self._one(field, item) for item in value if item is not None and item != ""]

    def _one(self, field: Field, value: Any) -> Any:
        if field.message is not None:
            try:
                return self.of(self._schema.messages[field.message], value, place=field.name)
            except FieldError as error:
                raise error.within(field.name) from error
        if field.refers_to is not None:
            if not isinstance(value, str):
                raise _bad(field.name, f"{_shown(value)} is not a reference")
            return self._resolve(field.name, field.refers_to, value)
        return SCALARS[field.kind](field, value)


def keep_secrets(schema: Schema, message: Message, draft: Body, live: Body) -> None:
    """Give a draft the secrets of the live body where a client could only send the mask back, or nothing (inferred)."""
    for name, field in message.fields.items():
        if field.concealed and name in live and draft.get(name, MASK) == MASK:
            draft[name] = live[name]
        part = schema.messages.get(field.message) if field.message and not field.repeated else None
        if part is not None and part.secrets and name in draft and name in live:
            keep_secrets(schema, part, draft[name], live[name])


def _opaque(name: str, value: object) -> object:
    """A value that nothing is known about, as it is; it must not look like a stored reference."""
    if ENCODED_NUL in json.dumps(value):
        raise _bad(name, "a text cannot hold a NUL character")
    return value


def _keeps_empty(field: Field) -> bool:
    """Whether an empty text is a value of its own; as a reference, a choice or a list it means unset (seen in AKO)."""
    return field.kind == "string" and field.refers_to is None and field.enum is None and not field.repeated


def _string(field: Field, value: object) -> str:
    if not isinstance(value, str):
        raise _bad(field.name, f"{_shown(value)} is not a string")
    if MARK in value:
        raise _bad(field.name, "a text cannot hold a NUL character")
    if field.name == NAME and (not value.strip() or UNPRINTABLE.search(value)):
        raise _bad(field.name, f"{_shown(value)} is blank or holds control characters")
    if field.enum is not None and value not in field.enum:
        raise _bad(field.name, f"{value} is not one of {', '.join(sorted(field.enum))}")
    return value


def _boolean(field: Field, value: object) -> bool:
    known = BOOLEANS.get(value) if isinstance(value, str) else value
    if isinstance(known, bool):
        return known
    raise _bad(field.name, f"{_shown(value)} is not a boolean")


def _integer(field: Field, value: object) -> int:
    try:
        number = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else None
    except ValueError:
        number = None
    if number is None and isinstance(value, float) and value.is_integer():
        number = int(value)
    if number is None:
        raise _bad(field.name, f"{_shown(value)} is not an integer")
    _check_range(field, number)
    return number


def _number(field: Field, value: object) -> float:
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except ValueError:
        number = None
    if number is None:
        raise _bad(field.name, f"{_shown(value)} is not a number")
    _check_range(field, number)
    return number


SCALARS: dict[str, Callable[[Field, Any], str | int | float | bool]] = {
    "string": _string,
    "boolean": _boolean,
    "integer": _integer,
    "number": _number,
}


def _check_address(body: Body) -> None:
    """Refuse an `IpAddr` whose text is no address of its type; only a DNS one is a name."""
    if "addr" in body and "type" in body and not _is_address(body["addr"], body["type"]):
        raise _bad("addr", f"{_shown(body['addr'])} is not an address of type {body['type']}")


@lru_cache(maxsize=8192)
def _is_address(text: str, kind: str) -> bool:
    if kind not in VERSIONS:
        return bool(text) and not BLANK.search(text)
    try:
        return ipaddress.ip_address(text).version == VERSIONS[kind] and "%" not in text
    except ValueError:
        return False


def _check_prefix(body: Body) -> None:
    """Refuse an `IpAddrPrefix` that is longer than its address."""
    kind = body.get("ip_addr", {}).get("type")
    longest = LONGEST_PREFIX.get(kind, -1)
    if kind is not None and "mask" in body and not 0 <= body["mask"] <= longest:
        raise _bad("mask", f"{body['mask']} is not the length of a prefix of type {kind}")


PART_CHECKS: Mapping[str, Callable[[Body], None]] = {"IpAddr": _check_address, "IpAddrPrefix": _check_prefix}


def _check_range(field: Field, number: float) -> None:
    if field.allowed is not None and number not in field.allowed:
        raise _bad(field.name, f"{number} is not one of {', '.join(map(str, sorted(field.allowed)))}")
    below = field.minimum is not None and number < field.minimum
    above = field.maximum is not None and number > field.maximum
    if (below or above) and number not in field.special:
        raise _bad(field.name, f"{number} is not in the range {field.minimum} to {field.maximum}")


def _bad(field: str, reason: str) -> FieldError:
    return FieldError(field, reason)


def _shown(value: object) -> str:
    return repr(value)[:60]
