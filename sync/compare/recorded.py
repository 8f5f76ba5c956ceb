"""A body that was written down → the object that it was: to tell whether live still is it, and to ask for it again."""

from collections.abc import Iterable, Mapping
from typing import Any

from sync.avi.references import by_name, by_uuid
from sync.avi.schema import SCHEMA
from sync.compare.differences import Computed
from sync.compare.markers import FIELDS, OUR_MARKERS, computed_fields, managed_fields, markers_of, names_written
from sync.compare.normal_form import NOTHING_KNOWN, normal_form
from sync.compare.objects import compare, without_identity
from sync.compare.recreation import OUR_TYPES
from sync.compare.vips import IDENTITY_OF_A_VIP
from sync.kinds import COMPUTED, KINDS
from sync.model.desired import AviObject, ObjectKey, Owner
from sync.model.secrets import holds_secrets, without_secrets

Body = Mapping[str, Any]


def is_as(recorded: Body | None, live: Body | None, key: ObjectKey, owner: Owner) -> bool:
    """Whether the live object is, in what is ours of it, as it was written down; None: there is no object.

    Secrets are not written down, so they are not compared.
    """
    if recorded is None or live is None:
        return recorded is None and live is None
    wanted = as_desired(without_secrets(recorded), key, owner, "", written_before=fields_of_last_write(live))
    return compare(wanted, without_secrets(live)).is_equal


def as_desired(
    recorded: Body, key: ObjectKey, owner: Owner, owner_name: str, *, written_before: Iterable[str] = ()
) -> AviObject:
    """The wish for an object that is live, to be in what is ours of it as it was written down.

    `written_before` are fields that are ours since. Objects of ours are referred to by name, for what is made anew has
    another uuid. What the Controller computes is not asked for, but the address that a VIP had is: whoever used it
    expects it back.
    """
    kind = KINDS[key.kind]
    ours = managed_fields(kind.name, fields_of_last_write(recorded), written_before)
    body = by_name({name: value for name, value in recorded.items() if name in ours}, OUR_TYPES)
    if "vip" in body:
        body["vip"] = [_asked_of_a_vip(vip) for vip in body["vip"]]
    body["markers"] = [marker for marker in recorded.get("markers") or () if marker.get("key") in OUR_MARKERS]
    computed = computed_fields(kind.name, markers_of(recorded).get(FIELDS, ""))
    stated = {name: _stated(value, name, kind.name, computed) for name, value in body.items() if name != "markers"}
    return AviObject(
        key=key,
        owner=owner,
        owner_name=owner_name,
        body=body,
        normal=normal_form(by_uuid(stated), kind.name, sorted(stated)),
    )


def as_lost(recorded: Body, key: ObjectKey, owner: Owner, owner_name: str) -> AviObject:
    """The wish for an object that is gone, to be there again with all that others attached to it."""
    body = by_name(without_identity(recorded, key.kind), OUR_TYPES)
    if "vip" in body:
        body["vip"] = [_asked_of_a_vip(vip) for vip in body["vip"]]
    compared = {name: value for name, value in body.items() if name != "markers"}
    return AviObject(
        key=key,
        owner=owner,
        owner_name=owner_name,
        body=body,
        normal=normal_form(by_uuid(compared), key.kind, sorted(compared)),
    )


def fields_without_their_secrets(item: AviObject) -> tuple[str, ...]:
    """The fields of an object that cannot be written as they were, because secrets were taken out of them."""
    return tuple(sorted(name for name, value in item.body.items() if name != "markers" and holds_secrets(value)))


def fields_of_last_write(body: Body) -> tuple[str, ...]:
    """The fields that were ours when a body was written (docs/safety.md#comparison)."""
    return names_written(markers_of(body))


def _asked_of_a_vip(vip: Body) -> dict[str, Any]:
    return {key: value for key, value in vip.items() if key not in COMPUTED["Vip"] or key in IDENTITY_OF_A_VIP}


def _stated(value: Any, name: str, message: str, computed: Computed) -> Any:
    """A top-level value without what the Controller computes inside it."""
    return _without_computed(value, SCHEMA[message].get(name, NOTHING_KNOWN).message, computed)


def _without_computed(value: Any, message: str, computed: Computed) -> Any:
    if isinstance(value, list):
        return [_without_computed(item, message, computed) for item in value]
    if not isinstance(value, Mapping):
        return value
    schema, gone = SCHEMA.get(message, {}), computed.get(message, frozenset())
    return {
        name: _without_computed(item, schema.get(name, NOTHING_KNOWN).message, computed)
        for name, item in value.items()
        if name not in gone
    }
