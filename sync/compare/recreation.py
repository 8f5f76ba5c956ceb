"""The body of an object that replaces a live one, and what the replace loses.

See docs/safety.md#replace.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sync.avi.addresses import addresses
from sync.avi.markers import NO_ADDRESS
from sync.avi.references import by_name, parse_reference, texts_in
from sync.compare.objects import body_of_update, fields_of, without_identity
from sync.compare.vips import requested_address
from sync.kinds import HIDDEN, IDENTITY, KINDS, Part
from sync.model.desired import AviObject

Body = Mapping[str, Any]

OUR_TYPES = frozenset(kind.path for kind in KINDS.values())

_OF_EVERY_TENANT = ("System-",)
"""Prefixes of the objects that every Controller ships with and every tenant may use."""


def body_of_recreate(desired: AviObject, live: Body) -> dict[str, Any]:
    """The body for creating a deleted object again: what others attached to it survives.

    References to our objects are by name, because those may be created again as well.
    """
    return _body(desired, live, lost=set(_hidden(desired, live)))


def body_of_move(desired: AviObject, live: Body) -> dict[str, Any]:
    """The body that an object is created with in another tenant or cloud, where what it referred to may not exist."""
    return _body(desired, live, lost={*_hidden(desired, live), *_bound(desired, live)})


def lost_by_recreate(desired: AviObject, live: Body) -> tuple[str, ...]:
    """What is lost when an object is deleted and created again, in words."""
    return (*_addresses_lost(desired, live), *_fields_lost(_hidden(desired, live), "the Controller hides its value"))


def lost_by_move(desired: AviObject, live: Body) -> tuple[str, ...]:
    """The same, after it was created in another tenant or cloud."""
    return (
        *lost_by_recreate(desired, live),
        *_fields_lost(_bound(desired, live), "it refers to an object that may not exist there"),
    )


def _body(desired: AviObject, live: Body, *, lost: set[str]) -> dict[str, Any]:
    kept = without_identity(body_of_update(desired, live), desired.key.kind)
    body: dict[str, Any] = by_name({key: value for key, value in kept.items() if key not in lost}, OUR_TYPES)
    if desired.key.part is Part.ADDRESS:
        body["vip"] = desired.body["vip"]
    return body | {key: desired.body[key] for key in ("name", "tenant_ref", "cloud_ref") if key in desired.body}


def _of_others(desired: AviObject, live: Body) -> Iterator[str]:
    """The fields that are carried over from the live object."""
    not_theirs = fields_of(desired, live) | IDENTITY | KINDS[desired.key.kind].server_side
    return (key for key in sorted(live) if key not in not_theirs | {"name", "tenant_ref", "cloud_ref"})


def _hidden(desired: AviObject, live: Body) -> Iterator[str]:
    return (key for key in _of_others(desired, live) if HIDDEN in texts_in(live[key]))


def _bound(desired: AviObject, live: Body) -> Iterator[str]:
    """Fields that refer to objects of the old tenant or cloud."""
    for key in _of_others(desired, live):
        references = filter(None, map(parse_reference, texts_in(live[key])))
        if any(not reference.name.startswith(_OF_EVERY_TENANT) for reference in references):
            yield key


def _fields_lost(fields: Iterator[str], why: str) -> Iterator[str]:
    return (f"{field}: {why}" for field in fields)


def _addresses_lost(desired: AviObject, live: Body) -> Iterator[str]:
    """Addresses that were not requested: the Controller may choose others."""
    if desired.key.part is Part.ADDRESS and requested_address(desired.body["vip"]) == NO_ADDRESS:
        for address in sorted(addresses(live)):
            yield f"address {address}: the Controller chose it, and may choose another"
