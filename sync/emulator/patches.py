"""PATCH: what a body becomes by `add`, `replace`, `delete` or `json_patch`.

Only fields of the object itself can be patched, not parts of parts (administration guide 30.1, "API PATCH"); `remove`
is the same as `delete` (Ansible offers both). What the entries of a list are told apart by is inferred.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sync.emulator.errors import Refusal
from sync.emulator.schema import Body

# Field of the entries → the parts that say which one it is. Entries of other lists are the same if they are equal.
KEYS: Mapping[str, tuple[str, ...]] = {
    "servers": ("ip", "port"),
    "vip": ("vip_id",),
    "members": ("pool_ref",),
    "l4_policies": ("index",),
    "static_routes": ("route_id",),
    "markers": ("key",),
    "services": ("port",),
}


def patched(live: Body, patch: object) -> Body:
    """The whole body that the patch makes of the live one."""
    if not isinstance(patch, dict) or not patch or not set(patch) <= OPERATIONS.keys():
        names = ", ".join(sorted(OPERATIONS))
        raise Refusal.BAD_FIELD.error(field="PATCH", reason=f"the body must hold one or more of {names}")
    body = dict(live)
    for operation, argument in patch.items():
        body = OPERATIONS[operation](body, argument)
    return body


def _add(body: Body, fields: object) -> Body:
    """Scalars are set; entries are appended, or take the place of the entry with their key."""
    result = dict(body)
    for name, value in _mapping(fields).items():
        if isinstance(value, list):
            rest = _without(name, _entries(result, name), value)
            result[name] = rest + value
        else:
            result[name] = value
    return result


def _replace(body: Body, fields: object) -> Body:
    return {**body, **_mapping(fields)}


def _delete(body: Body, fields: object) -> Body:
    """Entries that are named go; scalars return to their default."""
    result = dict(body)
    for name, value in _mapping(fields).items():
        if isinstance(value, list):
            result[name] = _without(name, _entries(result, name), value)
        else:
            result.pop(name, None)
    return result


def _json_patch(body: Body, operations: object) -> Body:
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
OPERATIONS: Mapping[str, Callable[[Body, object], Body]] = {
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
