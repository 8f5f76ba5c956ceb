"""Single fields of an object: desired, live, and whether the two mean the same."""

from collections.abc import Mapping, Sequence
from typing import Any

from sync.avi.references import names_in, with_names
from sync.compare.normal_form import normal_form
from sync.compare.objects import Comparison, compare, top_level
from sync.compare.unknown_servers import unknown_servers, with_servers
from sync.model.desired import AviObject
from sync.model.explanation import FieldValues
from sync.model.problem import dotted
from sync.model.secrets import shown_at

Path = tuple[str | int, ...]


def field_values(desired: AviObject, live: Mapping[str, Any] | None, paths: Sequence[Path]) -> tuple[FieldValues, ...]:
    """The values of the fields at these paths, without secrets; a field is equal where a plan would not change it."""
    if live is not None and (servers := unknown_servers(desired, live)):
        desired = with_servers(desired, servers)
    comparison = compare(desired, live) if live is not None else None
    return tuple(
        FieldValues(
            desired=shown_at(dotted(path), _value_at(desired.body, path)),
            live=None if live is None else shown_at(dotted(path), _live_at(desired.body, live, path)),
            is_equal=None
            if live is None or comparison is None or path[0] in desired.left_alone
            else _is_equal(desired, live, path, comparison),
        )
        for path in paths
    )


def _is_equal(desired: AviObject, live: Mapping[str, Any], path: Path, comparison: Comparison) -> bool:
    changed = {top_level(difference.path) for difference in comparison.differences}
    if comparison.reason:
        changed.add("vip")
    if path[0] not in changed:
        return True
    name, *rest = path
    if not rest:
        return False
    mine, theirs = ({rest[-1]: value} for value in (_value_at(desired.body, path), _live_at(desired.body, live, path)))
    names = names_in(theirs)
    wanted, present = (_normal(desired.key.kind, str(name), with_names(part, names)) for part in (mine, theirs))
    return _is_within(wanted, present)


def _is_within(wanted: Any, live: Any) -> bool:
    """Whether live has everything that is wanted: the Controller completes the parts of a VIP."""
    if isinstance(wanted, Mapping) and isinstance(live, Mapping):
        return all(_is_within(value, live.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(live, list) and len(wanted) == len(live):
        return all(_is_within(one, other) for one, other in zip(wanted, live, strict=True))
    return bool(wanted == live)


def _normal(kind: str, name: str, part: Mapping[Any, Any]) -> dict[str, Any]:
    return normal_form({name: [part]}, kind, [name])


def _live_at(wanted: Mapping[str, Any], live: Mapping[str, Any], path: Path) -> Any:
    """The live value; a part of a VIP is looked for in the VIP with the same id, wherever that stands."""
    if len(path) == 1:
        return live.get(str(path[0]))
    name, number, key = path
    part = _value_at(wanted, (name, number))
    for other in live.get(str(name), ()):
        if other.get("vip_id") == part.get("vip_id"):
            return other.get(str(key))
    return None


def _value_at(value: Any, path: Path) -> Any:
    for step in path:
        if isinstance(value, Mapping):
            value = value.get(str(step))
        else:
            value = value[step] if isinstance(value, list) and isinstance(step, int) and step < len(value) else None
    return value
