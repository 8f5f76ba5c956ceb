"""PATCH: what a body becomes by `add`, `replace`, `delete` or `json_patch`.

Only fields of the object itself can be patched, not parts of parts (administration guide 30.1, "API PATCH"); `remove`
is the same as `delete` (Ansible offers both). What the entries of a list are told apart by is inferred. Entries are
compared in their normal form, so that a reference means the same however a client writes it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sync.emulator.errors import Refusal
from sync.emulator.schema import Body

# (field, entries as a client sent them) → the entries with references and scalars as they are stored.
Normal = Callable[[str, list[Any]], list[Any]]
# Field of the entries → the parts that say which one it is. Entries of other lists are the same if they are equal.
KEYS: Mapping[str, tuple[str, ...]] = {
    "configured_subnets": ("prefix",),
    "dns_info": ("fqdn",),
    "kv": ("key",),
    "l4_policies": ("index",),
    "markers": ("key",),
    "members": ("pool_ref",),
    "placement_networks": ("network_ref", "subnet"),
    "rules": ("index",),
    "servers": ("ip", "port"),
    "services": ("port", "override_network_profile_ref"),
    "static_routes": ("route_id",),
    "vip": ("vip_id",),
}


def patched(live: Body, patch: object, normal: Normal) -> Body:
    """The whole body that the patch makes of the live one."""
    if not isinstance(patch, dict) or not patch or not set(patch) <= OPERATIONS.keys():
        names = ", ".join(sorted(OPERATIONS))
        raise Refusal.BAD_FIELD.error(field="PATCH", reason=f"the body must hold one or more of {names}")
    body = dict(live)
    for operation, argument in patch.items():
        body = OPERATIONS[operation](body, argument, normal)
    return body


def _add(body: Body, fields: object, normal: Normal) -> Body:
    """Scalars are set; entries are appended, or take the place of the entry with their key."""
    result = dict(body)
    for name, value in _mapping(fields).items():
        if isinstance(value, list):
            added = normal(name, value)
            result[name] = _without(name, _entries(result, name), added) + added
        else:
            result[name] = value
    return result


def _replace(body: Body, fields: object, _normal: Normal) -> Body:
    return {**body, **_mapping(fields)}


def _delete(body: Body, fields: object, normal: Normal) -> Body:
    """Entries that are named go; scalars return to their default."""
    result = dict(body)
    for name, value in _mapping(fields).items():
        if isinstance(value, list):
            result[name] = _without(name, _entries(result, name), normal(name, value))
        else:
            result.pop(name, None)
    return result


def _json_patch(body: Body, operations: object, _normal: Normal) -> Body:
    """RFC 6902, as far as avisdk's samples go: `add` may append a list of entries, `remove` names one by index."""
    if not isinstance(operations, list):
        raise _bad("json_patch", operations)
    result = dict(body)
    for operation in operations:
        one = _mapping(operation)
        name, _, index = str(one.get("path", "")).strip("/").partition("/")
        change = JSON_OPERATIONS.get(str(one.get("op")))
        if change is None or not name or not (index == "" or index == "-" or index.isdecimal()):
            raise _bad("json_patch", operation)
        change(result, name, index, one.get("value"))
    return result


def _json_add(body: Body, name: str, index: str, value: Any) -> None:
    if not index and not isinstance(body.get(name), list):
        body[name] = value
        return
    entries = _entries(body, name)
    added = value if isinstance(value, list) else [value]
    at = int(index) if index.isdecimal() else len(entries)
    body[name] = entries[:at] + added + entries[at:]


def _json_remove(body: Body, name: str, index: str, _value: Any) -> None:
    if not index:
        body.pop(name, None)
        return
    entries = _entries(body, name)
    if not index.isdecimal() or int(index) >= len(entries):
        raise _bad("json_patch", f"/{name}/{index}")
    del entries[int(index)]
    body[name] = entries


def _json_replace(body: Body, name: str, index: str, value: Any) -> None:
    if not index:
        body[name] = value
        return
    _json_remove(body, name, index, None)
    body[name].insert(int(index), value)


JSON_OPERATIONS: Mapping[str, Callable[[Body, str, str, Any], None]] = {
    "add": _json_add,
    "remove": _json_remove,
    "replace": _json_replace,
}
OPERATIONS: Mapping[str, Callable[[Body, object, Normal], Body]] = {
    "add": _add,
    "replace": _replace,
    "delete": _delete,
    "remove": _delete,
    "json_patch": _json_patch,
}


def _entries(body: Body, name: str) -> list[Any]:
    entries = body.get(name, [])
    if not isinstance(entries, list):
        raise _bad(name, entries)
    return list(entries)


def _without(name: str, entries: list[Any], named: list[Any]) -> list[Any]:
    """The entries that none of the named ones means."""
    return [entry for entry in entries if not any(_is_same(name, entry, one) for one in named)]


def _is_same(name: str, entry: Any, named: Any) -> bool:
    keys = KEYS.get(name)
    if keys and isinstance(entry, dict) and isinstance(named, dict):
        return all(entry.get(key) == named.get(key) for key in keys if key in named) and any(k in named for k in keys)
    return bool(entry == named)


def _mapping(value: object) -> Body:
    if not isinstance(value, dict):
        raise _bad("PATCH", value)
    return value


def _bad(field: str, value: object) -> Exception:
    return Refusal.BAD_FIELD.error(field=field, reason=f"{str(value)[:60]} cannot be applied")
